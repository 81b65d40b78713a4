"""Adding, naming, removing second factors. Each change is a fact, and the owner is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auth.devices import close_all
from auth.factors import recovery
from auth.factors.mails import tell
from auth.factors.models import EmailCode, Factor, FactorKind, PendingLogin, RecoveryCode, Spent
from auth.factors.needed import has_factors
from auth.factors.words import FACTOR_KINDS
from domain.access import Actor, ActorKind, Permission
from domain.accounts.actions import tell_rights_changed
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.errors import Duplicate, Invalid, NotFound, Problem
from domain.events import PLATFORM, record, transaction
from domain.ids import findable
from domain.rules_text import problem, text_problems
from domain.select import Select, equals, rising
from domain.text import normal

MOST = 10
LONGEST_NAME = 60


@dataclass(frozen=True)
class Added:
    """A factor that is there now, with the recovery codes that come with the first one."""

    factor: Factor
    codes: Sequence[str]


def themselves(account: Account) -> Actor:
    """The person as the author of what happens to their own account."""
    return Actor(account.id, ActorKind.PERSON, account.display_name)


async def factors_of(account_id: str) -> Sequence[Factor]:
    """The factors of an account, the oldest first; a key that may have been copied too."""
    return await Factor.filter(account_id=account_id).order_by("id")


async def add(
    account_id: str,
    kind: FactorKind,
    name: str,
    *,
    identifier: str,
    only_first: bool = False,
    **columns: Any,
) -> Added:
    """Add a factor that was just proved; the first one brings recovery codes.

    `only_first`: from a log-in that has no second proof yet, which must not add to what is there.

    Raises:
        Invalid: the name cannot be kept, there are too many, or already one.
        Duplicate: that key, or the e-mail address, is a factor already.
    """
    async with transaction():
        account = await _locked(account_id)
        known = await factors_of(account_id)
        _refuse(_problems_of_name(name) + _problems_of_number(known, only_first=only_first))
        if await _is_known(account_id, kind, columns.get("credential_id")):
            raise Duplicate(problem("BDR-ACC-051"))
        factor = await Factor.create(
            id=identifier,
            account_id=account_id,
            kind=kind,
            name=normal(name) or FACTOR_KINDS[kind].in_(_locale(account)),
            created_at=real_now(),
            last_used_at=real_now(),
            **columns,
        )
        codes = [] if known else await recovery.make(account_id)
        await _tell(account, "account.factor_added", factor)
        # Log-ins that gave one proof only are short of the second one from here on.
        tell_rights_changed(account_id)
    return Added(factor, codes)


async def rename(account_id: str, factor_id: str, name: str) -> Factor:
    """Give a factor another name.

    Raises:
        NotFound: it is not a factor of that account.
        Invalid: the name cannot be kept.
    """
    async with transaction():
        account = await _locked(account_id)
        factor = await _own(account_id, factor_id)
        _refuse(_problems_of_name(name))
        factor.name = normal(name) or FACTOR_KINDS[factor.kind].in_(_locale(account))
        await factor.save(update_fields=["name"])
        _record(account, "account.factor_renamed", factor)
        await account.save(update_fields=["event_count"])
    return factor


async def remove(account_id: str, factor_id: str, *, is_required: bool) -> None:
    """Take a factor away; the recovery codes go with the last one.

    Raises:
        NotFound: it is not a factor of that account.
        Invalid: it is the last one, where the site asks for one.
    """
    async with transaction():
        account = await _locked(account_id)
        factor = await _own(account_id, factor_id)
        is_last = await Factor.filter(account_id=account_id).count() == 1
        if is_last and is_required:
            raise Invalid(problem("BDR-ACC-052"))
        await factor.delete()
        if is_last:
            await RecoveryCode.filter(account_id=account_id).delete()
        await _tell(account, "account.factor_removed", factor)


async def make_recovery_codes(account_id: str) -> list[str]:
    """New recovery codes, shown this once; those before are worth nothing any more.

    Raises:
        Invalid: there is no factor that they could stand in for.
    """
    async with transaction():
        account = await _locked(account_id)
        if not await has_factors(account_id):
            raise Invalid(problem("BDR-ACC-053"))
        codes = await recovery.make(account_id)
        record(
            "account.recovery_codes_made",
            account,
            themselves(account),
            audience=_own_eyes(account),
            data={"count": len(codes)},
        )
        await account.save(update_fields=["event_count"])
        await tell(account, "account_recovery_codes_made")
    return codes


async def use_recovery_code(account_id: str, typed: str) -> bool:
    """Use a recovery code up, if it is one; its owner is told."""
    async with transaction():
        account = await _locked(account_id)
        if not await recovery.use(account_id, typed):
            return False
        left = await recovery.left(account_id)
        record(
            "account.recovery_code_used",
            account,
            themselves(account),
            audience=_own_eyes(account),
            data={"left": left},
        )
        await account.save(update_fields=["event_count"])
        await tell(account, "account_recovery_code_used", left=left)
    return True


async def suspect(account_id: str, factor: Factor) -> None:
    """A key answered with a counter that went back: it may have a copy, and opens nothing more."""
    async with transaction():
        account = await _locked(account_id)
        await Factor.filter(id=factor.id).update(suspected_at=real_now())
        await _tell(account, "account.factor_suspected", factor, is_platform_matter=True)


async def warn_of_guesses(account: Account) -> None:
    """Somebody who knows the password fails at the second proof, again and again."""
    await tell(account, "account_second_factor_guessed")


async def reset(actor: Actor, account_id: str) -> Account:
    """Take every factor away from a person who lost them, and end what they had opened.

    Raises:
        NotFound: there is no such account.
        Invalid: it has no factor.
    """
    async with transaction():
        found = Account.filter(id=findable(account_id)).select_for_update()
        account = await found.get_or_none()
        if account is None:
            raise NotFound(problem("BDR-REQ-001", ("accountId",)))
        lost = await Factor.filter(account_id=account.id).delete()
        if lost == 0:
            raise Invalid(problem("BDR-ACC-054", ("accountId",)))
        await RecoveryCode.filter(account_id=account.id).delete()
        await PendingLogin.filter(account_id=account.id).delete()
        await EmailCode.filter(account_id=account.id).delete()
        await close_all(account.id)
        record(
            "account.factors_reset",
            account,
            actor,
            audience=[*_own_eyes(account), (PLATFORM, Permission.ADMINISTER)],
            data={"count": lost},
        )
        await account.save(update_fields=["event_count"])
        await tell(account, "account_factors_reset")
    return account


async def purge() -> int:
    """Erase what has expired; the number of rows."""
    async with transaction():
        return sum(
            [
                await PendingLogin.filter(expires_at__lt=real_now()).delete(),
                await EmailCode.filter(expires_at__lt=real_now()).delete(),
                await Spent.filter(until__lt=real_now()).delete(),
            ]
        )


async def _locked(account_id: str) -> Account:
    active = Account.filter(id=account_id, status=AccountStatus.ACTIVE)
    account = await active.select_for_update().get_or_none()
    if account is None:
        raise NotFound(problem("BDR-REQ-001"))
    return account


async def _own(account_id: str, factor_id: str) -> Factor:
    factor = await Factor.get_or_none(id=findable(factor_id), account_id=account_id)
    if factor is None:
        raise NotFound(problem("BDR-REQ-001"))
    return factor


async def _is_known(account_id: str, kind: FactorKind, credential_id: str | None) -> bool:
    if kind is FactorKind.KEY:
        return await Factor.exists(credential_id=credential_id)
    return kind is FactorKind.EMAIL and await Factor.exists(account_id=account_id, kind=kind)


def _problems_of_name(name: str) -> list[Problem]:
    return text_problems(name, ("name",), LONGEST_NAME)


def _problems_of_number(known: Sequence[Factor], *, only_first: bool) -> list[Problem]:
    if only_first and known:
        return [problem("BDR-ACC-055")]
    return [problem("BDR-ACC-050", most=MOST)] if len(known) >= MOST else []


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Invalid(*problems)


async def _tell(
    account: Account, kind: str, factor: Factor, *, is_platform_matter: bool = False
) -> None:
    _record(account, kind, factor, is_platform_matter=is_platform_matter)
    await account.save(update_fields=["event_count"])
    words = FACTOR_KINDS[FactorKind(factor.kind)].in_(_locale(account))
    await tell(account, kind.replace(".", "_"), name=factor.name, factor=words)


def _record(
    account: Account, kind: str, factor: Factor, *, is_platform_matter: bool = False
) -> None:
    everyones = [(PLATFORM, Permission.ADMINISTER)] if is_platform_matter else []
    record(
        kind,
        account,
        themselves(account),
        audience=[*_own_eyes(account), *everyones],
        data={"factor": {"id": factor.id, "kind": str(factor.kind)}},
    )


def _own_eyes(account: Account) -> list[tuple[str, Permission]]:
    return [(account.id, Permission.OWN_ACCOUNT)]


def _locale(account: Account) -> Any:
    return "EN" if account.locale == "EN" else "FR"


def own(viewer: Actor) -> Select | None:
    """The factors of the viewer, the oldest first."""
    if not viewer.may(Permission.OWN_ACCOUNT, viewer.id):
        return None
    return Select("auth_factor").where(equals("account_id", viewer.id)).by(rising("id"))
