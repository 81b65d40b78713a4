"""A migrated, empty database for each test, on the engine that DATABASE_URL chooses.

Without DATABASE_URL the tests run on SQLite. With `postgres://…/name` they run on databases
made beside that one. A service that is asked for and missing is an error, never a skip.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from domain import cursors, policy, shared_clock
from domain.clock import Clock
from domain.clock import clock as the_clock
from domain.db import close_database, dialect, open_database
from domain.migrate import migrate
from settings import MODELS
from tests.rare_events import judge_rare_events

TEST_DATABASE_URL = os.environ.get("DATABASE_URL", "")
ON_POSTGRES = TEST_DATABASE_URL.startswith("postgres")
TEST_KEY = b"a key for tests only, 32 bytes.."


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """The name of this process among parallel ones, of this run and of others."""
    known = getattr(request.config, "workerinput", None)
    return f"{known['workerid']}_{known['testrunuid'][:8]}" if known else f"p{os.getpid()}"


@pytest.fixture(scope="session")
async def template_url(
    tmp_path_factory: pytest.TempPathFactory, worker_name: str
) -> AsyncIterator[str]:
    """A migrated database that tests copy (SQLite) or empty (PostgreSQL)."""
    if not ON_POSTGRES:
        url = f"sqlite:///{tmp_path_factory.mktemp('template') / 'template.db'}"
        await migrate(url)
        yield url
        return
    name = f"bordereau_test_{worker_name}"
    parts = urlsplit(TEST_DATABASE_URL)
    admin = await asyncpg.connect(_dsn(TEST_DATABASE_URL))
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}"')
    url = urlunsplit(parts._replace(path=f"/{name}"))
    await migrate(url)
    yield url
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture
async def database_url(template_url: str, tmp_path: Path) -> str:
    """The URL of a migrated and empty database of this test alone."""
    return await an_empty_database(template_url, tmp_path)


async def an_empty_database(template_url: str, folder: Path) -> str:
    """A copy of the template (SQLite), or the template emptied (PostgreSQL)."""
    if not ON_POSTGRES:
        source = Path(template_url.removeprefix("sqlite:///"))
        copy = folder / "bordereau.db"
        shutil.copy(source, copy)
        return f"sqlite:///{copy}"
    connection = await asyncpg.connect(_dsn(template_url))
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename NOT IN ('schema_migration', 'log_head')"
    )
    filled = " UNION ALL ".join(
        f"SELECT '{row[0]}' WHERE EXISTS (SELECT 1 FROM \"{row[0]}\")" for row in tables
    )
    # TRUNCATE makes new files for every table and index: a second of each test. Deleting needs
    # triggers and references to be aside, which a superuser may.
    await connection.execute("SET session_replication_role = replica")
    for row in await connection.fetch(filled):
        await connection.execute(f'DELETE FROM "{row[0]}"')
    await connection.execute(
        "UPDATE log_head SET position = 0, epoch = 1, sealed = 0, hash = repeat('0', 64)"
    )
    await connection.close()
    return template_url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """An open, migrated and empty database."""
    cursors.configure(TEST_KEY, 1)
    policy.configure(policy.Policy())
    await open_database(database_url, MODELS)
    try:
        yield dialect()
        await judge_rare_events()
    finally:
        shared_clock.leave()
        await close_database()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The product's clock, frozen in the morning of Friday 20 November 2026."""
    the_clock.freeze(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    yield the_clock
    the_clock.release()


def _dsn(url: str) -> str:
    return url.replace("postgres://", "postgresql://", 1)


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Any]:
    """The product in this process with a world in it: `api("supplier")(QUERY, id=…)`.

    It opens the database itself: not together with the fixture `database`.
    """
    # Imported here so that tests of the domain alone stay quick.
    from tests.api import served  # noqa: PLC0415 - as said above

    async with served(database_url) as running:
        yield running
