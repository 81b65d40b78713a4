"""Takes back what was issued: families of tokens, single access tokens, whatever has expired."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth import links
from auth.models import (
    AuthorizationCode,
    Client,
    Denied,
    Device,
    ExternalArrival,
    ExternalFlow,
    Guess,
    RefreshToken,
    Registration,
    Session,
)
from domain.clock import real_now
from domain.events import transaction

# A used code is kept that long, so that its replay is recognised.
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Lives:
    """How long what the site issues lives."""

    access_token: timedelta = timedelta(minutes=10)
    # A client that its developer registered and nobody uses any more is closed after that.
    unused_client: timedelta = timedelta(days=30)


_lives = Lives()
_forgetters: list[Callable[..., None]] = []


def configure(lives: Lives) -> None:
    """Set the lives of the site; called by the composition root."""
    global _lives  # noqa: PLW0603 - set once at start
    _lives = lives


def access_life() -> timedelta:
    """How long an access token may still be valid after it was issued."""
    return _lives.access_token


def on_denied(forget: Callable[..., None]) -> None:
    """Call `forget(*names)` when families or tokens are denied, so that caches drop them."""
    _forgetters.append(forget)


def forget(names: Iterable[str]) -> None:
    """Tell the caches of this process, after the commit, what was denied."""
    given = tuple(names)
    for one in _forgetters:
        one(*given)


async def deny(ids: Iterable[str], until: datetime) -> None:
    """Refuse these access tokens (by `jti` or family) until none of them can be valid anyway."""
    async with transaction():
        for denied in ids:
            await Denied.update_or_create(id=denied, defaults={"until": until})


async def deny_families(families: Iterable[str], access_life: timedelta) -> None:
    """Revoke the refresh tokens of these families and deny their access tokens."""
    wanted = list(families)
    async with transaction():
        await RefreshToken.filter(family__in=wanted, revoked_at=None).update(revoked_at=real_now())
        await deny(wanted, real_now() + access_life)


async def families_of_session(session_id: str) -> list[str]:
    """Everything that was issued from one log-in."""
    found: set[str] = set()
    for model in (AuthorizationCode, RefreshToken):
        rows = await model.filter(session_id=session_id).values_list("family", flat=True)
        found.update(str(row) for row in rows)
    return sorted(found)


async def purge() -> int:
    """Erase what has expired and can no longer be asked about; the number of rows."""
    at = real_now()
    unused = Registration.filter(last_used_at__lt=at - _lives.unused_client)
    async with transaction():
        closed = [str(name) for name in await unused.values_list("client_id", flat=True)]
        return sum(
            [
                await AuthorizationCode.filter(expires_at__lt=at - _KEPT).delete(),
                await RefreshToken.filter(expires_at__lt=at).delete(),
                await Session.filter(expires_at__lt=at).delete(),
                await Denied.filter(until__lt=at).delete(),
                await Device.filter(expires_at__lt=at - _KEPT).delete(),
                await ExternalFlow.filter(expires_at__lt=at).delete(),
                await ExternalArrival.filter(expires_at__lt=at).delete(),
                await Client.filter(id__in=closed).delete(),
                await Guess.filter(last_at__lt=at - _KEPT).delete(),
                await links.purge(),
            ]
        )
