"""What is done to a running site: one table of harms, each undone after a short random while."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from tests.chaos.programs import Program, children_of
from tests.chaos.sites import LEASE_SECONDS, Postgres, Site

Do = Callable[[Site, Random], Awaitable[str]]
SHORT = (0.1, 2.5)
GRACE_SECONDS = 20.0


class DidNotEnd(Exception):
    """A program that was asked to end had to be killed."""


@dataclass(frozen=True)
class Harm:
    """What is done, in words and in deed."""

    name: str
    do: Do


async def _killed(site: Site, program: Program, random: Random) -> str:
    async with program.lock:
        program.kill()
        await asyncio.sleep(random.uniform(*SHORT))
        program.start()
        await site.serves(program)
    return program.name


def _one(programs: Iterable[Program], random: Random) -> Program:
    """One of them, rather one to which nothing is being done."""
    some = list(programs)
    return random.choice([p for p in some if not p.lock.locked()] or some)


async def _frozen(program: Program, seconds: float) -> str:
    async with program.lock:
        program.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        program.send(signal.SIGCONT)
    return f"{program.name} for {seconds:.1f} s"


async def _ended(site: Site, program: Program) -> str:
    """As at each new version: it is asked to end, and must."""
    async with program.lock:
        obeyed = await program.end(GRACE_SECONDS)
        program.start()
        await site.serves(program)
    if not obeyed:
        raise DidNotEnd(f"{program.name} did not end {GRACE_SECONDS:.0f} s after it was asked to")
    return program.name


async def kill_web(site: Site, random: Random) -> str:
    return await _killed(site, _one(site.web.values(), random), random)


async def freeze_web(site: Site, random: Random) -> str:
    return await _frozen(_one(site.web.values(), random), random.uniform(1, 4))


async def end_web(site: Site, random: Random) -> str:
    return await _ended(site, _one(site.web.values(), random))


async def end_worker(site: Site, random: Random) -> str:
    return await _ended(site, _one(site.workers, random))


async def kill_worker(site: Site, random: Random) -> str:
    return await _killed(site, _one(site.workers, random), random)


async def kill_worker_child(site: Site, random: Random) -> str:
    """Only the process that works: the one that started it must not stay without it."""
    program = _one(site.workers, random)
    children = sorted(children_of(program.pid)) if program.is_running else []
    if children:
        with suppress(ProcessLookupError):
            os.kill(random.choice(children), signal.SIGKILL)
    return program.name


async def freeze_worker(site: Site, random: Random) -> str:
    """Beyond its lease: others take its deliveries over, then it comes back."""
    return await _frozen(_one(site.workers, random), LEASE_SECONDS + random.uniform(0.5, 3))


async def kill_database(site: Site, random: Random) -> str:
    database = _database(site)
    async with database.program.lock:
        database.program.kill()
        await asyncio.sleep(random.uniform(*SHORT))
        await database.start()
    return "the database server"


async def stop_database(site: Site, random: Random) -> str:
    database = _database(site)
    async with database.program.lock:
        await database.stop_immediately()
        await asyncio.sleep(random.uniform(*SHORT))
        await database.start()
    return "the database server"


async def kill_backends(site: Site, random: Random) -> str:
    """One connection's process: the server then ends all the others, and recovers."""
    database = _database(site)
    async with database.program.lock:
        backends = database.backends()
        if backends:
            with suppress(ProcessLookupError):
                os.kill(random.choice(backends), signal.SIGKILL)
    return "a connection's process"


async def kill_broker(site: Site, random: Random) -> str:
    assert site.broker is not None
    return await _killed(site, site.broker, random)


async def lose_broker(site: Site, random: Random) -> str:
    """For a good while: deposits must be taken, and sent by the sweeps alone."""
    assert site.broker is not None
    async with site.broker.lock:
        site.broker.kill()
        await asyncio.sleep(random.uniform(6, 10))
        site.broker.start()
    return "the broker, for long"


async def freeze_broker(site: Site, random: Random) -> str:
    """It takes connections and answers nothing, while a server is asked to end."""
    assert site.broker is not None
    async with asyncio.TaskGroup() as group, site.broker.lock:
        site.broker.send(signal.SIGSTOP)
        ending = group.create_task(end_web(site, random))
        await asyncio.sleep(random.uniform(5, 10))
        await asyncio.wait({ending}, timeout=GRACE_SECONDS)
        site.broker.send(signal.SIGCONT)
    return f"the broker, with an end of {ending.result()}"


async def freeze_database(site: Site, random: Random) -> str:
    """All of it, as when its machine swaps or its disk hangs."""
    database = _database(site)
    async with database.program.lock:
        some = [database.program.pid, *children_of(database.program.pid)]
        for number, pause in ((signal.SIGSTOP, random.uniform(2, 8)), (signal.SIGCONT, 0)):
            for pid in some:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            await asyncio.sleep(pause)
    return "the database server"


async def kill_everything(site: Site, random: Random) -> str:
    """A power cut: servers come up while the database is still down."""
    database = _database(site)
    async with database.program.lock:
        database.program.kill()
        others = [*site.web.values(), *site.workers]
        for program in others:
            if not program.lock.locked():
                program.kill()
        for program in others:
            if not program.lock.locked():
                program.start()
        await asyncio.sleep(random.uniform(5, 9))
        await database.start()
    return "the database server, web and workers"


def _database(site: Site) -> Postgres:
    assert site.postgres is not None
    return site.postgres


HARMS: dict[str, Sequence[Harm]] = {
    "embedded": (
        Harm("kill -9", kill_web),
        Harm("kill -9", kill_web),
        Harm("freeze", freeze_web),
        Harm("terminate", end_web),
    ),
    "scaled": (
        Harm("kill -9", kill_web),
        Harm("kill -9", kill_worker),
        Harm("kill -9", kill_worker_child),
        Harm("freeze", freeze_worker),
        Harm("kill -9", kill_database),
        Harm("stop -m immediate", stop_database),
        Harm("kill -9", kill_backends),
        Harm("kill -9", kill_broker),
        Harm("kill -9", kill_everything),
        Harm("terminate", end_web),
        Harm("freeze", freeze_web),
        Harm("kill -9", lose_broker),
        Harm("terminate", end_worker),
        Harm("freeze", freeze_database),
        Harm("freeze", freeze_broker),
    ),
}


def plan(form: str, kills: int, seconds: float, random: Random) -> list[tuple[float, Harm]]:
    """When to do what: every kind as often as any other, at moments of chance."""
    drawn: list[Harm] = []
    while len(drawn) < kills:
        drawn += random.sample(HARMS[form], len(HARMS[form]))
    moments = sorted(random.uniform(0.05, 0.95) * seconds for _ in range(kills))
    return list(zip(moments, drawn, strict=False))
