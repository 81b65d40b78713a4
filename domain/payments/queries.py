"""What lists of payment requests of every kind are narrowed to."""

from __future__ import annotations

from datetime import date

from domain.payments.steps import TO_ACKNOWLEDGE
from domain.select import Condition, all_of, among, below, is_null, unless


def overdue(before: date | None) -> Condition | None:
    """Due before the date and not paid."""
    return None if before is None else all_of(below("due_on", before), is_null("clock_ended_at"))


def to_acknowledge(wanted: bool | None) -> Condition | None:  # noqa: FBT001 - a criterion
    """Whether it waits for the supplier's note."""
    if wanted is None:
        return None
    waiting = all_of(among("status", TO_ACKNOWLEDGE), is_null("acknowledged_at"))
    return waiting if wanted else unless(waiting)
