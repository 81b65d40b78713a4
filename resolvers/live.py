"""Following the event log: one reader per process, any number of followers.

The hub reads each new event once and keeps the latest in memory. It wakes the followers whom an
event concerns and no other: each is registered under its rights. A follower walks the window from
its own position; one that is further back reads the log in pages until it catches up. Wake-ups
carry no data: a lost one costs a second at most. Memory per follower is its position.
"""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
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
# Under which is registered who sees nothing: the end concerns it too.
NOWHERE = ""

log = structlog.get_logger()


@dataclass(frozen=True)
class Told:
    """What a follower learns: an event, or only how far the log was read."""

    position: int
    event: Event | None = None


class Follower:
    """One who follows: whether something new may concern it, and how to wake it."""

    __slots__ = ("is_concerned", "keys", "news")

    def __init__(self, keys: frozenset[str]) -> None:
        self.keys = keys
        self.is_concerned = True
        self.news: asyncio.Future[None] | None = None

    def concern(self) -> None:
        """There is something for it, or the end."""
        self.is_concerned = True
        _resolve(self.news)

    async def wait(self, seconds: float) -> None:
        """Until something may concern it, or time is up."""
        if self.is_concerned:
            return
        loop = asyncio.get_running_loop()
        self.news = loop.create_future()
        alarm = loop.call_later(max(0.01, seconds), _resolve, self.news)
        try:
            await self.news
        finally:
            alarm.cancel()
            self.news = None


def _resolve(news: asyncio.Future[None] | None) -> None:
    if news is not None and not news.done():
        news.set_result(None)


def keys_of(actor: Actor) -> frozenset[str]:
    """What an event must be shown on to concern the actor; `PLATFORM` hears of all of them."""
    if actor.everywhere:
        return frozenset({events.PLATFORM})
    return frozenset(actor.rights) or frozenset({NOWHERE})


class Hub:
    """The process's one reader of the log's end."""

    def __init__(self) -> None:
        self._window: deque[Event] = deque(maxlen=WINDOW)
        self._from = 0
        self._position = 0
        self._wake = asyncio.Event()
        self._followers: defaultdict[str, set[Follower]] = defaultdict(set)
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
        self._announce(self._followers)
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
        renew: Callable[[], Awaitable[Actor]] | None = None,
    ) -> AsyncIterator[Told]:
        """Every event after the position that the actor may see, in order, once each.

        Tells the position alone when nothing was told for `heartbeat` seconds. The rights of
        the actor are asked again as time passes, and judged at each event.
        """
        clock = asyncio.get_running_loop().time
        told_at = known_at = clock()
        with self.registered(actor) as follower:
            while not self.stopping:
                if renew is not None and clock() - known_at > TRUST_SECONDS:
                    actor, known_at = await renew(), clock()
                    self._register(follower, keys_of(actor))
                if follower.is_concerned:
                    follower.is_concerned = False
                    batch = await self._next(actor, position, filter)
                    for event in batch.events:
                        yield Told(event.position, event)
                        position, told_at = event.position, clock()
                        if told_at - known_at > TRUST_SECONDS:
                            # It reads slowly: the rest is judged by the rights it has then.
                            follower.is_concerned = True
                            break
                    else:
                        position = batch.position
                        follower.is_concerned |= batch.has_more
                else:
                    # Nothing that was read since could have been told.
                    position = max(position, self._position)
                if follower.is_concerned:
                    continue
                if clock() - told_at >= heartbeat:
                    yield Told(position)
                    told_at = clock()
                await follower.wait(min(told_at + heartbeat - clock(), TRUST_SECONDS))

    @contextlib.contextmanager
    def registered(self, actor: Actor) -> Iterator[Follower]:
        """One that is woken by what may concern the actor, as long as the block lasts."""
        follower = Follower(frozenset())
        self._register(follower, keys_of(actor))
        try:
            yield follower
        finally:
            self._register(follower, frozenset())

    def _register(self, follower: Follower, keys: frozenset[str]) -> None:
        """Have it woken by these keys and no other."""
        if keys == follower.keys:
            return
        for key in follower.keys - keys:
            self._followers[key].discard(follower)
            if not self._followers[key]:
                del self._followers[key]
        for key in keys - follower.keys:
            self._followers[key].add(follower)
        # What it may see by now may have been read before.
        follower.keys, follower.is_concerned = keys, True

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
            shown_on = {structure for event in page for structure, _ in event.audience}
            self._announce(shown_on | {events.PLATFORM})

    def _announce(self, keys: Iterable[str]) -> None:
        """Wake whoever is registered under one of these."""
        for key in tuple(keys):
            for follower in self._followers.get(key, ()):
                follower.concern()
