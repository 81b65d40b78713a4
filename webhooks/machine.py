"""The webhooks of one process: dispatching, delivering and the clock's own work, on one loop.

Nothing here is needed twice or at a given moment: a look that is missed is made up for by the
sweep, a second later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import deadlines
from domain.clock import real_now
from domain.db import execute
from domain.events import transaction
from webhooks import delivery, mailer, ordering, policy, probes, queue, replaying, writing
from webhooks.courier import Courier
from webhooks.delivery import Pump
from webhooks.dispatch import dispatch, is_behind
from webhooks.models import Turn
from webhooks.outbound import Sender

SWEEP_SECONDS = 1.0
# A pump gives way to a fresh one after so long, so that no task lasts for ever.
PUMP_SECONDS = 60.0
STOP_SECONDS = 3.0
CLOCK_BATCH = 100

log = logging.getLogger(__name__)


@dataclass
class Periodic:
    """An action that one process among all takes at each interval."""

    name: str
    interval: timedelta
    act: Callable[[], Awaitable[object]]
    busy: bool = False


class Machine:
    """What looks at the log and at the queue, when told to and by itself."""

    def __init__(self) -> None:
        site = policy.current()
        self._courier = Courier(
            Sender(
                allow=site.allow,
                timeout_seconds=site.timeout_seconds,
                connect_seconds=site.connect_seconds,
                ca_file=site.ca_file,
            )
        )
        self._dispatching = False
        self._dispatch_again = False
        self._mailing = False
        self._replaying = False
        self._probing = 0
        # The structures for which this process writes bodies.
        self._writing: set[str] = set()
        self._stopping = False
        self._pump: Pump | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._periodic = [
            Periodic("deadlines", timedelta(seconds=5), _take_steps_of_the_clock),
            Periodic("dates", timedelta(minutes=1), deadlines.look_at_dates),
            Periodic("tidy", timedelta(hours=1), deadlines.tidy),
        ]

    async def start(self, *, alone: bool = False) -> None:
        """Begin to look. `alone`: no other process works on this database, so that whatever
        was being sent when the last one died may be sent again at once.
        """
        while alone and await delivery.take_back(alone=True):
            pass
        if alone:
            await writing.take_back()
        self._sweeper = asyncio.create_task(self._sweep_for_ever())

    async def stop(self) -> None:
        """Stop looking, and give the requests under way a moment to end.

        What does not end is sent again when its lease is over.
        """
        self._stopping = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        if self._pump is not None:
            self._pump.drain()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
        self._courier.close()

    def every(self, name: str, interval: timedelta, act: Callable[[], Awaitable[object]]) -> None:
        """Have something else done at intervals, by one process among all."""
        self._periodic.append(Periodic(name, interval, act))

    def look(self) -> None:
        """Dispatch and deliver in the background: something was committed, here or elsewhere."""
        self._spawn(self._dispatch_if_behind())

    async def dispatch(self) -> int:
        """Dispatch what the log holds and begin to deliver it; the number of deliveries made."""
        if self._dispatching:
            self._dispatch_again = True
            return 0
        self._dispatching = True
        made = 0
        try:
            self._dispatch_again = True
            while self._dispatch_again:
                self._dispatch_again = False
                made += await dispatch()
        finally:
            self._dispatching = False
        if made:
            self._spawn(self.deliver())
            self._spawn(self.write())
        return made

    async def write(self) -> None:
        """Begin to run the documents that may run now, each structure's beside the others'."""
        for structure_id in await writing.ready():
            if len(self._writing) >= writing.SIDE_BY_SIDE or self._stopping:
                return
            if structure_id not in self._writing:
                self._writing.add(structure_id)
                self._spawn(self._write_for(structure_id))

    async def _write_for(self, structure_id: str) -> None:
        try:
            written = await writing.turn(structure_id)
        finally:
            self._writing.discard(structure_id)
        if written:
            self._spawn(self.deliver())
            await self.write()

    async def deliver(self) -> None:
        """Send what is due. Returns at once when this process is doing so already, or stops."""
        if self._stopping:
            return
        if self._pump is not None:
            self._pump.look_again()
            return
        pump = self._pump = Pump(self._courier, look_later=self._look_later)
        retirement = asyncio.get_running_loop().call_later(PUMP_SECONDS, self._retire, pump)
        try:
            await pump.run()
        finally:
            retirement.cancel()
            if self._pump is pump:
                self._pump = None

    async def sweep(self) -> None:
        """Look at everything: what wake-ups missed, retries that are due, workers that died."""
        if await is_behind():
            await self.dispatch()
        skipped = await ordering.skip_blocked()
        if skipped or await queue.anything_due():
            await delivery.take_back()
            self._spawn(self.deliver())
        await self.write()
        if not self._mailing and await mailer.is_behind():
            self._spawn(self._send_mail())
        if not self._replaying and await replaying.any_open():
            self._spawn(self.replay())
        if self._probing < probes.AT_ONCE and await probes.any_asked():
            self._spawn(self._probe())
        for periodic in self._periodic:
            if not periodic.busy:
                self._spawn(self._take_turn(periodic))

    async def _dispatch_if_behind(self) -> None:
        # Every worker hears of every commit; most come too late, and should take no lock.
        if await is_behind():
            await self.dispatch()

    async def replay(self) -> None:
        """Go on with replays until each waits for something that takes its time."""
        self._replaying = True
        try:
            while not self._stopping and await replaying.advance():
                # A dispatcher that came meanwhile has left: the replay held its place.
                self.look()
                self._spawn(self.deliver())
                self._spawn(self.write())
                await asyncio.sleep(replaying.BETWEEN_SECONDS)
        finally:
            self._replaying = False

    async def _probe(self) -> None:
        self._probing += 1
        try:
            await probes.run(self._courier)
        finally:
            self._probing -= 1

    async def _send_mail(self) -> None:
        self._mailing = True
        try:
            await mailer.run()
        finally:
            self._mailing = False

    def _look_later(self, at: datetime) -> None:
        """Deliver again at the moment when a limit lets something go."""
        if self._alarm is not None:
            self._alarm.cancel()
        delay = max(0.0, (at - real_now()).total_seconds())
        self._alarm = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._spawn(self.deliver())

    def _retire(self, pump: Pump) -> None:
        self._pump = None
        pump.drain()
        self._spawn(self.deliver())

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception:
                log.exception("the sweep failed; it is tried again in a moment")
            await asyncio.sleep(SWEEP_SECONDS)

    async def _take_turn(self, periodic: Periodic) -> None:
        periodic.busy = True
        try:
            if await _is_our_turn(periodic):
                await periodic.act()
        finally:
            periodic.busy = False

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            if (error := task.exception()) is not None:
                log.error("background work failed; it is tried again", exc_info=error)


async def _take_steps_of_the_clock() -> None:
    while await deadlines.sweep(CLOCK_BATCH) == CLOCK_BATCH:
        pass
    while await deadlines.make():
        pass


async def _is_our_turn(periodic: Periodic) -> bool:
    """Whether the action is due, and this process the one that moved its moment."""
    at = real_now()
    known = await Turn.get_or_none(name=periodic.name)
    if known is not None and known.due_at > at:
        return False
    async with transaction():
        await execute(
            "INSERT INTO webhook_turn (name, due_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            periodic.name,
            at,
        )
        moved = await execute(
            "UPDATE webhook_turn SET due_at = $2 WHERE name = $1 AND due_at <= $3",
            periodic.name,
            at + periodic.interval,
            at,
        )
    return moved == 1
