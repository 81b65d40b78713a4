"""Who calls: from the Authorization or the log-in of a request or of a WebSocket to an actor."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from starlette.types import Scope

from auth.bearer import Authenticated, InvalidToken
from auth.log_ins import LogIns
from auth.lookups import FRESH_SECONDS
from domain.access import ANONYMOUS, Actor, ActorKind
from domain.clock import real_now
from domain.errors import Unauthenticated
from domain.origin import UNPROVEN, Proof

# Answers for a token; raises InvalidToken when it is not valid, not ours or expired.
Authenticate = Callable[[str], Awaitable[Authenticated]]


class Unheard(StrEnum):
    """Why the cookie of a log-in opened nothing; the value is shown as `extensions.reason`."""

    SESSION_ENDED = "session_ended"
    COOKIE_IGNORED = "cookie_ignored"


# Asks again who a caller is; told whether it is at work, or only listening. Raises
# Unauthenticated when its credential has ended.
Renew = Callable[[bool], Awaitable["Caller"]]


@dataclass(frozen=True, slots=True)
class Caller:
    """An actor, how it proved who it is, the instant at which that ends, and how to ask again."""

    actor: Actor
    expires_at: datetime | None = None
    proof: Proof = UNPROVEN
    renew: Renew | None = None
    unheard: Unheard | None = None

    @property
    def is_by_log_in(self) -> bool:
        """Whether it came by a cookie, which may end at any moment and last longer than it said."""
        return self.proof.session_id is not None

    async def by_now(self, *, is_use: bool = False) -> Caller:
        """The same caller with the rights that it holds by now.

        Raises:
            Unauthenticated: its credential has ended.
        """
        return await self.renew(is_use) if self.renew else self

    @property
    def reauthenticate(self) -> Callable[[], Awaitable[Actor]] | None:
        """How a stream asks again; None when there is nothing to ask."""
        return self._actor_by_now if self.renew else None

    async def _actor_by_now(self) -> Actor:
        return (await self.by_now()).actor

    def key(self, address: str) -> str:
        """Under which name its consumption is counted."""
        if self.actor.kind is ActorKind.ANONYMOUS:
            return f"address:{address}"
        return self.actor.id

    def pause(self, most: float) -> float:
        """How long to wait before asking again who it is."""
        if self.is_by_log_in:
            most = min(most, FRESH_SECONDS)
        return max(0, min(most, self.seconds_left()))

    def seconds_left(self) -> float:
        """How long its credential is still valid."""
        if self.expires_at is None:
            return float("inf")
        return (self.expires_at - real_now()).total_seconds()


NOBODY = Caller(ANONYMOUS)


async def caller_of(authorization: str | None, authenticate: Authenticate) -> Caller:
    """The caller that an Authorization header names; nobody when there is none.

    Raises:
        InvalidToken: there is one, and it does not hold a valid bearer token.
    """
    if authorization is None:
        return NOBODY
    scheme, _, token = authorization.partition(" ")
    # The same text for all the connections of a caller.
    token = sys.intern(token.strip())
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("The Authorization holds no bearer token.")
    return _by_token(await authenticate(token), token, authenticate)


async def visitor_of(scope: Scope, log_ins: LogIns | None) -> Caller:
    """The person whose log-in the cookie of a request is; nobody when it does not count."""
    cookie = log_ins.cookie_of(scope) if log_ins else None
    if log_ins is None or cookie is None:
        return NOBODY
    if not cookie.counts:
        return Caller(ANONYMOUS, unheard=Unheard.COOKIE_IGNORED)
    known = await log_ins(cookie.token)
    if known is None:
        return Caller(ANONYMOUS, unheard=Unheard.SESSION_ENDED)
    return _by_log_in(known, cookie.token, log_ins)


def _by_token(known: Authenticated, token: str, authenticate: Authenticate) -> Caller:
    async def renew(is_use: bool) -> Caller:  # noqa: FBT001 - one shape for every credential
        try:
            return _by_token(await authenticate(token), token, authenticate)
        except InvalidToken as error:
            raise Unauthenticated(error.reason) from error

    return Caller(known.actor, known.expires_at, known.proof, renew)


def _by_log_in(known: Authenticated, token: str, log_ins: LogIns) -> Caller:
    async def renew(is_use: bool) -> Caller:  # noqa: FBT001 - one shape for every credential
        again = await log_ins(token, is_use=is_use)
        if again is None:
            raise Unauthenticated("The log-in has ended.")
        return _by_log_in(again, token, log_ins)

    return Caller(known.actor, known.expires_at, known.proof, renew)
