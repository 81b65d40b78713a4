"""Someone who holds the database: nothing in it keeps it from changing what it wants."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from domain.chain import reading
from domain.chain.checking import Checker, Flaw
from domain.db import dialect, execute, fetch
from domain.events import transaction

_TABLES = ("event", "log_checkpoint")


@asynccontextmanager
async def an_intruder() -> AsyncIterator[None]:
    """A transaction in which the triggers of the log refuse nothing."""
    async with transaction():
        if dialect() == "postgres":
            for table in _TABLES:
                await execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield
            for table in _TABLES:
                await execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            return
        triggers = await fetch(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ($1, $2)",
            *_TABLES,
        )
        for name, _ in triggers:
            await execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            await execute(sql)


async def alter(sql: str, *params: Any) -> None:
    """One statement of an intruder."""
    async with an_intruder():
        await execute(sql, *params)


def flipped(value: Any) -> Any:
    """A value as near to another as can be."""
    if value is None:
        return "x"
    if isinstance(value, int):
        return value + 1
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    # The last digit or letter; the quotes and brackets of JSON stay.
    place = max(n for n, letter in enumerate(value) if letter.isalnum())
    return value[:place] + ("1" if value[place] != "1" else "2") + value[place + 1 :]


async def flaw() -> Flaw | None:
    """What is wrong with the log of the database."""
    try:
        async for _ in reading.check(Checker()):
            pass
    except Flaw as found:
        return found
    return None
