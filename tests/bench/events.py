"""Webhooks: how fast a backlog goes out."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack
from time import perf_counter

import httpx2
import orjson

from tests.bench.data import World
from tests.bench.databases import Database, copied, rows_of, run_on
from tests.bench.goals import Finding
from tests.bench.load import HOST, Load, ask, drive, graphql, request
from tests.bench.measure import weigh
from tests.bench.processes import Backends, Server
from tests.bench.run import Run, ours, tokens_of

CREATE = """
mutation Create($input: WebhookEndpointCreateInput!) {
  webhookEndpointCreate(input: $input) { endpoint { id } userErrors { rule message } }
}
"""
SENDERS = 64
# A drain that makes no progress for so long is over.
STALLED_SECONDS = 10.0


async def measure(run: Run, world: World) -> list[Finding]:
    """One backlog, sent by the product, by a bare loop and by a library."""
    async with copied(run.database, "writes") as database, AsyncExitStack() as stack:
        run = run.on(database)
        receiver = await run.peer(stack, "receiver")
        await endpoints(run, world, receiver)
        expected = await _backlog(database, 20_000 if run.full else 3_000)
        mine = await ours(run, stack, name="delivering")
        return await _drain(run, mine, receiver, expected)


async def endpoints(run: Run, world: World, receiver: Server) -> None:
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
    times = [m[0] for m in await messages(receiver)]
    took = times[-1] - times[0] if times else 0.0
    return Load(took, times, errors=max(0, expected - count))


async def messages(receiver: Server) -> list[tuple[float, str, str]]:
    _, said = await ask(receiver.port, request("GET", "/messages"))
    found: list[tuple[float, str, str]] = orjson.loads(said)
    return found


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
