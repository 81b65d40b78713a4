"""What a memo of court costs is refused for, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.claims.rules import DepositFacts
from domain.invoices.rules import (
    Facts,
    MandateState,
    RecipientFacts,
    ServiceFacts,
    SupplierFacts,
    ValidatorFacts,
)
from domain.memos.draft import MemoDraft, MemoLine, MissionKind
from domain.memos.rules import MemoFacts, form_problems, last_day, problems_of

TODAY = date(2026, 11, 24)
COURT = RecipientFacts(id="str_court", name="Tribunal de Test")
PROVIDER = SupplierFacts(id="str_provider", name="Traductions Test")
REGISTRY = ValidatorFacts(id="str_court", name="Tribunal de Test", service=ServiceFacts())
LINE = MemoLine(
    name="Traduction", quantity=Decimal(10), unit_price=Decimal("20.00"), vat_rate=Decimal(20)
)
MEMO = MemoDraft(
    supplier_id="str_provider",
    number="M-1",
    issued_on=TODAY,
    recipient_siret="21420218600018",
    registry_service_code="GREFFE",
    case_number="24/01234",
    mission=MissionKind.TRADUCTION,
    ordered_on=date(2026, 9, 1),
    mission_ended_on=date(2026, 10, 1),
    lines=(LINE,),
    total_net=Decimal("200.00"),
    total_vat=Decimal("40.00"),
    total_gross=Decimal("240.00"),
)


def facts(**changes: Any) -> MemoFacts:
    """What is known of `MEMO` when nothing speaks against it; the changes are of any level."""
    common = {k: changes.pop(k) for k in list(changes) if k in DepositFacts.__dataclass_fields__}
    named = {k: changes.pop(k) for k in list(changes) if k in Facts.__dataclass_fields__}
    known = Facts(today=TODAY, supplier=PROVIDER, recipient=COURT, validator_1=REGISTRY)
    return MemoFacts(common=DepositFacts(named=replace(known, **named), **common), **changes)


def rules(draft: MemoDraft, known: MemoFacts | None = None) -> list[tuple[str, str]]:
    """Each problem as its rule and the place it points to."""
    found = problems_of(draft, known or facts())
    return [(p.rule, ".".join(p.path)) for p in found]


def test_nothing_speaks_against_a_good_memo() -> None:
    assert rules(MEMO) == []


CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = [
    ("space closed", {}, {"space_is_open": False}, [("BDR-MEM-001", "supplierId")]),
    ("court closed", {}, {"recipient_is_open": False}, [("BDR-MEM-002", "recipientSiret")]),
    (
        "to oneself",
        {},
        {"supplier": replace(PROVIDER, id="str_court")},
        [("BDR-MEM-003", "recipientSiret")],
    ),
    ("number used", {}, {"number_used_by": "mem_1"}, [("BDR-MEM-004", "number")]),
    ("reference used", {}, {"reference_used_by": "mem_1"}, [("BDR-INV-112", "externalReference")]),
    ("dated ahead", {"issued_on": date(2026, 11, 25)}, {}, [("BDR-MEM-005", "issuedOn")]),
    (
        "mission not over",
        {"mission_ended_on": date(2026, 11, 25)},
        {},
        [("BDR-MEM-006", "missionEndedOn")],
    ),
    (
        "a year and a day",
        {"mission_ended_on": date(2025, 11, 23), "ordered_on": date(2025, 11, 1)},
        {},
        [("BDR-MEM-007", "missionEndedOn")],
    ),
    (
        "a year to the day",
        {"mission_ended_on": date(2025, 11, 24), "ordered_on": date(2025, 11, 1)},
        {},
        [],
    ),
    ("ordered after", {"ordered_on": date(2026, 10, 2)}, {}, [("BDR-MEM-008", "orderedOn")]),
    ("ordered the same day", {"ordered_on": date(2026, 10, 1)}, {}, []),
    ("no registry", {"registry_service_code": None}, {}, [("BDR-INV-001", "registryServiceCode")]),
    (
        "unknown registry",
        {},
        {"validator_1": replace(REGISTRY, service=None)},
        [("BDR-INV-085", "registryServiceCode")],
    ),
    (
        "closed registry",
        {},
        {"validator_1": replace(REGISTRY, service=ServiceFacts(is_active=False))},
        [("BDR-INV-086", "registryServiceCode")],
    ),
    (
        "unknown service",
        {"recipient_service_code": "X"},
        {},
        [("BDR-INV-085", "recipientServiceCode")],
    ),
    ("no such court", {}, {"recipient": None}, [("BDR-INV-080", "recipientSiret")]),
    (
        "not public",
        {},
        {"recipient": replace(COURT, is_public=False)},
        [("BDR-INV-081", "recipientSiret")],
    ),
    (
        "no mandate",
        {},
        {"supplier": replace(PROVIDER, mandate=MandateState.NEVER_SIGNED)},
        [("BDR-INV-072", "supplierId")],
    ),
    ("unknown account", {"bank_account_id": "bnk_1"}, {}, [("BDR-INV-052", "bankAccountId")]),
    ("net", {"total_net": Decimal("190.00")}, {}, [("BDR-INV-020", "totalNet")]),
    ("gross", {"total_gross": Decimal("241.00")}, {}, [("BDR-INV-021", "totalGross")]),
    ("restricted", {}, {"filed": 50, "most_filed": 50}, [("BDR-MEM-011", "supplierId")]),
    ("not yet restricted", {}, {"filed": 49, "most_filed": 50}, []),
    ("one certified", {}, {"filed": None, "most_filed": 50}, []),
    ("never restricted", {}, {"filed": 9_000, "most_filed": None}, []),
    ("long case", {"case_number": "9" * 51}, {}, [("BDR-TXT-001", "caseNumber")]),
    ("odd number", {"number": "M 1"}, {}, [("BDR-INV-002", "number")]),
]


@pytest.mark.parametrize(
    ("changes", "known", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_memo_is_refused_for_what_is_wrong(
    changes: dict[str, Any], known: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = rules(replace(MEMO, **changes), facts(**known))

    assert expected == [] or set(expected) <= {(r, p.removeprefix("memo.")) for r, p in found}
    others = {rule for rule, _ in found} - {rule for rule, _ in expected}
    # A wrong total is wrong in more than one sum.
    assert others <= {"BDR-INV-021"}


def test_everything_wrong_is_said_at_once() -> None:
    found = {rule for rule, _ in rules(MemoDraft(supplier_id="str_provider"))}

    assert {"BDR-INV-001", "BDR-MEM-009"} <= found
    assert ("BDR-INV-001", "memo.supplierId") in rules(MemoDraft())


def test_a_memo_without_lines_or_amount_is_refused() -> None:
    zero = Decimal("0.00")
    empty = replace(MEMO, lines=(), total_net=zero, total_vat=zero, total_gross=zero)
    assert {r for r, _ in rules(empty)} >= {"BDR-MEM-009", "BDR-MEM-010"}

    half = replace(MEMO, lines=(replace(LINE, unit_price=None),))
    assert ("BDR-INV-001", "memo.lines.0.unitPrice") in rules(half)


def test_a_draft_is_judged_on_its_form_alone() -> None:
    unfinished = MemoDraft(supplier_id="str_provider", mission_ended_on=date(1999, 1, 1))

    found = form_problems(unfinished, facts(), ("memo",))

    assert [(p.rule, p.path) for p in found] == [("BDR-INV-003", ("memo", "missionEndedOn"))]


@pytest.mark.parametrize(
    ("ended", "last"),
    [
        (date(2025, 11, 24), date(2026, 11, 24)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
        (date(2025, 12, 31), date(2026, 12, 31)),
    ],
)
def test_a_memo_is_filed_within_one_year(ended: date, last: date) -> None:
    assert last_day(ended) == last
