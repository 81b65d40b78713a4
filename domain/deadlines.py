"""The steps that the clock takes on documents, found by their date.

Each document carries the date of its next one (`deadline_at`, set when it enters a status);
the sweep takes those that are due, one short transaction each, and may be repeated at will.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from domain import idempotency
from domain.clock import now
from domain.db import fetch, instant_of
from domain.documents import Document, FollowUp, lapse
from domain.events import transaction

_BATCH = 100

# The kinds of documents that have steps of the clock, and what follows from one.
_KINDS: dict[type[Document], FollowUp | None] = {}


def watch(model: type[Document], follow_up: FollowUp | None = None) -> None:
    """Let the clock move documents of this kind."""
    _KINDS[model] = follow_up


async def sweep(limit: int = _BATCH) -> int:
    """Take the steps that are due; how many were taken. Fewer than `limit`: nothing is left."""
    at = now()
    taken = 0
    for model, follow_up in _KINDS.items():
        for identifier in await _due(model, limit - taken):
            taken += await lapse(model, identifier, at, follow_up)
    return taken


async def next_due() -> datetime | None:
    """When the next step of the clock falls due; None when it has none to take."""
    found = [
        row[0]
        for model in _KINDS
        for row in await fetch(f"SELECT MIN(deadline_at) FROM {model._meta.db_table}")
    ]
    return min((instant_of(at) for at in found if at is not None), default=None)


async def _due(model: type[Document], limit: int) -> Sequence[str]:
    rows = await fetch(
        f"SELECT id FROM {model._meta.db_table} WHERE deadline_at <= $1"
        " ORDER BY deadline_at LIMIT $2",
        now(),
        limit,
    )
    return [row[0] for row in rows]


async def _forget_answers() -> int:
    async with transaction():
        return await idempotency.forget_old()


# What is made of what was committed, soon after it: it takes too long for a transaction.
_MAKING: list[Callable[[], Awaitable[int]]] = []


def make_later(make: Callable[[], Awaitable[int]]) -> None:
    """Have something made of what was committed; called by the composition root."""
    if make not in _MAKING:
        _MAKING.append(make)


async def make() -> int:
    """Make what is missing; how many things were made."""
    return sum([await make_missing() for make_missing in _MAKING])


# What is kept for a time only, and how each subject forgets it.
_TIDYING: list[Callable[[], Awaitable[int]]] = [_forget_answers]


def keep_tidy(forget: Callable[[], Awaitable[int]]) -> None:
    """Have something forgotten now and then; called by the composition root."""
    if forget not in _TIDYING:
        _TIDYING.append(forget)


# What looks at dates, whose moment matters to people to the minute: those of the business, and
# those of machines (secrets, certificates, checkpoints).
_LOOKING: list[Callable[[], Awaitable[int]]] = []
_GUARDING: list[Callable[[], Awaitable[int]]] = []


def look_each_minute(act: Callable[[], Awaitable[int]]) -> None:
    """Have something look at its dates of the business; called by the composition root."""
    if act not in _LOOKING:
        _LOOKING.append(act)


def guard_each_minute(act: Callable[[], Awaitable[int]]) -> None:
    """Have something look at its dates of machines; called by the composition root."""
    if act not in _GUARDING:
        _GUARDING.append(act)


async def look_at_dates() -> int:
    """Let everything that keeps dates tell what is due; how much it was."""
    return await look_at_business_dates() + sum([await act() for act in _GUARDING])


async def look_at_business_dates() -> int:
    """The same for what keeps dates of the business."""
    return sum([await act() for act in _LOOKING])


async def tidy() -> int:
    """Forget what is kept for a time only; how many rows went."""
    return sum([await forget() for forget in _TIDYING])
