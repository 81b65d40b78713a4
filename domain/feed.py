"""The event log as one caller may see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from domain import events
from domain.access import Actor, Permission
from domain.db import fetch
from domain.events import Event
from domain.select import Condition, Select, all_of, among, any_of, exists, rising

# A caller that may see little of a busy log still gets an answer: the rest is for the next page.
_SCANNED_AT_MOST = 5_000


@dataclass(frozen=True)
class EventFilter:
    """Which events a reader wants; an empty criterion asks nothing."""

    kinds: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    structures: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()

    def admits(self, event: Event) -> bool:
        """Whether the event is wanted."""
        return (
            (not self.kinds or event.kind in self.kinds)
            and (not self.subjects or event.subject_id in self.subjects)
            and (not self.structures or any(s in self.structures for s, _ in event.audience))
            and (
                not self.statuses or (event.change is not None and event.change.to in self.statuses)
            )
        )


EVERYTHING = EventFilter()


@dataclass(frozen=True)
class Batch:
    """What follows a position. `position` is how far the log was read, wanted or not."""

    events: list[Event]
    position: int
    has_more: bool


async def visible_after(
    actor: Actor, position: int, *, limit: int, filter: EventFilter = EVERYTHING
) -> Batch:
    """The next events after the position that the actor may see and the filter admits."""
    found: list[Event] = []
    scanned = 0
    head = await events.head()
    while scanned < _SCANNED_AT_MOST:
        chunk = max(limit + 1 - len(found), 50)
        page = await _opened(actor, position, head, chunk)
        for event in page:
            position = event.position
            if events.visible(event, actor) and filter.admits(event):
                if len(found) == limit:
                    return Batch(found, found[-1].position if found else position, has_more=True)
                found.append(event)
        scanned += len(page)
        if len(page) < chunk:
            return Batch(found, max(position, head), has_more=False)
    return Batch(found, position, has_more=True)


async def _opened(actor: Actor, position: int, head: int, limit: int) -> list[Event]:
    """The next events of the structures of the actor: a superset of what it may see."""
    if any(actor.structures(p) is None for p in Permission):
        return await events.after(position, limit=limit, upto=head)
    pairs = _rights(actor)
    if not pairs:
        return []
    structures = sorted({s for s, _ in pairs})
    permissions = sorted({p for _, p in pairs})
    marks = [f"${n}" for n in range(1, len(structures) + len(permissions) + 4)]
    of_structures = ", ".join(marks[: len(structures)])
    of_permissions = ", ".join(marks[len(structures) : -3])
    rows = await fetch(
        f"SELECT DISTINCT position FROM event_audience WHERE structure_id IN ({of_structures})"
        f" AND permission IN ({of_permissions}) AND position > {marks[-3]}"
        f" AND position <= {marks[-2]} ORDER BY position LIMIT {marks[-1]}",
        *structures,
        *permissions,
        position,
        head,
        limit,
    )
    return await events.at([row[0] for row in rows])


def _rights(actor: Actor) -> list[tuple[str, str]]:
    return [(s, p.value) for s, held in actor.rights.items() for p in held]


def visible_events(actor: Actor) -> Select:
    """The events that the actor may see, in order, as a selection of rows."""
    return Select("event", key="position").where(_opening(actor)).by(rising("position"))


def _opening(actor: Actor) -> Condition | None:
    """The condition on an event that one of the rights of the actor opens it."""
    if frozenset(Permission) <= actor.everywhere:
        return None
    by_right: dict[frozenset[Permission], set[str]] = {}
    for structure, held in actor.rights.items():
        by_right.setdefault(held, set()).add(structure)
    alternatives = [
        all_of(among("structure_id", structures), among("permission", _values(held)))
        for held, structures in by_right.items()
    ]
    if actor.everywhere:
        alternatives.append(among("permission", _values(actor.everywhere)))
    # The events of one subject are few, those that a structure may see are many.
    return exists(
        "event_audience", {"position": "position"}, any_of(*alternatives), row_by_row=True
    )


def _values(permissions: Collection[Permission]) -> frozenset[str]:
    return frozenset(p.value for p in permissions)
