"""The e-mails about an endpoint that is degraded or paused: what happened and how to go on."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.access import Permission
from domain.db import fetch
from domain.mail.actions import post
from domain.structures.members import holders_of, structure_name
from webhooks import policy, queue
from webhooks.models import Endpoint, EndpointStatus
from webhooks.outbound import Outcome

# Beyond, the exact number tells nobody more, and would be counted inside the transaction.
MOST_COUNTED = 1_000
_MAILS = {
    EndpointStatus.DEGRADED: "webhook_degraded",
    EndpointStatus.PAUSED: "webhook_paused",
}


async def write(endpoint: Endpoint, last: Outcome | None) -> None:
    """Write to those who manage the webhooks of the structure; once, for it tells a change.

    Needs the transaction that makes the change.
    """
    kind = _MAILS[EndpointStatus(endpoint.status)]
    days = f"{policy.current().pause_after / timedelta(days=1):g}"
    structure = await structure_name(endpoint.structure_id)
    waiting = await _waiting(endpoint.id)
    for person in await holders_of(endpoint.structure_id, Permission.MANAGE_WEBHOOKS):
        await post(
            kind,
            person.email,
            person.locale,
            structure=structure,
            url=endpoint.url,
            endpoint=endpoint.id,
            since=_moment(endpoint.failing_since),
            error=error_in_words(last),
            waiting=waiting,
            days=days,
        )


def error_in_words(last: Outcome | None) -> str:
    """The last failure as a technician reads it, the same in both languages."""
    if last is None or last.error is None:
        return "—"
    return f"{last.error.value} {last.status or ''} {last.detail or ''}".strip()


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else "—"


async def _waiting(endpoint_id: str) -> str:
    """How many messages wait, in words."""
    rows = await fetch(
        "SELECT COUNT(*) FROM (SELECT 1 FROM webhook_delivery"
        f" WHERE endpoint_id = $1 AND {queue.OPEN} LIMIT {MOST_COUNTED + 1}) AS waiting",
        endpoint_id,
    )
    return in_words(int(rows[0][0]))


def in_words(waiting: int) -> str:
    """The number, or that it is a large one."""
    return f"> {MOST_COUNTED}" if waiting > MOST_COUNTED else str(waiting)
