"""The form of an invoice: lengths, characters, numbers and codes. Nothing is required here.

An unfinished draft that passes can be saved; one that is deposited must also pass `rules`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.errors import Problem
from domain.identifiers import is_invoice_number, siret_problems
from domain.invoices.draft import Draft, DraftLine
from domain.money import AMOUNT_DIGITS, decimals, digits_before_point, plain
from domain.reference.currencies import CURRENCIES
from domain.reference.deposits import TYPED_MODES
from domain.reference.frames import TYPED_FRAMES
from domain.reference.units import UNITS
from domain.reference.vat import EXEMPTION_REASONS, FRENCH_RATES
from domain.rules_text import problem, text_problems

Path = tuple[str, ...]
Problems = Iterator[Problem]

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
MOST_LINES = 999_999


def draft_problems(
    draft: Draft, path: Path = ("invoice",), *, check_luhn: bool = True
) -> list[Problem]:
    """Every fault of form: lengths, characters, numbers, codes. Nothing is required."""
    found = [p for check in _FORM_CHECKS for p in check(draft, path)]
    if draft.recipient_siret:
        found += siret_problems(
            draft.recipient_siret, (*path, "recipientSiret"), check_luhn=check_luhn
        )
    return found


@dataclass(frozen=True, slots=True)
class _Text:
    attribute: str
    field: str
    longest: int
    paragraphs: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A figure: its attribute, its name in the API, and how many digits it may have."""

    attribute: str
    field: str
    digits: int
    decimals: int
    may_be_negative: bool = False


_TEXTS = (
    _Text("supplier_id", "supplierId", 40),
    _Text("supplier_service_code", "supplierServiceCode", 100),
    _Text("bank_account_id", "bankAccountId", 40),
    _Text("recipient_service_code", "recipientServiceCode", 100),
    _Text("commitment_number", "commitmentNumber", 50),
    _Text("contract_number", "contractNumber", 50),
    _Text("original_invoice_number", "originalInvoiceNumber", 20),
    _Text("comment", "comment", 2000, paragraphs=True),
    _Text("external_reference", "externalReference", 255),
    _Text("global_discount_reason", "globalDiscountReason", 255),
)
_LINE_TEXTS = (
    _Text("reference", "reference", 50),
    _Text("name", "name", 255),
    _Text("unit", "unit", 10),
)
_VALIDATOR_TEXTS = (
    _Text("identifier", "identifier", 80),
    _Text("service_code", "serviceCode", 100),
)
_TOTALS = (
    Number("total_net", "totalNet", AMOUNT_DIGITS, 2),
    Number("total_vat", "totalVat", AMOUNT_DIGITS, 2),
    Number("total_gross", "totalGross", AMOUNT_DIGITS, 2),
    Number("global_discount", "globalDiscount", AMOUNT_DIGITS, 2),
    Number("total_gross_after_discount", "totalGrossAfterDiscount", AMOUNT_DIGITS, 2),
    Number("amount_to_pay", "amountToPay", AMOUNT_DIGITS, 2),
)
_LINE_NUMBERS = (
    Number("quantity", "quantity", AMOUNT_DIGITS, 4, may_be_negative=True),
    Number("unit_price", "unitPrice", AMOUNT_DIGITS, 6),
    Number("discount", "discount", AMOUNT_DIGITS, 6, may_be_negative=True),
    Number("vat_rate", "vatRate", AMOUNT_DIGITS, 4, may_be_negative=True),
)
_VAT_NUMBERS = (
    Number("rate", "rate", AMOUNT_DIGITS, 4, may_be_negative=True),
    Number("base", "base", AMOUNT_DIGITS, 2, may_be_negative=True),
    Number("amount", "amount", AMOUNT_DIGITS, 2, may_be_negative=True),
)


def _texts_of(given: object, texts: tuple[_Text, ...], path: Path) -> Problems:
    for text in texts:
        value = getattr(given, text.attribute)
        if value is not None:
            at = (*path, text.field)
            yield from text_problems(value, at, text.longest, paragraphs=text.paragraphs)


def numbers_of(given: object, numbers: tuple[Number, ...], path: Path) -> Problems:
    """Every figure that is not finite, too long, too precise or below zero."""
    for number in numbers:
        value = getattr(given, number.attribute)
        if value is None:
            continue
        at = (*path, number.field)
        if not value.is_finite() or digits_before_point(value) > number.digits:
            yield problem("BDR-INV-013", at, value=value, digits=number.digits)
            continue
        if decimals(value) > number.decimals:
            yield problem("BDR-INV-012", at, value=value, decimals=number.decimals)
        if value < 0 and not number.may_be_negative:
            yield problem("BDR-INV-014", at, value=value)


def _form_of_head(draft: Draft, path: Path) -> Problems:
    if draft.number is not None and not is_invoice_number(draft.number):
        yield problem("BDR-INV-002", (*path, "number"), number=draft.number)
    if draft.issued_on is not None and not EARLIEST <= draft.issued_on <= LATEST:
        yield problem("BDR-INV-003", (*path, "issuedOn"), date=draft.issued_on)
    if draft.frame not in TYPED_FRAMES:
        yield problem(
            "BDR-INV-007", (*path, "frame"), frame=draft.frame, allowed=", ".join(TYPED_FRAMES)
        )
    if draft.deposit_mode not in TYPED_MODES:
        yield problem(
            "BDR-INV-008",
            (*path, "depositMode"),
            mode=draft.deposit_mode,
            allowed=", ".join(TYPED_MODES),
        )
    if draft.currency not in CURRENCIES:
        yield problem("BDR-INV-006", (*path, "currency"), currency=draft.currency)
    if draft.vat_exemption_reason and draft.vat_exemption_reason not in EXEMPTION_REASONS:
        yield problem(
            "BDR-INV-041", (*path, "vatExemptionReason"), reason=draft.vat_exemption_reason
        )


def _form_of_texts(draft: Draft, path: Path) -> Problems:
    yield from _texts_of(draft, _TEXTS, path)
    for validator, name in ((draft.validator_1, "validator1"), (draft.validator_2, "validator2")):
        if validator is not None:
            yield from _texts_of(validator, _VALIDATOR_TEXTS, (*path, name))


def _form_of_lines(draft: Draft, path: Path) -> Problems:
    if len(draft.lines) > MOST_LINES:
        yield problem("BDR-INV-019", (*path, "lines"), count=len(draft.lines), most=MOST_LINES)
        return
    uses = Counter(line.number for line in draft.lines)
    for position, line in enumerate(draft.lines):
        yield from _form_of_line(line, uses, (*path, "lines", str(position)))


def _form_of_line(line: DraftLine, uses: Counter[int | None], path: Path) -> Problems:
    if line.number is not None and not 1 <= line.number <= MOST_LINES:
        yield problem("BDR-INV-011", (*path, "number"), line=line.number)
    if line.number is not None and uses[line.number] > 1:
        yield problem("BDR-INV-010", (*path, "number"), line=line.number)
    yield from _texts_of(line, _LINE_TEXTS, path)
    if line.unit is not None and line.unit not in UNITS:
        yield problem("BDR-INV-018", (*path, "unit"), unit=line.unit)
    yield from numbers_of(line, _LINE_NUMBERS, path)
    yield from _form_of_rate(line.vat_rate, (*path, "vatRate"))


def _form_of_rate(rate: Decimal | None, path: Path) -> Problems:
    if rate is None or not rate.is_finite():
        return
    if not 0 <= rate <= 100:
        yield problem("BDR-INV-016", path, rate=rate)
    elif rate not in FRENCH_RATES:
        yield problem("BDR-INV-017", path, rate=plain(rate))


def _form_of_breakdown(draft: Draft, path: Path) -> Problems:
    uses = Counter(row.rate for row in draft.vat_breakdown)
    for position, row in enumerate(draft.vat_breakdown):
        at = (*path, "vatBreakdown", str(position))
        yield from numbers_of(row, _VAT_NUMBERS, at)
        yield from _form_of_rate(row.rate, (*at, "rate"))
        if row.rate is not None and uses[row.rate] > 1:
            yield problem("BDR-INV-030", (*at, "rate"), rate=row.rate)


def _form_of_totals(draft: Draft, path: Path) -> Problems:
    yield from numbers_of(draft, _TOTALS, path)


_FORM_CHECKS: tuple[Callable[[Draft, Path], Problems], ...] = (
    _form_of_head,
    _form_of_texts,
    _form_of_lines,
    _form_of_breakdown,
    _form_of_totals,
)
