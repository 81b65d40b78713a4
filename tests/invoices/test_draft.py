"""A draft has one normal form, one fingerprint, and survives being written and read."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoices.draft import Draft, DraftVat, ValidatorRef
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType
from tests.invoices.drafts import D, a_draft, a_line


def a_full_draft() -> Draft:
    """A draft with every field given."""
    return a_draft(
        supplier_service_code="VENTES",
        bank_account_id="bnk_1",
        type=InvoiceType.AVOIR,
        frame=Frame.A9,
        recipient_service_code="SG",
        commitment_number="1234567",
        contract_number="M1",
        vat_exemption_reason="VATEX-FR-FRANCHISE",
        original_invoice_number="F0",
        comment="Bonjour",
        external_reference="ref",
        validator_1=ValidatorRef(identifier="35600000000048", service_code="X"),
        validator_2=ValidatorRef(identifier="21750001600019"),
        lines=(a_line(reference="R1", discount=D("0.5")), a_line(number=2)),
        vat_breakdown=(DraftVat(rate=D(20), base=D(200), amount=D(40)),),
        global_discount=D(1),
        global_discount_reason="Geste",
        total_gross_after_discount=D("239"),
    )


def test_the_full_draft_of_these_tests_gives_every_field() -> None:
    assert all(getattr(a_full_draft(), f.name) not in (None, ()) for f in fields(Draft))


@pytest.mark.parametrize(
    "draft", [Draft(), a_draft(), a_full_draft()], ids=["empty", "some", "full"]
)
def test_what_is_written_is_read_again(draft: Draft) -> None:
    assert Draft.from_json(json.loads(json.dumps(draft.as_json()))) == draft


def test_texts_are_trimmed_composed_and_absent_when_empty() -> None:
    draft = a_draft(
        number=" F1 ",
        currency=" eur",
        comment="  e\u0301te\u0301\r\n ",
        commitment_number="  ",
        recipient_siret="214 202 186\u00a000018",
        validator_1=ValidatorRef(identifier=" 356 000 000 00048 ", service_code=" "),
        validator_2=ValidatorRef(identifier=" "),
        lines=(a_line(number=None, name=" x "), a_line(number=None)),
    ).normalised()

    assert draft.number == "F1"
    assert draft.currency == "EUR"
    assert draft.comment == "été"
    assert draft.commitment_number is None
    assert draft.recipient_siret == "21420218600018"
    assert draft.validator_1 == ValidatorRef(identifier="35600000000048")
    assert draft.validator_2 is None
    assert [line.number for line in draft.lines] == [1, 2]
    assert draft.lines[0].name == "x"


def test_what_could_not_be_stored_is_not_looked_up() -> None:
    asked = a_draft(
        number="F\x00",
        supplier_id="\ud800",
        recipient_siret="1" * 256,
        validator_1=ValidatorRef(identifier="\u202e", service_code="SG"),
        comment="\x00",
    ).searchable()

    assert (asked.number, asked.supplier_id, asked.recipient_siret) == (None, None, None)
    assert asked.validator_1 == ValidatorRef(service_code="SG")
    assert a_full_draft().searchable() == a_full_draft()


def test_the_gross_total_after_discount_is_deduced_when_not_given() -> None:
    assert a_draft(global_discount=D(40)).gross_after_discount == D(200)
    assert a_draft(total_gross_after_discount=D(7)).gross_after_discount == D(7)
    assert Draft().gross_after_discount is None


def test_two_writings_of_the_same_invoice_have_one_fingerprint() -> None:
    assert a_draft(total_net=D("200")).fingerprint() == a_draft(total_net=D("200.00")).fingerprint()
    assert a_draft(number=" F1").fingerprint() == a_draft(number="F1").fingerprint()
    assert a_draft(comment="").fingerprint() == a_draft(comment=None).fingerprint()


OTHER_VALUES: dict[str, Any] = {
    "issued_on": date(2001, 1, 1),
    "lines": (a_line(quantity=D(3)),),
    "vat_breakdown": (DraftVat(rate=D(1)),),
    "validator_1": ValidatorRef(identifier="x"),
    "validator_2": ValidatorRef(identifier="x"),
}


@pytest.mark.parametrize("name", [f.name for f in fields(Draft)])
def test_changing_any_field_changes_the_fingerprint(name: str) -> None:
    draft = a_full_draft()
    value = getattr(draft, name)
    other = OTHER_VALUES.get(name) or (f"{value}X" if isinstance(value, str) else value + 1)

    assert replace(draft, **{name: other}).fingerprint() != draft.fingerprint()


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_normalising_twice_changes_nothing(number: str, comment: str, identifier: str) -> None:
    draft = Draft(
        number=number, comment=comment, validator_1=ValidatorRef(identifier=identifier)
    ).normalised()

    assert draft.normalised() == draft
    assert len(draft.fingerprint()) == 64
