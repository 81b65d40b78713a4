"""Measures the read, write and event paths against their floors, in one run.

python -m tests.bench.main [read|deposit|events|latency|fanout|all] [--quick|--full]
    [--db sqlite|postgres|both] [--peers floor,executor,naive,postgraphile] [--json FILE]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from tests.bench import databases, deposits, events, fanout, latency, reads
from tests.bench.data import FULL, QUICK, Size, World, prepared_apart
from tests.bench.databases import Database
from tests.bench.goals import Finding
from tests.bench.report import Report
from tests.bench.run import PEERS, Run

Measure = Callable[[Run, World], Awaitable[list[Finding]]]
MEASURES: dict[str, Measure] = {
    "read": reads.measure,
    "deposit": deposits.measure,
    "events": events.measure,
    "latency": latency.measure,
    "fanout": fanout.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked; 1 when a goal was missed."""
    asked = _parser().parse_args(arguments)
    return uvloop.run(_bench(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.bench.main", description=__doc__.splitlines()[0])
    parser.add_argument("measure", nargs="?", choices=[*MEASURES, "all"], default="all")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="20,000 invoices, a few minutes")
    size.add_argument("--full", action="store_true", help="200,000 invoices, longer rounds")
    parser.add_argument("--db", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--peers", default=",".join(PEERS), help="compared with us, by commas")
    parser.add_argument("--json", type=Path, help="where to write the same for a program")
    return parser


async def _bench(asked: argparse.Namespace) -> int:
    report = Report()
    databases.FOLDER.mkdir(exist_ok=True)
    found = await _databases(asked.db, report)
    names = list(MEASURES) if asked.measure == "all" else [asked.measure]
    for database in found:
        world = await _prepared(database, FULL if asked.full else QUICK, report)
        run = Run(
            database,
            peers=asked.peers.split(","),
            full=asked.full,
            report=report,
            rounds=4 if asked.full else 2,
            seconds=3.0 if asked.full else 1.5,
        )
        for name in names:
            report.findings += await MEASURES[name](run, world)
    report.goals()
    report.environment([await databases.version_of(d.dialect) for d in found])
    if asked.json:
        report.write(asked.json)
    return 0


async def _databases(wanted: str, report: Report) -> list[Database]:
    found = []
    if wanted in ("postgres", "both"):
        if await databases.is_reachable():
            found.append(databases.database("postgres"))
        else:
            report.notice(f"PostgreSQL is not reachable at {databases.POSTGRES}: it is skipped")
    if wanted in ("sqlite", "both"):
        found.append(databases.database("sqlite"))
    return found


async def _prepared(database: Database, size: Size, report: Report) -> World:
    report.progress(f"{database.dialect}: looking for the rows of {size.name}")
    world = await prepared_apart(database, size)
    report.line(
        f"{database.dialect}: {world.invoices:,} invoices, {world.events:,} events,"
        f" {len(world.callers)} callers"
    )
    return world


if __name__ == "__main__":
    sys.exit(main())
