"""Streams alike are answered by one execution; streams that are not, never are."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from auth import lookups
from domain.access import Level, Permission, Role, Space
from domain.accounts.models import Attachment, Habilitation
from domain.invoices.lifecycle import InvoiceAction as A
from resolvers import live
from resolvers.live import Follower, Hub
from tests.events.test_streams import Site, serving, until
from tests.make import a_situation, act, an_account, an_actor
from tests.statements import counted

STREAM = (
    "subscription Watch { eventStream(heartbeatSeconds: 300) { __typename"
    " ... on EventFrame { event { id ... on InvoiceStatusChanged {"
    " invoice { number availableActions { action enabled } } } } } } }"
)


@pytest.fixture(scope="module")
async def site(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The product on a real port, shared by the tests of this module."""
    async with serving(template_url, tmp_path_factory.mktemp("sharing")) as one:
        yield one


class Audience:
    """Streams of one caller, and the event frames that each was sent."""

    def __init__(self, site: Site, token: str) -> None:
        self._address = f"127.0.0.1:{site.port}/graphql"
        self._token = token
        self._tasks: list[asyncio.Task[None]] = []
        self.ready = 0
        self.frames: list[list[Any]] = []

    async def by_websocket(self, count: int) -> None:
        """One socket with so many subscriptions."""
        told: list[list[Any]] = [[] for _ in range(count)]
        self.frames += told
        self._tasks.append(asyncio.create_task(self._socket(told)))
        await until(lambda: self.ready >= len(self.frames))

    async def by_sse(self) -> None:
        """One stream of server-sent events."""
        self.frames.append([])
        self._tasks.append(asyncio.create_task(self._sse(self.frames[-1])))
        await until(lambda: self.ready >= len(self.frames))

    async def have(self, count: int) -> list[Any]:
        """Wait until each has so many; the last of them, the same for all."""
        await until(lambda: all(len(told) >= count for told in self.frames))
        lasts = [told[-1] for told in self.frames]
        assert all(last == lasts[0] for last in lasts)
        return lasts[0]

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _socket(self, told: list[list[Any]]) -> None:
        async with connect(f"ws://{self._address}", subprotocols=["graphql-transport-ws"]) as sock:
            credentials = {"Authorization": f"Bearer {self._token}"}
            await sock.send(json.dumps({"type": "connection_init", "payload": credentials}))
            for n in range(len(told)):
                asked = {"id": str(n), "type": "subscribe", "payload": {"query": STREAM}}
                await sock.send(json.dumps(asked))
            async for text in sock:
                message = json.loads(text)
                if message["type"] == "next":
                    self._take(message["payload"], told[int(message["id"])])

    async def _sse(self, told: list[Any]) -> None:
        headers = {"authorization": f"Bearer {self._token}", "accept": "text/event-stream"}
        async with (
            httpx2.AsyncClient(timeout=30) as http,
            http.stream(
                "POST", f"http://{self._address}", json={"query": STREAM}, headers=headers
            ) as answer,
        ):
            async for line in answer.aiter_lines():
                if line.startswith("data:") and (body := line[5:].strip()):
                    self._take(json.loads(body), told)

    def _take(self, payload: Any, told: list[Any]) -> None:
        frame = payload["data"]["eventStream"]
        if frame["__typename"] == "StreamReady":
            self.ready += 1
        elif frame["__typename"] == "EventFrame":
            told.append(frame["event"])


@asynccontextmanager
async def listening(site: Site, token: str | None) -> AsyncIterator[Audience]:
    audience = Audience(site, token or "")
    try:
        yield audience
    finally:
        await audience.leave()


async def executions(site: Site, *audiences: Audience) -> int:
    """How often invoices are read as one event is committed and told."""
    situation = await a_situation(parties=site.api.world.parties)
    before = [len(a.frames[0]) for a in audiences]
    await asyncio.gather(*(a.have(n + 3) for a, n in zip(audiences, before, strict=True)))
    async with counted() as sent:
        await act(situation, A.TAKE_INTO_ACCOUNT)
        await asyncio.gather(*(a.have(n + 4) for a, n in zip(audiences, before, strict=True)))
    return len([sql for sql in sent if re.search(r'FROM "?invoice"? ', sql)])


async def test_a_hundred_streams_alike_are_one_execution_on_every_road(site: Site) -> None:
    token = site.api.token("recipient")
    nobody = await executions(site)
    async with listening(site, token) as alone:
        await alone.by_sse()
        one = await executions(site, alone)
    assert one > nobody

    async with listening(site, token) as crowd:
        for _ in range(4):
            await crowd.by_websocket(20)
        for _ in range(20):
            await crowd.by_sse()
        assert len(crowd.frames) == 100

        assert await executions(site, crowd) == one


async def test_streams_of_other_rights_are_never_answered_alike(site: Site) -> None:
    world = site.api.world
    account = await an_account(
        world.parties.recipient,
        role=Role.USER,
        spaces=[(Space.FACTURES_RECUES, Level.MODIFICATION)],
    )
    whole, narrow = (
        site.api.signed(account.id, world.erp.id, scopes)
        for scopes in (
            frozenset(map(str, Permission)),
            frozenset({Permission.READ_RECEIVED, Permission.READ_STRUCTURE}),
        )
    )
    async with listening(site, whole) as may, listening(site, narrow) as may_not:
        await may.by_websocket(2)
        await may_not.by_websocket(2)
        await act(await a_situation(parties=world.parties), A.TAKE_INTO_ACCOUNT)
        wide, thin = await may.have(4), await may_not.have(4)

    assert wide["id"] == thin["id"]
    assert enabled(wide)
    assert not enabled(thin)


async def test_a_right_that_is_withdrawn_changes_what_the_same_stream_is_answered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TRUST_SECONDS", 0.02)
    monkeypatch.setattr(lookups, "FRESH_SECONDS", 0.0)
    world = site.api.world
    account = await an_account(
        world.parties.recipient,
        role=Role.USER,
        spaces=[(Space.FACTURES_RECUES, Level.MODIFICATION)],
    )
    token = site.api.signed(account.id, world.erp.id, frozenset(map(str, Permission)))
    situation = await a_situation(parties=world.parties)
    async with listening(site, token) as audience:
        await audience.by_websocket(2)
        await act(situation, A.TAKE_INTO_ACCOUNT)
        before = await audience.have(1)
        held = await Attachment.get(member_id=account.id)
        await Habilitation.filter(attachment_id=held.id).update(level=Level.CONSULTATION_UNIQUEMENT)
        # Whatever the streams still trusted is asked again by now.
        await asyncio.sleep(0.2)

        await act(situation, A.CERTIFY_SERVICE)
        after = await audience.have(2)

    assert enabled(before)
    assert after["invoice"]["number"] == situation.invoice.number
    assert not enabled(after)


def enabled(event: Any) -> list[str]:
    return [a["action"] for a in event["invoice"]["availableActions"] if a["enabled"]]


async def test_events_wake_only_the_followers_whom_they_concern(site: Site) -> None:
    hub = Hub()
    parties = site.api.world.parties
    async with AsyncExitStack() as stack:
        await hub.start()
        stack.push_async_callback(hub.stop)
        theirs, stranger, everyone = [
            stack.enter_context(hub.registered(actor))
            for actor in (
                an_actor(parties.recipient),
                an_actor(parties.validator_2),
                await site.api.world.actor("administrator"),
            )
        ]
        for follower in (theirs, stranger, everyone):
            follower.is_concerned = False

        await a_situation(parties=parties)
        hub.wake()
        await until(lambda: theirs.is_concerned)

        assert everyone.is_concerned
        assert not stranger.is_concerned
    assert hub._followers == {}


async def test_a_follower_that_may_see_nothing_any_more_hears_of_the_end(site: Site) -> None:
    hub = Hub()
    await hub.start()
    with hub.registered(an_actor(site.api.world.parties.validator_2)) as follower:
        hub._register(follower, live.keys_of(an_actor()))
        follower.is_concerned = False
        waiting = asyncio.create_task(follower.wait(3_600))
        await asyncio.sleep(0)

        await hub.stop()

        assert await asyncio.wait_for(waiting, 10) is None
    assert isinstance(follower, Follower)
