"""The body of a message: what the endpoint asked for, as it asked to have it written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from domain import cursors
from domain.events import Event
from webhooks import policy
from webhooks.documents import Answer, asked_by, document_id
from webhooks.envelope import API_VERSION, body_of, envelope_of, instant
from webhooks.models import Endpoint, Format, Payload

# Receivers bound what they read; Standard Webhooks asks for less than 20 kB.
LONGEST_BODY = 256 * 1024
_READ = '{event(id:"%s"){id kind occurredAt subjectId subjectSequence change{from to}}}'


def body_for(event: Event, endpoint: Endpoint, answer: Answer | None = None) -> bytes:
    """The body for an endpoint. One that is too long is thin instead, and says so."""
    body = _body(event, endpoint, answer)
    if len(body) <= LONGEST_BODY:
        return body
    said = {"document": document_id(endpoint.document)} if endpoint.document else {}
    return _written(event, endpoint, {**_thin(event), **said, "truncated": True})


def body_at_once(event: Event, endpoint: Endpoint) -> str:
    """The body as a delivery keeps it; empty when a document is to be run for it first."""
    return "" if asked_by(endpoint, event) else body_for(event, endpoint).decode()


def _body(event: Event, endpoint: Endpoint, answer: Answer | None) -> bytes:
    if endpoint.payload is Payload.FULL and endpoint.format is Format.STANDARD:
        return body_of(event, endpoint.structure_id, policy.current().environment)
    if endpoint.payload is Payload.FULL:
        schema = f"{policy.current().public_url}/events/{event.kind}.schema.json#/properties/data"
        return _cloudevent(event, endpoint, {"data": event.data}, schema=schema)
    if endpoint.payload is Payload.THIN:
        return _written(event, endpoint, _thin(event))
    return _with_answer(event, endpoint, answer)


def _with_answer(event: Event, endpoint: Endpoint, answer: Answer | None) -> bytes:
    assert answer is not None, "documents are run before bodies are made"
    assert endpoint.document is not None, "a DOCUMENT endpoint has one"
    said: dict[str, Any] = {"document": document_id(endpoint.document)}
    if answer.data is not None:
        said["data"] = answer.data
    if answer.errors is not None:
        said["errors"] = answer.errors
    if answer.data is None:
        return _written(event, endpoint, {**_thin(event), **said})
    if endpoint.format is Format.CLOUDEVENTS:
        return _cloudevent(event, endpoint, said)
    return _json({**_envelope(event, endpoint), **said})


def _thin(event: Event) -> dict[str, Any]:
    """The status, and where the rest is read."""
    link = f"{policy.current().public_url}/graphql?query={quote(_READ % event.id, safe='')}"
    return {"status": event.change.to if event.change else None, "link": link}


def _written(event: Event, endpoint: Endpoint, said: Mapping[str, Any]) -> bytes:
    """A body without `data`: identifiers, and what is said."""
    if endpoint.format is Format.CLOUDEVENTS:
        return _cloudevent(event, endpoint, said)
    identifiers = {k: v for k, v in _envelope(event, endpoint).items() if k not in _SAYS_MORE}
    return _json({**identifiers, **said})


# What a body without `data` leaves out: who acted, in whose name, and with which words.
_SAYS_MORE = frozenset({"onBehalfOf", "actor", "change"})


def _envelope(event: Event, endpoint: Endpoint) -> dict[str, Any]:
    return envelope_of(event, endpoint.structure_id, policy.current().environment)


def _cloudevent(
    event: Event, endpoint: Endpoint, said: Mapping[str, Any], *, schema: str | None = None
) -> bytes:
    """A structured CloudEvent 1.0; what that does not name stands in extension attributes.

    Attributes are plain values: errors are JSON in a text, what is null is left out.
    """
    site = policy.current()
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": site.public_url,
        "type": event.kind,
        "subject": event.subject_id,
        "time": instant(event.occurred_at),
        "cursor": cursors.event(event.position),
        "subjectsequence": event.subject_sequence,
        "tenant": endpoint.structure_id,
        "environment": site.environment,
        "apiversion": API_VERSION,
    }
    if "data" in said:
        attributes |= _attributes_beside_data(event, schema)
    if "errors" in said:
        said = {**said, "errors": said["errors"].decode()}
    return _json({k: v for k, v in (attributes | dict(said)).items() if v is not None})


def _attributes_beside_data(event: Event, schema: str | None) -> dict[str, Any]:
    change = event.change
    return {
        "datacontenttype": "application/json",
        "dataschema": schema,
        "onbehalfof": event.on_behalf_of,
        "actorkind": event.actor_kind,
        "actorparty": event.party,
        "changefrom": change and change.frm,
        "changeto": change and change.to,
        "changereason": change and change.reason,
    }


def _json(content: Mapping[str, Any]) -> bytes:
    """JSON; what is bytes is JSON already."""
    return orjson.dumps(
        {k: orjson.Fragment(v) if isinstance(v, bytes) else v for k, v in content.items()}
    )
