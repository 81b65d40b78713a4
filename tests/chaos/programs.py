"""Programs that are started, killed, frozen and started again; none outlives the run."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

_all: list[Program] = []
SUPERVISION_SECONDS = 0.2
# As a supervisor of services waits before it starts one again.
RESTART_SECONDS = 0.5


class Program:
    """One program in a process group of its own."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        cwd: Path,
        **as_whom: Any,
    ) -> None:
        self.name = name
        self.lock = asyncio.Lock()
        # Down on purpose: its supervisor leaves it alone.
        self.held = False
        self.exits: list[int] = []
        self.log = log
        self._command = list(command)
        self._options = {"env": {**os.environ, **environment}, "cwd": cwd, **as_whom}
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        _all.append(self)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, stdout=out, stderr=out, start_new_session=True, **self._options
            )
        self._started_at = monotonic()
        self.held = False

    def send(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self._process is not None:
            # It may have ended by itself.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """As `kill -9` of everything it started; it stays down until it is started again."""
        self.held = True
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    async def end(self, seconds: float) -> bool:
        """Ask it to end; False when it had to be killed."""
        self.held = True
        self.send(signal.SIGTERM)
        for _ in range(int(seconds / 0.05)):
            if not self.is_running:
                break
            await asyncio.sleep(0.05)
        obeyed = not self.is_running
        self.kill()
        return obeyed

    def look_after(self) -> None:
        """Start it again when it ended by itself, as a supervisor of services does."""
        if self.held or self.is_running or monotonic() - self._started_at < RESTART_SECONDS:
            return
        if self._process is not None:
            self.exits.append(self._process.returncode)
            # Children of a dead master are no use.
            self.send(signal.SIGKILL)
        self.start()


async def look_after(programs: Sequence[Program]) -> None:
    """Keep all of them up until cancelled."""
    while True:
        for program in programs:
            program.look_after()
        await asyncio.sleep(SUPERVISION_SECONDS)


def children_of(pid: int) -> dict[int, str]:
    """The children of a process with their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                title = (path.parent / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(path.parent.name)] = title.decode(errors="replace")
    return found


def kill_all() -> None:
    """The end of every program of this run, whatever happened."""
    while _all:
        program = _all.pop()
        program.send(signal.SIGCONT)
        program.kill()


atexit.register(kill_all)
