"""Messages to the owner of an account about their second factors."""

from __future__ import annotations

from auth.metadata import ACCOUNT
from domain import policy
from domain.accounts.models import Account
from domain.mail.actions import post


async def tell(account: Account, kind: str, **values: object) -> None:
    """Post a message that leads to the security page of the account."""
    link = policy.current().public_url + ACCOUNT
    await post(kind, account.email, account.locale, link=link, **values)
