"""Which memos a caller may see, and how lists of them are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.access import Actor
from domain.claims.queries import ClaimCriteria, ClaimOrder, listed, openings
from domain.memos.lifecycle import MEMO
from domain.select import Condition, Select, among, equals

OPENINGS = openings("memo", MEMO)


@dataclass(frozen=True, kw_only=True)
class MemoCriteria(ClaimCriteria):
    """What a list of memos is narrowed to."""

    case_number: str | None = None
    missions: Collection[str] = ()

    def own(self) -> Iterable[Condition | None]:
        """What only memos are asked."""
        return (
            equals("case_number", self.case_number) if self.case_number else None,
            among("mission", self.missions) if self.missions else None,
        )


def seen(actor: Actor) -> Select | None:
    """The memos that the actor may see, to look some up; None when there can be none."""
    return OPENINGS.seen(actor)


def memos(actor: Actor, criteria: MemoCriteria, order: ClaimOrder) -> Select | None:
    """The memos that the actor may see and the criteria keep, in order."""
    return listed(OPENINGS, actor, criteria, order)
