"""What happens to an endpoint itself, told as events: set up, degraded, paused, and so on.

Every function takes an endpoint that the open transaction has locked; the caller saves the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from domain import events
from domain.access import SYSTEM, Actor, Permission
from webhooks import breaker
from webhooks.envelope import instant
from webhooks.models import Endpoint, EndpointStatus, PauseReason
from webhooks.policy import Policy

CREATED = "webhook.endpoint_created"
UPDATED = "webhook.endpoint_updated"
DEGRADED = "webhook.endpoint_degraded"
RECOVERED = "webhook.endpoint_recovered"
PAUSED = "webhook.endpoint_paused"
RESUMED = "webhook.endpoint_resumed"
DELETED = "webhook.endpoint_deleted"
ROTATED = "webhook.endpoint_secret_rotated"
EXHAUSTED = "webhook.deliveries_exhausted"
SKIPPED = "webhook.delivery_skipped"
REVIEW_ASKED = "webhook.endpoint_review_asked"
DOCUMENTS_LATE = "webhook.endpoint_documents_late"
DOCUMENTS_CAUGHT_UP = "webhook.endpoint_documents_caught_up"

# All of these begin so.
ABOUT_ENDPOINTS = "webhook."
# What people do to an endpoint, and what becomes of it by itself. Neither is told to the endpoint
# that it is about: telling a sick one that it is sick would go in circles.
ADMINISTRATION = frozenset({CREATED, UPDATED, RESUMED, DELETED, ROTATED})
TROUBLES = frozenset(
    {DEGRADED, RECOVERED, PAUSED, EXHAUSTED, SKIPPED, REVIEW_ASKED, DOCUMENTS_LATE}
    | {DOCUMENTS_CAUGHT_UP}
)
OF_OTHERS = ADMINISTRATION | TROUBLES

NOTHING_FAILED: Mapping[str, Any] = {"lastStatus": None, "lastError": None}
# Columns that the API calls otherwise.
_API_NAMES = {
    "kinds": "events",
    "wanted": "filter",
    "max_rate": "maxRatePerSecond",
    "signs_ed25519": "signatures",
    "header_names": "customHeaders",
    "headers_sealed": "customHeaders",
    **dict.fromkeys(
        ("auth_kind", "auth_shown", "auth_sealed", "auth_expires_at", "auth_warned_days"), "auth"
    ),
}


def tell(kind: str, endpoint: Endpoint, more: Mapping[str, Any], actor: Actor = SYSTEM) -> None:
    """Record a fact about the endpoint."""
    events.record(
        kind,
        cast(events.Subject, endpoint),
        actor,
        audience=[(endpoint.structure_id, Permission.READ_WEBHOOKS)],
        on_behalf_of=endpoint.structure_id,
        data={"endpoint": card(endpoint), **more},
    )


def card(endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint in short, as its events carry it."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "status": EndpointStatus(endpoint.status).value,
        "structureId": endpoint.structure_id,
    }


def degrade(endpoint: Endpoint, at: datetime, site: Policy, last: Mapping[str, Any]) -> None:
    """Open the breaker: from now on one message at a time is tried, the others are kept."""
    endpoint.status = EndpointStatus.DEGRADED
    endpoint.degraded_at = at
    endpoint.not_before = max(at + site.probe_every, endpoint.not_before or at)
    tell(DEGRADED, endpoint, {"since": _since(endpoint), **last})


def recover(endpoint: Endpoint) -> None:
    """Close the breaker: everything that is due goes again."""
    assert endpoint.degraded_at is not None, "it is degraded"
    since = instant(endpoint.degraded_at)
    _open(endpoint)
    tell(RECOVERED, endpoint, {"degradedAt": since})


def pause(
    endpoint: Endpoint,
    reason: PauseReason,
    at: datetime,
    last: Mapping[str, Any] = NOTHING_FAILED,
    actor: Actor = SYSTEM,
) -> None:
    """Stop sending. Nothing is deleted."""
    endpoint.status = EndpointStatus.PAUSED
    endpoint.paused_reason = reason
    endpoint.paused_at = at
    endpoint.degraded_at = None
    tell(PAUSED, endpoint, {"reason": reason.value, "since": _since(endpoint), **last}, actor)


def resume(endpoint: Endpoint, start: str, skipped: int, actor: Actor) -> None:
    """Send again, as if the endpoint had never failed."""
    _open(endpoint)
    endpoint.failing_since = None
    endpoint.consecutive_failures = 0
    tell(RESUMED, endpoint, {"start": start, "skipped": skipped}, actor)


def delete(endpoint: Endpoint, skipped: int, actor: Actor) -> None:
    """Take the endpoint away."""
    _open(endpoint)
    endpoint.status = EndpointStatus.DELETED
    tell(DELETED, endpoint, {"skipped": skipped}, actor)


def late(endpoint: Endpoint, waiting_since: datetime, at: datetime) -> None:
    """Its messages wait for the budget of its structure's documents, and have for long."""
    endpoint.documents_late_since = at
    tell(DOCUMENTS_LATE, endpoint, {"waitingSince": instant(waiting_since)})


def caught_up(endpoint: Endpoint) -> None:
    """No message waits for its document any more."""
    assert endpoint.documents_late_since is not None, "it was late"
    since = instant(endpoint.documents_late_since)
    endpoint.documents_late_since = None
    tell(DOCUMENTS_CAUGHT_UP, endpoint, {"lateSince": since})


def tell_rotation(endpoint: Endpoint, actor: Actor) -> None:
    """Say that there is a new secret, and until when the old one signs too."""
    until = endpoint.previous_secret_until
    assert until is not None, "there was a secret before"
    tell(ROTATED, endpoint, {"previousSecretUntil": instant(until)}, actor)


def as_the_api_says(columns: Iterable[str]) -> list[str]:
    """The fields of the API in which columns are shown."""
    return sorted({_API_NAMES.get(column) or _camel(column) for column in columns})


def _camel(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _open(endpoint: Endpoint) -> None:
    endpoint.status = EndpointStatus.ACTIVE
    endpoint.paused_reason = None
    endpoint.paused_at = None
    endpoint.degraded_at = None
    endpoint.not_before = None
    endpoint.recent = breaker.NOTHING


def _since(endpoint: Endpoint) -> str | None:
    return None if endpoint.failing_since is None else instant(endpoint.failing_since)
