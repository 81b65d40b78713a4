"""Requests that meet: exactly one of them does the thing, the others are told so."""

from __future__ import annotations

import asyncio

from domain import events
from domain.access import Role
from domain.accounts.actions import attach
from domain.db import fetch
from domain.events import of_subject
from tests.api import Api
from tests.bad_input.asking import (
    SAVE,
    SUBMIT,
    a_key,
    an_invoice_input,
    everything_stored,
    move,
    rules_of,
    submit,
)
from tests.make import a_supplier, luhn

TOGETHER = 6


async def test_of_several_deposits_of_one_number_exactly_one_is_made(api: Api) -> None:
    content = an_invoice_input(api)

    answers = await asyncio.gather(*(submit(api, content) for _ in range(TOGETHER)))

    made = [a.payload["invoice"]["id"] for a in answers if a.payload["invoice"]]
    refused = [a for a in answers if not a.payload["invoice"]]
    assert len(made) == 1
    assert [rules_of(a) for a in refused] == [["BDR-INV-110"]] * (TOGETHER - 1)
    for answer in refused:
        params = {p["key"]: p["value"] for p in answer.payload["userErrors"][0]["params"]}
        assert params["invoiceId"] == made[0]
    rows = await fetch("SELECT id FROM invoice WHERE number = $1", content["number"])
    assert [row[0] for row in rows] == made


async def test_two_establishments_of_a_company_cannot_use_a_number_at_the_same_time(
    api: Api,
) -> None:
    supplier = api.world.parties.supplier
    other = await a_supplier(identifier=luhn(f"{supplier.identifier[:9]}0002"))
    await attach(api.world.people["supplier"].id, other.id, Role.SECONDARY_MANAGER, ())
    contents = [an_invoice_input(api, number="SAME", supplierId=s.id) for s in (supplier, other)]

    answers = await asyncio.gather(*(submit(api, content) for content in contents * 3))

    assert sum(bool(a.payload["invoice"]) for a in answers) == 1
    told = {rule for a in answers for rule in rules_of(a)}
    assert told <= {"BDR-INV-110", "BDR-INV-111"}
    assert len(await fetch("SELECT id FROM invoice WHERE number = 'SAME'")) == 1


async def test_of_the_same_key_sent_at_once_one_deposits_and_the_others_are_its_replay(
    api: Api,
) -> None:
    content, key = an_invoice_input(api), a_key()
    before = await everything_stored()

    answers = await asyncio.gather(*(submit(api, content, key=key) for _ in range(TOGETHER)))

    after = await everything_stored()
    assert sorted(a.payload["replayed"] for a in answers) == [False] + [True] * (TOGETHER - 1)
    assert len({a.payload["invoice"]["id"] for a in answers}) == 1
    assert len({a.payload["cursor"] for a in answers}) == 1
    assert after["invoice"] == before["invoice"] + 1
    assert after["idempotency_key"] == before["idempotency_key"] + 1


async def test_the_same_key_at_once_with_other_data_deposits_one_and_refuses_the_others(
    api: Api,
) -> None:
    key = a_key()
    contents = [an_invoice_input(api) for _ in range(TOGETHER)]

    answers = await asyncio.gather(*(submit(api, content, key=key) for content in contents))

    assert sum(bool(a.payload["invoice"]) for a in answers) == 1
    codes = [a.user_errors for a in answers if not a.payload["invoice"]]
    assert codes == [[("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])]] * (TOGETHER - 1)


async def test_credit_notes_sent_at_once_never_give_back_more_than_the_invoice(api: Api) -> None:
    invoice = an_invoice_input(api)
    assert not rules_of(await submit(api, invoice))
    notes = [
        an_invoice_input(
            api, type="AVOIR", paymentMode=None, originalInvoiceNumber=invoice["number"],
            lines=[{"name": "Conseil", "quantity": "1", "unitPrice": "100.00", "vatRate": "20"}],
            totalNet="100.00", totalVat="20.00", totalGross="120.00", amountToPay="120.00",
        )
        for _ in range(TOGETHER)
    ]  # fmt: skip

    answers = await asyncio.gather(*(submit(api, note) for note in notes))

    assert sum(bool(a.payload["invoice"]) for a in answers) == 2
    refused = [rules_of(a) for a in answers if not a.payload["invoice"]]
    assert refused == [["BDR-INV-066"]] * (TOGETHER - 2)


async def test_of_several_moves_from_one_status_each_is_judged_after_the_one_before(
    api: Api,
) -> None:
    made = (await submit(api, an_invoice_input(api))).payload["invoice"]

    answers = await asyncio.gather(
        *(
            move(api, "recipient", made["id"], "REJECT", reason="DOUBLE_FACT")
            for _ in range(TOGETHER)
        )
    )

    assert sum(bool(a.payload["invoice"]) for a in answers) == 1
    assert {rule for a in answers for rule in rules_of(a)} == {"BDR-LIF-001"}
    told = await of_subject(made["id"])
    assert [e.subject_sequence for e in told] == list(range(1, len(told) + 1))
    assert [e.change.to for e in told if e.change][-1] == "REJETEE"


async def test_of_several_changes_that_expect_one_version_exactly_one_is_made(api: Api) -> None:
    made = (await submit(api, an_invoice_input(api))).payload["invoice"]
    actions = ["TAKE_INTO_ACCOUNT", "CERTIFY_SERVICE", "ORDER_PAYMENT", "BOOK", "PAY"]

    answers = await asyncio.gather(
        *(
            move(api, "recipient", made["id"], action, expectedVersion=made["version"])
            for action in actions
        )
    )

    assert sum(bool(a.payload["invoice"]) for a in answers) == 1
    codes = {code for a in answers for code, _ in a.user_errors}
    assert codes == {"VERSION_CONFLICT"}


async def test_a_draft_submitted_twice_at_once_is_deposited_once(api: Api) -> None:
    saved = await api("supplier")(
        SAVE, input={"invoice": an_invoice_input(api), "idempotencyKey": a_key()}
    )
    draft = saved.payload["invoice"]["id"]

    answers = await asyncio.gather(
        *(
            api("supplier")(SUBMIT, input={"draft": draft, "idempotencyKey": a_key()})
            for _ in range(TOGETHER)
        )
    )

    assert sum(bool(a.payload["invoice"]) for a in answers) == 1
    assert {code for a in answers for code, _ in a.user_errors} == {"WRONG_STATUS"}
    rows = await fetch("SELECT COUNT(*) FROM invoice_line WHERE invoice_id = $1", draft)
    assert rows[0][0] == 1


async def test_a_draft_saved_and_submitted_at_once_waits_for_nobody_in_a_circle(api: Api) -> None:
    content = an_invoice_input(api)
    saved = await api("supplier")(SAVE, input={"invoice": content, "idempotencyKey": a_key()})
    draft = saved.payload["invoice"]["id"]

    asked = [
        api("supplier")(*operation, input={"draft": draft, "idempotencyKey": a_key(), **more})
        for operation, more in [((SAVE,), {"invoice": content}), ((SUBMIT,), {})] * 4
    ]
    answers = await asyncio.gather(*asked)

    assert [a.errors for a in answers] == [[]] * 8
    assert sum(bool(a.payload["invoice"]) for a in answers[1::2]) == 1


async def test_an_external_reference_given_twice_at_once_names_one_document(api: Api) -> None:
    inputs = [an_invoice_input(api, externalReference="ERP-7") for _ in range(TOGETHER)]

    answers = await asyncio.gather(
        *(submit(api, content) for content in inputs[:3]),
        *(
            api("supplier")(SAVE, input={"invoice": content, "idempotencyKey": a_key()})
            for content in inputs[3:]
        ),
    )

    assert [a.errors for a in answers] == [[]] * TOGETHER
    assert sum(bool(a.payload["invoice"]) for a in answers) == 1
    assert {rule for a in answers for rule in rules_of(a)} == {"BDR-INV-112"}


async def test_writers_that_meet_leave_a_log_without_gaps(api: Api) -> None:
    before = await events.head()

    answers = await asyncio.gather(
        *(submit(api, an_invoice_input(api)) for _ in range(12)),
        *(submit(api, an_invoice_input(api, totalGross="1.00")) for _ in range(4)),
    )

    assert sum(bool(a.payload["invoice"]) for a in answers) == 12
    told = await events.after(before, limit=200)
    assert [e.position for e in told] == list(range(before + 1, before + len(told) + 1))
    assert len(told) == 12 * 3
