"""Deposit: an invoice of three lines through our GraphQL, and its rows by one raw transaction."""

from __future__ import annotations

from contextlib import AsyncExitStack

import orjson

from tests.bench.data import World
from tests.bench.databases import Database, copied, rows_of
from tests.bench.goals import Finding
from tests.bench.load import ask
from tests.bench.measure import Target, interleaved, ratio
from tests.bench.processes import Backends
from tests.bench.questions import Deposits
from tests.bench.run import Run, ours, tokens_of

# What the rows of one deposit are counted by.
_COUNTED = {
    "invoice": "id = $1",
    "invoice_line": "invoice_id = $1",
    "invoice_vat": "invoice_id = $1",
    "event": "subject_id = $1",
    "event_audience": "position IN (SELECT position FROM event WHERE subject_id = $1)",
    "idempotency_key": "object_id = $1",
}


async def measure(run: Run, world: World) -> list[Finding]:
    """Both on one copy of the database, so that it grows alike for both."""
    async with copied(run.database, "writes") as database, AsyncExitStack() as stack:
        run = run.on(database)
        mine = await ours(run, stack)
        floor = await run.peer(stack, "floor")
        deposits = Deposits(world.callers, await tokens_of(mine, world), world.recipient_siret)
        targets = [
            Target("floor", floor, deposits.floor, b'{"data":{"invoiceSubmit":{"invoice":{"id"'),
            Target("ours", mine, deposits.ours, b'{"data":{"invoiceSubmit":{"invoice":{"id"'),
        ]
        await equal(database, targets)
        found = await interleaved(
            targets,
            Backends(database.backends),
            rounds=run.rounds,
            seconds=run.seconds,
            say=run.say,
        )
        run.report.series(f"Deposit of three lines on {database.dialect}", found)
        against = ratio(found[1], found[0])
        return [Finding("deposit.floor", against.value, against.spread, run.where)]


async def equal(database: Database, targets: list[Target]) -> None:
    """Refuse to time targets that do not write the same rows.

    Raises:
        RuntimeError
    """
    counts = []
    for target in targets:
        status, body = await ask(target.server.port, target.requests())
        if status != 200 or not body.startswith(target.starts):
            raise RuntimeError(f"deposit by {target.name}: {status} {body[:500]!r}")
        identifier = orjson.loads(body)["data"]["invoiceSubmit"]["invoice"]["id"]
        counts.append({table: await _count(database, table, identifier) for table in _COUNTED})
    if counts[0] != counts[1]:
        raise RuntimeError(f"deposits write other rows: {counts[0]} ≠ {counts[1]}")


async def _count(database: Database, table: str, identifier: str) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE {_COUNTED[table]}"
    return int((await rows_of(database, sql, identifier))[0][0])
