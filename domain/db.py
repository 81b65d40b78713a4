"""The database: opened once, read by plain SQL, written inside `events.transaction()` only.

SQL is written with `$1`, `$2`… for both databases. Values come back as the driver gives them:
on SQLite instants and dates are text, booleans are 0 or 1.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosqlite
import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError

CONNECTION = "default"
Dialect = Literal["sqlite", "postgres"]
T = TypeVar("T")
Conversation = Generator[tuple[str, Sequence[Any]], Sequence[Any], T]

# Set by events.transaction(): tells `fetch` to read through the open transaction.
inside_transaction: ContextVar[bool] = ContextVar("inside_transaction", default=False)

# A process that was killed lets go of its locks at once; one whose machine vanished says nothing,
# and one that stands still in a transaction would hold them for ever.
SERVER_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

# What a server that still runs has ended before, by the statement timeout above. One that stands
# still says nothing: without this, who waits for it waits for ever, cancelled or not. A batch of
# rows is one call, so it is longer than any single statement may last.
SILENCE_SECONDS = 60.0

_dialect: Dialect = "sqlite"
_readers: list[aiosqlite.Connection] = []
_next_reader = 0
# One reader thread serves a process best: a second one fights for the interpreter lock.
_SQLITE_READERS = 1


def dialect() -> Dialect:
    """Which of the two databases is open."""
    return _dialect


def engine(url: str) -> tuple[Dialect, dict[str, Any]]:
    """The dialect and the ORM's connection description for a database URL.

    Raises:
        ValueError: the URL names neither SQLite nor PostgreSQL.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        path = unquote(rest)
        # sqlite:///relative.db and sqlite:////absolute.db, as most tools write them.
        path = path.removeprefix("/")
        if not path or path == ":memory:":
            raise ValueError("DATABASE_URL: SQLite needs a file, such as sqlite:///bordereau.db")
        return "sqlite", {"engine": "domain.sqlite", "credentials": {"file_path": path}}
    if scheme in ("postgres", "postgresql"):
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        return "postgres", {
            "engine": "tortoise.backends.asyncpg",
            "credentials": {
                "host": parts.hostname or options.pop("host", "127.0.0.1"),
                "port": parts.port or 5432,
                "user": unquote(parts.username or "postgres"),
                "password": unquote(parts.password or ""),
                "database": parts.path.lstrip("/"),
                "minsize": int(options.get("minsize", "1")),
                "maxsize": int(options.get("maxsize", "10")),
                "server_settings": SERVER_SETTINGS,
                "command_timeout": float(options.get("command_timeout", SILENCE_SECONDS)),
                "reset": _unchanged,
            },
        }
    raise ValueError(f"DATABASE_URL: unknown scheme {scheme!r}; use sqlite:/// or postgres://")


# One of two transactions that wait for each other: the same work may be done again at once.
Deadlock = asyncpg.DeadlockDetectedError

# What the driver and the system say of a server that fell, falls, or is not up yet.
_AWAY = (
    ConnectionError,
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # A connection that breaks while a statement waits for its answer.
    asyncpg.InternalClientError,
)


def is_away(error: BaseException | None) -> bool:
    """Whether something failed because the database is away: it may be tried again later."""
    while error is not None:
        if isinstance(error, _AWAY) or _is_of_closed_connection(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_of_closed_connection(error: BaseException) -> bool:
    # The driver has no kind of its own for it.
    return isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)


async def _unchanged(_connection: Any) -> None:
    """Nothing to undo when a connection goes back to the pool: we change no session setting.

    The driver's own reset costs a round trip for every unit of work; it still rolls back a
    transaction that was left open.
    """


async def open_database(url: str, models: Mapping[str, Sequence[str]]) -> None:
    """Connect. `models` names the modules of each ORM application: {"domain": [...], ...}."""
    global _dialect
    before = _dialect
    _dialect, connection = engine(url)
    if _dialect != before:
        # The ORM keeps the SQL it wrote by the connection's name, which both databases share.
        EXECUTOR_CACHE.clear()
    await Tortoise.init(
        config={
            "connections": {CONNECTION: connection},
            "apps": {
                app: {"models": list(modules), "default_connection": CONNECTION}
                for app, modules in models.items()
            },
            "use_tz": True,
            "timezone": "UTC",
        },
        _enable_global_fallback=True,
    )
    if _dialect == "sqlite":
        # Connect the writer first: it creates the file and switches it to WAL.
        await get_connections().get(CONNECTION).execute_query("SELECT 1")
        path = connection["credentials"]["file_path"]
        for _ in range(_SQLITE_READERS):
            reader = await aiosqlite.connect(path, isolation_level=None)
            reader.row_factory = sqlite3.Row
            await reader.execute("PRAGMA busy_timeout = 10000")
            await reader.execute("PRAGMA query_only = ON")
            _readers.append(reader)


async def close_database() -> None:
    """Disconnect. Must be called: a forgotten SQLite connection keeps the interpreter alive."""
    while _readers:
        await _readers.pop().close()
    await Tortoise.close_connections()


async def fetch(sql: str, *params: Any) -> Sequence[Any]:
    """Rows, readable by position and by column name.

    Inside a transaction they are read through it; outside, through a connection for reading.
    """
    if _dialect == "postgres":
        async with get_connections().get(CONNECTION).acquire_connection() as connection:
            rows: Sequence[Any] = await connection.fetch(sql, *params)
            return rows
    if inside_transaction.get():
        _, rows = (
            await get_connections()
            .get(CONNECTION)
            .execute_query(numbered(sql), [plain(p) for p in params])
        )
        return rows
    return list(await _reader().execute_fetchall(numbered(sql), [plain(p) for p in params]))


async def converse(talk: Conversation[T]) -> T:
    """Run a unit of work that reads: it yields statements, is sent their rows, and returns.

    One connection serves all of it; on SQLite it runs in one hop to the reader's thread.
    """
    if inside_transaction.get():
        return await _converse(talk, fetch)
    if _dialect == "postgres":
        async with get_connections().get(CONNECTION).acquire_connection() as connection:
            return await _converse(talk, connection.fetch)
    reader = _reader()
    # The driver has no public way to run several statements in one hop.
    hop: Callable[..., Awaitable[T]] = reader._execute
    return await hop(_converse_here, talk, reader._conn)


async def _converse(talk: Conversation[T], read: Callable[..., Awaitable[Sequence[Any]]]) -> T:
    try:
        sql, params = next(talk)
        while True:
            sql, params = talk.send(await read(sql, *params))
    except StopIteration as end:
        result: T = end.value
        return result


def _converse_here(talk: Conversation[T], connection: sqlite3.Connection) -> T:
    try:
        sql, params = next(talk)
        while True:
            rows = connection.execute(numbered(sql), [plain(p) for p in params]).fetchall()
            sql, params = talk.send(rows)
    except StopIteration as end:
        result: T = end.value
        return result


async def execute(sql: str, *params: Any) -> int:
    """Run one writing statement in the open transaction; the number of rows it changed.

    Raises:
        RuntimeError: no transaction is open.
    """
    if not inside_transaction.get():
        raise RuntimeError("a write needs an open events.transaction()")
    client = get_connections().get(CONNECTION)
    if _dialect == "postgres":
        async with client.acquire_connection() as connection:
            status: str = await connection.execute(sql, *params)
            count = status.rsplit(" ", 1)[-1]
            return int(count) if count.isdigit() else 0
    changed, _ = await client.execute_query(numbered(sql), [plain(p) for p in params])
    return changed


async def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one writing statement for many rows in the open transaction."""
    if not inside_transaction.get():
        raise RuntimeError("a write needs an open events.transaction()")
    client = get_connections().get(CONNECTION)
    if _dialect == "postgres":
        async with client.acquire_connection() as connection:
            await connection.executemany(sql, rows)
        return
    await client.execute_many(numbered(sql), [[plain(p) for p in row] for row in rows])


async def hold(*names: str) -> None:
    """Let only one transaction at a time go on under each of these names, until it ends.

    On SQLite there is only one writer anyway.
    """
    if _dialect == "postgres":
        for name in names:
            await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)


_AS_THEY_ARE = frozenset({str, int, type(None)})


def plain(value: Any) -> Any:
    """A value as SQLite stores it, written the way the ORM writes it."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and type(value) is not str:
        return str(value)
    return value


def instant_of(value: datetime | str) -> datetime:
    """An instant as either database gives it."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def day_of(value: date | str | None) -> date | None:
    """A civil date as either database gives it, if there is one."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def instant_if_any(value: datetime | str | None) -> datetime | None:
    """An instant of a column that may be null."""
    return None if value is None else instant_of(value)


@lru_cache(maxsize=4096)
def numbered(sql: str) -> str:
    """The statement with SQLite's spelling of numbered parameters."""
    return re.sub(r"\$(\d+)", r"?\1", sql)


def _reader() -> aiosqlite.Connection:
    global _next_reader  # noqa: PLW0603 - round robin
    _next_reader = (_next_reader + 1) % len(_readers)
    return _readers[_next_reader]
