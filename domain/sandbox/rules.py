"""By how much the clock of a sandbox may be moved. No database."""

from __future__ import annotations

import re
from datetime import timedelta

from domain.errors import Problem
from domain.rules_text import problem

# Months and years have no fixed length.
_DURATION = re.compile(
    r"P(?=[0-9T])(?:(?P<weeks>[0-9]{1,5})W)?(?:(?P<days>[0-9]{1,5})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,5})H)?(?:(?P<minutes>[0-9]{1,5})M)?"
    r"(?:(?P<seconds>[0-9]{1,7})S)?)?\Z"
)
MOST_AT_ONCE = timedelta(days=366)
MOST_IN_ALL = timedelta(days=36_525)
# More would outlast the time that an operation has.
MOST_STEPS = 1_000

BY = ("by",)


def duration_of(text: str) -> timedelta | None:
    """A duration of ISO 8601 in weeks, days, hours, minutes and seconds; None when it is none."""
    match = _DURATION.match(text)
    if match is None:
        return None
    return timedelta(**{unit: int(value) for unit, value in match.groupdict(default="0").items()})


def problems_of(by: timedelta | None, ahead: timedelta, text: str) -> list[Problem]:
    """Why the clock, so far ahead already, is not moved by that."""
    if by is None:
        return [problem("BDR-SBX-003", BY, duration=text[:40])]
    if not timedelta() < by <= MOST_AT_ONCE:
        return [problem("BDR-SBX-004", BY, most=MOST_AT_ONCE.days)]
    if ahead + by > MOST_IN_ALL:
        return [problem("BDR-SBX-005", BY, ahead=ahead.days, most=MOST_IN_ALL.days)]
    return []
