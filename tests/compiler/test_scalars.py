"""Values at the door: one form each, and a clear refusal of everything else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from strawberry.exceptions import StrawberryInputCoercionError

from domain.clock import instant_text
from schema.codecs import CENTS, INSTANT, NUMBER, Codec
from schema.scalars import SCALARS, decimal_text

BY_NAME = {definition.name: definition for definition in SCALARS.values()}

READ = [
    ("Decimal", "1234.50", Decimal("1234.50")),
    ("Decimal", "-0.00000001", Decimal("-0.00000001")),
    ("Decimal", 12, Decimal(12)),
    ("Date", "9999-12-31", date(9999, 12, 31)),
    ("Date", "0001-01-01", date(1, 1, 1)),
    ("DateTime", "2026-11-20T10:15:22.123+01:00", datetime(2026, 11, 20, 9, 15, 22, 123000, UTC)),
    ("DateTime", "2026-11-20t09:15:22z", datetime(2026, 11, 20, 9, 15, 22, 0, UTC)),
    ("Siret", "13002526500013", "13002526500013"),
    ("EventCursor", "abc-_9", "abc-_9"),
    ("EmailAddress", "a.b@exemple.fr", "a.b@exemple.fr"),
    ("Url", "https://exemple.fr/a?b=c", "https://exemple.fr/a?b=c"),
]


@pytest.mark.parametrize(("name", "given", "expected"), READ)
def test_a_value_in_its_form_is_read(name: str, given: Any, expected: Any) -> None:
    assert BY_NAME[name].parse_value(given) == expected


REFUSED = [
    ("Decimal", "1e5"),
    ("Decimal", "1,5"),
    ("Decimal", "NaN"),
    ("Decimal", "1" * 16),
    ("Decimal", "0.000000001"),
    ("Decimal", "١٢"),
    ("Decimal", 1.5),
    ("Decimal", True),
    ("Date", "0000-01-01"),
    ("Date", "2026-02-30"),
    ("Date", "10000-01-01"),
    ("Date", "20261120"),
    ("Date", 20261120),
    ("DateTime", "2026-11-20T09:15:22"),
    ("DateTime", "9999-12-31T23:59:59-05:00"),
    ("DateTime", "0001-01-01T00:00:00+05:00"),
    ("DateTime", "0000-01-01T00:00:00Z"),
    ("DateTime", "2026-11-20T25:00:00Z"),
    ("Siret", "1300252650001"),
    ("Siret", "1300252650001\x00"),
    ("Siret", "13002526500013\n"),
    ("Siret", 13002526500013),
    ("EventCursor", "a\x00b"),
    ("EmailAddress", "a@b"),
    ("EmailAddress", "a\x00@exemple.fr"),
    ("Url", "javascript:alert(1)"),
    ("Url", "https://exemple.fr/\x00"),
]


@pytest.mark.parametrize(("name", "given"), REFUSED)
def test_anything_else_is_refused_with_words(name: str, given: Any) -> None:
    with pytest.raises(
        StrawberryInputCoercionError, match=f"^{name} cannot represent .*: expected"
    ):
        BY_NAME[name].parse_value(given)


def test_a_refusal_does_not_repeat_ten_megabytes() -> None:
    with pytest.raises(StrawberryInputCoercionError) as refused:
        BY_NAME["Decimal"].parse_value("9" * 10_000_000)

    assert len(str(refused.value)) < 300


def test_every_scalar_says_where_it_is_specified() -> None:
    assert all(d.specified_by_url and d.description for d in SCALARS.values())


STORED = [
    (CENTS, 0, "0.00"),
    (CENTS, 5, "0.05"),
    (CENTS, -5, "-0.05"),
    (CENTS, -123456, "-1234.56"),
    (CENTS, 10**15, "10000000000000.00"),
    (NUMBER, "20", "20"),
    (NUMBER, "0.00000001", "0.00000001"),
    (NUMBER, Decimal("1E+2"), "100"),
    (INSTANT, "2026-11-20 09:15:22+00:00", "2026-11-20T09:15:22.000Z"),
    (INSTANT, "2026-11-20 09:15:22.123999+00:00", "2026-11-20T09:15:22.123Z"),
    (INSTANT, "2026-11-20T10:15:22.5+01:00", "2026-11-20T09:15:22.500Z"),
    (INSTANT, datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    (INSTANT, datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), "9999-12-31T23:59:59.999Z"),
]


@pytest.mark.parametrize(("codec", "stored", "shown"), STORED)
def test_both_roads_show_a_stored_value_alike(codec: Codec, stored: Any, shown: str) -> None:
    value = codec.python(stored)

    assert codec.json(stored) == shown
    assert (instant_text(value) if codec is INSTANT else decimal_text(value)) == shown
