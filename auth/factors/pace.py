"""Guesses at second factors are slowed down, each kind of factor for itself.

Whoever guesses knows the password already. The pair of account and network stops one guesser; the
account alone is counted too, more generously, for those who come from many places. Security keys
cannot be guessed and are never slowed down, so that their owner always gets in.
"""

from __future__ import annotations

from dataclasses import dataclass

from auth.passwords import Pace, Paces, network_of
from domain.events import transaction

PER_ACCOUNT_AND_NETWORK = Pace(free=5, longest_seconds=900)
PER_ACCOUNT = Pace(free=20, longest_seconds=900)
# Messages to one account, whoever asks for them.
SENDING = Pace(free=3, longest_seconds=900)


@dataclass(frozen=True)
class Admission:
    """Whether one more guess is let through: the seconds to wait, and how many there were."""

    wait_seconds: int
    count: int


class FactorPaces(Paces):
    """Counts before anything is looked at, and takes the count back on success."""

    async def admit_guess(self, account_id: str, kind: str, address: str) -> Admission:
        """One guess at a kind of factor; `count` is that of the account, wherever from."""
        pair, alone = _names(account_id, kind, address)
        async with transaction():
            wait = await self.admit({pair: PER_ACCOUNT_AND_NETWORK, alone: PER_ACCOUNT})
            return Admission(wait, (await self._locked(self._id(alone))).failures)

    async def guessed_right(self, account_id: str, kind: str, address: str) -> None:
        """Forget the failures from this network, and this one guess at the account."""
        pair, alone = _names(account_id, kind, address)
        async with transaction():
            await self.forget(pair)
            await self.give_back(alone)

    async def admit_message(self, account_id: str) -> int:
        """0 and one more message with a code counted, or the seconds to wait."""
        return await self.admit({f"message {account_id}": SENDING})


def _names(account_id: str, kind: str, address: str) -> tuple[str, str]:
    alone = f"{kind} {account_id}"
    return f"{alone} {network_of(address)}", alone
