"""The worker inside the server, and what it does by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.structures.models import Structure
from tests.make import a_structure
from tests.webhooks.conftest import an_endpoint, news
from tests.webhooks.receiver import Receiver
from webhooks import machine as machines
from webhooks import tasks
from webhooks.machine import Machine, Periodic
from webhooks.models import Delivery, Turn


@pytest.fixture
async def worker(database: str) -> AsyncIterator[tasks.Working]:
    """An embedded worker that is woken by commits."""
    one = await tasks.start("")
    yield one
    await one.stop()


async def test_a_commit_is_delivered_without_waiting_for_the_sweep(
    owner: Structure,
    receiver: Receiver,
    worker: tasks.Working,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await asyncio.sleep(0.1)
    monkeypatch.setattr(Machine, "sweep", _nothing)
    await an_endpoint(owner, receiver)

    for n in range(30):
        await news(owner, n=n)
    await receiver.has(30)

    assert [c["data"]["n"] for c in receiver.contents] == list(range(30))


async def test_the_sweep_makes_up_for_a_lost_wake_up(
    owner: Structure, receiver: Receiver, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "SWEEP_SECONDS", 0.02)
    await an_endpoint(owner, receiver)
    await news(owner)

    await machine.start()
    await receiver.has(1)


async def test_a_sweep_that_fails_is_tried_again(
    owner: Structure, receiver: Receiver, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "SWEEP_SECONDS", 0.02)
    broken = [True, True]
    real = machines.dispatch

    async def sometimes() -> int:
        if broken:
            broken.pop()
            raise OSError("the database is away")
        return await real()

    monkeypatch.setattr(machines, "dispatch", sometimes)
    await an_endpoint(owner, receiver)
    await news(owner)

    await machine.start()
    await receiver.has(1)

    assert broken == []


async def test_a_periodic_action_runs_once_per_interval_whoever_runs_it(database: str) -> None:
    done: list[str] = []

    async def act() -> None:
        done.append("done")

    several = [Machine() for _ in range(3)]
    for one in several:
        one.every("tidying", timedelta(hours=1), act)
    for _ in range(3):
        for one in several:
            await one.sweep()
            await asyncio.sleep(0.05)

    assert done == ["done"]
    assert await Turn.filter(name="tidying").count() == 1
    for one in several:
        await one.stop()


async def test_several_machines_dispatch_and_deliver_each_event_once_in_order(
    owner: Structure, receiver: Receiver, database: str
) -> None:
    await an_endpoint(owner, receiver)
    subjects = [await a_structure() for _ in range(6)]
    several = [Machine() for _ in range(3)]

    async def writes() -> None:
        for n in range(10):
            for subject in subjects:
                await news(owner, about=subject, n=n)

    async def works(one: Machine) -> None:
        while await Delivery.filter(state="DELIVERED").count() < 60:
            await one.dispatch()
            await one.deliver()

    async with asyncio.timeout(60):
        await asyncio.gather(writes(), *(works(one) for one in several))

    assert len(receiver.messages) == 60
    for subject in subjects:
        own = [c["data"]["n"] for c in receiver.contents if c["subject"] == subject.id]
        assert own == list(range(10))
    for one in several:
        await one.stop()


def test_a_broker_is_known_by_its_scheme() -> None:
    with pytest.raises(ValueError, match="BROKER_URL"):
        tasks.make_broker("kafka://somewhere")


async def test_a_broker_that_is_away_stops_nothing(database: str, owner: Structure) -> None:
    server = await tasks.start("redis://127.0.0.1:1/0")

    await news(owner)

    await server.stop()


async def _nothing(self: Machine) -> None:
    """Stands for a sweep that finds nothing."""


def test_periodic_actions_have_names_of_their_own() -> None:
    names = [p.name for p in Machine()._periodic]

    assert len(names) == len(set(names))
    assert all(isinstance(p, Periodic) for p in Machine()._periodic)
