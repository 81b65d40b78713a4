"""Warnings of client certificates that end: by event, a month, a week and a day before."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import events
from domain.clock import real_now
from domain.db import fetch
from webhooks import queue
from webhooks.envelope import instant
from webhooks.life import tell
from webhooks.models import EndpointStatus

EXPIRING = "webhook.certificate_expiring"
WARNINGS = (30, 7, 1, 0)
BATCH = 100


async def warn_of_certificates() -> int:
    """Tell of the certificates that end soon or have ended, once for each warning; how many."""
    told, found = 0, BATCH
    while found == BATCH:
        due = await _due()
        found = len(due)
        told += sum([await _warn(endpoint_id) for endpoint_id in due])
    return told


def due_warning(expires_at: datetime | None, warned_days: int | None, at: datetime) -> int | None:
    """The warning to give now: the last one whose moment has come, unless it was given."""
    if expires_at is None:
        return None
    come = [days for days in WARNINGS if expires_at <= at + timedelta(days=days)]
    if not come or (warned_days is not None and warned_days <= min(come)):
        return None
    return min(come)


async def _due() -> list[str]:
    at = real_now()
    steps = [
        f"(auth_expires_at <= ${n} AND (auth_warned_days IS NULL OR auth_warned_days > {days}))"
        for n, days in enumerate(WARNINGS, 3)
    ]
    rows = await fetch(
        f"SELECT id FROM webhook_endpoint WHERE status <> $1 AND ({' OR '.join(steps)})"
        " ORDER BY auth_expires_at LIMIT $2",
        EndpointStatus.DELETED.value,
        BATCH,
        *(at + timedelta(days=days) for days in WARNINGS),
    )
    return [row["id"] for row in rows]


async def _warn(endpoint_id: str) -> int:
    async with events.transaction():
        endpoint = (await queue.lock_endpoints([endpoint_id]))[endpoint_id]
        ends = endpoint.auth_expires_at
        days = due_warning(ends, endpoint.auth_warned_days, real_now())
        if ends is None or days is None or endpoint.status == EndpointStatus.DELETED:
            return 0
        certificate = {
            "subject": endpoint.auth_shown.get("subject", ""),
            "expiresAt": instant(ends),
        }
        tell(EXPIRING, endpoint, {"certificate": certificate, "daysLeft": days})
        endpoint.auth_warned_days = days
        await endpoint.save(update_fields=["auth_warned_days", "event_count"])
    return 1
