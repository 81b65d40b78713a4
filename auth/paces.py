"""Slows down what counts together, such as the requests of one address."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from auth.models import Guess
from auth.passwords import Pace, network_of, pause
from domain.clock import now
from domain.events import transaction

_FORGOTTEN_AFTER = timedelta(hours=1)


class Paced:
    """Counts attempts under a name, as failures until they are said to have succeeded."""

    def __init__(self, key: bytes, pace: Pace) -> None:
        self._key = key
        self._pace = pace

    async def admit(self, name: str) -> int:
        """0 and one attempt counted, or the seconds to wait before the next one."""
        async with transaction():
            guess = await self._locked(name)
            wait = guess.last_at + pause(guess.failures, self._pace) - now()
            if wait > timedelta():
                return -int(-wait.total_seconds() // 1)
            guess.failures += 1
            guess.last_at = now()
            await guess.save(update_fields=["failures", "last_at"])
        return 0

    async def admit_address(self, address: str) -> int:
        """The same for a caller that is known by its address only."""
        return await self.admit(network_of(address))

    async def succeeded(self, name: str) -> None:
        """Forget the attempts of that name."""
        async with transaction():
            await Guess.filter(id=self._named(name)).delete()

    def _named(self, name: str) -> str:
        return hmac.digest(self._key, name.encode(), hashlib.sha256).hex()

    async def _locked(self, name: str) -> Guess:
        key = self._named(name)
        await Guess.get_or_create(id=key, defaults={"failures": 0, "last_at": now()})
        guess = await Guess.filter(id=key).select_for_update().get()
        if now() - guess.last_at > _FORGOTTEN_AFTER:
            guess.failures = 0
        return guess
