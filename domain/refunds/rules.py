"""What a refund request must satisfy to be submitted: pure, every problem at once.

Amounts are as declared: no tariff is known here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from domain.claims.rules import ClaimRules, DepositFacts, Path, Problems, claim_problems
from domain.claims.rules import form_problems as shared_form
from domain.errors import Problem
from domain.identifiers import IdentifierType
from domain.invoices.form import Number, numbers_of
from domain.invoices.rules import missing
from domain.money import AMOUNT_DIGITS, ZERO, agree, total
from domain.refunds.draft import PRODUCTS, RefundDraft, RefundLine
from domain.rules_text import problem, text_problems

_RULES = ClaimRules(
    space_closed="BDR-RFD-001",
    recipient_closed="BDR-RFD-002",
    of_oneself="BDR-RFD-003",
    number_used="BDR-RFD-004",
    dated_ahead="BDR-RFD-005",
    required=(
        ("recipient_service_code", "recipientServiceCode"),
        ("farm_number", "farmNumber"),
        ("consumption_year", "consumptionYear"),
        ("family", "family"),
        ("total_requested", "totalRequested"),
    ),
)
_LINE_REQUIRED = (
    ("product", "product"),
    ("invoice_number", "invoiceNumber"),
    ("quantity", "quantity"),
    ("unit", "unit"),
    ("amount", "amount"),
)
_LINE_NUMBERS = (
    Number("quantity", "quantity", AMOUNT_DIGITS, 4),
    Number("amount", "amount", AMOUNT_DIGITS, 2),
)
_TOTALS = (Number("total_requested", "totalRequested", AMOUNT_DIGITS, 2),)
_FARM_NUMBER = re.compile(r"[0-9]{9}")
# A consumption can be asked back until the end of the third year after it.
YEARS_BACK = 3
MOST_LINES = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFacts:
    """What is known about what a refund request names.

    `same_request` is another request of the operator for the same year and tax.
    """

    common: DepositFacts
    identifier_type: str = IdentifierType.SIRET
    same_request: str | None = None


def form_problems(draft: RefundDraft, facts: RefundFacts, path: Path) -> list[Problem]:
    """Every fault of form; nothing is required."""
    return [
        *shared_form(draft, facts.common, path),
        *_farm_number(draft, path),
        *_form_of_lines(draft, path),
        *numbers_of(draft, _TOTALS, path),
    ]


def problems_of(draft: RefundDraft, facts: RefundFacts, path: Path = ("refund",)) -> list[Problem]:
    """Every reason to refuse the request, in a stable order."""
    return [
        *form_problems(draft, facts, path),
        *claim_problems(draft, facts.common, _RULES, path),
        *_operator(draft, facts, path),
        *_year(draft, facts, path),
        *_lines(draft, path),
        *_sum(draft, path),
    ]


def _farm_number(draft: RefundDraft, path: Path) -> Problems:
    if draft.farm_number is not None and not _FARM_NUMBER.fullmatch(draft.farm_number):
        yield problem("BDR-RFD-006", (*path, "farmNumber"), number=draft.farm_number)


def _form_of_lines(draft: RefundDraft, path: Path) -> Problems:
    if len(draft.lines) > MOST_LINES:
        yield problem("BDR-RFD-016", (*path, "lines"), count=len(draft.lines), most=MOST_LINES)
        return
    for position, line in enumerate(draft.lines):
        at = (*path, "lines", str(position))
        yield from numbers_of(line, _LINE_NUMBERS, at)
        if line.invoice_number is not None:
            yield from text_problems(line.invoice_number, (*at, "invoiceNumber"), 50)
        if line.product is not None and draft.family is not None:
            yield from _product(line, draft, at)


def _product(line: RefundLine, draft: RefundDraft, path: Path) -> Problems:
    assert line.product is not None
    row = PRODUCTS[line.product]
    if row.family is not draft.family:
        yield problem("BDR-RFD-010", (*path, "product"), product=line.product, family=draft.family)
    if line.unit is not None and line.unit != row.unit:
        yield problem("BDR-RFD-011", (*path, "unit"), unit=line.unit, expected=row.unit)


def _operator(draft: RefundDraft, facts: RefundFacts, path: Path) -> Problems:
    supplier = facts.common.named.supplier
    if supplier is not None and facts.identifier_type != IdentifierType.SIRET:
        yield problem("BDR-RFD-007", (*path, "supplierId"), name=supplier.name)


def _year(draft: RefundDraft, facts: RefundFacts, path: Path) -> Problems:
    year, at = draft.consumption_year, (*path, "consumptionYear")
    if year is None:
        return
    present = facts.common.named.today.year
    if not present - YEARS_BACK <= year <= present:
        yield problem("BDR-RFD-008", at, year=year, first=present - YEARS_BACK, last=present)
    elif facts.same_request is not None:
        yield problem("BDR-RFD-009", at, year=year, family=draft.family, id=facts.same_request)


def _lines(draft: RefundDraft, path: Path) -> Problems:
    if not draft.lines:
        yield problem("BDR-RFD-012", (*path, "lines"))
    uses = Counter((line.invoice_number, line.product) for line in draft.lines)
    for position, line in enumerate(draft.lines):
        at = (*path, "lines", str(position))
        yield from missing(line, _LINE_REQUIRED, at)
        if line.invoice_number and uses[line.invoice_number, line.product] > 1:
            yield problem("BDR-RFD-013", (*at, "invoiceNumber"), number=line.invoice_number)


def _sum(draft: RefundDraft, path: Path) -> Problems:
    given, at = draft.total_requested, (*path, "totalRequested")
    if given is None or not given.is_finite():
        return
    if given == ZERO:
        yield problem("BDR-RFD-015", at)
    amounts = [line.amount for line in draft.lines if line.amount is not None]
    if not amounts or len(amounts) < len(draft.lines) or not all(a.is_finite() for a in amounts):
        return
    expected = total(amounts)
    if not agree(given, expected):
        yield problem("BDR-RFD-014", at, given=given, expected=expected)
