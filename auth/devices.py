"""The browsers of a person: where it is logged in, and which ones it logged in with before."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from auth.config import AuthSettings
from auth.factors.models import PendingLogin
from auth.issued import access_life, deny_families, families_of_session
from auth.models import AuthorizationCode, RefreshToken, Session
from auth.sessions import tell_ended
from domain.access import Actor
from domain.accounts import life
from domain.accounts.actions import tell_rights_changed
from domain.accounts.models import Account
from domain.clock import real_now
from domain.db import fetch
from domain.errors import NotFound
from domain.events import transaction
from domain.ids import findable
from domain.origin import Proof
from domain.rules_text import problem

MOST_SHOWN = 100
# A browser shared by several people remembers the last few of them.
_REMEMBERED = 4
_REMEMBERED_FOR = timedelta(days=365)

# In this order: most browsers also claim to be the ones below them.
# fmt: off
_BROWSERS = (
    ("Edge",             r"\bEdgA?/(\d+)"),
    ("Opera",            r"\bOPR/(\d+)"),
    ("Samsung Internet", r"\bSamsungBrowser/(\d+)"),
    ("Firefox",          r"\b(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome",           r"\b(?:Chrome|CriOS)/(\d+)"),
    ("Safari",           r"\bVersion/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"),
    ("curl",             r"\Acurl/(\d+)"),
)
_SYSTEMS = (
    ("Windows",  r"Windows NT"),
    ("iPadOS",   r"\biPad\b"),
    ("iOS",      r"\biPhone\b"),
    ("Android",  r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS",    r"\bMac OS X\b|\bMacintosh\b"),
    ("Linux",    r"\bLinux\b|\bX11\b"),
)
# fmt: on


@dataclass(frozen=True)
class LogIn:
    """A person's log-in in one browser, in words that it recognises."""

    id: str
    browser: str | None
    system: str | None
    address: str
    started_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool


def browser_of(user_agent: str) -> str | None:
    """The name and version of the browser, such as `Firefox 132`; None when it is not known."""
    for name, pattern in _BROWSERS:
        if match := re.search(pattern, user_agent):
            return f"{name} {match[1]}"
    return None


def system_of(user_agent: str) -> str | None:
    """The operating system; None when it is not known."""
    return next((name for name, pattern in _SYSTEMS if re.search(pattern, user_agent)), None)


async def log_ins(account_id: str, current: str | None = None) -> Sequence[LogIn]:
    """Where the person is logged in, the latest first. `current` is the log-in that asks."""
    at = real_now()
    found = Session.filter(account_id=account_id, expires_at__gt=at, idle_until__gt=at)
    sessions = await found.order_by("-authenticated_at", "-id").limit(MOST_SHOWN)
    used = await _last_uses(account_id)
    shown = [_shown(session, used.get(session.id), current) for session in sessions]
    return sorted(shown, key=lambda one: one.last_used_at, reverse=True)


async def current_of(proof: Proof) -> str | None:
    """The log-in behind a credential: itself, or the one that its token was issued from."""
    if proof.session_id is not None:
        return proof.session_id
    if proof.family is None:
        return None
    rows = await fetch(
        "SELECT session_id FROM auth_refresh_token WHERE family = $1 AND session_id IS NOT NULL"
        " UNION SELECT session_id FROM auth_code WHERE family = $1 AND session_id IS NOT NULL",
        proof.family,
    )
    return str(rows[0][0]) if rows else None


async def kept(proof: Proof, *, keep: bool) -> str | None:
    """The log-in to keep while all others end."""
    return await current_of(proof) if keep else None


async def end(actor: Actor, log_in_id: str) -> LogIn:
    """Log the person out of one browser, and out of the applications opened from there.

    Raises:
        NotFound: it is none of this person's.
    """
    async with transaction():
        session = await Session.get_or_none(id=findable(log_in_id), account_id=actor.id)
        if session is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        shown = _shown(session, None, None)
        await _close([session.id], set(await families_of_session(session.id)))
        await _tell_ended(actor, everywhere=False)
    return shown


async def end_all(actor: Actor, *, but: str | None = None) -> int:
    """Log the person out everywhere, except of one log-in; how many log-ins ended."""
    async with transaction():
        ended = await close_all(actor.id, but=but)
        await _tell_ended(actor, everywhere=True)
    return ended


async def close_all(account_id: str, *, but: str | None = None) -> int:
    """End log-ins, refresh tokens and access tokens of an account; how many log-ins ended.

    What belongs to the log-in `but` stays. Needs an open transaction.
    """
    kept = await families_of_session(but) if but else []
    families: set[str] = set()
    for issued in (
        AuthorizationCode.filter(account_id=account_id),
        RefreshToken.filter(account_id=account_id, revoked_at=None),
    ):
        rows = await issued.exclude(family__in=kept).values_list("family", flat=True)
        families.update(str(row) for row in rows)
    # Whoever gave a first proof and waits for the second one begins again.
    await PendingLogin.filter(account_id=account_id).delete()
    sessions = Session.filter(account_id=account_id).exclude(id=but or "")
    ended = [str(row) for row in await sessions.values_list("id", flat=True)]
    await _close(ended, families)
    tell_rights_changed(account_id)
    return len(ended)


async def _close(session_ids: Sequence[str], families: set[str]) -> None:
    await AuthorizationCode.filter(family__in=families).delete()
    await deny_families(sorted(families), access_life())
    await Session.filter(id__in=session_ids).delete()
    tell_ended(*session_ids, *families)


def _shown(session: Session, used_at: datetime | None, current: str | None) -> LogIn:
    return LogIn(
        id=session.id,
        browser=browser_of(session.user_agent),
        system=system_of(session.user_agent),
        address=session.address,
        started_at=session.authenticated_at,
        last_used_at=max(session.last_seen_at, used_at or session.last_seen_at),
        expires_at=session.ends_at,
        is_current=session.id == current,
    )


async def _tell_ended(actor: Actor, *, everywhere: bool) -> None:
    account = await Account.filter(id=actor.id).select_for_update().get()
    life.tell("account.logged_out", account, actor, everywhere=everywhere)
    await account.save(update_fields=["event_count"])
    tell_rights_changed(account.id)


async def _last_uses(account_id: str) -> dict[str, datetime]:
    """When each log-in last got a token for an application."""
    rows = await fetch(
        "SELECT session_id, MAX(issued_at) FROM auth_refresh_token"
        " WHERE account_id = $1 AND session_id IS NOT NULL GROUP BY session_id",
        account_id,
    )
    return {str(row[0]): _instant(row[1]) for row in rows}


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


class Devices:
    """Recognises a browser in which the person logged in before, without keeping anything.

    What others guess elsewhere must not slow the owner down: a known browser counts alone.
    Its mark dies with the password, so that whoever knew the former one begins as a stranger.
    """

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._key = settings.key("devices")

    def known(self, request: Request, account: Account | None) -> str | None:
        """The name of this browser when the account logged in with it before."""
        # The same work when there is no such account.
        marks = [self._mark(account, nonce) for nonce in self._nonces(request)]
        given = self._given(request)
        known = [m for m in marks if any(hmac.compare_digest(m, g) for g in given)]
        return known[0][:_NONCE] if known and account is not None else None

    def remember(self, request: Request, response: Response, account: Account) -> None:
        """Mark this browser as one of the account's."""
        if self.known(request, account) is not None:
            return
        mark = self._mark(account, secrets.token_hex(_NONCE // 2))
        kept = [mark, *self._given(request)][:_REMEMBERED]
        response.set_cookie(
            self._settings.device_cookie,
            ".".join(kept),
            max_age=int(_REMEMBERED_FOR.total_seconds()),
            secure=self._settings.is_https,
            httponly=True,
            samesite="lax",
        )

    def _given(self, request: Request) -> list[str]:
        marks = request.cookies.get(self._settings.device_cookie, "").split(".")
        return [m for m in marks[:_REMEMBERED] if _MARK.fullmatch(m)]

    def _nonces(self, request: Request) -> list[str]:
        return [mark[:_NONCE] for mark in self._given(request)]

    def _mark(self, account: Account | None, nonce: str) -> str:
        owner = f"{account.id} {account.password_hash}" if account else "nobody"
        digest = hmac.digest(self._key, f"{owner} {nonce}".encode(), hashlib.sha256).hex()
        return nonce + digest


_NONCE = 16
_MARK = re.compile(rf"[0-9a-f]{{{_NONCE + 64}}}")
