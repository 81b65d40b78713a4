"""Something between two ends that a test can cut: what a network or a restart does to a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class Between:
    """Passes bytes on to the service at a URL, until it is told otherwise."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self.is_away = False
        self.connections = 0
        # Cleared, nothing passes and nothing is closed: an end that stands still.
        self.flows = asyncio.Event()
        self.flows.set()

    @property
    def url(self) -> str:
        """The same service, through here."""
        credentials, at, _ = self._parts.netloc.rpartition("@")
        return urlunsplit(self._parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self._port}"))

    def cut(self) -> None:
        """Close every connection that is open."""
        for writer in tuple(self._open):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        if self.is_away:
            writer.transport.abort()
            return
        there = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        pair = {writer, there[1]}
        self._open |= pair
        try:
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))
        finally:
            self._open -= pair

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Between]:
        """While it lasts, the URL is good."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await server.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self.flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
