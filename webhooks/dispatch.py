"""From the event log to the deliveries: one for each event and endpoint that wants it.

The bookmark moves in the transaction that makes the deliveries: whatever dies, no event is
dispatched twice or forgotten. Documents of endpoints are run later: see `writing.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain import events
from domain.clock import real_now
from domain.db import dialect, execute, execute_many, fetch
from domain.events import Event
from domain.ids import new_id
from webhooks import policy, queue
from webhooks.matching import Verdict, verdict
from webhooks.models import Bookmark, DeliveryState, Endpoint, EndpointStatus, Ordering
from webhooks.payloads import body_at_once

BOOKMARK = "dispatcher"
BATCH = 200

# An event, a structure that sees it, and its endpoints that want it.
_Wanted = tuple[Event, str, Sequence[Endpoint]]


async def dispatch() -> int:
    """Dispatch everything that the log holds; the number of deliveries made.

    Safe in several processes: one dispatches, the others leave at once.
    """
    made, has_more = 0, True
    while has_more:
        count, has_more = await _dispatch_batch()
        made += count
    return made


async def position() -> int:
    """How far the log is dispatched."""
    bookmark = await Bookmark.get_or_none(name=BOOKMARK)
    return bookmark.position if bookmark else 0


async def is_behind() -> bool:
    """Whether the log holds something to dispatch. Cheap, takes no lock."""
    rows = await fetch(
        "SELECT h.position > COALESCE(b.position, 0) FROM log_head h"
        " LEFT JOIN webhook_bookmark b ON b.name = $1 WHERE h.id = 1",
        BOOKMARK,
    )
    return bool(rows[0][0])


async def _dispatch_batch() -> tuple[int, bool]:
    """Dispatch what comes next: how many deliveries were made, and whether there is more."""
    async with events.transaction():
        position = await _take_bookmark()
        if position is None:
            return 0, False
        batch = await events.after(position, limit=BATCH)
        if not batch:
            return 0, False
        endpoints = await _endpoints_near(batch)
        rows = _deliveries(batch, endpoints, await _open_queues(batch, endpoints))
        if rows:
            await execute_many(_INSERT, rows)
        await execute(
            "UPDATE webhook_bookmark SET position = $1 WHERE name = $2",
            batch[-1].position,
            BOOKMARK,
        )
    return len(rows), len(batch) == BATCH


async def _take_bookmark() -> int | None:
    """Lock the bookmark until the commit. None: another dispatcher is at work."""
    lock = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
    rows = await fetch(f"SELECT position FROM webhook_bookmark WHERE name = $1{lock}", BOOKMARK)
    if rows:
        return int(rows[0][0])
    return 0 if await _make_bookmark() else None


async def _make_bookmark() -> bool:
    """Make the bookmark, which is then locked; false when somebody made it before."""
    made = await execute(
        "INSERT INTO webhook_bookmark (name, position) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        BOOKMARK,
    )
    return made == 1


async def hold() -> None:
    """Let nobody dispatch until the commit, for what moves whole queues. Before any other lock.

    One that finds the bookmark taken leaves at once: the next sweep dispatches.
    """
    if dialect() == "postgres":
        # Before anything was dispatched there is nothing to lock yet.
        await _make_bookmark()
        await fetch("SELECT 1 FROM webhook_bookmark WHERE name = $1 FOR UPDATE", BOOKMARK)


async def _endpoints_near(batch: Sequence[Event]) -> Mapping[str, Sequence[Endpoint]]:
    """The endpoints of the structures that see one of the events."""
    structures = {structure for event in batch for structure, _ in event.audience}
    found: dict[str, list[Endpoint]] = {}
    for endpoint in await Endpoint.filter(structure_id__in=structures).exclude(
        status=EndpointStatus.DELETED
    ):
        found.setdefault(endpoint.structure_id, []).append(endpoint)
    return found


async def _open_queues(
    batch: Collection[Event], endpoints: Mapping[str, Sequence[Endpoint]]
) -> set[tuple[str, str]]:
    ids = [endpoint.id for some in endpoints.values() for endpoint in some]
    return await queue.lock_open(ids, {event.subject_id for event in batch})


_COLUMNS = (
    "id", "endpoint_id", "structure_id", "event_id", "event_kind", "position", "subject_id",
    "subject_sequence", "body", "state", "ordered", "attempts", "failures", "next_attempt_at",
    "created_at",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO webhook_delivery ({', '.join(_COLUMNS)})"
    f" VALUES ({', '.join(f'${n}' for n in range(1, len(_COLUMNS) + 1))})"
)


def _wanted(batch: Sequence[Event], endpoints: Mapping[str, Sequence[Endpoint]]) -> list[_Wanted]:
    """Each event with the endpoints of one structure that want it."""
    return [
        (event, structure, wanting)
        for event in batch
        for structure in dict.fromkeys(structure for structure, _ in event.audience)
        if (
            wanting := [
                e for e in endpoints.get(structure, ()) if verdict(e, event) is Verdict.FOR_IT
            ]
        )
    ]


def _deliveries(
    batch: Sequence[Event],
    endpoints: Mapping[str, Sequence[Endpoint]],
    queues: set[tuple[str, str]],
) -> list[tuple[Any, ...]]:
    """The rows to insert. The first of a queue may go; the others wait for the one before, and
    what a document is to be run for waits for that.
    """
    rows: list[tuple[Any, ...]] = []
    at = real_now()
    due = at + timedelta(seconds=policy.current().retry_seconds[0])
    for event, structure, wanting in _wanted(batch, endpoints):
        # Endpoints that ask for the same are sent the same bytes.
        bodies: dict[tuple[Any, ...], str] = {}
        for endpoint in wanting:
            shape = (endpoint.payload, endpoint.format)
            body = bodies.get(shape)
            if body is None:
                body = bodies[shape] = body_at_once(event, endpoint)
            queue = (endpoint.id, event.subject_id)
            held = not body or (queue in queues and endpoint.ordering == Ordering.PER_SUBJECT)
            queues.add(queue)
            rows.append(
                (
                    new_id("whd"), endpoint.id, structure, event.id, event.kind,
                    event.position, event.subject_id, event.subject_sequence, body,
                    (DeliveryState.HELD if held else DeliveryState.PENDING).value,
                    True, 0, 0, None if held else due, at,
                )
            )  # fmt: skip
    return rows
