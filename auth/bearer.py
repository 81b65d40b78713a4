"""The token of a request, turned into the actor who makes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from auth.config import AuthSettings
from auth.keys import ALGORITHM, Keys
from auth.lookups import MOST, LookUps
from auth.models import SHUT
from domain.access import Actor, ActorKind
from domain.accounts.actions import everywhere_of, rights_of
from domain.accounts.models import AccountStatus
from domain.clock import real_now
from domain.connections.models import TechnicalStatus
from domain.db import fetch
from domain.origin import UNPROVEN, Proof

_MAX_TOKEN = 4096
_TYPES = ("at+jwt", "application/at+jwt")
# RFC 9728: where the description of the resource /graphql is, by its path.
PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource/graphql"


class InvalidToken(Exception):
    """The token is not accepted. The reason is for the client's developer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Claims:
    """What a genuine access token of ours says."""

    subject: str
    client_id: str
    jti: str
    family: str | None
    scope: str
    issued_at: datetime
    expires_at: datetime
    # How and when its person logged in; nothing for a machine.
    methods: tuple[str, ...] = ()
    authenticated_at: datetime | None = None

    @property
    def proof(self) -> Proof:
        return Proof(self.methods, self.authenticated_at, self.jti, self.family)

    def is_about(self, names: frozenset[str]) -> bool:
        return not names.isdisjoint((self.subject, self.client_id, self.jti, self.family))


@dataclass(frozen=True)
class Authenticated:
    """The caller, and when its credential ends."""

    actor: Actor
    expires_at: datetime
    proof: Proof = UNPROVEN


@dataclass(frozen=True)
class _Known:
    claims: Claims
    answer: Authenticated


class Bearer:
    """Authenticates requests by access token."""

    def __init__(
        self,
        settings: AuthSettings,
        keys: Keys,
        monotonic: Callable[[], float] = time.monotonic,
        most: int = MOST,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._known = LookUps(self._look_up, monotonic, most)

    async def __call__(self, token: str) -> Authenticated:
        """The caller whose token this is.

        Raises:
            InvalidToken: forged, expired, revoked, for someone else, or its owner is gone.
        """
        known = await self._known(token)
        _refuse_expired(known.claims)
        return known.answer

    def forget(self, *names: str) -> None:
        """Ask the database again about these members, clients, families or token ids."""
        about = frozenset(names)
        self._known.forget(lambda known: known.claims.is_about(about))

    async def claims(self, token: str) -> Claims:
        """What the token says, once its signature, issuer, audience and life are checked.

        Raises:
            InvalidToken: one of them is wrong.
        """
        try:
            genuine = await self._genuine(token)
        except (JoseError, ValueError) as error:
            raise InvalidToken("The token is malformed or its signature is wrong.") from error
        return _checked(genuine, self._settings)

    async def claims_in(self, text: str) -> Claims | None:
        """What the text says when it is a valid access token, or None."""
        try:
            return await self.claims(text)
        except InvalidToken:
            return None

    async def is_accepted(self, claims: Claims) -> bool:
        """Whether the token was not denied and its owner and client are still active."""
        try:
            await self._actor(claims)
        except InvalidToken:
            return False
        return True

    async def _look_up(self, token: str, before: _Known | None) -> _Known:
        # A genuine token stays genuine: only what it opens may change.
        claims = before.claims if before else await self.claims(token)
        return _Known(
            claims, Authenticated(await self._actor(claims), claims.expires_at, claims.proof)
        )

    async def _genuine(self, token: str) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN:
            raise ValueError("too long")
        header = jws.extract_compact(token.encode()).headers()
        kid = header.get("kid")
        key = await self._keys.find(kid) if isinstance(kid, str) else None
        if key is None or header.get("typ") not in _TYPES:
            raise ValueError("not an access token of ours")
        return dict(jwt.decode(token, key, algorithms=[ALGORITHM]).claims)

    async def _actor(self, claims: Claims) -> Actor:
        denied = await fetch(
            "SELECT 1 FROM auth_denied WHERE id IN ($1, $2)",
            claims.jti,
            claims.family or claims.jti,
        )
        if denied:
            raise InvalidToken("The token was revoked.")
        clients = await fetch(
            "SELECT c.name, c.scope, t.status FROM auth_client c"
            " LEFT JOIN technical_account t ON t.id = c.id WHERE c.id = $1 AND c.is_active",
            claims.client_id,
        )
        if not clients:
            raise InvalidToken("The client is closed.")
        if (status := clients[0]["status"]) not in (None, TechnicalStatus.ACTIVE.value):
            raise InvalidToken(SHUT[TechnicalStatus(status)])
        scopes = frozenset(claims.scope.split())
        if claims.subject == claims.client_id:
            kind, name = ActorKind.CLIENT, clients[0]["name"]
            # A machine may have lost scopes since.
            scopes &= frozenset(clients[0]["scope"].split())
        else:
            kind, name = ActorKind.PERSON, await _name_of(claims.subject)
        rights = await rights_of(claims.subject)
        everywhere = await everywhere_of(claims.subject)
        actor = Actor(claims.subject, kind, name, rights, everywhere)
        return actor.limited_to(scopes)


def challenge(settings: AuthSettings, reason: str | None = None) -> str:
    """The `WWW-Authenticate` header of a refusal: where a client learns how to get a token."""
    parts = [f'resource_metadata="{settings.url(PROTECTED_RESOURCE)}"']
    if reason is not None:
        parts = ['error="invalid_token"', f'error_description="{reason}"', *parts]
    return "Bearer " + ", ".join(parts)


def _checked(said: dict[str, Any], settings: AuthSettings) -> Claims:
    audience = said.get("aud")
    if said.get("iss") != settings.issuer:
        raise InvalidToken("The token comes from another issuer.")
    if settings.audience not in (audience if isinstance(audience, list) else [audience]):
        raise InvalidToken("The token is for another audience.")
    try:
        claims = Claims(
            subject=_text(said["sub"]),
            client_id=_text(said["client_id"]),
            jti=_text(said["jti"]),
            family=_text(said["family"]) if "family" in said else None,
            scope=_text(said.get("scope", "")),
            issued_at=_instant(said["iat"]),
            expires_at=_instant(said["exp"]),
            methods=_texts(said.get("amr", [])),
            authenticated_at=_instant(said["auth_time"]) if "auth_time" in said else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidToken("The token lacks a claim or gives it a wrong type.") from error
    _refuse_expired(claims)
    return claims


def _refuse_expired(claims: Claims) -> None:
    if claims.expires_at <= real_now():
        raise InvalidToken("The token has expired.")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(text) for text in value)


def _instant(value: Any) -> datetime:
    return datetime.fromtimestamp(int(value), UTC)


async def _name_of(account_id: str) -> str:
    rows = await fetch(
        "SELECT display_name FROM account WHERE id = $1 AND status = $2",
        account_id,
        AccountStatus.ACTIVE.value,
    )
    if not rows:
        raise InvalidToken("The account is closed.")
    return str(rows[0]["display_name"])
