"""Fan-out: one committed event to many WebSocket subscribers, beside a bare broadcast."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

import orjson

from tests.bench.data import World
from tests.bench.databases import copied, rows_of
from tests.bench.goals import Finding
from tests.bench.latency import seconds_of
from tests.bench.load import Connection, graphql, request
from tests.bench.processes import Server
from tests.bench.questions import NAIVE_STREAM, STREAM, deposit
from tests.bench.run import Run, ours, tokens_of
from tests.bench.subscribers import Crowd, SseSubscriber, Subscriber, asks, hello

SAVE = """
mutation Save($input: InvoiceDraftSaveInput!) {
  invoiceDraftSave(input: $input) { invoice { id } userErrors { rule message } }
}
"""
ROADS: dict[str, tuple[Callable[[str, str], bytes], type[Subscriber]]] = {
    "WebSocket": (hello, Subscriber),
    "SSE": (asks, SseSubscriber),
}
EVENTS = 20
PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Spread:
    """How an event reached the crowd: milliseconds after it was known, and the memory it took."""

    name: str
    first: float
    last: float
    worst: float
    kilobytes: float


async def measure(run: Run, world: World, *, crowd: int = 0, events: int = EVENTS) -> list[Finding]:
    """The same number of subscribers on each server, one server after the other."""
    crowd = crowd or (1_000 if run.full else 200)
    async with copied(run.database, "writes") as database, AsyncExitStack() as stack:
        run = run.on(database)
        weights = {road: await _weight(run, world, road, 5 * crowd) for road in ROADS}
        mine = await ours(run, stack)
        token = (await tokens_of(mine, world))[world.callers[0].client_id]
        found, frame = await _ours(run, mine, world, token, crowd, events, weights["WebSocket"])
        spreads = [found]
        floor = await run.peer(stack, "broadcast")
        spreads.insert(0, await _peer(run, floor, "floor: a bare broadcast", crowd, events, frame))
        if "naive" in run.peers:
            naive = await run.peer(stack, "naive")
            event = orjson.loads(frame)["payload"]["data"]["eventStream"]["event"]
            spreads.append(
                await _peer(run, naive, "Strawberry, one execution each", crowd, events, event)
            )
    _show(run, spreads, crowd)
    findings = [
        Finding("fanout.memory", kilobytes, 0.0, f"{run.where}, {road}")
        for road, kilobytes in weights.items()
    ]
    if "naive" in run.peers:
        share = found.last / spreads[-1].last
        findings.append(Finding("fanout.naive", share, 0.0, run.where))
    return findings


async def _weight(run: Run, world: World, road: str, count: int) -> float:
    """The memory of one subscriber more who waits, in kilobytes, on a server of its own."""
    run.say(f"{count} subscribers by {road} who wait")
    greeting, kind = ROADS[road]
    async with AsyncExitStack() as stack:
        server = await ours(run, stack, name="waiting")
        token = (await tokens_of(server, world))[world.callers[0].client_id]
        # What the first ones need stays for those who follow.
        few, many = (
            Crowd(server.port, "/graphql", greeting(STREAM, token), size, kind)
            for size in (max(5, count // 10), count)
        )
        await few.gather()
        before = server.resident_bytes()
        await many.gather()
        kilobytes = (server.resident_bytes() - before) / count / 1024
        few.disperse()
        many.disperse()
    return kilobytes


async def _ours(
    run: Run, server: Server, world: World, token: str, count: int, events: int, kilobytes: float
) -> tuple[Spread, bytes]:
    """Drafts are saved: one event for each commit, seen by their supplier."""
    run.say(f"{count} subscribers of ours")
    crowd = Crowd(server.port, "/graphql", hello(STREAM, token), count)
    await crowd.gather()
    head = (await rows_of(run.database, "SELECT position FROM log_head"))[0][0]
    connection = await Connection.to(server.port)
    for n in range(events):
        given = deposit(world.callers[0], world.recipient_siret, f"D{secrets.token_hex(4)}")
        status, body = await connection.ask(graphql(SAVE, {"input": given}, token=token))
        if status != 200 or b'"invoice":{"id"' not in body:
            raise RuntimeError(f"no draft was saved: {status} {body[:500]!r}")
        await crowd.heard(n + 1)
        await asyncio.sleep(PAUSE_SECONDS)
    connection.close()
    crowd.disperse()
    rows = await rows_of(
        run.database, "SELECT id, recorded_at FROM event WHERE position > $1", head
    )
    known = {row[0]: seconds_of(row[1]) for row in rows}
    return _spread(
        "ours, from just before the commit", crowd, known, kilobytes
    ), crowd.arrivals.frame


async def _peer(run: Run, server: Server, name: str, count: int, events: int, told: Any) -> Spread:
    """A server that is told what to tell, and says when it began."""
    run.say(f"{count} subscribers of {server.name}")
    is_floor = isinstance(told, bytes)
    path = "/" if is_floor else "/graphql/"
    crowd = Crowd(server.port, path, b"" if is_floor else hello(NAIVE_STREAM), count)
    before = server.resident_bytes()
    await crowd.gather()
    kilobytes = (server.resident_bytes() - before) / count / 1024
    known = {}
    connection = await Connection.to(server.port)
    for n in range(events):
        identifier = f"evt_{n:026}"
        body = _renamed(told, identifier)
        _, said = await connection.ask(request("POST", "/publish", body=body))
        known[identifier] = orjson.loads(said)["at"]
        await crowd.heard(n + 1)
        await asyncio.sleep(PAUSE_SECONDS)
    connection.close()
    crowd.disperse()
    return _spread(name, crowd, known, kilobytes)


def _renamed(told: Any, identifier: str) -> bytes:
    """The same event under another identifier: as finished bytes, or as an object."""
    if isinstance(told, bytes):
        start = told.find(b'"id":"evt_') + 6
        return told[:start] + identifier.encode() + told[start + 30 :]
    names = {"occurredAt": "occurred_at", "subjectId": "subject_id",
             "subjectSequence": "subject_sequence"}  # fmt: skip
    event = {names.get(key, key): value for key, value in told.items()} | {"id": identifier}
    event["change"] = {"frm": "A", "to": "B", "reason": None}
    return orjson.dumps(event)


def _spread(name: str, crowd: Crowd, known: dict[str, float], kilobytes: float) -> Spread:
    arrivals = crowd.arrivals
    first = [(arrivals.first[i] - at) * 1000 for i, at in known.items() if i in arrivals.first]
    last = [(arrivals.last[i] - at) * 1000 for i, at in known.items() if i in arrivals.last]
    return Spread(name, median(first), median(last), max(last), kilobytes)


def _show(run: Run, spreads: list[Spread], count: int) -> None:
    rows = [
        (
            s.name,
            f"{s.first:.1f}",
            f"{s.last:.1f}",
            f"{s.worst:.1f}",
            f"{s.last / spreads[0].last:.1f}",
            f"{s.kilobytes:.1f}",
        )
        for s in spreads
    ]
    heads = ("server", "first ms", "last ms", "worst ms", "last ×", "KB each")
    run.report.table(f"Fan-out on {run.where}: one event to {count} subscribers", heads, rows)
