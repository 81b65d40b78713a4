"""What is really sent to the database, seen through the drivers' own windows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tortoise.connection import get_connections

from domain import db

# What opens, closes, resets or tunes is no statement of ours, nor is a look at the clock once a
# second; triggers come as comments.
_SILENT = re.compile(
    r"\s*(--|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|SET\b|SHOW\b|RESET\b|;|$"
    r"|SELECT pg_advisory_unlock_all|SELECT MAX\(ahead_seconds\) FROM sandbox_clock)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b|\bNULL\b")


@asynccontextmanager
async def counted() -> AsyncIterator[list[str]]:
    """The SQL statements run in the block. One insertion of many rows counts once."""
    found: list[str] = []

    def told(sql: str) -> None:
        if not _SILENT.match(sql) and not (found and _goes_on(found[-1], sql)):
            found.append(sql)

    watch = _on_postgres if db.dialect() == "postgres" else _on_sqlite
    async with watch(told):
        yield found


def _goes_on(before: str, sql: str) -> bool:
    return sql.lstrip()[:6].upper() == "INSERT" and _VALUE.sub("?", before) == _VALUE.sub("?", sql)


@asynccontextmanager
async def _on_sqlite(told: Callable[[str], None]) -> AsyncIterator[None]:
    client: Any = get_connections().get(db.CONNECTION)
    connections = [client._connection, *db._readers]
    for connection in connections:
        await connection.set_trace_callback(told)
    try:
        yield
    finally:
        for connection in connections:
            await connection.set_trace_callback(None)


@asynccontextmanager
async def _on_postgres(told: Callable[[str], None]) -> AsyncIterator[None]:
    await db.fetch("SELECT 1")  # the pool opens at its first use
    client: Any = get_connections().get(db.CONNECTION)
    connections = [holder._con for holder in client._pool._holders if holder._con is not None]

    def logged(record: Any) -> None:
        told(record.query)

    for connection in connections:
        connection.add_query_logger(logged)
    try:
        yield
        # The driver calls its loggers at the next turn of the loop.
        await asyncio.sleep(0)
    finally:
        for connection in connections:
            connection.remove_query_logger(logged)
