"""A receiver of webhooks as an integrator would write one: a real HTTP server on loopback."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

MARKS = {200: "OK", 302: "Found", 410: "Gone", 500: "Error", 503: "Busy"}


@dataclass(frozen=True)
class Message:
    """One request that arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def is_signed_by(self, secret: str) -> bool:
        """Whether the public package makes one of the signatures with this secret."""
        at = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        expected = Webhook(secret).sign(self.id, at, self.body.decode())
        return expected in self.headers["webhook-signature"].split(" ")


@dataclass(frozen=True)
class Reply:
    """What the receiver answers, and after how long."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay: float = 0.0
    # False: the connection is closed instead.
    answers: bool = True


ACCEPTED = Reply()


class Receiver:
    """Keeps every message that arrives; `reply` decides what each is told."""

    def __init__(self, reply: Reply | Callable[[Message], Reply] = ACCEPTED) -> None:
        self.messages: list[Message] = []
        self.reply = reply
        self.connections = 0
        # The name in the client certificate that each message came under, if any.
        self.clients: list[str] = []
        self._arrival = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def start(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if tls else ''}://{host}:{port}/hook"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.close()
        await self._server.wait_closed()

    @property
    def contents(self) -> list[Any]:
        return [message.content for message in self.messages]

    async def has(self, count: int) -> None:
        """Wait until so many messages have arrived."""
        async with asyncio.timeout(10), self._arrival:
            await self._arrival.wait_for(lambda: len(self.messages) >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        message = Message(head[0].split(" ")[1], headers, body)
        self.messages.append(message)
        self.clients += _client_names(writer)
        async with self._arrival:
            self._arrival.notify_all()
        reply = self.reply if isinstance(self.reply, Reply) else self.reply(message)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if not reply.answers:
            return False
        lines = [f"HTTP/1.1 {reply.status} {MARKS.get(reply.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines += [f"content-length: {len(reply.body)}", "", ""]
        writer.write("\r\n".join(lines).encode() + reply.body)
        await writer.drain()
        return True


def _client_names(writer: asyncio.StreamWriter) -> list[str]:
    shown = writer.get_extra_info("peercert") or {}
    return [value for part in shown.get("subject", ()) for name, value in part]
