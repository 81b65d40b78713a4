"""Whether somebody of the structure still answers for what an endpoint tells.

An endpoint is its structure's: it goes on when the person who set it up leaves. It tells what that
person could read then, and never more; the managers are asked, once, who answers for it now.
"""

from __future__ import annotations

from domain import events
from domain.access import SEEN_BY, Actor, Permission
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import AccountStatus
from domain.clock import real_now
from domain.db import fetch
from domain.mail.actions import post
from domain.structures.members import holders_of, structure_name
from webhooks import queue
from webhooks.life import REVIEW_ASKED, tell
from webhooks.models import Endpoint, EndpointStatus

_MAIL = "webhook_review_asked"
_BATCH = 100


def unread(actor: Actor, endpoint: Endpoint) -> list[str]:
    """The rights by which the endpoint is told, that the actor does not hold there."""
    told = {Permission(p) for p in endpoint.permissions} & SEEN_BY - {Permission.READ_WEBHOOKS}
    return sorted(p.value for p in told if not actor.may(p, endpoint.structure_id))


def may_vouch(actor: Actor, endpoint: Endpoint) -> bool:
    """Whether the actor may answer for it: who reads everything that it is told."""
    return not unread(actor, endpoint)


def vouch(actor: Actor, endpoint: Endpoint) -> None:
    """The actor answers for what the endpoint tells from now on. The caller saves the row."""
    endpoint.vouched_by, endpoint.review_asked_at = actor.id, None


async def ask_reviews() -> int:
    """Tell, once, of the endpoints for which nobody answers any more; how many were told."""
    rows = await fetch(
        "SELECT e.id FROM webhook_endpoint e WHERE e.status <> $1 AND e.review_asked_at IS NULL"
        " AND e.vouched_by LIKE 'acc_%' AND NOT EXISTS ("
        "SELECT 1 FROM attachment a JOIN account p ON p.id = a.member_id"
        " WHERE a.member_id = e.vouched_by AND a.structure_id = e.structure_id"
        " AND a.status = $2 AND p.status = $3) ORDER BY e.id LIMIT $4",
        EndpointStatus.DELETED.value,
        AttachmentStatus.VALIDEE.value,
        AccountStatus.ACTIVE.value,
        _BATCH,
    )
    return sum([await _ask(row["id"]) for row in rows])


async def _ask(endpoint_id: str) -> int:
    async with events.transaction():
        endpoint = (await queue.lock_endpoints([endpoint_id]))[endpoint_id]
        if endpoint.review_asked_at is not None or endpoint.status == EndpointStatus.DELETED:
            return 0
        endpoint.review_asked_at = real_now()
        tell(REVIEW_ASKED, endpoint, {})
        await endpoint.save(update_fields=["review_asked_at", "event_count"])
        structure = await structure_name(endpoint.structure_id)
        for person in await holders_of(endpoint.structure_id, Permission.MANAGE_WEBHOOKS):
            await post(
                _MAIL,
                person.email,
                person.locale,
                structure=structure,
                url=endpoint.url,
                endpoint=endpoint.id,
            )
    return 1
