"""Invoices that must not be: wrong sums, impossible dates, tricks, and documents of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.ids import new_id
from domain.reference.statuses import InvoiceStatus as S
from tests.api import Api
from tests.bad_input.asking import (
    MOVE,
    SAVE,
    SUBMIT,
    VALIDATE,
    a_key,
    an_invoice_input,
    everything_stored,
    move,
    post,
    rules_of,
    submit,
)
from tests.make import a_siret

RLO, ZERO_WIDTH = "\u202e", "\u200b"


@pytest.fixture(autouse=True)
async def nothing_is_written(api: Api) -> AsyncIterator[None]:
    """Whatever is sent here, nothing comes of it."""
    before = await everything_stored()
    yield
    assert await everything_stored() == before


def line(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Conseil",
        "quantity": "2",
        "unitPrice": "100.00",
        "vatRate": "20",
        **changes,
    }


# What is changed of a right invoice, and the places where it is refused.
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a net total that is not the sum": ({"totalNet": "199.98"}, ["totalNet", "totalGross"]),
    "a VAT total two cents away": ({"totalVat": "40.02"}, ["totalVat", "totalGross"]),
    "a gross total that does not add up": ({"totalGross": "239.98"}, ["totalGross", "amountToPay"]),
    "more to pay than is due": ({"amountToPay": "240.02"}, ["amountToPay"]),
    "a negative total": ({"totalNet": "-200.00"}, ["totalNet"]),
    "a breakdown of another rate": (
        {"vatBreakdown": [{"rate": "10", "base": "200.00", "amount": "20.00"}]},
        ["vatBreakdown"],
    ),
    "three decimals in a total": ({"totalNet": "200.001"}, ["totalNet"]),
    "amounts beyond all banks": (
        {"totalNet": "99999999999999.00", "totalGross": "99999999999999.00"},
        ["totalNet", "totalGross"],
    ),
    "lines that cancel beyond what can be counted": (
        {
            "lines": [
                line(),
                line(quantity="9999999999999", unitPrice="9999999999999"),
                line(quantity="-9999999999999", unitPrice="9999999999999"),
            ]
        },
        ["lines"],
    ),
    "a rate of a hundred times": ({"lines": [line(vatRate="2000")]}, ["vatRate"]),
    "no line": ({"lines": []}, ["lines"]),
    "the same line number twice": ({"lines": [line(number=1), line(number=1)]}, ["number"]),
    "a number with spaces": ({"number": "F 1"}, ["number"]),
    "a number of 21 characters": ({"number": "F" * 21}, ["number"]),
    "a number in other digits": ({"number": "F١٢٣"}, ["number"]),
    "an empty number": ({"number": "   "}, ["number"]),
    "a date of the year 9999": ({"issuedOn": "9999-12-31"}, ["issuedOn"]),
    "a date of the year 1": ({"issuedOn": "0001-01-01"}, ["issuedOn"]),
    "a date two years ahead": ({"issuedOn": "2099-01-01"}, ["issuedOn"]),
    "an unknown currency": ({"currency": "XXQ"}, ["currency"]),
    "reversed text in a comment": ({"comment": f"Payer {RLO}0042 à X"}, ["comment"]),
    "hidden text in a number of engagement": (
        {"commitmentNumber": f"12{ZERO_WIDTH}34567"},
        ["commitmentNumber"],
    ),
    "a control character in a name": ({"lines": [line(name="a\x07b")]}, ["name"]),
    "a line end in a name": ({"lines": [line(name="a\nb")]}, ["name"]),
    "a commitment number too long": ({"commitmentNumber": "1" * 51}, ["commitmentNumber"]),
    "a SIRET one digit short": ({"recipientSiret": "2142021860001"}, ["recipientSiret"]),
    "a SIRET with a wrong key": ({"recipientSiret": "21420218600019"}, ["recipientSiret"]),
    "a SIRET in other digits": ({"recipientSiret": "٢١٤٢٠٢١٨٦٠٠٠١٨"}, ["recipientSiret"]),
    "a SIREN": ({"recipientSiret": "214202186"}, ["recipientSiret"]),
    "a SIRET of no one": ({"recipientSiret": a_siret()}, ["recipientSiret"]),
    "a bank account of no one": ({"bankAccountId": "bnk_" + "0" * 26}, ["bankAccountId"]),
    "a service of no one": ({"recipientServiceCode": "NONE"}, ["recipientServiceCode"]),
    "a validator in frame A1": ({"validator1": {"identifier": a_siret()}}, ["validator1"]),
    "a frame of works": ({"frame": "A4"}, ["frame"]),
    "a deposit mode of files": ({"depositMode": "DEPOT_PDF_API"}, ["depositMode"]),
    "a credit note of nothing": (
        {"type": "AVOIR", "paymentMode": None},
        ["originalInvoiceNumber"],
    ),
    "a credit note of the unknown": (
        {"type": "AVOIR", "paymentMode": None, "originalInvoiceNumber": "NEVER"},
        ["originalInvoiceNumber"],
    ),
}


@pytest.mark.parametrize(("changes", "places"), WRONG.values(), ids=WRONG)
async def test_a_wrong_invoice_is_refused_at_its_place_by_validate_and_submit_alike(
    api: Api, changes: dict[str, Any], places: list[str]
) -> None:
    content = an_invoice_input(api, **changes)

    answer = await submit(api, content)
    judged = await api("supplier")(VALIDATE, input={"invoice": content})

    assert answer.errors == judged.errors == []
    assert answer.payload["invoice"] is None
    refused = [e for e in answer.payload["userErrors"] if e["severity"] == "ERROR"]
    assert refused
    paths = [e["path"] for e in refused]
    assert any(place in path for place in places for path in paths), paths
    assert [(e["rule"], e["path"]) for e in judged.payload["userErrors"]] == [
        (e["rule"], e["path"]) for e in answer.payload["userErrors"]
    ]


REFUSED_AT_THE_DOOR: dict[str, dict[str, Any]] = {
    "a date of the year 0": {"issuedOn": "0000-01-01"},
    "a day that never was": {"issuedOn": "2026-02-30"},
    "a date with a time": {"issuedOn": "2026-02-01T00:00:00Z"},
    "an exponent": {"totalNet": "2e2"},
    "a huge exponent": {"totalNet": "1e999999999"},
    "not a number": {"totalNet": "NaN"},
    "infinity": {"totalNet": "Infinity"},
    "a comma": {"totalNet": "200,00"},
    "a space": {"totalNet": "1 000.00"},
    "other digits": {"totalNet": "٢٠٠"},
    "sixteen digits": {"totalNet": "1234567890123456"},
    "a float": {"totalNet": 200.01},
    "a boolean": {"totalNet": True},
    "251 lines": {"lines": [line(quantity="0.01")] * 251},
    "an unknown field": {"isPaid": True},
    "a status": {"status": "MISE_EN_PAIEMENT"},
    "an unknown frame": {"frame": "A99"},
    "a number that is a number": {"number": 7},
    "lines that are a text": {"lines": "one"},
    "a validator that is a text": {"validator1": "x"},
}


@pytest.mark.parametrize("changes", REFUSED_AT_THE_DOOR.values(), ids=REFUSED_AT_THE_DOOR)
async def test_what_has_not_the_form_of_an_invoice_is_not_even_judged(
    api: Api, changes: dict[str, Any]
) -> None:
    input_ = {"invoice": an_invoice_input(api, **changes), "idempotencyKey": a_key()}

    status, answer = await post(api, {"query": SUBMIT, "variables": {"input": input_}})

    assert status == 400
    assert {e["extensions"]["code"] for e in answer["errors"]} <= {
        "BAD_USER_INPUT",
        "BAD_REQUEST",
    }


async def test_every_problem_comes_at_once(api: Api) -> None:
    content = an_invoice_input(
        api, number="F 1", issuedOn="9999-12-31", totalNet="1.00", currency="ZZZ", paymentMode=None,
        recipientSiret="1", lines=[line(name=""), line(vatRate="120")],
    )  # fmt: skip

    answer = await submit(api, content)

    places = {e["path"][-1] for e in answer.payload["userErrors"]}
    assert {
        "number", "issuedOn", "currency", "paymentMode", "recipientSiret", "name", "vatRate",
        "totalNet",
    } <= places  # fmt: skip


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "a" * 65, "a\nb", "\t"])
async def test_a_key_is_one_to_sixty_four_visible_characters(api: Api, key: str) -> None:
    input_ = {"invoice": an_invoice_input(api), "idempotencyKey": key}

    answer = await api("supplier")(SUBMIT, input=input_)

    assert answer.user_errors == [("INVALID_FORMAT", ["idempotencyKey"])]


# What is not the caller's does not exist for it


def identifiers_of_others(api: Api) -> dict[str, str]:
    """Documents that exist, but not for the one who asks, and some that never did."""
    return {
        "never made": new_id("inv"),
        "of another kind": api.world.parties.supplier.id,
        "of no form": "1 OR 1=1",
        "endless": "inv_" + "0" * 5_000,
        "empty": "",
    }


@pytest.mark.parametrize(
    "which", ["never made", "of another kind", "of no form", "endless", "empty"]
)
async def test_an_unknown_invoice_is_not_found(api: Api, which: str) -> None:
    identifier = identifiers_of_others(api)[which]

    moved = await move(api, "recipient", identifier, "PAY")
    saved = await api("supplier")(
        SAVE,
        input={"draft": identifier, "invoice": an_invoice_input(api), "idempotencyKey": a_key()},
    )
    deposited = await api("supplier")(
        SUBMIT, input={"draft": identifier, "idempotencyKey": a_key()}
    )
    read = await api("supplier")("query($id: ID!) { invoice(by: {id: $id}) { id } }", id=identifier)

    assert moved.user_errors == [("NOT_FOUND", ["id"])]
    assert saved.user_errors == deposited.user_errors == [("NOT_FOUND", ["draft"])]
    assert read.data == {"invoice": None}


async def test_a_document_of_others_is_not_found_and_never_forbidden(api: Api) -> None:
    draft = api.world.invoices[S.BROUILLON].id
    waiting = api.world.invoices[S.A_VALIDER_1].id
    content = an_invoice_input(api)

    hidden_draft = await move(api, "recipient", draft, "REJECT", reason="DOUBLE_FACT")
    not_yet_deposited = await move(api, "recipient", waiting, "REJECT", reason="DOUBLE_FACT")
    strangers = await move(api, "validator", api.world.invoices[S.SUSPENDUE].id, "PAY")
    saved = await api("recipient")(
        SAVE, input={"draft": draft, "invoice": content, "idempotencyKey": a_key()}
    )
    issued_for_another = await submit(api, content, persona="recipient")

    for answer in (hidden_draft, not_yet_deposited, strangers):
        assert answer.user_errors == [("NOT_FOUND", ["id"])]
    assert {code for code, _ in saved.user_errors} == {"NOT_FOUND"}
    assert issued_for_another.user_errors == [("NOT_FOUND", ["invoice", "supplierId"])]


async def test_who_only_validates_an_invoice_does_nothing_else_with_it(api: Api) -> None:
    waiting = api.world.invoices[S.A_VALIDER_1].id

    withdrawn = await move(api, "validator", waiting, "WITHDRAW")
    paid = await move(api, "validator", waiting, "PAY")

    assert rules_of(withdrawn) == ["BDR-LIF-002"]
    assert rules_of(paid) == ["BDR-LIF-001"]


async def test_a_stale_version_is_refused(api: Api) -> None:
    invoice = api.world.invoices[S.MISE_A_DISPOSITION]
    for version in (0, -1, invoice.event_count - 1, 2**31 - 1):
        answer = await move(api, "recipient", invoice.id, "PAY", expectedVersion=version)
        assert answer.user_errors == [("VERSION_CONFLICT", ["expectedVersion"])]


async def test_words_given_with_an_action_must_be_readable(api: Api) -> None:
    invoice = api.world.invoices[S.MISE_A_DISPOSITION].id

    hidden = await move(
        api, "recipient", invoice, "REJECT", reason="DOUBLE_FACT", comment=f"ok {RLO}on"
    )
    long = await move(api, "recipient", invoice, "REJECT", reason="AUTRE", comment="é" * 2_001)
    order = await move(api, "recipient", invoice, "ORDER_PAYMENT", paymentOrderNumber="M" * 51)
    useless = await move(api, "recipient", invoice, "PAY", routing={"commitmentNumber": "1"})
    reason = await move(api, "recipient", invoice, "PAY", reason="DOUBLE_FACT")

    assert hidden.user_errors == [("FORBIDDEN_CHARACTER", ["comment"])]
    assert long.user_errors == [("TOO_LONG", ["comment"])]
    assert order.user_errors == [("TOO_LONG", ["paymentOrderNumber"])]
    assert useless.payload["invoice"] is reason.payload["invoice"] is None


@pytest.mark.parametrize("action", ["ROUTE", "DELIVER", "DEPOSIT", "LAPSE", "SEND_ON"])
async def test_what_the_platform_does_is_done_by_no_one_else(api: Api, action: str) -> None:
    answer = await api("administrator")(
        MOVE,
        input={
            "id": api.world.invoices[S.A_VALIDER_1].id,
            "action": action,
            "idempotencyKey": a_key(),
        },
    )

    assert answer.codes == ["FORBIDDEN"] or rules_of(answer) == ["BDR-LIF-001"]
