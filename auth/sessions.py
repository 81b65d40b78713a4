"""A person's log-in in a browser: an opaque cookie, and forms that only our pages can send."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from auth.config import AuthSettings
from auth.issued import deny_families, families_of_session
from auth.models import AuthorizationCode, Session, hashed
from domain.accounts.models import Account, AccountStatus
from domain.clock import now
from domain.events import transaction
from domain.ids import new_id

# A request made by another site's page says so in this header; old browsers do not send it.
_OWN_SITES = ("same-origin", "none")


@dataclass(frozen=True)
class Form:
    """What a form of ours carries: the token, and the cookie to set when there was none."""

    token: str
    new_cookie: str | None


class Sessions:
    """Opens, finds and closes log-ins, and recognises our own forms."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._form_key = settings.key("forms")

    async def open(self, account: Account, request: Request, methods: Sequence[str]) -> str:
        """Log the person in, always under a new token: one planted beforehand is worth nothing."""
        token = secrets.token_urlsafe(32)
        async with transaction():
            await Session.filter(token_hash=hashed(self._token(request))).delete()
            await Session.create(
                id=new_id("ses"),
                token_hash=hashed(token),
                account_id=account.id,
                methods=" ".join(methods),
                user_agent=request.headers.get("user-agent", "").replace("\0", "")[:255],
                address=address_of(request)[:45],
                authenticated_at=now(),
                expires_at=now() + timedelta(seconds=self._settings.session_seconds),
            )
        return token

    async def find(self, request: Request) -> Session | None:
        """The log-in of this browser, while it is in force and its account active."""
        token = self._token(request)
        if not token:
            return None
        session = await Session.get_or_none(token_hash=hashed(token), expires_at__gt=now())
        if session is None:
            return None
        active = await Account.exists(id=session.account_id, status=AccountStatus.ACTIVE)
        return session if active else None

    async def close(self, session: Session) -> list[str]:
        """Log out, here and in the applications opened from here; the families denied."""
        async with transaction():
            families = await families_of_session(session.id)
            await AuthorizationCode.filter(session_id=session.id).delete()
            await deny_families(families, timedelta(seconds=self._settings.access_token_seconds))
            await session.delete()
        return families

    def form(self, request: Request) -> Form:
        """The token for a form on the page that answers this request."""
        known = self._token(request) or request.cookies.get(self._settings.form_cookie, "")
        cookie = known or secrets.token_urlsafe(32)
        return Form(self._form_token(cookie), None if known else cookie)

    def is_own_form(self, request: Request, given: str) -> bool:
        """Whether the form was served by us to this very browser."""
        if request.headers.get("sec-fetch-site", "none") not in _OWN_SITES:
            return False
        form = self.form(request)
        return form.new_cookie is None and hmac.compare_digest(form.token.encode(), given.encode())

    def keep_form(self, response: Response, form: Form) -> None:
        if form.new_cookie:
            self._set(response, self._settings.form_cookie, form.new_cookie)

    def keep(self, response: Response, token: str) -> None:
        self._set(response, self._settings.session_cookie, token)

    def erase(self, response: Response) -> None:
        response.delete_cookie(
            self._settings.session_cookie,
            secure=self._settings.is_https,
            httponly=True,
            samesite="lax",
        )

    def _set(self, response: Response, name: str, value: str) -> None:
        # Lax and not Strict: the authorization request comes by a link from another site.
        response.set_cookie(
            name, value, secure=self._settings.is_https, httponly=True, samesite="lax"
        )

    def _token(self, request: Request) -> str:
        return request.cookies.get(self._settings.session_cookie, "")

    def _form_token(self, cookie: str) -> str:
        return hmac.digest(self._form_key, cookie.encode(), hashlib.sha256).hex()


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""
