"""What happened during a run, as plain values: what was meant, what was logged, what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Logged:
    """One row of the event log."""

    position: int
    id: str
    kind: str
    subject: str
    sequence: int
    audience: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Wish:
    """What an endpoint is to be told: what its structure sees by these rights, from then on."""

    endpoint: str
    name: str
    structure: str
    permissions: frozenset[str]
    since: int
    # What was asked of it: the order of each document, nothing given up, and an outage to bear.
    is_ordered: bool = True
    may_skip: bool = False
    falls: bool = False

    def wants(self, event: Logged) -> bool:
        """Whether the event is news of an invoice for this endpoint.

        Written here again, from the specification: the product's own decision is under test.
        """
        return (
            event.kind.startswith("invoice.") and event.position > self.since and self.sees(event)
        )

    def sees(self, event: Logged) -> bool:
        """Whether the endpoint has a right that opens the event."""
        return any(s == self.structure and p in self.permissions for s, p in event.audience)


@dataclass(frozen=True)
class Row:
    """One delivery as the database holds it."""

    id: str
    endpoint: str
    event: str
    subject: str
    position: int
    state: str
    reason: str | None = None

    @property
    def was_skipped(self) -> bool:
        """Whether it was given up because others waited behind it for too long."""
        return (self.state, self.reason) == ("SKIPPED", "BLOCKED_TOO_LONG")


@dataclass(frozen=True)
class Turn:
    """An event was handed to a member of a consumer group, or was done by it."""

    member: str
    event: str
    is_done: bool = False


@dataclass(frozen=True)
class Pulled:
    """What a consumer group is for, and what its members told, in the order of their answers."""

    wish: Wish
    turns: Sequence[Turn] = ()
    # What the answers counted: an answer that was lost counts nothing.
    acknowledged: int = 0


@dataclass(frozen=True)
class Replayed:
    """A replay of what follows one event up to another, and what came of it."""

    endpoint: str
    after: str
    upto: str
    previewed: int
    state: str
    total: int
    delivered: int
    # What its receiver accepted from its start on.
    came: Sequence[str]


@dataclass
class Intended:
    """An invoice that a client means to deposit, and how many events its life has by now."""

    number: str
    id: str | None = None
    events: int = 0


@dataclass(frozen=True)
class Seen:
    """What an observer was told, connection by connection."""

    name: str
    connections: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Violation:
    """Something that must never happen."""

    kind: str
    words: str
    event: str | None = None
    endpoint: str | None = None


@dataclass
class History:
    """All of it."""

    log: Sequence[Logged] = ()
    head: int = 0
    wishes: Sequence[Wish] = ()
    # For each endpoint, the events that its receiver accepted, in the order of their arrival.
    accepted: dict[str, list[str]] = field(default_factory=dict)
    # Those that came to it, accepted or not.
    came: dict[str, set[str]] = field(default_factory=dict)
    # How often it was tried in vain while its breaker was open.
    vain_probes: dict[str, int] = field(default_factory=dict)
    deliveries: Sequence[Row] = ()
    intended: Sequence[Intended] = ()
    # The invoices of the database, by number.
    invoices: dict[str, list[str]] = field(default_factory=dict)
    seen: Sequence[Seen] = ()
    pulled: Sequence[Pulled] = ()
    replayed: Sequence[Replayed] = ()

    @property
    def skipped(self) -> set[tuple[str, str]]:
        """Endpoints and events that were given up as these endpoints want it."""
        wanting = {wish.endpoint for wish in self.wishes if wish.may_skip}
        return {
            (row.endpoint, row.event)
            for row in self.deliveries
            if row.endpoint in wanting and row.was_skipped
        }

    @property
    def duplicates(self) -> int:
        """How many times something was accepted again."""
        return sum(len(events) - len(set(events)) for events in self.accepted.values())
