"""Amounts are exact, and rounded half up to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    agree,
    amount_of,
    cents,
    decimal_of,
    decimal_text,
    decimals,
    digits_before_point,
    plain,
    product,
    rounded,
    total,
    vat_on,
)

D = Decimal


@pytest.mark.parametrize("text", ["0", "1", "-1", "1234.50", "0.00000001", "9" * 15 + ".99999999"])
def test_a_plain_decimal_is_read(text: str) -> None:
    assert decimal_of(text) == D(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "1.",
        ".5",
        "1e3",
        "1E3",
        "1,5",
        "NaN",
        "Infinity",
        "١",
        "１",
        "1_000",
        "1" * 16,
        "0.123456789",
        "1\n",
        "0x1",
        "--1",
        "1.2.3",
    ],
)
def test_any_other_writing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a decimal is written"):
        decimal_of(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.005", "0.01"),
        ("0.004999", "0.00"),
        ("1.115", "1.12"),
        ("1.125", "1.13"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        ("10", "10.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(value: str, expected: str) -> None:
    assert str(rounded(D(value))) == expected


@pytest.mark.parametrize(
    ("base", "rate", "expected"),
    [
        ("100", "20", "20.00"),
        ("0.02", "20", "0.00"),
        ("0.03", "20", "0.01"),
        ("33.33", "5.5", "1.83"),
    ],
)
def test_vat_is_rounded_once_per_rate(base: str, rate: str, expected: str) -> None:
    assert str(vat_on(D(base), D(rate))) == expected


def test_amounts_agree_within_one_cent() -> None:
    assert agree(D("10.00"), D("10.01"))
    assert agree(D("10.01"), D("10.00"))
    assert not agree(D("10.00"), D("10.011"))
    assert agree(D("10.00"), D("10.03"), D("0.03"))


@given(st.integers(min_value=1 - 10**17, max_value=10**17 - 1))
def test_cents_and_amounts_are_two_writings_of_the_same(whole: int) -> None:
    assert cents(amount_of(whole)) == whole
    assert decimal_of(plain(amount_of(whole))) == amount_of(whole)


def test_an_absent_amount_stays_absent() -> None:
    assert decimal_text(None) is None
    assert decimal_text(0) == "0.00"
    assert decimal_text(123456) == "1234.56"
    assert decimal_text(-5) == "-0.05"


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.50", "1.5"), ("100", "100"), ("1E+2", "100"), ("-0", "0"), ("0.00", "0"), ("0.10", "0.1")],
)
def test_the_plain_writing_is_the_shortest_one(value: str, text: str) -> None:
    assert plain(D(value)) == text


def test_sums_and_products_are_exact() -> None:
    assert total([D("0.1")] * 10) == 1
    assert product(D("999999999999999.99999999"), D("999999999999999.99999999")) == D(
        "999999999999999999999980000000.0000000000000001"
    )
    assert decimals(D("1.500")) == 1
    assert decimals(D("1E+3")) == 0
    assert digits_before_point(D("0.05")) == 1
    assert digits_before_point(D("-1234.5")) == 4
