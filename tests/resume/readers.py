"""Readers that are cut at random and go on from the last cursor that they wrote down.

Each reader is an integrator's program in miniature. It keeps what it was told in order, with what
it could not keep: `unordered` says where one connection told something twice or backwards.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.cutting import Network
from tests.resume.site import Site

STREAM = """subscription($after: EventCursor) {
  eventStream(after: $after, heartbeatSeconds: 1) { __typename
    ... on StreamReady { cursor } ... on StreamHeartbeat { cursor }
    ... on StreamCursorExpired { oldest }
    ... on EventFrame { cursor event { id subjectId } } } }"""
PULL = """query($after: EventCursor) { events(after: $after, first: 50) {
  edges { cursor node { id subjectId } } endCursor } }"""
TAKE = """mutation($input: EventInboxTakeInput!) { eventInboxTake(input: $input) {
  lease { id items { cursor event { id subjectId } } } userErrors { rule message } } }"""
ACK = """mutation($input: EventInboxAckInput!) { eventInboxAck(input: $input) {
  acknowledged userErrors { rule message } } }"""
LOST = (httpx2.HTTPError, WebSocketException, OSError, json.JSONDecodeError, EOFError)

Told = tuple[str, str]


class Reader:
    """One reader behind a network of its own."""

    name: ClassVar[str]

    def __init__(self, site: Site, network: Network, chance: random.Random, start: str) -> None:
        self.site, self.network, self.chance = site, network, chance
        # What was told, in order, again and again; the last cursor written down.
        self.told: list[Told] = []
        self.cursor = start
        self.unordered: list[str] = []
        self._of_connection: set[str] = set()

    @property
    def firsts(self) -> list[Told]:
        """Everything told, in the order in which it was first told."""
        return list(dict.fromkeys(self.told))

    @property
    def again(self) -> int:
        """How much was told more than once."""
        return len(self.told) - len(set(self.told))

    def take(self, event: Told, cursor: str) -> None:
        """Process an event; the cursor is written down in time only most of the time."""
        if event[0] in self._of_connection:
            self.unordered.append(event[0])
        self._of_connection.add(event[0])
        self.told.append(event)
        if self.chance.random() < 0.8:
            self.cursor = cursor

    async def run(self) -> None:
        """Read for ever, connecting again after each cut."""
        while True:
            self._of_connection.clear()
            try:
                await self.read()
            except LOST:
                await asyncio.sleep(self.chance.random() / 50)

    async def read(self) -> None:
        raise NotImplementedError

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.network.port}/graphql"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.site.token}"}

    async def ask(self, http: httpx2.AsyncClient, text: str, variables: Any) -> Any:
        asked = {"query": text, "variables": variables}
        answer = await http.post(f"http://{self.address}", json=asked, headers=self.headers)
        data = answer.json().get("data")
        if data is None:
            raise RuntimeError(f"{self.name}: {answer.text[:500]}")
        (payload,) = data.values()
        return payload

    def frame(self, frame: dict[str, Any]) -> None:
        if frame["__typename"] == "StreamCursorExpired":
            raise RuntimeError(f"{self.name}: the cursor has expired")
        if frame["__typename"] == "EventFrame":
            event = frame["event"]
            self.take((event["id"], event["subjectId"]), frame["cursor"])
        else:
            self.cursor = frame["cursor"]


class BySse(Reader):
    """As a browser's EventSource: a GET that says where it was by `Last-Event-ID`."""

    name = "SSE"

    async def read(self) -> None:
        headers = {**self.headers, "accept": "text/event-stream", "last-event-id": self.cursor}
        async with (
            httpx2.AsyncClient(timeout=10) as http,
            http.stream(
                "GET", f"http://{self.address}", params={"query": STREAM}, headers=headers
            ) as answer,
        ):
            async for frame in _frames(answer):
                self.frame(frame)


async def _frames(answer: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line.startswith("data:") and (body := line[5:].strip()):
            content = json.loads(body)
            if content.get("errors"):
                raise RuntimeError(f"SSE: {body[:500]}")
            yield content["data"]["eventStream"]


class ByWebSocket(Reader):
    """graphql-transport-ws."""

    name = "WebSocket"

    async def read(self) -> None:
        protocol: Any = ["graphql-transport-ws"]
        async with connect(f"ws://{self.address}", subprotocols=protocol) as sock:
            hello = {"Authorization": self.headers["authorization"]}
            await sock.send(json.dumps({"type": "connection_init", "payload": hello}))
            asked = {"query": STREAM, "variables": {"after": self.cursor}}
            await sock.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
            async for text in sock:
                message = json.loads(text)
                if message["type"] == "next":
                    self.frame(message["payload"]["data"]["eventStream"])
                elif message["type"] == "error":
                    raise RuntimeError(f"WebSocket: {text[:500]!r}")


class ByPull(Reader):
    """Page after page."""

    name = "pull"

    async def read(self) -> None:
        async with httpx2.AsyncClient(timeout=10) as http:
            after = self.cursor
            while True:
                page = await self.ask(http, PULL, {"after": after})
                for edge in page["edges"]:
                    node = edge["node"]
                    self.take((node["id"], node["subjectId"]), edge["cursor"])
                # Written down in time or not, it goes on from there while it lives.
                after = page["endCursor"]
                if not page["edges"]:
                    self.cursor = after
                    await asyncio.sleep(0.05)


class ByGroup(Reader):
    """Two members of a consumer group: the place is kept by the server."""

    name = "group"

    def __init__(
        self, site: Site, network: Network, chance: random.Random, start: str, consumer: str
    ) -> None:
        super().__init__(site, network, chance, start)
        self.consumer = consumer

    async def run(self) -> None:
        """Both members, each for ever."""
        await asyncio.gather(self._member("a"), self._member("b"))

    async def _member(self, name: str) -> None:
        key = self._key()
        while True:
            try:
                async with httpx2.AsyncClient(timeout=30) as http:
                    while True:
                        await self._turn(http, name, key)
                        key = self._key()
            except LOST:
                # Most ask again under the same key; some have forgotten that they asked.
                key = key if self.chance.random() < 0.9 else self._key()
                await asyncio.sleep(self.chance.random() / 50)

    async def _turn(self, http: httpx2.AsyncClient, name: str, key: str) -> None:
        asked = {
            "consumerId": self.consumer, "member": name, "idempotencyKey": key, "waitSeconds": 1,
            # What is asked again under a key must be the same.
            "first": 5 + 15 * (sum(key.encode()) % 3),
        }  # fmt: skip
        taken = await self.ask(http, TAKE, {"input": asked})
        lease = taken["lease"]
        if lease is None:
            # A key whose lease is over says so: another one is needed.
            return
        for item in lease["items"]:
            event = item["event"]
            self.told.append((event["id"], event["subjectId"]))
        acked = {"consumerId": self.consumer, "leaseId": lease["id"]}
        await self.ask(http, ACK, {"input": acked})

    def _key(self) -> str:
        return f"{self.chance.getrandbits(64):016x}"
