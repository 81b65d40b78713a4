"""The order of an endpoint's messages: what a change of its options does to those that wait,
and those that have blocked their subject for too long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain import events
from domain.clock import real_now
from domain.db import dialect, execute, fetch
from domain.select import Statement
from webhooks import life, queue
from webhooks.models import Endpoint, EndpointStatus, OnBlocked, Ordering, SkipReason

_BATCH = 500


async def follow(endpoint_id: str, before: Ordering, after: Ordering) -> None:
    """Bring the waiting deliveries of a locked endpoint under another order."""
    if before == after:
        return
    if after is Ordering.NONE:
        await _release(endpoint_id)
    else:
        await _hold(endpoint_id)


async def _release(endpoint_id: str) -> None:
    """Nothing waits for another one any more; what is not written goes once it is."""
    await execute(
        "UPDATE webhook_delivery SET state = 'PENDING', next_attempt_at = $2"
        f" WHERE endpoint_id = $1 AND state = 'HELD' AND {queue.OPEN} AND body <> ''",
        endpoint_id,
        real_now(),
    )


async def _hold(endpoint_id: str) -> None:
    """What is not the first of its subject waits; what is being sent at this moment ends."""
    await execute(
        "UPDATE webhook_delivery SET state = 'HELD', next_attempt_at = NULL"
        f" WHERE endpoint_id = $1 AND state = 'PENDING' AND {queue.OPEN} AND ordered"
        " AND EXISTS (SELECT 1 FROM webhook_delivery o WHERE o.endpoint_id = $1"
        "   AND o.subject_id = webhook_delivery.subject_id AND o.ordered"
        f"   AND o.position < webhook_delivery.position AND o.{queue.OPEN})",
        endpoint_id,
    )


def cut_off(seconds: int, at: datetime) -> datetime:
    """What was first tried then or before has blocked for too long."""
    return at - timedelta(seconds=seconds)


async def skip_blocked() -> int:
    """Give up what has blocked its subject for too long, and let the next one go; the number.

    Only at endpoints that want it and that take messages: where nothing gets through, nothing
    is to blame for it.
    """
    wanting = await Endpoint.filter(
        status=EndpointStatus.ACTIVE,
        ordering=Ordering.PER_SUBJECT,
        on_blocked=OnBlocked.SKIP_AFTER,
    )
    found = await _blocking(wanting) if wanting else []
    if not found:
        return 0
    async with events.transaction():
        return await _skip(await queue.lock_endpoints(row["endpoint_id"] for row in found))


async def _blocking(endpoints: Iterable[Endpoint]) -> Sequence[Any]:
    """The deliveries that are to be skipped, as far as is known without locking them."""
    at, statement = real_now(), Statement(dialect())
    rows = queue.rows_of(
        statement,
        {"endpoint_id": "text", "since": "timestamptz"},
        [(e.id, cut_off(e.skip_after_seconds, at)) for e in endpoints],
    )
    return await fetch(
        "SELECT d.id, d.endpoint_id, d.subject_id, d.event_id, d.event_kind, d.attempts"
        f" FROM {rows} JOIN webhook_delivery d ON d.endpoint_id = r.endpoint_id"
        f" WHERE d.state = 'PENDING' AND d.ordered AND d.first_attempt_at <= r.since"
        " AND EXISTS (SELECT 1 FROM webhook_delivery h WHERE h.endpoint_id = d.endpoint_id"
        "   AND h.subject_id = d.subject_id AND h.state = 'HELD' AND h.ordered"
        f"   AND h.{queue.OPEN})"
        f" ORDER BY d.id LIMIT {_BATCH}",
        *statement.params,
    )


async def _skip(locked: Mapping[str, Endpoint]) -> int:
    """Skip what blocks now that nobody else changes these endpoints."""
    wanting = [e for e in locked.values() if _wants_skipping(e)]
    blocking = await _blocking(wanting) if wanting else []
    skipped = 0
    for row in blocking:
        if await queue.give_up(row["id"], SkipReason.BLOCKED_TOO_LONG.value):
            skipped += 1
            tell_skipped(locked[row["endpoint_id"]], row)
    await queue.let_go(((row["endpoint_id"], row["subject_id"]) for row in blocking), real_now())
    await queue.write_health(locked.values())
    return skipped


def _wants_skipping(endpoint: Endpoint) -> bool:
    options = endpoint.status, endpoint.ordering, endpoint.on_blocked
    return options == (EndpointStatus.ACTIVE, Ordering.PER_SUBJECT, OnBlocked.SKIP_AFTER)


def tell_skipped(endpoint: Endpoint, row: Mapping[str, Any]) -> None:
    """Record that a delivery of a locked endpoint was skipped; news of webhooks is no news."""
    if row["event_kind"].startswith(life.ABOUT_ENDPOINTS):
        return
    details = {
        "reason": SkipReason.BLOCKED_TOO_LONG.value,
        "deliveryId": row["id"],
        "eventId": row["event_id"],
        "eventType": row["event_kind"],
        "subject": row["subject_id"],
        "attempts": row["attempts"],
    }
    life.tell(life.SKIPPED, endpoint, details)
