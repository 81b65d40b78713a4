"""Several servers and workers on one database: what one commits, all tell, once and in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2
import pika
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from domain.db import close_database, fetch, open_database
from domain.ids import new_id
from settings import MODELS, Settings, opened
from tests.conftest import an_empty_database
from tests.demo.outside import Caller
from tests.scaled.between import Between
from tests.test_processes import (
    ENDPOINT,
    ROOT,
    SECRET,
    SUBMIT,
    Place,
    Server,
    an_invoice_input,
    environment,
    erp,
    serving,
)
from tests.webhooks.receiver import Message, Receiver, Reply
from tests.world import a_world

WORKER = [sys.executable, "-m", "dramatiq", "worker", "--processes", "1", "--threads", "4"]
STREAM = (
    "subscription($after: EventCursor) { eventStream(after: $after, heartbeatSeconds: 1) {"
    " __typename ... on StreamReady { cursor } ... on StreamHeartbeat { cursor }"
    " ... on EventFrame { cursor event { id subjectId subjectSequence } } } }"
)
BROKERS = {"redis": os.environ.get("BROKER_URL", "")}
if rabbit := os.environ.get("TEST_AMQP_URL"):
    BROKERS["rabbitmq"] = rabbit
EVENTS_PER_DEPOSIT = 3
DELETE = (
    "mutation($input: WebhookEndpointDeleteInput!) { webhookEndpointDelete(input: $input) {"
    " userErrors { rule } } }"
)


@pytest.fixture(scope="module")
async def place(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One world for all the processes of this module."""
    url = await an_empty_database(template_url, tmp_path_factory.mktemp("scaled"))
    async with opened(Settings(database_url=url, secret_key=SecretStr(SECRET))):
        world = await a_world(dispatched=False)
    return Place(url, world)


def choices(broker: str, url: str) -> dict[str, str]:
    """The environment that every process of the site shares."""
    return {
        "BROKER_URL": url,
        # Each way of waking others is used by one of the brokers.
        "WAKE_UPS": "redis" if broker == "redis" else "postgres",
        "PUBLIC_URL": "http://bordereau.test",
        "WEBHOOK_TIMEOUT_SECONDS": "1",
        "LOG_LEVEL": "ERROR",
    }


@asynccontextmanager
async def working(url: str, chosen: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process, killed with its children at the end."""
    process = await asyncio.create_subprocess_exec(
        *WORKER, cwd=ROOT, env={**os.environ, **environment(url, 8000), **chosen},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        kill(process)
        await process.wait()


def kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in other processes too
            await asyncio.sleep(0.01)


@dataclass
class Reader:
    """A client that resumes with the last cursor that it was told, wherever it connects."""

    token: str
    told: list[tuple[str, str, int]] = field(default_factory=list)
    cursor: str | None = None
    is_ready: bool = False
    endings: list[object] = field(default_factory=list)

    def take(self, payload: Any) -> None:
        frame = payload["data"]["eventStream"]
        self.cursor = frame["cursor"]
        self.is_ready = True
        if event := frame.get("event"):
            self.told.append((event["id"], event["subjectId"], event["subjectSequence"]))

    async def by_sse(self, server: Server) -> None:
        """Until the server ends it; whether it said that the operation was complete."""
        headers = {"authorization": f"Bearer {self.token}", "accept": "text/event-stream"}
        asked = {"query": STREAM, "variables": {"after": self.cursor}}
        is_complete = False
        async with (
            httpx2.AsyncClient(timeout=30) as http,
            http.stream("POST", f"{server.url}/graphql", json=asked, headers=headers) as answer,
        ):
            async for line in answer.aiter_lines():
                is_complete |= line == "event: complete"
                if line.startswith("data:") and (body := line[5:].strip()):
                    self.take(json.loads(body))
        self.endings.append(is_complete)

    async def by_websocket(self, server: Server) -> None:
        """Until the server closes it; with which code."""
        address = f"ws://127.0.0.1:{server.port}/graphql"
        asked = {"query": STREAM, "variables": {"after": self.cursor}}
        async with connect(address, subprotocols=["graphql-transport-ws"]) as sock:
            credentials = {"Authorization": f"Bearer {self.token}"}
            await sock.send(json.dumps({"type": "connection_init", "payload": credentials}))
            await sock.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
            with suppress(ConnectionClosed):
                async for text in sock:
                    message = json.loads(text)
                    if message["type"] == "next":
                        self.take(message["payload"])
        self.endings.append(sock.close_code)


ROADS = (Reader.by_sse, Reader.by_websocket)


@asynccontextmanager
async def following(server: Server, *readers: Reader) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Readers by both roads in turn, all of them ready."""
    for reader in readers:
        reader.is_ready = False
    roads = [ROADS[n % 2](reader, server) for n, reader in enumerate(readers)]
    tasks = [asyncio.create_task(road) for road in roads]
    try:
        await until(lambda: all(r.is_ready for r in readers) or any(t.done() for t in tasks))
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert not [e for e in ends if isinstance(e, Exception)]


async def deposit(caller: Caller, place: Place, count: int) -> list[str]:
    """So many invoices, one after the other; their ids."""
    deposited = []
    for _ in range(count):
        done = await caller.do(SUBMIT, invoice=an_invoice_input(place, new_id("inv")[-14:]))
        assert done["userErrors"] == []
        deposited.append(done["invoice"]["id"])
    return deposited


async def flush(broker: str, url: str) -> None:
    """The broker forgets everything that it holds."""
    if broker == "redis":
        async with Redis.from_url(url) as redis:
            await redis.flushdb()
        return
    connection = await asyncio.to_thread(pika.BlockingConnection, pika.URLParameters(url))
    connection.channel().queue_purge("webhooks")
    connection.close()


def in_order(messages: Iterable[Message], subject: str) -> list[int]:
    """The sequence of what was received of one subject, each message when it first came."""
    contents = {m.id: m.content for m in messages if m.content["subject"] == subject}
    return [content["subjectSequence"] for content in contents.values()]


@dataclass
class Running:
    """Two servers and their workers, with a broker between them that can be cut."""

    place: Place
    servers: list[Server]
    http: httpx2.AsyncClient
    token: str
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)
    broker: str = "none"
    between: Between | None = None

    def erp(self, number: int) -> Caller:
        """The ERP, at one of the servers."""
        return Caller("ERP", self.servers[number].url, self.token, self.http)


@pytest.fixture(scope="module", params=BROKERS)
async def running(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[Running]:
    """The whole site, once for each broker."""
    broker: str = request.param
    async with Between(BROKERS[broker]).listening() as between, AsyncExitStack() as stack:
        chosen = choices(broker, between.url)
        enter = stack.enter_async_context
        *servers, one, two = await asyncio.gather(
            *(enter(serving(place.url, **chosen)) for _ in range(2)),
            *(enter(working(place.url, chosen)) for _ in range(2)),
        )
        http = await enter(httpx2.AsyncClient(timeout=20))
        token = (await erp(servers[0], place, http)).token
        yield Running(place, servers, http, token, [one, two], broker, between)


@asynccontextmanager
async def receiving(running: Running, reply: Reply) -> AsyncIterator[tuple[Receiver, Any]]:
    """A receiver with an endpoint of the supplier, for as long as the block lasts."""
    receiver = Receiver(reply)
    await receiver.start()
    supplier = running.place.world.parties.supplier.id
    made = await running.erp(0).do(ENDPOINT, structureId=supplier, url=receiver.url)
    assert made["userErrors"] == []
    yield receiver, made
    await running.erp(0).do(DELETE, id=made["endpoint"]["id"])
    await receiver.stop()


async def test_what_one_server_commits_is_told_by_the_others_and_delivered_once(
    running: Running,
) -> None:
    await told_and_delivered_once(running)


async def test_servers_that_hold_their_workers_share_the_work(place: Place) -> None:
    chosen = choices("none", "")
    async with (
        serving(place.url, **chosen) as one,
        serving(place.url, **chosen) as two,
        httpx2.AsyncClient(timeout=20) as http,
    ):
        token = (await erp(one, place, http)).token
        await told_and_delivered_once(Running(place, [one, two], http, token))


async def told_and_delivered_once(running: Running) -> None:
    """Deposits at two servers at once: every reader at one of them, and the receiver."""
    place, readers = running.place, [Reader(running.token) for _ in range(4)]
    async with (
        receiving(running, Reply()) as (receiver, _),
        following(running.servers[1], *readers),
    ):
        here, there = await asyncio.gather(
            deposit(running.erp(0), place, 8), deposit(running.erp(1), place, 8)
        )
        ids = [*here, *there]
        expected = EVENTS_PER_DEPOSIT * len(ids)
        await until(lambda: len(about(receiver, ids)) >= expected)
        await until(lambda: all(len(of(r, ids)) >= expected for r in readers))

    told = of(readers[0], ids)
    assert all(of(reader, ids) == told for reader in readers)
    assert len({event for event, _, _ in told}) == len(told) == expected
    # Nobody died: nothing came twice.
    assert len({m.id for m in about(receiver, ids)}) == len(about(receiver, ids)) == expected
    for subject in ids:
        assert [n for _, s, n in told if s == subject] == [1, 2, 3]
        assert in_order(receiver.messages, subject) == [1, 2, 3]


async def test_a_worker_killed_and_a_broker_that_forgets_lose_nothing_and_lock_nothing(
    running: Running,
) -> None:
    caller, place, between = running.erp(0), running.place, running.between
    assert between is not None
    async with receiving(running, Reply(delay=0.05)) as (receiver, made):
        ids = await deposit(caller, place, 6)
        await until(lambda: len(receiver.messages) >= 3)

        kill(running.workers[0])
        between.is_away = True
        between.cut()
        await flush(running.broker, BROKERS[running.broker])
        ids += await deposit(caller, place, 6)
        between.is_away = False
        ids += await deposit(caller, place, 6)
        expected = EVENTS_PER_DEPOSIT * len(ids)
        await until(lambda: len({m.id for m in about(receiver, ids)}) >= expected)
        # The one that is left has settled everything, and nothing is held by the dead one.
        await all_free(place.url, made["endpoint"]["id"])
    assert running.workers[1].returncode is None
    for subject in ids:
        assert in_order(receiver.messages, subject) == [1, 2, 3]
    assert all(m.is_signed_by(made["secret"]) for m in receiver.messages)


def about(receiver: Receiver, ids: list[str]) -> list[Message]:
    return [m for m in receiver.messages if m.content["subject"] in ids]


def of(reader: Reader, ids: list[str]) -> list[tuple[str, str, int]]:
    return [told for told in reader.told if told[1] in ids]


async def all_free(url: str, endpoint: str) -> None:
    """Wait until no delivery is under way, then lock everything at once: nothing is held."""
    connection = await asyncpg.connect(url)
    under_way = (
        "SELECT count(*) FROM webhook_delivery WHERE endpoint_id = $1 AND state <> 'DELIVERED'"
    )
    async with asyncio.timeout(60):
        while await connection.fetchval(under_way, endpoint):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    async with asyncio.timeout(30):
        while True:
            try:
                async with connection.transaction():
                    for table in ("log_head", "webhook_bookmark", "webhook_endpoint"):
                        await connection.execute(f"SELECT 1 FROM {table} FOR UPDATE NOWAIT")
                    await connection.execute("SELECT 1 FROM webhook_delivery FOR UPDATE NOWAIT")
                break
            except asyncpg.LockNotAvailableError:
                # The one that is left looks at the queue each second.
                await asyncio.sleep(0.05)
    await connection.close()


async def test_the_database_ends_what_a_vanished_process_left_open(
    place: Place,
) -> None:
    """A machine that vanishes says nothing: its transaction ends by itself, and its locks."""
    await open_database(place.url, MODELS)
    try:
        shown = {
            name: (await fetch(f"SHOW {name}"))[0][0]
            for name in ("statement_timeout", "idle_in_transaction_session_timeout")
        }
    finally:
        await close_database()

    assert shown == {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "1min"}


async def test_readers_of_a_server_that_stops_go_on_at_another_and_miss_nothing(
    running: Running,
) -> None:
    caller, place, between = running.erp(1), running.place, running.between
    assert between is not None
    readers = [Reader(running.token) for _ in range(8)]
    async with serving(place.url, **choices(running.broker, between.url)) as stopping:
        async with following(stopping, *readers) as streams:
            writing = asyncio.create_task(deposit(caller, place, 30))
            await until(lambda: all(len(r.told) >= 6 for r in readers))
            stopping.process.send_signal(signal.SIGTERM)
            await asyncio.wait(streams, timeout=60)
            assert await stopping.ended() in (0, -signal.SIGTERM)
        async with following(running.servers[0], *readers):
            ids = await writing
            expected = EVENTS_PER_DEPOSIT * len(ids)
            await until(lambda: all(len(of(r, ids)) >= expected for r in readers))

    # Neither road says that the operation is over: a client connects again by itself.
    assert [r.endings[0] for r in readers] == [False, 1012] * 4
    for reader in readers:
        assert reader.told == readers[0].told
        assert len({event for event, _, _ in reader.told}) == len(reader.told)
