"""The body that an endpoint would be sent for a past event, before there is such an endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from domain import events
from domain.access import Actor, Permission
from domain.errors import Invalid, NotFound
from domain.events import Event
from domain.rules_text import problem
from webhooks import documents
from webhooks.endpoints import readable
from webhooks.envelope import media_type_of
from webhooks.matching import sees
from webhooks.models import Endpoint, Format, Payload
from webhooks.payloads import body_for


@dataclass(frozen=True)
class PreviewDraft:
    """Which event, for which structure, and how its body is to be made."""

    structure_id: str
    event_id: str
    payload: Payload
    format: Format
    document: str | None


@dataclass(frozen=True)
class Preview:
    """A body, and how it would be announced."""

    body: bytes
    content_type: str
    document_id: str | None


async def preview(actor: Actor, draft: PreviewDraft) -> Preview:
    """The body, with the rights that an endpoint set up by the actor today would have.

    Raises:
        NotFound, Forbidden, Invalid
    """
    actor.require(Permission.MANAGE_WEBHOOKS, on=draft.structure_id, path=("structureId",))
    endpoint = Endpoint(
        structure_id=draft.structure_id,
        permissions=readable(actor, draft.structure_id),
        payload=draft.payload,
        format=draft.format,
        document=draft.document,
    )
    if found := documents.problems_of(draft.payload, draft.document, endpoint.permissions):
        raise Invalid(*found)
    event = await _event(draft.event_id, endpoint)
    question = documents.asked_by(endpoint, event)
    answer = await documents.answer_of(question, event) if question else None
    body = body_for(event, endpoint, answer)
    known = documents.document_id(draft.document) if draft.document else None
    return Preview(body, media_type_of(body), known)


async def _event(event_id: str, endpoint: Endpoint) -> Event:
    """The event, if an endpoint like this one would see it."""
    event = await events.one(event_id)
    if event is None or not sees(endpoint, event):
        raise NotFound(problem("BDR-REQ-001", ("eventId",)))
    return event
