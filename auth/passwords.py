"""Passwords: hashed slowly, compared in constant time, guessed at a decreasing pace."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from auth.models import Guess
from domain.accounts.models import Account, AccountStatus
from domain.clock import now
from domain.events import transaction

MAX_LENGTH = 1024
MIN_LENGTH = 12

# argon2id as OWASP advises; each hash takes 19 MiB, so few run at once.
_HASHER = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
# Verified when there is no account, so that the answer takes as long as for a wrong password.
_DECOY = _HASHER.hash(secrets.token_urlsafe())


@dataclass(frozen=True)
class Pace:
    """How guesses that count together are slowed down."""

    free: int
    longest_seconds: int


# The pair stops a guesser without stopping the account's owner, who calls from elsewhere. An
# address alone is shared by a whole town hall: it is only slowed after many failures.
PER_ACCOUNT_AND_ADDRESS = Pace(free=5, longest_seconds=900)
PER_ADDRESS = Pace(free=100, longest_seconds=60)
_FORGOTTEN_AFTER = timedelta(hours=1)


async def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return await asyncio.get_running_loop().run_in_executor(
        _POOL, _HASHER.hash, _normalized(password)
    )


async def account_for(email: str, password: str) -> Account | None:
    """The active account with that e-mail and password, in the same time whether it exists."""
    account = await Account.get_or_none(email=email.strip().lower())
    stored = account.password_hash if account else None
    right = await asyncio.get_running_loop().run_in_executor(
        _POOL, _verified, stored or _DECOY, password
    )
    if account is None or stored is None or account.status != AccountStatus.ACTIVE:
        return None
    return account if right else None


def pause(failures: int, pace: Pace) -> timedelta:
    """How long to wait after that many failures: nothing at first, then twice longer each time."""
    beyond = failures - pace.free
    if beyond < 0:
        return timedelta()
    return timedelta(seconds=min(2 ** min(beyond, 20), pace.longest_seconds))


class Guesses:
    """Counts log-ins as failures before the password is looked at, forgets them on success."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def admit(self, email: str, address: str) -> int:
        """0 and one guess counted, or the seconds to wait before the next one."""
        async with transaction():
            counted = [(await self._locked(k), pace) for k, pace in self._counters(email, address)]
            wait = max(_remaining(guess, pace) for guess, pace in counted)
            if wait == timedelta():
                for guess, _ in counted:
                    guess.failures += 1
                    guess.last_at = now()
                    await guess.save(update_fields=["failures", "last_at"])
            return -int(-wait.total_seconds() // 1)

    async def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of this account from this address, and this guess of the address."""
        (pair, _), (alone, _) = self._counters(email, address)
        async with transaction():
            await Guess.filter(id=pair).delete()
            guess = await self._locked(alone)
            guess.failures = max(guess.failures - 1, 0)
            await guess.save(update_fields=["failures"])

    def _counters(self, email: str, address: str) -> list[tuple[str, Pace]]:
        place = network_of(address)
        return [
            (self._name(f"{email.strip().lower()} {place}"), PER_ACCOUNT_AND_ADDRESS),
            (self._name(place), PER_ADDRESS),
        ]

    def _name(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), hashlib.sha256).hex()

    async def _locked(self, key: str) -> Guess:
        await Guess.get_or_create(id=key, defaults={"failures": 0, "last_at": now()})
        guess = await Guess.filter(id=key).select_for_update().get()
        if now() - guess.last_at > _FORGOTTEN_AFTER:
            guess.failures = 0
        return guess


def network_of(address: str) -> str:
    """The address, or the /64 of an IPv6 address: one subscriber owns all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def _remaining(guess: Guess, pace: Pace) -> timedelta:
    return max(guess.last_at + pause(guess.failures, pace) - now(), timedelta())


def _verified(stored: str, password: str) -> bool:
    if len(password) > MAX_LENGTH:
        password = ""
    try:
        return _HASHER.verify(stored, _normalized(password))
    except (VerificationError, InvalidHashError):
        return False


def _normalized(password: str) -> str:
    # The same characters typed on two keyboards must give the same bytes.
    return unicodedata.normalize("NFKC", password)
