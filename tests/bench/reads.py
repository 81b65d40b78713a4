"""R1, a page of fifty invoices with their parties and last changes; R2, one invoice entire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import orjson

from tests.bench.data import World
from tests.bench.goals import Finding
from tests.bench.load import Connection, ask, graphql, request
from tests.bench.measure import Series, Target, interleaved, ratio
from tests.bench.peers import postgraphile
from tests.bench.processes import Backends, Server
from tests.bench.questions import (
    NAIVE_R1,
    NAIVE_R2,
    R1,
    chosen,
    one_of,
    page_of,
)
from tests.bench.run import Run, Tokens, ours, tokens_of

SEED = 7


@dataclass(frozen=True)
class Candidate:
    """A target with the answers it is compared by: one request and its answer in our shape."""

    target: Target
    samples: Sequence[bytes]
    shaped: Callable[[Any], Any]


def _as_it_is(data: Any) -> Any:
    return data


async def measure(run: Run, world: World) -> list[Finding]:
    """Both questions to every target; what was found of the goals."""
    async with AsyncExitStack() as stack:
        servers = await _servers(run, stack)
        tokens = await tokens_of(servers["ours"], world)
        backends = Backends(run.database.backends)
        findings: list[Finding] = []
        for name, candidates in (
            ("R1", _r1(servers, world, tokens)),
            ("R2", _r2(servers, world, tokens)),
        ):
            await equal(name, candidates)
            found = await interleaved(
                [c.target for c in candidates],
                backends,
                rounds=run.rounds,
                seconds=run.seconds,
                say=run.say,
            )
            run.report.series(f"{name} on {run.database.dialect}", found)
            findings += _findings(name.lower(), run.where, found)
        findings += await _beginnings(run, servers["ours"], world, tokens)
        return findings


async def _servers(run: Run, stack: AsyncExitStack) -> dict[str, Server]:
    """The servers asked for, all of them up at once."""
    servers = {"ours": await ours(run, stack)}
    if "executor" in run.peers:
        servers["executor"] = await ours(run, stack, name="executor", COMPILED_READS="false")
    for peer in ("floor", "naive"):
        if peer in run.peers:
            servers[peer] = await run.peer(stack, peer)
    if "postgraphile" in run.peers and run.database.dialect == "postgres":
        problem = postgraphile.unavailable()
        if problem:
            run.report.notice(f"PostGraphile is skipped: {problem}")
        else:
            servers["postgraphile"] = await postgraphile.started(run, stack)
    return servers


def _r1(servers: dict[str, Server], world: World, tokens: Tokens) -> list[Candidate]:
    asked = [page_of(c, tokens[c.client_id]) for c in world.callers]
    ids = [c.supplier_id for c in world.callers]
    return _candidates(
        servers,
        {
            "floor": [request("GET", f"/page?supplier={i}") for i in ids],
            "normalised": [request("GET", f"/page-normalised?supplier={i}") for i in ids],
            "ours": asked,
            "executor": asked,
            "naive": [graphql(NAIVE_R1, {"supplier": i}, path="/graphql/") for i in ids],
            "postgraphile": [graphql(postgraphile.R1, {"supplier": i}) for i in ids],
        },
        postgraphile.r1_shape,
    )


def _r2(servers: dict[str, Server], world: World, tokens: Tokens) -> list[Candidate]:
    pairs = [(i, tokens[c.client_id]) for c in world.callers for i in c.invoices[:20]]
    Random(SEED).shuffle(pairs)
    asked = [one_of(i, token) for i, token in pairs]
    return _candidates(
        servers,
        {
            "floor": [request("GET", f"/one?id={i}") for i, _ in pairs],
            "ours": asked,
            "executor": asked,
            "naive": [graphql(NAIVE_R2, {"id": i}, path="/graphql/") for i, _ in pairs],
            "postgraphile": [graphql(postgraphile.R2, {"id": i}) for i, _ in pairs],
        },
        postgraphile.r2_shape,
    )


_SERVED_BY = {"normalised": "floor"}


def _candidates(
    servers: dict[str, Server], asked: dict[str, list[bytes]], foreign: Callable[[Any], Any]
) -> list[Candidate]:
    found = []
    for name, requests in asked.items():
        server = servers.get(_SERVED_BY.get(name, name))
        if server is not None:
            target = Target(name, server, chosen(requests, SEED))
            shaped = foreign if name == "postgraphile" else _as_it_is
            found.append(Candidate(target, requests[:5], shaped))
    return found


async def equal(name: str, candidates: Sequence[Candidate]) -> None:
    """Refuse to time targets that do not answer the same.

    Raises:
        RuntimeError
    """
    right: list[Any] | None = None
    for candidate in candidates:
        answers = [await _data(candidate, sent) for sent in candidate.samples]
        if right is None:
            right = answers
        elif (expected := [candidate.shaped(answer) for answer in right]) != answers:
            where = difference(expected, answers)
            raise RuntimeError(f"{name}: {candidate.target.name} answers otherwise at {where}")


async def _data(candidate: Candidate, sent: bytes) -> Any:
    status, body = await ask(candidate.target.server.port, sent)
    content = orjson.loads(body)
    if status != 200 or content.get("errors"):
        raise RuntimeError(f"{candidate.target.name}: {status} {body[:500]!r}")
    if candidate.target.name == "postgraphile":
        return postgraphile.comparable(content["data"])
    return content["data"]


def difference(expected: Any, found: Any, path: str = "data") -> str:
    """The first place at which two answers differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            if expected.get(key) != found.get(key):
                return difference(expected.get(key), found.get(key), f"{path}.{key}")
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for n, (one, other) in enumerate(zip(expected, found, strict=True)):
            if one != other:
                return difference(one, other, f"{path}[{n}]")
    return f"{path}: {str(expected)[:80]} ≠ {str(found)[:80]}"


def _findings(name: str, where: str, found: list[Series]) -> list[Finding]:
    by_name = {series.name: series for series in found}
    mine = by_name["ours"]
    findings = []
    for other in ("floor", "normalised"):
        if other in by_name and not (name == "r2" and other == "normalised"):
            against = ratio(mine, by_name[other])
            findings.append(Finding(f"{name}.{other}", against.value, against.spread, where))
    for other in ("naive", "postgraphile"):
        if other in by_name:
            faster = ratio(mine, by_name[other], "per_second")
            findings.append(Finding(f"{name}.{other}", faster.value, faster.spread, where))
    if name == "r1" and "postgraphile" in by_name:
        share = mine.resident_bytes / by_name["postgraphile"].resident_bytes
        findings.append(Finding("memory.postgraphile", share, 0.0, where))
    return findings


async def _beginnings(run: Run, server: Server, world: World, tokens: Tokens) -> list[Finding]:
    """How long the start took, and what a document costs when it is first seen."""
    caller = world.callers[0]
    token = tokens[caller.client_id]
    variables = {"supplier": caller.supplier_id}
    connection = await Connection.to(server.port)
    known, fresh = [], []
    try:
        for n in range(30):
            known.append(await _timed(connection, graphql(R1, variables, token=token)))
            renamed = R1.replace("query R1", f"query Unseen{n}")
            fresh.append(await _timed(connection, graphql(renamed, variables, token=token)))
    finally:
        connection.close()
    cost = (median(fresh) - median(known)) * 1000
    run.report.line(f"ready after {server.ready_seconds:.2f} s; a new document costs {cost:.2f} ms")
    return [
        Finding("ready", server.ready_seconds, 0.0, run.where),
        Finding("first_seen", cost, 0.0, run.where),
    ]


async def _timed(connection: Connection, sent: bytes) -> float:
    begun = perf_counter()
    await connection.ask(sent)
    return perf_counter() - begun
