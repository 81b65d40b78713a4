"""How much of each a structure may have."""

from __future__ import annotations

from domain.connections.models import (
    Connection,
    ConnectionStatus,
    Delegation,
    DelegationStatus,
    TechnicalAccount,
    TechnicalStatus,
)
from domain.db import dialect, fetch
from domain.errors import Invalid
from domain.rules_text import problem

MOST_CONNECTIONS = 50
MOST_ACCOUNTS = 50
MOST_DELEGATIONS = 500

_ENDED = (ConnectionStatus.REFUSED, ConnectionStatus.CLOSED)


async def one_more_connection(structure_id: str) -> None:
    """Refuse a connection too many.

    Raises:
        Invalid
    """
    await _lock(structure_id)
    kept = Connection.filter(structure_id=structure_id).exclude(status__in=_ENDED)
    _refuse_beyond(await kept.count(), MOST_CONNECTIONS)


async def one_more_account(structure_id: str) -> None:
    """Refuse a technical account too many.

    Raises:
        Invalid
    """
    await _lock(structure_id)
    kept = TechnicalAccount.filter(structure_id=structure_id)
    _refuse_beyond(await kept.exclude(status=TechnicalStatus.REVOKED).count(), MOST_ACCOUNTS)


async def one_more_delegation(structure_id: str) -> None:
    """Refuse a delegation too many.

    Raises:
        Invalid
    """
    await _lock(structure_id)
    kept = Delegation.filter(structure_id=structure_id, status=DelegationStatus.ACTIVE)
    _refuse_beyond(await kept.count(), MOST_DELEGATIONS)


def _refuse_beyond(count: int, most: int) -> None:
    if count >= most:
        raise Invalid(problem("BDR-CNX-009", (), limit=most))


async def _lock(structure_id: str) -> None:
    # The lock makes two creations count one after the other.
    lock = " FOR NO KEY UPDATE" if dialect() == "postgres" else ""
    await fetch(f"SELECT id FROM structure WHERE id = $1{lock}", structure_id)
