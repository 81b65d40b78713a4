"""The load generator: keep-alive connections on the event loop, as little code as HTTP allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from time import perf_counter
from typing import cast

import orjson

HOST = "127.0.0.1"
# Nothing of the bench waits longer for an answer.
PATIENCE_SECONDS = 60.0

Requests = Callable[[], bytes]


@dataclass
class Load:
    """What came of a run: every latency in seconds, and the first answer that was not right."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: int = 0
    first_error: str = ""

    @property
    def count(self) -> int:
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed; 0 when there is none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def request(
    method: str, path: str, *, body: bytes = b"", token: str = "", kind: str = "application/json"
) -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def graphql(
    text: str, variables: object = None, *, token: str = "", path: str = "/graphql"
) -> bytes:
    """The bytes of one GraphQL request."""
    content = {"query": text} | ({} if variables is None else {"variables": variables})
    return request("POST", path, body=orjson.dumps(content), token=token)


class Connection(asyncio.Protocol):
    """One connection on which one request at a time is under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._needed = 0
        self._body_at = 0
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def to(cls, port: int) -> Connection:
        """A connection to a server of this machine."""
        _, made = await asyncio.get_running_loop().create_connection(cls, HOST, port)
        return made

    async def ask(self, sent: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The loop in use has transports of its own, which no class of asyncio describes.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._needed:
            self._read_head()
        if self._needed and len(self._buffer) >= self._needed:
            status = int(self._buffer[9:12])
            body = bytes(self._buffer[self._body_at : self._needed])
            del self._buffer[: self._needed]
            self._needed = 0
            if self._answer is not None and not self._answer.done():
                self._answer.set_result((status, body))

    def _read_head(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        self._body_at = end + 4
        place = head.find(b"\r\ncontent-length:")
        length = 0 if place < 0 else int(head[place + 17 :].split(b"\r\n", 1)[0])
        self._needed = self._body_at + length


async def ask(port: int, sent: bytes) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    connection = await Connection.to(port)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await connection.ask(sent)
    finally:
        connection.close()


async def drive(
    port: int,
    requests: Requests,
    *,
    connections: int = 8,
    seconds: float = 1.0,
    most: int = 1_000_000,
    starts: bytes = b'{"data":{',
) -> Load:
    """Ask as fast as the answers come, each connection one request at a time.

    Bounded in time and in count. An answer is right when it is a 200 that starts as it should.
    """
    load = Load()
    opened = [await Connection.to(port) for _ in range(connections)]
    begun = perf_counter()
    end = begun + seconds
    left = most

    async def repeat(connection: Connection) -> None:
        nonlocal left
        while left > 0 and (sent_at := perf_counter()) < end:
            left -= 1
            status, body = await connection.ask(requests())
            load.latencies.append(perf_counter() - sent_at)
            _judge(load, status, body, starts)

    try:
        async with asyncio.timeout(seconds + PATIENCE_SECONDS):
            await asyncio.gather(*(repeat(connection) for connection in opened))
    finally:
        load.seconds = perf_counter() - begun
        for connection in opened:
            connection.close()
    return load


async def drive_at(
    port: int,
    requests: Requests,
    *,
    rate: float,
    seconds: float,
    connections: int = 32,
    starts: bytes = b'{"data":{',
) -> Load:
    """Ask at a steady rate, whether or not the answers come."""
    load = Load()
    idle = [await Connection.to(port) for _ in range(connections)]
    everyone = list(idle)
    tasks: set[asyncio.Task[None]] = set()
    begun = perf_counter()

    async def once(connection: Connection) -> None:
        sent_at = perf_counter()
        status, body = await connection.ask(requests())
        load.latencies.append(perf_counter() - sent_at)
        _judge(load, status, body, starts)
        idle.append(connection)

    try:
        for n in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + n / rate - perf_counter()))
            if not idle:
                load.errors += 1
                load.first_error = load.first_error or f"{connections} requests were under way"
                continue
            task = asyncio.create_task(once(idle.pop()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*tasks)
    finally:
        load.seconds = perf_counter() - begun
        for connection in everyone:
            connection.close()
    return load


def _judge(load: Load, status: int, body: bytes, starts: bytes) -> None:
    if status != 200 or not body.startswith(starts):
        load.errors += 1
        load.first_error = load.first_error or f"{status} {body[:300]!r}"
