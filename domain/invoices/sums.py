"""Whether the figures of an invoice add up, as far as they are given.

Exact decimals; totals agree within one cent, VAT within one cent per rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from domain.errors import Problem
from domain.invoices.draft import Draft, DraftLine, DraftVat
from domain.money import (
    AMOUNT_DIGITS,
    TOLERANCE,
    ZERO,
    agree,
    decimals,
    digits_before_point,
    plain,
    product,
    rounded,
    total,
    vat_on,
)
from domain.reference.frames import ALREADY_PAID
from domain.rules_text import problem

Path = tuple[str, ...]
Problems = Iterator[Problem]
# No published amount has more digits; beyond, nothing is computed and the form says why.
_MOST_DIGITS = 18


def sum_problems(draft: Draft, path: Path = ("invoice",)) -> list[Problem]:
    """Every figure that disagrees with the others."""
    if not _is_computable(draft):
        return []
    return [p for check in _CHECKS for p in check(draft, path)]


def line_net(line: DraftLine) -> Decimal:
    """The net amount of a complete line, rounded half up to the cent."""
    return rounded(_exact_net(line))


def _is_computable(draft: Draft) -> bool:
    return all(
        f.is_finite() and f.adjusted() < _MOST_DIGITS and decimals(f) < _MOST_DIGITS
        for f in _figures(draft)
    )


def _figures(draft: Draft) -> Iterator[Decimal]:
    rows: tuple[Draft | DraftLine | DraftVat, ...] = (draft, *draft.lines, *draft.vat_breakdown)
    values = (getattr(row, f.name) for row in rows for f in fields(row))
    return (value for value in values if isinstance(value, Decimal))


def _exact_net(line: DraftLine) -> Decimal:
    return total((_priced(line), -(line.discount or ZERO)))


def _priced(line: DraftLine) -> Decimal:
    return product(line.quantity or ZERO, line.unit_price or ZERO)


def _is_complete(line: DraftLine) -> bool:
    return None not in (line.quantity, line.unit_price, line.vat_rate)


def _line_sizes(draft: Draft, path: Path) -> Problems:
    for position, line in enumerate(draft.lines):
        net = line_net(line)
        if digits_before_point(net) > AMOUNT_DIGITS:
            at = (*path, "lines", str(position), "unitPrice")
            yield problem("BDR-INV-013", at, value=net, digits=AMOUNT_DIGITS)


def _line_discounts(draft: Draft, path: Path) -> Problems:
    for position, line in enumerate(draft.lines):
        priced, discount = _priced(line), line.discount or ZERO
        if _is_complete(line) and not min(priced, ZERO) <= discount <= max(priced, ZERO):
            yield problem(
                "BDR-INV-015",
                (*path, "lines", str(position), "discount"),
                discount=plain(discount),
                amount=plain(priced),
            )


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum of lines: rounded line by line as EN 16931 does, or once at the end as others do."""

    by_line: Decimal
    at_end: Decimal

    def agrees(self, given: Decimal, tolerance: Decimal = TOLERANCE) -> bool:
        return agree(given, self.by_line, tolerance) or agree(given, self.at_end, tolerance)


def _sum_of(lines: Iterable[DraftLine]) -> _Sum:
    nets = [_exact_net(line) for line in lines]
    return _Sum(total(map(rounded, nets)), rounded(total(nets)))


def _by_rate(draft: Draft) -> dict[Decimal, _Sum]:
    groups: dict[Decimal, list[DraftLine]] = {}
    for line in draft.lines:
        groups.setdefault(line.vat_rate or ZERO, []).append(line)
    return {rate: _sum_of(lines) for rate, lines in groups.items()}


def _has_complete_lines(draft: Draft) -> bool:
    return bool(draft.lines) and all(map(_is_complete, draft.lines))


def _mismatch(
    rule: str,
    path: Path,
    given: Decimal,
    expected: Decimal,
    *,
    tolerance: Decimal = TOLERANCE,
    **more: object,
) -> Problem:
    return problem(rule, path, given=given, expected=expected, tolerance=tolerance, **more)


def _net_of_lines(draft: Draft, path: Path) -> Problems:
    if draft.total_net is None or not _has_complete_lines(draft):
        return
    lines = _sum_of(draft.lines)
    if not lines.agrees(draft.total_net):
        yield _mismatch("BDR-INV-020", (*path, "totalNet"), draft.total_net, lines.by_line)


def _vat_of_lines(draft: Draft, path: Path) -> Problems:
    if draft.total_vat is None or draft.vat_breakdown or not _has_complete_lines(draft):
        return
    rates = _by_rate(draft)
    vat = _Sum(
        total(vat_on(base.by_line, rate) for rate, base in rates.items()),
        total(vat_on(base.at_end, rate) for rate, base in rates.items()),
    )
    tolerance = TOLERANCE * len(rates)
    if not vat.agrees(draft.total_vat, tolerance):
        yield _mismatch(
            "BDR-INV-035", (*path, "totalVat"), draft.total_vat, vat.by_line, tolerance=tolerance
        )


def _breakdown_rows(draft: Draft, path: Path) -> Problems:
    for position, row in enumerate(draft.vat_breakdown):
        if row.rate is None or row.base is None or row.amount is None:
            continue
        expected = vat_on(row.base, row.rate)
        if not agree(row.amount, expected):
            at = (*path, "vatBreakdown", str(position), "amount")
            yield _mismatch("BDR-INV-028", at, row.amount, expected, rate=plain(row.rate))


def _breakdown_of_lines(draft: Draft, path: Path) -> Problems:
    if not draft.vat_breakdown or not _has_complete_lines(draft):
        return
    rates = _by_rate(draft)
    for position, row in enumerate(draft.vat_breakdown):
        yield from _row_of_lines(row, rates, (*path, "vatBreakdown", str(position)))
    given = {row.rate for row in draft.vat_breakdown}
    for rate in rates:
        if rate not in given:
            yield problem("BDR-INV-031", (*path, "vatBreakdown"), rate=plain(rate))


def _row_of_lines(row: DraftVat, rates: Mapping[Decimal, _Sum], path: Path) -> Problems:
    if row.rate is None:
        return
    lines = rates.get(row.rate)
    if lines is None:
        yield problem("BDR-INV-032", (*path, "rate"), rate=plain(row.rate))
    elif row.base is not None and not lines.agrees(row.base):
        at = (*path, "base")
        yield _mismatch("BDR-INV-029", at, row.base, lines.by_line, rate=plain(row.rate))


def _breakdown_totals(draft: Draft, path: Path) -> Problems:
    rows = draft.vat_breakdown
    if not rows:
        return
    bases = total(row.base or ZERO for row in rows)
    if draft.total_net is not None and not agree(draft.total_net, bases):
        yield _mismatch("BDR-INV-033", (*path, "totalNet"), draft.total_net, bases)
    amounts = total(row.amount or ZERO for row in rows)
    if draft.total_vat is not None and not agree(draft.total_vat, amounts):
        yield _mismatch("BDR-INV-034", (*path, "totalVat"), draft.total_vat, amounts)


def _gross(draft: Draft, path: Path) -> Problems:
    if draft.total_gross is None:
        return
    if draft.total_net is not None and draft.total_vat is not None:
        expected = total((draft.total_net, draft.total_vat))
        if not agree(draft.total_gross, expected):
            yield _mismatch("BDR-INV-021", (*path, "totalGross"), draft.total_gross, expected)
    given = draft.total_gross_after_discount
    expected = total((draft.total_gross, -draft.discount))
    if given is not None and not agree(given, expected):
        yield _mismatch("BDR-INV-022", (*path, "totalGrossAfterDiscount"), given, expected)


def _discount(draft: Draft, path: Path) -> Problems:
    at = (*path, "globalDiscount")
    if draft.total_gross is not None and draft.discount > draft.total_gross:
        yield problem("BDR-INV-023", at, discount=draft.discount, gross=draft.total_gross)
    reason = (*path, "globalDiscountReason")
    if draft.discount > 0 and draft.global_discount_reason is None:
        yield problem("BDR-INV-024", reason)
    if not draft.discount and draft.global_discount_reason is not None:
        yield problem("BDR-INV-025", reason)


def _to_pay(draft: Draft, path: Path) -> Problems:
    given, most = draft.amount_to_pay, draft.gross_after_discount
    at = (*path, "amountToPay")
    if given is None:
        return
    if draft.frame == ALREADY_PAID:
        if given:
            yield problem("BDR-INV-027", at, given=given)
        return
    if most is not None and given > most and not agree(given, most):
        yield problem("BDR-INV-026", at, given=given, most=most)
    if not given and most and not draft.is_credit_note:
        yield problem("BDR-INV-036", at)


_CHECKS: tuple[Callable[[Draft, Path], Problems], ...] = (
    _line_sizes,
    _line_discounts,
    _net_of_lines,
    _breakdown_rows,
    _breakdown_of_lines,
    _breakdown_totals,
    _vat_of_lines,
    _gross,
    _discount,
    _to_pay,
)
