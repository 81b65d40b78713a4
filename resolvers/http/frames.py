"""Frames of streams: what several subscribers would be answered alike is executed once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from resolvers.http.answers import Answer

KEPT = 64
# Latecomers get a frame of their own: what an event leads to may have changed meanwhile.
SHARED_SECONDS = 1.0


class Frames:
    """The frames just made, for those who still wait for the same."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, asyncio.Task[Answer]] = OrderedDict()

    async def one(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """The frame of that key: made by the first who asks, even if that one leaves meanwhile."""
        moment = asyncio.get_running_loop().time() // SHARED_SECONDS
        found = self._kept.get((key, moment))
        if found is None:
            found = self._kept[key, moment] = asyncio.create_task(make())
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return await asyncio.shield(found)
