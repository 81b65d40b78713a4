"""One run of the bench on one database: what was asked for, and what is needed to measure it."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from tests.bench.data import World
from tests.bench.databases import FOLDER, ROOT, SECRET, Database, rows_of
from tests.bench.load import HOST, ask
from tests.bench.processes import READY_SECONDS, Server, serve, stop
from tests.bench.report import Report

Tokens = dict[str, str]
PEERS = ("floor", "executor", "naive", "postgraphile")
# No limit of the product may slow down a measure of its speed.
UNLIMITED = {
    # The same issuer of tokens whatever the port.
    "PUBLIC_URL": "http://localhost",
    "COST_BUCKET": "1000000000",
    "COST_REFILL_PER_SECOND": "1000000000",
    "MAX_CONNECTIONS_PER_CALLER": "100000",
    "MAX_SUBSCRIPTIONS": "100000",
    "ACCESS_TOKEN_SECONDS": "86400",
    "LOG_LEVEL": "WARNING",
    "WEBHOOK_ALLOW": "127.0.0.0/8",
    "WEBHOOK_MAX_ENDPOINTS": "1000",
}


@dataclass(frozen=True)
class Run:
    """Everything that the measures share."""

    database: Database
    peers: Sequence[str]
    full: bool
    report: Report
    rounds: int
    seconds: float

    @property
    def where(self) -> str:
        return self.database.dialect

    def say(self, text: str) -> None:
        """Show progress."""
        self.report.progress(f"{self.where}: {text}")

    def on(self, database: Database) -> Run:
        """The same run on another database."""
        return Run(database, self.peers, self.full, self.report, self.rounds, self.seconds)

    async def started(
        self,
        stack: AsyncExitStack,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        ready: str = "/readyz",
        cwd: Path = ROOT,
    ) -> Server:
        """A server of this run, stopped when the stack is left."""
        self.say(f"starting {name}")
        given = {"DATABASE_URL": self.database.url, **(environment or {})}
        server = await serve(name, command, given, FOLDER, ready=ready, cwd=cwd)
        stack.callback(server.stop)
        return server

    async def peer(self, stack: AsyncExitStack, name: str) -> Server:
        """A peer written here, as a server of this run."""
        return await self.started(stack, name, [sys.executable, "-m", f"tests.bench.peers.{name}"])


async def ours(
    run: Run, stack: AsyncExitStack, *, name: str = "ours", **environment: str
) -> Server:
    """Our own server, as an operator starts it."""
    command = [sys.executable, str(ROOT / "manage.py"), "serve"]
    given = {**UNLIMITED, "SECRET_KEY": SECRET, "BROKER_URL": "", **environment}
    return await run.started(stack, name, command, given)


async def a_worker(run: Run, stack: AsyncExitStack, **environment: str) -> int:
    """A worker of ours, as an operator starts it, that has begun to look; its process."""
    run.say("starting a worker")
    begun = datetime.now(UTC)
    command = [sys.executable, "-m", "dramatiq", "worker", "--processes", "1", "--threads", "4"]
    given = {**UNLIMITED, "SECRET_KEY": SECRET, "DATABASE_URL": run.database.url, **environment}
    with (FOLDER / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **given}, stdout=log, stderr=subprocess.STDOUT
        )
    stack.callback(stop, process)
    turn = "SELECT due_at FROM webhook_turn WHERE name = 'deadlines' AND due_at > $1"
    async with asyncio.timeout(READY_SECONDS):
        # Its turn at the clock's steps, which it takes for five seconds.
        while not await rows_of(run.database, turn, begun + timedelta(seconds=5)):
            await asyncio.sleep(0.1)
    return process.pid


async def tokens_of(server: Server, world: World) -> Tokens:
    """An access token for every caller, by client identifier."""
    tokens = {}
    for caller in world.callers:
        basic = base64.b64encode(f"{caller.client_id}:{caller.secret}".encode()).decode()
        body = b"grant_type=client_credentials"
        head = (
            f"POST /oauth/token HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {basic}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        status, answer = await ask(server.port, head.encode() + body)
        if status != 200:
            raise RuntimeError(f"no token for {caller.client_id}: {status} {answer[:300]!r}")
        tokens[caller.client_id] = orjson.loads(answer)["access_token"]
    return tokens
