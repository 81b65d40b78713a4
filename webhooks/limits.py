"""How much may go to whom: places at once, places left to others, messages a second. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webhooks.policy import Policy

# The fuller the process, the less of it for one endpoint: a crowd of slow receivers leaves room.
# From this share of the places taken, an endpoint gets its usual number divided by so much.
CROWDED = ((0.75, 16), (0.5, 4))
# What may go in one go under a rate: a fifth of a second's worth, and always one message.
BURST = timedelta(seconds=0.2)
_SECOND = 1_000_000
_ONE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Lane:
    """An endpoint to which something is due, as far as limits are concerned."""

    endpoint_id: str
    is_degraded: bool
    failures: int
    max_rate: int | None = None
    max_concurrency: int | None = None
    rate_used_until: datetime | None = None

    @property
    def is_shared(self) -> bool:
        """Whether its limit is one for all processes: it is then taken under a lock."""
        return self.is_degraded or self.max_rate is not None or self.max_concurrency is not None


def places(lane: Lane, here: int, used: int, site: Policy) -> int:
    """How many more requests this process may have under way to the endpoint.

    It has `here` now, and `used` to all endpoints.
    """
    return max(0, most_here(lane.failures, used, site) - here)


def most_here(failures: int, used: int, site: Policy) -> int:
    """How many requests to one endpoint a process may have under way."""
    if failures >= site.failing_from:
        return site.in_flight_when_failing
    for share, divisor in CROWDED:
        if used >= share * site.in_flight:
            return max(1, site.in_flight_per_endpoint // divisor)
    return site.in_flight_per_endpoint


def shared_places(lane: Lane, everywhere: int, at: datetime) -> int:
    """How many more requests all processes together may begin; `everywhere` are under way."""
    if lane.is_degraded:
        return 0 if everywhere else 1
    bounds = []
    if lane.max_concurrency is not None:
        bounds.append(lane.max_concurrency - everywhere)
    if lane.max_rate is not None:
        bounds.append(_open_slots(lane, at))
    return max(0, min(bounds))


def rate_used_until(lane: Lane, taken: int, at: datetime) -> datetime:
    """Until when the rate is used up once so many more messages are taken."""
    return _start(lane, at) + taken * _spacing(lane)


def next_slot(lane: Lane, at: datetime) -> datetime | None:
    """When the rate allows the next message, if it allows none now."""
    if lane.max_rate is None or _open_slots(lane, at):
        return None
    return _start(lane, at) + _spacing(lane) - _burst(lane)


def shares(rooms: Sequence[int], total: int) -> list[int]:
    """Give out places as evenly as the rooms allow; what does not divide goes to the first."""
    given = [0] * len(rooms)
    while total and (open_ones := [n for n, room in enumerate(rooms) if given[n] < room]):
        each = max(1, total // len(open_ones))
        for n in open_ones:
            more = min(each, rooms[n] - given[n], total)
            given[n] += more
            total -= more
    return given


def _open_slots(lane: Lane, at: datetime) -> int:
    return max(0, (at + _burst(lane) - _start(lane, at)) // _spacing(lane))


def _start(lane: Lane, at: datetime) -> datetime:
    return at if lane.rate_used_until is None else max(lane.rate_used_until, at)


def _spacing(lane: Lane) -> timedelta:
    assert lane.max_rate is not None
    # Rounded up: never faster than asked.
    return -(-_SECOND // lane.max_rate) * _ONE


def _burst(lane: Lane) -> timedelta:
    return max(BURST, _spacing(lane))
