"""Who calls: from the Authorization of a request or of a WebSocket to an actor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from auth.bearer import Authenticated, InvalidToken
from domain.access import ANONYMOUS, Actor, ActorKind
from domain.clock import now
from domain.errors import Unauthenticated
from domain.origin import UNPROVEN, Proof

# Answers for a token; raises InvalidToken when it is not valid, not ours or expired.
Authenticate = Callable[[str], Awaitable[Authenticated]]


@dataclass(frozen=True, slots=True)
class Caller:
    """An actor, the instant at which its token ends, and how to ask again who it is."""

    actor: Actor
    expires_at: datetime | None = None
    reauthenticate: Callable[[], Awaitable[Actor]] | None = None
    proof: Proof = UNPROVEN

    def key(self, address: str) -> str:
        """Under which name its consumption is counted."""
        if self.actor.kind is ActorKind.ANONYMOUS:
            return f"address:{address}"
        return self.actor.id

    def seconds_left(self) -> float:
        """How long the token is still valid."""
        if self.expires_at is None:
            return float("inf")
        return (self.expires_at - now()).total_seconds()


NOBODY = Caller(ANONYMOUS)


async def caller_of(authorization: str | None, authenticate: Authenticate) -> Caller:
    """The caller that an Authorization header names; nobody when there is none.

    Raises:
        InvalidToken: there is one, and it does not hold a valid bearer token.
    """
    if authorization is None:
        return NOBODY
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("The Authorization holds no bearer token.")
    known = await authenticate(token)

    async def again() -> Actor:
        try:
            return (await authenticate(token)).actor
        except InvalidToken as error:
            raise Unauthenticated(error.reason) from error

    return Caller(known.actor, known.expires_at, again, known.proof)
