"""The one source of time, so that tests and sandboxes can move it.

There are two times. The business lives by `now()` and `today()`: statuses, delays, due dates,
what happened when. Machines live by `real_now()`: credentials, log-ins, leases, retries,
signatures of webhooks, what is forgotten, the place of events in the log. They are the same
but for a sandbox that was moved ahead (`domain/sandbox/travel.py`): its documents grow old at once,
and nobody's token does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# Civil dates of invoices, delays and due dates are those of mainland France.
PARIS = ZoneInfo("Europe/Paris")


class Clock:
    """The machine's time: real, unless frozen or shifted by a test or the demonstration's data."""

    def __init__(self) -> None:
        self._frozen: datetime | None = None
        self._shift = timedelta()

    def now(self) -> datetime:
        real = self._frozen or datetime.fromtimestamp(time.time(), UTC)
        return real + self._shift

    def freeze(self, at: datetime) -> None:
        self._frozen = at.astimezone(UTC)
        self._shift = timedelta()

    def advance(self, by: timedelta) -> None:
        self._shift += by

    def release(self) -> None:
        self._frozen = None
        self._shift = timedelta()


clock = Clock()

# How far the business is ahead of the machine, in this process and in what is being tried.
_ahead = timedelta()
_tried: ContextVar[timedelta | None] = ContextVar("tried", default=None)


def real_now() -> datetime:
    """The present instant of the machine, aware, in UTC, cut to the millisecond that we show."""
    return _cut(clock.now())


def now() -> datetime:
    """The present instant of the business, aware, in UTC, cut to the millisecond that we show."""
    return _cut(clock.now() + ahead())


def today() -> date:
    """The present civil date of the business, in Paris."""
    return (clock.now() + ahead()).astimezone(PARIS).date()


def ahead() -> timedelta:
    """How far the business is ahead of the machine."""
    tried = _tried.get()
    return _ahead if tried is None else tried


def move_ahead(to: timedelta) -> None:
    """Have the business of this process so far ahead at least: it never goes back."""
    global _ahead  # noqa: PLW0603 - the state of the clock
    _ahead = max(_ahead, to)


def come_back() -> None:
    """Let the business live by the machine's time again: its database is closed."""
    global _ahead  # noqa: PLW0603 - the state of the clock
    _ahead = timedelta()


@contextmanager
def trying(by: timedelta) -> Iterator[None]:
    """In the block, and for nobody else, the business is so far ahead."""
    token = _tried.set(by)
    try:
        yield
    finally:
        _tried.reset(token)


def instant_text(at: datetime) -> str:
    """An instant as it is written for others, everywhere: RFC 3339, UTC, milliseconds, `Z`."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return at.isoformat("T", "milliseconds")[:23] + "Z"


def _cut(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
