"""The life of an account: opened, approved, changed, closed. Each step is recorded and mailed."""

from __future__ import annotations

from collections.abc import Sequence

from domain import events, policy
from domain.access import Actor, ActorKind, Permission
from domain.accounts.actions import tell_rights_changed
from domain.accounts.models import Account, AccountStatus, Administrator
from domain.clock import now
from domain.db import inside_transaction
from domain.errors import NotFound, WrongStatus
from domain.ids import findable, new_id
from domain.mail.actions import post
from domain.rules_text import problem

# Who administers a site is few; a message to more of them would be read by none.
MOST_ADMINISTRATORS = 50
LOG_IN, SIGN_UP, FORGOTTEN = "/oauth/login", "/oauth/sign-up", "/oauth/forgotten"


def link_to(path: str) -> str:
    """An address of the site as e-mails give it."""
    return policy.current().public_url + path


def person_of(account: Account) -> Actor:
    """The person of the account, as the author of what it does to its own account."""
    return Actor(account.id, ActorKind.PERSON, account.display_name)


async def by_email(email: str) -> Account | None:
    """The account of a normal address, locked when a transaction is open."""
    found = Account.filter(email=email)
    if inside_transaction.get():
        found = found.select_for_update()
    return await found.get_or_none()


async def activate(
    email: str,
    *,
    display_name: str,
    password_hash: str | None,
    locale: str,
    invited: Account | None,
) -> Account:
    """Open the account of an address that was proven: ACTIVE, or AWAITING an approval.

    `invited` is the account that waits for its person; the operator let it in already. Without a
    password, an identity provider opens it.
    """
    waits = policy.current().account_approval and invited is None
    async with events.transaction():
        account = invited or Account(
            id=new_id("acc"), email=email, created_at=now(), status=AccountStatus.PENDING
        )
        account.display_name = display_name
        account.password_hash = password_hash
        account.locale = locale
        account.updated_at = now()
        _enter(account, AccountStatus.AWAITING if waits else AccountStatus.ACTIVE)
        tell("account.awaiting" if waits else "account.activated", account, person_of(account))
        await account.save(force_create=invited is None)
        if waits:
            await post("account_awaiting", email, locale)
            await _tell_administrators("account_to_approve", account)
    tell_rights_changed(account.id)
    return account


async def approve(actor: Actor, account_id: str) -> Account:
    """Open an account that waits for its approval, or open a closed one again.

    Raises:
        NotFound, WrongStatus
    """
    async with events.transaction():
        account = await _decided(account_id, AccountStatus.AWAITING, AccountStatus.DISABLED)
        _enter(account, AccountStatus.ACTIVE)
        tell("account.approved", account, actor)
        await account.save()
        await post("account_approved", account.email, account.locale, link=link_to(LOG_IN))
    tell_rights_changed(account.id)
    return account


async def refuse(actor: Actor, account_id: str, comment: str | None) -> Account:
    """Close an account that waits for its approval; its person is told why.

    Raises:
        NotFound, WrongStatus
    """
    async with events.transaction():
        account = await _decided(account_id, AccountStatus.AWAITING)
        _enter(account, AccountStatus.DISABLED)
        tell("account.refused", account, actor, comment=comment)
        await account.save()
        await post("account_refused", account.email, account.locale, reason=comment or "–")
    return account


async def change_password(account: Account, password_hash: str, *, by_link: bool) -> None:
    """Give the account its new password. Needs the account locked by the open transaction."""
    account.password_hash = password_hash
    account.updated_at = now()
    tell("account.password_changed", account, person_of(account), byLink=by_link)
    await account.save()
    await post("password_changed", account.email, account.locale, link=link_to(FORGOTTEN))


async def change_email(account: Account, email: str) -> None:
    """Move the account to a confirmed address. Needs the account locked."""
    former, account.email = account.email, email
    account.updated_at = now()
    tell("account.email_changed", account, person_of(account))
    await account.save()
    for address in (former, email):
        await post("email_changed", address, account.locale, email=email)


async def contest(account: Account, email: str, *, is_free: bool) -> None:
    """Give the account its former address back: its owner says not to have left it.

    The password goes, since whoever asked for the change knew it. When the change had taken
    place the account is closed too: an administrator finds out who is who. An address that is
    no longer free stays with its new account.
    """
    was_changed = account.email != email
    if is_free:
        account.email = email
    account.password_hash = None
    account.updated_at = now()
    if was_changed and account.status == AccountStatus.ACTIVE:
        _enter(account, AccountStatus.DISABLED)
    tell("account.email_kept", account, person_of(account), wasChanged=was_changed)
    await account.save()
    await post("email_kept", email, account.locale, email=email, link=link_to(FORGOTTEN))
    if was_changed:
        await _tell_administrators("email_contested", account)
    tell_rights_changed(account.id)


def close_for_ever(account: Account, *, name: str, email: str) -> None:
    """Empty the account of its person. The caller holds and saves it."""
    _enter(account, AccountStatus.ERASED)
    account.display_name, account.email = name, email
    account.password_hash = None
    account.updated_at = now()


def tell(
    kind: str, account: Account, actor: Actor, *, event_id: str | None = None, **data: object
) -> None:
    """Record a fact about an account: for its person and for those who administer the site."""
    card = {"id": account.id, "status": account.status.value}
    events.record(
        kind,
        account,
        actor,
        audience=[
            (account.id, Permission.OWN_ACCOUNT),
            (events.PLATFORM, Permission.ADMINISTER),
        ],
        data={"account": card, **data},
        id=event_id,
    )


def _enter(account: Account, status: AccountStatus) -> None:
    account.status = status
    if status is AccountStatus.ACTIVE and account.activated_at is None:
        account.activated_at = now()


async def _decided(account_id: str, *wanted: AccountStatus) -> Account:
    account = await Account.filter(id=findable(account_id)).select_for_update().get_or_none()
    if account is None:
        raise NotFound(problem("BDR-REQ-001", ("id",)))
    if account.status not in wanted:
        raise WrongStatus(problem("BDR-ACC-020", ("id",), status=account.status.value))
    account.updated_at = now()
    return account


async def _tell_administrators(kind: str, about: Account) -> None:
    for administrator in await _administrators():
        await post(
            kind,
            administrator.email,
            administrator.locale,
            name=about.display_name,
            email=about.email,
            link=link_to("/graphiql"),
        )


async def _administrators() -> Sequence[Account]:
    members = await Administrator.all().order_by("created_at").limit(MOST_ADMINISTRATORS)
    return await Account.filter(
        id__in=[m.member_id for m in members], status=AccountStatus.ACTIVE
    ).order_by("id")
