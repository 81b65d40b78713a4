"""How replays go on: a few messages at a time, by any worker, until they end or are cancelled.

The deliveries of a replay are those of live events: a message that was sent before is the same row
with the same bytes. A batch holds the whole rest of each object that it touches, so that nothing
of an object is sent between two of its replayed events.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import cursors, events
from domain.access import SYSTEM, Actor
from domain.clock import real_now
from domain.db import dialect, execute, execute_many, fetch, is_away
from domain.events import Event
from domain.ids import new_id
from domain.select import Statement
from webhooks import dispatch, queue
from webhooks.life import tell
from webhooks.models import (
    DeliveryState,
    Endpoint,
    EndpointStatus,
    Ordering,
    Replay,
    ReplayState,
    SkipReason,
)
from webhooks.payloads import body_at_once
from webhooks.queue import OPEN
from webhooks.replay_range import (
    READ,
    Range,
    is_to_send,
    known_deliveries,
    range_of,
)

STARTED = "webhook.replay_started"
FINISHED = "webhook.replay_finished"
CANCELLED = "webhook.replay_cancelled"
FAILED = "webhook.replay_failed"
# Not yet accepted at a time: live messages of the endpoint never wait behind more.
WINDOW = 200
# Queued at a time.
BATCH = 100
BETWEEN_SECONDS = 0.1
# One that cannot go on is tried again after 5 s, 10 s and so on: it fails after ten minutes.
TROUBLES = 8
AGAIN = timedelta(seconds=5)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a replay has come."""

    sent: int
    delivered: int
    failed: int


async def that_will_send(endpoint: Endpoint, event: Event) -> bool:
    """Whether a replay that goes on has yet to come to the event."""
    replay = await Replay.get_or_none(
        endpoint_id=endpoint.id, state=ReplayState.RUNNING, queued_position__lt=event.position
    )
    return (
        replay is not None
        and event.position <= replay.to_position
        and range_of(endpoint, replay).admits(event)
    )


async def any_open() -> bool:
    """Whether a replay is to be looked after. Cheap, takes no lock."""
    rows = await fetch("SELECT EXISTS (SELECT 1 FROM webhook_replay WHERE closed_at IS NULL)")
    return bool(rows[0][0])


async def advance() -> bool:
    """Go on with every replay; whether one of them wants to be looked after again soon."""
    rows = await fetch(
        "SELECT id, troubles FROM webhook_replay WHERE closed_at IS NULL"
        " AND (troubles = 0 OR not_before <= $1) ORDER BY id",
        real_now(),
    )
    return any([await _advance_apart(row["id"], row["troubles"]) for row in rows])


async def _advance_apart(replay_id: str, troubles: int) -> bool:
    """Go on with one replay: what is wrong with it stops no other."""
    try:
        soon = await _advance(replay_id)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("replay %s could not go on", replay_id)
        await _note_trouble(replay_id)
        return False
    if troubles:
        async with events.transaction():
            await execute("UPDATE webhook_replay SET troubles = 0 WHERE id = $1", replay_id)
    return soon


async def _note_trouble(replay_id: str) -> None:
    """Have it wait, longer each time; the last time it fails, which its owner is told."""
    async with events.transaction():
        replay = await locked(replay_id)
        replay.troubles = min(replay.troubles + 1, TROUBLES)
        replay.not_before = real_now() + AGAIN * 2 ** (replay.troubles - 1)
        await replay.save(update_fields=["troubles", "not_before"])
    if replay.troubles < TROUBLES or replay.state != ReplayState.RUNNING:
        return
    try:
        await _fail(replay_id)
    except Exception:
        # It stays open and is tried again after the longest wait.
        log.exception("replay %s could not even be ended", replay_id)


async def _fail(replay_id: str) -> None:
    async with events.transaction():
        await dispatch.hold()
        known = await Replay.get(id=replay_id)
        endpoint = (await queue.lock_endpoints([known.endpoint_id]))[known.endpoint_id]
        replay = await locked(replay_id)
        if replay.state == ReplayState.RUNNING:
            await end(replay, ReplayState.FAILED)
            await close_if_over(replay)
            await tell_of(FAILED, endpoint, replay)


async def _advance(replay_id: str) -> bool:
    replay = await Replay.get(id=replay_id)
    if replay.state == ReplayState.RUNNING and replay.counted_position < replay.to_position:
        await _count_on(replay)
        return True
    endpoint = await Endpoint.get(id=replay.endpoint_id)
    plan = await _plan(endpoint, replay)
    if plan is None and await _waits(endpoint, replay):
        return endpoint.status == EndpointStatus.ACTIVE
    async with events.transaction():
        await dispatch.hold()
        endpoint = (await queue.lock_endpoints([replay.endpoint_id]))[replay.endpoint_id]
        replay = await locked(replay_id)
        if replay.closed_at is not None:
            return False
        if replay.state == ReplayState.RUNNING:
            await _go_on(endpoint, replay, plan)
        else:
            # What was under way when it was cancelled, and came back.
            await _give_back(replay)
            await close_if_over(replay)
        return replay.closed_at is None and endpoint.status == EndpointStatus.ACTIVE


async def _waits(endpoint: Endpoint, replay: Replay) -> bool:
    """Whether nothing is to be done about a replay now: its messages are being sent, or rest."""
    return (
        replay.state == ReplayState.RUNNING
        and endpoint.status != EndpointStatus.DELETED
        and (replay.queued_position < replay.to_position or await _open(replay.id) > 0)
    )


async def _count_on(replay: Replay) -> None:
    """Count some more of what there is to send; the log is read outside the transaction."""
    endpoint = await Endpoint.get(id=replay.endpoint_id)
    batch, reached = await range_of(endpoint, replay).read(replay.counted_position, READ)
    known = await known_deliveries(endpoint.id, [event.id for event in batch])
    count = sum(is_to_send(known.get(event.id), replay) for event in batch)
    async with events.transaction():
        # Another process may have counted the same meanwhile.
        await execute(
            "UPDATE webhook_replay SET counted_position = $3, total = total + $4"
            " WHERE id = $1 AND counted_position = $2",
            replay.id,
            replay.counted_position,
            reached,
            count,
        )


async def _go_on(endpoint: Endpoint, replay: Replay, plan: _Plan | None) -> None:
    if endpoint.status == EndpointStatus.DELETED:
        await end(replay, ReplayState.CANCELLED)
        await close_if_over(replay)
        await tell_of(CANCELLED, endpoint, replay)
        return
    if plan is not None and plan.since == replay.queued_position:
        await _queue_some(endpoint, replay, plan)
    elif replay.queued_position >= replay.to_position and not await _open(replay.id):
        replay.total = replay.queued
        await end(replay, ReplayState.FINISHED)
        await close_if_over(replay)
        await tell_of(FINISHED, endpoint, replay)


@dataclass(frozen=True)
class _Plan:
    """What is to be queued next: made outside of the transaction, which may find it outdated."""

    since: int
    reached: int
    events: Sequence[Event]
    bodies: Mapping[str, str]


async def _plan(endpoint: Endpoint, replay: Replay) -> _Plan | None:
    """The next batch with the bodies that are to be made; None when nothing may be queued now."""
    room = WINDOW - await _open(replay.id)
    if (
        replay.state != ReplayState.RUNNING
        or replay.queued_position >= replay.to_position
        or replay.not_before > real_now()
        or endpoint.status in (EndpointStatus.PAUSED, EndpointStatus.DELETED)
        or room <= 0
    ):
        return None
    most = min(room, BATCH, replay.max_rate or BATCH)
    wanted = range_of(endpoint, replay)
    batch, reached = await wanted.read(replay.queued_position, READ)
    known = await known_deliveries(endpoint.id, [event.id for event in batch])
    taken: dict[str, Event] = {}
    for event in batch:
        if len(taken) >= most:
            reached = event.position - 1
            break
        if event.id not in taken and is_to_send(known.get(event.id), replay):
            taken |= {e.id: e for e in await _with_rest(wanted, event)}
    fresh = taken.keys() - (await known_deliveries(endpoint.id, list(taken))).keys()
    bodies = {one: body_at_once(taken[one], endpoint) for one in fresh}
    return _Plan(replay.queued_position, reached, list(taken.values()), bodies)


async def _queue_some(endpoint: Endpoint, replay: Replay, plan: _Plan) -> None:
    at = real_now()
    queued = await _enqueue(endpoint, replay, plan, at)
    replay.queued_position = plan.reached
    replay.queued += queued
    if replay.max_rate is not None:
        replay.not_before = at + timedelta(seconds=queued / replay.max_rate)
    await replay.save()


async def _with_rest(wanted: Range, event: Event) -> list[Event]:
    """What is queued with an event so that its object stays in order."""
    if wanted.endpoint.ordering == Ordering.NONE:
        return [event]
    return await wanted.rest_of_subject(event)


async def _enqueue(endpoint: Endpoint, replay: Replay, plan: _Plan, at: datetime) -> int:
    """Make deliveries of the events, or take up those that ended; how many will be sent."""
    known = await known_deliveries(endpoint.id, [event.id for event in plan.events])
    fresh = [event for event in plan.events if event.id not in known and event.id in plan.bodies]
    ended = [row for row in known.values() if is_to_send(row, replay)]
    in_order = endpoint.ordering == Ordering.PER_SUBJECT

    def place(*, is_written: bool) -> tuple[str, datetime | None]:
        if in_order or not is_written:
            return DeliveryState.HELD.value, None
        return DeliveryState.PENDING.value, at

    await execute_many(
        "INSERT INTO webhook_delivery (id, endpoint_id, structure_id, event_id, event_kind,"
        " position, subject_id, subject_sequence, body, state, next_attempt_at, ordered, attempts,"
        " failures, created_at, replay_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, TRUE, 0, 0, $12, $13)",
        [
            (
                new_id("whd"), endpoint.id, endpoint.structure_id, e.id, e.kind, e.position,
                e.subject_id, e.subject_sequence, plan.bodies[e.id],
                *place(is_written=bool(plan.bodies[e.id])), at, replay.id,
            )
            for e in fresh
        ],
    )  # fmt: skip
    await execute_many(
        "UPDATE webhook_delivery SET state = $2, ordered = TRUE, next_attempt_at = $3,"
        " failures = 0, first_attempt_at = NULL, finished_at = NULL, skip_reason = NULL,"
        " replay_id = $4, before_replay = $5 WHERE id = $1",
        [
            (row["id"], *place(is_written=row["bytes"] > 0), replay.id, _remembered(row))
            for row in ended
        ],
    )
    if in_order:
        await _put_in_front(endpoint.id, {event.subject_id for event in plan.events}, at)
    return len(fresh) + len(ended)


async def _put_in_front(endpoint_id: str, subjects: Collection[str], at: datetime) -> None:
    """Let the replayed events of each object go before what waits of it behind them.

    A later one that was only waiting for its attempt waits for them; one under way is not called
    back, they follow it.
    """
    statement = Statement(dialect())
    one = statement.value(endpoint_id)
    of_subjects = statement.among("d.subject_id", sorted(subjects))
    await execute(
        "UPDATE webhook_delivery AS d SET state = 'HELD', next_attempt_at = NULL"
        f" WHERE d.endpoint_id = {one} AND {of_subjects} AND d.{OPEN} AND d.state = 'PENDING'"
        " AND d.ordered AND EXISTS (SELECT 1 FROM webhook_delivery e"
        f"  WHERE e.endpoint_id = d.endpoint_id AND e.subject_id = d.subject_id AND e.{OPEN}"
        "   AND e.state = 'HELD' AND e.ordered AND e.position < d.position)",
        *statement.params,
    )
    await queue.let_go([(endpoint_id, subject) for subject in subjects], at)


async def end(replay: Replay, state: ReplayState) -> None:
    replay.state = state
    replay.finished_at = real_now()
    if state is not ReplayState.FINISHED:
        await _give_back(replay)


async def close_if_over(replay: Replay) -> None:
    """Keep the figures of a replay of which nothing is open any more."""
    if not await _open(replay.id):
        (progress,) = await progress_of([replay.id], [replay.queued])
        replay.delivered, replay.failed = progress.delivered, progress.failed
        replay.closed_at = real_now()
    await replay.save()


async def _give_back(replay: Replay) -> None:
    """Take what waits out of the queue: new deliveries go, older ones are as they were."""
    lock = queue.LOCKING if dialect() == "postgres" else ""
    rows = await fetch(
        "SELECT id, subject_id, attempts, before_replay FROM webhook_delivery"
        f" WHERE replay_id = $1 AND state IN ('PENDING', 'HELD'){lock}",
        replay.id,
    )
    at = real_now()
    await execute_many(
        "DELETE FROM webhook_delivery WHERE id = $1",
        [(row["id"],) for row in rows if row["before_replay"] is None and not row["attempts"]],
    )
    await execute_many(
        "UPDATE webhook_delivery SET state = 'SKIPPED', skip_reason = $2, finished_at = $3,"
        " next_attempt_at = NULL WHERE id = $1",
        [
            (row["id"], SkipReason.REPLAY_CANCELLED.value, at)
            for row in rows
            if row["before_replay"] is None and row["attempts"]
        ],
    )
    await execute_many(
        "UPDATE webhook_delivery SET state = $2, skip_reason = $3, finished_at = $4, failures = $5,"
        " ordered = $6, replay_id = $7, next_attempt_at = NULL, before_replay = NULL WHERE id = $1",
        [(row["id"], *_recalled(row["before_replay"])) for row in rows if row["before_replay"]],
    )
    tried = sum(row["before_replay"] is None and row["attempts"] > 0 for row in rows)
    replay.queued -= len(rows) - tried
    await queue.let_go([(replay.endpoint_id, row["subject_id"]) for row in rows], at)


async def progress_of(ids: Sequence[str], queued: Sequence[int]) -> list[Progress]:
    """How far replays that are not closed have come: what is open is counted, the rest follows."""
    statement = Statement(dialect())
    of_replays = statement.among("replay_id", ids)
    rows = await fetch(
        "SELECT replay_id, SUM(CASE WHEN state IN ('EXHAUSTED', 'SKIPPED') THEN 1 ELSE 0 END),"
        f" SUM(CASE WHEN {OPEN} THEN 1 ELSE 0 END),"
        " SUM(CASE WHEN state IN ('PENDING', 'HELD') AND failures = 0 THEN 1 ELSE 0 END)"
        f" FROM webhook_delivery WHERE {of_replays} AND state <> 'DELIVERED' GROUP BY replay_id",
        *statement.params,
    )
    found = {row[0]: [int(count) for count in list(row)[1:]] for row in rows}
    return [
        _progress(count, *found.get(one, (0, 0, 0))) for one, count in zip(ids, queued, strict=True)
    ]


def _progress(queued: int, failed: int, waiting: int, unsent: int) -> Progress:
    return Progress(sent=queued - unsent, delivered=queued - failed - waiting, failed=failed)


async def _open(replay_id: str) -> int:
    rows = await fetch(
        f"SELECT COUNT(*) FROM webhook_delivery WHERE replay_id = $1 AND {OPEN}", replay_id
    )
    return int(rows[0][0])


async def locked(replay_id: str) -> Replay:
    found = Replay.filter(id=replay_id)
    return await (found.select_for_update() if dialect() == "postgres" else found).get()


_KEPT = ("state", "skip_reason", "finished_at", "failures", "ordered", "replay_id")


def _remembered(row: Mapping[str, Any]) -> str:
    """What a delivery was before, as text."""
    return json.dumps({name: row[name] for name in _KEPT}, default=datetime.isoformat)


def _recalled(text: str) -> tuple[Any, ...]:
    was = json.loads(text)
    return (
        was["state"],
        was["skip_reason"],
        datetime.fromisoformat(was["finished_at"]),
        was["failures"],
        bool(was["ordered"]),
        was["replay_id"],
    )


async def tell_of(kind: str, endpoint: Endpoint, replay: Replay, actor: Actor = SYSTEM) -> None:
    tell(kind, endpoint, {"replay": card(replay)}, actor)
    await queue.write_health([endpoint])


def card(replay: Replay) -> dict[str, Any]:
    """The replay in short, as its events carry it."""
    return {
        "id": replay.id,
        "state": ReplayState(replay.state).value,
        "from": cursors.event(replay.from_position),
        "to": cursors.event(replay.to_position),
        "queued": replay.queued,
        "delivered": replay.delivered,
        "failed": replay.failed,
    }
