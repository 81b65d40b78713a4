"""The event log as one caller may see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from domain import events, money
from domain.access import Actor, Permission
from domain.catalogue import EVENT_KINDS, STATUS_CHANGES
from domain.errors import Problem
from domain.events import Event
from domain.payments.steps import BEFORE_DEPOSIT
from domain.rules_text import problem
from domain.select import Condition, Select, all_of, among, any_of, exists, rising

# A caller that may see little of a busy log still gets an answer: the rest is for the next page.
# The price of `events` and of `standing` is that of reading so many.
_SCANNED_AT_MOST = 1_000


class Direction(StrEnum):
    """By which right an event of a document is seen: the part of the viewer in the document."""

    ISSUED = "ISSUED"
    RECEIVED = "RECEIVED"
    TO_VALIDATE = "TO_VALIDATE"
    WORKS = "WORKS"


# An invoice is opened by another right in each part; where one right opens all parts, the card
# says who plays which.
_RIGHTS: Mapping[str, Permission] = {
    Direction.ISSUED: Permission.READ_ISSUED,
    Direction.RECEIVED: Permission.READ_RECEIVED,
    Direction.TO_VALIDATE: Permission.READ_TO_VALIDATE,
    Direction.WORKS: Permission.READ_WORKS,
}
_PARTS: Mapping[str, str] = {
    Direction.ISSUED: "supplier",
    Direction.RECEIVED: "recipient",
    Direction.TO_VALIDATE: "validator1",
}
_CLAIMS = ("memo", "refund")
# What a card calls the whole amount of its document.
_TOTALS = ("totalGrossAfterDiscount", "totalGross", "amountToPay")


class Viewer(Protocol):
    """Who reads: a caller, or an endpoint with the rights it was given."""

    def may(self, permission: Permission, on: str, /) -> bool: ...


@dataclass(frozen=True)
class EventFilter:
    """Which events a reader wants; an empty criterion asks nothing.

    Every criterion given must hold. One that says nothing of an event (the total of
    `account.activated`) does not hold for it.
    """

    kinds: frozenset[str] = frozenset()
    subject_kinds: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    structures: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    deposit_modes: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    total_from: Decimal | None = None
    total_to: Decimal | None = None

    def admits(self, event: Event, viewer: Viewer) -> bool:
        """Whether the event, which the viewer sees, is wanted."""
        return (
            (not self.kinds or event.kind in self.kinds)
            and (not self.subject_kinds or event.subject_kind in self.subject_kinds)
            and (not self.subjects or event.subject_id in self.subjects)
            and (not self.structures or any(s in self.structures for s, _ in event.audience))
            and (
                not self.statuses or (event.change is not None and event.change.to in self.statuses)
            )
            and self._fits(event.data)
            and (not self.directions or any(self._is(d, event, viewer) for d in self.directions))
        )

    def _fits(self, card: Mapping[str, Any]) -> bool:
        """Whether the card of a document is as asked; other cards have none of these fields."""
        if self.services and (card.get("recipient") or {}).get("serviceId") not in self.services:
            return False
        if self.deposit_modes and card.get("depositMode") not in self.deposit_modes:
            return False
        if self.total_from is None and self.total_to is None:
            return True
        text = next((card[name] for name in _TOTALS if name in card), None)
        total = None if text is None else Decimal(text)
        return (
            total is not None
            and (self.total_from is None or total >= self.total_from)
            and (self.total_to is None or total <= self.total_to)
        )

    def _is(self, direction: str, event: Event, viewer: Viewer) -> bool:
        """Whether the viewer has that part in the document, in one of the structures asked for."""
        places = _places(direction, event)
        return any(viewer.may(Permission(right), place) for place, right in places) and (
            not self.structures or any(place in self.structures for place, _ in places)
        )

    def stored(self) -> dict[str, Any]:
        """What is asked, as it is kept in a column: lists of texts, amounts as text."""
        return {name: _stored(value) for name, value in vars(self).items() if value not in _NOTHING}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> EventFilter:
        """The filter that `stored()` kept."""
        return cls(**{name: _read(value) for name, value in stored.items()})


def _places(direction: str, event: Event) -> list[tuple[str, str]]:
    """The places from which the part is played in the document, and the right needed there."""
    if event.subject_kind not in _CLAIMS:
        return [(place, right) for place, right in event.audience if right == _RIGHTS[direction]]
    if direction == Direction.RECEIVED and event.data.get("status") in BEFORE_DEPOSIT:
        return []
    named = event.data.get(_PARTS.get(direction, "")) or {}
    own = (named.get("id"), named.get("serviceId"))
    return [(place, right) for place, right in event.audience if place in own]


_NOTHING: tuple[Any, ...] = (None, frozenset())


def _stored(value: Any) -> Any:
    return money.plain(value) if isinstance(value, Decimal) else sorted(value)


def _read(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else frozenset(value)


MOST_VALUES = 250
_DOCUMENTS = frozenset(kind for kind, row in EVENT_KINDS.items() if row.subject == "invoice")
_PIECES = frozenset(kind for kind, row in EVENT_KINDS.items() if row.subject == "works_piece")
_FILES = frozenset(kind for kind, row in EVENT_KINDS.items() if row.subject == "billing_file")
_CLAIM_KINDS = frozenset(kind for kind, row in EVENT_KINDS.items() if row.subject in _CLAIMS)
# The kinds of events of which a criterion says something, when not of all.
SPEAKS_OF: Mapping[str, frozenset[str]] = {
    "services": _DOCUMENTS | _CLAIM_KINDS,
    "statuses": STATUS_CHANGES,
    "deposit_modes": _DOCUMENTS,
    "directions": _DOCUMENTS | _CLAIM_KINDS | _PIECES | _FILES,
    "total_from": _DOCUMENTS | _CLAIM_KINDS | _PIECES,
    "total_to": _DOCUMENTS | _CLAIM_KINDS | _PIECES,
}


def filter_problems(filter: EventFilter, path: tuple[str, ...]) -> list[Problem]:
    """Every reason to refuse a filter: too long, contradictory, or one that nothing can fit."""
    asked = filter.stored()
    problems = [
        problem("BDR-WHK-007", (*path, _camel(name)), count=len(values), most=MOST_VALUES)
        for name, values in asked.items()
        if isinstance(values, list) and len(values) > MOST_VALUES
    ]
    low, high = filter.total_from, filter.total_to
    if low is not None and high is not None and low > high:
        problems.append(problem("BDR-WHK-040", (*path, "totalFrom"), low=low, high=high))
    possible = {
        kind
        for kind, row in EVENT_KINDS.items()
        if (not filter.kinds or kind in filter.kinds)
        and (not filter.subject_kinds or row.subject in filter.subject_kinds)
    }
    if not possible:
        return [*problems, problem("BDR-WHK-042", (*path, "subjectKinds"))]
    problems += [
        problem("BDR-WHK-041", (*path, _camel(name)))
        for name, kinds in SPEAKS_OF.items()
        if name in asked and not possible & kinds
    ]
    return problems


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


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
            if events.visible(event, actor) and filter.admits(event, actor):
                if len(found) == limit:
                    return Batch(found, found[-1].position if found else position, has_more=True)
                found.append(event)
        scanned += len(page)
        if len(page) < chunk:
            return Batch(found, max(position, head), has_more=False)
    return Batch(found, position, has_more=True)


@dataclass(frozen=True)
class Latest:
    """The end of the log. `before` is the position just before the first event of it."""

    events: list[Event]
    before: int
    position: int


async def visible_last(actor: Actor, *, limit: int, filter: EventFilter = EVERYTHING) -> Latest:
    """The last events that the actor may see and the filter admits, in order."""
    found: list[Event] = []
    head = low = await events.head()
    width = _SCANNED_AT_MOST // 10
    while low and len(found) < limit and head - low < _SCANNED_AT_MOST:
        high, low = low, max(0, low - width)
        page = await _opened(actor, low, high, width)
        fitting = [e for e in page if events.visible(e, actor) and filter.admits(e, actor)]
        found = fitting + found
    found = found[-limit:]
    return Latest(found, found[0].position - 1 if found else head, head)


async def _opened(actor: Actor, position: int, head: int, limit: int) -> list[Event]:
    """The next events of the structures of the actor: a superset of what it may see."""
    if any(actor.structures(p) is None for p in Permission):
        return await events.after(position, limit=limit, upto=head)
    return await events.opened_by(_rights(actor), position, limit=limit, upto=head)


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


def is_own_side(actor_id: str, on_behalf_of: str | None, viewer: Actor) -> bool:
    """Whether the viewer is the author of an event, or of the structure it was done for."""
    return actor_id == viewer.id or on_behalf_of in viewer.rights
