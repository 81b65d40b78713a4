"""The bench measures what it says: small data, every part once, no timing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.bench import databases, fanout, latency, reads
from tests.bench.data import SMOKE, Copy, World, prepared_apart
from tests.bench.databases import Database, rows_of
from tests.bench.deposits import equal
from tests.bench.goals import Finding, Verdict
from tests.bench.load import percentile
from tests.bench.measure import Sample, Series, Target, interleaved, ratio
from tests.bench.processes import Backends
from tests.bench.questions import Deposits
from tests.bench.report import Report
from tests.bench.run import Run, ours, tokens_of
from tests.bench.subscribers import masked, unframed

# Several processes may run the tests at once.
SMALL = databases.database("sqlite", f"_smoke_{os.getpid()}")


@pytest.fixture(scope="module")
async def small() -> AsyncIterator[tuple[Run, World]]:
    """A run on a few invoices, generated as those of the bench."""
    databases.FOLDER.mkdir(exist_ok=True)
    world = await prepared_apart(SMALL, SMOKE)
    run = Run(SMALL, ("floor", "naive"), False, Report(), rounds=1, seconds=0.1)
    yield run, world
    await databases.drop(SMALL)


async def test_every_generated_event_follows_the_one_before(small: tuple[Run, World]) -> None:
    run, world = small

    rows = await rows_of(
        run.database, "SELECT position, subject_id, subject_sequence FROM event ORDER BY position"
    )

    assert [row[0] for row in rows] == list(range(1, world.events + 1))
    seen: dict[str, int] = {}
    for _, subject, sequence in rows:
        assert sequence == seen.get(subject, 0) + 1
        seen[subject] = sequence


async def test_every_target_gives_the_same_answers(small: tuple[Run, World]) -> None:
    run, world = small

    findings = await reads.measure(run, world)

    assert {"r1.floor", "r1.normalised", "r2.floor", "r1.naive"} <= {f.goal for f in findings}
    assert run.report.notices == []


async def test_the_floor_writes_the_rows_of_a_deposit(small: tuple[Run, World]) -> None:
    run, world = small
    async with (
        databases.copied(run.database, "writes") as database,
        AsyncExitStack() as stack,
    ):
        run = run.on(database)
        mine = await ours(run, stack)
        floor = await run.peer(stack, "floor")
        deposits = Deposits(world.callers, await tokens_of(mine, world), world.recipient_siret)
        targets = [Target("floor", floor, deposits.floor), Target("ours", mine, deposits.ours)]

        await equal(database, targets)
        series = await interleaved(
            targets, Backends(None), rounds=1, seconds=0.1, say=lambda _: None, connections=2
        )

    assert [s.errors for s in series] == [0, 0]
    assert all(len(s.samples) == 2 for s in series)


async def test_every_subscriber_hears_every_event(small: tuple[Run, World]) -> None:
    run, world = small

    findings = await fanout.measure(run, world, crowd=5, events=2)

    assert {f.goal for f in findings} == {"fanout.memory", "fanout.naive"}
    assert [f.where for f in findings[:2]] == ["sqlite, WebSocket", "sqlite, SSE"]


async def test_everyone_who_is_told_of_a_deposit_is_timed(small: tuple[Run, World]) -> None:
    run, world = small
    run = replace(run, report=Report())

    await latency.measure(run, world, rates=(9,), seconds=1.0)

    assert not [n for n in run.report.notices if "did not come" in n or "failed" in n]
    assert len(run.report.foreign) == 1


def test_a_copy_happens_later_under_other_names() -> None:
    later = timedelta(days=2, hours=1)
    copy = Copy(later, {"inv_1": "inv_2"})
    text = '{"id":"inv_1","on":"2025-01-31","at":"2025-01-31T08:00:00.125Z"}'
    stored = "2025-01-31 08:00:00+00:00"

    [told, kept, at] = copy.of([text, stored, datetime(2025, 1, 1, tzinfo=UTC)])

    assert kept == "2025-02-02 09:00:00+00:00"
    assert told == '{"id":"inv_2","on":"2025-02-02","at":"2025-02-02T09:00:00.125Z"}'
    assert at == datetime(2025, 1, 3, 1, tzinfo=UTC)


def test_ratios_compare_visits_in_turn() -> None:
    def series(*costs: float) -> Series:
        return Series("any", [Sample(1, cost, 0, 0, 0, 0, 0) for cost in costs])

    found = ratio(series(2, 4, 9), series(1, 2, 3))

    assert found.value == 2
    assert found.spread == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("value", "spread", "others", "verdict"),
    [
        (1.0, 0.1, 0.0, Verdict.PASS),
        (1.2, 0.1, 0.0, Verdict.MISS),
        (1.0, 0.3, 0.0, Verdict.INCONCLUSIVE),
        (1.2, 0.1, 999.0, Verdict.INCONCLUSIVE),
    ],
)
def test_a_noisy_machine_decides_nothing(
    value: float, spread: float, others: float, verdict: Verdict
) -> None:
    assert Finding("r1.floor", value, spread).verdict(others) is verdict


def test_a_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 99) == 0
    assert percentile([3.0], 50) == 3
    assert percentile([1.0, 2.0, 3.0], 50) == 2


@pytest.mark.parametrize("size", [0, 125, 126, 4000])
def test_frames_are_read_as_servers_write_them(size: int) -> None:
    text = b"x" * size
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    buffer = bytearray(b"\x81" + length + text + b"\x89\x00")

    assert unframed(buffer) == (1, text)
    assert unframed(buffer) == (9, b"")
    assert unframed(buffer) is None
    assert masked(text).endswith(b"\0\0\0\0" + text)


def test_only_the_databases_of_the_bench_are_touched() -> None:
    found: list[Database] = [databases.database("sqlite"), databases.database("postgres", "_x")]

    assert all(d.name.startswith("bordereau_bench") for d in found)
