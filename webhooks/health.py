"""How well endpoints take their messages, and how far behind the machine is.

Attempts are counted by the hour as they are written: the figures of an endpoint cost a few rows,
however many attempts there were.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain import events
from domain.clock import real_now
from domain.db import dialect, execute, execute_many, fetch, instant_if_any, instant_of
from domain.select import Statement
from webhooks import dispatch
from webhooks.models import EndpointStatus
from webhooks.queue import OPEN, UNWRITTEN
from webhooks.writing import SPENT_SINCE

DAY = timedelta(hours=24)
KEPT = timedelta(days=8)
MOST_COUNTED = 10_000
# The periodic action whose turn tells that a worker lives.
HEARTBEAT = "deadlines"
# The classes of latencies, each by its upper bound in milliseconds.
CLASSES = (
    1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700,
    1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 10_000, 15_000, 30_000, 60_000,
)  # fmt: skip


class Tallied(StrEnum):
    """What is counted. A delivery given up is counted beside its last failed attempt."""

    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    EXHAUSTED = "EXHAUSTED"


class Tried(NamedTuple):
    """What matters of one attempt."""

    endpoint_id: str
    latency_ms: int
    succeeded: bool
    exhausted: bool


@dataclass(frozen=True)
class Failure:
    """The last attempt that did not count."""

    at: datetime
    status: int | None
    error: str
    excerpt: str


class _Waiting(NamedTuple):
    """What waits of one endpoint."""

    messages: int
    oldest: datetime | None
    unwritten: int
    spent_since: datetime | None


@dataclass(frozen=True)
class Health:
    """The figures of one endpoint over the last 24 hours, to the hour, and what waits now."""

    attempts: int
    delivered: int
    exhausted: int
    p50_ms: int | None
    p95_ms: int | None
    last_failure: Failure | None
    pending: int
    oldest_pending_at: datetime | None
    # Those among them whose document is still to be run, and since when the budget keeps it.
    unwritten: int
    budget_spent_since: datetime | None

    @property
    def lag_seconds(self) -> int:
        """How long the oldest waiting message has waited."""
        return _seconds_since(self.oldest_pending_at)


def latency_class(latency_ms: int) -> int:
    """The class of a latency; the last one also holds whatever is longer."""
    return min(bisect_left(CLASSES, latency_ms), len(CLASSES) - 1)


def percentile(classes: Mapping[int, int], share: float) -> int | None:
    """The latency that this share of the attempts did not exceed, rounded up to its class."""
    wanted, seen = share * sum(classes.values()), 0
    for number in sorted(classes):
        seen += classes[number]
        if seen >= wanted:
            return CLASSES[number]
    return None


async def tally(tried: Iterable[Tried]) -> None:
    """Count attempts, in the transaction that writes them. Their endpoints are locked."""
    hour = real_now().replace(minute=0, second=0, microsecond=0)
    counts: Counter[tuple[str, datetime, str, int]] = Counter()
    for one in tried:
        outcome = Tallied.DELIVERED if one.succeeded else Tallied.FAILED
        counts[one.endpoint_id, hour, outcome.value, latency_class(one.latency_ms)] += 1
        if one.exhausted:
            counts[one.endpoint_id, hour, Tallied.EXHAUSTED.value, 0] += 1
    if counts:
        await execute_many(
            "INSERT INTO webhook_tally (endpoint_id, hour, outcome, latency_class, count)"
            " VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (endpoint_id, hour, outcome, latency_class)"
            " DO UPDATE SET count = webhook_tally.count + excluded.count",
            [(*key, count) for key, count in counts.items()],
        )


async def forget_old() -> int:
    """Forget the counts of days that nobody asks about any more."""
    async with events.transaction():
        return await execute("DELETE FROM webhook_tally WHERE hour < $1", real_now() - KEPT)


async def figures(endpoint_ids: Sequence[str]) -> list[Health]:
    """The health of endpoints: three statements, whatever their number."""
    counts = await _counts(endpoint_ids)
    failures = await _failures(endpoint_ids)
    waiting = await _waiting(endpoint_ids)
    return [_health(counts[e], failures.get(e), waiting[e]) for e in endpoint_ids]


def _health(
    counts: Mapping[tuple[str, int], int],
    failure: Failure | None,
    waiting: _Waiting,
) -> Health:
    by_outcome: Counter[str] = Counter()
    classes: Counter[int] = Counter()
    for (outcome, number), count in counts.items():
        by_outcome[outcome] += count
        if outcome != Tallied.EXHAUSTED:
            classes[number] += count
    return Health(
        attempts=classes.total(),
        delivered=by_outcome[Tallied.DELIVERED],
        exhausted=by_outcome[Tallied.EXHAUSTED],
        p50_ms=percentile(classes, 0.50),
        p95_ms=percentile(classes, 0.95),
        last_failure=failure,
        pending=waiting.messages,
        oldest_pending_at=waiting.oldest,
        unwritten=waiting.unwritten,
        budget_spent_since=waiting.spent_since if waiting.unwritten else None,
    )


async def _counts(ids: Sequence[str]) -> Mapping[str, Mapping[tuple[str, int], int]]:
    statement = Statement(dialect())
    of_endpoints = statement.among("endpoint_id", ids)
    since = statement.value(real_now() - DAY)
    rows = await fetch(
        "SELECT endpoint_id, outcome, latency_class, SUM(count) AS count FROM webhook_tally"
        f" WHERE {of_endpoints} AND hour > {since} GROUP BY endpoint_id, outcome, latency_class",
        *statement.params,
    )
    found: defaultdict[str, dict[tuple[str, int], int]] = defaultdict(dict)
    for endpoint_id, outcome, number, count in rows:
        found[endpoint_id][outcome, number] = int(count)
    return found


async def _failures(ids: Sequence[str]) -> Mapping[str, Failure]:
    statement = Statement(dialect())
    rows = await fetch(
        "SELECT endpoint_id, at, status, error, excerpt FROM webhook_attempt WHERE id IN ("
        " SELECT (SELECT a.id FROM webhook_attempt a WHERE a.endpoint_id = p.k"
        "   AND a.error <> 'INTERRUPTED' ORDER BY a.at DESC, a.id DESC LIMIT 1)"
        f" FROM {statement.keys(list(ids))})",
        *statement.params,
    )
    return {row[0]: Failure(instant_of(row[1]), row[2], row[3], row[4]) for row in rows}


async def _waiting(ids: Sequence[str]) -> Mapping[str, _Waiting]:
    """How many messages wait, and since when; a replay makes nothing old that it sends again."""
    statement = Statement(dialect())
    statement.value(real_now())
    rows = await fetch(
        "SELECT p.k, (SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery d"
        f" WHERE d.endpoint_id = p.k AND d.{OPEN} LIMIT {MOST_COUNTED}) c),"
        " (SELECT d.created_at FROM webhook_delivery d WHERE d.endpoint_id = p.k"
        f"  AND d.{OPEN} AND d.replay_id IS NULL ORDER BY d.created_at LIMIT 1),"
        " (SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery d"
        f" WHERE d.endpoint_id = p.k AND d.{UNWRITTEN} LIMIT {MOST_COUNTED}) c),"
        f" (SELECT {SPENT_SINCE} FROM webhook_document_budget b JOIN webhook_endpoint e"
        "  ON e.structure_id = b.structure_id WHERE e.id = p.k)"
        f" FROM {statement.keys(list(ids))}",
        *statement.params,
    )
    return {
        row[0]: _Waiting(row[1], instant_if_any(row[2]), row[3], instant_if_any(row[4]))
        for row in rows
    }


@dataclass(frozen=True)
class SystemStatus:
    """How far the machine is, over all endpoints."""

    log_position: int
    dispatched_position: int
    dispatch_lag_seconds: int
    workers_silent_seconds: int
    oldest_pending_seconds: int
    deliveries_pending: int
    endpoints: Mapping[str, int]


async def lag_seconds() -> int:
    """How long the machine has left its own work undone, whatever receivers do.

    An endpoint that is slow or away makes messages wait, never this figure grow.
    """
    return max(await _dispatch_lag(), await _silence())


async def system_status() -> SystemStatus:
    """What an operator wants to see first when something does not arrive."""
    rows = await fetch(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery WHERE {OPEN} LIMIT {MOST_COUNTED}) c"
    )
    by_status = await fetch("SELECT status, COUNT(*) FROM webhook_endpoint GROUP BY status")
    return SystemStatus(
        log_position=await events.head(),
        dispatched_position=await dispatch.position(),
        dispatch_lag_seconds=await _dispatch_lag(),
        workers_silent_seconds=await _silence(),
        oldest_pending_seconds=_seconds_since(await _oldest_of_all()),
        deliveries_pending=rows[0][0],
        endpoints={row[0]: row[1] for row in by_status},
    )


async def _dispatch_lag() -> int:
    """How long the first event that is not dispatched has been in the log."""
    following = await events.after(await dispatch.position(), limit=1)
    return _seconds_since(following[0].recorded_at) if following else 0


_SENT_TO = f"e.status IN ('{EndpointStatus.ACTIVE}', '{EndpointStatus.DEGRADED}')"


async def _silence() -> int:
    """How long the workers have left a turn that comes every few seconds."""
    rows = await fetch("SELECT due_at FROM webhook_turn WHERE name = $1", HEARTBEAT)
    return _seconds_since(instant_of(rows[0][0])) if rows else 0


async def _oldest_of_all() -> datetime | None:
    rows = await fetch(
        "SELECT MIN((SELECT d.created_at FROM webhook_delivery d WHERE d.endpoint_id = e.id"
        f" AND d.{OPEN} AND d.replay_id IS NULL ORDER BY d.created_at LIMIT 1))"
        f" FROM webhook_endpoint e WHERE {_SENT_TO}"
    )
    return instant_if_any(rows[0][0])


def _seconds_since(at: datetime | None) -> int:
    return 0 if at is None else max(0, int((real_now() - at).total_seconds()))
