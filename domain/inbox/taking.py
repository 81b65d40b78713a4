"""What members do: take events under a lease, acknowledge, give back, ask for more time.

Every one of these locks the group first, so that members take turns for the length of a short
transaction. A member that dies says nothing: the end of its lease speaks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import cursors, events, idempotency
from domain.access import SYSTEM, Actor, ActorKind, Permission
from domain.clock import real_now
from domain.db import dialect, execute, execute_many, fetch
from domain.errors import Forbidden, Invalid, WrongStatus
from domain.events import Event
from domain.feed import EventFilter, visible_after
from domain.ids import findable, new_id
from domain.inbox.actions import forget_leases, locked, positions_of, tell
from domain.inbox.models import Consumer, Item, Lease, OnBlocked
from domain.inbox.rules import (
    LEASE_SECONDS,
    LONGEST_NAME,
    MOST_OPEN,
    MOST_SET_ASIDE,
    PAUSE_SECONDS,
    TAKEN,
    WAIT_SECONDS,
    Handing,
    Open,
    handing,
    with_followers,
    within,
)
from domain.rules_text import problem, text_problems
from domain.select import Statement
from domain.text import normal

# How many events are read beyond those that may go: some wait behind others of their object.
_MORE = 20
# One transaction looks through so much of the log at most; the next one goes on.
_LOOKED_THROUGH = 5_000
_LEASE = ("lease",)
# Who reads the log. That news of one of them failed at another is no news: two that fail would
# tell each other of it for ever.
_OF_READERS = frozenset({"event_consumer", "webhook_endpoint"})


@dataclass(frozen=True)
class Order:
    """What a member asks for."""

    first: int = 10
    wait_seconds: int = 0
    lease_seconds: int | None = None
    member: str | None = None
    # Asked again under the same key, the same lease is answered.
    key: str | None = None


@dataclass(frozen=True)
class Taken:
    """What a member was handed; no lease when there was nothing to hand out.

    `has_more` tells that the log was not looked through to its end.
    """

    consumer: Consumer
    lease: Lease | None
    is_replayed: bool = False
    has_more: bool = False


@dataclass(frozen=True)
class Acknowledged:
    """How many events were done by this, and which of those named belong to another by now."""

    consumer: Consumer
    count: int
    lost: Sequence[str]


async def take(actor: Actor, consumer_id: str, order: Order) -> Taken:
    """Hand out up to `first` events in order, for the time of a lease.

    Raises:
        NotFound, Forbidden, Invalid, IdempotencyKeyReused
    """
    if problems := _problems(order):
        raise Invalid(*problems)
    async with events.transaction():
        answer = await _begun(actor, consumer_id, order)
        consumer = await _locked_reader(actor, consumer_id)
        if answer is not None:
            return Taken(consumer, await _again(answer), is_replayed=True)
        at = real_now()
        waiting = await _open(consumer.id)
        handed = await _handed(consumer, waiting, order.first, at)
        await _set_aside(consumer, handed.spent, at)
        room = MOST_OPEN - len(waiting) + len(handed.spent)
        limit = order.first - len(handed.going)
        fresh, held, has_more = await _read_on(consumer, limit, handed.behind, room)
        lease = None
        if handed.going or fresh:
            lease = await _leased(consumer, actor, order, at)
            await _hand_again(handed.going, lease)
            await _write(consumer, fresh, lease)
            consumer.last_taken_at = at
            await forget_leases(consumer.id)
        await _write(consumer, held, None)
        await consumer.save()
        await _ended(actor, order, lease)
    return Taken(consumer, lease, has_more=has_more)


async def may_have(consumer_id: str) -> bool:
    """Whether it is worth taking. Cheap, takes no lock."""
    rows = await fetch(
        "SELECT EXISTS (SELECT 1 FROM event_consumer c JOIN log_head h ON h.id = 1"
        "   WHERE c.id = $1 AND h.position > c.read_position)"
        " OR EXISTS (SELECT 1 FROM event_inbox_item WHERE consumer_id = $1"
        "   AND set_aside_at IS NULL AND (not_before IS NULL OR not_before <= $2))",
        consumer_id,
        real_now(),
    )
    return bool(rows[0][0])


async def acknowledge(
    actor: Actor, consumer_id: str, lease_id: str, given: Collection[str] | None
) -> Acknowledged:
    """Note that events of a lease are done: all of them, or those that cursors name.

    It counts until somebody else was handed the event, even after the end of the lease; what is
    done already is done.

    Raises:
        NotFound, Forbidden, Invalid
    """
    positions = await positions_of(given)
    async with events.transaction():
        consumer = await locked(actor, consumer_id)
        done = _chosen(await _of_lease(consumer.id, lease_id), positions)
        if done:
            statement = Statement(dialect())
            these = statement.among("id", [one.id for one in done])
            await execute(f"DELETE FROM event_inbox_item WHERE {these}", *statement.params)
            await forget_leases(consumer.id)
        lost = await _still_there(consumer.id, positions)
    return Acknowledged(consumer, len(done), lost)


async def give_back(
    actor: Actor,
    consumer_id: str,
    lease_id: str,
    given: Collection[str] | None,
    *,
    has_failed: bool,
    pause_seconds: int,
) -> Consumer:
    """Let others have events of a lease before its end, with what follows of their objects.

    A failure counts as a delivery; otherwise it is as if they had not been handed out.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    if problems := within(pause_seconds, PAUSE_SECONDS, ("pauseSeconds",)):
        raise Invalid(*problems)
    positions = await positions_of(given)
    not_before = real_now() + timedelta(seconds=pause_seconds) if pause_seconds else None
    async with events.transaction():
        consumer = await locked(actor, consumer_id)
        held = await _held(consumer.id, lease_id)
        chosen = _chosen(held, positions)
        if not chosen:
            raise WrongStatus(problem("BDR-EVT-012", ("cursors",)))
        named = {one.id for one in chosen}
        await execute_many(
            "UPDATE event_inbox_item SET lease_id = NULL, not_before = $2, deliveries = $3"
            " WHERE id = $1",
            [
                # What only follows was not tried.
                (one.id, not_before, one.deliveries - (not (has_failed and one.id in named)))
                for one in with_followers(chosen, held)
            ],
        )
        await forget_leases(consumer.id)
    return consumer


async def extend(actor: Actor, consumer_id: str, lease_id: str, seconds: int) -> Lease:
    """Keep what is left of a lease until so many seconds from now.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    if problems := within(seconds, LEASE_SECONDS, ("leaseSeconds",)):
        raise Invalid(*problems)
    until = real_now() + timedelta(seconds=seconds)
    async with events.transaction():
        consumer = await locked(actor, consumer_id)
        await _held(consumer.id, lease_id)
        await execute(
            "UPDATE event_inbox_item SET not_before = $2 WHERE lease_id = $1", lease_id, until
        )
        await execute("UPDATE event_lease SET lease_until = $2 WHERE id = $1", lease_id, until)
        return await Lease.get(id=lease_id)


def reader(consumer: Consumer) -> Actor:
    """The group as a reader of the log: what its author could read on the structure."""
    held = frozenset(Permission(p) for p in consumer.permissions)
    return Actor(consumer.id, ActorKind.SYSTEM, consumer.name, {consumer.structure_id: held})


def _problems(order: Order) -> list[Any]:
    lease = order.lease_seconds
    return [
        *within(order.first, TAKEN, ("first",)),
        *within(order.wait_seconds, WAIT_SECONDS, ("waitSeconds",)),
        *([] if lease is None else within(lease, LEASE_SECONDS, ("leaseSeconds",))),
        *text_problems(order.member or "", ("member",), LONGEST_NAME),
    ]


async def _locked_reader(actor: Actor, consumer_id: str) -> Consumer:
    """The group, if the actor may itself read everything that the group is handed."""
    consumer = await locked(actor, consumer_id)
    missing = [
        p for p in consumer.permissions if not actor.may(Permission(p), consumer.structure_id)
    ]
    if missing:
        raise Forbidden(problem("BDR-EVT-011", ("consumerId",), permissions=", ".join(missing)))
    return consumer


# The idempotency key of a take


_TAKE = "eventInboxTake"


async def _begun(actor: Actor, consumer_id: str, order: Order) -> idempotency.Answer | None:
    if order.key is None:
        return None
    asked = f"{consumer_id} {order.first} {order.lease_seconds} {order.member}"
    return await idempotency.take(actor.id, order.key, _TAKE, asked)


async def _ended(actor: Actor, order: Order, lease: Lease | None) -> None:
    """Keep what was handed out; nothing handed out leaves the key free."""
    if order.key is None:
        return
    if lease is None:
        await idempotency.give_back(actor.id, order.key)
    else:
        await idempotency.keep(actor.id, order.key, idempotency.Answer(lease.id, None))


async def _again(answer: idempotency.Answer) -> Lease:
    lease = await Lease.get_or_none(id=answer.object_id)
    if lease is None:
        raise WrongStatus(problem("BDR-EVT-012", _LEASE))
    return lease


# What may go


async def _open(consumer_id: str) -> list[Open]:
    items = Item.filter(consumer_id=consumer_id, set_aside_at=None).order_by("position")
    return [_of(item) for item in await items]


def _of(item: Item) -> Open:
    return Open(item.id, item.position, item.subject_id, item.deliveries, item.not_before)


async def _handed(consumer: Consumer, waiting: Sequence[Open], limit: int, at: datetime) -> Handing:
    skips = consumer.on_blocked is OnBlocked.SKIP_AFTER
    room = (
        MOST_SET_ASIDE
        - await Item.filter(consumer_id=consumer.id, set_aside_at__not_isnull=True).count()
    )
    return handing(waiting, at, limit, consumer.max_deliveries if skips else None, max(room, 0))


async def _set_aside(consumer: Consumer, spent: Sequence[Open], at: datetime) -> None:
    if not spent:
        return
    await execute_many(
        "UPDATE event_inbox_item SET set_aside_at = $2, lease_id = NULL, not_before = NULL"
        " WHERE id = $1",
        [(one.id, at) for one in spent],
    )
    deliveries = {one.position: one.deliveries for one in spent}
    for event in await events.at(sorted(deliveries)):
        if event.subject_kind in _OF_READERS:
            continue
        tell(
            "event_consumer.event_set_aside",
            consumer,
            SYSTEM,
            eventId=event.id,
            eventType=event.kind,
            subject=event.subject_id,
            eventCursor=cursors.event(event.position),
            deliveries=deliveries[event.position],
        )


async def _read_on(
    consumer: Consumer, limit: int, behind: set[str], room: int
) -> tuple[list[Event], list[Event], bool]:
    """Read the log on: what goes, what waits behind something earlier, and whether more follows."""
    own, filter = reader(consumer), EventFilter.of(consumer.wanted)
    fresh: list[Event] = []
    held: list[Event] = []
    end = consumer.read_position + _LOOKED_THROUGH
    has_more = True
    while has_more and consumer.read_position < end:
        size = limit - len(fresh) + _MORE
        batch = await visible_after(own, consumer.read_position, limit=size, filter=filter)
        for event in batch.events:
            if len(fresh) == limit or len(fresh) + len(held) >= room:
                return fresh, held, False
            consumer.read_position = event.position
            # Trouble of a group is told to others: telling the group itself would go in circles.
            if event.subject_id != consumer.id:
                (held if event.subject_id in behind else fresh).append(event)
        consumer.read_position, has_more = batch.position, batch.has_more
    return fresh, held, has_more


async def _leased(consumer: Consumer, actor: Actor, order: Order, at: datetime) -> Lease:
    seconds = order.lease_seconds or consumer.lease_seconds
    return await Lease.create(
        id=new_id("evl"),
        consumer_id=consumer.id,
        structure_id=consumer.structure_id,
        member=normal(order.member),
        taken_by=actor.id,
        taken_at=at,
        lease_until=at + timedelta(seconds=seconds),
    )


async def _hand_again(going: Sequence[Open], lease: Lease) -> None:
    await execute_many(
        "UPDATE event_inbox_item SET lease_id = $2, not_before = $3, deliveries = deliveries + 1,"
        " first_taken_at = COALESCE(first_taken_at, $4) WHERE id = $1",
        [(one.id, lease.id, lease.lease_until, lease.taken_at) for one in going],
    )


_INSERT = (
    "INSERT INTO event_inbox_item (id, consumer_id, structure_id, position, subject_id, lease_id,"
    " not_before, deliveries, first_taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
)


async def _write(consumer: Consumer, read: Sequence[Event], lease: Lease | None) -> None:
    head = (consumer.id, consumer.structure_id)
    state = (lease.id, lease.lease_until, 1, lease.taken_at) if lease else (None, None, 0, None)
    await execute_many(
        _INSERT,
        [(new_id("evi"), *head, event.position, event.subject_id, *state) for event in read],
    )


# What is out


async def _of_lease(consumer_id: str, lease_id: str) -> list[Open]:
    items = Item.filter(consumer_id=consumer_id, lease_id=findable(lease_id)).order_by("position")
    return [_of(item) for item in await items]


async def _held(consumer_id: str, lease_id: str) -> list[Open]:
    """What is left of a lease.

    Raises:
        WrongStatus: nothing is.
    """
    held = await _of_lease(consumer_id, lease_id)
    if not held:
        raise WrongStatus(problem("BDR-EVT-012", _LEASE))
    return held


def _chosen(held: Sequence[Open], positions: Collection[int] | None) -> list[Open]:
    return [one for one in held if positions is None or one.position in positions]


async def _still_there(consumer_id: str, positions: Collection[int] | None) -> list[str]:
    if not positions:
        return []
    items = Item.filter(consumer_id=consumer_id, position__in=list(positions)).order_by("position")
    return [cursors.event(item.position) for item in await items]
