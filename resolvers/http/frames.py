"""Frames of streams: what several subscribers would be answered alike is executed once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, NamedTuple

from resolvers.http.answers import Answer

KEPT = 1_024
# Latecomers get a frame of their own: what an event leads to may have changed meanwhile.
SHARED_SECONDS = 1.0


class Made(NamedTuple):
    """A frame that is being made, or was, and since when."""

    at: float
    frame: asyncio.Task[Answer]


class Frames:
    """The frames just made, for those who still wait for the same."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()

    async def one(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """The frame of that key: made by the first who asks, even if that one leaves meanwhile."""
        now = asyncio.get_running_loop().time()
        self._forget(now)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = Made(now, asyncio.create_task(make()))
        return await asyncio.shield(found.frame)

    def _forget(self, now: float) -> None:
        kept = self._kept
        while kept and (next(iter(kept.values())).at + SHARED_SECONDS < now or len(kept) >= KEPT):
            kept.popitem(last=False)
