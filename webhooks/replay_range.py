"""Which events a replay holds, what is known of them at the endpoint, and bodies still to make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from domain import events
from domain.db import dialect, fetch, instant_of
from domain.events import Event
from domain.select import Statement
from webhooks import documents
from webhooks.matching import PING, Verdict, verdict
from webhooks.models import (
    DeliveryState,
    Endpoint,
    Replay,
)
from webhooks.payloads import body_for

# Read of the log at a time.
READ = 500
# Of one object queued at a time.
MOST_OF_SUBJECT = 1_000
WAITING = frozenset({DeliveryState.PENDING, DeliveryState.DELIVERING, DeliveryState.HELD})


@dataclass(frozen=True)
class Range:
    """The events of a replay: those that its endpoint wants today and its filter admits."""

    endpoint: Endpoint
    wanted: Mapping[str, Any]
    start: int
    end: int

    def admits(self, event: Event) -> bool:
        # Pings are trials: sent again they would try nothing.
        return event.kind != PING and all(
            verdict(reader, event) is Verdict.FOR_IT for reader in self._readers()
        )

    def _readers(self) -> Iterable[Endpoint]:
        """The endpoint without its birthday, and again with the filter in the place of its own."""
        timeless = copy(self.endpoint)
        timeless.since_position = 0
        narrow = copy(timeless)
        narrow.wanted = dict(self.wanted)
        return timeless, narrow

    async def read(self, position: int, limit: int) -> tuple[list[Event], int]:
        """The next events that it admits, and how far the log was read for them."""
        rights = [(self.endpoint.structure_id, p) for p in self.endpoint.permissions]
        found = await events.opened_by(rights, position, limit=limit, upto=self.end)
        reached = found[-1].position if len(found) == limit else self.end
        return [event for event in found if self.admits(event)], reached

    async def rest_of_subject(self, first: Event) -> list[Event]:
        """The event and what the range holds of its object after it."""
        following = await events.of_subject(
            first.subject_id, after_sequence=first.subject_sequence - 1, limit=MOST_OF_SUBJECT
        )
        return [e for e in following if e.position <= self.end and self.admits(e)]


async def bodies_of(endpoint: Endpoint, fresh: Sequence[Event]) -> dict[str, bytes]:
    """The bodies of events that were never sent; documents of endpoints are run for them."""
    asked = {q: e for e in fresh if (q := documents.asked_by(endpoint, e)) is not None}
    answers = await documents.answers_of(asked)
    return {
        event.id: body_for(event, endpoint, answers[question] if question else None)
        for event in fresh
        for question in [documents.asked_by(endpoint, event)]
    }


async def known_deliveries(endpoint_id: str, event_ids: Sequence[str]) -> dict[str, Any]:
    """The deliveries that there are of the events."""
    if not event_ids:
        return {}
    statement = Statement(dialect())
    size = "OCTET_LENGTH(body)" if statement.postgres else "LENGTH(CAST(body AS BLOB))"
    one = statement.value(endpoint_id)
    of_events = statement.among("event_id", list(event_ids))
    rows = await fetch(
        "SELECT id, event_id, state, skip_reason, finished_at, failures, ordered, replay_id,"
        f" {size} AS bytes FROM webhook_delivery WHERE endpoint_id = {one} AND {of_events}",
        *statement.params,
    )
    return {row["event_id"]: row for row in rows}


def is_to_send(row: Mapping[str, Any] | None, replay: Replay) -> bool:
    """Whether the replay has to send an event: it is not its own already, nor waits by itself,
    nor did when the replay began.
    """
    return row is None or (
        row["state"] not in WAITING
        and row["replay_id"] != replay.id
        and instant_of(row["finished_at"]) <= replay.created_at
    )


def range_of(endpoint: Endpoint, replay: Replay) -> Range:
    return Range(endpoint, replay.wanted, replay.from_position, replay.to_position)
