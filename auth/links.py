"""Links sent by e-mail: one use, one hour, and only a hash of their token kept.

Looking at a link never uses it up, since the scanners of mail servers open everything they see;
only the form of its page does.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from tortoise.queryset import QuerySet

from auth.models import Link, Purpose, hashed
from domain import policy
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

# Used and expired links are kept a little, so that a resend finds what had been asked.
KEPT = timedelta(days=1)
# A longer token was never one of ours.
_LONGEST_TOKEN = 100


@dataclass(frozen=True)
class Wish:
    """What a link leads to, beside its address."""

    account_id: str | None = None
    identifier_type: str | None = None
    identifier: str | None = None
    goes_on: str = ""
    browser_hash: str | None = None
    locale: str = "FR"


async def issue(
    purpose: Purpose, email: str, wish: Wish, life: timedelta | None = None
) -> tuple[str, Link]:
    """A new link in the place of the earlier one; its token, known to the e-mail alone."""
    token = secrets.token_urlsafe(32)
    async with transaction():
        await _replaced(purpose, email, wish).delete()
        link = await Link.create(
            id=new_id("lnk"),
            purpose=purpose,
            token_hash=hashed(token),
            email=email,
            account_id=wish.account_id,
            identifier_type=wish.identifier_type,
            identifier=wish.identifier,
            goes_on=wish.goes_on,
            browser_hash=wish.browser_hash,
            locale=wish.locale,
            created_at=real_now(),
            expires_at=real_now() + (life or activation_life()),
        )
    return token, link


async def find(purpose: Purpose, token: str) -> Link | None:
    """The link of a token while it may be used."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    return await Link.get_or_none(
        purpose=purpose, token_hash=hashed(token), used_at=None, expires_at__gt=real_now()
    )


async def use(link: Link) -> bool:
    """Use the link up; False when somebody else did meanwhile. Needs an open transaction."""
    at = real_now()
    taken = await Link.filter(id=link.id, used_at=None, expires_at__gt=at).update(used_at=at)
    return taken == 1


def activation_life() -> timedelta:
    """How long the links of sign-ups, resets and changes live."""
    return timedelta(seconds=policy.current().activation_seconds)


def _replaced(purpose: Purpose, email: str, wish: Wish) -> QuerySet[Link]:
    if purpose is Purpose.CHANGE_EMAIL:
        return Link.filter(purpose=purpose, account_id=wish.account_id, used_at=None)
    if purpose is Purpose.KEEP_EMAIL:
        # Each former address keeps its own way to object.
        return Link.filter(id="")
    return Link.filter(purpose=purpose, email=email, used_at=None)


async def purge() -> int:
    """Forget the links that nobody can use any more; needs an open transaction."""
    return await Link.filter(expires_at__lt=real_now() - KEPT).delete()
