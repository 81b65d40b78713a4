"""The secrets of technical accounts: made, replaced with an overlap, warned of, ended.

What an account may do is decided in `domain.connections`; here it gets the OAuth client by which
it logs in, in the same transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from auth.issued import access_life, deny
from auth.models import AuthMethod, Client, ClientSecret, hashed
from domain import policy
from domain.access import Actor
from domain.accounts.actions import tell_rights_changed
from domain.clock import real_now
from domain.connections import accounts
from domain.connections.models import TechnicalAccount, TechnicalStatus
from domain.connections.rules import TechnicalDraft
from domain.db import execute, fetch
from domain.events import transaction
from domain.ids import new_id

# So many days before a secret ends, and when it has, whoever answers for it is told.
WARNINGS = (30, 7, 1, 0)
_BATCH = 100


class NewSecret(NamedTuple):
    """A technical account with its new secret, which is shown this once."""

    account: TechnicalAccount
    secret: str


async def create(actor: Actor, connection_id: str, draft: TechnicalDraft) -> NewSecret:
    """Make a technical account and its first secret.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    expires_at = _end_of_a_secret()
    async with transaction():
        account = await accounts.open_account(actor, connection_id, draft, expires_at)
        await Client.create(
            id=account.id,
            name=account.name,
            structure_id=account.structure_id,
            auth_method=AuthMethod.SECRET_BASIC,
            grant_types="client_credentials",
            scope=" ".join(account.scopes),
            redirect_uris="",
            created_at=account.created_at,
            updated_at=account.updated_at,
        )
        return NewSecret(account, await _new_secret(account.id, expires_at))


async def update(actor: Actor, account_id: str, changes: Mapping[str, Any]) -> TechnicalAccount:
    """Change what the account is called and what it may do; it holds for the tokens of before.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    async with transaction():
        account = await accounts.change_account(actor, account_id, changes)
        await Client.filter(id=account.id).update(
            name=account.name, scope=" ".join(account.scopes), updated_at=account.updated_at
        )
    return account


async def rotate(actor: Actor, account_id: str, *, at_once: bool = False) -> NewSecret:
    """Make a new secret. The old one works for a while yet, so that nothing is interrupted.

    `at_once`: the old ones end now, and the tokens that came from them are refused.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    at, expires_at = real_now(), _end_of_a_secret()
    overlap = timedelta(seconds=policy.current().technical_secret_overlap_seconds)
    async with transaction():
        account = await accounts.locked_account(actor, account_id)
        await ClientSecret.filter(client_id=account.id, replaced_at=None).update(replaced_at=at)
        in_force = ClientSecret.filter(client_id=account.id, expires_at__gt=at)
        newest_first = await in_force.order_by("-created_at", "-id")
        kept = newest_first[:1] if overlap and not at_once else []
        await _end(newest_first[len(kept) :], at)
        until = None
        for old in kept:
            until = min(old.expires_at or at, at + overlap)
            await ClientSecret.filter(id=old.id).update(expires_at=until)
        secret = await _new_secret(account.id, expires_at)
        await accounts.secret_renewed(account, actor, expires_at, until)
    return NewSecret(account, secret)


async def warn_of_expiry() -> int:
    """Tell of the secrets that end soon or have ended, once for each warning; how many.

    Safe in several processes: whoever moves the mark of a secret tells.
    """
    told, found = 0, _BATCH
    while found == _BATCH:
        due = await _due()
        found = len(due)
        told += sum([await _warn(row["id"], row["client_id"]) for row in due])
    return told


async def _due() -> list[Any]:
    at = real_now()
    steps = [f"(s.expires_at <= ${n + 3} AND (s.warned_days IS NULL OR s.warned_days > {days}))"
             for n, days in enumerate(WARNINGS)]  # fmt: skip
    return list(
        await fetch(
            "SELECT s.id, s.client_id FROM auth_client_secret s"
            " JOIN technical_account t ON t.id = s.client_id"
            f" WHERE s.replaced_at IS NULL AND t.status <> $1 AND ({' OR '.join(steps)})"
            " ORDER BY s.expires_at LIMIT $2",
            TechnicalStatus.REVOKED.value,
            _BATCH,
            *(at + timedelta(days=days) for days in WARNINGS),
        )
    )


async def _warn(secret_id: str, account_id: str) -> int:
    async with transaction():
        account = await TechnicalAccount.filter(id=account_id).select_for_update().get()
        secret = await ClientSecret.get(id=secret_id)
        days = due_warning(secret.expires_at, secret.warned_days, real_now())
        if days is None or secret.replaced_at is not None:
            return 0
        moved = await execute(
            "UPDATE auth_client_secret SET warned_days = $2"
            " WHERE id = $1 AND (warned_days IS NULL OR warned_days > $2)",
            secret_id,
            days,
        )
        if moved:
            await accounts.warn(account, days)
    return moved


def due_warning(expires_at: datetime | None, warned_days: int | None, at: datetime) -> int | None:
    """The warning to give now: the last one whose moment has come, unless it was given."""
    if expires_at is None:
        return None
    come = [days for days in WARNINGS if expires_at <= at + timedelta(days=days)]
    if not come or (warned_days is not None and min(come) >= warned_days):
        return None
    return min(come)


async def _new_secret(client_id: str, expires_at: datetime) -> str:
    at = real_now()
    # Letters and digits: some libraries escape the rest in the Authorization header, some do not.
    secret = secrets.token_hex(32)
    # A secret made to live shorter than a warning's notice has had that warning.
    passed = [days for days in WARNINGS if expires_at <= at + timedelta(days=days)]
    await ClientSecret.create(
        id=new_id("sec"),
        client_id=client_id,
        secret_hash=hashed(secret),
        created_at=at,
        expires_at=expires_at,
        warned_days=min(passed, default=None),
    )
    return secret


async def _end(ended: list[ClientSecret], at: datetime) -> None:
    """End these secrets and the tokens that came from them, which name theirs as their family."""
    ids = [secret.id for secret in ended]
    await ClientSecret.filter(id__in=ids).update(expires_at=at)
    await deny(ids, at + access_life())
    for client_id in {secret.client_id for secret in ended}:
        tell_rights_changed(client_id)


def _end_of_a_secret() -> datetime:
    return real_now() + timedelta(days=policy.current().technical_secret_days)
