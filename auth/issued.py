"""Takes back what was issued: families of tokens, single access tokens, whatever has expired."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from auth.models import AuthorizationCode, Denied, Guess, RefreshToken, Session
from domain.clock import now
from domain.events import transaction

# A used code is kept that long, so that its replay is recognised.
_KEPT = timedelta(days=1)


async def deny(ids: Iterable[str], until: datetime) -> None:
    """Refuse these access tokens (by `jti` or family) until none of them can be valid anyway."""
    async with transaction():
        for denied in ids:
            await Denied.update_or_create(id=denied, defaults={"until": until})


async def deny_families(families: Iterable[str], access_life: timedelta) -> None:
    """Revoke the refresh tokens of these families and deny their access tokens."""
    wanted = list(families)
    async with transaction():
        await RefreshToken.filter(family__in=wanted, revoked_at=None).update(revoked_at=now())
        await deny(wanted, now() + access_life)


async def families_of_session(session_id: str) -> list[str]:
    """Everything that was issued from one log-in."""
    found: set[str] = set()
    for model in (AuthorizationCode, RefreshToken):
        rows = await model.filter(session_id=session_id).values_list("family", flat=True)
        found.update(str(row) for row in rows)
    return sorted(found)


async def purge() -> int:
    """Erase what has expired and can no longer be asked about; the number of rows."""
    at = now()
    async with transaction():
        return sum(
            [
                await AuthorizationCode.filter(expires_at__lt=at - _KEPT).delete(),
                await RefreshToken.filter(expires_at__lt=at).delete(),
                await Session.filter(expires_at__lt=at).delete(),
                await Denied.filter(until__lt=at).delete(),
                await Guess.filter(last_at__lt=at - _KEPT).delete(),
            ]
        )
