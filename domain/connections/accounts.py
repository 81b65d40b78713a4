"""Technical accounts: what a machine may do, decided by a person who may do as much.

Their secrets are not here: `auth.technical` keeps them, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.access import GRANTS, SYSTEM, Actor, Permission, Role
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import AccountStatus
from domain.clock import PARIS, now
from domain.connections import limits
from domain.connections.letters import spaces_in_words, to_managers
from domain.connections.life import activate, locked
from domain.connections.models import (
    Connection,
    ConnectionStatus,
    Delegation,
    DelegationStatus,
    TechnicalAccount,
    TechnicalStatus,
)
from domain.connections.rights import settle
from domain.connections.rules import (
    TechnicalDraft,
    grants_from,
    is_person,
    technical_problems,
)
from domain.connections.telling import tell_account
from domain.db import fetch
from domain.errors import Forbidden, Invalid, NotFound, Problem, WrongStatus
from domain.events import transaction
from domain.ids import findable, new_id
from domain.rules_text import problem
from domain.structures.models import Structure
from domain.text import normal

_USABLE = (ConnectionStatus.ACCEPTED, ConnectionStatus.ACTIVE)
# What of a draft is called how by callers.
_PATHS = {"name": "name", "scopes": "scopes", "grants": "spaces", "acts_for": "structures"}


async def open_account(
    actor: Actor, connection_id: str, draft: TechnicalDraft, secret_expires_at: datetime
) -> TechnicalAccount:
    """Make a technical account on an accepted connection; the first one makes it active.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    async with transaction():
        connection = await locked(actor, connection_id, path=("connectionId",))
        _require(actor, connection.structure_id, ("connectionId",))
        if connection.status not in _USABLE:
            raise WrongStatus(
                problem("BDR-CNX-010", ("connectionId",), status=connection.status.value)
            )
        if problems := await _problems(actor, connection, draft):
            raise Invalid(*problems)
        await limits.one_more_account(connection.structure_id)
        at = now()
        account = TechnicalAccount(
            id=new_id("cli"),
            connection_id=connection.id,
            structure_id=connection.structure_id,
            **_content(draft),
            status=TechnicalStatus.ACTIVE,
            status_at=at,
            created_by=actor.id,
            vouched_by=actor.id,
            secret_expires_at=secret_expires_at,
            created_at=at,
            updated_at=at,
        )
        tell_account("technical_account.created", account, actor)
        await account.save(force_create=True)
        await settle(account)
        scopes = ", ".join(account.scopes)
        spaces = spaces_in_words(draft.grants)
        await _write(
            "technical_account_created", account, by=actor.name, scopes=scopes, spaces=spaces
        )
        await activate(connection)
    return account


async def change_account(
    actor: Actor, account_id: str, changes: Mapping[str, Any]
) -> TechnicalAccount:
    """Change what is given: its name, its scopes, its spaces, the structures for which it acts.

    Whoever changes it answers for it from then on, within what that person holds.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    async with transaction():
        account = await locked_account(actor, account_id)
        connection = await Connection.get(id=account.connection_id)
        present = TechnicalDraft(
            account.name,
            tuple(account.scopes),
            grants_from(account.spaces),
            None if account.acts_for is None else tuple(account.acts_for),
        )
        draft = replace(present, **changes)
        given = {_PATHS[name] for name in changes}
        problems = await _problems(actor, connection, draft)
        if wrong := [p for p in problems if p.path[0] in given]:
            raise Invalid(*wrong)
        account.update_from_dict(_content(draft))
        account.vouched_by = actor.id
        account.review_asked_at = None
        await _told(account, actor, "technical_account.updated")
        await settle(account)
    return account


async def revoke_account(actor: Actor, account_id: str) -> TechnicalAccount:
    """Shut it for good, at once: its tokens are refused from now on and its streams end.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    async with transaction():
        account = await locked_account(actor, account_id, or_site=True)
        account.status = TechnicalStatus.REVOKED
        account.status_at = now()
        await _told(account, actor, "technical_account.revoked")
        await settle(account)
        await _write("technical_account_revoked", account, by=actor.name)
    return account


async def secret_renewed(
    account: TechnicalAccount, actor: Actor, expires_at: datetime, previous_until: datetime | None
) -> None:
    """Note that the account, locked, has a new secret, and until when the old one works."""
    account.secret_expires_at = expires_at
    account.previous_secret_until = previous_until
    account.vouched_by = actor.id
    account.review_asked_at = None
    await _told(account, actor, "technical_account.secret_rotated")
    until = "—" if previous_until is None else _day(previous_until)
    await _write("technical_account_secret_rotated", account, by=actor.name, until=until)


async def warn(account: TechnicalAccount, days: int) -> None:
    """Tell that the secret of the account, locked, ends within so many days; 0: that it ended."""
    kind = "secret_expiring" if days else "secret_expired"
    if days:
        await _told(account, SYSTEM, "technical_account.secret_expiring", days=days)
    else:
        await _told(account, SYSTEM, "technical_account.secret_expired")
    date = _day(account.secret_expires_at)
    await _write(f"technical_account_{kind}", account, days=days, date=date)


async def ask_reviews() -> int:
    """Tell, once, of the accounts for which nobody answers any more; how many were told.

    The person who last decided what the account may do no longer manages the connections of its
    structure. The account goes on, for it is the structure's, until a manager renews or revokes
    it; its secret ends it otherwise.
    """
    managing = [role.value for role in Role if Permission.MANAGE_CONNECTIONS in GRANTS[role]]
    marks = ", ".join(f"${n}" for n in range(4, 4 + len(managing)))
    rows = await fetch(
        "SELECT t.id FROM technical_account t WHERE t.status <> $1 AND t.review_asked_at IS NULL"
        " AND t.vouched_by LIKE 'acc_%' AND NOT EXISTS ("
        "SELECT 1 FROM attachment a JOIN account p ON p.id = a.member_id"
        " WHERE a.member_id = t.vouched_by AND a.structure_id = t.structure_id"
        f" AND a.status = $2 AND p.status = $3 AND a.role IN ({marks})) ORDER BY t.id LIMIT 100",
        TechnicalStatus.REVOKED.value,
        AttachmentStatus.VALIDEE.value,
        AccountStatus.ACTIVE.value,
        *managing,
    )
    return sum([await _ask_review(row["id"]) for row in rows])


async def locked_account(
    actor: Actor, account_id: str, *, or_site: bool = False
) -> TechnicalAccount:
    """The technical account, held for this transaction, that the actor may manage.

    `or_site`: the administrator of the site may too.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    account = await TechnicalAccount.filter(id=findable(account_id)).select_for_update().first()
    if account is None:
        raise NotFound(problem("BDR-REQ-001", ("id",)))
    if not (or_site and Permission.ADMINISTER in actor.everywhere):
        _require(actor, account.structure_id, ("id",))
    if account.status == TechnicalStatus.REVOKED:
        raise WrongStatus(problem("BDR-CNX-012", ("id",)))
    return account


def _require(actor: Actor, structure_id: str, path: tuple[str, ...]) -> None:
    actor.require(Permission.MANAGE_CONNECTIONS, on=structure_id, path=path)
    if not is_person(actor):
        raise Forbidden(problem("BDR-CNX-007"))


async def _problems(actor: Actor, connection: Connection, draft: TechnicalDraft) -> list[Problem]:
    return [
        *technical_problems(
            actor,
            connection.structure_id,
            draft,
            accepted_scopes=connection.scopes,
            accepted_grants=grants_from(connection.spaces),
        ),
        *await _structure_problems(connection.structure_id, draft.acts_for or ()),
    ]


async def _structure_problems(delegate_id: str, listed: Sequence[str]) -> list[Problem]:
    given = Delegation.filter(delegate_id=delegate_id, status=DelegationStatus.ACTIVE)
    willing = {delegation.structure_id for delegation in await given} if listed else set()
    return [
        problem("BDR-CNX-016", ("structures", str(n)))
        for n, structure_id in enumerate(listed)
        if structure_id not in willing
    ]


def _content(draft: TechnicalDraft) -> dict[str, Any]:
    return {
        "name": normal(draft.name),
        "scopes": list(dict.fromkeys(draft.scopes)),
        "spaces": [grant.as_json() for grant in draft.grants],
        "acts_for": None if draft.acts_for is None else sorted(set(draft.acts_for)),
    }


async def _told(account: TechnicalAccount, actor: Actor, kind: str, **details: Any) -> None:
    account.updated_at = now()
    tell_account(kind, account, actor, **details)
    await account.save()


async def _ask_review(account_id: str) -> int:
    async with transaction():
        account = await TechnicalAccount.filter(id=account_id).select_for_update().get()
        if account.review_asked_at is not None:
            return 0
        account.review_asked_at = now()
        await _told(account, SYSTEM, "technical_account.review_asked")
        await _write("technical_account_review_asked", account)
    return 1


async def _write(kind: str, account: TechnicalAccount, **values: object) -> None:
    connection = await Connection.get(id=account.connection_id)
    structure = await Structure.get(id=account.structure_id)
    await to_managers(
        kind,
        account.structure_id,
        name=account.name,
        client=account.id,
        application=connection.application,
        structure=structure.name,
        **values,
    )


def _day(at: datetime) -> str:
    return at.astimezone(PARIS).date().isoformat()
