"""Who a credential belongs to, asked of the database once for all who present it together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# How long a right withdrawn by another process, or a credential ended there, may still be honoured.
FRESH_SECONDS = 5.0
MOST = 4096


@dataclass(slots=True)
class _Known(Generic[T]):
    found: T
    fresh_until: float


class LookUps(Generic[T]):
    """Answers by `look_up(key, found_before)`, from memory for a few seconds.

    Whoever asks while the same is being looked up waits for that answer: when the server starts
    again, every open stream comes back at once. What `look_up` raises is raised to all of them
    and not kept.
    """

    def __init__(
        self,
        look_up: Callable[[str, T | None], Awaitable[T]],
        monotonic: Callable[[], float] = time.monotonic,
        most: int = MOST,
    ) -> None:
        self._look_up = look_up
        self._monotonic = monotonic
        self._most = most
        self._known: dict[str, _Known[T]] = {}
        self._asking: dict[str, asyncio.Task[T]] = {}

    def __len__(self) -> int:
        return len(self._known)

    async def __call__(self, key: str) -> T:
        """What belongs to the key."""
        known = self._known.get(key)
        if known is not None and known.fresh_until > self._monotonic():
            return known.found
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key, known))
            asking.add_done_callback(_heard)
        # One who leaves must not take the answer from the others.
        return await asyncio.shield(asking)

    def forget(self, is_about: Callable[[T], bool]) -> None:
        """Ask again about these. What is being looked up now may be about them: it is not kept."""
        self._asking.clear()
        for key in [key for key, known in self._known.items() if is_about(known.found)]:
            del self._known[key]

    async def _ask(self, key: str, before: _Known[T] | None) -> T:
        this = asyncio.current_task()
        # Taken out first: kept again, it stands among the youngest.
        self._known.pop(key, None)
        try:
            found = await self._look_up(key, before.found if before else None)
            if self._asking.get(key) is this:
                self._keep(key, found)
        finally:
            if self._asking.get(key) is this:
                del self._asking[key]
        return found

    def _keep(self, key: str, found: T) -> None:
        if len(self._known) >= self._most:
            for oldest in list(self._known)[: self._most // 2]:
                del self._known[oldest]
        self._known[key] = _Known(found, self._monotonic() + FRESH_SECONDS)


def _heard(asked: asyncio.Task[T]) -> None:
    # Whoever asked may be gone; a failure that nobody hears is no fault of the process.
    if not asked.cancelled():
        asked.exception()
