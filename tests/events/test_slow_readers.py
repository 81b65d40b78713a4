"""A reader that does not read holds nobody up, costs no memory, and misses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from domain import events
from domain.access import SYSTEM, Permission
from domain.accounts.actions import create_account
from domain.accounts.models import Account
from domain.events import record, transaction
from resolvers import live
from resolvers.events import hub as the_hub
from resolvers.live import Hub, Told
from tests.api import Api
from tests.make import an_actor

STREAM = (
    "subscription { eventStream(heartbeatSeconds: 300) { __typename"
    " ... on EventFrame { event { id } } } }"
)
MANY = 40


async def tell(account: Account, count: int) -> list[int]:
    """So many facts that the person is told; their positions."""
    told = []
    await account.refresh_from_db()
    for _ in range(count):
        async with transaction() as unit:
            record(
                "account.email_kept",
                account,
                SYSTEM,
                audience=[(account.id, Permission.OWN_ACCOUNT)],
            )
            await account.save()
        assert unit.position is not None
        told.append(unit.position)
    return told


async def take(stream: AsyncIterator[Told], count: int) -> list[int]:
    return [(await anext(stream)).position for _ in range(count)]


async def test_a_reader_further_back_than_the_memory_reads_the_log(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WINDOW", 5)
    account = await create_account("one@example.org", "One")
    actor = an_actor(account.id, permissions=[Permission.OWN_ACCOUNT])
    hub = Hub()
    await hub.start()
    forget = events.on_commit(hub.wake)
    start = await events.head()
    async with (
        aclosing(hub.follow(actor, start, heartbeat=300)) as slow,
        aclosing(hub.follow(actor, start, heartbeat=300)) as quick,
        asyncio.timeout(30),
    ):
        first = await tell(account, 1)
        assert await take(slow, 1) == await take(quick, 1) == first

        told = await tell(account, MANY)
        assert await take(quick, MANY) == told
        # Nothing is kept for the slow one but its position.
        assert len(hub._window) == 5

        assert await take(slow, MANY) == told
    forget()
    await hub.stop()
    assert hub._followers == {}


class Peer:
    """The other end of a response, which takes only what it is let take."""

    def __init__(self) -> None:
        self.offered = 0
        self.bodies: list[bytes] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.leaves = asyncio.Event()
        self._asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": json.dumps({"query": STREAM}).encode()}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.offered += message["type"] == "http.response.body"
        await self.reads.wait()
        self.bodies.append(message.get("body", b""))

    @property
    def told(self) -> list[str]:
        whole = b"".join(self.bodies).decode()
        data = [json.loads(line[5:]) for line in whole.split("\n") if line.startswith("data: {")]
        frames = [d["data"]["eventStream"] for d in data]
        return [f["event"]["id"] for f in frames if f["__typename"] == "EventFrame"]

    async def has(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.told) < count:  # noqa: ASYNC110 - it is the application that sends
                await asyncio.sleep(0.005)


def stream(api: Api, peer: Peer) -> asyncio.Task[None]:
    headers = {
        "authorization": f"Bearer {api.token('plain')}",
        "accept": "text/event-stream",
        "content-type": "application/json",
    }
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("bordereau.test", 80),
    }  # fmt: skip
    return asyncio.create_task(api.application(scope, peer.receive, peer.send))  # type: ignore[arg-type]


async def test_a_peer_that_takes_nothing_is_offered_one_frame_and_holds_up_nobody(
    api: Api,
) -> None:
    account = api.world.people["plain"]
    stuck, quick = Peer(), Peer()
    tasks = [stream(api, stuck), stream(api, quick)]
    async with asyncio.timeout(30):
        while len(the_hub._followers.get(account.id, ())) < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)
    stuck.reads.clear()
    offered = stuck.offered

    await tell(account, MANY)
    await quick.has(MANY)

    assert stuck.told == []
    assert stuck.offered - offered <= 1

    stuck.reads.set()
    await stuck.has(MANY)
    assert stuck.told == quick.told
    for peer in (stuck, quick):
        peer.leaves.set()
    await asyncio.gather(*tasks)
