"""Which refund requests a caller may see, and how lists of them are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.access import Actor
from domain.claims.queries import ClaimCriteria, ClaimOrder, listed, openings
from domain.refunds.lifecycle import REFUND
from domain.select import Condition, Select, among, equals

OPENINGS = openings("refund", REFUND)


@dataclass(frozen=True, kw_only=True)
class RefundCriteria(ClaimCriteria):
    """What a list of refund requests is narrowed to."""

    farm_number: str | None = None
    years: Collection[int] = ()
    families: Collection[str] = ()

    def own(self) -> Iterable[Condition | None]:
        """What only these requests are asked."""
        return (
            equals("farm_number", self.farm_number) if self.farm_number else None,
            among("consumption_year", self.years) if self.years else None,
            among("family", self.families) if self.families else None,
        )


def seen(actor: Actor) -> Select | None:
    """The requests that the actor may see, to look some up; None when there can be none."""
    return OPENINGS.seen(actor)


def refunds(actor: Actor, criteria: RefundCriteria, order: ClaimOrder) -> Select | None:
    """The requests that the actor may see and the criteria keep, in order."""
    return listed(OPENINGS, actor, criteria, order)
