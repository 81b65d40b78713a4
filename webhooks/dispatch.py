"""From the event log to the deliveries: one for each event and endpoint that wants it.

The bookmark moves in the transaction that makes the deliveries: whatever dies, no event is
dispatched twice or forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain import events
from domain.clock import now
from domain.db import dialect, execute, execute_many, fetch
from domain.events import Event
from domain.ids import new_id
from domain.select import Statement
from webhooks import policy, queue
from webhooks.envelope import body_of
from webhooks.matching import Verdict, verdict
from webhooks.models import Bookmark, DeliveryState, Endpoint, EndpointStatus

BOOKMARK = "dispatcher"
BATCH = 200


async def dispatch() -> int:
    """Dispatch everything that the log holds; the number of deliveries made.

    Safe in several processes: one dispatches, the others leave at once.
    """
    made, read = 0, BATCH
    while read == BATCH:
        read, more = await _dispatch_batch()
        made += more
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


async def _dispatch_batch() -> tuple[int, int]:
    """How many events were read, and how many deliveries made of them."""
    async with events.transaction():
        position = await _take_bookmark()
        batch = [] if position is None else await events.after(position, limit=BATCH)
        if not batch:
            return 0, 0
        endpoints = await _endpoints_near(batch)
        rows = _deliveries(batch, endpoints, await _queues(batch, endpoints))
        if rows:
            await execute_many(_INSERT, rows)
        await execute(
            "UPDATE webhook_bookmark SET position = $1 WHERE name = $2",
            batch[-1].position,
            BOOKMARK,
        )
    return len(batch), len(rows)


async def _take_bookmark() -> int | None:
    """Lock the bookmark until the commit. None: another dispatcher is at work."""
    lock = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
    rows = await fetch(f"SELECT position FROM webhook_bookmark WHERE name = $1{lock}", BOOKMARK)
    if rows:
        return int(rows[0][0])
    is_first = await execute(
        "INSERT INTO webhook_bookmark (name, position) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        BOOKMARK,
    )
    return 0 if is_first else None


async def _endpoints_near(batch: Sequence[Event]) -> Mapping[str, Sequence[Endpoint]]:
    """The endpoints of the structures that see one of the events."""
    structures = {structure for event in batch for structure, _ in event.audience}
    found: dict[str, list[Endpoint]] = {}
    for endpoint in await Endpoint.filter(structure_id__in=structures).exclude(
        status=EndpointStatus.DELETED
    ):
        found.setdefault(endpoint.structure_id, []).append(endpoint)
    return found


async def _queues(
    batch: Collection[Event], endpoints: Mapping[str, Sequence[Endpoint]]
) -> set[tuple[str, str]]:
    """The (endpoint, subject) pairs in which a delivery is open.

    Its rows are locked: a worker that is about to close one of them waits, and then finds the
    new delivery to let go.
    """
    ids = [endpoint.id for some in endpoints.values() for endpoint in some]
    if not ids:
        return set()
    statement = Statement(dialect())
    of_endpoints = statement.among("endpoint_id", ids)
    of_subjects = statement.among("subject_id", {event.subject_id for event in batch})
    lock = " ORDER BY id FOR UPDATE" if statement.postgres else ""
    rows = await fetch(
        f"SELECT endpoint_id, subject_id FROM webhook_delivery WHERE {queue.OPEN} AND ordered"
        f" AND {of_endpoints} AND {of_subjects}{lock}",
        *statement.params,
    )
    return {(row[0], row[1]) for row in rows}


_COLUMNS = (
    "id", "endpoint_id", "structure_id", "event_id", "event_kind", "position", "subject_id",
    "subject_sequence", "body", "state", "ordered", "attempts", "failures", "next_attempt_at",
    "created_at",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO webhook_delivery ({', '.join(_COLUMNS)})"
    f" VALUES ({', '.join(f'${n}' for n in range(1, len(_COLUMNS) + 1))})"
)


def _deliveries(
    batch: Sequence[Event],
    endpoints: Mapping[str, Sequence[Endpoint]],
    queues: set[tuple[str, str]],
) -> list[tuple[Any, ...]]:
    """The rows to insert. The first of a queue may go; the others wait for the one before."""
    rows: list[tuple[Any, ...]] = []
    at = now()
    due = at + timedelta(seconds=policy.current().retry_seconds[0])
    for event in batch:
        for structure in dict.fromkeys(structure for structure, _ in event.audience):
            wanting = [
                e for e in endpoints.get(structure, ()) if verdict(e, event) is Verdict.FOR_IT
            ]
            if not wanting:
                continue
            body = body_of(event, structure, policy.current().environment).decode()
            for endpoint in wanting:
                queue = (endpoint.id, event.subject_id)
                held = queue in queues
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
