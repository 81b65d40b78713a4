"""Why an event was sent to an endpoint, or was not, or not yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain import events
from domain.access import Actor
from domain.clock import real_now
from domain.db import fetch
from domain.events import Event
from domain.ids import findable
from webhooks import dispatch, policy, queue, replaying, writing
from webhooks.matching import Verdict, verdict
from webhooks.models import Delivery, DeliveryState, Endpoint, EndpointStatus, SkipReason
from webhooks.queries import READ


class Why(StrEnum):
    """The one reason that explains where an event stands for an endpoint."""

    BEFORE_ITS_TIME = "BEFORE_ITS_TIME"
    NOT_VISIBLE = "NOT_VISIBLE"
    PING_OF_ANOTHER = "PING_OF_ANOTHER"
    ITS_OWN_TROUBLE = "ITS_OWN_TROUBLE"
    KIND_NOT_ASKED = "KIND_NOT_ASKED"
    FILTERED_OUT = "FILTERED_OUT"
    NOT_DISPATCHED_YET = "NOT_DISPATCHED_YET"
    WAS_NOT_ASKED_THEN = "WAS_NOT_ASKED_THEN"
    ENDPOINT_PAUSED = "ENDPOINT_PAUSED"
    DOCUMENT_BUDGET_SPENT = "DOCUMENT_BUDGET_SPENT"
    DOCUMENT_TO_RUN = "DOCUMENT_TO_RUN"
    BEHIND_ANOTHER = "BEHIND_ANOTHER"
    ABOUT_TO_BE_SENT = "ABOUT_TO_BE_SENT"
    WAITS_FOR_PROBE = "WAITS_FOR_PROBE"
    RECEIVER_ASKED_TO_WAIT = "RECEIVER_ASKED_TO_WAIT"
    WAITS_FOR_NEXT_ATTEMPT = "WAITS_FOR_NEXT_ATTEMPT"
    RATE_LIMITED = "RATE_LIMITED"
    BEING_SENT = "BEING_SENT"
    DELIVERED = "DELIVERED"
    EXHAUSTED = "EXHAUSTED"
    RESUMED_WITHOUT = "RESUMED_WITHOUT"
    ENDPOINT_DELETED = "ENDPOINT_DELETED"
    REPLAY_CANCELLED = "REPLAY_CANCELLED"
    REPLAY_TO_COME = "REPLAY_TO_COME"
    NO_LONGER_KEPT = "NO_LONGER_KEPT"
    BLOCKED_TOO_LONG = "BLOCKED_TOO_LONG"


_SETTLED: Mapping[DeliveryState, Why] = {
    DeliveryState.DELIVERED: Why.DELIVERED,
    DeliveryState.EXHAUSTED: Why.EXHAUSTED,
    DeliveryState.DELIVERING: Why.BEING_SENT,
}
_SKIPPED: Mapping[str, Why] = {
    SkipReason.RESUMED_WITHOUT: Why.RESUMED_WITHOUT,
    SkipReason.ENDPOINT_DELETED: Why.ENDPOINT_DELETED,
    SkipReason.BLOCKED_TOO_LONG: Why.BLOCKED_TOO_LONG,
    SkipReason.REPLAY_CANCELLED: Why.REPLAY_CANCELLED,
}


@dataclass(frozen=True)
class Explanation:
    """Where an event stands for an endpoint."""

    why: Why
    delivery: Delivery | None = None
    behind: str | None = None
    replay: str | None = None


async def explain(actor: Actor, event_id: str, endpoint_id: str) -> Explanation | None:
    """Why the endpoint got the event or did not; None when the actor may not see one of them."""
    endpoint = await Endpoint.get_or_none(id=findable(endpoint_id))
    if endpoint is None or not any(actor.may(p, endpoint.structure_id) for p in READ):
        return None
    event = await events.one(event_id)
    if event is None or not events.visible(event, actor):
        return None
    delivery = await Delivery.get_or_none(endpoint_id=endpoint_id, event_id=event_id)
    if delivery is None:
        if await replaying.that_will_send(endpoint, event):
            return Explanation(Why.REPLAY_TO_COME)
        return Explanation(why_none(endpoint, event, await dispatch.position(), real_now()))
    is_spent = not delivery.body and await writing.spent_since(endpoint.structure_id) is not None
    why = why_state(delivery, endpoint, real_now(), is_spent=is_spent)
    waits = delivery.state == DeliveryState.HELD and delivery.ordered
    behind = await _behind(delivery) if waits else None
    return Explanation(why, delivery, behind, delivery.replay_id)


def why_none(endpoint: Endpoint, event: Event, dispatched: int, at: datetime) -> Why:
    """The reason that there is no delivery."""
    found = verdict(endpoint, event)
    if found is not Verdict.FOR_IT:
        return Why(found.value)
    if endpoint.status == EndpointStatus.DELETED:
        return Why.ENDPOINT_DELETED
    if event.position > dispatched:
        return Why.NOT_DISPATCHED_YET
    recorded_at = event.recorded_at or event.occurred_at
    if recorded_at < at - policy.current().retention:
        return Why.NO_LONGER_KEPT
    return Why.WAS_NOT_ASKED_THEN


def why_state(
    delivery: Delivery, endpoint: Endpoint, at: datetime, *, is_spent: bool = False
) -> Why:
    """The reason that the state of a delivery gives. `is_spent`: its structure's documents wait."""
    state = DeliveryState(delivery.state)
    if state in _SETTLED:
        return _SETTLED[state]
    if delivery.skip_reason is not None:
        return _SKIPPED[delivery.skip_reason]
    if endpoint.status == EndpointStatus.PAUSED:
        return Why.ENDPOINT_PAUSED
    if not delivery.body:
        return Why.DOCUMENT_BUDGET_SPENT if is_spent else Why.DOCUMENT_TO_RUN
    if state is DeliveryState.HELD:
        return Why.BEHIND_ANOTHER
    if endpoint.status == EndpointStatus.DEGRADED:
        return Why.WAITS_FOR_PROBE
    if _is_later(endpoint.not_before, at):
        return Why.RECEIVER_ASKED_TO_WAIT
    if _is_later(delivery.next_attempt_at, at):
        return Why.WAITS_FOR_NEXT_ATTEMPT
    if _is_later(endpoint.rate_used_until, at):
        return Why.RATE_LIMITED
    return Why.ABOUT_TO_BE_SENT


def _is_later(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment > at


async def _behind(delivery: Delivery) -> str | None:
    """The delivery that goes next in the queue of this one, when it is another."""
    rows = await fetch(
        f"SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND subject_id = $2 AND ordered"
        f" AND {queue.OPEN} ORDER BY position LIMIT 1",
        delivery.endpoint_id,
        delivery.subject_id,
    )
    return rows[0][0] if rows and rows[0][0] != delivery.id else None
