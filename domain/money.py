"""Exact decimals: amounts, their rounding and their comparison.

Totals are whole cents, rounded half up to two decimals as EN 16931 asks. Two amounts agree when
they differ by one cent at most, for each VAT rate and for each total.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact

CENT = Decimal("0.01")
ZERO = Decimal(0)
TOLERANCE = CENT

# Amounts are decimal(19,6) in the published interface.
AMOUNT_DIGITS = 13
DIGITS_BEFORE_POINT = 15
DIGITS_AFTER_POINT = 8

_WRITTEN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,8})?")
# Wide enough for any product or sum of accepted decimals; anything cut off is a bug, not a value.
_EXACT = Context(prec=60, traps=[Inexact])
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_UP)


def decimal_of(text: str) -> Decimal:
    """The decimal that a plain text writes: no exponent, 15 digits before the point, 8 after it.

    Raises:
        ValueError: the text writes anything else.

    """
    if _WRITTEN.fullmatch(text) is None:
        raise ValueError(
            "a decimal is written with digits and a point, at most "
            f"{DIGITS_BEFORE_POINT} digits before and {DIGITS_AFTER_POINT} after it"
        )
    return Decimal(text) or ZERO


def plain(value: Decimal) -> str:
    """The shortest plain writing of a decimal: 1.50 is 1.5, 1E+2 is 100, -0 is 0."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: Decimal, step: Decimal = CENT) -> Decimal:
    """The nearest multiple of the step (a cent), the half away from zero."""
    return value.quantize(step, context=_ROUNDING)


def cents(amount: Decimal) -> int:
    """An amount as whole cents, rounded half up."""
    return int(rounded(amount).scaleb(2, context=_ROUNDING))


def amount_of(whole_cents: int) -> Decimal:
    """Whole cents as an amount with two decimals."""
    return Decimal(whole_cents).scaleb(-2, context=_EXACT)


def decimal_text(whole_cents: int | None) -> str | None:
    """Whole cents as the API writes them: 123456 is 1234.56."""
    return None if whole_cents is None else str(amount_of(whole_cents))


def product(a: Decimal, b: Decimal) -> Decimal:
    """The exact product."""
    return _EXACT.multiply(a, b)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    result = ZERO
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def vat_on(base: Decimal, rate: Decimal) -> Decimal:
    """The VAT of a base at a rate in per cent, rounded half up to the cent."""
    return rounded(product(base, rate).scaleb(-2, context=_EXACT))


def agree(a: Decimal, b: Decimal, tolerance: Decimal = TOLERANCE) -> bool:
    """Whether two amounts are equal within the tolerance."""
    return abs(_EXACT.subtract(a, b)) <= tolerance


def decimals(value: Decimal) -> int:
    """How many decimals a value needs: 1.50 needs one."""
    exponent = value.normalize(_ROUNDING).as_tuple().exponent
    return max(0, -int(exponent))


def digits_before_point(value: Decimal) -> int:
    """How many digits stand before the point; 0.5 has one."""
    return max(1, value.adjusted() + 1)
