"""Endpoints, receivers and the webhooks machine, driven step by step."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from domain import events
from domain.access import Permission
from domain.events import Event
from domain.structures.models import Structure
from resolvers.documents import StoredDocuments
from resolvers.http import Limits
from resolvers.root import schema
from tests.make import a_supplier, an_actor
from tests.webhooks.receiver import Receiver
from webhooks import documents, endpoints, policy, writing
from webhooks.addresses import Allowed
from webhooks.dispatch import dispatch
from webhooks.endpoints import EndpointDraft, Kept
from webhooks.machine import Machine
from webhooks.policy import Policy

# Workers apart need a broker: `make test` gives one in its second suite.
collect_ignore = [] if os.environ.get("BROKER_URL") else ["test_apart.py"]

LOOPBACK = Allowed(ipaddress.ip_network("127.0.0.0/8"))
TEST_POLICY = Policy(
    key=b"a key for tests",
    public_url="https://b.example",
    allow=(LOOPBACK,),
    jitter=0,
    timeout_seconds=2,
    connect_seconds=1,
)
# Everything the machine needs to run a schedule to its end, at once.
AT_ONCE = (0, 0, 0)

Site = Callable[..., None]


@pytest.fixture(autouse=True)
def site() -> Iterator[Site]:
    """Change the choices of the site for one test."""

    def choose(**changes: Any) -> None:
        policy.configure(replace(policy.current(), **changes))

    policy.configure(TEST_POLICY)
    documents.configure(_language())
    yield choose
    policy.configure(Policy(key=b""))
    documents.configure(None)


@cache
def _language() -> StoredDocuments:
    return StoredDocuments(schema, Limits())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that accepts everything."""
    one = Receiver()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def machine(database: str) -> AsyncIterator[Machine]:
    """The webhooks machine, not started: it looks when it is told to."""
    one = Machine()
    yield one
    await one.stop()


@pytest.fixture
async def owner(database: str) -> Structure:
    """The structure whose endpoints are tested."""
    return await a_supplier()


async def an_endpoint(owner: Structure, receiver: Receiver, **draft: Any) -> Kept:
    """An endpoint of the structure that posts to the receiver."""
    return await endpoints.create(
        an_actor(owner), owner.id, EndpointDraft(**({"url": receiver.url} | draft))
    )


async def news(owner: Structure, about: Structure | None = None, **data: Any) -> Event:
    """Something that the owner is told, about itself or about another structure."""
    subject = await Structure.get(id=(about or owner).id)
    async with events.transaction() as unit:
        events.record(
            "structure.updated",
            subject,
            an_actor(owner),
            audience=[(owner.id, Permission.READ_STRUCTURE)],
            data=data,
        )
        await subject.save()
    assert unit.position is not None
    return (await events.after(unit.position - 1, limit=1))[0]


async def dispatched() -> int:
    """Dispatch, and write the bodies that documents may be run for now; the number dispatched."""
    made = await dispatch()
    await written()
    return made


async def written() -> int:
    """Run the documents that may run now; the number of bodies written."""
    count = 0
    while structures := await writing.ready():
        count += sum([await writing.turn(structure) for structure in structures])
    return count


async def run(machine: Machine) -> None:
    """Dispatch and deliver until nothing is due, what documents are to be run for included."""
    await machine.dispatch()
    await machine.deliver()
    await machine.write()
    while machine._tasks:
        await asyncio.wait(machine._tasks)


LATER = timedelta(seconds=1)
