"""Batched reads for the ordinary road: one statement per relation, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any

from strawberry.dataloader import DataLoader

from domain import cursors, events
from domain.db import dialect, fetch
from domain.select import (
    EVERYTHING,
    Select,
    Slice,
    Statement,
    among,
    count_sql,
    counts_sql,
    equals,
    page_sql,
    pages_sql,
    rows_sql,
)
from schema.pages import MAX_COUNT, Page, Paging, sort_key
from schema.plans import Connected, ToMany
from schema.rows import SHOWN_BY_TABLE, Row, Shown

Many = DataLoader[Any, Any]


class Loaders:
    """What one operation has read so far. Made anew for every operation, and for every event."""

    def __init__(self) -> None:
        self._loaders: dict[Hashable, Many] = {}
        self._as_of: str | None = None

    async def rows(self, select: Select, limit: int) -> list[Row]:
        """The first rows of a selection."""
        to = Statement(dialect())
        rows = await fetch(page_sql(to, select, Slice(limit), EVERYTHING), *to.params)
        return [Row(select.table, row) for row in rows]

    async def page(self, select: Select | None, paging: Paging, scope: str) -> Page:
        """One page of a selection; an empty one when there is nothing to select from."""
        part = paging.slice(scope)
        # Read before the page, so that a follower from there misses nothing.
        as_of = await self.as_of()
        if select is None:
            return _empty(paging, scope, as_of)
        to = Statement(dialect())
        rows = await fetch(page_sql(to, select, part, EVERYTHING), *to.params)
        return Page(
            [Row(select.table, row) for row in rows],
            paging,
            key_of=sort_key(select),
            scope=scope,
            as_of_cursor=as_of,
            count=partial(self._once, ("count", select), partial(_count, select)),
        )

    def one(self, table: str, key: str, value: Any) -> Awaitable[Row | None]:
        """The row of a table by a unique column."""
        return self._loader(("one", table, key), partial(_one, table, key)).load(value)

    def seen(self, table: str, viewer: Any, value: Any) -> Awaitable[Row | None]:
        """The row of a table by its key, if the viewer may see it."""
        shown = SHOWN_BY_TABLE[table]
        return self._loader(("seen", table), partial(_seen, shown, viewer)).load(value)

    def many(self, shown: Shown, plan: ToMany, value: Any) -> Awaitable[list[Row]]:
        """The rows that belong to one owner."""
        name = ("many", shown.table, plan)
        return self._loader(name, partial(_many, shown, plan)).load(value)

    async def pages(
        self, plan: Connected, select: Select | None, paging: Paging, scope: str, owner: Any
    ) -> Page:
        """One page of what belongs to one owner."""
        own_scope = f"{scope}{owner}"
        part = paging.slice(own_scope)
        as_of = await self.as_of()
        if select is None:
            return _empty(paging, own_scope, as_of)
        loader = self._loader(
            ("pages", plan.foreign_key, select, part), partial(_pages, plan, select, part)
        )
        counter = self._loader(("counts", plan.foreign_key, select), partial(_counts, plan, select))
        return Page(
            await loader.load(owner),
            paging,
            key_of=sort_key(select),
            scope=own_scope,
            as_of_cursor=as_of,
            count=partial(counter.load, owner),
        )

    def batch(
        self, name: str, load: Callable[[list[Any]], Awaitable[list[Any]]], value: Any
    ) -> Awaitable[Any]:
        """What `load` answers for the value, asked once for all values of the operation."""
        return self._loader(("batch", name), load).load(value)

    async def as_of(self) -> str:
        """The event log as it was when the operation first read a page."""
        if self._as_of is None:
            head = await self._once("head", events.head)
            self._as_of = self._as_of or cursors.event(head)
        return self._as_of

    def _loader(self, name: Hashable, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> Many:
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(load)
        return loader

    def _once(self, name: Hashable, read: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        async def load(keys: list[Any]) -> list[Any]:
            return [await read()] * len(keys)

        return self._loader(("once", name), load).load(None)


def _empty(paging: Paging, scope: str, as_of: str) -> Page:
    async def count() -> int:
        return 0

    return Page([], paging, key_of=list, scope=scope, as_of_cursor=as_of, count=count)


async def _count(select: Select) -> int:
    to = Statement(dialect())
    return int((await fetch(count_sql(to, select, MAX_COUNT + 1), *to.params))[0][0])


async def _one(table: str, key: str, values: list[Any]) -> list[Row | None]:
    to = Statement(dialect())
    rows = await fetch(rows_sql(to, table, key, values, EVERYTHING), *to.params)
    found = {row[0]: Row(table, row) for row in rows}
    return [found.get(value) for value in values]


async def _seen(shown: Shown, viewer: Any, values: list[Any]) -> list[Row | None]:
    select = shown.seen(viewer) if shown.seen is not None else None
    if select is None:
        return [None] * len(values)
    to = Statement(dialect())
    own = select.where(among(shown.key, values))
    rows = await fetch(page_sql(to, own, Slice(len(values)), EVERYTHING), *to.params)
    found = {row[shown.key]: Row(select.table, row) for row in rows}
    return [found.get(value) for value in values]


async def _many(shown: Shown, plan: ToMany, values: list[Any]) -> list[list[Row]]:
    table = shown.table or ""
    to = Statement(dialect())
    if plan.limit is None:
        text = rows_sql(to, table, plan.foreign_key, values, EVERYTHING, plan.order)
    else:
        select = Select(table, key=shown.key).by(*plan.order)
        text = pages_sql(to, select, plan.foreign_key, values, Slice(plan.limit), EVERYTHING)
    return _grouped(table, await fetch(text, *to.params), values)


async def _pages(
    plan: Connected, select: Select, part: Slice, values: list[Any]
) -> list[list[Row]]:
    to = Statement(dialect())
    if len(values) == 1:
        own = select.where(equals(plan.foreign_key, values[0]))
        rows = await fetch(page_sql(to, own, part, EVERYTHING), *to.params)
        return [[Row(select.table, row) for row in rows]]
    text = pages_sql(to, select, plan.foreign_key, values, part, EVERYTHING)
    return _grouped(select.table, await fetch(text, *to.params), values)


async def _counts(plan: Connected, select: Select, values: list[Any]) -> list[int]:
    to = Statement(dialect())
    text = counts_sql(to, select, plan.foreign_key, values, MAX_COUNT + 1)
    found = {row[0]: int(row[1]) for row in await fetch(text, *to.params)}
    return [found.get(value, 0) for value in values]


def _grouped(table: str, rows: Any, owners: list[Any]) -> list[list[Row]]:
    groups: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[0]].append(Row(table, row))
    return [groups[owner] for owner in owners]
