"""The cookie of a log-in, turned into the actor who uses it: no token in any script."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.types import Scope

from auth.bearer import Authenticated
from auth.config import AuthSettings
from auth.cross_site import cookie_of, sent_by
from auth.factors.needed import lacks_second
from auth.issued import on_denied
from auth.lookups import MOST, LookUps
from auth.models import Session, hashed
from auth.sessions import in_force, is_due, on_log_in_ended, used
from domain.access import Actor, ActorKind
from domain.accounts.actions import everywhere_of, on_rights_changed, rights_of
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.origin import Proof


@dataclass(frozen=True, slots=True)
class Cookie:
    """The cookie of a log-in, and whether the page that sent it may use it."""

    token: str
    counts: bool


class _NobodyError(Exception):
    """Nobody is logged in by this cookie, or no longer."""


@dataclass(slots=True)
class _Known:
    session: Session
    answer: Authenticated


class LogIns:
    """Authenticates requests by log-in."""

    def __init__(
        self,
        settings: AuthSettings,
        monotonic: Callable[[], float] = time.monotonic,
        most: int = MOST,
    ) -> None:
        self._settings = settings
        self._known = LookUps(self._look_up, monotonic, most)
        on_rights_changed(self.forget)
        on_log_in_ended(self.forget)
        on_denied(self.forget)

    def cookie_of(self, scope: Scope) -> Cookie | None:
        """The cookie of a request or of the handshake of a WebSocket."""
        token = cookie_of(scope, self._settings.session_cookie)
        if token is None:
            return None
        is_socket = scope["type"] == "websocket"
        return Cookie(token, self._settings.origins.admit(sent_by(scope), socket=is_socket))

    async def __call__(self, token: str, *, is_use: bool = True) -> Authenticated | None:
        """The person logged in; None when nobody is, or no longer.

        A stream that stays open asks again without using the log-in: it must not keep alive what
        nobody looks at.
        """
        try:
            known = await self._known(hashed(token))
        except _NobodyError:
            return None
        if known.answer.expires_at <= real_now():
            return None
        if is_use and is_due(known.session):
            known.session = await used(known.session, self._settings)
            known.answer = replace(known.answer, expires_at=known.session.ends_at)
        return known.answer

    def forget(self, *names: str) -> None:
        """Ask the database again about these log-ins and persons."""
        about = frozenset(names)
        self._known.forget(
            lambda known: not about.isdisjoint((known.session.id, known.session.account_id))
        )

    async def _look_up(self, key: str, _before: _Known | None) -> _Known:
        session = await in_force(key)
        if session is None:
            raise _NobodyError
        account = await Account.get_or_none(id=session.account_id, status=AccountStatus.ACTIVE)
        if account is None or await lacks_second(self._settings, account.id, session.methods):
            raise _NobodyError
        rights, everywhere = await rights_of(account.id), await everywhere_of(account.id)
        actor = Actor(account.id, ActorKind.PERSON, account.display_name, rights, everywhere)
        return _Known(session, Authenticated(actor, session.ends_at, proof_of(session)))


def proof_of(session: Session) -> Proof:
    """What the evidence of an act may say of this log-in."""
    return Proof(tuple(session.methods.split()), session.authenticated_at, session.id)
