"""How much time the documents of a structure may take: a minute's worth, given back steadily. Pure.

What was taken is kept as the moment by which all of it is given back: one column, nothing to tidy,
and the same for every process.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# A structure that took nothing for so long has all of its budget.
PERIOD = timedelta(minutes=1)


def is_spent(used_until: datetime | None, at: datetime, seconds_per_minute: float) -> bool:
    """Whether the next document has to wait. Without a budget (0) none ever does."""
    return bool(seconds_per_minute) and used_until is not None and used_until >= at + PERIOD


def after(
    used_until: datetime | None, took: timedelta, at: datetime, seconds_per_minute: float
) -> datetime | None:
    """Until when the budget is used once documents took so long.

    One that began may take more than was left: the next ones wait for that too.
    """
    if not seconds_per_minute:
        return None
    return max(used_until or at, at) + took * (PERIOD.total_seconds() / seconds_per_minute)
