"""Measuring several targets so that what disturbs one disturbs all: A B C … C B A, and medians."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time

from tests.bench.load import Load, Requests, drive, percentile
from tests.bench.processes import Backends, Server, busy_seconds, cpu_of

Say = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """Something that answers the same question. The first of a measure is its floor."""

    name: str
    server: Server
    requests: Requests
    starts: bytes = b'{"data":{'


@dataclass(frozen=True)
class Sample:
    """One visit to one target; times are per request, in milliseconds."""

    per_second: float
    server_ms: float
    database_ms: float
    p50: float
    p99: float
    errors: int
    others: float
    """Cores that processes foreign to the measure took meanwhile."""

    @property
    def cpu_ms(self) -> float:
        return self.server_ms + self.database_ms


@dataclass
class Series:
    """The visits to one target."""

    name: str
    samples: list[Sample] = field(default_factory=list)
    first_error: str = ""
    resident_bytes: int = 0

    def middle(self, attribute: str) -> float:
        return float(median(getattr(sample, attribute) for sample in self.samples))

    @property
    def errors(self) -> int:
        return sum(sample.errors for sample in self.samples)


@dataclass(frozen=True)
class Ratio:
    """How a target compares with another one, visit by visit. `spread` is ± around the middle."""

    value: float
    spread: float


def ratio(series: Series, floor: Series, attribute: str = "cpu_ms") -> Ratio:
    """The attribute of one series over that of another."""
    values = [
        getattr(mine, attribute) / (getattr(other, attribute) or 1e-9)
        for mine, other in zip(series.samples, floor.samples, strict=True)
    ]
    middle = median(values)
    return Ratio(middle, (max(values) - min(values)) / 2 / (middle or 1e-9))


async def interleaved(
    targets: Sequence[Target],
    backends: Backends,
    *,
    rounds: int,
    seconds: float,
    say: Say,
    connections: int = 8,
) -> list[Series]:
    """Visit each target twice a round, there and back; the first visits only warm up."""
    series = [Series(target.name) for target in targets]
    for target in targets:
        await _visit(target, backends, seconds / 3, connections)
    order = [*range(len(targets)), *reversed(range(len(targets)))]
    for number in range(rounds):
        for place in order:
            say(f"round {number + 1} of {rounds}: {targets[place].name}")
            sample, load = await _visit(targets[place], backends, seconds, connections)
            series[place].samples.append(sample)
            series[place].first_error = series[place].first_error or load.first_error
    for target, found in zip(targets, series, strict=True):
        found.resident_bytes = target.server.resident_bytes()
    return series


async def _visit(
    target: Target, backends: Backends, seconds: float, connections: int
) -> tuple[Sample, Load]:
    weighed = await weigh(
        target.server,
        backends,
        lambda: drive(
            target.server.port,
            target.requests,
            seconds=seconds,
            connections=connections,
            starts=target.starts,
        ),
    )
    load = weighed.load
    each = max(1, load.count)
    sample = Sample(
        per_second=load.per_second,
        server_ms=weighed.server * 1000 / each,
        database_ms=weighed.database * 1000 / each,
        p50=percentile(load.latencies, 50) * 1000,
        p99=percentile(load.latencies, 99) * 1000,
        errors=load.errors,
        others=weighed.others,
    )
    return sample, load


@dataclass(frozen=True)
class Weighed:
    """What some work cost: processor seconds, and how many cores others took meanwhile."""

    load: Load
    server: float
    database: float
    others: float


async def weigh(
    server: Server,
    backends: Backends,
    work: Callable[[], Awaitable[Load]],
    helpers: Collection[int] = (),
) -> Weighed:
    """Do the work and weigh it. `helpers` are other processes of ours, which are no strangers."""
    own, busy, begun = process_time(), busy_seconds(), perf_counter()
    serving, storing = server.cpu_seconds(), backends.cpu_seconds()
    helping = cpu_of(helpers)
    load = await work()
    helping = cpu_of(helpers) - helping
    serving, storing = server.cpu_seconds() - serving, backends.cpu_seconds() - storing
    foreign = busy_seconds() - busy - serving - storing - helping - (process_time() - own)
    return Weighed(load, serving, storing, max(0.0, foreign / (perf_counter() - begun)))
