"""What a consumer group may be, and the order in which it is handed events. No database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import Problem
from domain.feed import EVERYTHING, EventFilter, filter_problems
from domain.inbox.models import OnBlocked, Start
from domain.rules_text import problem, text_problems
from domain.text import normal

LONGEST_NAME = 100
MOST_CONSUMERS = 50
MOST_CURSORS = 100
LEASE_SECONDS = (5, 43_200)
DELIVERIES = (1, 100)
TAKEN = (1, 100)
WAIT_SECONDS = (0, 20)
PAUSE_SECONDS = (0, 43_200)
# What a group may have read and not done; beyond it, the log is read no further.
MOST_OPEN = 1_000
# Beyond it nothing more is set aside: its object is held instead.
MOST_SET_ASIDE = 1_000


@dataclass(frozen=True)
class ConsumerDraft:
    """What a group is to be."""

    name: str
    filter: EventFilter = EVERYTHING
    on_blocked: OnBlocked = OnBlocked.SKIP_AFTER
    max_deliveries: int = 5
    lease_seconds: int = 60


@dataclass(frozen=True)
class Place:
    """From where a group is to read."""

    start: Start = Start.NOW
    cursor: str | None = None
    at: datetime | None = None


def problems_of(draft: ConsumerDraft) -> list[Problem]:
    """Every reason to refuse a group."""
    name = normal(draft.name)
    return [
        *([] if name else [problem("BDR-EVT-005", ("name",))]),
        *text_problems(name or "", ("name",), LONGEST_NAME),
        *filter_problems(draft.filter, ("filter",)),
        *within(draft.lease_seconds, LEASE_SECONDS, ("leaseSeconds",)),
        *within(draft.max_deliveries, DELIVERIES, ("maxDeliveries",)),
    ]


def place_problems(place: Place) -> list[Problem]:
    """What is missing to know the place."""
    if place.start is Start.CURSOR and place.cursor is None:
        return [problem("BDR-EVT-009", ("cursor",))]
    if place.start is Start.INSTANT and place.at is None:
        return [problem("BDR-EVT-010", ("at",))]
    return []


def within(number: int, bounds: tuple[int, int], path: tuple[str, ...]) -> list[Problem]:
    """Why the number is refused."""
    low, high = bounds
    return [] if low <= number <= high else [problem("BDR-EVT-008", path, low=low, high=high)]


# The order


@dataclass(frozen=True)
class Open:
    """An event that was read and is not done, as far as its order depends on it."""

    id: str
    position: int
    subject_id: str
    deliveries: int
    not_before: datetime | None


@dataclass(frozen=True)
class Handing:
    """What goes now, what is set aside, and the objects of which nothing more may go."""

    going: Sequence[Open]
    spent: Sequence[Open]
    behind: set[str]


def handing(
    waiting: Sequence[Open], at: datetime, limit: int, spent_from: int | None, room: int
) -> Handing:
    """Choose among what was read before, in the order of the log.

    Nothing of an object goes while something earlier of it is out or waits. What came back goes
    alone: if it cannot be done, what follows it is not counted as failed too. `spent_from` is the
    number of deliveries from which an event is set aside, as long as there is room.
    """
    behind = {one.subject_id for one in waiting if one.not_before and one.not_before > at}
    going: list[Open] = []
    spent: list[Open] = []
    for one in waiting:
        if one.subject_id in behind:
            continue
        if spent_from is not None and one.deliveries >= spent_from and len(spent) < room:
            spent.append(one)
            continue
        if len(going) == limit:
            break
        going.append(one)
        if one.deliveries:
            behind.add(one.subject_id)
    gone = {one.id for one in (*going, *spent)}
    behind |= {one.subject_id for one in waiting if one.id not in gone}
    return Handing(going, spent, behind)


def with_followers(given: Iterable[Open], of_lease: Sequence[Open]) -> Iterator[Open]:
    """The events given back, and what follows them of their objects under the same lease."""
    first: dict[str, int] = {}
    for one in given:
        first[one.subject_id] = min(one.position, first.get(one.subject_id, one.position))
    for one in of_lease:
        if one.position >= first.get(one.subject_id, one.position + 1):
            yield one
