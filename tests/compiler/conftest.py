"""A database with the small portal of `toy` in it, on the engine that DATABASE_URL chooses."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from domain import cursors
from domain.db import close_database, dialect, open_database
from tests.compiler.toy import Portal

INVOICES = 60
MODELS = {"domain": ["domain.structures.models"]}


@pytest.fixture(scope="session")
async def portal(
    tmp_path_factory: pytest.TempPathFactory, worker_name: str
) -> AsyncIterator[Portal]:
    """The small portal, filled once."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        portal = Portal(f"sqlite:///{tmp_path_factory.mktemp('toy') / 'toy.db'}")
        await portal.fill(INVOICES)
        yield portal
        return
    name = f"bordereau_toy_{worker_name}"
    admin = await asyncpg.connect(url.replace("postgres://", "postgresql://", 1))
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}"')
    portal = Portal(urlunsplit(urlsplit(url)._replace(path=f"/{name}")))
    await portal.fill(INVOICES)
    yield portal
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture
async def toy_database(portal: Portal) -> AsyncIterator[str]:
    """The small portal, open."""
    cursors.configure(b"a key for tests only, 32 bytes..", 1)
    await open_database(portal.url, MODELS)
    try:
        yield dialect()
    finally:
        await close_database()
