"""From commit to whoever is told: webhooks and streams, in one process and across several."""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.bench.data import World
from tests.bench.databases import Database, copied, rows_of
from tests.bench.events import endpoints, messages
from tests.bench.goals import Finding
from tests.bench.load import drive_at, percentile
from tests.bench.measure import weigh
from tests.bench.processes import Backends, Server, family_of
from tests.bench.questions import STREAM, Deposits
from tests.bench.run import Run, Tokens, a_worker, ours, tokens_of
from tests.bench.subscribers import Crowd, SseSubscriber, Subscriber, asks, hello

# Events a second. A deposit tells three, so it takes a third as many deposits.
RATES = (50, 200)
EVENTS_PER_DEPOSIT = 3
# What has not come after so long does not come.
STALLED_SECONDS = 10.0
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")

Delays = dict[str, list[float]]


@dataclass(frozen=True)
class Form:
    """How the site runs: deposits go to one server, streams come from another or the same."""

    name: str
    goals: str
    rates: tuple[int, ...]
    depositing: Server
    streaming: Server
    helpers: tuple[int, ...] = ()


async def measure(
    run: Run, world: World, *, rates: tuple[int, ...] = RATES, seconds: float = 0
) -> list[Finding]:
    """One process on both databases; on PostgreSQL also two servers, a worker and Redis."""
    findings: list[Finding] = []
    seconds = seconds or (10.0 if run.full else 4.0)
    async with copied(run.database, "writes") as database, AsyncExitStack() as stack:
        run = run.on(database)
        receiver = await run.peer(stack, "receiver")
        await endpoints(run, world, receiver)
        async with AsyncExitStack() as alone:
            one = await ours(run, alone, name="delivering")
            form = Form("one process", "event", rates, one, one, (receiver.process.pid,))
            findings += (await _rates(run, form, receiver, world, seconds))[0]
        if run.where == "postgres" and await _has_redis(run):
            findings += await _apart(run, receiver, world, rates, seconds)
    return findings


async def _apart(
    run: Run, receiver: Server, world: World, rates: tuple[int, ...], seconds: float
) -> list[Finding]:
    """Several processes, that wake each other and that do not."""
    medians, findings = {}, []
    for wake_ups in ("postgres", "none"):
        async with AsyncExitStack() as stack:
            chosen = {"BROKER_URL": REDIS, "WAKE_UPS": wake_ups}
            depositing = await ours(run, stack, name="depositing", **chosen)
            streaming = await ours(run, stack, name="streaming", **chosen)
            worker = await a_worker(run, stack, **chosen)
            helpers = (streaming.process.pid, *family_of(worker), receiver.process.pid)
            says = f"two servers, a worker, WAKE_UPS={wake_ups}"
            is_woken = wake_ups != "none"
            form = Form(
                says, "apart" if is_woken else "", rates if is_woken else rates[:1],
                depositing, streaming, helpers,
            )  # fmt: skip
            found, delays = await _rates(run, form, receiver, world, seconds)
            findings += found
            medians[wake_ups] = percentile(delays["WebSocket"], 50)
    share = medians["postgres"] / medians["none"] if medians["none"] else 0.0
    return [*findings, Finding("apart.pulse", share, 0.0, run.where)]


async def _rates(
    run: Run, form: Form, receiver: Server, world: World, seconds: float
) -> tuple[list[Finding], Delays]:
    """Each rate in turn; what was found, and the delays at the first of them."""
    tokens = await tokens_of(form.depositing, world)
    crowds = {
        "WebSocket": [
            Crowd(form.streaming.port, "/graphql", hello(STREAM, token), 1, Subscriber)
            for token in tokens.values()
        ],
        "SSE": [
            Crowd(form.streaming.port, "/graphql", asks(STREAM, token), 1, SseSubscriber)
            for token in tokens.values()
        ],
    }
    everyone = [crowd for some in crowds.values() for crowd in some]
    await asyncio.gather(*(crowd.gather() for crowd in everyone))
    findings: list[Finding] = []
    first: Delays = {}
    try:
        for rate in form.rates:
            found, delays = await _one_rate(
                run, form, receiver, world, tokens, crowds, rate, seconds
            )
            findings += found
            first = first or delays
    finally:
        for crowd in everyone:
            crowd.disperse()
    return findings, first


async def _one_rate(
    run: Run, form: Form, receiver: Server, world: World, tokens: Tokens,
    crowds: dict[str, list[Crowd]], rate: int, seconds: float,
) -> tuple[list[Finding], Delays]:  # fmt: skip
    """New events at a rate, measured from the moment just before their commit."""
    run.say(f"{form.name}: {rate} events a second")
    await messages(receiver)
    head = (await rows_of(run.database, "SELECT position FROM log_head"))[0][0]
    deposits = Deposits(world.callers, tokens, world.recipient_siret)
    weighed = await weigh(
        form.depositing,
        Backends(run.database.backends),
        lambda: drive_at(
            form.depositing.port, deposits.ours, rate=rate / EVENTS_PER_DEPOSIT, seconds=seconds
        ),
        form.helpers,
    )
    load = weighed.load
    run.report.foreign.append(weighed.others)
    committed = await _first_of_commits(run.database, head)
    arrived = {"webhook": await _received(receiver, committed)}
    for road, some in crowds.items():
        arrived[road] = await _streamed(some, committed)
    delays = {
        road: [times[i] - at for i, at in committed.items() if i in times]
        for road, times in arrived.items()
    }
    rows = [
        (road, f"{percentile(d, 50) * 1000:.1f}", f"{percentile(d, 99) * 1000:.1f}", f"{len(d)}")
        for road, d in {**delays, "answer of the deposit": load.latencies}.items()
    ]
    told = EVENTS_PER_DEPOSIT * len(committed) / load.seconds
    run.report.table(
        f"{run.where}, {form.name}: from commit to whoever is told, {told:.0f} events/s",
        ("road", "p50 ms", "p99 ms", "of"),
        rows,
    )
    if load.errors:
        run.report.notice(f"{rate}/s: {load.errors} deposits failed: {load.first_error}")
    if any(len(d) < len(committed) for d in delays.values()):
        run.report.notice(f"{form.name}, {rate}/s: some of what was committed did not come")
    if told < 0.9 * rate or not form.goals:
        return [], delays
    where = f"{run.where}, {rate}/s"
    streams = [*delays["WebSocket"], *delays["SSE"]]
    return [
        Finding(f"{form.goals}.{what}p{percent}", percentile(values, percent) * 1000, 0.0, where)
        for what, values in (("", delays["webhook"]), ("stream.", streams))
        for percent in (50, 99)
    ], delays


async def _first_of_commits(database: Database, head: int) -> dict[str, float]:
    """When the first event of each deposit took its place in the log."""
    rows = await rows_of(
        database,
        "SELECT id, recorded_at FROM event WHERE position > $1 AND subject_kind = 'invoice'"
        " AND subject_sequence = 1",
        head,
    )
    return {row[0]: seconds_of(row[1]) for row in rows}


async def _received(receiver: Server, expected: dict[str, float]) -> dict[str, float]:
    """The first arrival of each message."""
    arrived: dict[str, float] = {}
    end = perf_counter() + STALLED_SECONDS
    while not expected.keys() <= arrived.keys() and perf_counter() < end:
        await asyncio.sleep(0.1)
        for at, identifier, _ in await messages(receiver):
            arrived.setdefault(identifier, at)
    return arrived


async def _streamed(crowds: list[Crowd], expected: dict[str, float]) -> dict[str, float]:
    """The first arrival of each event at the one who follows it."""
    end = perf_counter() + STALLED_SECONDS
    while perf_counter() < end:
        arrived = {i: at for crowd in crowds for i, at in crowd.arrivals.first.items()}
        if expected.keys() <= arrived.keys():
            break
        await asyncio.sleep(0.05)
    return arrived


async def _has_redis(run: Run) -> bool:
    try:
        async with Redis.from_url(REDIS, socket_connect_timeout=3) as redis:
            await redis.ping()
    except (OSError, RedisError):
        run.report.notice(f"Redis is not reachable at {REDIS}: several processes are skipped")
        return False
    return True


def seconds_of(value: datetime | str) -> float:
    """An instant of either database, in seconds."""
    if isinstance(value, str):
        value = datetime.fromisoformat(re.sub(r"Z$", "+00:00", value))
    return value.timestamp()
