"""A machine at work: its last use is noted, and what it holds ends while its streams are open."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from auth import lookups, technical
from auth.last_use import EVERY_SECONDS, LastUse, network_of
from domain.clock import Clock, now
from domain.connections import accounts
from resolvers import live
from tests.api import Api, served
from tests.conftest import an_empty_database
from tests.connections.kit import VIEWER, access, as_machine, the_account
from tests.world import World, a_world

STREAM = "subscription { eventStream(heartbeatSeconds: 1) { __typename } }"


# Last use


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:aa:bb::1", "2001:db8:aa::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_a_network_is_noted_never_an_address(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


async def test_a_call_notes_when_and_from_where(api: Api) -> None:
    before = now()

    await as_machine(api, api.world.erp.id, api.world.erp_secret, VIEWER)
    account = await _once(api.world.erp.id)

    assert account.last_used_at is not None
    assert before <= account.last_used_at <= now()
    assert account.last_network == "127.0.0.0/24"
    shown = await api("supplier")("{ technicalAccounts { nodes { id lastUsedAt lastNetwork } } }")
    networks = {n["id"]: n["lastNetwork"] for n in shown.payload["nodes"]}
    assert networks == {api.world.erp.id: "127.0.0.0/24", api.world.spare.id: None}


async def test_a_call_of_a_person_is_no_use_of_the_account(api: Api) -> None:
    await api("supplier")(VIEWER)
    await asyncio.sleep(0)

    assert (await the_account(api.world.erp.id)).last_used_at is None


async def _once(account_id: str) -> Any:
    """The account, as soon as a use of it is written."""
    async with asyncio.timeout(20):
        while (account := await the_account(account_id)).last_used_at is None:  # noqa: ASYNC110 - it is written elsewhere
            await asyncio.sleep(0.005)
    return account


@pytest.fixture
async def world(database: str, clock: Clock) -> World:
    """The world and nothing that runs beside it."""
    return await a_world(dispatched=False)


async def test_a_use_is_written_once_a_minute_whatever_the_number_of_processes(
    world: World, clock: Clock
) -> None:
    seconds = 0.0
    processes = [LastUse(lambda: seconds) for _ in range(2)]
    written = []
    for wait, address in ((0, "192.0.2.1"), (30, "198.51.100.1"), (30, "203.0.113.1")):
        seconds += wait
        clock.advance(timedelta(seconds=wait))
        for process in processes:
            process.note(world.erp.id, address)
            process.note(world.erp.id, address)
            await process.stop()
        account = await the_account(world.erp.id)
        written.append((account.last_used_at == now(), account.last_network))

    assert EVERY_SECONDS == 60
    assert written == [
        (True, "192.0.2.0/24"),
        (False, "192.0.2.0/24"),
        (True, "203.0.113.0/24"),
    ]


async def test_a_client_that_is_no_technical_account_leaves_no_trace(world: World) -> None:
    process = LastUse()

    process.note("cli_unknown", "192.0.2.1")
    await process.stop()

    assert (await the_account(world.erp.id)).last_used_at is None


# Open streams


@dataclass
class Site:
    """The product on a real port."""

    api: Api
    port: int


@dataclass
class Seen:
    """What one stream showed, and whether it ended."""

    frames: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: bool = False

    async def until(self, holds: Any) -> None:
        """Wait for something that must come."""
        async with asyncio.timeout(30):
            while not holds():  # noqa: ASYNC110 - what is waited for happens elsewhere
                await asyncio.sleep(0.005)


@pytest.fixture
async def site(
    template_url: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    """The product on a real port, that asks again at once what its callers hold."""
    monkeypatch.setattr(live, "TRUST_SECONDS", 0.05)
    monkeypatch.setattr(lookups, "FRESH_SECONDS", 0.05)
    url = await an_empty_database(template_url, tmp_path_factory.mktemp("in_use"))
    async with served(url) as api:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            api.application, lifespan="off", ws="websockets-sansio", log_config=None,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        # Signals are the business of the process that runs the tests.
        running = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110 - it starts or the test times out
            await asyncio.sleep(0.005)
        yield Site(api, listener.getsockname()[1])
        server.should_exit = True
        await running
        listener.close()


async def by_sse(site: Site, token: str, seen: Seen) -> None:
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    address = f"http://127.0.0.1:{site.port}/graphql"
    async with (
        httpx2.AsyncClient(timeout=30) as http,
        http.stream("POST", address, json={"query": STREAM}, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data:") and (body := line[5:].strip()):
                _take(json.loads(body), seen)
    seen.ended = True


async def by_websocket(site: Site, token: str, seen: Seen) -> None:
    address = f"ws://127.0.0.1:{site.port}/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"]) as sock:
        hello = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        await sock.send(json.dumps(hello))
        await sock.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": STREAM}}))
        with suppress(ConnectionClosed):
            async for text in sock:
                message = json.loads(text)
                if message["type"] == "next":
                    _take(message["payload"], seen)
                elif message["type"] == "error":
                    _take({"errors": message["payload"]}, seen)
                    break
                elif message["type"] == "complete":
                    break
    seen.ended = True


def _take(payload: dict[str, Any], seen: Seen) -> None:
    seen.errors += [e["extensions"]["code"] for e in payload.get("errors", ())]
    if data := payload.get("data"):
        seen.frames.append(data["eventStream"]["__typename"])


@pytest.mark.parametrize("road", [by_sse, by_websocket])
async def test_an_open_stream_ends_within_seconds_of_the_revocation(site: Site, road: Any) -> None:
    world = site.api.world
    token = await access(site.api, world.spare.id, await _secret(site))
    seen = Seen()
    reading = asyncio.create_task(road(site, token, seen))
    await seen.until(lambda: "StreamHeartbeat" in seen.frames)

    await accounts.revoke_account(await world.actor("supplier"), world.spare.id)

    await seen.until(lambda: seen.ended)
    await reading
    assert seen.errors == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("road", [by_sse, by_websocket])
async def test_an_open_stream_ends_when_its_secret_was_seen_and_ended_at_once(
    site: Site, road: Any
) -> None:
    world = site.api.world
    token = await access(site.api, world.spare.id, await _secret(site))
    seen = Seen()
    reading = asyncio.create_task(road(site, token, seen))
    await seen.until(lambda: "StreamHeartbeat" in seen.frames)

    await technical.rotate(await world.actor("supplier"), world.spare.id, at_once=True)

    await seen.until(lambda: seen.ended)
    await reading
    assert seen.errors == ["UNAUTHENTICATED"]


async def test_an_operation_on_an_open_websocket_is_refused_after_the_revocation(
    site: Site,
) -> None:
    world = site.api.world
    token = await access(site.api, world.spare.id, await _secret(site))
    address = f"ws://127.0.0.1:{site.port}/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"]) as sock:
        hello = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        await sock.send(json.dumps(hello))
        before = await _asked(sock, "1")

        await accounts.revoke_account(await world.actor("supplier"), world.spare.id)
        after = await _asked(sock, "2")

    assert before["payload"]["data"]["viewer"]["id"] == world.spare.id
    assert after["type"] == "error"
    assert [e["extensions"]["code"] for e in after["payload"]] == ["UNAUTHENTICATED"]


async def _asked(sock: Any, identifier: str) -> Any:
    """The first message about an operation."""
    asked = {"id": identifier, "type": "subscribe", "payload": {"query": "{ viewer { id } }"}}
    await sock.send(json.dumps(asked))
    async with asyncio.timeout(20):
        async for text in sock:
            message = json.loads(text)
            if message.get("id") == identifier:
                return message
    raise AssertionError("closed without an answer")


async def _secret(site: Site) -> str:
    supplier = await site.api.world.actor("supplier")
    return (await technical.rotate(supplier, site.api.world.spare.id)).secret
