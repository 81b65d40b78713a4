"""Receivers of webhooks that behave as badly as real ones do, and remember what they accepted."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from standardwebhooks import Webhook, WebhookVerificationError

from tests.chaos.history import Violation

HOST = "127.0.0.1"
HUGE_BYTES = 4_000_000
NAMED_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature", "webhook-event-type")


@dataclass(frozen=True)
class Message:
    """One request that was read to its end."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """One endpoint's far side. `manner` decides what becomes of each message."""

    name: str
    manner: Manner
    random: Random
    timeout: float
    secret: str = ""
    endpoint: str = ""
    # While False it behaves: for the end of a run, where that is needed to come to an end.
    misbehaves: bool = True
    accepted: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    # What its endpoint is asked for, in the words of the API.
    options: Mapping[str, object] = field(default_factory=dict)
    came: set[str] = field(default_factory=set)
    port: int = 0
    _digests: dict[str, str] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/{self.name}"

    async def start(self) -> None:
        """Listen; again on the same port after a fall."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Fall: the port is closed, and so is every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._open):
            writer.transport.abort()

    def accept(self, message: Message) -> None:
        """The message counts as received from now on."""
        self.accepted.append(message.id)

    def lots(self, probability: float) -> bool:
        """Whether to misbehave this time."""
        return self.misbehaves and self.random.random() < probability

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        # Whatever a sender does, a receiver goes on.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self.manner(self, reader, writer):
                pass
        self._open.discard(writer)
        writer.close()

    async def read(self, reader: asyncio.StreamReader) -> Message:
        """One whole request, which must be genuine and the same as the last time."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        message = Message(headers, await reader.readexactly(int(headers["content-length"])))
        self._check(message)
        self.came.add(message.id)
        return message

    def _check(self, message: Message) -> None:
        missing = [name for name in NAMED_HEADERS if name not in message.headers]
        if missing:
            self._note(None, f"headers are missing: {missing}")
            return
        try:
            Webhook(self.secret).verify(message.body.decode(), dict(message.headers))
        except WebhookVerificationError as error:
            self._note(message.id, f"the signature is wrong: {error}")
        content = json.loads(message.body)
        if content["id"] != message.id or content["type"] != message.headers["webhook-event-type"]:
            self._note(message.id, "the headers name another event than the body")
        digest = hashlib.sha256(message.body).hexdigest()
        if self._digests.setdefault(message.id, digest) != digest:
            self._note(message.id, "the body is not that of the first attempt")

    def _note(self, event: str | None, words: str) -> None:
        self.violations.append(
            Violation("message", f"{self.name}: {event}: {words}", event, self.endpoint)
        )


Manner = Callable[[Receiver, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]


def _answer(
    one: Receiver,
    writer: asyncio.StreamWriter,
    status: str,
    body: bytes = b"",
    **headers: str,
) -> None:
    one.answers[status[:3]] += 1
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)


async def good(one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Accepts everything at once."""
    one.accept(await one.read(reader))
    _answer(one, writer, "204 No Content")
    return True


async def slow(one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Takes its time, now and then more than it is given; what it took is accepted all the same."""
    message = await one.read(reader)
    late = one.lots(0.05)
    await asyncio.sleep(one.timeout + 0.7 if late else one.random.uniform(0, one.timeout * 0.3))
    one.accept(message)
    _answer(one, writer, "200 OK")
    return True


async def failing(
    one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Fails three times in ten, in every usual way."""
    message = await one.read(reader)
    if one.lots(0.3):
        status = one.random.choice(("500 Error", "503 Busy", "429 Slow down"))
        _answer(one, writer, status, b"no", retry_after="1")
    else:
        one.accept(message)
        _answer(one, writer, "200 OK", b"ok")
    return True


async def resetting(
    one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Resets connections: before it reads, after it has read, after it has accepted."""
    if one.lots(0.1):
        return _reset(one, writer)
    message = await one.read(reader)
    if one.lots(0.1):
        return _reset(one, writer)
    one.accept(message)
    if one.lots(0.1):
        return _reset(one, writer)
    _answer(one, writer, "202 Accepted")
    return True


def _reset(one: Receiver, writer: asyncio.StreamWriter) -> bool:
    one.answers["reset"] += 1
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def huge(one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answers with megabytes, sometimes to refuse."""
    message = await one.read(reader)
    refuses = one.lots(0.2)
    if not refuses:
        one.accept(message)
    _answer(one, writer, "500 Error" if refuses else "200 OK", b"x" * HUGE_BYTES)
    await writer.drain()
    return True


async def dripping(
    one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Answers byte by byte, now and then too slowly to be waited for."""
    one.accept(await one.read(reader))
    one.answers["200"] += 1
    text = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    seconds = one.timeout * (2 if one.lots(0.05) else 0.2)
    for byte in text:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(seconds / len(text))
    return True


async def garbage(
    one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Now and then answers what is no HTTP at all."""
    message = await one.read(reader)
    if one.lots(0.2):
        one.answers["garbage"] += 1
        writer.write(one.random.choice((b"\x00\xff" * 50, b"SSH-2.0-x\r\n", b"HTTP/9 yes\r\n\r\n")))
        return False
    one.accept(message)
    _answer(one, writer, "200 OK")
    return True


async def dying(one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Accepts, then falls before it can say so; it is back a moment later."""
    one.accept(await one.read(reader))
    if one.lots(0.01):
        one.answers["fell"] += 1
        await one.stop()
        await asyncio.sleep(one.random.uniform(0.2, 1.5))
        await one.start()
        return False
    _answer(one, writer, "200 OK")
    return True


async def gone(one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Says at times that it is gone for good, which pauses its endpoint."""
    message = await one.read(reader)
    if one.lots(0.01):
        _answer(one, writer, "410 Gone")
    else:
        one.accept(message)
        _answer(one, writer, "200 OK")
    return True


async def blocking(
    one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Refuses one message in twenty, whenever it comes, until it behaves."""
    message = await one.read(reader)
    if one.misbehaves and Random(message.id).random() < 0.05:
        _answer(one, writer, "500 Error")
    else:
        one.accept(message)
        _answer(one, writer, "200 OK")
    return True


class Redirecting:
    """Sends away, to a place where nobody may ever come."""

    def __init__(self) -> None:
        self.port = 0
        self.followed = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._arrived, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.followed += 1
        writer.close()

    async def __call__(
        self, one: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        message = await one.read(reader)
        if one.lots(0.2):
            status = one.random.choice(("301 Moved", "302 Found", "307 Moved", "308 Moved"))
            _answer(one, writer, status, location=f"http://{HOST}:{self.port}/trap")
        else:
            one.accept(message)
            _answer(one, writer, "200 OK")
        return True


# An outage is its only fault.
FALLS = "down"
OPTIONS: Mapping[str, Mapping[str, object]] = {
    "blocking": {"onBlocked": "SKIP_AFTER", "skipAfterSeconds": 3},
    "unordered": {"ordering": "NONE"},
}


class Receivers:
    """All of them, each with chance of its own."""

    def __init__(self, random: Random, timeout: float) -> None:
        self.trap = Redirecting()
        manners: dict[str, Manner] = {
            "good": good,
            "slow": slow,
            "failing": failing,
            "resetting": resetting,
            "huge": huge,
            "dripping": dripping,
            "redirecting": self.trap,
            "garbage": garbage,
            "dying": dying,
            "gone": gone,
            FALLS: good,
            "blocking": blocking,
            "unordered": failing,
        }
        self.all = [
            Receiver(name, manner, Random(random.random()), timeout, options=OPTIONS.get(name, {}))
            for name, manner in manners.items()
        ]

    async def __aenter__(self) -> Receivers:
        await self.trap.start()
        for one in self.all:
            await one.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.trap.stop()
        for one in self.all:
            await one.stop()

    def __getitem__(self, name: str) -> Receiver:
        return next(one for one in self.all if one.name == name)

    def violations(self) -> list[Violation]:
        """What was wrong with single messages."""
        found = [violation for one in self.all for violation in one.violations]
        if self.trap.followed:
            found.append(
                Violation("message", f"redirects were followed {self.trap.followed} times")
            )
        return found
