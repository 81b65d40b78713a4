"""A process with the embedded worker, to be killed by tests: `worker_process.py DATABASE_URL`."""

from __future__ import annotations

import asyncio
import sys

from settings import Settings, opened
from webhooks import tasks


async def work() -> None:
    """Work until killed."""
    async with opened(Settings()):
        await tasks.start("")
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(work()))
