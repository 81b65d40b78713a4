"""Whether a person proves a second factor: one table of ways, each paced, none locking another."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidTag

from auth.config import AuthSettings
from auth.factors import actions, keys, methods, totp
from auth.factors.email_codes import EmailCodes
from auth.factors.keys import NewKey, NotProved, RelyingParty, relying_party
from auth.factors.models import Factor, FactorKind
from auth.factors.once import Challenges
from auth.factors.pace import PER_ACCOUNT_AND_NETWORK, FactorPaces
from auth.passwords import account_for
from domain import vault
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.events import transaction

log = logging.getLogger(__name__)

# The owner is told when that many guesses at one kind of factor failed within the hour.
WARN_AT = 2 * PER_ACCOUNT_AND_NETWORK.free
LOG_IN = "log in"
SECOND = "second"
ADD = "add"


class Way(StrEnum):
    """How a person may prove who they are on our pages."""

    TOTP = "totp"
    KEY = "key"
    EMAIL = "email"
    RECOVERY = "recovery"
    PASSWORD = "password"  # noqa: S105 - a name


WAY_OF = {FactorKind.TOTP: Way.TOTP, FactorKind.KEY: Way.KEY, FactorKind.EMAIL: Way.EMAIL}


@dataclass(frozen=True)
class Proved:
    """It is them; `methods` says how, in the words of RFC 8176."""

    account: Account
    methods: Sequence[str]


@dataclass(frozen=True)
class Wrong:
    """It is not proved: the name of a message, and the seconds to wait if there are any."""

    message: str
    seconds: int = 0


@dataclass(frozen=True)
class Attempt:
    """What was typed or signed, by which browser, from where."""

    account: Account
    answer: str
    # What the browser holds: the identifier of its pending log-in, or of its log-in.
    holder: str
    address: str


class Proofs:
    """Checks every way; what each of them needs is made from the settings once."""

    def __init__(self, settings: AuthSettings) -> None:
        self._key = settings.secret_key
        self._challenges = Challenges(settings.key("key challenges"))
        self._emails = EmailCodes(settings.key("e-mail codes"))
        self._paces = FactorPaces(settings.key("factor guesses"))
        self.party: RelyingParty | None = relying_party(settings.issuer)
        self._checks: dict[Way, Callable[[Attempt], Awaitable[Sequence[str] | Wrong]]] = {
            Way.TOTP: self._totp,
            Way.KEY: self._second_key,
            Way.EMAIL: self._email,
            Way.RECOVERY: self._recovery,
            Way.PASSWORD: self._password,
        }

    async def ways_of(self, account: Account) -> list[Way]:
        """The ways in which this account may give its second proof, the best first."""
        held = {
            WAY_OF[FactorKind(f.kind)]
            for f in await actions.factors_of(account.id)
            if f.suspected_at is None and (f.kind != FactorKind.KEY or self.party)
        }
        ordered = [way for way in (Way.KEY, Way.TOTP, Way.EMAIL) if way in held]
        return [*ordered, Way.RECOVERY]

    async def check(self, way: Way, attempt: Attempt) -> Proved | Wrong:
        """Whether the attempt proves that way; wrong ones are counted before they are looked at."""
        account = attempt.account
        if way is not Way.KEY:
            admitted = await self._paces.admit_guess(account.id, way, attempt.address)
            if admitted.wait_seconds:
                return Wrong("wait", admitted.wait_seconds)
            if admitted.count == WARN_AT and way is not Way.PASSWORD:
                await actions.warn_of_guesses(account)
        found = await self._checks[way](attempt)
        if isinstance(found, Wrong):
            return found
        if way is not Way.KEY:
            await self._paces.guessed_right(account.id, way, attempt.address)
        return Proved(account, found)

    # Codes by e-mail

    async def send_code(self, account: Account, holder: str) -> Wrong | None:
        """Send a code to the address of the account, or say how long to wait."""
        if seconds := await self._paces.admit_message(account.id):
            return Wrong("wait", seconds)
        await self._emails.send(account, holder)
        return None

    async def code_was_sent(self, holder: str) -> bool:
        return await self._emails.was_sent(holder)

    async def code_is_right(self, attempt: Attempt) -> bool:
        """Whether it is the code sent to this browser: it is used up."""
        return await self._emails.use(attempt.account, attempt.holder, _digits(attempt.answer))

    # Keys

    async def options(self, account: Account, holder: str) -> str | None:
        """What a browser is asked for a second proof by a key; None where there are no keys."""
        if self.party is None:
            return None
        challenge = self._challenges.make(SECOND, holder)
        return self.party.request(await _keys_of(account.id), challenge, alone=False)

    def options_to_log_in(self, holder: str) -> str | None:
        """The same for a log-in with a passkey and nothing else."""
        if self.party is None:
            return None
        return self.party.request((), self._challenges.make(LOG_IN, holder), alone=True)

    async def options_to_add(self, account: Account, holder: str) -> str | None:
        """What a browser is asked to make a new key."""
        if self.party is None:
            return None
        known = await Factor.filter(account_id=account.id, kind=FactorKind.KEY)
        return self.party.creation(account, known, self._challenges.make(ADD, holder))

    async def new_key(self, answer: str, holder: str) -> NewKey | Wrong:
        """The key that a browser made."""
        if self.party is None:
            return Wrong("key")
        try:
            challenge = keys.challenge_of(answer, creating=True)
            if not await self._challenges.take(challenge, ADD, holder):
                return Wrong("stale")
            return self.party.created(answer, challenge)
        except NotProved as reason:
            log.info("a new key was refused: %s", reason)
            return Wrong("key")

    async def passkey(self, answer: str, holder: str) -> Proved | Wrong:
        """Whose log-in it is, by a passkey that knew its user; nobody's when it is not proved."""
        try:
            credential_id, said = keys.credential_of(answer)
            key = await Factor.get_or_none(credential_id=credential_id, suspected_at=None)
            # Its challenge is used up even when nobody knows the key.
            signed = await self._signed(answer, key, holder, LOG_IN)
        except NotProved as reason:
            log.info("a passkey was refused: %s", reason)
            return Wrong("key")
        if isinstance(signed, Wrong) or key is None:
            return signed if isinstance(signed, Wrong) else Wrong("key")
        if said is not None and said != key.account_id:
            return Wrong("key")
        account = await Account.get_or_none(id=key.account_id, status=AccountStatus.ACTIVE)
        return Proved(account, methods.together(signed, ())) if account else Wrong("key")

    async def _second_key(self, attempt: Attempt) -> Sequence[str] | Wrong:
        try:
            credential_id, _ = keys.credential_of(attempt.answer)
            key = await Factor.get_or_none(
                credential_id=credential_id, account_id=attempt.account.id, suspected_at=None
            )
            return await self._signed(attempt.answer, key, attempt.holder, SECOND)
        except NotProved as reason:
            log.info("a key was refused: %s", reason)
            return Wrong("key")

    async def _signed(
        self, answer: str, key: Factor | None, holder: str, purpose: str
    ) -> Sequence[str] | Wrong:
        challenge = keys.challenge_of(answer)
        if not await self._challenges.take(challenge, purpose, holder):
            return Wrong("stale")
        if key is None or self.party is None:
            return Wrong("key")
        used = self.party.used(answer, key, challenge, alone=purpose == LOG_IN)
        counted = await _counted(key, used.sign_count)
        if counted is None:
            return Wrong("key")
        if not counted:
            await actions.suspect(key.account_id, key)
            return Wrong("suspect")
        kind = methods.SYNCED_KEY if key.is_synced else methods.HARDWARE_KEY
        return [kind, methods.USER] if used.is_user_verified else [kind]

    # What is typed

    async def _totp(self, attempt: Attempt) -> Sequence[str] | Wrong:
        async with transaction():
            rows = Factor.filter(account_id=attempt.account.id, kind=FactorKind.TOTP)
            for factor in await rows.select_for_update():
                secret = self._secret_of(factor)
                code = _digits(attempt.answer)
                step = totp.step_of(secret, code, real_now(), factor.last_step) if secret else None
                if step is not None:
                    factor.last_step, factor.last_used_at = step, real_now()
                    await factor.save(update_fields=["last_step", "last_used_at"])
                    return [methods.CODE]
        return Wrong("code")

    def _secret_of(self, factor: Factor) -> str | None:
        try:
            return vault.unseal(factor.sealed_secret or "", factor.id, self._key)
        except InvalidTag:
            # SECRET_KEY was changed: the application is worth nothing, other factors still are.
            log.warning("the secret of %s cannot be opened", factor.id)
            return None

    async def _email(self, attempt: Attempt) -> Sequence[str] | Wrong:
        if not await self.code_is_right(attempt):
            return Wrong("code")
        async with transaction():
            mine = Factor.filter(account_id=attempt.account.id, kind=FactorKind.EMAIL)
            await mine.update(last_used_at=real_now())
        return [methods.CODE]

    async def _recovery(self, attempt: Attempt) -> Sequence[str] | Wrong:
        is_right = await actions.use_recovery_code(attempt.account.id, attempt.answer)
        return [methods.CODE] if is_right else Wrong("recovery")

    async def _password(self, attempt: Attempt) -> Sequence[str] | Wrong:
        found = await account_for(attempt.account.email, attempt.answer)
        return [methods.PASSWORD] if found else Wrong("password")


async def _counted(key: Factor, sign_count: int) -> bool | None:
    """Write where the counter of the key stands; false when it did not move on, None without it."""
    async with transaction():
        known = await Factor.filter(id=key.id).select_for_update().get_or_none()
        if known is None:
            return None
        before = known.sign_count or 0
        if (sign_count or before) and sign_count <= before:
            return False
        known.sign_count, known.last_used_at = sign_count, real_now()
        await known.save(update_fields=["sign_count", "last_used_at"])
    return True


async def _keys_of(account_id: str) -> Sequence[Factor]:
    return await Factor.filter(account_id=account_id, kind=FactorKind.KEY, suspected_at=None)


def _digits(typed: str) -> str:
    return "".join(typed.split())
