"""A selection says the same to both databases, and every value travels apart from the text."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from domain.db import dialect, fetch
from domain.select import (
    EVERYTHING,
    MAX_BRANCHES,
    NOTHING,
    Condition,
    Order,
    Select,
    Slice,
    Statement,
    above,
    all_of,
    among,
    any_of,
    at_least,
    at_most,
    below,
    count_sql,
    differs,
    equals,
    exists,
    falling,
    is_null,
    not_null,
    page_sql,
    pages_sql,
    rising,
    starts_with,
    unless,
    written,
)
from tests.compiler import toy

ALL = toy.rows(60)["toy_invoice"]
NUMBER, STATUS, CENTS, RATE, SUPPLIER, RECIPIENT = 1, 2, 3, 4, 8, 9


async def numbers(select: Select, part: Slice | None = None) -> list[str]:
    to = Statement(dialect())
    text = page_sql(to, select, part or Slice(1000), EVERYTHING)
    return [row["number"] for row in await fetch(text, *to.params)]


def kept(condition: Any) -> list[str]:
    return sorted(row[NUMBER] for row in ALL if condition(row))


CONDITIONS = [
    (equals("status", "DEPOSEE"), lambda r: r[STATUS] == "DEPOSEE"),
    (equals("status", toy.Status.PAYEE), lambda r: r[STATUS] == "MISE_EN_PAIEMENT"),
    (differs("status", "DEPOSEE"), lambda r: r[STATUS] != "DEPOSEE"),
    (above("total_net_cents", 0), lambda r: r[CENTS] > 0),
    (at_least("total_net_cents", 0), lambda r: r[CENTS] >= 0),
    (below("total_net_cents", 0), lambda r: r[CENTS] < 0),
    (at_most("total_net_cents", 0), lambda r: r[CENTS] <= 0),
    (at_least("deposited_at", ALL[7][5]), lambda r: r[5] >= ALL[7][5]),
    (equals("due_on", ALL[7][6]), lambda r: r[6] == ALL[7][6]),
    (equals("is_late", True), lambda r: r[7]),
    (is_null("rate"), lambda r: r[RATE] is None),
    (not_null("rate"), lambda r: r[RATE] is not None),
    (among("status", {"DEPOSEE", "SUSPENDUE"}), lambda r: r[STATUS] in ("DEPOSEE", "SUSPENDUE")),
    (among("status", []), lambda _: False),
    (starts_with("number", "F-0001"), lambda r: r[NUMBER].startswith("F-0001")),
    (starts_with("number", "%"), lambda _: False),
    (NOTHING, lambda _: False),
    (all_of(), lambda _: True),
    (
        any_of(is_null("rate"), equals("status", "DEPOSEE")),
        lambda r: r[RATE] is None or r[STATUS] == "DEPOSEE",
    ),
    (unless(equals("rate", "20")), lambda r: r[RATE] != "20"),
    (
        exists("toy_line", {"invoice_id": "id"}, equals("number", 4)),
        lambda r: int(r[0][-2:]) % 5 == 4,
    ),
    (written("{t}.total_net_cents % {0} = 0", 100), lambda r: r[CENTS] % 100 == 0),
    (equals("number", "'; DROP TABLE toy_invoice; --"), lambda _: False),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
async def test_a_condition_keeps_the_rows_that_satisfy_it(
    toy_database: str, condition: Condition, expected: Any
) -> None:
    select = Select("toy_invoice").where(condition, None)

    assert sorted(await numbers(select)) == kept(expected)


ORDERS: list[tuple[Order, ...]] = [
    (falling("deposited_at"),),
    (rising("status"),),
    (falling("status"), rising("deposited_at")),
    (falling("id"),),
]
SELECTIONS = {
    "plain": Select("toy_invoice"),
    "one probe per value": Select("toy_invoice").each_of("status", ["DEPOSEE", "SUSPENDUE"]),
    "either party": Select("toy_invoice").either(
        equals("supplier_id", toy.an_id("tst", 3)), equals("recipient_id", toy.an_id("tst", 3))
    ),
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("select", SELECTIONS.values(), ids=SELECTIONS.keys())
async def test_slices_put_end_to_end_are_the_whole_list(
    toy_database: str, select: Select, order: Sequence[Order], *, backwards: bool
) -> None:
    select = select.by(*order)
    whole = await numbers(select)
    bound: tuple[Any, ...] | None = None
    found: list[str] = []
    for _ in range(100):
        part = Slice(7, before=bound, backwards=True) if backwards else Slice(7, after=bound)
        to = Statement(dialect())
        text = page_sql(to, select, part, EVERYTHING, sort_key=True)
        rows = await fetch(text, *to.params)
        found += [row["number"] for row in rows]
        if len(rows) < 7:
            break
        bound = tuple(rows[-1])[-len(select.sort) :]

    assert found == (whole[::-1] if backwards else whole)
    assert len(set(found)) == len(found)


async def test_a_row_that_satisfies_both_alternatives_is_met_once(toy_database: str) -> None:
    both = Select("toy_invoice").either(not_null("number"), not_null("status"))

    assert len(await numbers(both)) == len(ALL)


async def test_counting_stops_where_it_is_told(toy_database: str) -> None:
    for most, expected in ((1000, 60), (10, 10)):
        to = Statement(dialect())
        rows = await fetch(count_sql(to, Select("toy_invoice"), most), *to.params)
        assert rows[0][0] == expected


async def test_each_owner_gets_a_page_of_its_own(toy_database: str) -> None:
    owners = [toy.an_id("tin", n) for n in range(10)]
    select = Select("toy_event", key="position").by(falling("position"))
    to = Statement(dialect())
    rows = await fetch(
        pages_sql(to, select, "subject_id", owners, Slice(2), EVERYTHING), *to.params
    )

    sizes = {o: len(list(group)) for o, group in itertools.groupby(rows, key=lambda row: row[0])}
    assert sizes == {toy.an_id("tin", n): min(n % 6, 2) for n in range(10) if n % 6}


def test_too_many_values_are_one_condition() -> None:
    few = Select("t").each_of("c", range(MAX_BRANCHES))
    many = Select("t").each_of("c", range(MAX_BRANCHES + 1))

    assert len(few.branches) == MAX_BRANCHES
    assert many.branches == ()


def test_the_text_does_not_depend_on_how_many_values_there_are() -> None:
    def text(values: list[str], name: str) -> str:
        return page_sql(
            Statement(name), Select("t").where(among("c", values)), Slice(1), EVERYTHING
        )

    for name in ("sqlite", "postgres"):
        assert text(["a", "b"], name) == text(["a", "b", "c"], name)
        assert text(["a"], name) == text(["b"], name) != text(["a", "b"], name)
