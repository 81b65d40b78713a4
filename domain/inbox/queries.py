"""Which groups a caller may read, and how each stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import events
from domain.access import Actor, Permission
from domain.clock import real_now
from domain.db import dialect, fetch
from domain.feed import EventFilter, visible_after
from domain.inbox.models import Consumer
from domain.inbox.taking import reader
from domain.select import Select, Statement, among, equals, falling, is_null, not_null, rising

# Whoever manages groups reads them.
READ = (Permission.READ_WEBHOOKS, Permission.MANAGE_WEBHOOKS)
# Counting what is still to read goes no further.
MOST_COUNTED = 1_000


def consumers(viewer: Actor, structure_id: str | None = None) -> Select:
    """The groups of the viewer's structures, without those deleted; the newest first."""
    return (
        _of_structures("event_consumer", viewer)
        .where(
            is_null("deleted_at"),
            equals("structure_id", structure_id) if structure_id is not None else None,
        )
        .by(falling("id"))
    )


def leases(viewer: Actor) -> Select:
    """The leases of those groups, the oldest first."""
    return _of_structures("event_lease", viewer).by(rising("id"))


def items(viewer: Actor) -> Select:
    """What those groups have read and not done, in the order of the log."""
    return _of_structures("event_inbox_item", viewer).by(rising("position"))


def set_aside(viewer: Actor) -> Select:
    """What of it was set aside."""
    return items(viewer).where(not_null("set_aside_at"))


async def items_of(lease_ids: Collection[str]) -> Mapping[str, Sequence[Any]]:
    """What is left of each lease, in the order of the log."""
    statement = Statement(dialect())
    these = statement.among("lease_id", lease_ids)
    rows = await fetch(
        f"SELECT * FROM event_inbox_item WHERE {these} ORDER BY position", *statement.params
    )
    found: dict[str, list[Any]] = {lease: [] for lease in lease_ids}
    for row in rows:
        found[row["lease_id"]].append(row)
    return found


@dataclass(frozen=True)
class Standing:
    """How far a group has come, and what is left for it to do."""

    position: int
    out: int
    waiting: int
    unread: int
    is_exact: bool
    set_aside: int
    oldest_at: datetime | None


async def standing(consumer: Consumer) -> Standing:
    """How the group stands now."""
    counts = (
        await fetch(
            "SELECT COALESCE(SUM(CASE WHEN set_aside_at IS NULL AND lease_id IS NOT NULL"
            "   AND not_before > $2 THEN 1 ELSE 0 END), 0),"
            " COALESCE(SUM(CASE WHEN set_aside_at IS NULL THEN 1 ELSE 0 END), 0),"
            " COALESCE(SUM(CASE WHEN set_aside_at IS NOT NULL THEN 1 ELSE 0 END), 0),"
            " MIN(CASE WHEN set_aside_at IS NULL THEN position END)"
            " FROM event_inbox_item WHERE consumer_id = $1",
            consumer.id,
            real_now(),
        )
    )[0]
    out, still_open, set_aside, first = (int(counts[n] or 0) for n in range(4))
    batch = await visible_after(
        reader(consumer),
        consumer.read_position,
        limit=MOST_COUNTED,
        filter=EventFilter.of(consumer.wanted),
    )
    unread = [event for event in batch.events if event.subject_id != consumer.id]
    oldest = await events.at([first]) if first else unread[:1]
    return Standing(
        position=first - 1 if first else consumer.read_position,
        out=out,
        waiting=still_open - out,
        unread=len(unread),
        is_exact=not batch.has_more,
        set_aside=set_aside,
        oldest_at=oldest[0].recorded_at if oldest else None,
    )


def _of_structures(table: str, viewer: Actor) -> Select:
    own = viewer.structures(*READ)
    return Select(table) if own is None else Select(table).where(among("structure_id", own))
