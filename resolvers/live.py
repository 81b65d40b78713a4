"""Following the event log: one reader per process, any number of followers.

The hub reads each new event once and keeps the latest in memory. A follower walks that window
from its own position; one that is further back reads the log in pages until it catches up.
Wake-ups carry no data: a lost one costs a second at most. Memory per follower is its position.
"""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog

from domain import events
from domain.access import Actor
from domain.events import Event, visible
from domain.feed import EVERYTHING, Batch, EventFilter, visible_after

WINDOW = 2_000
PAGE = 200
# How long a reader sleeps when nothing wakes it: a lost wake-up costs no more.
PULSE_SECONDS = 1.0
# How long a stream trusts what it knows of its caller's rights.
TRUST_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Told:
    """What a follower learns: an event, or only how far the log was read."""

    position: int
    event: Event | None = None


class Hub:
    """The process's one reader of the log's end."""

    def __init__(self) -> None:
        self._window: deque[Event] = deque(maxlen=WINDOW)
        self._from = 0
        self._position = 0
        self._wake = asyncio.Event()
        # Done when there is news; then another one takes its place.
        self._news: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False

    @property
    def position(self) -> int:
        """How far the hub has read."""
        return self._position

    def wake(self) -> None:
        """Something was committed. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def start(self) -> None:
        """Begin at the present end of the log, knowing nothing of one followed before."""
        self.stopping = False
        self._window.clear()
        self._loop = asyncio.get_running_loop()
        self._position = self._from = await events.head()
        self._task = asyncio.create_task(self._run(), name="event hub")

    async def stop(self) -> None:
        """End every follower, then the reader."""
        self.stopping = True
        self._announce()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._task = None

    async def follow(
        self,
        actor: Actor,
        position: int,
        filter: EventFilter = EVERYTHING,
        *,
        heartbeat: float,
        reauthenticate: Callable[[], Awaitable[Actor]] | None = None,
    ) -> AsyncIterator[Told]:
        """Every event after the position that the actor may see, in order, once each.

        Tells the position alone when nothing was told for `heartbeat` seconds. The rights of
        the actor are asked again as time passes, and judged at each event.
        """
        clock = asyncio.get_running_loop().time
        told_at = known_at = clock()
        while not self.stopping:
            if reauthenticate is not None and clock() - known_at > TRUST_SECONDS:
                actor, known_at = await reauthenticate(), clock()
            batch = await self._next(actor, position, filter)
            for event in batch.events:
                yield Told(event.position, event)
                told_at = clock()
            position = batch.position
            if batch.has_more:
                continue
            if clock() - told_at >= heartbeat:
                yield Told(position)
                told_at = clock()
            await self._wait(position, told_at + heartbeat - clock())

    async def _next(self, actor: Actor, position: int, filter: EventFilter) -> Batch:
        """What follows the position: from memory if it is there, else from the log."""
        if position < self._from or position > self._position:
            return await visible_after(actor, position, limit=PAGE, filter=filter)
        window, end = self._window, self._position
        start = bisect_right(window, position, key=lambda e: e.position)
        found = [
            event
            for n in range(start, len(window))
            if visible(event := window[n], actor) and filter.admits(event, actor)
        ]
        return Batch(found, end, has_more=False)

    async def _wait(self, position: int, seconds: float) -> None:
        """Until the hub has read beyond the position, or time is up."""
        if self._position > position or self.stopping:
            return
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        # One future for all followers: a condition would pass its lock from one to the next.
        await asyncio.wait((self._news,), timeout=max(0.01, min(seconds, TRUST_SECONDS)))

    async def _run(self) -> None:
        # Before Python 3.12, a wait that ends as it is cancelled forgets that it was cancelled.
        while not self.stopping:
            # Before reading: a wake-up that comes meanwhile must not be lost.
            self._wake.clear()
            try:
                await self._read()
            except Exception:
                log.exception("event hub: the log could not be read")
                await asyncio.sleep(PULSE_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PULSE_SECONDS)

    async def _read(self) -> None:
        while page := await events.after(self._position, limit=PAGE):
            for event in page:
                if len(self._window) == WINDOW:
                    self._from = self._window[0].position
                self._window.append(event)
            self._position = page[-1].position
            self._announce()

    def _announce(self) -> None:
        told, self._news = self._news, None
        if told is not None:
            told.set_result(None)
