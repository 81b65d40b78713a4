"""Writers deposit, readers are cut, and at the end what each was told is compared with the log."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from tests.cutting import a_network
from tests.resume.readers import ByGroup, ByPull, BySse, ByWebSocket, Reader, Told
from tests.resume.site import Site, a_site, expected

DEPOSIT = """mutation($input: InvoiceSubmitInput!) { invoiceSubmit(input: $input) {
  invoice { id } userErrors { rule message } } }"""
GROUP = """mutation($input: EventConsumerCreateInput!) { eventConsumerCreate(input: $input) {
  consumer { id } userErrors { rule message } } }"""
HERE = "{ events(last: 1) { startCursor endCursor nodes { id } } }"
STANDING = """query($id: ID!) { eventConsumer(id: $id) { standing {
  outCount waitingCount unreadCount } } }"""
# What the group's leases last: a member that forgot its key costs so long.
LEASE_SECONDS = 5


@dataclass(frozen=True)
class Options:
    """How much of it."""

    events: int = 20_000
    kills: int = 100
    writers: int = 8
    seconds: float = 900
    seed: int = 1
    database_url: str = ""
    say: Callable[[str], None] = print


@dataclass
class Outcome:
    """What came of a run."""

    events: int = 0
    cuts: dict[str, int] = field(default_factory=dict)
    again: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0

    @property
    def line(self) -> str:
        """The closing line."""
        if self.wrong:
            return f"FAILED after {self.seconds:.0f} s: " + "; ".join(self.wrong)
        cuts = ", ".join(f"{name} {count}" for name, count in self.cuts.items())
        return (
            f"OK: {self.events} events, {sum(self.cuts.values())} cuts ({cuts}); every reader was"
            f" told all of them in the order of the log, {self.again} twice after a cut;"
            f" {self.seconds:.0f} s"
        )


async def run(options: Options) -> Outcome:
    """One run, from an empty database to the verdict."""
    begun = time.monotonic()
    outcome = Outcome()
    async with a_site(options.database_url) as site:
        try:
            async with asyncio.timeout(options.seconds):
                readers = await _run_on(site, options)
        except TimeoutError:
            outcome.wrong.append(f"not done in {options.seconds:.0f} s")
            readers = []
        log = await expected(site)
    outcome.events = len(log)
    for reader in readers:
        outcome.cuts[reader.name] = reader.network.cuts
        outcome.again += reader.again
        outcome.wrong += judged(reader, log)
        if reader.network.cuts < options.kills:
            outcome.wrong.append(f"{reader.name}: cut {reader.network.cuts} times only")
    outcome.seconds = time.monotonic() - begun
    return outcome


def judged(reader: Reader, log: Sequence[Told]) -> list[str]:
    """What a reader was told otherwise than the log says."""
    if isinstance(reader, ByGroup):
        # A group is not told of itself.
        log = [event for event in log if event[1] != reader.consumer]
    told, known = reader.firsts, set(log)
    seen = set(told)
    missing = [e for e in log if e not in seen]
    invented = [e for e in told if e not in known]
    problems = []
    if missing:
        problems.append(f"{reader.name}: {len(missing)} missing, first {missing[0][0]}")
    if invented:
        problems.append(f"{reader.name}: {len(invented)} invented, first {invented[0][0]}")
    if not missing and not invented and not _in_order(reader, told, log):
        problems.append(f"{reader.name}: another order")
    if reader.unordered:
        problems.append(f"{reader.name}: {len(reader.unordered)} twice on one connection")
    return problems


def _in_order(reader: Reader, told: Sequence[Told], log: Sequence[Told]) -> bool:
    if not isinstance(reader, ByGroup):
        return list(told) == list(log)
    # Members share objects: the order is that of each object.
    return _by_subject(told) == _by_subject(log)


def _by_subject(events: Sequence[Told]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for event, subject in events:
        found.setdefault(subject, []).append(event)
    return found


async def _run_on(site: Site, options: Options) -> list[Reader]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{site.port}", timeout=60)
        )
        ask = _asker(http, site.token)
        start = (await ask(HERE, {}))["endCursor"]
        group = {
            "structureId": site.supplier, "name": "resume", "start": "CURSOR", "cursor": start,
            "leaseSeconds": LEASE_SECONDS, "onBlocked": "HOLD",
        }  # fmt: skip
        consumer = (await ask(GROUP, {"input": group}))["consumer"]["id"]
        networks = [await stack.enter_async_context(a_network(site.port)) for _ in range(4)]
        chances = [random.Random(f"{options.seed} {n}") for n in range(4)]
        readers: list[Reader] = [
            made(site, networks[n], chances[n], start)
            for n, made in enumerate((BySse, ByWebSocket, ByPull))
        ]
        readers.append(ByGroup(site, networks[3], chances[3], start, consumer))
        tasks = [asyncio.create_task(reader.run()) for reader in readers]
        cutters = [
            asyncio.create_task(_cut(reader, options, chance))
            for reader, chance in zip(readers, chances, strict=True)
        ]
        try:
            await _alive(_write(ask, site, options, readers), tasks)
            last = (await ask(HERE, {}))["nodes"][-1]["id"]
            await _alive(_caught_up(ask, readers, last, consumer), tasks)
            await _alive(asyncio.wait(cutters), tasks)
            # Cut at the very end, they must still find that nothing is left.
            await _alive(_caught_up(ask, readers, last, consumer), tasks)
        finally:
            for task in (*tasks, *cutters):
                task.cancel()
            await asyncio.gather(*tasks, *cutters, return_exceptions=True)
    return readers


async def _alive(work: Awaitable[Any], readers: Sequence[asyncio.Task[None]]) -> None:
    """Do the work, unless a reader fails: it never ends by itself."""
    doing = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({doing, *readers}, return_when=asyncio.FIRST_COMPLETED)
    for one in done:
        one.result()


async def _cut(reader: Reader, options: Options, chance: random.Random) -> None:
    """Reset the connections at random places of the story; the rest of the times after it."""
    places = sorted(chance.randrange(options.events) for _ in range(options.kills))
    for place in places:
        patience = time.monotonic() + options.seconds / 4
        while len(reader.told) < place and time.monotonic() < patience:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.002)
        await asyncio.sleep(chance.random() / 100)
        while not reader.network.connections:  # noqa: ASYNC110 - the reader connects again
            await asyncio.sleep(0.002)
        reader.network.cut()


async def _write(ask: Any, site: Site, options: Options, readers: Sequence[Reader]) -> None:
    numbers = itertools.count(1)
    # Each deposit is told to its supplier three times: deposited, on its way, available.
    deposits = -(-options.events // 3)
    done = 0

    async def write() -> None:
        nonlocal done
        while (number := next(numbers)) <= deposits:
            input_ = {"idempotencyKey": f"resume-{number}", "invoice": _invoice(site, number)}
            payload = await ask(DEPOSIT, {"input": input_})
            assert payload["userErrors"] == [], payload["userErrors"]
            done += 1

    async def tell() -> None:
        while True:
            await asyncio.sleep(5)
            counts = ", ".join(f"{r.name} {len(r.told)} ({r.network.cuts} cuts)" for r in readers)
            options.say(f"  {done}/{deposits} deposits; {counts}")

    telling = asyncio.create_task(tell())
    try:
        await asyncio.gather(*(write() for _ in range(options.writers)))
    finally:
        telling.cancel()


async def _caught_up(ask: Any, readers: Sequence[Reader], last: str, consumer: str) -> None:
    """Until every reader was told the last event, and the group has nothing left."""
    for reader in readers[:3]:
        while all(event != last for event, _ in reader.told[-200:]):  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.05)
    while True:
        left = (await ask(STANDING, {"id": consumer}))["standing"]
        if not any(left.values()):
            return
        await asyncio.sleep(0.2)


def _asker(http: httpx2.AsyncClient, token: str) -> Callable[[str, Any], Awaitable[Any]]:
    async def ask(text: str, variables: Any) -> Any:
        asked = {"query": text, "variables": variables}
        answer = await http.post(
            "/graphql", json=asked, headers={"authorization": f"Bearer {token}"}
        )
        content = answer.json()
        if content.get("errors"):
            raise RuntimeError(str(content["errors"])[:500])
        (payload,) = content["data"].values()
        return payload

    return ask


def _invoice(site: Site, number: int) -> dict[str, Any]:
    return {
        "supplierId": site.supplier,
        "number": f"R{number}",
        "issuedOn": datetime.now(UTC).date().isoformat(),
        "recipientSiret": site.recipient_siret,
        "vatType": "TVA_SUR_DEBIT",
        "paymentMode": "VIREMENT",
        "lines": [{"name": "Ramettes A4", "quantity": "10", "unitPrice": "4.00", "vatRate": "20"}],
        "totalNet": "40.00",
        "totalVat": "8.00",
        "totalGross": "48.00",
        "amountToPay": "48.00",
    }
