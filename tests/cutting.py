"""A network that can be cut: a TCP proxy whose connections are reset at will."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator


class Network:
    """What stands between a client and a server on this machine."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.cuts = 0
        # While it is down, connections are reset as soon as they are made.
        self.is_down = False

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    @property
    def connections(self) -> int:
        return len(self._open) // 2

    def cut(self) -> None:
        """Reset every connection, whatever is on its way."""
        self.cuts += bool(self._open)
        for writer in tuple(self._open):
            reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            reset(writer)
            return
        there, out = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, out}
        try:
            await asyncio.gather(_pump(reader, out), _pump(there, writer))
        except OSError:
            pass
        finally:
            for one in (writer, out):
                self._open.discard(one)
                reset(one)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while content := await reader.read(65_536):
        writer.write(content)
        await writer.drain()
    # The other side has ended: so does this one.
    raise ConnectionResetError


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a network that goes away."""
    with contextlib.suppress(OSError, AttributeError):
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


@contextlib.asynccontextmanager
async def a_network(port: int) -> AsyncIterator[Network]:
    """A network to a port of this machine."""
    one = Network(port)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()
