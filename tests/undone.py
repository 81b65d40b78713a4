"""What is tried and taken back, so that the same situation serves the next trial."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Any

from domain.errors import Refused
from domain.events import transaction


class _Undo(Exception):
    """Ends a transaction without a trace."""


@asynccontextmanager
async def undone() -> AsyncIterator[None]:
    """What succeeds in the block is undone; what is refused there is raised."""
    with suppress(_Undo):
        async with transaction():
            yield
            raise _Undo


async def refusal_of(act: Awaitable[Any]) -> Refused | None:
    """Why it is refused; None when it succeeds. Nothing stays of it."""
    try:
        async with undone():
            await act
    except Refused as refusal:
        return refusal
    return None
