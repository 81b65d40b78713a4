"""What an integrator does with consumer groups: set up, change, move, delete."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from domain import cursors, events
from domain.access import SEEN_BY, Actor, Permission
from domain.clock import real_now
from domain.db import dialect, execute, fetch, hold
from domain.errors import Duplicate, Invalid, NotFound
from domain.feed import EventFilter
from domain.ids import findable, new_id
from domain.inbox.models import Consumer, Item, OnBlocked, Settling, Start
from domain.inbox.rules import (
    MOST_CONSUMERS,
    MOST_CURSORS,
    ConsumerDraft,
    Place,
    place_problems,
    problems_of,
)
from domain.resuming import position_of
from domain.rules_text import problem
from domain.select import Statement
from domain.text import normal

_CONSUMER = ("consumerId",)


async def create(actor: Actor, structure_id: str, draft: ConsumerDraft, place: Place) -> Consumer:
    """Set up a group. It is handed what its author may read of the structure today.

    Raises:
        NotFound, Forbidden, Invalid, Duplicate
    """
    actor.require(Permission.MANAGE_WEBHOOKS, on=structure_id, path=("structureId",))
    if problems := [*problems_of(draft), *place_problems(place)]:
        raise Invalid(*problems)
    position, at = await _position(place), real_now()
    async with events.transaction():
        await hold(f"event_consumer {structure_id}")
        await _refuse_too_many(structure_id)
        await _refuse_same_name(structure_id, draft.name)
        consumer = Consumer(
            id=new_id("evc"),
            structure_id=structure_id,
            **_content(draft),
            permissions=sorted(p.value for p in SEEN_BY if actor.may(p, structure_id)),
            read_position=position,
            created_at=at,
            updated_at=at,
        )
        tell("event_consumer.created", consumer, actor)
        await consumer.save(force_create=True)
    return consumer


async def update(actor: Actor, consumer_id: str, changes: Mapping[str, Any]) -> Consumer:
    """Change what is given of a group; a filter holds for what is read from now on.

    Raises:
        NotFound, Forbidden, Invalid, Duplicate
    """
    async with events.transaction():
        consumer = await locked(actor, consumer_id)
        present = ConsumerDraft(
            consumer.name,
            EventFilter.of(consumer.wanted),
            consumer.on_blocked,
            consumer.max_deliveries,
            consumer.lease_seconds,
        )
        draft = replace(present, **changes)
        if problems := problems_of(draft):
            raise Invalid(*problems)
        if normal(draft.name) != consumer.name:
            await hold(f"event_consumer {consumer.structure_id}")
            await _refuse_same_name(consumer.structure_id, draft.name)
        consumer.update_from_dict(_content(draft))
        return await _told("event_consumer.updated", consumer, actor)


async def seek(actor: Actor, consumer_id: str, place: Place) -> Consumer:
    """Move a group. What is out or waits is let go: it is read again if it lies after the place.

    What was set aside before the place stays so.

    Raises:
        NotFound, Forbidden, Invalid
    """
    if problems := place_problems(place):
        raise Invalid(*problems)
    position = await _position(place)
    async with events.transaction():
        consumer = await locked(actor, consumer_id)
        await execute(
            "DELETE FROM event_inbox_item WHERE consumer_id = $1"
            " AND (set_aside_at IS NULL OR position > $2)",
            consumer.id,
            position,
        )
        await forget_leases(consumer.id)
        consumer.read_position = position
        return await _told("event_consumer.moved", consumer, actor)


async def delete(actor: Actor, consumer_id: str) -> Consumer:
    """Take a group away, with all that it had out.

    Raises:
        NotFound, Forbidden
    """
    async with events.transaction():
        consumer = await locked(actor, consumer_id)
        await execute("DELETE FROM event_inbox_item WHERE consumer_id = $1", consumer.id)
        await forget_leases(consumer.id)
        consumer.deleted_at = real_now()
        return await _told("event_consumer.deleted", consumer, actor)


async def settle(
    actor: Actor, consumer_id: str, settling: Settling, given: Collection[str] | None
) -> Consumer:
    """Decide on what was set aside: all of it, or the events that cursors name.

    Raises:
        NotFound, Forbidden, Invalid
    """
    positions = await positions_of(given)
    async with events.transaction():
        consumer = await locked(actor, consumer_id)
        found = await _set_aside(consumer.id, positions)
        missing = [] if positions is None else sorted(set(positions) - found.keys())
        if missing:
            raise NotFound(problem("BDR-EVT-013", ("cursors",), cursor=cursors.event(missing[0])))
        statement = Statement(dialect())
        these = statement.among("id", sorted(found.values()))
        if settling is Settling.DISCARD:
            await execute(f"DELETE FROM event_inbox_item WHERE {these}", *statement.params)
        else:
            await execute(
                "UPDATE event_inbox_item SET set_aside_at = NULL, not_before = NULL,"
                f" deliveries = 0 WHERE {these}",
                *statement.params,
            )
    return consumer


# What the other verbs of this subject need too


async def locked(actor: Actor, consumer_id: str) -> Consumer:
    """The group, locked until the commit, if the actor manages it."""
    found = Consumer.filter(id=findable(consumer_id), deleted_at=None)
    consumer = await (
        found.select_for_update(no_key=True) if dialect() == "postgres" else found
    ).first()
    if consumer is None:
        raise NotFound(problem("BDR-REQ-001", _CONSUMER))
    actor.require(Permission.MANAGE_WEBHOOKS, on=consumer.structure_id, path=_CONSUMER)
    return consumer


def tell(kind: str, consumer: Consumer, actor: Actor, **details: Any) -> None:
    """Record a fact about a group. The caller saves it."""
    card = {"id": consumer.id, "name": consumer.name, "structureId": consumer.structure_id}
    events.record(
        kind,
        consumer,
        actor,
        audience=[(consumer.structure_id, Permission.READ_WEBHOOKS)],
        on_behalf_of=consumer.structure_id,
        data={"consumer": card, **details},
    )


async def forget_leases(consumer_id: str) -> None:
    """Delete the leases of which nothing is left."""
    await execute(
        "DELETE FROM event_lease WHERE consumer_id = $1 AND NOT EXISTS ("
        "SELECT 1 FROM event_inbox_item i WHERE i.lease_id = event_lease.id)",
        consumer_id,
    )


async def positions_of(given: Collection[str] | None) -> list[int] | None:
    """The positions that cursors name; None names all.

    Raises:
        Invalid: too many of them, or one that is not of this log.
    """
    if given is None:
        return None
    if len(given) > MOST_CURSORS:
        raise Invalid(problem("BDR-EVT-014", ("cursors",), count=len(given), most=MOST_CURSORS))
    return [await position_of(one, ("cursors", str(n))) for n, one in enumerate(given)]


async def _told(kind: str, consumer: Consumer, actor: Actor) -> Consumer:
    consumer.updated_at = real_now()
    tell(kind, consumer, actor)
    await consumer.save()
    return consumer


async def _set_aside(consumer_id: str, positions: list[int] | None) -> dict[int, str]:
    found = Item.filter(consumer_id=consumer_id, set_aside_at__not_isnull=True)
    if positions is not None:
        found = found.filter(position__in=positions)
    return {item.position: item.id for item in await found}


async def _position(place: Place) -> int:
    if place.start is Start.BEGINNING:
        return 0
    if place.start is Start.CURSOR and place.cursor is not None:
        return await position_of(place.cursor, ("cursor",))
    if place.start is Start.INSTANT and place.at is not None:
        return await events.before(place.at)
    return await events.head()


def _content(draft: ConsumerDraft) -> dict[str, Any]:
    return {
        "name": normal(draft.name) or "",
        "wanted": draft.filter.stored(),
        "on_blocked": OnBlocked(draft.on_blocked),
        "max_deliveries": draft.max_deliveries,
        "lease_seconds": draft.lease_seconds,
    }


async def _refuse_too_many(structure_id: str) -> None:
    if await Consumer.filter(structure_id=structure_id, deleted_at=None).count() >= MOST_CONSUMERS:
        raise Invalid(problem("BDR-EVT-006", ("structureId",), limit=MOST_CONSUMERS))


async def _refuse_same_name(structure_id: str, name: str) -> None:
    rows = await fetch(
        "SELECT 1 FROM event_consumer WHERE structure_id = $1 AND name = $2 AND deleted_at IS NULL",
        structure_id,
        normal(name),
    )
    if rows:
        raise Duplicate(problem("BDR-EVT-007", ("name",), name=name))
