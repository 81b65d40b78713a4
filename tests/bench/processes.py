"""The servers under test: started, asked whether they are ready, weighed and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.bench.load import HOST, ask, request

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")
READY_SECONDS = 60.0


@dataclass
class Server:
    """A process that serves on a port of this machine."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    ready_seconds: float
    log: Path

    def cpu_seconds(self) -> float:
        """The processor time it took so far."""
        return cpu_of([self.process.pid])

    def resident_bytes(self) -> int:
        """The memory it holds."""
        return int((_PROC / str(self.process.pid) / "statm").read_text().split()[1]) * _PAGE

    def stop(self) -> None:
        """Ask it to end, then make it."""
        stop(self.process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, then make it."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def serve(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    logs: Path,
    *,
    ready: str = "/readyz",
    cwd: Path | None = None,
) -> Server:
    """Start a server on a free port (told by PORT) and wait until it is ready.

    Raises:
        RuntimeError: it ended, or is not ready in time; the message holds the end of its log.
    """
    port = free_port()
    log = logs / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment, "PORT": str(port)},
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=cwd,
        )
    begun = perf_counter()
    try:
        while perf_counter() - begun < READY_SECONDS and process.poll() is None:
            if await _answers(port, ready):
                return Server(name, port, process, perf_counter() - begun, log)
            await asyncio.sleep(0.02)
    except BaseException:
        process.kill()
        raise
    process.kill()
    raise RuntimeError(f"{name} did not start: {log.read_text()[-2000:]}")


async def _answers(port: int, path: str) -> bool:
    try:
        status, _ = await ask(port, request("GET", path))
    except OSError:
        return False
    return status == 200


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def cpu_of(pids: Iterable[int]) -> float:
    """The processor time of processes and of their children that ended."""
    total = 0
    for pid in pids:
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
        except OSError:
            continue
        total += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return total / _TICKS


def family_of(pid: int) -> list[int]:
    """A process and those that it started."""
    try:
        children = (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    except OSError:
        children = []
    return [pid, *(one for child in children for one in family_of(int(child)))]


def backends_of(database: str) -> list[int]:
    """The processes of a local PostgreSQL that work for one database, and its writers.

    Their titles name the database. None are found when the server is on another machine.
    """
    found = []
    for path in _PROC.glob("[0-9]*/cmdline"):
        try:
            title = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if title.startswith("postgres:") and (
            f" {database} " in title or "walwriter" in title or "background writer" in title
        ):
            found.append(int(path.parent.name))
    return found


class Backends:
    """The processor time that one database took, whatever process did the work."""

    def __init__(self, database: str | None) -> None:
        self._database = database
        self._known: dict[int, float] = {}
        self._total = 0.0

    def cpu_seconds(self) -> float:
        """The time since the first call."""
        if self._database is None:
            return 0.0
        seen = {pid: cpu_of([pid]) for pid in backends_of(self._database)}
        if self._known:
            self._total += sum(t - self._known.get(pid, 0.0) for pid, t in seen.items())
        self._known = seen
        return self._total


def busy_seconds() -> float:
    """The processor time that the whole machine took."""
    fields = [int(n) for n in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, iowait = fields[3], fields[4]
    return (sum(fields) - idle - iowait) / _TICKS
