"""Many subscribers in one process: each remembers nothing, arrivals are counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import orjson

from tests.bench.load import HOST, PATIENCE_SECONDS

_PONG = b"\x8a\x80\0\0\0\0"
_ID = b'"id":"evt_'


@dataclass
class Arrivals:
    """For each event: how many have it, when the first had it and when the last."""

    count: dict[str, int] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    frame: bytes = b""
    bytes_received: int = 0

    def note(self, text: bytes) -> None:
        """One frame with an event in it."""
        at = time.time()
        start = text.find(_ID) + 6
        identifier = text[start : start + 30].decode()
        self.count[identifier] = self.count.get(identifier, 0) + 1
        self.first.setdefault(identifier, at)
        self.last[identifier] = at
        self.bytes_received += len(text)
        self.frame = text


class Subscriber(asyncio.Protocol):
    """One WebSocket, with one subscription when it speaks the protocol of GraphQL."""

    def __init__(
        self, path: str, hello: bytes, arrivals: Arrivals, ready: Callable[[], None]
    ) -> None:
        self._path = path
        self._hello = hello
        self._arrivals = arrivals
        self._ready = ready
        self._buffer = bytearray()
        self._is_open = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[: end + 4]
            self._is_open = True
            assert self.transport is not None
            if self._hello:
                self.transport.write(self._hello)
            else:
                self._ready()
        while (found := unframed(self._buffer)) is not None:
            self._take(*found)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == 1 and _ID in payload:
            self._arrivals.note(payload)
        elif opcode == 1 and b"StreamReady" in payload:
            self._ready()
        elif opcode == 9:
            assert self.transport is not None
            self.transport.write(_PONG)


class SseSubscriber(Subscriber):
    """One stream of server-sent events; the hello is its request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n\n")) >= 0:
            frame = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            self._take(1, frame)


def unframed(buffer: bytearray) -> tuple[int, bytes] | None:
    """The first whole frame of a server, taken out of the buffer."""
    if len(buffer) < 2:
        return None
    length, start = buffer[1] & 0x7F, 2
    if length == 126:
        length, start = int.from_bytes(buffer[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(buffer[2:10], "big"), 10
    if len(buffer) < start + length:
        return None
    found = buffer[0] & 0x0F, bytes(buffer[start : start + length])
    del buffer[: start + length]
    return found


def masked(text: bytes) -> bytes:
    """One text frame of a client. The mask is zero: it protects proxies, and there are none."""
    head = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + head + b"\0\0\0\0" + text


def hello(query: str, token: str = "") -> bytes:
    """What a client of graphql-transport-ws says first."""
    credentials = {"Authorization": f"Bearer {token}"} if token else {}
    messages = (
        {"type": "connection_init", "payload": credentials},
        {"id": "1", "type": "subscribe", "payload": {"query": query}},
    )
    return b"".join(masked(orjson.dumps(message)) for message in messages)


def asks(query: str, token: str) -> bytes:
    """The request of a stream of server-sent events."""
    body = orjson.dumps({"query": query})
    return (
        f"POST /graphql HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Crowd:
    """So many subscribers of one server."""

    def __init__(
        self,
        port: int,
        path: str,
        hello: bytes,
        count: int,
        kind: type[Subscriber] = Subscriber,
    ) -> None:
        self.arrivals = Arrivals()
        self._port = port
        self._path = path
        self._hello = hello
        self._count = count
        self._kind = kind
        self._members: list[Subscriber] = []
        self._waiting = count
        self._everyone = asyncio.Event()

    async def gather(self) -> None:
        """Connect them all, a few at a time, and wait until each follows.

        Raises:
            TimeoutError
        """
        loop = asyncio.get_running_loop()
        for start in range(0, self._count, 50):
            opened = [
                loop.create_connection(self._member, HOST, self._port)
                for _ in range(min(50, self._count - start))
            ]
            self._members += [member for _, member in await asyncio.gather(*opened)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._everyone.wait()

    async def heard(self, events: int) -> None:
        """Wait until everyone has so many events.

        Raises:
            TimeoutError
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            while sum(c >= self._count for c in self.arrivals.count.values()) < events:
                await asyncio.sleep(0.005)

    def disperse(self) -> None:
        """Leave."""
        for member in self._members:
            if member.transport is not None:
                member.transport.close()

    def _member(self) -> Subscriber:
        return self._kind(self._path, self._hello, self.arrivals, self._one_more)

    def _one_more(self) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._everyone.set()
