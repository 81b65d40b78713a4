"""What tests that drive a browser share: its packages, its process, a port for a page."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from resolvers.graphiql import DIST
from tests.graphiql.conftest import without

SOURCES = DIST.parent
# The waits are inside the scripts, each for a condition; this only ends a visit that hangs.
LONGEST_SECONDS = 300


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def packages(npm: str) -> None:
    """Install what drives the browser, once."""
    if (SOURCES / "node_modules" / "playwright-core").exists():
        return
    status, _, problems = await run(npm, "ci", cwd=SOURCES)
    if status != 0:
        without(f"the packages of the browser cannot be installed: {problems[-500:]}")


async def run(*command: str, **options: Any) -> tuple[int, str, str]:
    """The status of a program, what it told and what it complained about."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, **options
    )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            told, problems = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, told.decode(), problems.decode()
