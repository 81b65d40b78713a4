"""Which account is whose, as an external provider knows people: linked once, by proof of both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from auth.external import Said
from auth.models import ExternalArrival, ExternalFlow, Identity, hashed
from domain import events, identifiers, policy
from domain.access import Permission
from domain.accounts import emails, life
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.db import hold
from domain.errors import Forbidden, Invalid, NotFound, Problem
from domain.events import transaction
from domain.identifiers import IdentifierType
from domain.ids import findable, new_id
from domain.mail.actions import post
from domain.rules_text import problem
from domain.structures import joining

# How long someone may take at the provider, and then to prove the account that is theirs.
LIFE = timedelta(minutes=10)
_LONGEST_NAME = 200


async def known(said: Said) -> tuple[Identity, Account] | None:
    """The account that the provider's person is linked to."""
    identity = await Identity.get_or_none(issuer=said.issuer, subject=said.subject)
    account = await Account.get_or_none(id=identity.account_id) if identity else None
    return (identity, account) if identity and account else None


async def used(identity: Identity, account: Account, said: Said) -> None:
    """The person came back: keep what the provider says of them now."""
    async with transaction():
        identity.last_used_at = real_now()
        identity.email = said.email or identity.email
        await identity.save(update_fields=["last_used_at", "email"])
        if said.siret != identity.siret and not siret_problems(said.siret):
            await _join(account, identity, said.siret)


def siret_problems(siret: str | None) -> list[Problem]:
    """Why nobody can be attached to the structure that the provider names."""
    if siret is None:
        return []
    check_luhn = policy.current().check_luhn
    return identifiers.problems_of(IdentifierType.SIRET, siret, ("siret",), check_luhn=check_luhn)


async def open_account(
    said: Said, email: str, locale: str, *, invited: Account | None
) -> tuple[Identity, Account]:
    """A new account for a person whose address is proven, or the one that waits for them.

    Raises:
        Invalid: the provider names a structure that cannot exist.
    """
    if problems := siret_problems(said.siret):
        raise Invalid(*problems)
    async with transaction():
        account = await life.activate(
            email,
            display_name=(said.name or email)[:_LONGEST_NAME],
            password_hash=None,
            locale=locale,
            invited=invited,
        )
        identity = await _linked(account, said)
    return identity, account


async def link(account: Account, said: Said) -> Identity:
    """Let the provider's person log in to an account that they have just proven to be theirs.

    Raises:
        Invalid: one of the two is linked already, or the structure named cannot exist.
    """
    if problems := siret_problems(said.siret):
        raise Invalid(*problems)
    async with transaction():
        await hold(f"identity of {account.id}")
        if await Identity.exists(issuer=said.issuer, subject=said.subject):
            raise Invalid(problem("BDR-ACC-081"))
        if await Identity.exists(issuer=said.issuer, account_id=account.id):
            raise Invalid(problem("BDR-ACC-082"))
        return await _linked(await Account.select_for_update().get(id=account.id), said)


async def unlink(account_id: str, identity_id: str) -> Identity:
    """The provider's person no longer logs in to the account.

    Raises:
        NotFound: it is not one of the account.
        Forbidden: nothing else would open the account.
    """
    async with transaction():
        account = await Account.select_for_update().get(id=account_id)
        own = Identity.filter(id=findable(identity_id), account_id=account_id)
        identity = await own.get_or_none()
        if identity is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        others = await Identity.filter(account_id=account_id).count() - 1
        if account.password_hash is None and not others:
            raise Forbidden(problem("BDR-ACC-080", ("id",)))
        await identity.delete()
        _tell("account.identity_unlinked", account, identity)
        await account.save()
        await post("identity_unlinked", account.email, account.locale, **_words(identity))
    return identity


async def of_account(account_id: str) -> Sequence[Identity]:
    """What the account is linked to."""
    return await Identity.filter(account_id=account_id).order_by("id")


async def _linked(account: Account, said: Said) -> Identity:
    at = real_now()
    identity = await Identity.create(
        id=new_id("idt"),
        issuer=said.issuer,
        subject=said.subject,
        account_id=account.id,
        email=said.email,
        linked_at=at,
        last_used_at=at,
    )
    _tell("account.identity_linked", account, identity)
    await account.save()
    await post("identity_linked", account.email, account.locale, **_words(identity))
    await _join(account, identity, said.siret)
    return identity


async def _join(account: Account, identity: Identity, siret: str | None) -> None:
    """Attach the person to the structure that the provider vouches for: once for each SIRET."""
    # Who waits for an approval is attached when they come back, approved.
    if siret is None or account.status != AccountStatus.ACTIVE:
        return
    await joining.join(account, IdentifierType.SIRET, siret, name=None, is_proven=True)
    identity.siret = identifiers.normal(IdentifierType.SIRET, siret)
    await identity.save(update_fields=["siret"])


def _tell(kind: str, account: Account, identity: Identity) -> None:
    events.record(
        kind,
        account,
        life.person_of(account),
        audience=[(account.id, Permission.OWN_ACCOUNT)],
        data={"identity": {"id": identity.id, "issuer": identity.issuer}},
    )


def _words(identity: Identity) -> dict[str, str]:
    return {
        "provider": urlsplit(identity.issuer).hostname or identity.issuer,
        "known_as": identity.email or "–",
        "link": life.link_to("/oauth/external"),
    }


# People on their way


async def sent(flow: ExternalFlow) -> None:
    """Keep someone who is being sent to the provider."""
    async with transaction():
        await flow.save(force_create=True)


async def returned(state: str, browser: str) -> ExternalFlow | None:
    """The one who comes back with this state in this browser; nobody else, and once."""
    async with transaction():
        waiting = ExternalFlow.filter(
            state_hash=hashed(state), browser_hash=hashed(browser), expires_at__gt=real_now()
        )
        flow = await waiting.select_for_update().get_or_none()
        if flow is not None and not await ExternalFlow.filter(id=flow.id).delete():
            return None
    return flow


async def arrive(
    said: Said, browser: str, goes_on: str, *, account: Account | None, email: str | None
) -> ExternalArrival:
    """Keep someone whose account or e-mail is still to be proven, in the place of the last one."""
    async with transaction():
        await ExternalArrival.filter(browser_hash=hashed(browser)).delete()
        return await ExternalArrival.create(
            id=new_id("arr"),
            browser_hash=hashed(browser),
            issuer=said.issuer,
            subject=said.subject,
            email=email,
            display_name=(said.name or "")[:_LONGEST_NAME],
            siret=said.siret,
            methods="mfa" if said.has_several_factors else "",
            goes_on=goes_on,
            account_id=account.id if account else None,
            expires_at=real_now() + LIFE,
        )


async def arrived(browser: str) -> ExternalArrival | None:
    """The one who arrived in this browser."""
    if not browser:
        return None
    return await ExternalArrival.get_or_none(
        browser_hash=hashed(browser), expires_at__gt=real_now()
    )


def said_of(arrival: ExternalArrival, *, is_email_verified: bool) -> Said:
    """What the provider said of them."""
    return Said(
        issuer=arrival.issuer,
        subject=arrival.subject,
        name=arrival.display_name or None,
        email=arrival.email,
        is_email_verified=is_email_verified,
        siret=arrival.siret,
        has_several_factors="mfa" in arrival.methods.split(),
    )


def proven_email(said: Said) -> str | None:
    """The address that the provider vouches for, as an account would have it."""
    if not said.is_email_verified or said.email is None:
        return None
    return None if emails.problems_of(said.email, ("email",)) else emails.normal(said.email)
