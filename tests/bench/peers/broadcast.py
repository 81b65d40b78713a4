"""The floor of a fan-out: a bare WebSocket server that sends the same bytes to everyone."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import time
from typing import cast

import uvloop

HOST = "127.0.0.1"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_connected: set[asyncio.Transport] = set()


class Listening(asyncio.Protocol):
    """A subscriber, once it has asked for the upgrade; or whoever publishes."""

    def __init__(self) -> None:
        self._buffer = b""
        self._is_open = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            _connected.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        if self._is_open:
            return
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < int(_header(head, b"content-length") or b"0"):
            return
        self._buffer = b""
        assert self._transport is not None
        if key := _header(head, b"sec-websocket-key"):
            self._is_open = True
            accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())  # noqa: S324 - RFC 6455
            self._transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            _connected.add(self._transport)
            return
        at = time.time()
        if body:
            sent = frame(body)
            for transport in _connected:
                transport.write(sent)
        said = b'{"at":%f}' % at
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)


def frame(text: bytes) -> bytes:
    """One text frame of a server."""
    if len(text) < 126:
        return bytes([0x81, len(text)]) + text
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


def _header(head: bytes, name: bytes) -> bytes:
    place = head.lower().find(b"\r\n" + name + b":")
    return b"" if place < 0 else head[place + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


async def serve() -> None:
    """Until it is stopped."""
    loop = asyncio.get_running_loop()
    port = int(os.environ["PORT"])
    server = await loop.create_server(Listening, HOST, port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
