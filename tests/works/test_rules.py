"""Every rule of a works deposit, as a pure function: which field, which rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.invoices.draft import DraftVat
from domain.invoices.rules import MandateState, ServiceFacts, SupplierFacts
from domain.lifecycle import Party
from domain.reference.frames import Frame
from domain.works.draft import Deduction, DeductionKind, PartyRef, PieceDraft
from domain.works.progress import rule_against
from domain.works.rules import PartyFacts, PieceFacts, WorksDepositFacts, problems_of

HOLDER, MOE, MOA, SUB, CO = "str_holder", "str_moe", "str_moa", "str_sub", "str_co"
PARTIES = {
    Party.HOLDER: PartyFacts(id=HOLDER, name="Titulaire", is_public=False),
    Party.PROJECT_MANAGER: PartyFacts(id=MOE, name="Atelier", is_public=False),
    Party.CONTRACTING_AUTHORITY: PartyFacts(id=MOA, name="Ville"),
}
IN_FILE = {Party.HOLDER: HOLDER, Party.PROJECT_MANAGER: MOE, Party.CONTRACTING_AUTHORITY: MOA}
DRAFT = PieceDraft(
    frame=Frame.A4,
    depositor_id=HOLDER,
    number="T-1",
    issued_on=date(2026, 11, 20),
    contract_number="M1",
    project_manager=PartyRef(identifier="1"),
    contracting_authority=PartyRef(identifier="2"),
    total_net=Decimal(100),
    total_vat=Decimal(20),
    total_gross=Decimal(120),
    amount_to_pay=Decimal(120),
)
FACTS = WorksDepositFacts(
    today=date(2026, 11, 20),
    depositor=SupplierFacts(id=HOLDER, name="Titulaire"),
    parties=PARTIES,
)
BEFORE = PieceFacts(
    id="wpc_1",
    frame="A4",
    status="A_ASSOCIER_MOE",
    number="T-0",
    depositor_id=HOLDER,
    holder_id=HOLDER,
    file_parties=IN_FILE,
    contract_number="M1",
    net=Decimal(100),
    to_pay=Decimal(120),
)
FOLLOWING = replace(
    DRAFT,
    frame=Frame.A15,
    depositor_id=MOE,
    previous_id="wpc_1",
    project_manager=None,
    contracting_authority=None,
)
BEHIND = replace(FACTS, depositor=SupplierFacts(id=MOE, name="Atelier"), previous=BEFORE)
REQUEST = replace(
    BEFORE, id="wpc_2", frame="A10", status="VALIDEE_1", depositor_id=SUB, number="S-1"
)


def found(draft: PieceDraft, facts: WorksDepositFacts) -> list[tuple[str, str]]:
    return [(p.rule, ".".join(p.path[1:])) for p in problems_of(draft, facts)]


def test_what_is_right_is_accepted() -> None:
    assert found(DRAFT, FACTS) == []
    assert found(FOLLOWING, BEHIND) == []


VAT = DraftVat(rate=Decimal(20), base=Decimal(100), amount=Decimal(20))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"number": "é!"}, ("BDR-WRK-003", "number")),
        ({"issued_on": date(1999, 1, 1)}, ("BDR-WRK-004", "issuedOn")),
        ({"issued_on": date(2026, 11, 21)}, ("BDR-WRK-039", "issuedOn")),
        (
            {"period_from": date(2026, 11, 2), "period_to": date(2026, 11, 1)},
            ("BDR-WRK-035", "periodTo"),
        ),
        ({"total_net": Decimal("100.001")}, ("BDR-WRK-005", "totalNet")),
        (
            {"total_gross": Decimal(130), "amount_to_pay": Decimal(130)},
            ("BDR-WRK-006", "totalGross"),
        ),
        ({"amount_to_pay": Decimal(119)}, ("BDR-WRK-008", "amountToPay")),
        (
            {"vat_breakdown": (replace(VAT, rate=Decimal(10)),)},
            ("BDR-WRK-007", "vatBreakdown.0.amount"),
        ),
        (
            {"vat_breakdown": (replace(VAT, base=Decimal(50), amount=Decimal(10)),)},
            ("BDR-WRK-049", "vatBreakdown"),
        ),
        (
            {"vat_breakdown": (replace(VAT, rate=Decimal(120), amount=Decimal(120)),)},
            ("BDR-WRK-036", "vatBreakdown.0.rate"),
        ),
        ({"vat_breakdown": (replace(VAT, amount=None),)}, ("BDR-WRK-001", "vatBreakdown.0.amount")),
        ({"deductions": (Deduction(),)}, ("BDR-WRK-001", "deductions.0.amount")),
        (
            {"deductions": (Deduction(amount=Decimal(-5)),), "amount_to_pay": Decimal(125)},
            ("BDR-WRK-037", "deductions.0.amount"),
        ),
        (
            {"attached_ids": tuple(f"wpc_{n}" for n in range(51))},
            ("BDR-WRK-038", "attachedRequests"),
        ),
        ({"currency": "XXQ"}, ("BDR-INV-006", "currency")),
        ({"bank_account_id": "bnk_1"}, ("BDR-INV-052", "bankAccountId")),
        ({"number": None}, ("BDR-WRK-001", "number")),
        (
            {"project_manager": PartyRef(service_code="S")},
            ("BDR-WRK-001", "projectManager.identifier"),
        ),
        (
            {"project_manager": PartyRef(identifier="1", service_code="S")},
            ("BDR-WRK-020", "projectManager.serviceCode"),
        ),
        ({"previous_id": "wpc_none"}, ("BDR-WRK-017", "previousId")),
        ({"replaces_id": "wpc_none"}, ("BDR-WRK-032", "replacesId")),
    ],
)
def test_each_fault_of_a_first_piece_is_named(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in found(replace(DRAFT, **changes), FACTS)


def test_a_deduction_is_taken_off() -> None:
    kept = Deduction(kind=DeductionKind.RETENUE_DE_GARANTIE, amount=Decimal(6))

    assert found(replace(DRAFT, deductions=(kept,), amount_to_pay=Decimal(114)), FACTS) == []


def _parties(party: Party, **changes: Any) -> dict[str, Any]:
    return {"parties": {**PARTIES, party: replace(PARTIES[party], **changes)}}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"space_is_open": False}, ("BDR-WRK-011", "depositorId")),
        (
            {"depositor": SupplierFacts(id=HOLDER, name="T", is_active=False)},
            ("BDR-WRK-013", "depositorId"),
        ),
        (
            {"depositor": SupplierFacts(id=HOLDER, name="T", mandate=MandateState.NEVER_SIGNED)},
            ("BDR-INV-072", "depositorId"),
        ),
        ({"number_used_by": "wpc_9"}, ("BDR-WRK-026", "number")),
        ({"reference_used_by": "wpc_9"}, ("BDR-WRK-027", "externalReference")),
        (
            {"parties": {p: f for p, f in PARTIES.items() if p is not Party.PROJECT_MANAGER}},
            ("BDR-WRK-012", "projectManager.identifier"),
        ),
        (_parties(Party.PROJECT_MANAGER, is_active=False), ("BDR-WRK-013", "projectManager")),
        (
            _parties(Party.PROJECT_MANAGER, service=ServiceFacts(is_active=False)),
            ("BDR-WRK-013", "projectManager"),
        ),
        (_parties(Party.PROJECT_MANAGER, space_is_open=False), ("BDR-WRK-014", "projectManager")),
        (
            _parties(Party.CONTRACTING_AUTHORITY, is_public=False),
            ("BDR-WRK-015", "contractingAuthority"),
        ),
        ({"waiting": ["S-1"]}, ("BDR-WRK-025", "attachedRequests")),
    ],
)
def test_each_fact_against_a_first_piece_is_named(
    facts: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in found(DRAFT, replace(FACTS, **facts))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (None, "BDR-WRK-022"),
        (replace(REQUEST, holder_id=CO), "BDR-WRK-022"),
        (replace(REQUEST, status="A_VALIDER_1"), "BDR-WRK-023"),
        (replace(REQUEST, frame="A11"), "BDR-WRK-024"),
        (replace(REQUEST, contract_number="M2"), "BDR-WRK-009"),
    ],
)
def test_only_a_validated_request_of_ones_own_is_attached(
    request_: PieceFacts | None, expected: str
) -> None:
    draft = replace(DRAFT, attached_ids=("wpc_2",))

    assert found(draft, replace(FACTS, attached=(REQUEST,))) == []
    assert found(draft, replace(FACTS, attached=(request_,))) == [(expected, "attachedRequests.0")]


@pytest.mark.parametrize(
    ("draft", "before", "expected"),
    [
        ({"depositor_id": MOA}, {}, ("BDR-WRK-010", "depositorId")),
        ({}, {"status": "REFUSEE_MOE"}, ("BDR-WRK-016", "previousId")),
        ({"frame": Frame.A20, "depositor_id": MOA}, {}, ("BDR-WRK-018", "previousId")),
        ({"frame": Frame.A13, "depositor_id": CO}, {}, ("BDR-WRK-019", "previousId")),
        ({"contract_number": "M2"}, {}, ("BDR-WRK-051", "contractNumber")),
        ({"replaces_id": "wpc_3"}, {}, ("BDR-WRK-053", "previousId")),
        (
            {"total_net": Decimal(90), "total_gross": Decimal(110), "amount_to_pay": Decimal(110)},
            {},
            ("BDR-WRK-031", "comment"),
        ),
        (
            {"contracting_authority": PartyRef(identifier="9")},
            {"file_parties": {**IN_FILE, Party.CONTRACTING_AUTHORITY: "str_other"}},
            ("BDR-WRK-021", "contractingAuthority"),
        ),
    ],
)
def test_each_fault_of_a_following_piece_is_named(
    draft: dict[str, Any], before: dict[str, Any], expected: tuple[str, str]
) -> None:
    facts = replace(BEHIND, previous=replace(BEFORE, **before))

    assert expected in found(replace(FOLLOWING, **draft), facts)


def test_a_piece_is_done_again_by_its_depositor_only() -> None:
    refused = replace(BEFORE, status="REFUSEE_MOE")
    again = replace(DRAFT, replaces_id="wpc_1", project_manager=None, contracting_authority=None)

    assert found(again, replace(FACTS, replaced=refused)) == []
    for wrong in (
        replace(refused, status="ASSOCIEE"),
        replace(refused, frame="A7"),
        replace(refused, depositor_id=CO),
    ):
        assert found(again, replace(FACTS, replaced=wrong)) == [("BDR-WRK-032", "replacesId")]


def test_the_holder_is_not_its_own_subcontractor() -> None:
    draft = replace(DRAFT, frame=Frame.A10, holder=PartyRef(identifier="1"), project_manager=None)

    assert ("BDR-WRK-033", "holder") in found(draft, FACTS)


def test_an_invoice_is_no_works_piece() -> None:
    rules = problems_of(replace(DRAFT, frame=Frame.A1), FACTS)[:1]

    assert [(p.rule, p.path) for p in rules] == [("BDR-WRK-002", ("piece", "frame"))]


@pytest.mark.parametrize(
    ("is_lapsed", "is_answered", "rule"),
    [
        (False, False, "BDR-WRK-028"),
        (False, True, "BDR-WRK-056"),
        (True, True, "BDR-WRK-056"),
        (True, False, None),
    ],
)
def test_the_tacit_procedure_is_open_between_the_delay_and_the_answer(
    is_lapsed: bool, is_answered: bool, rule: str | None
) -> None:
    assert rule_against("A7", "A22", is_lapsed=is_lapsed, is_answered=is_answered) == rule
