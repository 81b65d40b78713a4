"""Log-ins that wait for their second proof: an opaque cookie of their own, which opens nothing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from auth.config import AuthSettings
from auth.factors.models import PendingLogin
from auth.models import hashed
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

LIFE = timedelta(minutes=10)
TRIES = 10


class Pending:
    """Opens, finds and closes them; the cookie holds what the database only knows by its hash."""

    def __init__(self, settings: AuthSettings) -> None:
        self._cookie = settings.pending_cookie
        self._is_https = settings.is_https

    async def open(
        self, account: Account, request: Request, methods: Sequence[str], goes_on: str
    ) -> str:
        """Begin to wait, under a fresh token; what this browser waited for before is forgotten."""
        token = secrets.token_urlsafe(32)
        async with transaction():
            await PendingLogin.filter(token_hash=hashed(self._token(request))).delete()
            await PendingLogin.create(
                id=new_id("pen"),
                token_hash=hashed(token),
                account_id=account.id,
                methods=" ".join(methods),
                goes_on=goes_on,
                created_at=real_now(),
                expires_at=real_now() + LIFE,
            )
        return token

    async def find(self, request: Request) -> tuple[PendingLogin, Account] | None:
        """What this browser waits for, while its time lasts and its account is active."""
        token = self._token(request)
        if not token:
            return None
        pending = await PendingLogin.get_or_none(
            token_hash=hashed(token), expires_at__gt=real_now()
        )
        if pending is None:
            return None
        account = await Account.get_or_none(id=pending.account_id, status=AccountStatus.ACTIVE)
        return (pending, account) if account else None

    async def failed(self, pending: PendingLogin) -> None:
        """Count a wrong proof; after too many the log-in begins again at the password."""
        async with transaction():
            row = await PendingLogin.filter(id=pending.id).select_for_update().get_or_none()
            if row is None:
                return
            row.failures += 1
            if row.failures >= TRIES:
                await row.delete()
            else:
                await row.save(update_fields=["failures"])

    async def close(self, pending: PendingLogin) -> bool:
        """Wait no more. False when it was closed already: one proof opens one log-in."""
        async with transaction():
            return await PendingLogin.filter(id=pending.id).delete() == 1

    def keep(self, response: Response, token: str) -> None:
        response.set_cookie(
            self._cookie,
            token,
            max_age=int(LIFE.total_seconds()),
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )

    def erase(self, response: Response) -> None:
        response.delete_cookie(self._cookie, secure=self._is_https, httponly=True, samesite="lax")

    def _token(self, request: Request) -> str:
        return request.cookies.get(self._cookie, "")
