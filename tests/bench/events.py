"""Webhooks: how long a committed event takes to arrive, and how fast a backlog goes out."""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import httpx2
import orjson

from tests.bench.data import World
from tests.bench.databases import Database, copied, rows_of, run_on
from tests.bench.goals import Finding
from tests.bench.load import HOST, Load, ask, drive, drive_at, graphql, percentile, request
from tests.bench.measure import weigh
from tests.bench.processes import Backends, Server
from tests.bench.questions import Deposits
from tests.bench.run import Run, Tokens, ours, tokens_of

CREATE = """
mutation Create($input: WebhookEndpointCreateInput!) {
  webhookEndpointCreate(input: $input) { endpoint { id } userErrors { rule message } }
}
"""
# Messages a second. A deposit tells three events, so it takes a third as many deposits.
RATES = (50, 200)
EVENTS_PER_DEPOSIT = 3
SENDERS = 64
# A drain that makes no progress for so long is over.
STALLED_SECONDS = 10.0


async def measure(run: Run, world: World) -> list[Finding]:
    """The backlog first, then new events at steady rates."""
    async with copied(run.database, "writes") as database, AsyncExitStack() as stack:
        run = run.on(database)
        receiver = await run.peer(stack, "receiver")
        await _endpoints(run, world, receiver)
        expected = await _backlog(database, 20_000 if run.full else 3_000)
        mine = await ours(run, stack, name="delivering")
        findings = await _drain(run, mine, receiver, expected)
        tokens = await tokens_of(mine, world)
        for rate in RATES:
            findings += await _latency(run, mine, receiver, world, tokens, rate)
        return findings


async def _endpoints(run: Run, world: World, receiver: Server) -> None:
    """An endpoint for every caller, made through the API."""
    async with AsyncExitStack() as stack:
        server = await ours(run, stack, name="registering")
        tokens = await tokens_of(server, world)
        for caller in world.callers:
            asked = {
                "structureId": caller.supplier_id,
                "url": f"http://{HOST}:{receiver.port}/{caller.client_id}",
                "description": "Bench",
                "idempotencyKey": secrets.token_hex(8),
            }
            sent = graphql(CREATE, {"input": asked}, token=tokens[caller.client_id])
            status, body = await ask(server.port, sent)
            if status != 200 or b'"endpoint":{"id"' not in body:
                raise RuntimeError(f"no endpoint: {status} {body[:500]!r}")


async def _backlog(database: Database, count: int) -> int:
    """Set the dispatcher back, so that about so many messages wait; how many exactly."""
    seen = (
        "SELECT DISTINCT a.position FROM event_audience a JOIN webhook_endpoint w"
        " ON w.structure_id = a.structure_id AND a.permission = 'invoice:read_issued'"
        " ORDER BY a.position DESC"
    )
    positions = [row[0] for row in await rows_of(database, f"{seen} LIMIT {count + 1}")]
    start = positions[-1]
    await run_on(
        database,
        f"UPDATE webhook_bookmark SET position = {start} WHERE name = 'dispatcher'",
        f"UPDATE webhook_endpoint SET since_position = {start}",
    )
    return len(positions) - 1


# Backlog


async def _drain(run: Run, mine: Server, receiver: Server, expected: int) -> list[Finding]:
    """Beside the same messages sent by a bare loop and by httpx2."""
    rows = []
    backends = Backends(run.database.backends)
    run.say(f"a backlog of {expected} messages")
    weighed = await weigh(mine, backends, lambda: _arrivals(receiver, expected))
    drained = weighed.load
    run.report.foreign.append(weighed.others)
    cost = (weighed.server + weighed.database) * 1e6 / max(1, drained.count)
    rows.append(("ours, dispatched, signed and noted", _rate(drained), f"{cost:.0f}"))
    if drained.errors:
        run.report.notice(f"the backlog stopped: {drained.count} of {expected} messages came")

    _, sample = await ask(receiver.port, request("GET", "/last"))
    run.say("the floor of sending")
    bare = await drive(
        receiver.port, lambda: sample, connections=SENDERS, seconds=2, most=20_000, starts=b""
    )
    rows.append(("floor: a bare loop of POST", _rate(bare), ""))
    run.say("httpx2")
    library = await _by_library(receiver.port, sample, 400)
    rows.append(("httpx2", _rate(library), ""))
    await ask(receiver.port, request("GET", "/messages"))
    run.report.table(
        f"Webhooks on {run.where}: a backlog of {expected} messages to 16 endpoints",
        ("sender", "messages/s", "CPU µs each"),
        rows,
    )
    return [Finding("drain.httpx", drained.per_second / library.per_second, 0.0, run.where)]


def _rate(load: Load) -> str:
    return f"{load.per_second:,.0f}"


async def _arrivals(receiver: Server, expected: int) -> Load:
    """Wait until the messages have come; from the first to the last of them."""
    count, moved_at = 0, perf_counter()
    while count < expected and perf_counter() - moved_at < STALLED_SECONDS:
        await asyncio.sleep(0.05)
        _, said = await ask(receiver.port, request("GET", "/count"))
        if int(said) != count:
            count, moved_at = int(said), perf_counter()
    times = [m[0] for m in await _messages(receiver)]
    took = times[-1] - times[0] if times else 0.0
    return Load(took, times, errors=max(0, expected - count))


async def _messages(receiver: Server) -> list[tuple[float, str, str]]:
    _, said = await ask(receiver.port, request("GET", "/messages"))
    messages: list[tuple[float, str, str]] = orjson.loads(said)
    return messages


async def _by_library(port: int, sample: bytes, count: int) -> Load:
    """The same messages by the general HTTP client, as many at a time."""
    head, _, body = sample.partition(b"\r\n\r\n")
    lines = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    headers = {n.decode(): v.decode() for n, v in lines if n.lower() != b"content-length"}
    left = count

    async def repeat(client: httpx2.AsyncClient) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await client.post(f"http://{HOST}:{port}/", content=body, headers=headers)

    limits = httpx2.Limits(max_connections=SENDERS)
    async with httpx2.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:
        begun = perf_counter()
        await asyncio.gather(*(repeat(client) for _ in range(SENDERS)))
        return Load(perf_counter() - begun, [0.0] * count)


# Commit to receipt


@dataclass(frozen=True)
class Recorded:
    """One event: when it took its place in the log, and which of its commit it is."""

    at: float
    sequence: int


async def _latency(
    run: Run, mine: Server, receiver: Server, world: World, tokens: Tokens, rate: int
) -> list[Finding]:
    """New events at a rate, measured from the moment just before their commit."""
    seconds = 10.0 if run.full else 5.0
    head = (await rows_of(run.database, "SELECT position FROM log_head"))[0][0]
    deposits = Deposits(world.callers, tokens, world.recipient_siret)
    run.say(f"{rate} messages a second")
    load = await drive_at(mine.port, deposits.ours, rate=rate / EVENTS_PER_DEPOSIT, seconds=seconds)
    recorded = await _recorded(run.database, head)
    received = await _until(receiver, len(recorded))
    first = _delays(recorded, received, {1})
    others = _delays(recorded, received, {1, 2, 3})
    told = len(recorded) / load.seconds
    rows = [
        (f"{rate}/s asked, {told:.0f}/s told: the first of a commit", *_shown(first)),
        ("each of a commit, one after the other", *_shown(others)),
        ("answer of the deposit", *_shown(load.latencies)),
    ]
    run.report.table(
        f"Webhooks on {run.where}: from commit to receipt", ("messages", "p50 ms", "p99 ms"), rows
    )
    if load.errors:
        run.report.notice(f"{rate}/s: {load.errors} deposits failed: {load.first_error}")
    if told < 0.9 * rate:
        run.report.notice(f"{rate} messages a second were not sustained; the goals use the others")
        return []
    return [
        Finding("event.p50", percentile(first, 50) * 1000, 0.0, f"{run.where}, {rate}/s"),
        Finding("event.p99", percentile(first, 99) * 1000, 0.0, f"{run.where}, {rate}/s"),
    ]


async def _until(receiver: Server, expected: int) -> dict[str, float]:
    """The first arrival of each event."""
    arrived: dict[str, float] = {}
    end = perf_counter() + STALLED_SECONDS
    while len(arrived) < expected and perf_counter() < end:
        await asyncio.sleep(0.1)
        for at, identifier, _ in await _messages(receiver):
            arrived.setdefault(identifier, at)
    return arrived


async def _recorded(database: Database, head: int) -> dict[str, Recorded]:
    rows = await rows_of(
        database,
        "SELECT id, recorded_at, subject_sequence FROM event WHERE position > $1"
        " AND subject_kind = 'invoice'",
        head,
    )
    return {row[0]: Recorded(seconds_of(row[1]), row[2]) for row in rows}


def _delays(
    recorded: dict[str, Recorded], received: dict[str, float], sequences: set[int]
) -> list[float]:
    return [
        received[identifier] - event.at
        for identifier, event in recorded.items()
        if identifier in received and event.sequence in sequences
    ]


def seconds_of(value: datetime | str) -> float:
    if isinstance(value, str):
        value = datetime.fromisoformat(re.sub(r"Z$", "+00:00", value))
    return value.timestamp()


def _shown(values: list[float]) -> tuple[str, str]:
    return f"{percentile(values, 50) * 1000:.1f}", f"{percentile(values, 99) * 1000:.1f}"
