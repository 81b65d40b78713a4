"""Whoever is looked up, only its own rows are read, however many the site has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from domain.access import Permission
from domain.accounts.actions import everywhere_of, rights_of
from domain.db import dialect, fetch
from domain.structures.members import holders_of
from tests.statements import counted

LOOK_UPS: dict[str, Callable[[], Awaitable[object]]] = {
    "the rights of a caller": lambda: rights_of("acc_1"),
    "what it may do everywhere": lambda: everywhere_of("acc_1"),
    "the holders of a right": lambda: holders_of("str_1", Permission.MANAGE_WEBHOOKS),
}


@pytest.mark.parametrize("name", LOOK_UPS)
async def test_every_table_is_read_by_an_index(name: str, database: str) -> None:
    if dialect() != "sqlite":
        pytest.skip("PostgreSQL plans by what the tables hold")

    async with counted() as statements:
        await LOOK_UPS[name]()

    (statement,) = statements
    plan = [row["detail"] for row in await fetch(f"EXPLAIN QUERY PLAN {statement}")]
    assert [step for step in plan if step.startswith("SCAN")] == []
