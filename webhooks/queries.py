"""Which endpoints and deliveries a caller may read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from domain.access import Actor, Permission
from domain.select import Select, among, at_least, below, equals, exists, falling
from webhooks.models import DeliveryState, EndpointStatus
from webhooks.outbound import ErrorKind

# Whoever manages endpoints reads them.
READ = (Permission.READ_WEBHOOKS, Permission.MANAGE_WEBHOOKS)
_KEPT = tuple(s for s in EndpointStatus if s is not EndpointStatus.DELETED)


def endpoints(
    viewer: Actor,
    structure_id: str | None = None,
    statuses: Collection[EndpointStatus] | None = None,
) -> Select:
    """The endpoints of the viewer's structures, without those deleted; the newest first."""
    return (
        _of_structures("webhook_endpoint", viewer)
        .where(among("status", statuses or _KEPT))
        .where(equals("structure_id", structure_id) if structure_id is not None else None)
        .by(falling("id"))
    )


def deliveries(
    viewer: Actor,
    endpoint_id: str | None = None,
    states: Collection[DeliveryState] | None = None,
    event_id: str | None = None,
    subject_id: str | None = None,
) -> Select:
    """The deliveries to the viewer's structures; the newest first."""
    wanted = {"endpoint_id": endpoint_id, "event_id": event_id, "subject_id": subject_id}
    return (
        _of_structures("webhook_delivery", viewer)
        .where(*(equals(column, value) for column, value in wanted.items() if value is not None))
        .where(among("state", states) if states else None)
        .by(falling("id"))
    )


def attempts(viewer: Actor) -> Select:
    """The attempts of those deliveries; the last one first."""
    own = viewer.structures(*READ)
    seen = Select("webhook_attempt").by(falling("number"))
    if own is None:
        return seen
    theirs = among("structure_id", own)
    return seen.where(exists("webhook_delivery", {"id": "delivery_id"}, theirs))


def attempts_of(
    viewer: Actor,
    endpoint_id: str,
    since: datetime | None = None,
    until: datetime | None = None,
    errors: Collection[ErrorKind] | None = None,
) -> Select:
    """The attempts made to one endpoint; the newest first."""
    mine = among("structure_id", own) if (own := viewer.structures(*READ)) is not None else None
    return (
        Select("webhook_attempt")
        .where(
            equals("endpoint_id", endpoint_id),
            exists("webhook_endpoint", {"id": "endpoint_id"}, mine) if mine else None,
            at_least("at", since) if since else None,
            below("at", until) if until else None,
            among("error", errors) if errors else None,
        )
        .by(falling("at"), falling("id"))
    )


def replays(viewer: Actor, endpoint_id: str | None = None) -> Select:
    """The replays to endpoints of the viewer's structures; the newest first."""
    return _of_endpoint("webhook_replay", viewer, endpoint_id)


def probes(viewer: Actor, endpoint_id: str | None = None) -> Select:
    """The probes of endpoints of the viewer's structures; the newest first."""
    return _of_endpoint("webhook_probe", viewer, endpoint_id)


def _of_endpoint(table: str, viewer: Actor, endpoint_id: str | None) -> Select:
    return (
        _of_structures(table, viewer)
        .where(equals("endpoint_id", endpoint_id) if endpoint_id is not None else None)
        .by(falling("id"))
    )


def _of_structures(table: str, viewer: Actor) -> Select:
    own = viewer.structures(*READ)
    return Select(table) if own is None else Select(table).where(among("structure_id", own))
