"""The goals, and whether a measure meets them, misses them or cannot tell."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum

# A ratio that moved more than this between visits decides nothing.
MOST_SPREAD = 0.25
# Nor does what was measured while others took more than this share of the machine.
MOST_OTHERS = 0.25


class Verdict(StrEnum):
    PASS = "pass"
    MISS = "miss"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Goal:
    """One promise: at most, or at least, so much."""

    measure: str
    promise: str
    limit: float
    at_least: bool = False

    @property
    def text(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


GOALS: dict[str, Goal] = {
    "r1.floor": Goal("read", "R1: CPU of raw SQL on the same tables, ×", 1.15),
    "r1.normalised": Goal("read", "R1: CPU of raw SQL on normalised history, ×", 0.70),
    "r2.floor": Goal("read", "R2: CPU of raw SQL, ×", 1.30),
    "r1.postgraphile": Goal("read", "R1: requests/s of PostGraphile 5, ×", 3.0, at_least=True),
    "r2.postgraphile": Goal("read", "R2: requests/s of PostGraphile 5, ×", 2.0, at_least=True),
    "r1.naive": Goal("read", "R1: requests/s of Strawberry + Tortoise, ×", 30.0, at_least=True),
    "r2.naive": Goal("read", "R2: requests/s of Strawberry + Tortoise, ×", 20.0, at_least=True),
    "memory.postgraphile": Goal("read", "Memory after R1: of PostGraphile's, ×", 0.4),
    "ready": Goal("read", "Ready after start, s", 1.0),
    "first_seen": Goal("read", "A document seen for the first time costs, ms", 2.5),
    "deposit.floor": Goal("deposit", "Deposit: CPU of one raw transaction, ×", 1.25),
    "event.p50": Goal("latency", "Commit → webhook received, median, ms", 3.0),
    "event.p99": Goal("latency", "Commit → webhook received, 99th percentile, ms", 25.0),
    "event.stream.p50": Goal("latency", "Commit → stream received, median, ms", 3.0),
    "event.stream.p99": Goal("latency", "Commit → stream received, 99th percentile, ms", 25.0),
    "apart.p50": Goal("latency", "Several processes: → webhook, median, ms", 10.0),
    "apart.p99": Goal("latency", "Several processes: → webhook, 99th percentile, ms", 50.0),
    "apart.stream.p50": Goal("latency", "Several processes: → stream, median, ms", 5.0),
    "apart.stream.p99": Goal("latency", "Several processes: → stream, 99th percentile, ms", 50.0),
    "apart.pulse": Goal("latency", "Several processes: median of the 1 s pulse, ×", 0.05),
    "drain.httpx": Goal("events", "Backlog: messages/s of httpx2, ×", 20.0, at_least=True),
    "fanout.naive": Goal("fanout", "Fan-out: time of Strawberry's, ×", 0.25),
    "fanout.memory": Goal("fanout", "Memory per subscriber, KB", 40.0),
}


@dataclass(frozen=True)
class Finding:
    """What was measured for one goal."""

    goal: str
    value: float
    spread: float = 0.0
    where: str = ""

    def verdict(self, others: float) -> Verdict:
        """Pass or miss, when the machine was quiet enough to tell.

        `others` is how many cores foreign processes took meanwhile.
        """
        if self.spread > MOST_SPREAD or others > (os.cpu_count() or 1) * MOST_OTHERS:
            return Verdict.INCONCLUSIVE
        return Verdict.PASS if GOALS[self.goal].met(self.value) else Verdict.MISS
