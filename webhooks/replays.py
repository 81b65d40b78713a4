"""Replays: events of the past, sent to an endpoint again, in order and a few at a time.

The deliveries of a replay are those of live events: a message that was sent before is the same row
with the same bytes. A batch holds the whole rest of each object that it touches, so that nothing
of an object is sent between two of its replayed events.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import cursors, events
from domain.access import SYSTEM, Actor, Permission
from domain.clock import now
from domain.db import dialect, execute, execute_many, fetch, instant_of
from domain.errors import Invalid, NotFound, Problem, WrongStatus
from domain.events import Event
from domain.feed import EVERYTHING, EventFilter, filter_problems
from domain.ids import findable, new_id
from domain.resuming import position_of
from domain.rules_text import problem
from domain.select import Statement
from webhooks import dispatch, documents, health, policy, queue
from webhooks.life import tell
from webhooks.matching import PING, Verdict, verdict
from webhooks.models import (
    DeliveryState,
    Endpoint,
    EndpointStatus,
    Ordering,
    Payload,
    Replay,
    ReplayState,
    SkipReason,
)
from webhooks.payloads import body_for
from webhooks.queue import OPEN

STARTED = "webhook.replay_started"
FINISHED = "webhook.replay_finished"
CANCELLED = "webhook.replay_cancelled"

# Not yet accepted at a time: live messages of the endpoint never wait behind more.
WINDOW = 200
# Read of the log at a time, and queued at a time.
READ = 500
BATCH = 100
# Of one object queued at a time.
MOST_OF_SUBJECT = 1_000
# A preview reads no more; beyond, its figures are lower bounds.
PREVIEWED = 20_000
MAX_RATE = 1_000
# Documents that a preview runs.
SAMPLED = 20
BETWEEN_SECONDS = 0.1
_WAITING = frozenset({DeliveryState.PENDING, DeliveryState.DELIVERING, DeliveryState.HELD})


@dataclass(frozen=True)
class Bound:
    """A place in the log: a cursor of an event, or an instant."""

    cursor: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class ReplayDraft:
    """What is to be replayed: after `start`, up to `end`, what the filter admits."""

    endpoint_id: str
    start: Bound
    end: Bound | None = None
    filter: EventFilter = EVERYTHING
    max_rate: int | None = None


@dataclass(frozen=True)
class Preview:
    """What a replay would send. `is_exact` is false when the range is too long to be read."""

    count: int
    bytes: int
    duplicates: int
    waiting: int
    seconds: int | None
    is_exact: bool


@dataclass(frozen=True)
class Progress:
    """How far a replay has come."""

    sent: int
    delivered: int
    failed: int


@dataclass(frozen=True)
class _Range:
    """The events of a replay: those that its endpoint wants today and its filter admits."""

    endpoint: Endpoint
    wanted: Mapping[str, Any]
    start: int
    end: int

    def admits(self, event: Event) -> bool:
        # Pings are trials: sent again they would try nothing.
        return event.kind != PING and all(
            verdict(reader, event) is Verdict.FOR_IT for reader in self._readers()
        )

    def _readers(self) -> Iterable[Endpoint]:
        """The endpoint without its birthday, and again with the filter in the place of its own."""
        timeless = copy(self.endpoint)
        timeless.since_position = 0
        narrow = copy(timeless)
        narrow.wanted = dict(self.wanted)
        return timeless, narrow

    async def read(self, position: int, limit: int) -> tuple[list[Event], int]:
        """The next events that it admits, and how far the log was read for them."""
        statement = Statement(dialect())
        own = f"structure_id = {statement.value(self.endpoint.structure_id)}"
        by = statement.among("permission", self.endpoint.permissions)
        after, upto = statement.value(position), statement.value(self.end)
        rows = await fetch(
            f"SELECT DISTINCT position FROM event_audience WHERE {own} AND {by}"
            f" AND position > {after} AND position <= {upto} ORDER BY position LIMIT {limit}",
            *statement.params,
        )
        found = await events.at([row[0] for row in rows])
        reached = found[-1].position if len(rows) == limit else self.end
        return [event for event in found if self.admits(event)], reached

    async def rest_of_subject(self, first: Event) -> list[Event]:
        """The event and what the range holds of its object after it."""
        following = await events.of_subject(
            first.subject_id, after_sequence=first.subject_sequence - 1, limit=MOST_OF_SUBJECT
        )
        return [e for e in following if e.position <= self.end and self.admits(e)]


async def preview(actor: Actor, draft: ReplayDraft) -> Preview:
    """What a replay would send now, and how long that would take.

    Raises:
        NotFound, Forbidden, Invalid
    """
    endpoint = await Endpoint.get_or_none(id=findable(draft.endpoint_id))
    _check(actor, endpoint)
    assert endpoint is not None, "checked"
    wanted = await _range(endpoint, draft)
    again = fresh = duplicates = waiting = size = read = 0
    made: list[int] = []
    position = wanted.start
    while position < wanted.end and read < PREVIEWED:
        batch, position = await wanted.read(position, READ)
        read += READ
        known = await _known(endpoint.id, [event.id for event in batch])
        unknown = [event for event in batch if event.id not in known]
        fresh += len(unknown)
        made += await _sizes(endpoint, unknown, len(made))
        ended = [row for row in known.values() if row["state"] not in _WAITING]
        waiting += len(known) - len(ended)
        again += len(ended)
        size += sum(row["bytes"] for row in ended)
        duplicates += sum(row["state"] == DeliveryState.DELIVERED for row in ended)
    size += sum(made) * fresh // len(made) if made else 0
    seconds = await _seconds(endpoint, draft, again + fresh)
    return Preview(again + fresh, size, duplicates, waiting, seconds, position >= wanted.end)


async def _sizes(endpoint: Endpoint, fresh: Sequence[Event], made: int) -> list[int]:
    """The sizes of bodies that are still to be made; of documents, the first ones run alone."""
    if endpoint.payload is Payload.DOCUMENT:
        fresh = fresh[: max(0, SAMPLED - made)]
    return [len(body) for body in (await _bodies(endpoint, fresh)).values()]


async def start(actor: Actor, draft: ReplayDraft) -> Replay:
    """Begin to send again. One replay of an endpoint goes on at a time.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    async with events.transaction():
        endpoint = (await queue.lock_endpoints([findable(draft.endpoint_id)])).get(
            draft.endpoint_id
        )
        _check(actor, endpoint)
        assert endpoint is not None, "checked"
        if endpoint.status == EndpointStatus.PAUSED:
            raise WrongStatus(problem("BDR-WHK-008", ("endpointId",)))
        if await Replay.filter(endpoint_id=endpoint.id, closed_at=None).exists():
            raise WrongStatus(problem("BDR-WHK-050", ("endpointId",)))
        wanted = await _range(endpoint, draft)
        at = now()
        replay = await Replay.create(
            id=new_id("whr"),
            endpoint_id=endpoint.id,
            structure_id=endpoint.structure_id,
            state=ReplayState.RUNNING,
            from_position=wanted.start,
            to_position=wanted.end,
            counted_position=wanted.start,
            queued_position=wanted.start,
            wanted=dict(wanted.wanted),
            max_rate=draft.max_rate,
            not_before=at,
            created_at=at,
        )
        await _tell(STARTED, endpoint, replay, actor)
        return replay


async def cancel(actor: Actor, replay_id: str) -> Replay:
    """Stop a replay. What it did not send is not sent; older deliveries are as they were.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    async with events.transaction():
        known = await Replay.get_or_none(id=findable(replay_id))
        if known is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        await dispatch.hold()
        endpoint = (await queue.lock_endpoints([known.endpoint_id]))[known.endpoint_id]
        actor.require(Permission.MANAGE_WEBHOOKS, on=endpoint.structure_id, path=("id",))
        replay = await _locked(replay_id)
        if replay.state != ReplayState.RUNNING:
            raise WrongStatus(problem("BDR-WHK-052", ("id",)))
        await _end(replay, ReplayState.CANCELLED)
        await _close_if_over(replay)
        await _tell(CANCELLED, endpoint, replay, actor)
        return replay


def _check(actor: Actor, endpoint: Endpoint | None) -> None:
    if endpoint is None or endpoint.status == EndpointStatus.DELETED:
        raise NotFound(problem("BDR-REQ-001", ("endpointId",)))
    actor.require(Permission.MANAGE_WEBHOOKS, on=endpoint.structure_id, path=("endpointId",))


async def _range(endpoint: Endpoint, draft: ReplayDraft) -> _Range:
    """The range that is asked for, as far as it is dispatched: what follows is sent anyway."""
    problems = [
        *_bound_problems(draft.start, ("from",)),
        *(_bound_problems(draft.end, ("to",)) if draft.end else ()),
        *filter_problems(draft.filter, ("filter",)),
    ]
    if draft.max_rate is not None and not 1 <= draft.max_rate <= MAX_RATE:
        problems.append(problem("BDR-WHK-051", ("maxPerSecond",), most=MAX_RATE))
    if problems:
        raise Invalid(*problems)
    first = await _position(draft.start, ("from", "cursor"))
    dispatched = await dispatch.position()
    last = await _position(draft.end, ("to", "cursor")) if draft.end else dispatched
    if draft.end is not None and first > last:
        raise Invalid(problem("BDR-WHK-053", ("to",)))
    return _Range(endpoint, draft.filter.stored(), first, max(first, min(last, dispatched)))


def _bound_problems(bound: Bound, path: tuple[str, ...]) -> list[Problem]:
    is_one = (bound.cursor is None) != (bound.at is None)
    return [] if is_one else [problem("BDR-WHK-054", path)]


async def _position(bound: Bound, path: tuple[str, ...]) -> int:
    """The position after which, or up to which, a bound speaks."""
    if bound.cursor is not None:
        return await position_of(bound.cursor, path)
    assert bound.at is not None, "checked"
    return await events.before(bound.at)


async def _seconds(endpoint: Endpoint, draft: ReplayDraft, count: int) -> int | None:
    """How long the sending would take: at the rate asked for, or as fast as the receiver is."""
    rates = [rate for rate in (draft.max_rate, endpoint.max_rate) if rate]
    if rates:
        return math.ceil(count / min(rates))
    (known,) = await health.figures([endpoint.id])
    if known.p50_ms is None:
        return None
    at_once = endpoint.max_concurrency or policy.current().in_flight_per_endpoint
    return math.ceil(count * max(known.p50_ms / at_once, BETWEEN_SECONDS * 1000 / WINDOW) / 1000)


async def that_will_send(endpoint: Endpoint, event: Event) -> bool:
    """Whether a replay that goes on has yet to come to the event."""
    replay = await Replay.get_or_none(
        endpoint_id=endpoint.id, state=ReplayState.RUNNING, queued_position__lt=event.position
    )
    return (
        replay is not None
        and event.position <= replay.to_position
        and _of(endpoint, replay).admits(event)
    )


async def any_open() -> bool:
    """Whether a replay is to be looked after. Cheap, takes no lock."""
    rows = await fetch("SELECT EXISTS (SELECT 1 FROM webhook_replay WHERE closed_at IS NULL)")
    return bool(rows[0][0])


async def advance() -> bool:
    """Go on with every replay; whether one of them wants to be looked after again soon."""
    rows = await fetch("SELECT id FROM webhook_replay WHERE closed_at IS NULL ORDER BY id")
    return any([await _advance(row[0]) for row in rows])


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
        replay = await _locked(replay_id)
        if replay.closed_at is not None:
            return False
        if replay.state == ReplayState.RUNNING:
            await _go_on(endpoint, replay, plan)
        else:
            # What was under way when it was cancelled, and came back.
            await _give_back(replay)
            await _close_if_over(replay)
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
    batch, reached = await _of(endpoint, replay).read(replay.counted_position, READ)
    known = await _known(endpoint.id, [event.id for event in batch])
    count = sum(_is_to_send(known.get(event.id), replay) for event in batch)
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
        await _end(replay, ReplayState.CANCELLED)
        await _close_if_over(replay)
        await _tell(CANCELLED, endpoint, replay)
        return
    if plan is not None and plan.since == replay.queued_position:
        await _queue_some(endpoint, replay, plan)
    elif replay.queued_position >= replay.to_position and not await _open(replay.id):
        replay.total = replay.queued
        await _end(replay, ReplayState.FINISHED)
        await _close_if_over(replay)
        await _tell(FINISHED, endpoint, replay)


@dataclass(frozen=True)
class _Plan:
    """What is to be queued next: made outside of the transaction, which may find it outdated."""

    since: int
    reached: int
    events: Sequence[Event]
    bodies: Mapping[str, bytes]


async def _plan(endpoint: Endpoint, replay: Replay) -> _Plan | None:
    """The next batch with the bodies that are to be made; None when nothing may be queued now."""
    room = WINDOW - await _open(replay.id)
    if (
        replay.state != ReplayState.RUNNING
        or replay.queued_position >= replay.to_position
        or replay.not_before > now()
        or endpoint.status in (EndpointStatus.PAUSED, EndpointStatus.DELETED)
        or room <= 0
    ):
        return None
    most = min(room, BATCH, replay.max_rate or BATCH)
    wanted = _of(endpoint, replay)
    batch, reached = await wanted.read(replay.queued_position, READ)
    known = await _known(endpoint.id, [event.id for event in batch])
    taken: dict[str, Event] = {}
    for event in batch:
        if len(taken) >= most:
            reached = event.position - 1
            break
        if event.id not in taken and _is_to_send(known.get(event.id), replay):
            taken |= {e.id: e for e in await _with_rest(wanted, event)}
    fresh = taken.keys() - (await _known(endpoint.id, list(taken))).keys()
    bodies = await _bodies(endpoint, [taken[one] for one in fresh])
    return _Plan(replay.queued_position, reached, list(taken.values()), bodies)


async def _bodies(endpoint: Endpoint, fresh: Sequence[Event]) -> dict[str, bytes]:
    """The bodies of events that were never sent; documents of endpoints are run for them."""
    asked = {q: e for e in fresh if (q := documents.asked_by(endpoint, e)) is not None}
    answers = await documents.answers_of(asked)
    return {
        event.id: body_for(event, endpoint, answers[question] if question else None)
        for event in fresh
        for question in [documents.asked_by(endpoint, event)]
    }


async def _queue_some(endpoint: Endpoint, replay: Replay, plan: _Plan) -> None:
    at = now()
    queued = await _enqueue(endpoint, replay, plan, at)
    replay.queued_position = plan.reached
    replay.queued += queued
    if replay.max_rate is not None:
        replay.not_before = at + timedelta(seconds=queued / replay.max_rate)
    await replay.save()


async def _with_rest(wanted: _Range, event: Event) -> list[Event]:
    """What is queued with an event so that its object stays in order."""
    if wanted.endpoint.ordering == Ordering.NONE:
        return [event]
    return await wanted.rest_of_subject(event)


async def _enqueue(endpoint: Endpoint, replay: Replay, plan: _Plan, at: datetime) -> int:
    """Make deliveries of the events, or take up those that ended; how many will be sent."""
    known = await _known(endpoint.id, [event.id for event in plan.events])
    fresh = [event for event in plan.events if event.id not in known and event.id in plan.bodies]
    ended = [row for row in known.values() if _is_to_send(row, replay)]
    in_order = endpoint.ordering == Ordering.PER_SUBJECT
    state = DeliveryState.HELD if in_order else DeliveryState.PENDING
    due = None if in_order else at
    await execute_many(
        "INSERT INTO webhook_delivery (id, endpoint_id, structure_id, event_id, event_kind,"
        " position, subject_id, subject_sequence, body, state, ordered, attempts, failures,"
        " next_attempt_at, created_at, replay_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, TRUE, 0, 0, $11, $12, $13)",
        [
            (
                new_id("whd"), endpoint.id, endpoint.structure_id, e.id, e.kind, e.position,
                e.subject_id, e.subject_sequence, plan.bodies[e.id].decode(), state.value,
                due, at, replay.id,
            )
            for e in fresh
        ],
    )  # fmt: skip
    await execute_many(
        "UPDATE webhook_delivery SET state = $2, ordered = TRUE, next_attempt_at = $3,"
        " failures = 0, first_attempt_at = NULL, finished_at = NULL, skip_reason = NULL,"
        " replay_id = $4, before_replay = $5 WHERE id = $1",
        [(row["id"], state.value, due, replay.id, _remembered(row)) for row in ended],
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
        "   AND e.state = 'HELD' AND e.position < d.position)",
        *statement.params,
    )
    await queue.let_go([(endpoint_id, subject) for subject in subjects], at)


async def _end(replay: Replay, state: ReplayState) -> None:
    replay.state = state
    replay.finished_at = now()
    if state is ReplayState.CANCELLED:
        await _give_back(replay)


async def _close_if_over(replay: Replay) -> None:
    """Keep the figures of a replay of which nothing is open any more."""
    if not await _open(replay.id):
        (progress,) = await progress_of([replay.id], [replay.queued])
        replay.delivered, replay.failed = progress.delivered, progress.failed
        replay.closed_at = now()
    await replay.save()


async def _give_back(replay: Replay) -> None:
    """Take what waits out of the queue: new deliveries go, older ones are as they were."""
    lock = queue.LOCKING if dialect() == "postgres" else ""
    rows = await fetch(
        "SELECT id, subject_id, attempts, before_replay FROM webhook_delivery"
        f" WHERE replay_id = $1 AND state IN ('PENDING', 'HELD'){lock}",
        replay.id,
    )
    at = now()
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


async def _known(endpoint_id: str, event_ids: Sequence[str]) -> dict[str, Any]:
    """The deliveries that there are of the events."""
    if not event_ids:
        return {}
    statement = Statement(dialect())
    size = "OCTET_LENGTH(body)" if statement.postgres else "LENGTH(CAST(body AS BLOB))"
    one = statement.value(endpoint_id)
    of_events = statement.among("event_id", list(event_ids))
    rows = await fetch(
        "SELECT id, event_id, state, skip_reason, finished_at, failures, ordered, replay_id,"
        f" {size} AS bytes FROM webhook_delivery WHERE endpoint_id = {one} AND {of_events}",
        *statement.params,
    )
    return {row["event_id"]: row for row in rows}


def _is_to_send(row: Mapping[str, Any] | None, replay: Replay) -> bool:
    """Whether the replay has to send an event: it is not its own already, nor waits by itself,
    nor did when the replay began.
    """
    return row is None or (
        row["state"] not in _WAITING
        and row["replay_id"] != replay.id
        and instant_of(row["finished_at"]) <= replay.created_at
    )


async def _locked(replay_id: str) -> Replay:
    found = Replay.filter(id=replay_id)
    return await (found.select_for_update() if dialect() == "postgres" else found).get()


def _of(endpoint: Endpoint, replay: Replay) -> _Range:
    return _Range(endpoint, replay.wanted, replay.from_position, replay.to_position)


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


async def _tell(kind: str, endpoint: Endpoint, replay: Replay, actor: Actor = SYSTEM) -> None:
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
