"""What webhooks are sent to: notes when each message arrived, answers 200 and says what it saw."""

from __future__ import annotations

import asyncio
import os
import time
from typing import cast

import orjson
import uvloop

HOST = "127.0.0.1"
_ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Seen:
    """Every message: when it came, its identifier and its type."""

    def __init__(self) -> None:
        self.messages: list[tuple[float, str, str]] = []
        self.last = b""


class Receiving(asyncio.Protocol):
    """One connection of a sender."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        at = time.time()
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            size = end + 4 + int(_header(head, b"content-length") or b"0")
            if len(self._buffer) < size:
                return
            request, self._buffer = self._buffer[:size], self._buffer[size:]
            self._answer(at, head, request)

    def _answer(self, at: float, head: bytes, request: bytes) -> None:
        assert self._transport is not None
        if head.startswith(b"POST"):
            identifier = _header(head, b"webhook-id").decode()
            kind = _header(head, b"webhook-event-type").decode()
            self._seen.messages.append((at, identifier, kind))
            self._seen.last = request
            self._transport.write(_ACCEPTED)
            return
        self._transport.write(_with(self._said(head)))

    def _said(self, head: bytes) -> bytes:
        if head.startswith(b"GET /count"):
            return orjson.dumps(len(self._seen.messages))
        if head.startswith(b"GET /messages"):
            said = orjson.dumps(self._seen.messages)
            self._seen.messages.clear()
            return said
        return self._seen.last if head.startswith(b"GET /last") else b"ready"


def _header(head: bytes, name: bytes) -> bytes:
    place = head.lower().find(b"\r\n" + name + b":")
    return b"" if place < 0 else head[place + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


def _with(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def serve() -> None:
    """Until it is stopped."""
    seen = Seen()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiving(seen), HOST, int(os.environ["PORT"]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
