"""A server of its own for one run: a fresh database, a supplier with its machine, a process."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx2

from auth import provisioning
from auth.models import Client
from auth.scopes import SCOPES
from domain import demonstration, events
from domain.access import Actor, ActorKind, Role
from domain.accounts.actions import attach, rights_of
from domain.migrate import migrate
from settings import Settings, opened
from tests.bench.processes import Server, serve
from tests.lints import ROOT
from tests.make import some_parties

SECRET = "only for one run: nothing of value is kept under it"
ENVIRONMENT = {
    "SECRET_KEY": SECRET,
    "BROKER_URL": "",
    "ACCESS_TOKEN_SECONDS": "86400",
    "COST_BUCKET": "100000000",
    "COST_REFILL_PER_SECOND": "10000000",
    "MAX_CONNECTIONS_PER_CALLER": "1000",
    "MAX_SUBSCRIPTIONS": "1000",
    "ACKNOWLEDGE_WITHIN_DAYS": "0",
    "LOG_LEVEL": "WARNING",
}


@dataclass(frozen=True)
class Site:
    """Where the server is, and who speaks to it."""

    server: Server
    database_url: str
    token: str
    supplier: str
    recipient_siret: str
    start: int

    @property
    def port(self) -> int:
        return self.server.port


@dataclass(frozen=True)
class _Prepared:
    supplier: str
    recipient_siret: str
    client: str
    secret: str
    start: int


@asynccontextmanager
async def a_site(database_url: str) -> AsyncIterator[Site]:
    """A server on a database of its own: beside the one named, or a file when none is."""
    with tempfile.TemporaryDirectory(prefix="resume-") as folder:
        async with _database(database_url, Path(folder)) as url:
            prepared = await _prepare(url)
            environment = {**ENVIRONMENT, "DATABASE_URL": url}
            command = [sys.executable, "manage.py", "serve"]
            server = await serve("resume", command, environment, Path(folder), cwd=ROOT)
            try:
                token = await _token(server.port, prepared)
                yield Site(
                    server, url, token, prepared.supplier, prepared.recipient_siret, prepared.start
                )
            finally:
                server.stop()


async def expected(site: Site) -> list[tuple[str, str]]:
    """The database's own story: (event, subject) of what the machine may see, in order."""
    async with opened(_settings(site.database_url)):
        actor, position = await _machine(), site.start
        log: list[tuple[str, str]] = []
        while page := await events.after(position, limit=5_000):
            position = page[-1].position
            log += [(e.id, e.subject_id) for e in page if events.visible(e, actor)]
    return log


def _settings(url: str) -> Settings:
    given: Mapping[str, object] = {"database_url": url, "secret_key": SECRET, "broker_url": ""}
    return Settings(**given)  # type: ignore[arg-type]  # as the environment gives them


async def _machine() -> Actor:
    client = await Client.get(name="Resume")
    return Actor(client.id, ActorKind.CLIENT, client.name, await rights_of(client.id))


async def _prepare(url: str) -> _Prepared:
    await migrate(url)
    async with opened(_settings(url)):
        parties = await some_parties()
        made = await provisioning.create_client(
            "Resume", ["client_credentials"], list(SCOPES), structure_id=parties.supplier.id
        )
        await attach(made.client.id, parties.supplier.id, Role.TECHNICAL, demonstration.ALL_SPACES)
        assert made.secret is not None
        return _Prepared(
            parties.supplier.id,
            parties.recipient.identifier,
            made.client.id,
            made.secret,
            await events.head(),
        )


async def _token(port: int, prepared: _Prepared) -> str:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(
            f"http://127.0.0.1:{port}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(prepared.client, prepared.secret),
        )
    return str(answer.raise_for_status().json()["access_token"])


@asynccontextmanager
async def _database(url: str, folder: Path) -> AsyncIterator[str]:
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder / 'resume.db'}"
        return
    name = f"bordereau_resume_{token_hex(4)}"
    admin = await asyncpg.connect(url.replace("postgres://", "postgresql://", 1))
    await admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()
