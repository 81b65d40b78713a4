"""The next events that some rights open: the same however many, and cheap far behind the end."""

from __future__ import annotations

from typing import Any

import pytest

from domain import events
from domain.access import Permission
from domain.db import dialect, fetch
from domain.structures.models import Structure
from tests.make import a_structure, a_supplier, an_actor

READ, MANAGE = Permission.READ_STRUCTURE, Permission.MANAGE_WEBHOOKS


async def _told(*audience: tuple[Structure, Permission]) -> int:
    subject = await Structure.get(id=audience[0][0].id)
    async with events.transaction() as unit:
        events.record(
            "structure.updated",
            subject,
            an_actor(subject),
            audience=[(one.id, permission) for one, permission in audience],
        )
        await subject.save()
    assert unit.position is not None
    return unit.position


async def _positions(rights: list[tuple[str, str]], position: int, limit: int) -> list[int]:
    upto = await events.head()
    found = await events.opened_by(rights, position, limit=limit, upto=upto)
    return [event.position for event in found]


@pytest.mark.parametrize("others", [0, 200])
async def test_the_next_events_come_once_in_order_whatever_right_opens_them(
    database: str, others: int
) -> None:
    mine, theirs, foreign = await a_supplier(), await a_structure(), await a_structure()
    before = await events.head()
    first = await _told((mine, READ))
    both = await _told((theirs, READ), (mine, READ), (mine, MANAGE))
    await _told((foreign, READ))
    await _told((theirs, MANAGE))
    last = await _told((theirs, READ))
    rights = [(mine.id, READ.value), (mine.id, MANAGE.value), (theirs.id, READ.value)]
    rights += [(f"str_{n}", READ.value) for n in range(others)]

    assert await _positions(rights, before, 10) == [first, both, last]
    assert await _positions(rights, before, 2) == [first, both]
    assert await _positions(rights, first, 1) == [both]
    assert await _positions(rights, last, 10) == []
    assert await _positions([], before, 10) == []


async def test_each_right_gives_only_its_next_ones(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dialect() != "sqlite":
        pytest.skip("PostgreSQL plans by what the tables hold")
    asked: list[tuple[str, tuple[Any, ...]]] = []

    async def noted(sql: str, *params: Any) -> Any:
        asked.append((sql, params))
        return await fetch(sql, *params)

    rights = [("str_1", READ.value), ("str_1", MANAGE.value), ("str_2", READ.value)]
    monkeypatch.setattr(events, "fetch", noted)
    await events.opened_by(rights, 0, limit=50, upto=1_000)

    ((sql, params),) = asked
    plan = [row["detail"] for row in await fetch(f"EXPLAIN QUERY PLAN {sql}", *params)]
    assert sum(step.startswith("SEARCH a ") for step in plan) == len(rights)
