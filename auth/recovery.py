"""Passwords and addresses of accounts that exist: forgotten, changed, contested.

As in `auth.signup`, asking for a link does the same work whatever is known of the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from auth import links, strength
from auth.devices import close_all
from auth.links import Wish
from auth.models import Link, Purpose
from auth.passwords import hash_password
from auth.signup import ACTIVATE, require_letter
from domain import policy
from domain.accounts import emails, life
from domain.accounts.models import Account, AccountStatus
from domain.errors import Invalid
from domain.events import transaction
from domain.mail.actions import post
from domain.rules_text import problem

RESET, CONFIRM, KEEP = "/oauth/reset", "/oauth/email/confirm", "/oauth/email/keep"
# The owner of the former address may be on holiday when the message comes.
OBJECTION = timedelta(days=7)

# fmt: off
# What the owner of an address is sent who asks for a new password, and where its link leads.
_SENT: Mapping[AccountStatus | None, tuple[str, Purpose, str]] = {
    AccountStatus.ACTIVE:   ("password_reset",         Purpose.RESET_PASSWORD, RESET),
    AccountStatus.PENDING:  ("account_activation",     Purpose.ACTIVATE,       ACTIVATE),
    AccountStatus.AWAITING: ("account_awaiting",       Purpose.RESET_PASSWORD, life.LOG_IN),
    AccountStatus.DISABLED: ("account_closed",         Purpose.RESET_PASSWORD, life.LOG_IN),
    AccountStatus.ERASED:   ("account_closed",         Purpose.RESET_PASSWORD, life.LOG_IN),
    None:                   ("password_reset_unknown", Purpose.RESET_PASSWORD, life.SIGN_UP),
}
# fmt: on


async def ask_reset(email: str, address: str, *, locale: str = "FR", goes_on: str = "") -> None:
    """Send the link by which the owner of the address chooses a new password.

    Raises:
        Invalid: no address. TooSoon: asked too often.
    """
    if problems := emails.problems_of(email, ("email",)):
        raise Invalid(*problems)
    email = emails.normal(email)
    await require_letter(email, address)
    async with transaction():
        account = await life.by_email(email)
        kind, purpose, path = _SENT[account.status if account else None]
        wish = Wish(account_id=account.id if account else None, goes_on=goes_on, locale=locale)
        token, _ = await links.issue(purpose, email, wish)
        opens = path in (RESET, ACTIVATE)
        await post(
            kind,
            email,
            account.locale if account else locale,
            email=email,
            link=life.link_to(f"{path}?token={token}" if opens else path),
            minutes=policy.current().activation_seconds // 60,
        )


async def reset(link: Link, password: str, again: str | None) -> Account:
    """Give the account of the link a new password, and end all that was open with the old one.

    Raises:
        Invalid: the password is refused, or the link opens nothing any more.
    """
    async with transaction():
        account = await _owner(link)
    known = [account.email, account.display_name]
    if problems := await strength.problems_of(password, again, known):
        raise Invalid(*problems)
    password_hash = await hash_password(password)
    async with transaction():
        account = await _owner(link)
        if not await links.use(link):
            raise Invalid(problem("BDR-ACC-007"))
        await life.change_password(account, password_hash, by_link=True)
        await _withdraw_changes(account)
        await close_all(account.id)
    return account


async def change_password(
    account: Account, password: str, again: str | None, *, log_in: str
) -> Account:
    """Change the password of who is logged in; every other log-in ends.

    Raises:
        Invalid: the password is refused.
    """
    known = [account.email, account.display_name]
    if problems := await strength.problems_of(password, again, known):
        raise Invalid(*problems)
    password_hash = await hash_password(password)
    async with transaction():
        account = await Account.filter(id=account.id).select_for_update().get()
        await life.change_password(account, password_hash, by_link=False)
        await close_all(account.id, but=log_in)
    return account


async def ask_email(account: Account, email: str, address: str) -> None:
    """Send the link that moves the account to another address, and warn the present one.

    Raises:
        Invalid: no address, or the present one. TooSoon: asked too often.
    """
    problems = emails.problems_of(email, ("email",))
    email = emails.normal(email)
    if not problems and email == account.email:
        problems = [problem("BDR-ACC-016", ("email",))]
    if problems:
        raise Invalid(*problems)
    await require_letter(email, address)
    minutes = policy.current().activation_seconds // 60
    async with transaction():
        account = await Account.filter(id=account.id).select_for_update().get()
        wish = Wish(account_id=account.id, locale=account.locale)
        token, _ = await links.issue(Purpose.CHANGE_EMAIL, email, wish)
        is_taken = await life.by_email(email) is not None
        link = life.LOG_IN if is_taken else f"{CONFIRM}?token={token}"
        kind = "email_taken" if is_taken else "email_change"
        await post(kind, email, account.locale, link=life.link_to(link), minutes=minutes)
        objection, _ = await links.issue(Purpose.KEEP_EMAIL, account.email, wish, OBJECTION)
        await post(
            "email_change_notice",
            account.email,
            account.locale,
            email=email,
            link=life.link_to(f"{KEEP}?token={objection}"),
            days=OBJECTION.days,
        )
        life.tell("account.email_change_asked", account, life.person_of(account))
        await account.save(update_fields=["event_count"])


async def confirm_email(link: Link) -> Account:
    """Move the account to the address that the link was sent to.

    Raises:
        Invalid: the link opens nothing any more, or the address was taken meanwhile.
    """
    async with transaction():
        account = await _owner(link, of_its_address=False)
        if await life.by_email(link.email) is not None or not await links.use(link):
            raise Invalid(problem("BDR-ACC-007"))
        await life.change_email(account, link.email)
    return account


async def contest_email(link: Link) -> Account:
    """Cancel a change of address that the owner of the former one says not to have asked for.

    Raises:
        Invalid: the link opens nothing any more.
    """
    async with transaction():
        account = await Account.filter(id=link.account_id or "").select_for_update().get_or_none()
        if account is None or not await links.use(link):
            raise Invalid(problem("BDR-ACC-007"))
        holder = await life.by_email(link.email)
        is_free = holder is None or holder.id == account.id
        await life.contest(account, link.email, is_free=is_free)
        await _withdraw_changes(account)
        await close_all(account.id)
    return account


async def _owner(link: Link, *, of_its_address: bool = True) -> Account:
    """The account that the link opens, while it is open and still has the address."""
    found = Account.filter(id=link.account_id or "", status=AccountStatus.ACTIVE)
    account = await found.select_for_update().get_or_none()
    if account is None or (of_its_address and account.email != link.email):
        raise Invalid(problem("BDR-ACC-007"))
    return account


async def _withdraw_changes(account: Account) -> None:
    """Whoever had asked for another address may not have been the owner."""
    await Link.filter(purpose=Purpose.CHANGE_EMAIL, account_id=account.id, used_at=None).delete()
