"""Those who follow the log: by SSE, by WebSocket and by pull; each resumes with its last cursor."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.chaos.history import Seen
from tests.chaos.load import Client, Refused

# Silence of so many heartbeats means that the server is gone.
HEARTBEAT_SECONDS = 2
PATIENCE_SECONDS = 8.0
RETRY_SECONDS = 0.3

STREAM = f"""
subscription Stream($after: EventCursor) {{
  eventStream(after: $after, heartbeatSeconds: {HEARTBEAT_SECONDS}) {{
    __typename
    ... on StreamReady {{ cursor }}
    ... on StreamHeartbeat {{ cursor }}
    ... on StreamCursorExpired {{ oldest }}
    ... on EventFrame {{ cursor event {{ id }} }}
  }}
}}
"""
PULL = """
query($after: EventCursor) {
  events(after: $after, first: 100) { edges { cursor node { id } } endCursor hasMore }
}
"""
Frame = dict[str, Any]


class Observer(ABC):
    """A reader with a cursor; each connection continues after what the one before was told."""

    def __init__(self, name: str, client: Client, cursor: str) -> None:
        self.name = name
        self.client = client
        self.cursor = cursor
        self.connections: list[list[str]] = []
        self.problems: list[str] = []

    @property
    def seen(self) -> Seen:
        return Seen(self.name, self.connections)

    @property
    def count(self) -> int:
        return sum(map(len, self.connections))

    async def run(self) -> None:
        """Follow until cancelled."""
        place = 0
        while True:
            place += 1
            self.connections.append([])
            url = self.client.urls[place % len(self.client.urls)]
            try:
                async with aclosing(self.frames(url)) as frames:
                    while True:
                        async with asyncio.timeout(PATIENCE_SECONDS):
                            self.take(await anext(frames))
            except (
                OSError,
                TimeoutError,
                StopAsyncIteration,
                httpx2.HTTPError,
                WebSocketException,
            ):
                # The server is gone, or says that it goes.
                pass
            except Refused as error:
                self.problems.append(f"{self.name}: {error}")
            await asyncio.sleep(RETRY_SECONDS)

    def take(self, frame: Frame) -> None:
        """One frame, whatever it tells."""
        if frame["__typename"] == "StreamCursorExpired":
            self.problems.append(f"{self.name}: its cursor was refused as expired")
            return
        if frame["__typename"] == "EventFrame":
            self.connections[-1].append(frame["event"]["id"])
        self.cursor = frame["cursor"]

    @abstractmethod
    def frames(self, url: str) -> AsyncIterator[Frame]:
        """What one connection tells."""


class BySse(Observer):
    async def frames(self, url: str) -> AsyncIterator[Frame]:
        headers = {
            "Authorization": f"Bearer {self.client.token}",
            "Accept": "text/event-stream",
        }
        body = {"query": STREAM, "variables": {"after": self.cursor}}
        async with (
            httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http,
            http.stream("POST", f"{url}/graphql", json=body, headers=headers) as answer,
        ):
            async for line in answer.aiter_lines():
                if line.startswith("data:") and (text := line[5:].strip()):
                    data = json.loads(text).get("data")
                    if data:
                        yield data["eventStream"]


class ByWebSocket(Observer):
    async def frames(self, url: str) -> AsyncIterator[Frame]:
        address = url.replace("http", "ws", 1) + "/graphql"
        async with connect(address, subprotocols=["graphql-transport-ws"]) as socket:
            hello = {"Authorization": f"Bearer {self.client.token}"}
            query = {"query": STREAM, "variables": {"after": self.cursor}}
            await socket.send(json.dumps({"type": "connection_init", "payload": hello}))
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": query}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "next":
                    if data := message["payload"].get("data"):
                        yield data["eventStream"]
                elif message["type"] == "ping":
                    await socket.send('{"type": "pong"}')
                elif message["type"] in ("error", "complete"):
                    return


class ByPull(Observer):
    async def frames(self, url: str) -> AsyncIterator[Frame]:
        while True:
            page = await self.client.ask(PULL, {"after": self.cursor})
            for edge in page["edges"]:
                yield {"__typename": "EventFrame", "cursor": edge["cursor"], "event": edge["node"]}
            yield {"__typename": "StreamHeartbeat", "cursor": page["endCursor"]}
            if not page["hasMore"]:
                await asyncio.sleep(RETRY_SECONDS)


def observers(client: Client, cursor: str) -> Sequence[Observer]:
    """One of each kind."""
    return (
        BySse("SSE", client, cursor),
        ByWebSocket("WebSocket", client, cursor),
        ByPull("pull", client, cursor),
    )
