"""The two forms of the product, each with everything it needs, on free ports of the loopback."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg

from tests.bench.databases import ROOT, Database, rows_of
from tests.bench.load import ask, request
from tests.bench.processes import free_port
from tests.chaos import programs
from tests.chaos.programs import Program

TIMEOUT_SECONDS = 2.0
LEASE_SECONDS = 2 * TIMEOUT_SECONDS + 2
READY_SECONDS = 90.0
PROBE_SECONDS = 2
FORMS = ("embedded", "scaled")
NAME = "bordereau"
# Enough attempts that no delivery is ever given up, close enough that all ends in time.
RETRIES = "0," + ",".join(["1"] * 199)
SETTINGS = {
    "WEBHOOK_ALLOW": "127.0.0.0/8",
    "WEBHOOK_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
    "WEBHOOK_RETRY_SECONDS": RETRIES,
    "WEBHOOK_PROBE_SECONDS": str(PROBE_SECONDS),
    "ACCESS_TOKEN_SECONDS": "86400",
    "COST_BUCKET": "100000000",
    "COST_REFILL_PER_SECOND": "10000000",
    "MAX_CONNECTIONS_PER_CALLER": "1000",
    "ACKNOWLEDGE_WITHIN_DAYS": "0",
    "SECRET_KEY": "only for chaos: nothing of value is kept under it",
    "LOG_LEVEL": "WARNING",
    "BROKER_URL": "",
    "SMTP_URL": "",
}


class Unavailable(Exception):
    """The form cannot be run here; the message says why."""


class Postgres:
    """A cluster of its own."""

    def __init__(self, folder: Path) -> None:
        self._bin = _postgres_bin()
        self._data = folder / "postgres"
        self.port = free_port()
        # The server refuses to run as root.
        self._as_whom: dict[str, Any] = _as_nobody() if os.getuid() == 0 else {}
        self.program = Program(
            "postgres",
            [
                str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                # Processes are killed, never the machine: what was written is in its memory.
                "-c", "fsync=off", "-c", "max_connections=200",
            ],
            {},
            folder / "postgres.log",
            cwd=Path("/"),
            **self._as_whom,
        )  # fmt: skip
        self.database = Database(
            "postgres", f"postgres://postgres@127.0.0.1:{self.port}/{NAME}", NAME
        )

    async def create(self) -> None:
        """Make the cluster and the database."""
        self._data.mkdir(mode=0o700)
        if "user" in self._as_whom:
            shutil.chown(self._data, self._as_whom["user"], self._as_whom["group"])
        await self._run(
            "initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"
        )
        self.program.start()
        await self.up("postgres")
        url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        connection = await asyncpg.connect(url)
        await connection.execute(f'CREATE DATABASE "{NAME}"')
        await connection.close()

    async def start(self) -> None:
        """Start it again after a fall, as long as what is left of it is in the way."""
        self.program.start()
        await self.up(NAME)

    async def up(self, name: str) -> None:
        """Wait until it answers; whoever supervises it starts it again meanwhile."""
        end = monotonic() + READY_SECONDS
        while monotonic() < end:
            self.program.look_after()
            with suppress(OSError, asyncpg.PostgresError, TimeoutError):
                url = f"postgresql://postgres@127.0.0.1:{self.port}/{name}"
                await (await asyncpg.connect(url, timeout=3)).close()
                return
            await asyncio.sleep(0.1)
        raise RuntimeError(f"PostgreSQL does not answer: {tail(self.program.log)}")

    def backends(self) -> list[int]:
        """The processes that serve the product's connections."""
        titles = programs.children_of(self.program.pid)
        return [pid for pid, title in titles.items() if f" {NAME} 127.0.0.1(" in title]

    async def stop_immediately(self) -> None:
        """What an operator in a hurry does: no checkpoint, recovery at the next start."""
        self.program.held = True
        await self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self._data))

    async def _run(self, name: str, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            str(self._bin / name),
            *arguments,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **self._as_whom,
        )
        _, words = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{name}: {words.decode(errors='replace')[-500:]}")


class Site:
    """One running form: its database, its servers, what else it is made of."""

    def __init__(self, form: str, folder: Path) -> None:
        self.form = form
        self.folder = folder
        self.postgres: Postgres | None = None
        self.broker: Program | None = None
        self.workers: list[Program] = []
        self.settings: dict[str, str] = dict(SETTINGS)
        if form == "embedded":
            self.database = Database("sqlite", f"sqlite:///{folder / NAME}.db", NAME)
            ports = [free_port()]
        else:
            self.postgres = Postgres(folder)
            self.database = self.postgres.database
            ports = [free_port(), free_port()]
            self._add_broker()
        self.settings |= {
            "DATABASE_URL": self.database.url,
            # Both servers are one issuer of tokens.
            "PUBLIC_URL": f"http://localhost:{ports[0]}",
        }
        self.web = {
            port: self._python(f"web {n}", ["manage.py", "serve"], PORT=str(port))
            for n, port in enumerate(ports, 1)
        }
        if form == "scaled":
            arguments = ["-m", "dramatiq", "worker", "--processes", "1", "--threads", "4"]
            self.workers = [self._python(f"worker {n}", arguments) for n in (1, 2)]

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.web]

    @property
    def programs(self) -> list[Program]:
        """What a supervisor keeps up."""
        services = [self.broker] if self.broker else []
        database = [self.postgres.program] if self.postgres else []
        return [*database, *services, *self.web.values(), *self.workers]

    async def prepare(self) -> dict[str, Any]:
        """A migrated database with the demonstration's data; its credentials."""
        if self.postgres is not None:
            await self.postgres.create()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.prepare",
            cwd=ROOT,
            env={**os.environ, **self.settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, words = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"preparing failed: {words.decode(errors='replace')[-2000:]}")
        found: dict[str, Any] = json.loads(said)
        return found

    async def start(self) -> None:
        """Everything that is not up yet."""
        for program in self.programs:
            if not program.is_running:
                program.start()
        await self.up()

    async def up(self) -> None:
        """Wait until every server is ready."""
        end = monotonic() + READY_SECONDS
        for port, program in self.web.items():
            while not await _answers(port, "/readyz"):
                if monotonic() > end:
                    raise RuntimeError(f"{program.name} is not ready: {tail(program.log)}")
                program.look_after()
                await asyncio.sleep(0.1)

    async def serves(self, program: Program) -> None:
        """Wait until a server answers again, with or without a database; not for ever."""
        ports = {name: port for port, name in self.web.items()}
        end = monotonic() + READY_SECONDS
        while program in ports and monotonic() < end and not await _answers(ports[program]):
            program.look_after()
            await asyncio.sleep(0.2)

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows read beside the servers."""
        return await rows_of(self.database, sql, *params)

    def _add_broker(self) -> None:
        if shutil.which("redis-server") is None:
            raise Unavailable("there is no redis-server")
        port = free_port()
        self.broker = Program(
            "broker",
            # In memory alone: a broker that falls forgets everything.
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self.folder)],
            {},
            self.folder / "broker.log",
            cwd=self.folder,
        )  # fmt: skip
        self.settings["BROKER_URL"] = f"redis://127.0.0.1:{port}/0"

    def _python(self, name: str, arguments: list[str], **settings: str) -> Program:
        return Program(
            name,
            [sys.executable, *arguments],
            {**self.settings, **settings},
            self.folder / f"{name.replace(' ', '-')}.log",
            cwd=ROOT,
        )


@asynccontextmanager
async def site(form: str) -> AsyncIterator[Site]:
    """A form in a folder of its own; nothing of it is left afterwards.

    Raises:
        Unavailable: something that it needs is not on this machine.
    """
    folder = Path(tempfile.mkdtemp(prefix="bordereau-chaos-"))
    # The database server runs as somebody else, in a folder below.
    folder.chmod(0o711)
    try:
        yield Site(form, folder)
    finally:
        programs.kill_all()
        await _until_left(folder)
        shutil.rmtree(folder, ignore_errors=True)


def keep_logs(place: Site) -> Path:
    """What the programs said in the last run of this form, kept for whoever looks into it."""
    target = ROOT / ".chaos" / place.form
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for log in place.folder.glob("*.log"):
        shutil.copy(log, target)
    return target


def tail(log: Path) -> str:
    """The end of a log."""
    return log.read_text(errors="replace")[-2000:] if log.exists() else ""


async def _answers(port: int, path: str = "/healthz") -> bool:
    try:
        async with asyncio.timeout(5):
            status, _ = await ask(port, request("GET", path))
    except (OSError, TimeoutError):
        return False
    return status == 200


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    if known := shutil.which("initdb"):
        return Path(known).resolve().parent
    raise Unavailable("PostgreSQL's initdb is not found (/usr/lib/postgresql/*/bin, PATH)")


def _version(path: Path) -> int:
    name = path.parent.parent.name
    return int(name) if name.isdigit() else 0


def _as_nobody() -> Mapping[str, Any]:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise Unavailable("PostgreSQL refuses to run as root, and there is no other user to run it")


async def _until_left(folder: Path) -> None:
    """Wait for the backends of a dead database server, which notice by themselves."""
    for _ in range(50):
        if not any(_is_in(path, folder) for path in Path("/proc").glob("[0-9]*/cwd")):
            return
        await asyncio.sleep(0.1)


def _is_in(path: Path, folder: Path) -> bool:
    try:
        return path.readlink().is_relative_to(folder)
    except OSError:
        return False
