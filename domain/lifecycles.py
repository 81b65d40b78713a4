"""What a life cycle is, told to people and to front ends: its words, and its variants by frame.

One row for each kind of document stands in `domain/described.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.lifecycle import Lifecycle, Party, Step
from domain.policy import Policy
from domain.reference.frames import Frame
from domain.reference.statuses import STATUSES, InvoiceStatus
from domain.reference.words import Words

# The status of what is not deposited yet.
DRAFT = InvoiceStatus.BROUILLON


@dataclass(frozen=True)
class Variant:
    """One of the lives that a kind of document has: that of its documents in these frames.

    `facts` gives what such documents may be like on a site, for the conditions of the table: a
    row belongs to the variant when it is open to one of them.
    """

    code: str
    words: Words
    frames: tuple[Frame, ...]
    facts: Callable[[Policy], Sequence[Any]]


@dataclass(frozen=True)
class Described:
    """A kind of document: what it is called, its table, and the words of its actions."""

    words: Words
    lifecycle: Lifecycle[Any]
    actions: Mapping[Any, Words]
    variants: tuple[Variant, ...]

    def statuses(self) -> list[InvoiceStatus]:
        """Every status of the table, in the order of the reference table."""
        return ordered(self.lifecycle.statuses())

    def parties(self) -> list[Party]:
        """Who takes the steps."""
        acting = {step.by for step in self.lifecycle.steps}
        return [party for party in Party if party in acting]


def ordered(statuses: frozenset[str] | set[str]) -> list[InvoiceStatus]:
    """The statuses in the order of the reference table."""
    return [status for status in STATUSES if status.value in statuses]


def belongs(step: Step[Any], facts: Sequence[Any]) -> bool:
    """Whether the step may be taken under one of these facts, the clock's within some time."""
    return any(step.allowed(f) and (step.after is None or step.after(f) is not None) for f in facts)


def days_of(step: Step[Any], facts: Sequence[Any]) -> int | None:
    """After how many days the clock takes the step; None when it does not."""
    if step.after is None:
        return None
    found = [step.after(f) for f in facts if step.allowed(f)]
    return min((days for days in found if days is not None), default=None)


def reached(lifecycle: Lifecycle[Any], facts: Sequence[Any]) -> list[InvoiceStatus]:
    """The statuses that these facts lead to, in the order of the reference table."""
    found, waiting = set[str](), {s for _, s in starts(lifecycle, facts)}
    while waiting:
        found |= waiting
        waiting = {
            step.to
            for status in waiting
            for step in lifecycle.from_status(status)
            if step.to is not None and belongs(step, facts)
        } - found
    return ordered(found)


def starts(lifecycle: Lifecycle[Any], facts: Sequence[Any]) -> list[tuple[Step[Any] | None, str]]:
    """Where such a document begins: as a draft, or at once where the draft's deposit leads."""
    if DRAFT not in lifecycle.initial:
        return [(None, status) for status in lifecycle.initial]
    deposits = {
        step.to: step
        for step in lifecycle.from_status(DRAFT)
        if step.to in lifecycle.initial and belongs(step, facts)
    }
    return [(None, DRAFT.value), *((step, str(to)) for to, step in deposits.items())]


def ends(lifecycle: Lifecycle[Any], facts: Sequence[Any]) -> list[InvoiceStatus]:
    """The statuses after which nothing comes under these facts."""
    return [
        status
        for status in reached(lifecycle, facts)
        if all(s.to is None or not belongs(s, facts) for s in lifecycle.from_status(status))
    ]
