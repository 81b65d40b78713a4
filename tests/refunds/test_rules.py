"""What a refund request is refused for, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.claims.rules import DepositFacts
from domain.identifiers import IdentifierType
from domain.invoices.rules import Facts, RecipientFacts, ServiceFacts, SupplierFacts
from domain.reference.units import UNITS
from domain.refunds.draft import PRODUCTS, EnergyProduct, RefundDraft, RefundLine, TaxFamily
from domain.refunds.rules import RefundFacts, problems_of

TODAY = date(2026, 11, 24)
OFFICE = RecipientFacts(id="str_office", name="Service des impôts de Test")
FARM = SupplierFacts(id="str_farm", name="GAEC Test")
LINE = RefundLine(
    product=EnergyProduct.GNR,
    invoice_number="GNR-1",
    quantity=Decimal("1200.5"),
    unit="LTR",
    amount=Decimal("150.10"),
)
REFUND = RefundDraft(
    supplier_id="str_farm",
    number="R-1",
    issued_on=TODAY,
    recipient_siret="21420218600018",
    recipient_service_code="SIE",
    farm_number="042001234",
    consumption_year=2025,
    family=TaxFamily.TIC,
    lines=(LINE, replace(LINE, invoice_number="GNR-2", amount=Decimal("49.90"))),
    total_requested=Decimal("200.00"),
)


def facts(**changes: Any) -> RefundFacts:
    """What is known of `REFUND` when nothing speaks against it."""
    common = {k: changes.pop(k) for k in list(changes) if k in DepositFacts.__dataclass_fields__}
    named = {k: changes.pop(k) for k in list(changes) if k in Facts.__dataclass_fields__}
    known = Facts(today=TODAY, supplier=FARM, recipient=OFFICE, recipient_service=ServiceFacts())
    return RefundFacts(common=DepositFacts(named=replace(known, **named), **common), **changes)


def rules(draft: RefundDraft, known: RefundFacts | None = None) -> list[tuple[str, str]]:
    """Each problem as its rule and the place it points to."""
    found = problems_of(draft, known or facts())
    return [(p.rule, ".".join(p.path).removeprefix("refund.")) for p in found]


def test_nothing_speaks_against_a_good_request() -> None:
    assert rules(REFUND) == []


def test_every_product_is_counted_in_a_unit_that_is_known() -> None:
    assert set(PRODUCTS) == set(EnergyProduct)
    assert {row.unit for row in PRODUCTS.values()} <= UNITS.keys()
    assert {row.family for row in PRODUCTS.values()} == set(TaxFamily)


GAS = RefundLine(
    product=EnergyProduct.GAZ_NATUREL,
    invoice_number="GAZ-1",
    quantity=Decimal(12),
    unit="MWH",
    amount=Decimal("200.00"),
)
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = [
    ("space closed", {}, {"space_is_open": False}, [("BDR-RFD-001", "supplierId")]),
    ("office closed", {}, {"recipient_is_open": False}, [("BDR-RFD-002", "recipientSiret")]),
    (
        "to oneself",
        {},
        {"supplier": replace(FARM, id="str_office")},
        [("BDR-RFD-003", "recipientSiret")],
    ),
    ("number used", {}, {"number_used_by": "rfd_1"}, [("BDR-RFD-004", "number")]),
    ("dated ahead", {"issued_on": date(2026, 11, 25)}, {}, [("BDR-RFD-005", "issuedOn")]),
    ("eight digits", {"farm_number": "04200123"}, {}, [("BDR-RFD-006", "farmNumber")]),
    ("ten digits", {"farm_number": "0420012345"}, {}, [("BDR-RFD-006", "farmNumber")]),
    ("other digits", {"farm_number": "٠٤٢٠٠١٢٣٤"}, {}, [("BDR-RFD-006", "farmNumber")]),
    ("no farm number", {"farm_number": None}, {}, [("BDR-INV-001", "farmNumber")]),
    (
        "no SIRET",
        {},
        {"identifier_type": IdentifierType.PARTICULIER},
        [("BDR-RFD-007", "supplierId")],
    ),
    ("next year", {"consumption_year": 2027}, {}, [("BDR-RFD-008", "consumptionYear")]),
    ("four years ago", {"consumption_year": 2022}, {}, [("BDR-RFD-008", "consumptionYear")]),
    ("three years ago", {"consumption_year": 2023}, {}, []),
    ("this year", {"consumption_year": 2026}, {}, []),
    ("asked already", {}, {"same_request": "rfd_1"}, [("BDR-RFD-009", "consumptionYear")]),
    (
        "another tax",
        {"family": TaxFamily.TICGN},
        {},
        [("BDR-RFD-010", "lines.0.product"), ("BDR-RFD-010", "lines.1.product")],
    ),
    ("gas", {"family": TaxFamily.TICGN, "lines": (GAS,)}, {}, []),
    (
        "gas in litres",
        {"family": TaxFamily.TICGN, "lines": (replace(GAS, unit="LTR"),)},
        {},
        [("BDR-RFD-011", "lines.0.unit")],
    ),
    ("no lines", {"lines": ()}, {}, [("BDR-RFD-012", "lines")]),
    (
        "the same purchase twice",
        {"lines": (LINE, LINE), "total_requested": Decimal("300.20")},
        {},
        [("BDR-RFD-013", "lines.0.invoiceNumber"), ("BDR-RFD-013", "lines.1.invoiceNumber")],
    ),
    (
        "two products of one purchase",
        {
            "lines": (LINE, replace(LINE, product=EnergyProduct.FOD)),
            "total_requested": Decimal("300.20"),
        },
        {},
        [],
    ),
    ("sum", {"total_requested": Decimal("200.02")}, {}, [("BDR-RFD-014", "totalRequested")]),
    ("within a cent", {"total_requested": Decimal("200.01")}, {}, []),
    (
        "nothing",
        {"lines": (replace(LINE, amount=Decimal(0)),), "total_requested": Decimal(0)},
        {},
        [("BDR-RFD-015", "totalRequested")],
    ),
    (
        "below zero",
        {"lines": (replace(LINE, quantity=Decimal(-1)),), "total_requested": Decimal("150.10")},
        {},
        [("BDR-INV-014", "lines.0.quantity")],
    ),
    (
        "three decimals",
        {"lines": (replace(LINE, amount=Decimal("1.001")),), "total_requested": Decimal("1.00")},
        {},
        [("BDR-INV-012", "lines.0.amount")],
    ),
    (
        "a line without quantity",
        {"lines": (replace(LINE, quantity=None),), "total_requested": Decimal("150.10")},
        {},
        [("BDR-INV-001", "lines.0.quantity")],
    ),
    ("no office", {"recipient_service_code": None}, {}, [("BDR-INV-001", "recipientServiceCode")]),
]


@pytest.mark.parametrize(
    ("changes", "known", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_request_is_refused_for_what_is_wrong(
    changes: dict[str, Any], known: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert rules(replace(REFUND, **changes), facts(**known)) == expected


def test_a_request_of_too_many_lines_is_refused_for_that_alone() -> None:
    lines = tuple(
        replace(LINE, invoice_number=f"F{n}", amount=Decimal("0.20")) for n in range(1_000)
    )

    found = rules(replace(REFUND, lines=lines))

    assert found == [("BDR-RFD-016", "lines")]
