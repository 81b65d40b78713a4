"""The bench's own databases: made afresh, filled in bulk, copied before they are written to."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from domain.db import Dialect, numbered, plain

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".bench"
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
NAME = "bordereau_bench"
# Of the bench alone; both databases are opened by several processes with it.
SECRET = "only for the bench: nothing of value is kept under it"


@dataclass(frozen=True)
class Database:
    """Where a database is. `name` is what the processes of PostgreSQL show in their titles."""

    dialect: Dialect
    url: str
    name: str

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def backends(self) -> str | None:
        """Whose processor time belongs to the database, beside that of the server."""
        return self.name if self.dialect == "postgres" else None


def database(dialect: Dialect, suffix: str = "") -> Database:
    """One of the bench's databases."""
    name = f"{NAME}{suffix}"
    if dialect == "sqlite":
        return Database("sqlite", f"sqlite:///{FOLDER / name}.db", name)
    parts = urlsplit(POSTGRES)
    return Database("postgres", urlunsplit(parts._replace(path=f"/{name}")), name)


async def is_reachable() -> bool:
    """Whether there is a PostgreSQL to measure."""
    try:
        connection = await asyncpg.connect(POSTGRES, timeout=3)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


async def version_of(dialect: Dialect) -> str:
    """The version of the database engine."""
    if dialect == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    connection = await asyncpg.connect(POSTGRES)
    try:
        text = await connection.fetchval("SHOW server_version")
        buffers = await connection.fetchval("SHOW shared_buffers")
    finally:
        await connection.close()
    return f"PostgreSQL {text.split()[0]} (shared_buffers {buffers})"


async def exists(wanted: Database) -> bool:
    if wanted.dialect == "sqlite":
        return wanted.path.exists()
    rows = await _administer("SELECT 1 FROM pg_database WHERE datname = $1", wanted.name)
    return bool(rows)


async def drop(unwanted: Database) -> None:
    """Delete the database, if there is one."""
    if unwanted.dialect == "postgres":
        await _administer(f'DROP DATABASE IF EXISTS "{unwanted.name}" WITH (FORCE)')
        return
    for suffix in ("", "-wal", "-shm", ".key"):
        Path(f"{unwanted.path}{suffix}").unlink(missing_ok=True)


async def create(wanted: Database) -> None:
    """An empty database in place of the one that may be there."""
    await drop(wanted)
    if wanted.dialect == "postgres":
        await _administer(f'CREATE DATABASE "{wanted.name}"')
        # Nothing is lost that could not be generated again; set back when the bulk is closed.
        await _administer(f'ALTER DATABASE "{wanted.name}" SET synchronous_commit = off')
    else:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)


async def copy(source: Database, target: Database) -> None:
    """A copy to write to. Whoever is connected to the source is disconnected."""
    await drop(target)
    if source.dialect == "postgres":
        await _administer(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
            source.name,
        )
        await _administer(f'CREATE DATABASE "{target.name}" TEMPLATE "{source.name}"')
        return
    with closing(sqlite3.connect(source.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(source.path, target.path)


async def _administer(sql: str, *params: Any) -> Sequence[Any]:
    connection = await asyncpg.connect(POSTGRES)
    try:
        rows: Sequence[Any] = await connection.fetch(sql, *params)
        return rows
    finally:
        await connection.close()


class Bulk(Protocol):
    """Writes many rows of a table at a time."""

    async def write(self, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        """Append the rows."""

    async def run(self, sql: str) -> None:
        """Any other statement."""

    async def close(self) -> None:
        """Make it last, and let the planner know what is there."""


async def bulk(target: Database) -> Bulk:
    """The way in for generated rows."""
    if target.dialect == "sqlite":
        return _BulkSqlite(target.path)
    return _BulkPostgres(await asyncpg.connect(target.url))


class _BulkSqlite:
    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN IMMEDIATE")

    async def write(self, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
            [[plain(value) for value in row] for row in rows],
        )

    async def run(self, sql: str) -> None:
        self._connection.execute(sql)

    async def close(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.execute("ANALYZE")
        self._connection.close()


class _BulkPostgres:
    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self._connection = connection

    async def write(self, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        await self._connection.copy_records_to_table(table, records=rows, columns=list(columns))

    async def run(self, sql: str) -> None:
        await self._connection.execute(sql)

    async def close(self) -> None:
        name = await self._connection.fetchval("SELECT current_database()")
        await self._connection.execute(f'ALTER DATABASE "{name}" RESET synchronous_commit')
        await self._connection.execute("VACUUM ANALYZE")
        await self._connection.execute("CHECKPOINT")
        await self._connection.close()


async def rows_of(source: Database, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Rows read beside the servers; the statement is written with `$1`, `$2`…"""
    if source.dialect == "postgres":
        connection = await asyncpg.connect(source.url)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *params)]
        finally:
            await connection.close()
    with closing(sqlite3.connect(source.path)) as opened:
        return opened.execute(numbered(sql), [plain(p) for p in params]).fetchall()


async def run_on(target: Database, *sqls: str) -> None:
    """Statements that prepare a copy, before any server is up."""
    if target.dialect == "postgres":
        connection = await asyncpg.connect(target.url)
        try:
            for sql in sqls:
                await connection.execute(sql)
        finally:
            await connection.close()
        return
    with closing(sqlite3.connect(target.path)) as opened, opened:
        for sql in sqls:
            opened.execute(sql)


@asynccontextmanager
async def copied(source: Database, purpose: str) -> AsyncIterator[Database]:
    """A copy to write to, deleted at the end."""
    target = database(source.dialect, f"{source.name.removeprefix(NAME)}_{purpose}")
    await copy(source, target)
    try:
        yield target
    finally:
        await drop(target)
