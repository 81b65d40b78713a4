"""An integrator's own document: what is refused when it is saved, what it answers for an event.

What knows the language of documents is handed in by the composition root.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain import cursors
from domain.access import Actor, ActorKind, Permission
from domain.clock import real_now
from domain.db import execute
from domain.errors import Problem
from domain.events import Event
from domain.rules_text import problem
from webhooks.models import Endpoint, Payload

# Held on the site or on an own account, never on a structure.
_NOT_OF_A_STRUCTURE = frozenset({Permission.ADMINISTER, Permission.OWN_ACCOUNT})
# Run at once, at most.
_SIDE_BY_SIDE = 8


@dataclass(frozen=True)
class Answer:
    """What a document answered, as JSON. Without `data` it could not be run at all."""

    data: bytes | None = None
    errors: bytes | None = None
    # The first error in words.
    message: str = ""


class Unavailable(Exception):
    """Nothing can be answered for a moment: the same is tried again later."""


class Language(Protocol):
    """Who reads documents and runs them."""

    def problems(
        self, document: str, held: Collection[Permission], path: tuple[str, ...]
    ) -> list[Problem]: ...

    async def answer(
        self, document: str, reader: Actor, variables: Mapping[str, str]
    ) -> Answer: ...


_language: Language | None = None


def configure(language: Language | None) -> None:
    """Set who reads documents; called by the composition root."""
    global _language  # noqa: PLW0603 - set once at start
    _language = language


def language() -> Language:
    """Who reads documents.

    Raises:
        RuntimeError: this process was not told.
    """
    if _language is None:
        raise RuntimeError("documents.configure() was not called by the composition root")
    return _language


def document_id(document: str) -> str:
    """The identifier of a document: the same text, the same identifier."""
    return f"whq_{hashlib.sha256(document.encode()).hexdigest()[:26]}"


def held_by(permissions: Iterable[str]) -> frozenset[Permission]:
    """What an endpoint with these permissions may read on its structure."""
    named = set(permissions)
    return frozenset(p for p in Permission if p.value in named) - _NOT_OF_A_STRUCTURE


def problems_of(
    payload: Payload, document: str | None, permissions: Iterable[str]
) -> list[Problem]:
    """Every reason to refuse the document of an endpoint with these permissions."""
    path = ("document",)
    if (payload is Payload.DOCUMENT) != bool(document):
        return [problem("BDR-WHK-043", path)]
    return language().problems(document, held_by(permissions), path) if document else []


@dataclass(frozen=True)
class Asked:
    """One document for one event, with the rights of one structure's endpoints."""

    event_id: str
    document: str
    structure_id: str
    permissions: tuple[str, ...]


def asked_by(endpoint: Endpoint, event: Event) -> Asked | None:
    """What has to be run before the body can be made; None when nothing has."""
    if endpoint.payload is not Payload.DOCUMENT or endpoint.document is None:
        return None
    return Asked(
        event.id, endpoint.document, endpoint.structure_id, tuple(sorted(endpoint.permissions))
    )


async def answers_of(asked: Mapping[Asked, Event]) -> dict[Asked, Answer]:
    """Run each document once. Never inside a transaction: it may take its time."""
    places = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(question: Asked, event: Event) -> Answer:
        async with places:
            return await answer_of(question, event)

    found = await asyncio.gather(*(one(question, event) for question, event in asked.items()))
    return dict(zip(asked, found, strict=True))


async def answer_of(asked: Asked, event: Event) -> Answer:
    """Run the document, as a reader that holds the rights of the endpoint and no other."""
    held = held_by(asked.permissions)
    reader = Actor(
        asked.structure_id, ActorKind.CLIENT, "webhook endpoint", {asked.structure_id: held}
    )
    return await language().answer(asked.document, reader, variables_of(event, asked.structure_id))


def variables_of(event: Event, structure_id: str) -> dict[str, str]:
    """What an event gives to a document."""
    return {
        "event": event.id,
        "subject": event.subject_id,
        "structure": structure_id,
        "cursor": cursors.event(event.position),
    }


@dataclass(frozen=True)
class Result:
    """What came of the document of one endpoint for one event."""

    endpoint: Endpoint
    event_id: str
    answer: Answer

    @property
    def is_right(self) -> bool:
        return self.answer.errors is None


_TROUBLE = """
  UPDATE webhook_endpoint SET document_failures = document_failures + $2,
    document_failing_since = COALESCE(document_failing_since, $3), document_error = $4,
    document_error_event = $5
  WHERE id = $1
"""
_WELL = """
  UPDATE webhook_endpoint SET document_failures = 0, document_failing_since = NULL,
    document_error = NULL, document_error_event = NULL
  WHERE id = $1
"""


async def note(results: Mapping[str, Sequence[Result]]) -> None:
    """Keep with each endpoint whether its document works, by the last that came of it.

    Takes the rows of endpoints in the order in which everybody does, before any delivery.
    """
    for endpoint_id in sorted(results):
        last = results[endpoint_id][-1]
        if not last.is_right:
            failed = sum(not result.is_right for result in results[endpoint_id])
            said = (failed, real_now(), last.answer.message, last.event_id)
            await execute(_TROUBLE, endpoint_id, *said)
        elif last.endpoint.document_failing_since is not None:
            await execute(_WELL, endpoint_id)


def forget_trouble(endpoint: Endpoint) -> None:
    """The document is another one: what came of the last says nothing of it."""
    endpoint.update_from_dict(
        dict.fromkeys(("document_failing_since", "document_error", "document_error_event"))
        | {"document_failures": 0}
    )
