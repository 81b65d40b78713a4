"""The queue of deliveries: what may go is claimed under a lease, what came back is written down.

Locks are always taken in the same order: the bookmark of the dispatcher or the budget of a
structure, endpoints, deliveries, the head of the log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from domain.clock import real_now
from domain.db import dialect, execute, execute_many, fetch, instant_if_any, plain
from domain.ids import new_id
from domain.select import Statement
from webhooks import limits, policy
from webhooks.limits import Lane
from webhooks.models import DeliveryState, Endpoint, EndpointStatus, NextAttempt
from webhooks.outbound import ErrorKind
from webhooks.policy import Policy

LAST_POSITION = (1 << 62) - 1
# Spelt as in the index: SQLite sees no other way that the index will do.
OPEN = "state IN ('PENDING', 'DELIVERING', 'HELD')"
# Held until a document was run for its body: see `writing.py`. Spelt as in the index, too.
UNWRITTEN = "state = 'HELD' AND body = ''"
# The order in which several deliveries are locked: whoever ends those that go then lets go what
# waits behind them, which may be older than they are.
LOCKING = " ORDER BY state = 'HELD', id FOR UPDATE"
_LOST = "state = 'DELIVERING' AND lease_until <= $1"
_LOST_BATCH = 200
# The oldest first, also for the sake of SQLite: see `_UNDER_WAY`.
_LOST_TO = (
    "SELECT DISTINCT endpoint_id FROM (SELECT endpoint_id FROM webhook_delivery"
    f" WHERE {_LOST} ORDER BY lease_until LIMIT {_LOST_BATCH}) l"
)


@dataclass(frozen=True)
class Claimed:
    """A delivery that this worker holds until `lease_until`."""

    id: str
    endpoint: Endpoint
    event_id: str
    event_kind: str
    subject_id: str
    body: bytes
    attempt: int
    failures: int
    lease: str
    replay_id: str | None
    lease_until: datetime

    @property
    def is_probe(self) -> bool:
        """Whether it was taken to see if a degraded endpoint takes messages again."""
        return self.endpoint.status == EndpointStatus.DEGRADED

    @property
    def request_id(self) -> str:
        return request_id(self.id, self.attempt)


def request_id(delivery_id: str, attempt: int) -> str:
    """The identifier of one request, sent to the receiver and kept with the attempt."""
    return f"{delivery_id}.{attempt}"


# How soon to look again at an endpoint that another process was just counting.
SOON = timedelta(milliseconds=50)

_DUE = (
    "EXISTS (SELECT 1 FROM webhook_delivery d"
    " WHERE d.endpoint_id = e.id AND d.state = 'PENDING' AND d.next_attempt_at <= $1)"
)
_OPEN_TO = "e.status IN ('ACTIVE', 'DEGRADED') AND (e.not_before IS NULL OR e.not_before <= $1)"
# The healthy first, then in any order: no endpoint is always the last one served.
_LANES = f"""
  SELECT e.id, e.status, e.consecutive_failures, e.max_rate, e.max_concurrency, e.rate_used_until
  FROM webhook_endpoint e WHERE {_OPEN_TO} AND {_DUE}
  ORDER BY e.consecutive_failures >= $2, random()
"""
# Grouped by an expression: by the column, SQLite walks all that was ever sent, in its order.
_UNDER_WAY = (
    "SELECT MIN(endpoint_id), COUNT(*) FROM webhook_delivery WHERE state = 'DELIVERING'"
    " GROUP BY endpoint_id || ''"
)
_OLDEST_DUE = """
  SELECT d.id FROM webhook_delivery d
  WHERE d.endpoint_id = {endpoint} AND d.state = 'PENDING' AND d.next_attempt_at <= $1
  ORDER BY d.next_attempt_at, d.position LIMIT {count}
"""
_CLAIM = """
  WITH picked AS MATERIALIZED ({pick})
  UPDATE webhook_delivery SET
    state = 'DELIVERING', next_attempt_at = NULL, lease_until = $2, lease = $3,
    attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, $1)
  WHERE id IN (SELECT id FROM picked)
  RETURNING id, endpoint_id, event_id, event_kind, subject_id, body, attempts, failures,
    replay_id
"""
# PostgreSQL takes from every lane in one statement.
_CLAIM_LANES = _CLAIM.format(
    pick=f"""
    SELECT x.id FROM unnest($4::text[], $5::int[]) AS r (endpoint_id, share)
    CROSS JOIN LATERAL (
      {_OLDEST_DUE.format(endpoint="r.endpoint_id", count="r.share")} FOR UPDATE SKIP LOCKED) x
    """
)
# SQLite, whose limits know no columns, takes lane by lane.
_CLAIM_LANE = _CLAIM.format(pick=_OLDEST_DUE.format(endpoint="$4", count="$5"))


@dataclass(frozen=True)
class Taken:
    """What a process got of the queue, and when it is worth its while to come back."""

    claims: Sequence[Claimed] = ()
    # More is due that only the number asked for left behind.
    more: bool = False
    # A limit lets something go then.
    again_at: datetime | None = None


async def take(limit: int, busy: Mapping[str, int]) -> Taken:
    """Take up to `limit` deliveries that are due, for the time of the lease.

    `busy` tells how many requests this process has under way to each endpoint. Needs an open
    transaction; what is taken may be sent once it is committed.
    """
    site, at = policy.current(), real_now()
    lanes = await _lanes(at, site)
    used = sum(busy.values())
    rooms = {
        lane.endpoint_id: room
        for lane in lanes
        if (room := limits.places(lane, busy.get(lane.endpoint_id, 0), used, site))
    }
    shared = [lane for lane in lanes if lane.is_shared and lane.endpoint_id in rooms]
    again_at = await _narrow(rooms, shared, at) if shared else None
    given = dict(zip(rooms, limits.shares(list(rooms.values()), limit), strict=True))
    claims = await _claim({lane: share for lane, share in given.items() if share}, at, site)
    taken = Counter(claim.endpoint.id for claim in claims)
    await _use_up([lane for lane in shared if taken[lane.endpoint_id]], taken, at, site)
    more = any(taken[lane] == share < rooms[lane] for lane, share in given.items())
    return Taken(claims, more, again_at)


async def _lanes(at: datetime, site: Policy) -> list[Lane]:
    return [_lane(row) for row in await fetch(_LANES, at, site.failing_from)]


def _lane(row: Any) -> Lane:
    return Lane(
        endpoint_id=row["id"],
        is_degraded=row["status"] == EndpointStatus.DEGRADED.value,
        failures=row["consecutive_failures"],
        max_rate=row["max_rate"],
        max_concurrency=row["max_concurrency"],
        rate_used_until=instant_if_any(row["rate_used_until"]),
    )


async def _narrow(rooms: dict[str, int], shared: Sequence[Lane], at: datetime) -> datetime | None:
    """Cut the rooms to the limits that all processes share; when a cut one opens, if known.

    The rows of those endpoints stay locked until the commit. One that another process has
    locked is left to it for the moment.
    """
    locked = await _lock_lanes([lane.endpoint_id for lane in shared], at)
    under_way = {row[0]: row[1] for row in await fetch(_UNDER_WAY)}
    again: list[datetime] = []
    for known in shared:
        name = known.endpoint_id
        lane = locked.get(name)
        if lane is None:
            rooms[name] = 0
            again.append(at + SOON)
            continue
        rooms[name] = min(rooms[name], limits.shared_places(lane, under_way.get(name, 0), at))
        if slot := limits.next_slot(lane, at):
            again.append(slot)
    return min(again, default=None)


async def _lock_lanes(ids: Sequence[str], at: datetime) -> dict[str, Lane]:
    statement = Statement(dialect())
    statement.value(at)
    among = statement.among("e.id", ids)
    lock = " FOR NO KEY UPDATE SKIP LOCKED" if statement.postgres else ""
    rows = await fetch(
        f"SELECT e.* FROM webhook_endpoint e WHERE {_OPEN_TO} AND {among}{lock}",
        *statement.params,
    )
    return {row["id"]: _lane(row) for row in rows}


async def _claim(given: Mapping[str, int], at: datetime, site: Policy) -> list[Claimed]:
    """Take so many of what is due to each endpoint."""
    if not given:
        return []
    lease, until = new_id("lea"), at + site.lease
    if dialect() == "postgres":
        rows = await fetch(_CLAIM_LANES, at, until, lease, list(given), list(given.values()))
    else:
        rows = [
            row
            for lane, share in given.items()
            for row in await fetch(_CLAIM_LANE, at, until, lease, lane, share)
        ]
    found = await Endpoint.filter(id__in={row["endpoint_id"] for row in rows}) if rows else []
    endpoints = {endpoint.id: endpoint for endpoint in found}
    return [_claimed(row, endpoints, lease, until) for row in rows]


def _claimed(row: Any, endpoints: Mapping[str, Endpoint], lease: str, until: datetime) -> Claimed:
    return Claimed(
        id=row["id"],
        endpoint=endpoints[row["endpoint_id"]],
        event_id=row["event_id"],
        event_kind=row["event_kind"],
        subject_id=row["subject_id"],
        body=row["body"].encode(),
        attempt=row["attempts"],
        failures=row["failures"],
        lease=lease,
        replay_id=row["replay_id"],
        lease_until=until,
    )


async def _use_up(
    lanes: Sequence[Lane], taken: Mapping[str, int], at: datetime, site: Policy
) -> None:
    """Note what was taken of shared limits: the slots of a rate, the probe of this minute."""
    for lane in lanes:
        if lane.is_degraded:
            await execute(
                "UPDATE webhook_endpoint SET not_before = $2 WHERE id = $1",
                lane.endpoint_id,
                at + site.probe_every,
            )
        if lane.max_rate is not None:
            await execute(
                "UPDATE webhook_endpoint SET rate_used_until = $2 WHERE id = $1",
                lane.endpoint_id,
                limits.rate_used_until(lane, taken[lane.endpoint_id], at),
            )


async def anything_due() -> bool:
    """Whether a delivery is due, or was left by a worker that died. Cheap, takes no lock."""
    rows = await fetch(
        f"SELECT EXISTS (SELECT 1 FROM webhook_endpoint e WHERE {_OPEN_TO} AND {_DUE})"
        " OR EXISTS (SELECT 1 FROM webhook_delivery WHERE state = 'DELIVERING'"
        "   AND lease_until <= $1)",
        real_now(),
    )
    return bool(rows[0][0])


async def still_held(claims: Iterable[Claimed]) -> set[tuple[str, str]]:
    """The (delivery, lease) pairs among these that nobody took over, locked until the commit.

    One process may hold two claims of one delivery: it stood still, and took it again.
    """
    held = {(claim.id, claim.lease) for claim in claims}
    statement = Statement(dialect())
    mine = statement.among("id", sorted({name for name, _ in held}))
    lock = LOCKING if statement.postgres else ""
    rows = await fetch(
        f"SELECT id, lease FROM webhook_delivery WHERE {mine} AND state = 'DELIVERING'{lock}",
        *statement.params,
    )
    return held & {(row["id"], row["lease"]) for row in rows}


async def lock_endpoints(ids: Iterable[str]) -> dict[str, Endpoint]:
    """The endpoints as they are now, locked until the commit."""
    found = Endpoint.filter(id__in=set(ids)).order_by("id")
    if dialect() == "postgres":
        found = found.select_for_update(no_key=True)
    return {endpoint.id: endpoint for endpoint in await found}


@dataclass(frozen=True)
class Settlement:
    """The new state of one delivery after an attempt."""

    state: DeliveryState
    failures: int
    next_attempt_at: datetime | None
    why: NextAttempt


async def write_settlements(settled: Sequence[tuple[Claimed, Settlement]]) -> None:
    """Write the new states, and let the next delivery of each closed queue go."""
    at = real_now()
    statement = Statement(dialect())
    rows = rows_of(
        statement,
        {
            "id": "text",
            "state": "text",
            "failures": "int",
            "next_at": "timestamptz",
            "finished_at": "timestamptz",
        },
        [
            (c.id, s.state.value, s.failures, s.next_attempt_at, None if s.next_attempt_at else at)
            for c, s in settled
        ],
    )
    await execute(
        "UPDATE webhook_delivery SET state = r.state, failures = r.failures,"
        " next_attempt_at = r.next_at, finished_at = r.finished_at, lease = NULL,"
        " first_attempt_at = CASE WHEN r.finished_at IS NULL THEN first_attempt_at END,"
        f" lease_until = NULL FROM {rows} WHERE webhook_delivery.id = r.id",
        *statement.params,
    )
    closed = [(c.endpoint.id, c.subject_id) for c, s in settled if s.next_attempt_at is None]
    await let_go(closed, at)


async def let_go(queues: Iterable[tuple[str, str]], at: datetime) -> None:
    """Make the first waiting delivery of each queue due, unless an earlier one is still open.

    One whose body is not written yet holds its queue: who writes it lets it go.
    """
    distinct = sorted(set(queues))
    if not distinct:
        return
    statement = Statement(dialect())
    rows = rows_of(statement, {"endpoint_id": "text", "subject_id": "text"}, distinct)
    await execute(
        f"""
        UPDATE webhook_delivery SET state = 'PENDING', next_attempt_at = {statement.value(at)}
        WHERE id IN (
          SELECT (
            SELECT h.id FROM webhook_delivery h
            WHERE h.endpoint_id = r.endpoint_id AND h.subject_id = r.subject_id
              AND h.state = 'HELD' AND h.{OPEN} AND h.ordered
            ORDER BY h.position LIMIT 1)
          FROM {rows}
          WHERE NOT EXISTS (
            SELECT 1 FROM webhook_delivery o
            WHERE o.endpoint_id = r.endpoint_id AND o.subject_id = r.subject_id AND o.ordered
              AND o.state <> 'HELD' AND o.{OPEN}))
          AND body <> ''
        """,
        *statement.params,
    )


async def lock_open(endpoint_ids: Sequence[str], subjects: Collection[str]) -> set[tuple[str, str]]:
    """The (endpoint, subject) pairs among these in which a delivery is open, its rows locked.

    A worker that is about to close one of them waits, and then finds what was added or written.
    """
    if not endpoint_ids:
        return set()
    statement = Statement(dialect())
    of_endpoints = statement.among("endpoint_id", endpoint_ids)
    of_subjects = statement.among("subject_id", set(subjects))
    lock = LOCKING if statement.postgres else ""
    rows = await fetch(
        f"SELECT endpoint_id, subject_id FROM webhook_delivery WHERE {OPEN} AND ordered"
        f" AND {of_endpoints} AND {of_subjects}{lock}",
        *statement.params,
    )
    return {(row[0], row[1]) for row in rows}


def rows_of(statement: Statement, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> str:
    """A source of rows `r` holding these values, in one statement whatever their number."""
    if statement.postgres:
        arrays = []
        for place, kind in enumerate(columns.values()):
            statement.params.append([row[place] for row in rows])
            arrays.append(f"${len(statement.params)}::{kind}[]")
        return f"unnest({', '.join(arrays)}) AS r({', '.join(columns)})"
    text = statement.value(json.dumps([[plain(value) for value in row] for row in rows]))
    cells = ", ".join(f"json_extract(value, '$[{n}]') AS {name}" for n, name in enumerate(columns))
    return f"(SELECT {cells} FROM json_each({text})) AS r"


class AttemptRow(NamedTuple):
    """A row of `webhook_attempt`: thousands a second may be written, a model for each is dear."""

    id: str
    delivery_id: str
    number: int
    at: datetime
    latency_ms: int | None
    status: int | None
    error: str | None
    detail: str | None
    excerpt: str
    request_id: str
    next_attempt_at: datetime | None
    next_why: str
    endpoint_id: str
    sent: str | None


_INSERT_ATTEMPT = (
    f"INSERT INTO webhook_attempt ({', '.join(AttemptRow._fields)})"
    f" VALUES ({', '.join(f'${n}' for n in range(1, len(AttemptRow._fields) + 1))})"
)


async def write_attempts(attempts: Sequence[AttemptRow]) -> None:
    """Keep what was tried."""
    await execute_many(_INSERT_ATTEMPT, attempts)


# What an attempt changes of its endpoint.
_HEALTH = (
    "status", "paused_reason", "paused_at", "consecutive_failures", "failing_since",
    "last_success_at", "last_failure_at", "event_count", "degraded_at", "not_before", "recent",
)  # fmt: skip
_UPDATE_HEALTH = (
    f"UPDATE webhook_endpoint SET {', '.join(f'{c} = ${n}' for n, c in enumerate(_HEALTH, 2))}"
    " WHERE id = $1"
)


async def write_health(endpoints: Iterable[Endpoint]) -> None:
    """Keep the health of endpoints that this transaction has locked."""
    rows = [(e.id, *(getattr(e, column) for column in _HEALTH)) for e in endpoints]
    await execute_many(_UPDATE_HEALTH, rows)


async def endpoints_of_lost(until: datetime) -> list[str]:
    """The endpoints with a delivery whose lease ended at that moment. Takes no lock."""
    return [row[0] for row in await fetch(_LOST_TO, until)]


async def lost(endpoints: Mapping[str, Endpoint], until: datetime) -> list[Claimed]:
    """The deliveries to these locked endpoints that no worker holds any more, locked too.

    Without their bodies: nothing is sent.
    """
    statement = Statement(dialect())
    statement.value(until)
    theirs = statement.among("endpoint_id", sorted(endpoints))
    lock = " FOR UPDATE SKIP LOCKED" if statement.postgres else ""
    rows = await fetch(
        "SELECT id, endpoint_id, event_id, event_kind, subject_id, '' AS body, attempts, failures,"
        " replay_id, lease FROM webhook_delivery"
        f" WHERE {_LOST} AND {theirs} ORDER BY id LIMIT {_LOST_BATCH}{lock}",
        *statement.params,
    )
    return [_claimed(row, endpoints, row["lease"], until) for row in rows]


async def skip(endpoint_id: str, reason: str, *, upto: int = LAST_POSITION) -> int:
    """Give up the open deliveries of an endpoint, up to a position; their number.

    Those being sent at this moment end as they end.
    """
    at = real_now()
    condition = "endpoint_id = $1 AND state IN ('PENDING', 'HELD') AND position <= $2"
    rows = await fetch(
        f"SELECT DISTINCT subject_id FROM webhook_delivery WHERE {condition}", endpoint_id, upto
    )
    skipped = await execute(
        "UPDATE webhook_delivery SET state = 'SKIPPED', skip_reason = $3, finished_at = $4,"
        f" next_attempt_at = NULL WHERE {condition}",
        endpoint_id,
        upto,
        reason,
        at,
    )
    await let_go([(endpoint_id, row[0]) for row in rows], at)
    return skipped


async def give_up(delivery_id: str, reason: str) -> bool:
    """Give up one delivery that waits for its next attempt, if it still does."""
    return bool(
        await execute(
            "UPDATE webhook_delivery SET state = 'SKIPPED', skip_reason = $2, finished_at = $3,"
            " next_attempt_at = NULL WHERE id = $1 AND state = 'PENDING'",
            delivery_id,
            reason,
            real_now(),
        )
    )


async def count_anew(endpoint_id: str) -> None:
    """Forget how long the waiting deliveries have been tried: the endpoint was not there."""
    await execute(
        "UPDATE webhook_delivery SET first_attempt_at = NULL"
        " WHERE endpoint_id = $1 AND state = 'PENDING' AND first_attempt_at IS NOT NULL",
        endpoint_id,
    )


async def count_anew_if_unanswered(delivery_ids: Iterable[str]) -> None:
    """The same for deliveries of which every attempt was interrupted: no receiver is to blame."""
    await execute_many(
        "UPDATE webhook_delivery SET first_attempt_at = NULL WHERE id = $1 AND NOT EXISTS"
        " (SELECT 1 FROM webhook_attempt a WHERE a.delivery_id = $1 AND a.error <> $2)",
        [(one, ErrorKind.INTERRUPTED.value) for one in delivery_ids],
    )


async def make_due(endpoint_id: str) -> None:
    """Bring forward every delivery of the endpoint that waits for its next attempt."""
    await execute(
        "UPDATE webhook_delivery SET next_attempt_at = $2"
        " WHERE endpoint_id = $1 AND state = 'PENDING' AND next_attempt_at > $2",
        endpoint_id,
        real_now(),
    )
