"""Replays: events of the past, sent to an endpoint again. What people ask of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain import events
from domain.access import Actor, Permission
from domain.clock import real_now
from domain.errors import Invalid, NotFound, Problem, WrongStatus
from domain.events import Event
from domain.feed import EVERYTHING, EventFilter, filter_problems
from domain.ids import findable, new_id
from domain.resuming import CursorRefused, position_of
from domain.rules_text import problem
from webhooks import dispatch, health, policy, queue
from webhooks.models import (
    DeliveryState,
    Endpoint,
    EndpointStatus,
    Payload,
    Replay,
    ReplayState,
)
from webhooks.replay_range import (
    READ,
    WAITING,
    Range,
    bodies_of,
    known_deliveries,
)
from webhooks.replaying import (
    BETWEEN_SECONDS,
    CANCELLED,
    STARTED,
    WINDOW,
    close_if_over,
    end,
    locked,
    tell_of,
)

# A preview reads no more; beyond, its figures are lower bounds.
PREVIEWED = 20_000
MAX_RATE = 1_000
# Documents that a preview runs.
SAMPLED = 20


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
        known = await known_deliveries(endpoint.id, [event.id for event in batch])
        unknown = [event for event in batch if event.id not in known]
        fresh += len(unknown)
        made += await _sizes(endpoint, unknown, len(made))
        ended = [row for row in known.values() if row["state"] not in WAITING]
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
    return [len(body) for body in (await bodies_of(endpoint, fresh)).values()]


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
        at = real_now()
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
        await tell_of(STARTED, endpoint, replay, actor)
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
        replay = await locked(replay_id)
        if replay.state != ReplayState.RUNNING:
            raise WrongStatus(problem("BDR-WHK-052", ("id",)))
        await end(replay, ReplayState.CANCELLED)
        await close_if_over(replay)
        await tell_of(CANCELLED, endpoint, replay, actor)
        return replay


def _check(actor: Actor, endpoint: Endpoint | None) -> None:
    if endpoint is None or endpoint.status == EndpointStatus.DELETED:
        raise NotFound(problem("BDR-REQ-001", ("endpointId",)))
    actor.require(Permission.MANAGE_WEBHOOKS, on=endpoint.structure_id, path=("endpointId",))


async def _range(endpoint: Endpoint, draft: ReplayDraft) -> Range:
    """The range that is asked for, as far as it is dispatched: what follows is sent anyway."""
    problems = [
        *_bound_problems(draft.start, ("from",)),
        *(_bound_problems(draft.end, ("to",)) if draft.end else ()),
        *filter_problems(draft.filter, ("filter",)),
    ]
    if draft.max_rate is not None and not 1 <= draft.max_rate <= MAX_RATE:
        problems.append(problem("BDR-WHK-051", ("maxPerSecond",), most=MAX_RATE))
    dispatched = await dispatch.position()
    refused: list[CursorRefused] = []
    first = await _position(draft.start, ("from", "cursor"), refused)
    last = await _position(draft.end, ("to", "cursor"), refused) if draft.end else dispatched
    if len(refused) == 1 and not problems:
        # It tells from where the log can be read.
        raise refused[0]
    problems += [one.problem for one in refused]
    if problems:
        raise Invalid(*problems)
    if draft.end is not None and first > last:
        raise Invalid(problem("BDR-WHK-053", ("to",)))
    return Range(endpoint, draft.filter.stored(), first, max(first, min(last, dispatched)))


def _bound_problems(bound: Bound, path: tuple[str, ...]) -> list[Problem]:
    is_one = (bound.cursor is None) != (bound.at is None)
    return [] if is_one else [problem("BDR-WHK-054", path)]


async def _position(bound: Bound, path: tuple[str, ...], refused: list[CursorRefused]) -> int:
    """The position after which, or up to which, a bound speaks; any, and why, if it is none."""
    if bound.at is not None:
        return await events.before(bound.at)
    if bound.cursor is None:
        return 0
    try:
        return await position_of(bound.cursor, path)
    except CursorRefused as refusal:
        refused.append(refusal)
        return 0


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
