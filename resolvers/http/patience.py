"""How long an operation may run, and the one reason to let it run longer: it was asked to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

_limit: ContextVar[asyncio.Timeout | None] = ContextVar("limit", default=None)


@asynccontextmanager
async def bounded(seconds: float) -> AsyncIterator[None]:
    """End the block after so many seconds.

    Raises:
        TimeoutError
    """
    async with asyncio.timeout(seconds) as limit:
        token = _limit.set(limit)
        try:
            yield
        finally:
            _limit.reset(token)


def allow(seconds: float) -> None:
    """Let the operation under way run so much longer: the caller asked it to wait."""
    limit = _limit.get()
    if limit is not None and (end := limit.when()) is not None:
        limit.reschedule(end + seconds)
