"""Moves the clock of a sandbox ahead, and lives through what falls due on the way.

All of it is one transaction: the clock and the steps, or nothing. Until it is committed, only
the task that moves the clock lives in the future.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import clock, deadlines, policy
from domain.access import Actor, Permission
from domain.clock import now, real_now
from domain.db import hold
from domain.errors import Forbidden, Invalid
from domain.events import PLATFORM, afterwards, record, transaction
from domain.ids import new_id
from domain.rules_text import problem
from domain.sandbox.models import SandboxClock
from domain.sandbox.rules import BY, MOST_STEPS, duration_of, problems_of

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Travelled:
    """The clock after it was moved, and how many steps it took on documents meanwhile."""

    clock: SandboxClock
    steps: int


def why_closed() -> str | None:
    """The rule that says why the clock cannot be moved here; None when it can."""
    if policy.current().environment != "sandbox":
        return "BDR-SBX-001"
    return None if policy.current().sandbox_clock_is_open else "BDR-SBX-002"


async def advance(actor: Actor, by: str, *, most_steps: int = MOST_STEPS) -> Travelled:
    """Move the clock of the sandbox by a duration of ISO 8601; never back.

    Raises:
        Forbidden: this is no sandbox, or its operator closed the clock.
        Invalid
    """
    if closed := why_closed():
        raise Forbidden(problem(closed))
    async with transaction():
        await hold("sandbox_clock")
        row = await SandboxClock.all().select_for_update().first()
        is_new = row is None
        row = row or SandboxClock(id=new_id("sbx"), ahead_seconds=0)
        since, duration = timedelta(seconds=row.ahead_seconds), duration_of(by)
        if problems := problems_of(duration, since, by):
            raise Invalid(*problems)
        assert duration is not None, "problems_of refuses what is no duration"
        until = since + duration
        row.ahead_seconds = int(until.total_seconds())
        steps = await _Journey(since, until, most_steps).live()
        with clock.trying(until):
            _tell(row, actor, by, steps)
        await row.save(force_create=is_new)
        afterwards(lambda: clock.move_ahead(until))
    return Travelled(row, steps)


class _Journey:
    """The way of the business from one moment to another.

    It stops at each due date and once a day, so that what a step begins falls due in its turn.
    """

    def __init__(self, since: timedelta, until: timedelta, most_steps: int) -> None:
        self._ahead = since
        self._until = until
        self._most_steps = most_steps
        self._steps = 0

    async def live(self) -> int:
        """Take the steps that fall due, in their order; how many were taken."""
        with clock.trying(self._ahead):
            start = now()
        end, day = start + (self._until - self._ahead), start + _DAY
        while self._ahead < self._until:
            due = await deadlines.next_due()
            at = min(day, end, due or end)
            with self._at(at, is_last=at == end):
                await self._take_what_is_due()
                if at in (day, end):
                    await self._look_at_dates()
            day += _DAY if at == day else timedelta()
        return self._steps

    @contextmanager
    def _at(self, at: datetime, *, is_last: bool) -> Iterator[None]:
        # Time goes on meanwhile: what is due in between must not bring us back.
        wanted = self._until if is_last else max(self._ahead, at - real_now())
        self._ahead = min(wanted, self._until)
        with clock.trying(self._ahead):
            yield

    async def _take_what_is_due(self) -> None:
        while taken := await deadlines.sweep():
            self._count(taken)

    async def _look_at_dates(self) -> None:
        while taken := await deadlines.look_at_business_dates():
            self._count(taken)
            await self._take_what_is_due()

    def _count(self, taken: int) -> None:
        self._steps += taken
        if self._steps > self._most_steps:
            raise Invalid(problem("BDR-SBX-006", BY, most=self._most_steps))


def _tell(row: SandboxClock, actor: Actor, by: str, steps: int) -> None:
    record(
        "sandbox.advanced",
        row,
        actor,
        audience=[(PLATFORM, Permission.ADMINISTER)],
        data={
            "by": by,
            "aheadSeconds": row.ahead_seconds,
            "steps": steps,
        },
    )
