"""Values given to one browser, good for a few minutes and for one use, and kept nowhere until then.

Anyone may open a page that carries one; only whoever uses one makes us write.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from domain.clock import real_now
from domain.db import execute
from domain.events import transaction

LIFE = timedelta(minutes=10)
_RANDOM = 16
_HEAD = _RANDOM + 8


class Challenges:
    """Challenges of WebAuthn: each is bound to a purpose and to what the browser holds."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, purpose: str, holder: str) -> bytes:
        """A fresh challenge."""
        until = int((real_now() + LIFE).timestamp())
        head = secrets.token_bytes(_RANDOM) + until.to_bytes(8, "big")
        return head + self._mark(head, purpose, holder)

    async def take(self, challenge: bytes, purpose: str, holder: str) -> bool:
        """Whether it is ours, for this use of this browser, in time and for the first time."""
        head, mark = challenge[:_HEAD], challenge[_HEAD:]
        if not hmac.compare_digest(mark, self._mark(head, purpose, holder)):
            return False
        until = int.from_bytes(head[_RANDOM:], "big")
        return until > real_now().timestamp() and await spend(challenge)

    def _mark(self, head: bytes, purpose: str, holder: str) -> bytes:
        bound = b"\0".join((head, purpose.encode(), holder.encode()))
        return hmac.digest(self._key, bound, hashlib.sha256)


async def spend(value: bytes) -> bool:
    """Use something up; false when it was used before. It must expire by itself within `LIFE`."""
    name = hashlib.sha256(value).hexdigest()
    async with transaction():
        written = await execute(
            "INSERT INTO auth_spent (id, until) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            name,
            real_now() + LIFE * 2,
        )
    return written == 1
