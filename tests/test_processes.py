"""Real server processes: killed, stopped, started again, side by side, and told nonsense."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx2
import pytest
from pydantic import ValidationError

import manage
from auth.provisioning import set_password
from commands import serving as serve_commands
from domain.clock import today
from domain.db import close_database, open_database
from domain.events import after, head
from domain.ids import new_id
from domain.invoices.models import Invoice
from domain.migrate import migrate
from settings import MODELS, Settings, opened
from tests.conftest import ON_POSTGRES, TEST_DATABASE_URL, an_empty_database
from tests.demo import works
from tests.demo.outside import Caller, connect_machine, endpoint_trouble
from tests.demo.scenes.closing import left_out
from tests.demo.scenes.opening import AUTHORITY
from tests.make import a_public_structure, an_account
from tests.structures.conftest import rows_of_departments, write_csv
from tests.webhooks.receiver import Receiver
from tests.world import World, a_world

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a secret of the tests of processes"
SUBMIT = (
    "mutation($input: InvoiceSubmitInput!) { invoiceSubmit(input: $input) {"
    " invoice { id number } userErrors { rule message } cursor } }"
)
ENDPOINT = (
    "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) {"
    " endpoint { id } secret userErrors { rule message } } }"
)
PING, DELETE = (
    f"mutation($input: WebhookEndpoint{verb}Input!) {{ webhookEndpoint{verb}(input: $input) {{"
    " userErrors { rule message } } }"
    for verb in ("Ping", "Delete")
)
STREAM = "subscription { eventStream(heartbeatSeconds: 1) { __typename } }"


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(url: str, port: int, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {
        **kept,
        "DATABASE_URL": url,
        "PORT": str(port),
        "SECRET_KEY": SECRET,
        "COST_BUCKET": "1000000",
        "COST_REFILL_PER_SECOND": "1000000",
        "WEBHOOK_ALLOW": "127.0.0.0/8",
        "WEBHOOK_RETRY_SECONDS": "0,1,1,1,1,1,1",
        **more,
    }


@dataclass
class Server:
    """A server process and how to reach it."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ready(self) -> None:
        async with asyncio.timeout(120), httpx2.AsyncClient() as http:
            while True:
                assert self.process.poll() is None, self.process.communicate()[0]
                try:
                    if (await http.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def ended(self) -> int:
        """Its exit status; it must end by itself."""
        return await asyncio.to_thread(self.process.wait, 60)


def launched(env: Mapping[str, str], command: str = "serve") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@asynccontextmanager
async def serving(url: str, port: int | None = None, **more: str) -> AsyncIterator[Server]:
    port = port or a_port()
    server = Server(launched(environment(url, port, **more)), port)
    try:
        await server.ready()
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


@dataclass
class Place:
    """A database with a world in it."""

    url: str
    world: World


@pytest.fixture(scope="module")
async def place(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One world for all servers of this module."""
    url = await an_empty_database(template_url, tmp_path_factory.mktemp("processes"))
    settings = Settings(database_url=url, secret_key=SECRET)  # type: ignore[arg-type]  # as text
    async with opened(settings):
        world = await a_world(dispatched=False)
    return Place(url, world)


async def erp(server: Server, place: Place, http: httpx2.AsyncClient) -> Caller:
    return await connect_machine(server.url, place.world.erp.id, place.world.erp_secret, http)


def an_invoice_input(place: Place, number: str) -> dict[str, Any]:
    return {
        "supplierId": place.world.parties.supplier.id,
        "number": number,
        "issuedOn": today().isoformat(),
        "recipientSiret": place.world.parties.recipient.identifier,
        "vatType": "TVA_SUR_DEBIT",
        "paymentMode": "VIREMENT",
        "lines": [{"name": "Conseil", "quantity": "2", "unitPrice": "100", "vatRate": "20"}],
        "totalNet": "200.00",
        "totalVat": "40.00",
        "totalGross": "240.00",
        "amountToPay": "240.00",
    }


async def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(
    place: Place,
) -> None:
    receiver, port = Receiver(), a_port()
    await receiver.start()
    acknowledged: list[str] = []
    run = new_id("run")[-6:]

    async def deposit(caller: Caller, name: str) -> None:
        for n in range(1_000):
            try:
                done = await caller.do(SUBMIT, invoice=an_invoice_input(place, f"{run}{name}{n}"))
            except httpx2.TransportError:
                return
            assert done["userErrors"] == []
            acknowledged.append(done["invoice"]["id"])

    async with httpx2.AsyncClient(timeout=20) as http:
        async with serving(place.url, port) as server:
            caller = await erp(server, place, http)
            supplier = place.world.parties.supplier.id
            made = await caller.do(ENDPOINT, structureId=supplier, url=receiver.url)
            assert made["userErrors"] == []
            writers = [asyncio.create_task(deposit(caller, name)) for name in "ABCD"]
            async with asyncio.timeout(60):
                while len(acknowledged) < 25:  # noqa: ASYNC110 - the server is not of this loop
                    await asyncio.sleep(0.01)
            server.process.send_signal(signal.SIGKILL)
            await asyncio.gather(*writers)
        async with serving(place.url, port):
            await open_database(place.url, MODELS)
            try:
                kept = await Invoice.filter(number__startswith=run)
                log = await after(0, limit=100_000)
                end = await head()
            finally:
                await close_database()
            told = {e.id for e in log if e.subject_id in {i.id for i in kept}}
            async with asyncio.timeout(120):
                while not told <= {m.id for m in receiver.messages}:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.05)
    await receiver.stop()

    assert set(acknowledged) <= {invoice.id for invoice in kept}
    assert [e.position for e in log] == list(range(1, end + 1))
    for invoice in kept:
        own = [e for e in log if e.subject_id == invoice.id]
        assert (
            [e.subject_sequence for e in own]
            == [1, 2, 3]
            == list(range(1, invoice.event_count + 1))
        )
        arrived = [m.id for m in receiver.messages if m.content["subject"] == invoice.id]
        # What was under way may come twice; the first arrivals are in order.
        assert list(dict.fromkeys(arrived)) == [e.id for e in own]
    assert all(m.is_signed_by(made["secret"]) for m in receiver.messages)


async def test_a_server_that_is_asked_to_stop_ends_its_streams_and_leaves(place: Place) -> None:
    async with serving(place.url) as server, httpx2.AsyncClient(timeout=30) as http:
        caller = await erp(server, place, http)
        headers = {"authorization": f"Bearer {caller.token}", "accept": "text/event-stream"}
        async with http.stream(
            "POST", f"{server.url}/graphql", json={"query": STREAM}, headers=headers
        ) as answer:
            lines = answer.aiter_lines()
            async for line in lines:
                if "StreamReady" in line:
                    break
            server.process.send_signal(signal.SIGTERM)
            rest = [line async for line in lines]

        assert await server.ended() in (0, -signal.SIGTERM)
    # Without `complete` a client connects again and resumes.
    assert not any("complete" in line for line in rest)


@pytest.fixture
async def elsewhere(tmp_path: Path, worker_name: str) -> AsyncIterator[str]:
    """Another migrated database."""
    if not ON_POSTGRES:
        url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
        await migrate(url)
        yield url
        return
    name = f"bordereau_elsewhere_{worker_name}"
    admin = await asyncpg.connect(TEST_DATABASE_URL.replace("postgres://", "postgresql://", 1))
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}"')
    url = urlunsplit(urlsplit(TEST_DATABASE_URL)._replace(path=f"/{name}"))
    await migrate(url)
    yield url
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def test_two_servers_run_side_by_side_and_a_taken_port_is_told(
    place: Place, elsewhere: str
) -> None:
    async with (
        serving(place.url) as one,
        serving(elsewhere) as other,
        httpx2.AsyncClient(timeout=20) as http,
    ):
        caller = await erp(one, place, http)
        done = await caller.do(SUBMIT, invoice=an_invoice_input(place, new_id("inv")[-12:]))
        assert done["userErrors"] == []
        foreign = await http.post(
            f"{other.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(place.world.erp.id, place.world.erp_secret),
        )
        assert foreign.status_code == 401

        for command in ("serve", "run"):
            env = environment(elsewhere, one.port)
            before = demonstration_files()
            third = launched(env, command)
            said, _ = await asyncio.to_thread(third.communicate, timeout=60)
            assert third.returncode == 1
            assert f"port {one.port} of 127.0.0.1 is in use; choose another with PORT" in said
            assert demonstration_files() == before


def demonstration_files() -> dict[str, float]:
    """What `run` would write, and when it was."""
    return {p.name: p.stat().st_mtime for p in (ROOT / ".demo").glob("*.json")}


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a database of another kind": ({"DATABASE_URL": "mysql://x/y"}, "unknown scheme 'mysql'"),
    "no name of a file": ({"DATABASE_URL": "sqlite://"}, "SQLite needs a file"),
    "a database in memory": ({"DATABASE_URL": "sqlite:///:memory:"}, "SQLite needs a file"),
    "a place that cannot be": ({"DATABASE_URL": "sqlite:////proc/none/x.db"}, "cannot be opened"),
    "nobody there": ({"DATABASE_URL": "postgres://u@127.0.0.1:1/x"}, "cannot connect to 127"),
    "PostgreSQL without a key": (
        {"DATABASE_URL": "postgres://u@127.0.0.1:1/x", "SECRET_KEY": ""},
        "SECRET_KEY is needed",
    ),
    "a key too short": ({"SECRET_KEY": "short"}, "at least 32 characters"),
    "a port that is a word": ({"PORT": "http"}, "PORT: "),
    "a port beyond ports": ({"PORT": "70000"}, "PORT: "),
    "a broker of another kind": ({"BROKER_URL": "kafka://x"}, "BROKER_URL: use redis://"),
    "production without https": ({"ENVIRONMENT": "production"}, "PUBLIC_URL"),
    "authorities that are nowhere": (
        {"WEBHOOK_CA_FILE": "/nowhere/ca.pem"},
        "WEBHOOK_CA_FILE: /nowhere/ca.pem cannot be read: No such file",
    ),
    "authorities that are no PEM": (
        {"WEBHOOK_CA_FILE": "README.md"},
        "WEBHOOK_CA_FILE: README.md holds no certificates in PEM",
    ),
    "no network": ({"WEBHOOK_ALLOW": "everyone"}, "WEBHOOK_ALLOW"),
    "no attempt at all": ({"WEBHOOK_RETRY_SECONDS": ","}, "WEBHOOK_RETRY_SECONDS: write at least"),
    "an attempt in the past": ({"WEBHOOK_RETRY_SECONDS": "0,-5"}, "WEBHOOK_RETRY_SECONDS: write"),
    "a level that is none": ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL: use DEBUG, INFO"),
    "an address without a scheme": ({"PUBLIC_URL": "factures.example.org"}, "PUBLIC_URL: write"),
    "wake-ups without a broker": (
        {"WAKE_UPS": "redis", "BROKER_URL": ""},
        "WAKE_UPS: redis needs a BROKER_URL",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG)
async def test_a_wrong_setting_is_named_in_one_line(
    wrong: dict[str, str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"sqlite:///{tmp_path / 'wrong.db'}"
    for name, value in {**environment(url, a_port()), **wrong}.items():
        monkeypatch.setenv(name, value)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it serves")

    monkeypatch.setattr(serve_commands.uvicorn, "run", never)

    # The command has an event loop of its own.
    status = await asyncio.to_thread(manage.main, ["serve"])

    said = capsys.readouterr().err
    assert status == 2
    assert words in said
    assert len(said.strip().splitlines()) == 1, said


async def test_a_database_that_lacks_migrations_is_not_served(tmp_path: Path) -> None:
    process = launched(environment(f"sqlite:///{tmp_path / 'empty.db'}", a_port()))
    said, _ = await asyncio.to_thread(process.communicate, timeout=60)

    assert process.returncode == 2
    assert said.startswith("error: run `manage.py migrate` first: domain/0001_core is missing")


async def test_run_loads_once_and_keeps_the_credentials_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a part of the directory: the whole country takes longer than a test may."""
    small = write_csv(tmp_path / "annuaire.csv", rows_of_departments())
    monkeypatch.setattr(serve_commands, "DIRECTORY", small)
    monkeypatch.setattr(serve_commands, "DEMO", tmp_path / ".demo")
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'demo.db'}", port=8123)
    seen: list[tuple[int, Any]] = []

    for _ in range(2):
        await serve_commands.prepare(settings)
        written = json.loads((tmp_path / ".demo" / "credentials-8123.json").read_text())
        async with opened(settings):
            seen.append((await head(), written))

    assert seen[0] == seen[1]
    assert set(written["users"]) >= {"supplier", "recipient", "validator", "administrator"}
    assert written["baseUrl"] == "http://localhost:8123"


@pytest.mark.skipif(not ON_POSTGRES, reason="needs two kinds of database")
async def test_a_process_may_open_one_kind_of_database_after_the_other(
    elsewhere: str, tmp_path: Path
) -> None:
    file = f"sqlite:///{tmp_path / 'file.db'}"
    await migrate(file)

    for url in (file, elsewhere, file):
        async with opened(Settings(database_url=url, secret_key=SECRET)):  # type: ignore[arg-type]  # as text
            made = await a_public_structure()
            made.name = "Renommée"
            await made.save()
            await made.delete()


DATABASE_READERS = [
    "events new-epoch",
    "keys rotate",
    "administrator create admin@example.org Admin",
    "client create ERP",
    "accounts invite",
    "person export nobody@example.org",
    "log verify",
    "log checkpoint",
    "webhooks check",
    "serve",
]


@pytest.mark.parametrize("command", DATABASE_READERS)
def test_a_command_on_a_database_without_its_tables_says_what_to_run(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    monkeypatch.setenv("PORT", str(a_port()))

    status = manage.main(command.split())

    said = capsys.readouterr().err
    assert status == 2
    assert said == "error: run `manage.py migrate` first: domain/0001_core is missing\n"


@pytest.mark.parametrize("command", DATABASE_READERS)
def test_a_command_that_cannot_reach_the_database_says_where_it_looked(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = a_port()
    monkeypatch.setenv("DATABASE_URL", f"postgres://b@127.0.0.1:{nobody}/bordereau")
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("PORT", str(a_port()))

    status = manage.main(command.split())

    said = capsys.readouterr().err
    assert status == 2
    assert said.startswith(f"error: DATABASE_URL: cannot connect to 127.0.0.1:{nobody}/bordereau:")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "error: BROKER_URL is empty: the server holds the worker, none is needed apart\n"),
        ({"BROKER_URL": "kafka://x"}, "error: BROKER_URL: use redis:// or amqp://"),
        (
            {"BROKER_URL": "amqp://u:hidden@127.0.0.1", "WAKE_UPS": "redis"},
            "error: WAKE_UPS: redis needs a BROKER_URL that begins with redis://\n",
        ),
    ],
    ids=["no broker", "another broker", "wake-ups through no Redis"],
)
async def test_a_worker_names_a_wrong_setting_without_any_secret(
    wrong: dict[str, str], said: str, tmp_path: Path
) -> None:
    env = environment(f"sqlite:///{tmp_path}/x.db", a_port(), SMTP_URL="smtp://u:hidden@h", **wrong)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import worker", cwd=ROOT, env=env, stderr=subprocess.PIPE
    )
    heard = (await process.communicate())[1].decode()

    assert process.returncode == 1
    assert heard.startswith(said)
    assert "hidden" not in heard
    assert "Traceback" not in heard


def test_a_refusal_of_settings_holds_no_secret_however_it_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://u:hidden@h")
    monkeypatch.setenv("WAKE_UPS", "redis")
    monkeypatch.setenv("BROKER_URL", "")

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert "hidden" not in str(refused.value)


async def test_works_billing_files_are_played_as_each_actor(
    elsewhere: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The play of `make demo-works`, with nothing but an authority to begin with."""
    settings = Settings(database_url=elsewhere, secret_key=SECRET)  # type: ignore[arg-type]  # as text
    async with opened(settings):
        authority = await a_public_structure(identifier=AUTHORITY)
        person = await an_account(authority, email="authority@example.test")
        await set_password(person, "a long password of an authority")
    user = {"email": person.email, "password": "a long password of an authority"}

    async with serving(elsewhere) as server:
        base = f"http://localhost:{server.port}"
        played = await works.perform(base, {"users": {"recipient": user}})

    said = capsys.readouterr().out
    assert played, said
    steps = len(works.SCRIPT.steps)
    assert said.endswith(f"works file: {steps} of {steps} steps\n")


def test_the_works_play_names_what_it_left_out() -> None:
    next_of = {"A1": [], "A6": [], "A15": ["A19"], "A19": []}
    table = {
        "lifecycle": {"variants": [{"frames": ["A15", "A19"]}, {"frames": ["A6"]}]},
        "billingFrames": [{"code": c, "nextFrames": after} for c, after in next_of.items()],
    }

    assert left_out(table, {(None, "A6"), (None, "A15")}) == ["A19", "A15 → A19"]
    assert left_out(table, {(None, "A6"), (None, "A15"), (None, "A19")}) == ["A15 → A19"]
    assert left_out(table, {(None, "A6"), (None, "A15"), ("A15", "A19")}) == []


async def test_a_play_tells_why_no_webhook_came(place: Place) -> None:
    supplier, url = place.world.parties.supplier.id, "http://127.0.0.1:9/bordereau"

    async with httpx2.AsyncClient(timeout=20) as http:
        async with serving(place.url) as server:
            caller = await erp(server, place, http)
            made = await caller.do(ENDPOINT, structureId=supplier, url=url)
            endpoint = made["endpoint"]["id"]
            before = await endpoint_trouble(caller, endpoint)
        async with serving(place.url, WEBHOOK_ALLOW="") as server:
            caller = await erp(server, place, http)
            await caller.do(PING, id=endpoint)
            async with asyncio.timeout(60):
                said = before
                while "the last attempt failed" not in said:
                    await asyncio.sleep(0.05)
                    said = await endpoint_trouble(caller, endpoint)
            await caller.do(DELETE, id=endpoint)

    assert before.startswith(f"{url} is ACTIVE, 0 waiting; nothing failed")
    assert "1 waiting; the last attempt failed: REFUSED_ADDRESS" in said
    assert "WEBHOOK_ALLOW" in said
