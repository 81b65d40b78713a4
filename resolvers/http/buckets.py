"""What each caller may still spend: token buckets in memory, for a bounded number of callers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class Buckets:
    """One bucket of points per caller, refilled steadily.

    The callers longest unseen are forgotten first; a forgotten caller starts with a full bucket.
    """

    def __init__(
        self,
        size: int,
        refill_per_second: float,
        callers: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.size = size
        self.refill_per_second = refill_per_second
        self._callers = callers
        self._now = now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def remaining(self, caller: str) -> float:
        found = self._levels.get(caller)
        if found is None:
            return self.size
        level, at = found
        return min(self.size, level + (self._now() - at) * self.refill_per_second)

    def take(self, caller: str, points: float) -> float:
        """Take the points and return 0, or leave them and return the seconds to wait for them."""
        remaining = self.remaining(caller)
        if points > remaining:
            return (points - remaining) / self.refill_per_second
        self._keep(caller, remaining - points)
        return 0

    def give_back(self, caller: str, points: float) -> None:
        if points > 0:
            self._keep(caller, min(self.size, self.remaining(caller) + points))

    def _keep(self, caller: str, level: float) -> None:
        self._levels[caller] = (level, self._now())
        self._levels.move_to_end(caller)
        if len(self._levels) > self._callers:
            self._levels.popitem(last=False)
