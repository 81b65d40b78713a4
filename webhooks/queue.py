"""The queue of deliveries: what may go is claimed under a lease, what came back is written down.

Locks are always taken in the same order: endpoints, deliveries, the head of the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from domain.clock import now
from domain.db import dialect, execute, execute_many, fetch, plain
from domain.events import transaction
from domain.ids import new_id
from domain.select import Statement
from webhooks import policy
from webhooks.models import DeliveryState, Endpoint, NextAttempt
from webhooks.outbound import ErrorKind

LAST_POSITION = (1 << 62) - 1
# Spelt as in the index: SQLite sees no other way that the index will do.
OPEN = "state IN ('PENDING', 'DELIVERING', 'HELD')"


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

    @property
    def request_id(self) -> str:
        return request_id(self.id, self.attempt)


def request_id(delivery_id: str, attempt: int) -> str:
    """The identifier of one request, sent to the receiver and kept with the attempt."""
    return f"{delivery_id}.{attempt}"


_DUE = "d.endpoint_id = e.id AND d.state = 'PENDING' AND d.next_attempt_at <= $1"
# The healthy first, then in any order: no endpoint is always the last one served.
_LANES = "ORDER BY e.consecutive_failures >= $2, random()"
_FAILING = "e.consecutive_failures >= $2"
# PostgreSQL takes from every lane in one statement. $5 tells how many requests each endpoint has
# under way: few are allowed to one that keeps failing, so that it cannot fill the worker.
_PICK = f"""
  SELECT x.id FROM
    (SELECT * FROM webhook_endpoint e WHERE e.status = 'ACTIVE' {_LANES}) e
    CROSS JOIN LATERAL (
      SELECT d.id FROM webhook_delivery d WHERE {_DUE}
      ORDER BY d.next_attempt_at, d.position
      LIMIT GREATEST(0, (CASE WHEN {_FAILING} THEN $3::int ELSE $4::int END)
        - COALESCE(($5::jsonb ->> e.id)::int, 0))
      FOR UPDATE SKIP LOCKED) x
  LIMIT $6
"""
# SQLite, whose limits know no columns, takes lane by lane.
_LANES_DUE = f"""
  SELECT e.id, {_FAILING} FROM webhook_endpoint e
  WHERE e.status = 'ACTIVE' AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE {_DUE}) {_LANES}
"""
_PICK_OF_LANE = """
  SELECT id FROM webhook_delivery
  WHERE endpoint_id = $2 AND state = 'PENDING' AND next_attempt_at <= $1
  ORDER BY next_attempt_at, position LIMIT $3
"""
_TAKEN = "id, endpoint_id, event_id, event_kind, subject_id, body, attempts, failures, replay_id"


def _claim(pick: str, lease: int) -> str:
    """The statement that takes what `pick` picks; parameters `lease` and the next describe it."""
    return f"""
      WITH picked AS MATERIALIZED ({pick})
      UPDATE webhook_delivery SET
        state = 'DELIVERING', next_attempt_at = NULL, lease_until = ${lease}, lease = ${lease + 1},
        attempts = attempts + 1
      WHERE id IN (SELECT id FROM picked)
      RETURNING {_TAKEN}
    """


async def _take(limit: int, busy: Mapping[str, int], lease: str) -> Sequence[Any]:
    site, at = policy.current(), now()
    until = at + site.lease
    few, many = site.in_flight_when_failing, site.in_flight_per_endpoint
    if dialect() == "postgres":
        bounds = (site.failing_from, few, many, json.dumps(dict(busy)), limit)
        return await fetch(_claim(_PICK, 7), at, *bounds, until, lease)
    taken: list[Any] = []
    for endpoint_id, is_failing in await fetch(_LANES_DUE, at, site.failing_from):
        room = (few if is_failing else many) - busy.get(endpoint_id, 0)
        count = min(room, limit - len(taken))
        if count > 0:
            taken += await fetch(_claim(_PICK_OF_LANE, 4), at, endpoint_id, count, until, lease)
    return taken


async def take(limit: int, busy: Mapping[str, int]) -> list[Claimed]:
    """Take up to `limit` deliveries that are due, for the time of the lease.

    `busy` tells how many requests this process has under way to each endpoint. Needs an open
    transaction; what is taken may be sent once it is committed.
    """
    lease = new_id("lea")
    rows = await _take(limit, busy, lease)
    if not rows:
        return []
    endpoints = {
        e.id: e for e in await Endpoint.filter(id__in={row["endpoint_id"] for row in rows})
    }
    return [
        Claimed(
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
        )
        for row in rows
    ]


async def anything_due() -> bool:
    """Whether a delivery is due, or was left by a worker that died. Cheap, takes no lock."""
    rows = await fetch(
        "SELECT EXISTS (SELECT 1 FROM webhook_endpoint e JOIN webhook_delivery d"
        "   ON d.endpoint_id = e.id AND d.state = 'PENDING' AND d.next_attempt_at <= $1"
        "   WHERE e.status = 'ACTIVE')"
        " OR EXISTS (SELECT 1 FROM webhook_delivery WHERE state = 'DELIVERING'"
        "   AND lease_until <= $1)",
        now(),
    )
    return bool(rows[0][0])


async def still_held(claims: Iterable[Claimed]) -> set[str]:
    """The deliveries among these whose lease nobody took over, locked until the commit."""
    leases = {claim.id: claim.lease for claim in claims}
    statement = Statement(dialect())
    mine = statement.among("id", sorted(leases))
    lock = " ORDER BY id FOR UPDATE" if statement.postgres else ""
    rows = await fetch(
        f"SELECT id, lease FROM webhook_delivery WHERE {mine} AND state = 'DELIVERING'{lock}",
        *statement.params,
    )
    return {row["id"] for row in rows if row["lease"] == leases[row["id"]]}


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
    at = now()
    statement = Statement(dialect())
    rows = _rows(
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
        f" lease_until = NULL FROM {rows} WHERE webhook_delivery.id = r.id",
        *statement.params,
    )
    closed = [(c.endpoint.id, c.subject_id) for c, s in settled if s.next_attempt_at is None]
    await let_go(closed, at)


async def let_go(queues: Iterable[tuple[str, str]], at: datetime) -> None:
    """Make the first waiting delivery of each queue due, unless an earlier one is still open."""
    distinct = sorted(set(queues))
    if not distinct:
        return
    statement = Statement(dialect())
    rows = _rows(statement, {"endpoint_id": "text", "subject_id": "text"}, distinct)
    await execute(
        f"""
        UPDATE webhook_delivery SET state = 'PENDING', next_attempt_at = {statement.value(at)}
        WHERE id IN (
          SELECT (
            SELECT h.id FROM webhook_delivery h
            WHERE h.endpoint_id = r.endpoint_id AND h.subject_id = r.subject_id
              AND h.state = 'HELD' AND h.{OPEN}
            ORDER BY h.position LIMIT 1)
          FROM {rows}
          WHERE NOT EXISTS (
            SELECT 1 FROM webhook_delivery o
            WHERE o.endpoint_id = r.endpoint_id AND o.subject_id = r.subject_id AND o.ordered
              AND o.state <> 'HELD' AND o.{OPEN}))
        """,
        *statement.params,
    )


def _rows(statement: Statement, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> str:
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
    "last_success_at", "last_failure_at", "event_count",
)  # fmt: skip
_UPDATE_HEALTH = (
    f"UPDATE webhook_endpoint SET {', '.join(f'{c} = ${n}' for n, c in enumerate(_HEALTH, 2))}"
    " WHERE id = $1"
)


async def write_health(endpoints: Iterable[Endpoint]) -> None:
    """Keep the health of endpoints that this transaction has locked."""
    rows = [(e.id, *(getattr(e, column) for column in _HEALTH)) for e in endpoints]
    await execute_many(_UPDATE_HEALTH, rows)


async def take_back(*, everything: bool = False) -> int:
    """Make the deliveries of dead workers due again; the number taken back.

    `everything` takes those with a valid lease too: for a process that knows it is alone.
    """
    at = now()
    lock = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
    async with transaction():
        rows = await fetch(
            "SELECT id, endpoint_id, attempts, lease_until FROM webhook_delivery"
            f" WHERE state = 'DELIVERING' AND lease_until <= $1 ORDER BY id LIMIT 1000{lock}",
            datetime.max.replace(tzinfo=at.tzinfo) if everything else at,
        )
        if rows:
            await write_attempts([_interrupted(row, at) for row in rows])
            await execute_many(
                "UPDATE webhook_delivery SET state = 'PENDING', next_attempt_at = $2,"
                " lease = NULL, lease_until = NULL WHERE id = $1",
                [(row["id"], at) for row in rows],
            )
    return len(rows)


def _interrupted(row: Mapping[str, Any], at: datetime) -> AttemptRow:
    return AttemptRow(
        id=new_id("wha"),
        delivery_id=row["id"],
        number=row["attempts"],
        at=at,
        latency_ms=None,
        status=None,
        error=ErrorKind.INTERRUPTED.value,
        detail="The worker stopped before it could note the answer; the message is sent again.",
        excerpt="",
        request_id=request_id(row["id"], row["attempts"]),
        next_attempt_at=at,
        next_why=NextAttempt.SCHEDULE.value,
        endpoint_id=row["endpoint_id"],
        sent=None,
    )


async def skip(endpoint_id: str, reason: str, *, upto: int = LAST_POSITION) -> int:
    """Give up the open deliveries of an endpoint, up to a position; their number.

    Those being sent at this moment end as they end.
    """
    at = now()
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


async def make_due(endpoint_id: str) -> None:
    """Bring forward every delivery of the endpoint that waits for its next attempt."""
    await execute(
        "UPDATE webhook_delivery SET next_attempt_at = $2"
        " WHERE endpoint_id = $1 AND state = 'PENDING' AND next_attempt_at > $2",
        endpoint_id,
        now(),
    )
