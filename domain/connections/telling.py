"""What events say of connections, technical accounts and delegations, and to whom."""

from __future__ import annotations

from typing import Any

from domain import events
from domain.access import Actor, Permission
from domain.clock import instant_text
from domain.connections.models import Connection, Delegation, TechnicalAccount
from domain.events import PLATFORM

# Whoever reads the connections of a structure learns what happens to them.
READERS = (Permission.READ_WEBHOOKS, Permission.MANAGE_CONNECTIONS)
Audience = list[tuple[str, Permission]]


def tell_connection(kind: str, connection: Connection, actor: Actor) -> None:
    """Record a fact about a connection. The caller saves it."""
    audience = [*_readers(connection.structure_id), (PLATFORM, Permission.ADMINISTER)]
    events.record(
        kind,
        connection,
        actor,
        audience=audience,
        on_behalf_of=connection.structure_id,
        data={"connection": card_of_connection(connection)},
    )


def tell_account(kind: str, account: TechnicalAccount, actor: Actor, **details: Any) -> None:
    """Record a fact about a technical account. The caller saves it."""
    events.record(
        kind,
        account,
        actor,
        audience=_readers(account.structure_id),
        on_behalf_of=account.structure_id,
        data={"technicalAccount": card_of_account(account), **details},
    )


def tell_delegation(kind: str, delegation: Delegation, actor: Actor, on_behalf_of: str) -> None:
    """Record a fact about a delegation, for both structures. The caller saves it."""
    events.record(
        kind,
        delegation,
        actor,
        audience=[*_readers(delegation.structure_id), *_readers(delegation.delegate_id)],
        on_behalf_of=on_behalf_of,
        data={"delegation": card_of_delegation(delegation)},
    )


def card_of_connection(connection: Connection) -> dict[str, Any]:
    """The connection in short: nothing of its contact."""
    return {
        "id": connection.id,
        "structureId": connection.structure_id,
        "application": connection.application,
        "type": connection.type.value,
        "environment": connection.environment,
        "status": connection.status.value,
        "comment": connection.status_comment,
        "version": connection.event_count + 1,
    }


def card_of_account(account: TechnicalAccount) -> dict[str, Any]:
    """The technical account in short: nothing of its secrets but their end."""
    return {
        "id": account.id,
        "structureId": account.structure_id,
        "connectionId": account.connection_id,
        "name": account.name,
        "status": account.status.value,
        "scopes": account.scopes,
        "spaces": account.spaces,
        "secretExpiresAt": instant_text(account.secret_expires_at),
        "version": account.event_count + 1,
    }


def card_of_delegation(delegation: Delegation) -> dict[str, Any]:
    """The delegation in short."""
    return {
        "id": delegation.id,
        "structureId": delegation.structure_id,
        "delegateId": delegation.delegate_id,
        "technicalAccountId": delegation.technical_account_id,
        "spaces": delegation.spaces,
        "until": delegation.ends_at and instant_text(delegation.ends_at),
        "status": delegation.status.value,
        "version": delegation.event_count + 1,
    }


def _readers(structure_id: str) -> Audience:
    return [(structure_id, permission) for permission in READERS]
