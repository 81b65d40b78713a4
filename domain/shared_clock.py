"""How far the business of a sandbox is ahead, the same for all its processes: one row.

What a process knows of it is true for `LEASE_SECONDS`, after which no transaction begins before
it was read again; whoever moves it answers when that time is over. So the processes agree before
anybody can be told of the move, and no request pays for it.
"""

from __future__ import annotations

import time
from datetime import timedelta

from domain.clock import come_back, move_ahead
from domain.db import dialect, fetch

LEASE_SECONDS = 1.0
AHEAD = "SELECT MAX(ahead_seconds) FROM sandbox_clock"

_has_others = False
_read_at = 0.0


async def follow() -> None:
    """Begin to live by the clock of the sandbox; with PostgreSQL, other processes may move it."""
    global _has_others  # noqa: PLW0603 - what this process knows
    _has_others = dialect() == "postgres"
    await read()


def leave() -> None:
    """Live by the machine's time again."""
    global _has_others  # noqa: PLW0603 - what this process knows
    _has_others = False
    come_back()


async def read() -> None:
    """Know how far ahead the business is now."""
    global _read_at  # noqa: PLW0603 - what this process knows
    asked_at = time.monotonic()
    move_ahead(timedelta(seconds=await moved_by()))
    _read_at = asked_at


async def fresh() -> None:
    """Know it well enough to act by it."""
    if _has_others and time.monotonic() - _read_at >= LEASE_SECONDS:
        await read()


async def moved_by() -> int:
    """By how many seconds the clock of this database was ever moved."""
    return int((await fetch(AHEAD))[0][0] or 0)


def seconds_to_agree() -> float:
    """How long other processes may still live by what they knew before a commit."""
    return LEASE_SECONDS if _has_others else 0.0
