"""Brings a database to the present schema, by SQL files written by hand.

Files are `NNNN_name.sql` for both databases, or `NNNN_name.sqlite.sql` and
`NNNN_name.postgres.sql` where they differ. One transaction per file: a failed file leaves
nothing behind. An applied file that was edited afterwards is detected by its hash.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg

from domain.db import Dialect, engine

_ROOT = Path(__file__).resolve().parent.parent
# In this order: each application may refer to the tables of those before it.
FOLDERS = ("domain/migrations", "auth/migrations", "webhooks/migrations")

# How a shared file names the types on which the two databases differ.
TYPES: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "id": "TEXT",
        "instant": "TIMESTAMP",
        "bool": "BOOLEAN",
        "json": "TEXT",
        "bytes": "BLOB",
    },
    # The order of identifiers is the order of bytes, whatever the locale of the database.
    "postgres": {
        "id": 'TEXT COLLATE "C"',
        "instant": "TIMESTAMPTZ",
        "bool": "BOOLEAN",
        "json": "TEXT",
        "bytes": "BYTEA",
    },
}
_LOCK_KEY = 0x626F7264  # "bord": replicas that start together migrate one after the other
# Half a minute in all, as for the other locks of the file.
_ATTEMPTS, _PAUSE_SECONDS = 600, 0.05
_NAME = re.compile(r"(?P<name>\d{4}_[a-z0-9_]+?)(\.(?P<dialect>sqlite|postgres))?\.sql\Z")


class MigrationError(Exception):
    """The database cannot be brought to the present schema; the message says what to do."""


@dataclass(frozen=True)
class Migration:
    """One file: `name` is `folder/NNNN_name`, the same on both databases."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(dialect: Dialect, folders: Sequence[str] = FOLDERS) -> list[Migration]:
    """Every migration of the dialect in the order in which it is applied."""
    found: list[Migration] = []
    for folder in folders:
        for path in sorted((_ROOT / folder).glob("*.sql")):
            match = _NAME.match(path.name)
            if match is None:
                raise MigrationError(f"{path.name}: a migration is named NNNN_name.sql")
            if match["dialect"] not in (None, dialect):
                continue
            sql = path.read_text(encoding="utf-8")
            for key, value in TYPES[dialect].items():
                sql = sql.replace("{" + key + "}", value)
            found.append(Migration(f"{folder.split('/')[0]}/{match['name']}", sql))
    return found


def statements(script: str) -> Iterator[str]:
    """The statements of a script; triggers and semicolons inside literals are respected."""
    buffer = ""
    for line in script.splitlines(keepends=True):
        buffer += line
        if sqlite3.complete_statement(buffer):
            if _has_code(buffer):
                yield buffer.strip()
            buffer = ""
    if _has_code(buffer):
        yield buffer.strip()


async def migrate(
    url: str,
    *,
    report: Callable[[str], None] = lambda _: None,
    upto: str | None = None,
    folders: Sequence[str] = FOLDERS,
) -> list[str]:
    """Apply what is missing; the names applied. `upto` stops after that migration (for tests).

    Raises:
        MigrationError: an applied file was edited, the database is newer than this code, or it
            refused a file, as when servers still run.
    """
    dialect, connection = engine(url)
    wanted = migrations(dialect, folders)
    opened = _sqlite if dialect == "sqlite" else _postgres
    done: list[str] = []
    async with opened(connection["credentials"]) as database:
        known = {m.name for m in wanted}
        applied = await database.applied()
        if unknown := sorted(set(applied) - known):
            raise MigrationError(
                f"the database was migrated by a newer version ({unknown[0]}); upgrade Bordereau"
            )
        for migration in wanted:
            if migration.name not in applied:
                report(migration.name)
                try:
                    await database.apply(migration)
                except (sqlite3.Error, asyncpg.PostgresError) as error:
                    raise MigrationError(
                        f"{migration.name}: {error}. Nothing of it was applied: stop every server"
                        " and worker, and run it again"
                    ) from error
                done.append(migration.name)
            elif applied[migration.name] != migration.sha256:
                raise MigrationError(
                    f"{migration.name} was edited after it was applied;"
                    " restore the file and write a new migration"
                )
            if migration.name == upto:
                break
    return done


async def pending(url: str) -> list[str]:
    """The migrations that the database still lacks."""
    dialect, connection = engine(url)
    opened = _sqlite if dialect == "sqlite" else _postgres
    async with opened(connection["credentials"]) as database:
        applied = await database.applied()
    return [m.name for m in migrations(dialect) if m.name not in applied]


_TABLE = (
    "CREATE TABLE IF NOT EXISTS schema_migration"
    " (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL)"
)


class _Sqlite:
    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection

    async def applied(self) -> dict[str, str]:
        rows = await self.connection.execute_fetchall("SELECT name, sha256 FROM schema_migration")
        return {row[0]: row[1] for row in rows}

    async def apply(self, migration: Migration) -> None:
        # Foreign keys are off while tables are remade: a DROP TABLE would cascade otherwise.
        await self.connection.execute("PRAGMA foreign_keys = OFF")
        await self.connection.execute("BEGIN IMMEDIATE")
        try:
            if migration.name in await self.applied():
                return
            for statement in statements(migration.sql):
                await self.connection.execute(statement)
            broken = list(await self.connection.execute_fetchall("PRAGMA foreign_key_check"))
            if broken:
                raise MigrationError(f"{migration.name} leaves broken foreign keys: {broken[0][0]}")
            await self.connection.execute(
                "INSERT INTO schema_migration VALUES (?, ?, datetime('now'))",
                (migration.name, migration.sha256),
            )
            await self.connection.commit()
        finally:
            if self.connection.in_transaction:
                await self.connection.rollback()


class _Postgres:
    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self.connection = connection

    async def applied(self) -> dict[str, str]:
        rows = await self.connection.fetch("SELECT name, sha256 FROM schema_migration")
        return {row["name"]: row["sha256"] for row in rows}

    async def apply(self, migration: Migration) -> None:
        async with self.connection.transaction():
            await self.connection.execute(migration.sql)
            await self.connection.execute(
                "INSERT INTO schema_migration VALUES ($1, $2, now()::text)",
                migration.name,
                migration.sha256,
            )


@asynccontextmanager
async def _sqlite(credentials: dict[str, Any]) -> AsyncIterator[_Sqlite]:
    path = Path(credentials["file_path"])
    async with AsyncExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = await stack.enter_async_context(
                aiosqlite.connect(path, isolation_level=None)
            )
            await connection.execute_fetchall("PRAGMA busy_timeout = 30000")
            await _patiently(connection, "PRAGMA journal_mode = WAL")
            await _patiently(connection, _TABLE)
        except (OSError, sqlite3.Error) as error:
            raise MigrationError(f"DATABASE_URL: {path} cannot be opened: {error}") from error
        yield _Sqlite(connection)


async def _patiently(connection: aiosqlite.Connection, statement: str) -> None:
    """Run what several migrators do to a new file at once.

    SQLite itself does not wait for the lock that changes the mode of a file, nor while another
    connection makes its log.
    """
    for attempt in range(_ATTEMPTS):
        try:
            # Fetched: a row left unread keeps the file locked against the others.
            await connection.execute_fetchall(statement)
            return
        except sqlite3.OperationalError:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)


@asynccontextmanager
async def _postgres(credentials: dict[str, Any]) -> AsyncIterator[_Postgres]:
    wanted = {k: credentials[k] for k in ("host", "port", "user", "password", "database")}
    try:
        connection = await asyncpg.connect(**wanted)
    except (OSError, asyncpg.PostgresError) as error:
        place = f"{wanted['host']}:{wanted['port']}/{wanted['database']}"
        raise MigrationError(f"DATABASE_URL: cannot connect to {place}: {error}") from error
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK_KEY)
        await connection.execute(_TABLE)
        yield _Postgres(connection)
    finally:
        await connection.close()


def _has_code(text: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in text.splitlines())
