"""At least once, in order, whatever dies: members that crash at random against a model."""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from domain import cursors
from domain.access import Actor
from domain.clock import Clock
from domain.db import fetch
from domain.inbox import taking
from domain.inbox.models import Consumer, OnBlocked
from domain.structures.models import Structure
from tests.inbox.conftest import a_consumer, held, news, rows, some_subjects, take
from tests.lints import ROOT

LEASE = 30


class Members:
    """What a group of members did: every event that one of them processed, in order."""

    def __init__(self, consumer: Consumer, actor: Actor, subject_of: dict[int, str]) -> None:
        self.consumer = consumer
        self.actor = actor
        self.subject_of = subject_of
        self.processed: list[int] = []

    async def one_turn(self, chance: random.Random) -> bool:
        """Take, process some, then acknowledge, give back, or die without a word."""
        lease = await take(self.actor, self.consumer, chance.choice([1, 3, 10]))
        mine = await held(lease)
        if lease is None:
            return False
        done = mine[: chance.randint(0, len(mine))]
        self.processed += done
        end = chance.random()
        if end < 0.5:
            # Acknowledged in any order, one by one or at once; some of it may be forgotten.
            chance.shuffle(done)
            named = [cursors.event(position) for position in done]
            await taking.acknowledge(self.actor, self.consumer.id, lease.id, named)
        elif end < 0.6 and done != mine:
            rest = [cursors.event(position) for position in mine[len(done) :]]
            await taking.give_back(
                self.actor, self.consumer.id, lease.id, rest, has_failed=False, pause_seconds=0
            )
        return True

    def firsts(self) -> dict[str, list[int]]:
        """The events of each object, in the order in which they were first processed."""
        found: dict[str, list[int]] = {}
        for position in dict.fromkeys(self.processed):
            found.setdefault(self.subject_of[position], []).append(position)
        return found


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_is_lost_and_each_object_is_in_order_whoever_dies(
    clock: Clock, owner: Structure, member: Actor, seed: int
) -> None:
    chance = random.Random(seed)
    consumer = await a_consumer(owner, on_blocked=OnBlocked.HOLD, lease_seconds=LEASE)
    subjects = await some_subjects(4)
    subject_of: dict[int, str] = {}
    members = Members(consumer, member, subject_of)

    for _ in range(40):
        if chance.random() < 0.5:
            subject = chance.choice(subjects)
            for event in await news(owner, subject, times=chance.randint(1, 3)):
                subject_of[event.position] = event.subject_id
        await members.one_turn(chance)
        clock.advance(timedelta(seconds=chance.choice([0, 1, LEASE])))
    idle = 0
    while idle < 2:
        clock.advance(timedelta(seconds=LEASE))
        idle = 0 if await members.one_turn(chance) else idle + 1

    assert set(members.processed) == subject_of.keys()
    for positions in members.firsts().values():
        assert positions == sorted(positions)
    assert await rows() == {"event_inbox_item": 0, "event_lease": 0}


async def test_members_at_once_never_hold_one_object_together(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner)
    told = []
    for subject in await some_subjects(5):
        told += await news(owner, subject, times=6)
    subject_of = {event.position: event.subject_id for event in told}
    out: dict[str, str] = {}
    done: list[int] = []

    async def work(chance: random.Random) -> None:
        while len(done) < len(told):
            lease = await take(member, consumer, chance.randint(1, 4))
            if lease is None:
                await asyncio.sleep(0.01)
                continue
            mine = await held(lease)
            for position in mine:
                assert out.setdefault(subject_of[position], lease.id) == lease.id
            await asyncio.sleep(chance.random() / 50)
            for position in mine:
                out.pop(subject_of[position], None)
            done.extend(mine)
            await taking.acknowledge(member, consumer.id, lease.id, None)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(random.Random(n)) for n in range(6)))

    assert sorted(done) == sorted(subject_of)
    for subject in set(subject_of.values()):
        own = [position for position in done if subject_of[position] == subject]
        assert own == sorted(own)


async def test_processes_that_are_killed_lose_nothing(
    database_url: str, owner: Structure, member: Actor, tmp_path: Path
) -> None:
    consumer = await a_consumer(owner, on_blocked=OnBlocked.HOLD, lease_seconds=5)
    told = []
    for subject in await some_subjects(6):
        told += await news(owner, subject, times=10)
    subject_of = {event.position: event.subject_id for event in told}
    log = tmp_path / "processed"
    log.touch()
    command = [
        sys.executable, "-m", "tests.inbox.member_process",
        database_url, consumer.id, owner.id, str(log),
    ]  # fmt: skip
    running: list[asyncio.subprocess.Process] = []

    async def start() -> None:
        running.append(await asyncio.create_subprocess_exec(*command, cwd=ROOT))

    def processed() -> list[int]:
        return [int(line) for line in log.read_text().split()]

    await asyncio.gather(start(), start())
    chance = random.Random(7)
    try:
        async with asyncio.timeout(120):
            for goal in (5, 15, 30):
                while len(processed()) < goal:  # noqa: ASYNC110 - other processes write
                    await asyncio.sleep(0.02)
                victim = running.pop(chance.randrange(len(running)))
                victim.kill()
                await victim.wait()
                await start()
            while await _is_left(consumer):  # noqa: ASYNC110 - idem
                await asyncio.sleep(0.1)
    finally:
        for one in running:
            one.kill()
            await one.wait()

    assert set(processed()) == subject_of.keys()
    firsts = list(dict.fromkeys(processed()))
    for subject in set(subject_of.values()):
        own = [position for position in firsts if subject_of[position] == subject]
        assert own == sorted(own)


async def _is_left(consumer: Consumer) -> bool:
    found = await fetch(
        "SELECT c.read_position < h.position OR EXISTS (SELECT 1 FROM event_inbox_item"
        " WHERE consumer_id = c.id) FROM event_consumer c, log_head h WHERE c.id = $1",
        consumer.id,
    )
    return bool(found[0][0])
