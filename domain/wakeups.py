"""Wake-ups between processes: after a commit, those who read the log in other processes look too.

A wake-up carries no data and may be lost: every reader also looks by itself once a second. It is
sent after the commit, on a connection of its own, so that no commit waits for it or for another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from domain import events
from domain.db import engine
from domain.ids import new_id

CHANNEL = "bordereau_commits"
# Commits that follow each other within this time are told once.
BETWEEN_SECONDS = 0.005
# A connection that says nothing for so long is asked whether it still lives.
HEARTBEAT_SECONDS = 15.0
ANSWER_SECONDS = 5.0
RETRY_SECONDS = 1.0
HANG_UP_SECONDS = 1.0

Signal = Callable[[], None]

log = logging.getLogger(__name__)


class Line(Protocol):
    """What processes hear each other through. Its methods raise something when it is cut."""

    async def open(self, heard: Signal, cut: Signal) -> None:
        """Begin to hear the others. `cut` is called when that ends by itself."""

    async def ring(self) -> None:
        """Let the others hear."""

    async def check(self) -> None:
        """Ask the other end whether it lives."""

    async def close(self) -> None:
        """Hang up, whatever the state of the line."""


@asynccontextmanager
async def listening(line: Line | None) -> AsyncIterator[None]:
    """While it lasts, commits of this process wake the others and theirs wake its readers."""
    if line is None:
        yield
        return
    talk = _Talk(line)
    forget = events.on_own_commit(talk.tell)
    running = asyncio.create_task(talk.run(), name="wake-ups")
    try:
        yield
    finally:
        forget()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


class _Talk:
    """One process's part: it rings after its commits, and looks when it hears."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Something was committed here."""
        self._told.set()

    async def run(self) -> None:
        """For ever, through whatever cuts the line."""
        is_away = False
        while True:
            try:
                await self._line.open(events.wake_readers, self.tell)
                is_away = False
                # Nobody knows what was not heard meanwhile, on either side.
                events.wake_readers()
                self.tell()
                await self._keep_ringing()
            except Exception as error:  # noqa: BLE001 - whatever cuts it, readers look by themselves
                if not is_away:
                    log.warning("wake-ups are away, readers look each second: %r", error)
                is_away = True
            finally:
                # Whatever hanging up meets, the line is opened afresh.
                with contextlib.suppress(Exception):
                    await self._line.close()
            await asyncio.sleep(RETRY_SECONDS)

    async def _keep_ringing(self) -> None:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._told.wait()
            except TimeoutError:
                await self._line.check()
                continue
            self._told.clear()
            await self._line.ring()
            await asyncio.sleep(BETWEEN_SECONDS)


class PostgresLine:
    """LISTEN and NOTIFY, in the database itself. Not through a pooler of transactions."""

    def __init__(self, database_url: str) -> None:
        known = engine(database_url)[1]["credentials"]
        names = ("host", "port", "user", "password", "database")
        self._credentials = {name: known[name] for name in names}
        self._connection: Any = None

    async def open(self, heard: Signal, cut: Signal) -> None:
        """Connect beside the pool, which may be busy."""
        connection = self._connection = await asyncpg.connect(
            **self._credentials,
            timeout=ANSWER_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings={"application_name": "bordereau wake-ups"},
        )
        ours = connection.get_server_pid()

        def hear(_connection: object, pid: int, _channel: str, _payload: object) -> None:
            if pid != ours:
                heard()

        connection.add_termination_listener(lambda _connection: cut())
        await connection.add_listener(CHANNEL, hear)

    async def ring(self) -> None:
        """In a transaction of its own: one that notifies waits for every other that does."""
        await self._connection.execute(f"NOTIFY {CHANNEL}")

    async def check(self) -> None:
        """A round trip."""
        await self._connection.execute("SELECT 1")

    async def close(self) -> None:
        """With a word to the server if it still hears, else at once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=HANG_UP_SECONDS)


class RedisLine:
    """Publish and subscribe. Channels know no database numbers, hence the name of ours."""

    def __init__(self, url: str) -> None:
        # Its own way of connecting again would not say what was missed.
        self._redis = Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
        )
        number = self._redis.connection_pool.connection_kwargs.get("db", 0)
        self._channel = f"{CHANNEL}_{number}"
        self._name = new_id("run").encode()
        self._heard_of = asyncio.Event()
        self._listener: Any = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self, heard: Signal, cut: Signal) -> None:
        """Subscribe, and wait until it is so."""
        self._listener = self._redis.pubsub()
        await self._listener.subscribe(self._channel)
        await self._listener.get_message(timeout=ANSWER_SECONDS)
        self._reading = asyncio.create_task(self._read(heard))
        self._reading.add_done_callback(lambda _: cut())

    async def ring(self) -> None:
        """Say who rings: a process need not hear itself."""
        self._raise_if_cut()
        await self._redis.publish(self._channel, self._name)

    async def check(self) -> None:
        """A question on the connection that hears, whose reader notes the answer."""
        self._raise_if_cut()
        self._heard_of.clear()
        await self._listener.ping()
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._heard_of.wait()

    async def close(self) -> None:
        """Stop reading, then disconnect."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._listener is not None:
            await self._listener.aclose()
        await self._redis.aclose()
        self._reading = self._listener = None

    async def _read(self, heard: Signal) -> None:
        while True:
            message = await self._listener.get_message(timeout=None)
            self._heard_of.set()
            if message and message["type"] == "message" and message["data"] != self._name:
                heard()

    def _raise_if_cut(self) -> None:
        if self._reading is not None and self._reading.done():
            self._reading.result()
