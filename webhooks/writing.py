"""Bodies that need a document: it is run within the budget of its structure, then they are let go.

One process at a time writes for a structure, under a lease, one document after the other: what a
structure's documents take, its own messages wait for, and no other's. What a process that died
left is written by the next: at worst a document is run twice, never a message sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import events
from domain.clock import real_now
from domain.db import dialect, execute, execute_many, fetch, instant_if_any
from domain.events import Event
from domain.ids import new_id
from webhooks import budget, documents, life, policy, queue
from webhooks.documents import Answer, Asked, Result
from webhooks.models import Endpoint, EndpointStatus, Ordering
from webhooks.payloads import body_for
from webhooks.queue import UNWRITTEN

# Structures for which one process writes at once.
SIDE_BY_SIDE = 8
# A turn ends after so many events, or so long: what is written is not kept waiting.
EVENTS = 50
TURN = timedelta(seconds=2)
# Longer than a turn and its last document, unless the site lets one take longer than this.
LEASE = timedelta(seconds=30)
# So old, and the owner is told.
LATE = timedelta(minutes=5)

# At $1. What was given back since holds nobody any more, whatever was noted then.
SPENT_SINCE = "CASE WHEN used_until > $1 THEN spent_since END"
# What is paused is not written: it would spend the budget of those who listen.
_LISTENING = """
  endpoint_id IN (SELECT id FROM webhook_endpoint WHERE structure_id = {0} AND status <> 'PAUSED')
"""
_HAS_UNWRITTEN = f"EXISTS (SELECT 1 FROM webhook_delivery WHERE endpoint_id = e.id AND {UNWRITTEN})"
# By how much each has left: who takes little is never behind who takes a lot. Those too that are
# still said to be late though nothing is left to write, so that they are told.
_READY = f"""
  SELECT e.structure_id FROM webhook_endpoint e
  LEFT JOIN webhook_document_budget b ON b.structure_id = e.structure_id
  WHERE (b.lease_until IS NULL OR b.lease_until <= $1) AND (
    (e.status <> 'PAUSED' AND {_HAS_UNWRITTEN}
      AND ($3 OR b.used_until IS NULL OR b.used_until < $2))
    OR (e.documents_late_since IS NOT NULL AND e.status <> 'DELETED' AND NOT {_HAS_UNWRITTEN}))
  GROUP BY e.structure_id, b.used_until
  ORDER BY b.used_until IS NOT NULL, b.used_until
"""
_TAKE = """
  UPDATE webhook_document_budget SET lease = $2, lease_until = $4
  WHERE structure_id = $1 AND (lease_until IS NULL OR lease_until <= $3)
  RETURNING used_until
"""
# Whole events: their documents are run once, whatever the number of endpoints.
_OLDEST = f"""
  SELECT id, endpoint_id, position, subject_id FROM webhook_delivery
  WHERE structure_id = $1 AND {UNWRITTEN} AND {_LISTENING.format("$1")} AND event_id IN (
    SELECT event_id FROM webhook_delivery
    WHERE structure_id = $1 AND {UNWRITTEN} AND {_LISTENING.format("$1")}
    ORDER BY created_at, position LIMIT {EVENTS})
  ORDER BY created_at, position, id
"""
_AT_WILL = f"""
  SELECT id FROM webhook_delivery WHERE structure_id = $1 AND {UNWRITTEN} AND NOT ordered
"""
_WRITE = f"UPDATE webhook_delivery SET body = $2 WHERE id = $1 AND {UNWRITTEN}"
_GO = """
  UPDATE webhook_delivery SET state = 'PENDING', next_attempt_at = $2
  WHERE id = $1 AND state = 'HELD' AND body <> ''
"""
_SETTLE = f"""
  UPDATE webhook_document_budget SET used_until = $4,
    spent_since = CASE
      WHEN NOT EXISTS (SELECT 1 FROM webhook_delivery
        WHERE structure_id = $2 AND {UNWRITTEN} AND {_LISTENING.format("$2")}) THEN NULL
      WHEN $5 THEN COALESCE({SPENT_SINCE}, $1)
      ELSE spent_since END,
    lease = NULLIF(lease, $3),
    lease_until = CASE WHEN lease <> $3 THEN lease_until END
  WHERE structure_id = $2
"""
_GIVE_BACK = """
  UPDATE webhook_document_budget SET lease = NULL, lease_until = NULL
  WHERE structure_id = $1 AND lease = $2
"""
_WAITING = f"""
  SELECT e.id, e.documents_late_since, {SPENT_SINCE} AS spent_since, (
    SELECT d.created_at FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.{UNWRITTEN}
    ORDER BY d.created_at LIMIT 1) AS oldest
  FROM webhook_document_budget b JOIN webhook_endpoint e ON e.structure_id = b.structure_id
  WHERE b.structure_id = $2 AND e.status <> 'DELETED'
"""


async def ready() -> list[str]:
    """The structures for which something may be written now. Cheap, takes no lock."""
    at, site = real_now(), policy.current()
    unbounded = not site.document_seconds_per_minute
    return [row[0] for row in await fetch(_READY, at, at + budget.PERIOD, unbounded)]


async def turn(structure_id: str) -> int:
    """Write the oldest bodies of a structure until its turn or its budget ends; their number.

    Raises:
        Unavailable: the database is away; nothing is lost.
    """
    lease = new_id("lea")
    taken, used_until = await _take(structure_id, lease)
    if not taken:
        return 0
    try:
        return await _write_some(structure_id, lease, used_until)
    except BaseException:
        async with events.transaction():
            await execute(_GIVE_BACK, structure_id, lease)
        raise


async def spent_since(structure_id: str) -> datetime | None:
    """Since when messages of the structure wait for the budget of its documents."""
    rows = await fetch(
        f"SELECT {SPENT_SINCE} FROM webhook_document_budget WHERE structure_id = $2",
        real_now(),
        structure_id,
    )
    return instant_if_any(rows[0][0]) if rows else None


async def take_back() -> None:
    """Forget every lease: no other process works on this database."""
    async with events.transaction():
        await execute("UPDATE webhook_document_budget SET lease = NULL, lease_until = NULL")


async def _take(structure_id: str, lease: str) -> tuple[bool, datetime | None]:
    """Whether this process may write for the structure, and what is used of its budget."""
    at = real_now()
    async with events.transaction():
        await execute(
            "INSERT INTO webhook_document_budget (structure_id) VALUES ($1) ON CONFLICT DO NOTHING",
            structure_id,
        )
        rows = await fetch(_TAKE, structure_id, lease, at, at + LEASE)
    return bool(rows), instant_if_any(rows[0][0]) if rows else None


@dataclass(frozen=True)
class _Run:
    """What documents answered, and how long they took."""

    answers: Mapping[Asked, Answer]
    took: timedelta


async def _write_some(structure_id: str, lease: str, used_until: datetime | None) -> int:
    rows = await fetch(_OLDEST, structure_id)
    told = {event.position: event for event in await events.at([row["position"] for row in rows])}
    endpoints = await Endpoint.filter(id__in={row["endpoint_id"] for row in rows}) if rows else []
    known = {endpoint.id: endpoint for endpoint in endpoints}
    asked = {
        question: told[row["position"]]
        for row in rows
        if (question := documents.asked_by(known[row["endpoint_id"]], told[row["position"]]))
    }
    run = await _run(asked, used_until)
    written = await _settle(structure_id, lease, rows, told, run)
    await _tell_lateness(structure_id)
    return written


async def _run(asked: Mapping[Asked, Event], used_until: datetime | None) -> _Run:
    """Run documents one by one, outside any transaction, while time is left for another."""
    site = policy.current()
    began = at = real_now()
    answers: dict[Asked, Answer] = {}
    for question, event in asked.items():
        used = budget.after(used_until, at - began, began, site.document_seconds_per_minute)
        if at - began > TURN or budget.is_spent(used, at, site.document_seconds_per_minute):
            break
        answers[question] = await documents.answer_of(question, event)
        at = max(at, real_now())
    return _Run(answers, at - began)


async def _settle(
    structure_id: str, lease: str, rows: Sequence[Any], told: Mapping[int, Event], run: _Run
) -> int:
    """Write what can be written, let it go, charge the structure and leave it to others; how many
    were written.
    """
    async with events.transaction():
        # The budget is locked first, as what is taken before endpoints: see `queue.py`.
        used_until = await _used_until(structure_id)
        endpoints = await queue.lock_endpoints({row["endpoint_id"] for row in rows})
        await queue.lock_open(sorted(endpoints), {row["subject_id"] for row in rows})
        # Read now: while documents ran, one may have been sent again, out of its queue.
        free = {row["id"] for row in await fetch(_AT_WILL, structure_id)}
        results: dict[str, list[Result]] = {}
        bodies, in_order, at_will = [], [], []
        for row in rows:
            endpoint, event = endpoints[row["endpoint_id"]], told[row["position"]]
            question = documents.asked_by(endpoint, event)
            answer = run.answers.get(question) if question else None
            if question and answer is None:
                # Left for the next turn; its document may have been changed meanwhile.
                continue
            bodies.append((row["id"], body_for(event, endpoint, answer).decode()))
            if answer is not None:
                results.setdefault(endpoint.id, []).append(Result(endpoint, event.id, answer))
            if row["id"] not in free and endpoint.ordering == Ordering.PER_SUBJECT:
                in_order.append((endpoint.id, row["subject_id"]))
            else:
                at_will.append((row["id"], real_now()))
        await documents.note(results)
        if bodies:
            await execute_many(_WRITE, bodies)
        if at_will:
            await execute_many(_GO, at_will)
        await queue.let_go(in_order, real_now())
        await _charge(structure_id, lease, used_until, run.took)
    return len(bodies)


async def _used_until(structure_id: str) -> datetime | None:
    lock = " FOR UPDATE" if dialect() == "postgres" else ""
    rows = await fetch(
        f"SELECT used_until FROM webhook_document_budget WHERE structure_id = $1{lock}",
        structure_id,
    )
    return instant_if_any(rows[0][0])


async def _charge(
    structure_id: str, lease: str, used_until: datetime | None, took: timedelta
) -> None:
    at, per_minute = real_now(), policy.current().document_seconds_per_minute
    used = budget.after(used_until, took, at - took, per_minute)
    is_spent = budget.is_spent(used, at, per_minute)
    # Without a budget: when it was last served, so that the others come first.
    await execute(_SETTLE, at, structure_id, lease, used or at, is_spent)


async def _tell_lateness(structure_id: str) -> None:
    """Say of each endpoint, once, that its documents are late, and once that they no longer are."""
    at = real_now()
    rows = {row["id"]: row for row in await fetch(_WAITING, at, structure_id)}
    oldest = {name: instant_if_any(row["oldest"]) for name, row in rows.items()}
    begins = {
        name
        for name, since in oldest.items()
        if since is not None and since <= at - LATE and rows[name]["spent_since"] is not None
    }
    ends = {name for name, since in oldest.items() if since is None}
    changed = [
        name
        for name, row in rows.items()
        if name in (begins if row["documents_late_since"] is None else ends)
    ]
    if not changed:
        return
    async with events.transaction():
        for endpoint in (await queue.lock_endpoints(changed)).values():
            if endpoint.status == EndpointStatus.DELETED:
                continue
            if endpoint.documents_late_since is None and endpoint.id in begins:
                life.late(endpoint, oldest[endpoint.id] or at, at)
            elif endpoint.documents_late_since is not None and endpoint.id in ends:
                life.caught_up(endpoint)
            await endpoint.save(update_fields=["documents_late_since", "event_count"])
