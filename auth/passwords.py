"""Passwords: hashed slowly, compared in constant time, guessed at a decreasing pace."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import time
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from auth.models import Guess
from domain.accounts import emails
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.errors import Refused
from domain.events import transaction
from domain.rules_text import problem

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


# Without a known device, three paces hold at once. The pair stops a guesser without stopping the
# account's owner, who calls from elsewhere. An address alone is shared by a whole town hall: it is
# only slowed after many failures. The account alone stops those who guess from many networks.
PER_ACCOUNT_AND_ADDRESS = Pace(free=5, longest_seconds=900)
PER_ADDRESS = Pace(free=100, longest_seconds=60)
PER_ACCOUNT = Pace(free=50, longest_seconds=300)
# A browser that logged in before is counted alone: whatever others do, its owner gets in.
PER_DEVICE = Pace(free=10, longest_seconds=900)
_FORGOTTEN_AFTER = timedelta(hours=1)


async def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return await asyncio.get_running_loop().run_in_executor(
        _POOL, _HASHER.hash, normalized(password)
    )


async def account_for(email: str, password: str) -> Account | None:
    """The active account with that e-mail and password, in the same time whether it exists."""
    account = await Account.get_or_none(email=emails.normal(email))
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


class TooSoon(Refused):
    """Done too often; the caller is told when to come back."""

    def __init__(self, seconds: int) -> None:
        super().__init__(problem("BDR-ACC-004", (), seconds=seconds))
        self.seconds = seconds


class Paces:
    """Slows down what is done again and again. What counts together has one name."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def admit(self, paces: Mapping[str, Pace]) -> int:
        """0 and one attempt counted under each name, or the seconds to wait before the next."""
        async with transaction():
            # In one order, so that two attempts never wait for each other.
            named = sorted((self._id(name), pace) for name, pace in paces.items())
            counted = [(await self._locked(key), pace) for key, pace in named]
            wait = max(_remaining(guess, pace) for guess, pace in counted)
            if wait == timedelta():
                for guess, _ in counted:
                    guess.failures += 1
                    guess.last_at = real_now()
                    await guess.save(update_fields=["failures", "last_at"])
            return -int(-wait.total_seconds() // 1)

    async def require(self, paces: Mapping[str, Pace]) -> None:
        """Count one attempt under each name.

        Raises:
            TooSoon: one of them was used too often.
        """
        if seconds := await self.admit(paces):
            raise TooSoon(seconds)

    async def forget(self, name: str) -> None:
        """Begin to count from nothing."""
        async with transaction():
            await Guess.filter(id=self._id(name)).delete()

    async def give_back(self, name: str) -> None:
        """Take back one attempt that was none."""
        async with transaction():
            guess = await self._locked(self._id(name))
            guess.failures = max(guess.failures - 1, 0)
            await guess.save(update_fields=["failures"])

    def _id(self, name: str) -> str:
        return hmac.digest(self._key, name.encode(), hashlib.sha256).hex()

    async def _locked(self, key: str) -> Guess:
        await Guess.get_or_create(id=key, defaults={"failures": 0, "last_at": real_now()})
        guess = await Guess.filter(id=key).select_for_update().get()
        if real_now() - guess.last_at > _FORGOTTEN_AFTER:
            guess.failures = 0
        return guess


class Trickle:
    """Lets each caller do something cheap a few times per second; counted by this process."""

    _MOST_CALLERS = 4_096

    def __init__(
        self,
        burst: float,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._monotonic = monotonic
        self._left: dict[str, tuple[float, float]] = {}

    def admits(self, name: str) -> bool:
        """Whether the caller may now; it is counted if so."""
        at = self._monotonic()
        left, since = self._left.pop(name, (self._burst, at))
        left = min(left + (at - since) * self._per_second, self._burst)
        if len(self._left) >= self._MOST_CALLERS:
            del self._left[next(iter(self._left))]
        self._left[name] = (left - 1 if left >= 1 else left, at)
        return left >= 1


class Guesses:
    """Counts log-ins as failures before the password is looked at, forgets them on success.

    `device` names a browser that logged in to this account before (see `auth.devices`).
    """

    def __init__(self, key: bytes) -> None:
        self._paces = Paces(key)

    async def admit(self, email: str, address: str, device: str | None = None) -> int:
        """0 and one guess counted, or the seconds to wait before the next one."""
        pair, place, account, own = _names(email, address, device)
        if own:
            return await self._paces.admit({own: PER_DEVICE})
        return await self._paces.admit(
            {pair: PER_ACCOUNT_AND_ADDRESS, place: PER_ADDRESS, account: PER_ACCOUNT}
        )

    async def succeeded(self, email: str, address: str, device: str | None = None) -> None:
        """Forget the failures of this account from here, and this guess wherever it counted."""
        pair, place, account, own = _names(email, address, device)
        async with transaction():
            if own:
                await self._paces.forget(own)
                return
            await self._paces.forget(pair)
            # Only its own guess: the owner's success must not give a guesser a new start.
            for name in sorted((place, account)):
                await self._paces.give_back(name)


def _names(email: str, address: str, device: str | None) -> tuple[str, str, str, str | None]:
    who, place = emails.normal(email), network_of(address)
    return (
        f"{who} {place}",
        place,
        f"{who} everywhere",
        f"{who} device {device}" if device else None,
    )


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
    return max(guess.last_at + pause(guess.failures, pace) - real_now(), timedelta())


def _verified(stored: str, password: str) -> bool:
    if len(password) > MAX_LENGTH:
        password = ""
    try:
        return _HASHER.verify(stored, normalized(password))
    except (VerificationError, InvalidHashError):
        return False


def normalized(password: str) -> str:
    """The form in which a password is hashed and compared."""
    # The same characters typed on two keyboards must give the same bytes.
    return unicodedata.normalize("NFKC", password)
