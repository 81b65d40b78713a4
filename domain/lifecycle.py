"""Life cycles are tables; this is the small engine that reads them. No database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from domain.access import Permission


class Party(StrEnum):
    """The part that a structure plays in a document."""

    SUPPLIER = "SUPPLIER"
    RECIPIENT = "RECIPIENT"
    VALIDATOR_1 = "VALIDATOR_1"
    VALIDATOR_2 = "VALIDATOR_2"
    DEPOSITOR = "DEPOSITOR"
    HOLDER = "HOLDER"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    CONTRACTING_AUTHORITY = "CONTRACTING_AUTHORITY"
    SYSTEM = "SYSTEM"


class Need(StrEnum):
    """What the caller must supply with an action."""

    REASON = "REASON"
    COMMENT = "COMMENT"
    PIECE_OR_COMMENT = "PIECE_OR_COMMENT"
    ROUTING = "ROUTING"
    VALIDATOR = "VALIDATOR"


F = TypeVar("F")


@dataclass(frozen=True)
class Condition(Generic[F]):
    """A named, pure predicate on the facts of a document. `rule` explains it when it fails."""

    rule: str
    holds: Callable[[F], bool]


@dataclass(frozen=True)
class Step(Generic[F]):
    """One row: the action leads from any of the statuses to another, taken by one party.

    `to` is None when the status stays. `reason` is what the step itself says. `after` makes it a
    step of the clock: the number of days in `frm` after which the platform takes it; None from
    that function means never. `since` is where those days are counted from, when not from the
    entry in the status. A row `by_deposit` is taken when another document is deposited, never by
    itself.
    """

    action: str
    frm: frozenset[str]
    to: str | None
    by: Party
    needs: Need | None = None
    only_if: Condition[F] | None = None
    after: Callable[[F], int | None] | None = None
    since: Callable[[F], datetime | None] | None = None
    by_deposit: bool = False
    event: str = ""
    reason: str | None = None

    def allowed(self, facts: F) -> bool:
        return self.only_if is None or self.only_if.holds(facts)


def when(*statuses: str) -> frozenset[str]:
    """The statuses from which a step may be taken."""
    return frozenset(statuses)


@dataclass(frozen=True)
class Offer(Generic[F]):
    """An action that the table has for a party in a status, and whether the facts allow it."""

    step: Step[F]
    party: Party
    refused_by: str | None


@dataclass(frozen=True)
class Lifecycle(Generic[F]):
    """The table of one kind of document.

    `needs` gives the permission that each party must hold on its structure to act;
    `sees` the permission to read; `hidden` the statuses in which a party does not see the
    document at all.
    """

    kind: str
    initial: tuple[str, ...]
    steps: tuple[Step[F], ...]
    needs: Mapping[Party, Permission]
    sees: Mapping[Party, Permission]
    hidden: Mapping[Party, frozenset[str]]
    _by_status: dict[str, tuple[Step[F], ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for status in {s for step in self.steps for s in step.frm}:
            self._by_status[status] = tuple(s for s in self.steps if status in s.frm)

    def from_status(self, status: str) -> tuple[Step[F], ...]:
        """The rows that start in the status, in the order of the table."""
        return self._by_status.get(status, ())

    def rows(self, action: str, status: str) -> tuple[Step[F], ...]:
        """The rows of one action in one status (several when their parties differ)."""
        return tuple(s for s in self.from_status(status) if s.action == action)

    def offers(self, status: str, parties: Iterable[Party], facts: F) -> list[Offer[F]]:
        """What the parties could do now. The one source of `availableActions`."""
        mine = set(parties)
        return [
            Offer(step, step.by, None if step.allowed(facts) else _rule_of(step))
            for step in self.from_status(status)
            if step.by in mine and step.by is not Party.SYSTEM
        ]

    def automatic(self, status: str, facts: F) -> Step[F] | None:
        """The step that the platform takes at once in this status."""
        for step in self.from_status(status):
            by_itself = step.by is Party.SYSTEM and step.after is None and not step.by_deposit
            if by_itself and step.allowed(facts):
                return step
        return None

    def on_deposit(self, action: str, status: str, facts: F) -> Step[F] | None:
        """The step that the deposit of another document takes here; None when it takes none."""
        for step in self.rows(action, status):
            if step.by_deposit and step.allowed(facts):
                return step
        return None

    def timed(self, status: str, facts: F, entered_at: datetime) -> tuple[Step[F], datetime] | None:
        """The step that the clock takes in this status, and when."""
        for step in self.from_status(status):
            if step.after is not None and step.allowed(facts):
                days = step.after(facts)
                start = entered_at if step.since is None else step.since(facts)
                if days is not None and start is not None:
                    return step, start + timedelta(days=days)
        return None

    def statuses(self) -> frozenset[str]:
        """Every status of the table."""
        ends = {s.to for s in self.steps if s.to is not None}
        return frozenset(self.initial) | ends | frozenset(self._by_status)

    def is_final(self, status: str) -> bool:
        """Whether no row leads to another status, unless another document is deposited."""
        return all(step.to is None or step.by_deposit for step in self.from_status(status))


def _rule_of(step: Step[F]) -> str:
    assert step.only_if is not None
    return step.only_if.rule
