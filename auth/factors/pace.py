"""Guesses at second factors are slowed down, each kind of factor for itself.

Whoever guesses knows the password already. The pair of account and network stops one guesser; the
account alone is counted too, more generously, for those who come from many places. Security keys
cannot be guessed and are never slowed down, so that their owner always gets in.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auth.models import Guess
from auth.passwords import Pace, network_of, pause
from domain.clock import now
from domain.events import transaction

PER_ACCOUNT_AND_NETWORK = Pace(free=5, longest_seconds=900)
PER_ACCOUNT = Pace(free=20, longest_seconds=900)
# Messages to one account, whoever asks for them.
SENDING = Pace(free=3, longest_seconds=900)
_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Admission:
    """Whether one more is let through: seconds to wait, or how many there were with this one."""

    wait_seconds: int
    count: int


class Paces:
    """Counts before anything is looked at, and takes the count back on success."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def admit_guess(self, account_id: str, kind: str, address: str) -> Admission:
        """One guess at a kind of factor; `count` is that of the account."""
        return await self._admit(self._of_guess(account_id, kind, address))

    async def guessed_right(self, account_id: str, kind: str, address: str) -> None:
        """Forget the failures from this network, and this one guess at the account."""
        (pair, _), (alone, _) = self._of_guess(account_id, kind, address)
        async with transaction():
            await Guess.filter(id=pair).delete()
            guess = await self._locked(alone)
            guess.failures = max(guess.failures - 1, 0)
            await guess.save(update_fields=["failures"])

    async def admit_message(self, account_id: str) -> Admission:
        """One more message with a code."""
        return await self._admit([(self._name(f"message {account_id}"), SENDING)])

    def _of_guess(self, account_id: str, kind: str, address: str) -> list[tuple[str, Pace]]:
        alone = f"{kind} {account_id}"
        return [
            (self._name(f"{alone} {network_of(address)}"), PER_ACCOUNT_AND_NETWORK),
            (self._name(alone), PER_ACCOUNT),
        ]

    async def _admit(self, counters: Sequence[tuple[str, Pace]]) -> Admission:
        async with transaction():
            counted = [(await self._locked(name), pace) for name, pace in counters]
            wait = max(
                guess.last_at + pause(guess.failures, pace) - now() for guess, pace in counted
            )
            if wait > timedelta():
                return Admission(-int(-wait.total_seconds() // 1), counted[-1][0].failures)
            for guess, _ in counted:
                guess.failures += 1
                guess.last_at = now()
                await guess.save(update_fields=["failures", "last_at"])
            return Admission(0, counted[-1][0].failures)

    def _name(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), hashlib.sha256).hex()

    async def _locked(self, name: str) -> Guess:
        await Guess.get_or_create(id=name, defaults={"failures": 0, "last_at": now()})
        guess = await Guess.filter(id=name).select_for_update().get()
        if now() - guess.last_at > _FORGOTTEN_AFTER:
            guess.failures = 0
        return guess
