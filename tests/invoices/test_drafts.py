"""Drafts: kept unfinished, seen by their side only, deposited once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain import events
from domain.access import Permission
from domain.clock import Clock
from domain.db import fetch
from domain.errors import Conflict, Forbidden, Invalid, NotFound, WrongStatus
from domain.invoices import actions
from domain.invoices.draft import Draft
from domain.invoices.lifecycle import InvoiceAction as A
from domain.invoices.models import Invoice
from domain.reference.statuses import InvoiceStatus as S
from tests.make import a_draft, a_line, a_situation, act, an_actor, an_invoice, some_parties


async def rows_of(invoice: Invoice) -> list[int]:
    """How many lines, VAT rows and events it has."""
    found = await fetch(
        "SELECT (SELECT COUNT(*) FROM invoice_line WHERE invoice_id = $1),"
        " (SELECT COUNT(*) FROM invoice_vat WHERE invoice_id = $1),"
        " (SELECT COUNT(*) FROM event WHERE subject_id = $1)",
        invoice.id,
    )
    return list(found[0])


async def test_a_draft_may_lack_everything_but_its_supplier(database: str) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)

    saved = await actions.save_draft(actor, Draft(supplier_id=parties.supplier.id))

    assert (saved.status, saved.number, saved.recipient_id) == (S.BROUILLON, None, None)
    assert await rows_of(saved) == [0, 0, 1]
    with pytest.raises(Invalid) as refusal:
        await actions.save_draft(actor, Draft())
    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-001"]


async def test_a_draft_is_read_again_as_it_was_given(database: str) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)
    draft = a_draft(parties, comment="Merci", lines=(a_line(), a_line(discount=Decimal("0.5"))))

    saved = await actions.save_draft(actor, draft)

    assert await actions.draft_of(actor, saved.id) == draft.normalised()


async def test_a_draft_with_a_fault_of_form_is_not_kept(database: str) -> None:
    parties = await some_parties()

    with pytest.raises(Invalid):
        await actions.save_draft(an_actor(parties.supplier), a_draft(parties, number="F 1"))

    assert (await fetch("SELECT COUNT(*) FROM invoice"))[0][0] == 0


async def test_two_drafts_may_have_one_number_but_one_is_deposited(database: str) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)
    draft = a_draft(parties, number="F1")
    one, other = [await actions.save_draft(actor, draft) for _ in range(2)]

    await actions.submit_draft(actor, one.id)

    with pytest.raises(Invalid) as refusal:
        await actions.submit_draft(actor, other.id)
    assert [(p.rule, p.params["invoiceId"]) for p in refusal.value.problems] == [
        ("BDR-INV-110", one.id)
    ]


async def test_an_external_reference_names_one_document_of_its_supplier(database: str) -> None:
    parties, others = await some_parties(), await some_parties()
    actor = an_actor(parties.supplier)
    draft = a_draft(parties, external_reference="ERP-1")
    first = await actions.save_draft(actor, draft)

    for again in (actions.save_draft, actions.submit):
        with pytest.raises(Invalid) as refusal:
            await again(actor, a_draft(parties, external_reference="ERP-1"))
        assert [(p.rule, p.params["invoiceId"]) for p in refusal.value.problems] == [
            ("BDR-INV-112", first.id)
        ]
    await actions.save_draft(actor, draft, draft_id=first.id)
    elsewhere = a_draft(others, external_reference="ERP-1")
    await actions.submit(an_actor(others.supplier), elsewhere)
    await actions.move(actor, first.id, A.DELETE_DRAFT, actions.Given())
    assert (await actions.submit(actor, draft)).invoice.external_reference == "ERP-1"


async def test_a_draft_is_deposited_with_its_lines_and_keeps_its_identifier(
    database: str, clock: Clock
) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)
    saved = await actions.save_draft(actor, a_draft(parties))

    done = await actions.submit_draft(actor, saved.id, expected_version=1)

    assert done.invoice.id == saved.id
    assert done.invoice.status == S.MISE_A_DISPOSITION
    assert done.invoice.draft is None
    assert await rows_of(done.invoice) == [1, 1, 4]
    direct = (await actions.submit(actor, a_draft(parties, number="X1"))).invoice
    other = await actions.save_draft(actor, a_draft(parties, number="X2"))
    by_draft = (await actions.submit_draft(actor, other.id)).invoice
    told = {"id", "number", "created_at", "status_at", "event_count", "recent_changes"}
    told |= {"receipt_number", "receipt_sha256", "created_by"}
    one, two = dict(direct), dict(by_draft)
    assert {k: v for k, v in one.items() if k not in told} == {
        k: v for k, v in two.items() if k not in told
    }


async def test_a_draft_that_lacks_something_stays_a_draft(database: str) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)
    saved = await actions.save_draft(actor, a_draft(parties, total_net=None))
    before = await events.head()

    with pytest.raises(Invalid):
        await actions.submit_draft(actor, saved.id)

    await saved.refresh_from_db()
    assert saved.status == S.BROUILLON
    assert saved.draft is not None
    assert await rows_of(saved) == [0, 0, 1]
    assert await events.head() == before


async def test_a_draft_is_its_suppliers_alone(database: str) -> None:
    parties, others = await some_parties(), await some_parties()
    saved = await actions.save_draft(an_actor(parties.supplier), a_draft(parties))

    for stranger in (an_actor(others.supplier), an_actor(parties.recipient)):
        with pytest.raises(NotFound):
            await actions.draft_of(stranger, saved.id)
        with pytest.raises(NotFound):
            await actions.submit_draft(stranger, saved.id)
        with pytest.raises(NotFound):
            own = a_draft(parties, supplier_id=next(iter(stranger.rights)))
            await actions.save_draft(stranger, own, draft_id=saved.id)


async def test_who_may_only_read_drafts_does_not_change_them(database: str) -> None:
    parties = await some_parties()
    saved = await actions.save_draft(an_actor(parties.supplier), a_draft(parties))
    reader = an_actor(parties.supplier, permissions={Permission.READ_ISSUED})

    assert await actions.draft_of(reader, saved.id)
    with pytest.raises(Forbidden):
        await actions.submit_draft(reader, saved.id)
    with pytest.raises(Forbidden):
        await actions.save_draft(reader, a_draft(parties), draft_id=saved.id)


async def test_a_draft_does_not_change_supplier(database: str) -> None:
    parties, others = await some_parties(), await some_parties()
    actor = an_actor(parties.supplier, others.supplier)
    saved = await actions.save_draft(actor, a_draft(parties))

    with pytest.raises(Invalid) as refusal:
        await actions.save_draft(actor, a_draft(others), draft_id=saved.id)

    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-074"]


async def test_a_draft_changed_meanwhile_is_not_overwritten(database: str) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)
    saved = await actions.save_draft(actor, a_draft(parties))
    await actions.save_draft(actor, a_draft(parties), draft_id=saved.id, expected_version=1)

    with pytest.raises(Conflict):
        await actions.save_draft(actor, a_draft(parties), draft_id=saved.id, expected_version=1)
    with pytest.raises(Conflict):
        await actions.submit_draft(actor, saved.id, expected_version=1)


@pytest.mark.parametrize("status", [S.MISE_A_DISPOSITION, S.SUPPRIMEE])
async def test_only_a_draft_is_saved_or_submitted(database: str, status: S) -> None:
    situation = await a_situation(status)
    actor = an_actor(situation.parties.supplier)

    with pytest.raises(WrongStatus):
        draft = a_draft(situation.parties)
        await actions.save_draft(actor, draft, draft_id=situation.invoice.id)
    with pytest.raises(WrongStatus):
        await actions.submit_draft(actor, situation.invoice.id)


async def test_a_deleted_draft_is_over_and_frees_its_number(database: str) -> None:
    situation = await a_situation(S.BROUILLON, number="F1")

    await act(situation, A.DELETE_DRAFT)

    assert situation.invoice.status == S.SUPPRIMEE
    again = await an_invoice(parties=situation.parties, number="F1")
    assert again.number == "F1"


async def test_what_is_judged_is_the_day_of_the_deposit_not_of_the_draft(
    database: str, clock: Clock
) -> None:
    parties = await some_parties()
    actor = an_actor(parties.supplier)
    far = a_draft(parties, issued_on=date(2027, 12, 1))
    saved = await actions.save_draft(actor, far)

    with pytest.raises(Invalid) as refusal:
        await actions.submit_draft(actor, saved.id)
    assert [p.rule for p in refusal.value.problems] == ["BDR-INV-004"]
    clock.freeze(clock.now().replace(year=2027))
    near = replace(far, recipient_siret=parties.recipient.identifier)
    await actions.save_draft(actor, near, draft_id=saved.id)
    done = await actions.submit_draft(actor, saved.id)
    assert [p.rule for p in done.advice] == ["BDR-INV-005"]
