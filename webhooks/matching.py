"""Whether an event is for an endpoint, and if not, why: one decision for sending and explaining."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from domain.access import Permission
from domain.events import Event
from domain.feed import EventFilter
from webhooks import life

PING = "webhook.ping"


class Verdict(StrEnum):
    """Why an event is, or is not, for an endpoint."""

    FOR_IT = "FOR_IT"
    BEFORE_ITS_TIME = "BEFORE_ITS_TIME"
    NOT_VISIBLE = "NOT_VISIBLE"
    PING_OF_ANOTHER = "PING_OF_ANOTHER"
    ITS_OWN_TROUBLE = "ITS_OWN_TROUBLE"
    KIND_NOT_ASKED = "KIND_NOT_ASKED"
    FILTERED_OUT = "FILTERED_OUT"


class Wants(Protocol):
    """What is read of an endpoint to decide."""

    id: Any
    structure_id: Any
    kinds: Any
    wanted: Any
    permissions: Any
    since_position: Any


def verdict(endpoint: Wants, event: Event) -> Verdict:
    """Whether the event is for the endpoint, by the first reason that speaks against it."""
    if event.position <= endpoint.since_position:
        return Verdict.BEFORE_ITS_TIME
    if not sees(endpoint, event):
        return Verdict.NOT_VISIBLE
    if event.kind == PING:
        return Verdict.FOR_IT if event.subject_id == endpoint.id else Verdict.PING_OF_ANOTHER
    if event.kind in life.OF_OTHERS and event.subject_id == endpoint.id:
        return Verdict.ITS_OWN_TROUBLE
    if not asks_for(endpoint, event.kind):
        return Verdict.KIND_NOT_ASKED
    if not endpoint.wanted or EventFilter.of(endpoint.wanted).admits(event, _Sight(endpoint)):
        return Verdict.FOR_IT
    return Verdict.FILTERED_OUT


def asks_for(endpoint: Wants, kind: str) -> bool:
    """Whether the kind is one of those asked for. No kinds asks for the news of the business and
    for troubles; what people do to endpoints is told to those that name it.
    """
    return kind in endpoint.kinds if endpoint.kinds else kind not in life.ADMINISTRATION


def sees(endpoint: Wants, event: Event) -> bool:
    """Whether the structure of the endpoint sees the event by a right the endpoint was given."""
    return any(
        structure == endpoint.structure_id and permission in endpoint.permissions
        for structure, permission in event.audience
    )


@dataclass(frozen=True)
class _Sight:
    """An endpoint as a reader of the log: its structure, and the rights it was given there."""

    endpoint: Wants

    def may(self, permission: Permission, on: str, /) -> bool:
        return on == self.endpoint.structure_id and permission.value in self.endpoint.permissions
