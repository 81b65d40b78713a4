"""Delivering: claimed messages are sent, and what came of them is written in short batches."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol, cast

from domain import events
from domain.access import SYSTEM, Permission
from domain.clock import now
from domain.ids import new_id
from webhooks import health, policy, queue, sent_headers
from webhooks.health import Tried
from webhooks.matching import EXHAUSTED, PAUSED
from webhooks.models import (
    DeliveryState,
    Endpoint,
    EndpointStatus,
    NextAttempt,
    PauseReason,
)
from webhooks.outbound import Outcome
from webhooks.policy import Policy
from webhooks.queue import AttemptRow, Claimed, Settlement

# Claimed at a time, and written at a time.
BATCH = 200
GATHER_SECONDS = 0.004
GONE = 410

Uniform = Callable[[float, float], float]


class Sends(Protocol):
    """What carries a claimed delivery to its receiver."""

    def send(self, claimed: Claimed, at: datetime) -> asyncio.Future[Outcome]: ...


@dataclass(frozen=True)
class Result:
    """What came of one claimed delivery."""

    claimed: Claimed
    outcome: Outcome
    sent_at: datetime


def settlement(
    outcome: Outcome, failures: int, at: datetime, site: Policy, uniform: Uniform
) -> Settlement:
    """What becomes of a delivery after an attempt that followed `failures` failed ones."""
    if outcome.error is None:
        return Settlement(DeliveryState.DELIVERED, 0, None, NextAttempt.DELIVERED)
    failures += 1
    if failures >= len(site.retry_seconds):
        return Settlement(DeliveryState.EXHAUSTED, failures, None, NextAttempt.EXHAUSTED)
    planned = timedelta(
        seconds=site.retry_seconds[failures] * uniform(1 - site.jitter, 1 + site.jitter)
    )
    asked = min(timedelta(seconds=outcome.retry_after or 0), site.longest_retry_after)
    # Never sooner than planned: a short Retry-After through a long trouble would use up all
    # the attempts at once.
    if asked > planned:
        return Settlement(DeliveryState.PENDING, failures, at + asked, NextAttempt.RETRY_AFTER)
    return Settlement(DeliveryState.PENDING, failures, at + planned, NextAttempt.SCHEDULE)


def pause_reason(
    outcome: Outcome, failing_since: datetime, at: datetime, site: Policy
) -> PauseReason | None:
    """Why an endpoint is to be paused after this failed attempt, if it is."""
    if outcome.status == GONE:
        return PauseReason.GONE
    return PauseReason.NO_SUCCESS if at - failing_since > site.pause_after else None


async def turn(
    results: Sequence[Result],
    room: int,
    busy: Mapping[str, int] = MappingProxyType({}),
    uniform: Uniform = random.uniform,
) -> list[Claimed]:
    """Write down what came of some attempts and take up to `room` new ones, in one transaction."""
    async with events.transaction():
        if results:
            await _write(results, uniform)
        return await queue.take(room, busy) if room else []


async def _write(results: Sequence[Result], uniform: Uniform) -> None:
    site, at = policy.current(), now()
    endpoints = await queue.lock_endpoints(r.claimed.endpoint.id for r in results)
    held = await queue.still_held(r.claimed for r in results)
    settled = [
        (r, settlement(r.outcome, r.claimed.failures, at, site, uniform))
        for r in results
        if r.claimed.id in held
    ]
    await queue.write_attempts([_attempt(result, then) for result, then in settled])
    await queue.write_settlements([(result.claimed, then) for result, then in settled])
    await health.tally(_tried(result, then) for result, then in settled)
    for result, then in settled:
        _note(endpoints[result.claimed.endpoint.id], result, then, at, site)
    await queue.write_health(endpoints.values())


def _note(endpoint: Endpoint, result: Result, then: Settlement, at: datetime, site: Policy) -> None:
    """Keep the health of the endpoint, and tell when it is paused or a delivery is given up."""
    if result.outcome.error is None:
        endpoint.consecutive_failures = 0
        endpoint.failing_since = None
        endpoint.last_success_at = at
        return
    endpoint.consecutive_failures += 1
    endpoint.failing_since = endpoint.failing_since or at
    endpoint.last_failure_at = at
    # News of webhooks that nobody takes is not itself news: it would breed without end.
    about_webhooks = result.claimed.event_kind.startswith("webhook.")
    if then.state is DeliveryState.EXHAUSTED and not about_webhooks:
        tell(EXHAUSTED, endpoint, _given_up(result))
    reason = pause_reason(result.outcome, endpoint.failing_since, at, site)
    if reason is not None and endpoint.status == EndpointStatus.ACTIVE:
        pause(endpoint, reason, at)


def pause(endpoint: Endpoint, reason: PauseReason, at: datetime, actor: Any = SYSTEM) -> None:
    """Pause a locked endpoint and tell it; the caller saves the row. Nothing is deleted."""
    endpoint.status = EndpointStatus.PAUSED
    endpoint.paused_reason = reason
    endpoint.paused_at = at
    tell(PAUSED, endpoint, {"reason": reason.value}, actor)


def tell(kind: str, endpoint: Endpoint, more: Mapping[str, Any], actor: Any = SYSTEM) -> None:
    """Record a fact about a locked endpoint; the caller saves the row."""
    events.record(
        kind,
        cast(events.Subject, endpoint),
        actor,
        audience=[(endpoint.structure_id, Permission.READ_WEBHOOKS)],
        on_behalf_of=endpoint.structure_id,
        data={"endpoint": card(endpoint), **more},
    )


def card(endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint in short, as its events carry it."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "status": EndpointStatus(endpoint.status).value,
        "structureId": endpoint.structure_id,
    }


def _given_up(result: Result) -> dict[str, Any]:
    claimed, outcome = result.claimed, result.outcome
    return {
        "deliveryId": claimed.id,
        "eventId": claimed.event_id,
        "eventType": claimed.event_kind,
        "subject": claimed.subject_id,
        "attempts": claimed.attempt,
        "lastStatus": outcome.status,
        "lastError": outcome.error,
    }


def _attempt(result: Result, then: Settlement) -> AttemptRow:
    claimed, outcome = result.claimed, result.outcome
    return AttemptRow(
        id=new_id("wha"),
        delivery_id=claimed.id,
        number=claimed.attempt,
        at=result.sent_at,
        latency_ms=outcome.latency_ms,
        status=outcome.status,
        error=outcome.error and outcome.error.value,
        detail=outcome.detail,
        excerpt=sent_headers.excerpt_of(outcome),
        request_id=claimed.request_id,
        next_attempt_at=then.next_attempt_at,
        next_why=then.why.value,
        endpoint_id=claimed.endpoint.id,
        sent=sent_headers.kept(outcome.headers),
    )


def _tried(result: Result, then: Settlement) -> Tried:
    return Tried(
        endpoint_id=result.claimed.endpoint.id,
        latency_ms=result.outcome.latency_ms,
        succeeded=result.outcome.error is None,
        exhausted=then.state is DeliveryState.EXHAUSTED,
    )


class Pump:
    """Sends what is due until nothing is: claims, posts and writes go on side by side.

    A slow receiver costs one place among those under way, never the progress of the others.
    """

    def __init__(self, courier: Sends, uniform: Uniform = random.uniform) -> None:
        self._courier = courier
        self._uniform = uniform
        # Requests under way, by endpoint.
        self._busy: Counter[str] = Counter()
        self._results: list[Result] = []
        self._news = asyncio.Event()
        self._may_be_due = True
        self._draining = False

    def look_again(self) -> None:
        """Something may have become due."""
        self._may_be_due = True
        self._news.set()

    def drain(self) -> None:
        """Claim nothing more; `run` returns when the requests under way have ended."""
        self._draining = True
        self._news.set()

    async def run(self) -> None:
        """Work until nothing is due and nothing is under way."""
        while True:
            await self._gather()
            room = self._room()
            if not self._results and not room:
                if not self._busy.total():
                    return
                await self._news.wait()
                self._news.clear()
                continue
            results, self._results = self._results[:BATCH], self._results[BATCH:]
            self._may_be_due = False
            claims = await turn(results, room, self._busy, self._uniform)
            if len(claims) == room:
                self._may_be_due = True
            self._send(claims)

    async def _gather(self) -> None:
        """With many requests under way, let some more answers come: one commit serves them all."""
        waiting = len(self._results)
        if 0 < waiting < BATCH and self._busy.total() > waiting:
            await asyncio.sleep(GATHER_SECONDS)

    def _room(self) -> int:
        """How many deliveries to claim: answers make room, and let the next of their queues go."""
        if self._draining or not (self._may_be_due or self._results):
            return 0
        return max(0, min(policy.current().in_flight - self._busy.total(), BATCH))

    def _send(self, claims: Sequence[Claimed]) -> None:
        for claimed in claims:
            at = now()
            answer = self._courier.send(claimed, at)
            self._busy[claimed.endpoint.id] += 1
            answer.add_done_callback(partial(self._ended, claimed, at))

    def _ended(self, claimed: Claimed, at: datetime, answer: asyncio.Future[Outcome]) -> None:
        self._busy[claimed.endpoint.id] -= 1
        if not answer.cancelled():
            self._results.append(Result(claimed, answer.result(), at))
        self._news.set()
