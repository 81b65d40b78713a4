"""Which connections, technical accounts and delegations a caller may read."""

from __future__ import annotations

from collections.abc import Collection

from domain.access import Actor, Permission
from domain.connections.models import ConnectionStatus, DelegationStatus, TechnicalStatus
from domain.select import Select, among, any_of, equals, falling

# Those who manage them, and the administrator of the site.
READ = (Permission.MANAGE_CONNECTIONS, Permission.ADMINISTER)


def connections(
    viewer: Actor,
    structure_id: str | None = None,
    statuses: Collection[ConnectionStatus] | None = None,
) -> Select:
    """The connections of the viewer's structures, the newest first."""
    return _of_structures("connection", viewer, structure_id, statuses)


def technical_accounts(
    viewer: Actor,
    structure_id: str | None = None,
    statuses: Collection[TechnicalStatus] | None = None,
) -> Select:
    """The technical accounts of the viewer's structures, the newest first."""
    return _of_structures("technical_account", viewer, structure_id, statuses)


def delegations(
    viewer: Actor,
    structure_id: str | None = None,
    statuses: Collection[DelegationStatus] | None = None,
) -> Select:
    """What the viewer's structures granted and were granted, the newest first."""
    own = viewer.structures(*READ)
    select = Select("delegation").by(falling("id"))
    if own is not None:
        select = select.where(any_of(among("structure_id", own), among("delegate_id", own)))
    if structure_id is not None:
        select = select.where(
            any_of(equals("structure_id", structure_id), equals("delegate_id", structure_id))
        )
    return select.where(among("status", statuses) if statuses else None)


def _of_structures(
    table: str,
    viewer: Actor,
    structure_id: str | None,
    statuses: Collection[ConnectionStatus] | Collection[TechnicalStatus] | None,
) -> Select:
    own = viewer.structures(*READ)
    return (
        Select(table)
        .where(among("structure_id", own) if own is not None else None)
        .where(equals("structure_id", structure_id) if structure_id is not None else None)
        .where(among("status", statuses) if statuses else None)
        .by(falling("id"))
    )
