"""A person's log-in in a browser: an opaque cookie, and forms that only our pages can send."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from auth.config import AuthSettings
from auth.cross_site import cookie_of
from auth.factors.needed import lacks_second
from auth.issued import deny_families, families_of_session
from auth.models import AuthorizationCode, Session, hashed
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.events import afterwards, transaction
from domain.ids import new_id
from domain.origin import Origin, Proof, origin_of

# A request made by another site's page says so in this header; old browsers do not send it.
_OWN_SITES = ("same-origin", "none")
# How often the use of a log-in is written down, at most.
_NOTED = timedelta(minutes=1)

_on_ended: list[Callable[..., None]] = []


def on_log_in_ended(forget: Callable[..., None]) -> None:
    """Call `forget(*ids)` when log-ins end or change, so that caches drop them."""
    _on_ended.append(forget)


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
        token, at = secrets.token_urlsafe(32), real_now()
        before = await Session.get_or_none(token_hash=hashed(self._token(request)))
        async with transaction():
            if before is not None:
                await before.delete()
            await Session.create(
                id=new_id("ses"),
                token_hash=hashed(token),
                account_id=account.id,
                methods=" ".join(methods),
                user_agent=request.headers.get("user-agent", "").replace("\0", "")[:255],
                address=address_of(request)[:45],
                authenticated_at=at,
                expires_at=at + timedelta(seconds=self._settings.session_seconds),
                last_seen_at=at,
                idle_until=at + timedelta(seconds=self._settings.session_idle_seconds),
            )
        if before is not None:
            tell_ended(before.id)
        return token

    async def find(self, request: Request, *, is_use: bool = True) -> Session | None:
        """The log-in of this browser, while it is in force and its account active.

        One opened before a second factor was needed does not count any more.
        """
        token = self._token(request)
        session = await in_force(hashed(token)) if token else None
        if session is None:
            return None
        if not await Account.exists(id=session.account_id, status=AccountStatus.ACTIVE):
            return None
        if await lacks_second(self._settings, session.account_id, session.methods):
            return None
        return await used(session, self._settings) if is_use and is_due(session) else session

    async def renew(self, session: Session, methods: Iterable[str] = ()) -> str:
        """The same log-in under a new token, to be kept by the browser with `keep`.

        For whoever becomes more than it was: proved again, by one more method, or with a new
        password. What was seen of the cookie before opens nothing any more.
        """
        token = secrets.token_urlsafe(32)
        known = session.methods.split()
        proved = [method for method in methods if method not in known]
        changes = {"authenticated_at": real_now()} if methods else {}
        session.update_from_dict(
            {"token_hash": hashed(token), "methods": " ".join([*known, *proved]), **changes}
        )
        async with transaction():
            await session.save(update_fields=["token_hash", "methods", *changes])
        tell_ended(session.id)
        return token

    async def close(self, session: Session) -> list[str]:
        """Log out, here and in the applications opened from here; the families denied."""
        return await end_log_ins([session], self._settings)

    def form(self, request: Request) -> Form:
        """The token for a form on the page that answers this request: one for the whole page."""
        if not hasattr(request.state, "form"):
            request.state.form = self._new_form(request)
        form: Form = request.state.form
        return form

    def _new_form(self, request: Request) -> Form:
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
        return cookie_of(request.scope, self._settings.session_cookie) or ""

    def _form_token(self, cookie: str) -> str:
        return hmac.digest(self._form_key, cookie.encode(), hashlib.sha256).hex()


async def in_force(token_hash: str) -> Session | None:
    """The log-in of a token, neither over nor left unused for too long."""
    at = real_now()
    return await Session.get_or_none(token_hash=token_hash, expires_at__gt=at, idle_until__gt=at)


def is_due(session: Session) -> bool:
    """Whether it is time to write down that a log-in is used."""
    return real_now() - session.last_seen_at >= _NOTED


async def used(session: Session, settings: AuthSettings) -> Session:
    """Write down that the log-in is used: it may rest for its idle time again."""
    session.last_seen_at = real_now()
    session.idle_until = session.last_seen_at + timedelta(seconds=settings.session_idle_seconds)
    async with transaction():
        await Session.filter(id=session.id).update(
            last_seen_at=session.last_seen_at, idle_until=session.idle_until
        )
    return session


async def end_log_ins(sessions: Iterable[Session], settings: AuthSettings) -> list[str]:
    """Log out everywhere these log-ins reach; the families of tokens denied with them."""
    families: list[str] = []
    ended = [session.id for session in sessions]
    async with transaction():
        for session_id in ended:
            families += await families_of_session(session_id)
        await AuthorizationCode.filter(session_id__in=ended).delete()
        await deny_families(families, timedelta(seconds=settings.access_token_seconds))
        await Session.filter(id__in=ended).delete()
    tell_ended(*ended, *families)
    return families


async def end_all_log_ins(
    account_id: str, settings: AuthSettings, *, but: str | None = None
) -> list[str]:
    """Log a person out of every browser, except the log-in `but`: after a new password, say.

    Whoever keeps one renews it too (`Sessions.renew`).
    """
    sessions = await Session.filter(account_id=account_id)
    return await end_log_ins([s for s in sessions if s.id != but], settings)


def tell_ended(*ids: str) -> None:
    """Let every cache forget them, once their end is committed."""

    def forget_all() -> None:
        for forget in _on_ended:
            forget(*ids)

    afterwards(forget_all)


def origin_behind(session: Session, request: Request) -> Origin:
    """From where a person logged in sends a form, and how it had proved who it is."""
    proof = Proof(tuple(session.methods.split()), session.authenticated_at, session.id)
    return origin_of(address_of(request), request.headers.get("user-agent"), proof)


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""
