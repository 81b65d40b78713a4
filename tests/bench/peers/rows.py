"""The databases as the floor uses them, and the rows that a deposit leaves there."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import asyncpg
import orjson

from domain.db import Dialect, numbered
from domain.ids import new_id

Row = Any
Statement = tuple[str, Sequence[Any]]
# Given the rows read so far, what to run next; None at the end.
Next = Callable[[list[Sequence[Row]]], Statement | None]


class Store(Protocol):
    """Units of work on one connection each."""

    async def read(self, next_: Next) -> list[Sequence[Row]]: ...

    async def write(self, next_: Next) -> list[Sequence[Row]]: ...

    def keys(self, keys: list[str]) -> Any: ...

    def now(self) -> Any: ...


@asynccontextmanager
async def opened_store(dialect: Dialect, credentials: Mapping[str, Any]) -> AsyncIterator[Store]:
    """The database, by the fastest way there is to it."""
    if dialect == "sqlite":
        yield _Sqlite(credentials["file_path"])
        return
    named = {k: credentials[k] for k in ("host", "port", "user", "password", "database")}
    async with asyncpg.create_pool(**named, min_size=1, max_size=10, reset=_nothing) as pool:
        yield _Postgres(pool)


async def _nothing(_connection: Any) -> None:
    """No setting is ever changed, so there is nothing to set back."""


class _Postgres:
    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    async def read(self, next_: Next) -> list[Sequence[Row]]:
        async with self._pool.acquire() as connection:
            return await self._run(connection, next_)

    async def write(self, next_: Next) -> list[Sequence[Row]]:
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._run(connection, next_)

    def keys(self, keys: list[str]) -> Any:
        return keys

    def now(self) -> Any:
        return _now()

    @staticmethod
    async def _run(connection: Any, next_: Next) -> list[Sequence[Row]]:
        results: list[Sequence[Row]] = []
        while asked := next_(results):
            results.append(await connection.fetch(asked[0], *asked[1]))
        return results


class _Sqlite:
    """One hop to one thread for each unit of work."""

    def __init__(self, path: str) -> None:
        self._reading, self._writing = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._reader, self._writer = self._opened(path), self._opened(path)
        self._loop = asyncio.get_running_loop()

    async def read(self, next_: Next) -> list[Sequence[Row]]:
        return await self._loop.run_in_executor(self._reading, self._run, self._reader, next_)

    async def write(self, next_: Next) -> list[Sequence[Row]]:
        return await self._loop.run_in_executor(self._writing, self._commit, next_)

    def keys(self, keys: list[str]) -> Any:
        return orjson.dumps(keys).decode()

    def now(self) -> Any:
        return _now().isoformat(" ")

    @staticmethod
    def _opened(path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @staticmethod
    def _run(connection: sqlite3.Connection, next_: Next) -> list[Sequence[Row]]:
        results: list[Sequence[Row]] = []
        while asked := next_(results):
            results.append(connection.execute(numbered(asked[0]), asked[1]).fetchall())
        return results

    def _commit(self, next_: Next) -> list[Sequence[Row]]:
        self._writer.execute("BEGIN IMMEDIATE")
        results = self._run(self._writer, next_)
        self._writer.execute("COMMIT")
        return results


def _now() -> datetime:
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00:00\Z")
_TEMPLATE = (
    "SELECT * FROM invoice WHERE id = (SELECT i.id FROM invoice i"
    " WHERE i.status = 'MISE_A_DISPOSITION' AND i.supplier_id = $1 AND"
    " (SELECT count(*) FROM invoice_line l WHERE l.invoice_id = i.id) = 3"
    " ORDER BY i.event_count, i.created_at DESC LIMIT 1)",
    "SELECT * FROM invoice_line WHERE invoice_id = $1 ORDER BY number",
    "SELECT * FROM invoice_vat WHERE invoice_id = $1 ORDER BY position",
    "SELECT * FROM event WHERE subject_id = $1 ORDER BY position",
    "SELECT a.* FROM event_audience a JOIN event e ON e.position = a.position"
    " WHERE e.subject_id = $1 ORDER BY a.position, a.structure_id",
)


class Template:
    """The rows of a real deposit, to be written again under other identifiers."""

    def __init__(self, store: Store, parts: Sequence[Sequence[Row]]) -> None:
        self._store = store
        [self._invoice], self._lines, self._vat, self._events, self._audience = (
            [dict(row) for row in part] for part in parts
        )
        first = self._events[0]["position"]
        for row in (*self._events, *self._audience):
            row["position"] -= first

    @classmethod
    async def of_last_deposit(cls, store: Store) -> Template:
        """A deposit of three lines that nothing followed."""
        [[largest]] = await store.read(
            lambda r: None if r else (
                "SELECT supplier_id FROM invoice GROUP BY supplier_id ORDER BY count(*) DESC LIMIT 1",
                [],
            )
        )  # fmt: skip
        known: list[Any] = [largest[0]]

        def asked(results: list[Sequence[Row]]) -> Statement | None:
            if len(results) == 1:
                known[0] = results[0][0]["id"]
            return (_TEMPLATE[len(results)], known) if len(results) < len(_TEMPLATE) else None

        return cls(store, await store.read(asked))

    def of(self, given: Mapping[str, Any]) -> Writing:
        """The rows of another deposit."""
        at = self._store.now()
        asked = given["invoice"]
        old, new = self._invoice["id"], new_id("inv")
        number, supplier = asked["number"], asked["supplierId"]
        words = ((old, new), (self._invoice["number"], number),
                 (self._invoice["supplier_id"], supplier))  # fmt: skip
        invoice = _at(self._invoice, at) | {"id": new, "number": number, "supplier_id": supplier}
        lines = [
            row
            | {
                "id": new_id("lin"),
                "invoice_id": new,
                "name": line["name"],
                "quantity": line["quantity"],
                "unit_price": line["unitPrice"],
                "vat_rate": line["vatRate"],
            }
            for row, line in zip(self._lines, asked["lines"], strict=True)
        ]
        vat = [row | {"id": new_id("vat"), "invoice_id": new} for row in self._vat]
        events = [
            _at(row, at)
            | {"id": new_id("evt"), "subject_id": new, "data": _replaced(row["data"], words),
               "audience": _replaced(row["audience"], words)}
            for row in self._events
        ]  # fmt: skip
        audience = [
            row | {"structure_id": _replaced(row["structure_id"], words)} for row in self._audience
        ]
        once = {
            "actor_id": self._events[0]["actor_id"],
            "key": given["idempotencyKey"],
            "operation": "invoiceSubmit",
            "input_hash": hashlib.sha256(orjson.dumps(asked)).hexdigest(),
            "object_id": new,
            "position": 0,
            "created_at": at,
        }
        return Writing(invoice, lines, vat, events, audience, once)


@dataclass
class Writing:
    """One deposit: one statement per table, the positions taken last."""

    invoice: dict[str, Any]
    lines: list[dict[str, Any]]
    vat: list[dict[str, Any]]
    events: list[dict[str, Any]]
    audience: list[dict[str, Any]]
    once: dict[str, Any]

    def next(self, results: list[Sequence[Row]]) -> Statement | None:
        """The statements of the transaction in their order."""
        match len(results):
            case 0:
                return _insert("invoice", [self.invoice])
            case 1:
                return _insert("invoice_line", self.lines)
            case 2:
                return _insert("invoice_vat", self.vat)
            case 3:
                return _TAKE, [len(self.events)]
            case 4:
                first = results[3][0][0] - len(self.events) + 1
                for row in (*self.events, *self.audience):
                    row["position"] += first
                self.once["position"] = self.events[-1]["position"]
                return _insert("event", self.events)
            case 5:
                return _insert("event_audience", self.audience)
            case 6:
                return _insert("idempotency_key", [self.once])
        return None

    @property
    def answer(self) -> dict[str, Any]:
        return {
            "invoice": {k: self.invoice[k] for k in ("id", "number", "status")},
            "userErrors": [],
        }


_TAKE = "UPDATE log_head SET position = position + $1 WHERE id = 1 RETURNING position"
_texts: dict[tuple[str, int], str] = {}


def _insert(table: str, rows: list[dict[str, Any]]) -> Statement:
    text = _texts.get((table, len(rows)))
    if text is None:
        width = len(rows[0])
        marks = ", ".join(
            "(" + ", ".join(f"${r * width + n + 1}" for n in range(width)) + ")"
            for r in range(len(rows))
        )
        text = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {marks}"
        _texts[table, len(rows)] = text
    return text, [value for row in rows for value in row.values()]


def _at(row: dict[str, Any], at: Any) -> dict[str, Any]:
    """The row with its instants at one moment."""
    return {name: at if _is_instant(value) else value for name, value in row.items()}


def _is_instant(value: Any) -> bool:
    return isinstance(value, datetime) or (isinstance(value, str) and bool(_INSTANT.match(value)))


def _replaced(text: str, words: Sequence[tuple[str, str]]) -> str:
    for old, new in words:
        text = text.replace(old, new)
    return text
