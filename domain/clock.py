"""The one source of time, so that tests and sandboxes can move it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# Civil dates of invoices, delays and due dates are those of mainland France.
PARIS = ZoneInfo("Europe/Paris")


class Clock:
    """Real time, unless frozen or shifted by a test or a sandbox."""

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


def now() -> datetime:
    """The present instant, aware, in UTC, cut to the millisecond that the API shows."""
    instant = clock.now()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def today() -> date:
    """The present civil date in Paris."""
    return clock.now().astimezone(PARIS).date()
