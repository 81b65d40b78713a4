"""What a connection keeps: who calls, from where, and how each operation gets its context."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from starlette.requests import HTTPConnection
from starlette.types import Scope

from auth.log_ins import LogIns
from domain.access import Actor
from resolvers.http.callers import Authenticate, Caller
from resolvers.http.engine import Engine
from resolvers.http.errors import Code, Refusal
from resolvers.http.statuses import Outcome, Statuses

# Makes the context of one operation. `connection.state` holds `request_id`, `last_event_id`,
# `reauthenticate` and `proof` (see domain.origin). The context has at least `request_id` and
# `fresh()`.
MakeContext = Callable[[HTTPConnection, Actor], Any]
# The WWW-Authenticate header, with the reason for which a token is refused, if one was given.
Challenge = Callable[[str | None], str]


class Openings:
    """How many connections or streams each caller holds open."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._open: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._open.total()

    @contextmanager
    def held(self, caller: str) -> Iterator[None]:
        """Hold one for as long as the block lasts.

        Raises:
            Refusal: the caller already holds as many as allowed.
        """
        self.one_more(caller)
        try:
            yield
        finally:
            self.one_less(caller)

    def one_more(self, caller: str) -> None:
        """Hold one, until `one_less`.

        Raises:
            Refusal: the caller already holds as many as allowed.
        """
        if self._open[caller] >= self._most:
            message = f"At most {self._most} {self._what} per caller may be open."
            raise Refusal(Outcome.RATE_LIMITED, Code.RATE_LIMITED, message)
        self._open[caller] += 1

    def one_less(self, caller: str) -> None:
        """Let one go."""
        self._open[caller] -= 1
        if not self._open[caller]:
            del self._open[caller]


@dataclass(frozen=True)
class Service:
    """Everything that the transports share."""

    engine: Engine
    make_context: MakeContext
    authenticate: Authenticate
    statuses: Statuses
    allowed_origins: tuple[str, ...]
    stopping: asyncio.Event
    challenge: Challenge
    log_ins: LogIns | None = None
    streams: Openings = field(init=False)
    connections: Openings = field(init=False)
    _endings: WeakSet[asyncio.Future[None]] = field(init=False, default_factory=WeakSet)
    _watching: list[asyncio.Task[None]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Set the counters to their limits."""
        limits = self.engine.limits
        object.__setattr__(self, "streams", Openings(limits.subscriptions, "streams"))
        object.__setattr__(self, "connections", Openings(limits.connections, "connections"))

    def context(
        self, scope: Scope, caller: Caller, request_id: str, last_event_id: str | None = None
    ) -> Any:
        """The context of one operation, never shared with another."""
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["last_event_id"] = last_event_id
        state["reauthenticate"] = caller.reauthenticate
        state["proof"] = caller.proof
        return self.make_context(HTTPConnection(scope), caller.actor)

    def ending(self) -> asyncio.Future[None]:
        """Done when the server stops. Each connection has its own, which it may drop at will: to
        stop waiting for one that is shared takes longer the more others do.
        """
        if not self._watching:
            self._watching.append(asyncio.create_task(self._tell_the_end()))
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.stopping.is_set():
            end.set_result(None)
        self._endings.add(end)
        return end

    async def _tell_the_end(self) -> None:
        await self.stopping.wait()
        for end in tuple(self._endings):
            if not end.done():
                end.set_result(None)

    def refuse_when_stopping(self) -> None:
        if self.stopping.is_set():
            message = "The server is stopping: connect again."
            raise Refusal(Outcome.UNAVAILABLE, Code.UNAVAILABLE, message)


def address_of(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "unknown"
