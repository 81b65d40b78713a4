"""Codes of six digits sent to the address of the account."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from auth.factors.mails import tell
from auth.factors.models import EmailCode
from domain.accounts.models import Account
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

LIFE = timedelta(minutes=10)
TRIES = 5


class EmailCodes:
    """The last code sent for each holder: a pending log-in, or a log-in."""

    def __init__(self, key: bytes) -> None:
        # So few codes need a key: a plain hash of one would be looked up.
        self._key = key

    async def send(self, account: Account, holder: str) -> None:
        """Send a code in the place of the one before."""
        code = f"{secrets.randbelow(1_000_000):06}"
        identifier = new_id("emc")
        async with transaction():
            await EmailCode.filter(holder=holder).delete()
            await EmailCode.create(
                id=identifier,
                holder=holder,
                account_id=account.id,
                code_hash=self._hash(identifier, code),
                created_at=real_now(),
                expires_at=real_now() + LIFE,
            )
            await tell(account, "second_factor_code", code=code)

    async def was_sent(self, holder: str) -> bool:
        """Whether a code waits to be typed."""
        return await EmailCode.exists(holder=holder, expires_at__gt=real_now())

    async def use(self, account: Account, holder: str, typed: str) -> bool:
        """Use the code up, if it is the one; too many wrong ones use it up too."""
        async with transaction():
            waiting = EmailCode.filter(
                holder=holder, account_id=account.id, expires_at__gt=real_now()
            )
            code = await waiting.select_for_update().get_or_none()
            if code is None:
                return False
            is_right = hmac.compare_digest(self._hash(code.id, typed), code.code_hash)
            if is_right or code.failures + 1 >= TRIES:
                await code.delete()
            else:
                code.failures += 1
                await code.save(update_fields=["failures"])
            return is_right

    def _hash(self, identifier: str, code: str) -> str:
        return hmac.digest(self._key, f"{identifier} {code}".encode(), hashlib.sha256).hex()
