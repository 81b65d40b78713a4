"""What is sent: the body made from an event, and the headers of one attempt to send it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain import cursors
from domain.access import ActorKind
from domain.events import Event
from domain.reference.reasons import REASONS, Reason
from webhooks.signing import signature_header

# The date of this contract; the envelope only grows under the same date.
API_VERSION = "2026-11"


def envelope_of(event: Event, tenant: str, environment: str) -> dict[str, Any]:
    """What every body says of its event, for one tenant."""
    return {
        "id": event.id,
        "type": event.kind,
        "timestamp": instant(event.occurred_at),
        "cursor": cursors.event(event.position),
        "subject": event.subject_id,
        "subjectSequence": event.subject_sequence,
        "tenant": tenant,
        "environment": environment,
        "onBehalfOf": event.on_behalf_of,
        "actor": _actor(event, tenant),
        "change": _change(event),
        "apiVersion": API_VERSION,
    }


def body_of(event: Event, tenant: str, environment: str) -> bytes:
    """The body with the curated data. It is kept as it is: every attempt sends the same bytes."""
    envelope = envelope_of(event, tenant, environment)
    envelope["data"] = event.data
    return orjson.dumps(envelope)


# The attribute that every CloudEvent has, written first.
_CLOUDEVENTS_BEGIN = b'{"specversion":'


def media_type_of(body: bytes) -> str:
    """How a kept body is written, which the body itself says."""
    is_cloudevent = body.startswith(_CLOUDEVENTS_BEGIN)
    return "application/cloudevents+json" if is_cloudevent else "application/json"


def headers_of(
    *,
    event_id: str,
    event_kind: str,
    body: bytes,
    secrets: Sequence[str],
    keys: Sequence[Ed25519PrivateKey] = (),
    at: datetime,
    attempt: int,
    request_id: str,
    environment: str,
    product: str,
    replay: str | None = None,
) -> dict[str, str]:
    """The headers of one attempt: the signature covers the time at which it is made."""
    return {
        "content-type": media_type_of(body),
        "user-agent": product,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature_header(event_id, at, body, secrets, keys),
        "webhook-attempt": str(attempt),
        "webhook-event-type": event_kind,
        "webhook-environment": environment,
        "x-request-id": request_id,
        "traceparent": _traceparent(event_id, request_id),
        **({"webhook-replay": replay} if replay else {}),
    }


def _actor(event: Event, tenant: str) -> Mapping[str, Any]:
    """Who acted. Which machine it was is told to the structure in whose name it did."""
    by_own_machine = (event.actor_kind, event.on_behalf_of) == (ActorKind.CLIENT.value, tenant)
    machine = {"id": event.actor_id, "name": event.actor_name} if by_own_machine else None
    return {"kind": event.actor_kind, "party": event.party, "technicalAccount": machine}


def _change(event: Event) -> Mapping[str, Any] | None:
    if event.change is None:
        return None
    return {
        "from": event.change.frm,
        "to": event.change.to,
        "reason": _reason(event.change.reason),
        "comment": event.change.comment,
        "actor": {"kind": event.party or event.actor_kind},
    }


def _reason(code: str | None) -> Mapping[str, str] | None:
    if code is None:
        return None
    known = code in Reason.__members__
    return {"code": code, "label": REASONS[Reason(code)].label.fr if known else code}


def _traceparent(event_id: str, request_id: str) -> str:
    """One trace for each event, one span for each attempt (W3C Trace Context)."""
    trace = hashlib.sha256(event_id.encode()).hexdigest()[:32]
    return f"00-{trace}-{hashlib.sha256(request_id.encode()).hexdigest()[:16]}-01"


def instant(at: datetime) -> str:
    """An instant as messages carry it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
