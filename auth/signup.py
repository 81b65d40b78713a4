"""Sign-up: an address that was proven becomes an account, and never before.

Whatever is known of an address, asking does the same work and gets the same answer: one row, one
e-mail. Only its owner reads in the e-mail what is the case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from auth import links, strength
from auth.config import derived
from auth.links import Wish
from auth.models import Client, Link, Purpose, Waiting, client_by_id
from auth.passwords import Pace, Paces, hash_password, network_of
from auth.requests import fields_of
from domain import identifiers, policy
from domain.access import Actor
from domain.accounts import emails, life
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.db import fetch
from domain.errors import Duplicate, Invalid, Problem
from domain.events import transaction
from domain.identifiers import IdentifierType
from domain.mail.actions import post
from domain.rules_text import problem, text_problems
from domain.structures import joining
from domain.structures.models import Structure
from domain.structures.rules import NAME_MAX

ACTIVATE = "/oauth/activate"
# A mailbox is written to a few times at most; a town hall behind one address signs up its staff.
PER_EMAIL = Pace(free=3, longest_seconds=3_600)
PER_NETWORK = Pace(free=30, longest_seconds=600)
_LONGEST_REQUEST = 4_000


@dataclass(frozen=True)
class SignUp:
    """What someone asks for who wants an account. `goes_on` is an authorization request."""

    email: str
    identifier_type: str = IdentifierType.SIRET
    identifier: str = ""
    locale: str = "FR"
    goes_on: str = ""
    browser_hash: str | None = None


@dataclass(frozen=True)
class Opening:
    """What a person says when the account is opened."""

    display_name: str
    password: str
    password_again: str | None = None
    structure_name: str | None = None


def problems_of(wish: SignUp) -> list[Problem]:
    """Every rule that the sign-up breaks, whatever is known of its address."""
    check_luhn = policy.current().check_luhn
    if wish.identifier_type not in IdentifierType.__members__:
        return [
            *emails.problems_of(wish.email, ("email",)),
            problem("BDR-ACC-035", ("identifierType",), value=wish.identifier_type),
        ]
    return [
        *emails.problems_of(wish.email, ("email",)),
        *identifiers.problems_of(
            wish.identifier_type, wish.identifier, ("identifier",), check_luhn=check_luhn
        ),
    ]


async def sign_up(wish: SignUp, address: str) -> None:
    """Send the link that opens the account.

    Raises:
        Invalid: the input breaks rules. TooSoon: asked too often.
    """
    if problems := problems_of(wish):
        raise Invalid(*problems)
    email = emails.normal(wish.email)
    await require_letter(email, address)
    async with transaction():
        account = await life.by_email(email)
        await _send(
            email,
            account,
            Wish(
                account_id=account.id if account else None,
                identifier_type=wish.identifier_type,
                identifier=identifiers.normal(wish.identifier_type, wish.identifier),
                goes_on=wish.goes_on,
                browser_hash=wish.browser_hash,
                locale=wish.locale,
            ),
        )


async def sign_up_from(application: SignUp, address: str) -> None:
    """The same for an application that sends its authorization request along.

    Raises:
        Invalid: the input breaks rules, or the request is of no application that is known.
        TooSoon: asked too often.
    """
    if application.goes_on and await application_of(application.goes_on) is None:
        wrong = problem("BDR-ACC-006", ("authorizationRequest",))
        raise Invalid(*problems_of(application), wrong)
    await sign_up(application, address)


async def resend(email: str, address: str, locale: str) -> None:
    """Send the link again, as it was asked for first.

    Raises:
        Invalid: no address. TooSoon: asked too often.
    """
    if problems := emails.problems_of(email, ("email",)):
        raise Invalid(*problems)
    email = emails.normal(email)
    await require_letter(email, address)
    async with transaction():
        account = await life.by_email(email)
        former = await Link.filter(purpose=Purpose.ACTIVATE, email=email).order_by("-id").first()
        wish = Wish(account_id=account.id if account else None, locale=locale)
        if former is not None:
            wish = replace(
                wish,
                identifier_type=former.identifier_type,
                identifier=former.identifier,
                goes_on=former.goes_on,
                browser_hash=former.browser_hash,
                locale=former.locale,
            )
        await _send(email, account, wish, was_asked=former is not None)


async def invite(account: Account) -> None:
    """Send the activation link of an account that was carried over. Needs a transaction."""
    days = policy.current().invitation_seconds // 86_400
    life_ = timedelta(seconds=policy.current().invitation_seconds)
    wish = Wish(account_id=account.id, locale=account.locale)
    token, _ = await links.issue(Purpose.ACTIVATE, account.email, wish, life_)
    link = life.link_to(f"{ACTIVATE}?token={token}")
    await post("account_invitation", account.email, account.locale, link=link, days=max(days, 1))


async def invite_pending(progress: Callable[[int, int], None]) -> int:
    """Write to everyone whose account waits and who holds no link in force; how many."""
    rows = await fetch(
        "SELECT a.id FROM account a WHERE a.status = $1 AND NOT EXISTS (SELECT 1 FROM auth_link l"
        " WHERE l.purpose = $2 AND l.email = a.email AND l.used_at IS NULL AND l.expires_at > $3)"
        " ORDER BY a.id",
        AccountStatus.PENDING.value,
        Purpose.ACTIVATE.value,
        real_now(),
    )
    sent = 0
    for row in rows:
        async with transaction():
            found = Account.filter(id=row[0], status=AccountStatus.PENDING).select_for_update()
            if account := await found.get_or_none():
                await invite(account)
                sent += 1
        progress(sent, len(rows))
    return sent


# What an address that is known already is told, by the status of its account.
_KNOWN: Mapping[AccountStatus, str] = {
    AccountStatus.ACTIVE: "account_exists",
    AccountStatus.AWAITING: "account_awaiting",
    AccountStatus.DISABLED: "account_closed",
    AccountStatus.ERASED: "account_closed",
}


async def _send(email: str, account: Account | None, wish: Wish, *, was_asked: bool = True) -> None:
    """One row and one e-mail, whatever is the case. Only some of the links open something."""
    token, _ = await links.issue(Purpose.ACTIVATE, email, wish)
    link, locale = life.link_to(f"{ACTIVATE}?token={token}"), wish.locale
    kind = "account_activation" if was_asked else "account_unknown"
    if account is not None and account.status != AccountStatus.PENDING:
        kind, link, locale = _KNOWN[account.status], life.link_to(life.LOG_IN), account.locale
    elif account is not None:
        kind = "account_activation"
    elif not was_asked:
        link = life.link_to(life.SIGN_UP)
    minutes = policy.current().activation_seconds // 60
    await post(kind, email, locale, email=email, link=link, minutes=minutes)


async def require_letter(email: str, address: str) -> None:
    """Count one e-mail asked for by someone who is not known.

    Raises:
        TooSoon: too many to this address, or from this network.
    """
    paces = Paces(derived(policy.current().key, "letters"))
    await paces.require({f"to {email}": PER_EMAIL, f"from {network_of(address)}": PER_NETWORK})


async def names_structure(link: Link) -> bool:
    """Whether the structure is new here, so that its person has to name it."""
    if link.identifier is None or link.identifier_type == IdentifierType.PARTICULIER:
        return False
    return not await Structure.exists(
        identifier_type=link.identifier_type, identifier=link.identifier
    )


async def opening_problems(link: Link, opening: Opening) -> list[Problem]:
    """Every reason to refuse what the person says when the account is opened."""
    wanted = [("displayName", opening.display_name)]
    if await names_structure(link):
        wanted.append(("structureName", opening.structure_name or ""))
    found: list[Problem] = []
    for name, text in wanted:
        if not text.strip():
            found.append(problem("BDR-ACC-005", (name,)))
        found += text_problems(text, (name,), NAME_MAX)
    known = [link.email, opening.display_name, opening.structure_name or "", link.identifier or ""]
    again = opening.password_again
    return [*found, *await strength.problems_of(opening.password, again, known)]


async def activate(link: Link, opening: Opening) -> Account:
    """Open the account: ACTIVE, or AWAITING when the site's administrator approves accounts.

    Raises:
        Invalid: what the person says breaks rules, or the link was used meanwhile.
        Duplicate: the address has an open account already.
    """
    if problems := await opening_problems(link, opening):
        raise Invalid(*problems)
    # Before the transaction: nothing slow happens inside one.
    password_hash = await hash_password(opening.password)
    async with transaction():
        if not await links.use(link):
            raise Invalid(problem("BDR-ACC-007"))
        invited = await life.by_email(link.email)
        if invited is not None and invited.status != AccountStatus.PENDING:
            raise Duplicate(problem("BDR-ACC-007"))
        account = await life.activate(
            link.email,
            display_name=opening.display_name.strip(),
            password_hash=password_hash,
            locale=link.locale,
            invited=invited,
        )
        wish = Waiting(
            account_id=account.id,
            identifier_type=link.identifier_type,
            identifier=link.identifier,
            structure_name=(opening.structure_name or "").strip() or None,
            goes_on=link.goes_on,
            created_at=real_now(),
        )
        if account.status == AccountStatus.AWAITING:
            await wish.save(force_create=True)
        else:
            await _join(account, wish)
    return account


async def approve(actor: Actor, account_id: str) -> Account:
    """Open an account that waits, and give it what it asked for.

    Raises:
        NotFound, WrongStatus
    """
    async with transaction():
        account = await life.approve(actor, account_id)
        wish = await Waiting.get_or_none(account_id=account.id)
        if wish is not None:
            await _join(account, wish)
            await wish.delete()
    return account


async def refuse(actor: Actor, account_id: str, comment: str | None) -> Account:
    """Close an account that waits, and forget what it asked for.

    Raises:
        NotFound, WrongStatus
    """
    async with transaction():
        account = await life.refuse(actor, account_id, comment)
        await Waiting.filter(account_id=account.id).delete()
    return account


async def application_of(goes_on: str) -> Client | None:
    """The application of an authorization request, when it names one at an address of its own."""
    asked = fields_of(goes_on) if len(goes_on) <= _LONGEST_REQUEST else {}
    client = await client_by_id(asked.get("client_id", ""))
    target = asked.get("redirect_uri", "") or (client and client.get_default_redirect_uri())
    return client if client is not None and target and client.check_redirect_uri(target) else None


def home_of(client: Client | None) -> str | None:
    """Where the application is, as far as its return address says."""
    parts = urlsplit(client.redirect_uris.split()[0]) if client and client.redirect_uris else None
    if parts is None or parts.scheme not in ("http", "https"):
        return None
    return f"{parts.scheme}://{parts.netloc}/"


async def _join(account: Account, wish: Waiting) -> None:
    if wish.identifier_type is None or wish.identifier is None:
        return
    await joining.join(
        account,
        IdentifierType(wish.identifier_type),
        wish.identifier,
        name=wish.structure_name,
        is_proven=False,
    )
