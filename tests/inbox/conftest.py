"""Consumer groups of one structure, and news for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from domain import cursors, events
from domain.access import Actor, Permission
from domain.db import fetch
from domain.events import Event
from domain.inbox import actions, taking
from domain.inbox.models import Consumer, Item, Lease
from domain.inbox.rules import ConsumerDraft, Place
from domain.inbox.taking import Order
from domain.structures.models import Structure
from tests.make import a_structure, a_supplier, an_actor


@pytest.fixture
async def owner(database: str) -> Structure:
    """The structure whose events are pulled."""
    return await a_supplier()


@pytest.fixture
def member(owner: Structure) -> Actor:
    """Who manages its groups and takes from them."""
    return an_actor(owner)


async def a_consumer(owner: Structure, place: Place | None = None, **draft: Any) -> Consumer:
    """A group of the structure that reads from now on, whatever is about other structures."""
    given = ConsumerDraft(**({"name": "ERP"} | draft))
    return await actions.create(an_actor(owner), owner.id, given, place or Place())


async def some_subjects(count: int) -> list[Structure]:
    """Objects that news can be about."""
    return [await a_structure() for _ in range(count)]


async def news(owner: Structure, about: Structure, *, times: int = 1) -> list[Event]:
    """Something that the owner is told about an object."""
    told = []
    for _ in range(times):
        async with events.transaction() as unit:
            subject = await Structure.get(id=about.id)
            events.record(
                "structure.updated",
                subject,
                an_actor(owner),
                audience=[(owner.id, Permission.READ_STRUCTURE)],
            )
            await subject.save()
        assert unit.position is not None
        told += await events.after(unit.position - 1, limit=1)
    return told


async def take(actor: Actor, consumer: Consumer, first: int = 10, **order: Any) -> Lease | None:
    """What a member is handed now."""
    return (await taking.take(actor, consumer.id, Order(first, **order))).lease


async def held(lease: Lease | None) -> list[int]:
    """The positions that are left of a lease."""
    if lease is None:
        return []
    return [item.position for item in await Item.filter(lease_id=lease.id).order_by("position")]


def at(told: Sequence[Event]) -> list[int]:
    """Where events stand in the log."""
    return [event.position for event in told]


def named(*told: Event) -> list[str]:
    """The cursors of events."""
    return [cursors.event(event.position) for event in told]


async def rows() -> dict[str, int]:
    """How many rows the groups hold."""
    return {
        table: (await fetch(f"SELECT count(*) FROM {table}"))[0][0]
        for table in ("event_inbox_item", "event_lease")
    }
