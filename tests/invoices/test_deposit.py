"""The main road as the specification tells it: from deposit to payment, with every turn of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain import events, policy
from domain.access import Actor
from domain.clock import Clock
from domain.db import fetch
from domain.documents import Routing
from domain.errors import Invalid, Refused
from domain.events import of_subject
from domain.invoices import actions
from domain.invoices.draft import Draft, DraftLine, DraftVat, ValidatorRef
from domain.invoices.lifecycle import InvoiceAction as A
from domain.invoices.models import Invoice
from domain.invoices.queries import INVOICES
from domain.invoices.rules import errors
from domain.lifecycle import Party
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.vat import VatType
from tests.make import (
    Parties,
    a_credit_note,
    a_draft,
    a_line,
    a_public_structure,
    a_service,
    a_situation,
    a_structure,
    a_supplier,
    act,
    an_actor,
    an_invoice,
    some_parties,
)
from tests.undone import refusal_of

SEVEN_DIGITS = "^[0-9]{7}$"


async def deposited(parties: Parties, **changes: Any) -> Invoice:
    done = await actions.submit(an_actor(parties.supplier), a_draft(parties, **changes))
    return done.invoice


async def refusals(parties: Parties, **changes: Any) -> list[tuple[str, str]]:
    """The rules that refuse a deposit and the field of each; nothing when it is accepted."""
    try:
        await deposited(parties, **changes)
    except Refused as refusal:
        return [(p.rule, p.path[-1]) for p in refusal.problems]
    return []


async def statuses(invoice: Invoice) -> list[str]:
    told = await of_subject(invoice.id)
    return [e.change.to for e in told if e.change]


# What is asked of a deposit


async def test_a_deposit_is_numbered_dated_routed_and_told_at_once(
    database: str, clock: Clock
) -> None:
    parties = await some_parties()
    before = await events.head()

    invoice = await deposited(parties)

    assert invoice.status == S.MISE_A_DISPOSITION
    assert invoice.receipt_number == f"BDR-20261120-{invoice.id[-12:].upper()}"
    assert len(invoice.receipt_sha256) == 64
    assert invoice.deposited_at == invoice.available_at == clock.now()
    told = await events.after(before, limit=10)
    assert [(e.kind, e.change.to if e.change else None) for e in told] == [
        ("invoice.submitted", "DEPOSEE"),
        ("invoice.status_changed", "EN_COURS_ACHEMINEMENT"),
        ("invoice.status_changed", "MISE_A_DISPOSITION"),
    ]


async def test_two_deposits_that_say_the_same_have_one_fingerprint(database: str) -> None:
    parties = await some_parties()
    draft = a_draft(parties, number="F1")
    spaced = replace(draft, recipient_siret=" ".join(draft.recipient_siret), number=" F1 ")

    assert draft.fingerprint() == spaced.fingerprint()
    assert draft.fingerprint() != replace(draft, number="F2").fingerprint()


REQUIREMENTS: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = [
    ("nothing", {}, {}, []),
    ("a service", {"service_required": True}, {}, [("BDR-INV-084", "recipientServiceCode")]),
    ("a service, given", {"service_required": True}, {"recipient_service_code": "OPEN"}, []),
    (
        "a commitment",
        {"commitment_required": True},
        {},
        [("BDR-INV-088", "commitmentNumber")],
    ),
    ("a commitment, given", {"commitment_required": True}, {"commitment_number": "EJ1"}, []),
    (
        "a contract stands in for a commitment",
        {"commitment_required": True},
        {"contract_number": "M1"},
        [],
    ),
    (
        "one of the two",
        {"commitment_or_service_required": True},
        {},
        [("BDR-INV-090", "commitmentNumber")],
    ),
    (
        "one of the two, the service",
        {"commitment_or_service_required": True},
        {"recipient_service_code": "OPEN"},
        [],
    ),
    (
        "one of the two, the commitment",
        {"commitment_or_service_required": True},
        {"commitment_number": "EJ1"},
        [],
    ),
    (
        "what its service asks",
        {},
        {"recipient_service_code": "ASKING"},
        [("BDR-INV-089", "commitmentNumber")],
    ),
    (
        "what its service asks, given",
        {},
        {"recipient_service_code": "ASKING", "commitment_number": "EJ1"},
        [],
    ),
    (
        "an unknown service",
        {},
        {"recipient_service_code": "X"},
        [("BDR-INV-085", "recipientServiceCode")],
    ),
    (
        "a service that is closed",
        {},
        {"recipient_service_code": "CLOSED"},
        [("BDR-INV-086", "recipientServiceCode")],
    ),
    (
        "seven digits",
        {"commitment_required": True, "commitment_format": SEVEN_DIGITS},
        {"commitment_number": "123456"},
        [("BDR-INV-091", "commitmentNumber")],
    ),
    (
        "seven digits, given",
        {"commitment_required": True, "commitment_format": SEVEN_DIGITS},
        {"commitment_number": "1234567"},
        [],
    ),
    (
        "seven digits, for which no contract stands in",
        {"commitment_required": True, "commitment_format": SEVEN_DIGITS},
        {"contract_number": "M1"},
        [("BDR-INV-088", "commitmentNumber")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "given_", "expected"), [r[1:] for r in REQUIREMENTS], ids=[r[0] for r in REQUIREMENTS]
)
async def test_a_structure_gets_what_it_asks_of_its_invoices(
    database: str,
    clock: Clock,
    asked: dict[str, Any],
    given_: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    parties = await some_parties(recipient=await a_public_structure(**asked))
    await a_service(parties.recipient, code="OPEN")
    await a_service(parties.recipient, code="ASKING", commitment_required=True)
    await a_service(parties.recipient, code="CLOSED", valid_until=date(2026, 11, 19))

    assert await refusals(parties, **given_) == expected


async def test_a_supplier_without_a_mandate_deposits_nothing_typed(database: str) -> None:
    parties = await some_parties(supplier=await a_supplier(has_mandate=False))

    assert await refusals(parties) == [("BDR-INV-072", "supplierId")]


async def test_a_number_is_used_once_even_after_a_rejection(database: str) -> None:
    situation = await a_situation(S.REJETEE, number="F1")

    assert await refusals(situation.parties, number="F1") == [("BDR-INV-110", "number")]
    assert await refusals(situation.parties, number="F2") == []


# Whatever is given, `invoiceValidate` and `invoiceSubmit` say the same

words = st.sampled_from([None, "", "F1", "F 1", "\0", "x" * 60, "é\u202e", "SERVICE", "1234567"])
amounts = st.sampled_from([None, *map(Decimal, ("0", "40", "200", "240", "240.01", "-1", "1e15"))])
lines = st.lists(
    st.builds(
        DraftLine,
        number=st.none() | st.integers(0, 3),
        name=st.sampled_from([None, "Conseil", "a\nb"]),
        quantity=amounts,
        unit_price=amounts,
        vat_rate=st.sampled_from([None, Decimal(20), Decimal("5.5"), Decimal(120)]),
    ),
    max_size=3,
).map(tuple)


def changes_of(parties: Parties) -> st.SearchStrategy[dict[str, Any]]:
    """A few fields of a right draft, changed."""
    sirets = [None, "1", *(parties.of(p).identifier for p in INVOICES.columns)]
    named = st.none() | st.builds(ValidatorRef, identifier=st.sampled_from(sirets))
    return st.fixed_dictionaries(
        {},
        optional={
            "number": words,
            "issued_on": st.none() | st.dates(),
            "type": st.sampled_from(InvoiceType),
            "frame": st.sampled_from(Frame),
            "currency": st.sampled_from(["EUR", "eur", "XXQ"]),
            "recipient_siret": st.sampled_from(sirets),
            "recipient_service_code": words,
            "commitment_number": words,
            "supplier_service_code": words,
            "original_invoice_number": words,
            "external_reference": words,
            "comment": words,
            "vat_type": st.none() | st.sampled_from(VatType),
            "payment_mode": st.none() | st.sampled_from(PaymentMode),
            "validator_1": named,
            "validator_2": named,
            "lines": lines,
            "vat_breakdown": st.lists(
                st.builds(DraftVat, rate=amounts, base=amounts, amount=amounts), max_size=2
            ).map(tuple),
            "total_net": amounts,
            "total_gross": amounts,
            "global_discount": amounts,
            "amount_to_pay": amounts,
        },
    )


async def submitted(actor: Actor, draft: Draft) -> list[tuple[str, tuple[str, ...]]]:
    """Why the deposit is refused; nothing when it succeeds. It is undone in any case."""
    refusal = await refusal_of(actions.submit(actor, draft))
    assert refusal is None or isinstance(refusal, Invalid)
    return [(p.rule, p.path) for p in refusal.problems] if refusal else []


async def test_validate_and_submit_always_agree(database: str) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)
    await deposited(parties, number="F1", external_reference="F1")
    before = await events.head()
    tried: list[dict[str, Any]] = []

    # Hypothesis only draws: what it would repeat to shrink runs on a loop of its own.
    @settings(
        max_examples=500,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(changes_of(parties))
    def draw(changes: dict[str, Any]) -> None:
        tried.append(changes)

    draw()
    accepted = 0
    for changes in tried:
        draft = replace(a_draft(parties), **changes)
        judged = await actions.judge(actor, draft)
        expected = [(p.rule, p.path) for p in errors(judged.problems)]
        assert await submitted(actor, draft) == expected, changes
        accepted += not expected
    assert accepted > 10
    assert await events.head() == before


# Status and time of payment


async def test_statuses_go_forward_and_may_be_skipped_never_back(database: str) -> None:
    situation = await a_situation()

    await act(situation, A.CERTIFY_SERVICE)
    await act(situation, A.BOOK)

    with pytest.raises(Refused) as refusal:
        recipient = situation.actor(Party.RECIPIENT)
        await actions.move(recipient, situation.invoice.id, A.ORDER_PAYMENT, actions.Given())
    assert [p.rule for p in refusal.value.problems] == ["BDR-LIF-010"]
    assert (await statuses(situation.invoice))[-2:] == ["SERVICE_FAIT", "COMPTABILISEE"]


async def test_a_structure_of_free_order_goes_back(database: str) -> None:
    recipient = await a_public_structure(free_status_order=True)
    situation = await a_situation(S.MANDATEE, parties=await some_parties(recipient=recipient))

    invoice = await act(situation, A.TAKE_INTO_ACCOUNT)

    assert invoice.status == S.PRISE_EN_COMPTE_DESTINATAIRE


@pytest.mark.parametrize("of", ["structure", "service"])
async def test_where_payment_is_not_reported_it_cannot_be(database: str, of: str) -> None:
    recipient = await a_public_structure(payment_status_not_reported=of == "structure")
    service = await a_service(recipient, payment_status_reported=of != "service")
    parties = await some_parties(recipient=recipient)
    invoice = await deposited(parties, recipient_service_code=service.code)

    with pytest.raises(Refused) as refusal:
        await actions.move(an_actor(recipient), invoice.id, A.PAY, actions.Given())

    assert [p.rule for p in refusal.value.problems] == ["BDR-LIF-011"]


async def test_the_payment_time_starts_stops_opens_again_and_ends(
    database: str, clock: Clock
) -> None:
    situation = await a_situation()
    assert situation.invoice.due_on == date(2026, 12, 20)

    clock.advance(timedelta(days=10))
    stopped = await act(situation, A.SUSPEND)
    assert stopped.clock_stopped_at == clock.now()
    clock.advance(timedelta(days=100))
    opened = await act(situation, A.COMPLETE)
    assert (opened.clock_stopped_at, opened.due_on) == (None, date(2027, 4, 9))
    clock.advance(timedelta(days=5))
    ended = await act(situation, A.PAY)
    assert ended.clock_ended_at == clock.now()
    assert ended.due_on == date(2027, 4, 9)


async def test_a_suspension_that_is_lifted_never_stopped_the_time(
    database: str, clock: Clock
) -> None:
    situation = await a_situation(S.SUSPENDUE)
    due = situation.invoice.due_on

    clock.advance(timedelta(days=3))
    lifted = await act(situation, A.LIFT_SUSPENSION)

    assert (lifted.status, lifted.clock_stopped_at, lifted.due_on) == (
        S.MISE_A_DISPOSITION, None, due,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "days", "due"),
    [
        # Midnight in Paris is 22:00 UTC in summer and 23:00 in winter.
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), 30, date(2026, 7, 30)),
        (datetime(2026, 6, 30, 22, 1, tzinfo=UTC), 30, date(2026, 7, 31)),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), 30, date(2027, 1, 30)),
        (datetime(2026, 12, 31, 23, 1, tzinfo=UTC), 30, date(2027, 1, 31)),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), 1, date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), 1, date(2026, 10, 26)),
        (datetime(2028, 1, 30, 12, 0, tzinfo=UTC), 30, date(2028, 2, 29)),
        (datetime(2026, 11, 20, 12, 0, tzinfo=UTC), 60, date(2027, 1, 19)),
    ],
)
async def test_due_dates_are_civil_dates_of_paris(
    database: str, clock: Clock, at: datetime, days: int, due: date
) -> None:
    clock.freeze(at)
    parties = await some_parties(recipient=await a_public_structure(payment_days=days))

    assert (await deposited(parties)).due_on == due


# Rejection, acknowledgement, retransmission


@pytest.mark.parametrize("status", [S.REJETEE, S.SUSPENDUE, S.A_RECYCLER])
async def test_what_is_not_acknowledged_within_seven_days_blocks_deposits(
    database: str, clock: Clock, status: S
) -> None:
    situation = await a_situation(status)

    clock.advance(timedelta(days=7))
    assert await refusals(situation.parties) == []
    clock.advance(timedelta(milliseconds=1))
    assert await refusals(situation.parties) == [("BDR-LIF-021", "supplierId")]
    await act(situation, A.ACKNOWLEDGE)
    assert await refusals(situation.parties) == []


async def test_a_site_may_choose_never_to_block(database: str, clock: Clock) -> None:
    situation = await a_situation(S.REJETEE)
    policy.configure(replace(policy.current(), acknowledge_within_days=0))
    clock.advance(timedelta(days=400))

    assert await refusals(situation.parties) == []


async def test_a_wrong_commitment_is_corrected_and_the_invoice_goes_again(
    database: str, clock: Clock
) -> None:
    situation = await a_situation(S.A_RECYCLER)
    assert situation.invoice.due_on is None
    first = situation.invoice.deposited_at
    clock.advance(timedelta(days=2))

    again = await act(situation, A.RETRANSMIT, routing=Routing(commitment_number="EJ-42"))

    assert (again.status, again.commitment_number) == (S.MISE_A_DISPOSITION, "EJ-42")
    assert again.deposited_at == first
    assert again.due_on == date(2026, 12, 22)


async def test_an_invoice_may_go_to_another_recipient_which_then_sees_it(database: str) -> None:
    situation = await a_situation(S.A_RECYCLER)
    other = await a_public_structure(payment_days=50)

    again = await act(situation, A.RETRANSMIT, routing=Routing(recipient_siret=other.identifier))

    assert again.recipient_id == other.id
    assert again.payment_days == 50
    assert again.visible_to(an_actor(other))
    assert not again.visible_to(an_actor(situation.parties.recipient))


async def test_a_correction_is_judged_like_a_deposit_and_changes_something(database: str) -> None:
    situation = await a_situation(S.A_RECYCLER)

    for routing, rule in [
        (Routing(service_code="NONE"), "BDR-INV-085"),
        (Routing(recipient_siret="1"), "BDR-IDN-010"),
        (Routing(), "BDR-LIF-022"),
        (Routing(recipient_siret=situation.parties.recipient.identifier), "BDR-LIF-022"),
    ]:
        with pytest.raises(Invalid) as refusal:
            await act(situation, A.RETRANSMIT, routing=routing)
        if rule != "BDR-IDN-010":
            assert rule in [p.rule for p in refusal.value.problems]


async def test_under_the_2026_rules_nothing_is_sent_back_but_what_was_may_still_go_again(
    database: str,
) -> None:
    situation, waiting = await a_situation(), await a_situation(S.A_RECYCLER)
    policy.configure(replace(policy.current(), allow_retransmission=False))

    with pytest.raises(Refused) as refusal:
        given_ = actions.Given(reason=Reason.EJ_ERR.value)
        recipient = situation.actor(Party.RECIPIENT)
        await actions.move(recipient, situation.invoice.id, A.ASK_RETRANSMISSION, given_)
    assert [p.rule for p in refusal.value.problems] == ["BDR-LIF-012"]
    assert (await act(waiting, A.RETRANSMIT)).status == S.MISE_A_DISPOSITION


async def test_a_withdrawn_invoice_is_over_and_its_number_stays_taken(database: str) -> None:
    situation = await a_situation(S.ABANDONNEE, number="F1")

    assert situation.invoice.lifecycle.is_final(situation.invoice.status)
    assert await refusals(situation.parties, number="F1") == [("BDR-INV-110", "number")]


# Validators


async def test_a_subcontractors_invoice_reaches_the_buyer_when_its_holder_agreed(
    database: str,
) -> None:
    situation = await a_situation(S.A_VALIDER_1)
    assert not situation.invoice.visible_to(an_actor(situation.parties.recipient))

    await act(situation, A.VALIDATE)

    assert (await statuses(situation.invoice)) == [
        "A_VALIDER_1", "VALIDEE_1", "DEPOSEE", "EN_COURS_ACHEMINEMENT", "MISE_A_DISPOSITION",
    ]  # fmt: skip
    assert situation.invoice.visible_to(an_actor(situation.parties.recipient))


async def test_two_validators_answer_one_after_the_other(database: str) -> None:
    second = ValidatorRef(identifier=(await a_supplier(has_mandate=False)).identifier)
    situation = await a_situation(S.A_VALIDER_1, validator_2=second)
    invoice = situation.invoice
    holder = an_actor(str(invoice.validator_2_id))
    assert not invoice.visible_to(holder)

    invoice = await actions.move(
        an_actor(situation.parties.validator_1), invoice.id, A.VALIDATE, actions.Given()
    )
    assert invoice.status == S.A_VALIDER_2
    assert invoice.visible_to(holder)
    invoice = await actions.move(holder, invoice.id, A.VALIDATE, actions.Given())

    assert invoice.status == S.MISE_A_DISPOSITION


async def test_a_wrong_validator_is_corrected_by_the_one_who_named_it(database: str) -> None:
    situation = await a_situation(S.ERREUR_FOURNISSEUR_SUR_VALIDEUR)
    before = situation.invoice.validator_1_id

    corrected = await act(situation, A.CORRECT_VALIDATOR)

    assert corrected.status == S.A_VALIDER_1
    assert corrected.validator_1_id != before
    assert not corrected.visible_to(an_actor(str(before)))


async def test_a_refused_direct_payment_reaches_the_buyer_marked_as_refused(database: str) -> None:
    situation = await a_situation(S.A_VALIDER_1)

    invoice = await act(situation, A.REFUSE)

    assert (invoice.status, invoice.refused_by_validator) == (S.MISE_A_DISPOSITION, True)
    assert "REFUSEE_1" in await statuses(invoice)


async def test_a_refused_invoice_of_a_cocontractor_never_reaches_the_buyer(database: str) -> None:
    invoice = await an_invoice(S.REFUSEE_1)

    assert invoice.frame == "A12"
    assert not invoice.visible_to(an_actor(str(invoice.recipient_id)))
    buyers = await fetch(
        "SELECT COUNT(*) FROM event_audience WHERE structure_id = $1"
        " AND permission = 'invoice:read_received'",
        invoice.recipient_id,
    )
    assert buyers[0][0] == 0


async def test_an_invoice_already_paid_has_nothing_to_pay(database: str) -> None:
    parties = await some_parties()

    invoice = await deposited(parties, frame=Frame.A2)

    assert (invoice.status, invoice.amount_to_pay_cents) == (S.MISE_A_DISPOSITION, 0)
    assert await refusals(parties, frame=Frame.A2, amount_to_pay=Decimal(1)) == [
        ("BDR-INV-027", "amountToPay")
    ]


# Credit notes


async def test_a_credit_note_gives_back_at_most_what_is_left_of_the_invoice(database: str) -> None:
    situation = await a_situation(S.MISE_EN_PAIEMENT)
    parties, actor = situation.parties, an_actor(situation.parties.supplier)
    half: dict[str, Any] = {
        "lines": (a_line(quantity=Decimal(1)),),
        "total_net": Decimal(100),
        "total_vat": Decimal(20),
        "total_gross": Decimal(120),
        "amount_to_pay": Decimal(120),
    }

    first = await actions.submit(actor, a_credit_note(parties, situation.invoice, **half))
    with pytest.raises(Invalid) as refusal:
        await actions.submit(actor, a_credit_note(parties, situation.invoice))
    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-066"]

    rejected = actions.Given(reason=Reason.DOUBLE_FACT.value)
    await actions.move(an_actor(parties.recipient), first.invoice.id, A.REJECT, rejected)
    whole = await actions.submit(actor, a_credit_note(parties, situation.invoice))
    assert whole.invoice.original_invoice_id == situation.invoice.id


@pytest.mark.parametrize("status", [S.REJETEE, S.ABANDONNEE, S.REFUSEE_1])
async def test_what_ended_unpaid_is_not_credited(database: str, status: S) -> None:
    situation = await a_situation(status)
    note = a_credit_note(situation.parties, situation.invoice)

    with pytest.raises(Invalid) as refusal:
        await actions.submit(an_actor(situation.parties.supplier), note)

    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-065"]


async def test_a_credit_note_goes_to_the_recipient_of_its_invoice(database: str) -> None:
    situation = await a_situation()
    other = await some_parties(
        supplier=situation.parties.supplier, recipient=await a_public_structure()
    )

    with pytest.raises(Invalid) as refusal:
        note = a_credit_note(other, situation.invoice)
        await actions.submit(an_actor(other.supplier), note)

    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-063"]


async def test_the_document_of_another_supplier_cannot_be_credited(database: str) -> None:
    situation = await a_situation(number="F77")
    other = await some_parties(recipient=situation.parties.recipient)

    with pytest.raises(Invalid) as refusal:
        note = a_credit_note(other, situation.invoice)
        await actions.submit(an_actor(other.supplier), note)

    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-061"]


async def test_a_private_structure_receives_no_invoice(database: str) -> None:
    private = await a_structure(nature="PRIVATE")

    rules = await refusals(await some_parties(recipient=private))

    assert rules == [("BDR-INV-081", "recipientSiret")]
