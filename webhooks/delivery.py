"""Delivering: claimed messages are sent, and what came of them is written in short batches."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from domain import events
from domain.clock import real_now
from domain.db import Deadlock
from domain.ids import new_id
from webhooks import alerts, breaker, health, life, policy, queue, sent_headers
from webhooks.health import Tried
from webhooks.models import (
    DeliveryState,
    Endpoint,
    EndpointStatus,
    NextAttempt,
    PauseReason,
    SkipReason,
)
from webhooks.outbound import ErrorKind, Outcome
from webhooks.policy import Policy
from webhooks.queue import AttemptRow, Claimed, Settlement, Taken

# Claimed at a time, and written at a time.
BATCH = 200
GATHER_SECONDS = 0.004
# A message that fell with its workers so often may be what makes them fall: it then waits.
INTERRUPTIONS_AT_ONCE = 3
GONE = 410
TOO_MANY = 429
_INTERRUPTED = Outcome(
    None,
    0,
    error=ErrorKind.INTERRUPTED,
    detail="The worker stopped before it could note the answer.",
)

Uniform = Callable[[float, float], float]

log = logging.getLogger(__name__)


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
    asked = wait_asked(outcome, site)
    # Never sooner than planned: a short Retry-After through a long trouble would use up all
    # the attempts at once.
    if asked > planned:
        return Settlement(DeliveryState.PENDING, failures, at + asked, NextAttempt.RETRY_AFTER)
    return Settlement(DeliveryState.PENDING, failures, at + planned, NextAttempt.SCHEDULE)


def settlement_of_probe(outcome: Outcome, failures: int, at: datetime, site: Policy) -> Settlement:
    """What becomes of the message that was tried to see if a degraded endpoint is well again.

    A failure counts against nobody's schedule; the next probe is another message, if there is.
    """
    if outcome.error is None:
        return Settlement(DeliveryState.DELIVERED, 0, None, NextAttempt.DELIVERED)
    again = at + max(site.probe_every, wait_asked(outcome, site))
    return Settlement(DeliveryState.PENDING, failures, again, NextAttempt.PROBE)


def wait_asked(outcome: Outcome, site: Policy) -> timedelta:
    """How long the receiver asked to wait (Retry-After), as far as the site goes along."""
    return min(timedelta(seconds=outcome.retry_after or 0), site.longest_retry_after)


def quiet_until(outcome: Outcome, at: datetime, site: Policy) -> datetime | None:
    """Until when nothing at all is sent to an endpoint that answered that it gets too much."""
    if outcome.status != TOO_MANY:
        return None
    return at + (wait_asked(outcome, site) or site.slow_down)


def pause_reason(
    outcome: Outcome, failing_since: datetime, at: datetime, site: Policy
) -> PauseReason | None:
    """Why an endpoint is to be paused after this failed attempt, if it is."""
    if outcome.status == GONE:
        return PauseReason.GONE
    return PauseReason.NO_SUCCESS if at - failing_since > site.pause_after else None


def is_too_late(claimed: Claimed, at: datetime, site: Policy) -> bool:
    """Whether the lease could end before the answer comes.

    A process that stood still must not send now: another one may have sent this message and the
    next ones of its subject. It keeps silent, and the delivery is taken back.
    """
    return at + site.longest_attempt > claimed.lease_until


async def turn(
    results: Sequence[Result],
    room: int,
    busy: Mapping[str, int] = MappingProxyType({}),
    uniform: Uniform = random.uniform,
) -> Taken:
    """Write down what came of some attempts and take up to `room` new ones, in one transaction.

    What came is known here alone: a transaction that gives way to another one is begun again.
    """
    while True:
        try:
            return await _turn(results, room, busy, uniform)
        except Deadlock:
            log.warning("a deadlock: %d answers are written again", len(results))


async def _turn(
    results: Sequence[Result], room: int, busy: Mapping[str, int], uniform: Uniform
) -> Taken:
    async with events.transaction():
        if results:
            await _write(results, uniform)
        return await queue.take(room, busy) if room else Taken()


async def _write(results: Sequence[Result], uniform: Uniform) -> None:
    site, at = policy.current(), real_now()
    endpoints = await queue.lock_endpoints(r.claimed.endpoint.id for r in results)
    held = await queue.still_held(r.claimed for r in results)
    settled = [
        (r, _then(r, at, site, uniform)) for r in results if (r.claimed.id, r.claimed.lease) in held
    ]
    await queue.write_attempts([_attempt(result, then) for result, then in settled])
    await queue.write_settlements([(result.claimed, then) for result, then in settled])
    await health.tally(_tried(result, then) for result, then in settled)
    before = {endpoint.id: EndpointStatus(endpoint.status) for endpoint in endpoints.values()}
    for result, then in settled:
        _note(endpoints[result.claimed.endpoint.id], result, then, at, site)
    await queue.write_health(endpoints.values())
    await _end_of_deleted(endpoints.values())
    for endpoint in endpoints.values():
        await _follow(before[endpoint.id], endpoint, results)


async def take_back(*, alone: bool = False, uniform: Uniform = random.uniform) -> int:
    """Make the deliveries of dead workers due again, or give them up; their number.

    An interruption is a failed attempt, so that a message that kills its worker again and again
    comes later and later, and ends. It says nothing of the endpoint. `alone`: no other process
    works on this database; what it was sending when it ended is taken whatever its lease, and due
    at once.
    """
    site, at = policy.current(), real_now()
    until = datetime.max.replace(tzinfo=at.tzinfo) if alone else at
    if not (concerned := await queue.endpoints_of_lost(until)):
        return 0
    async with events.transaction():
        endpoints = await queue.lock_endpoints(concerned)
        lost = await queue.lost(endpoints, until)
        settled = [
            (Result(claimed, _INTERRUPTED, at), _again(claimed, at, site, uniform, alone=alone))
            for claimed in lost
        ]
        attempts = [_attempt(result, then)._replace(latency_ms=None) for result, then in settled]
        await queue.write_attempts(attempts)
        await queue.write_settlements([(result.claimed, then) for result, then in settled])
        await queue.count_anew_if_unanswered(claimed.id for claimed in lost)
        given_up = [one for one in settled if one[1].state is DeliveryState.EXHAUSTED]
        await health.tally(_tried(result, then) for result, then in given_up)
        for result, _ in given_up:
            if is_news(result.claimed):
                life.tell(life.EXHAUSTED, result.claimed.endpoint, _given_up(result))
        await queue.write_health(
            {r.claimed.endpoint.id: r.claimed.endpoint for r, _ in given_up}.values()
        )
        await _end_of_deleted(endpoints.values())
    return len(lost)


async def _end_of_deleted(endpoints: Iterable[Endpoint]) -> None:
    """Give up what was under way when its endpoint was deleted, and came back to be tried again."""
    for endpoint in endpoints:
        if endpoint.status == EndpointStatus.DELETED:
            await queue.skip(endpoint.id, SkipReason.ENDPOINT_DELETED.value)


def _again(
    claimed: Claimed, at: datetime, site: Policy, uniform: Uniform, *, alone: bool
) -> Settlement:
    """What becomes of a delivery whose worker died."""
    then = settlement(_INTERRUPTED, claimed.failures, at, site, uniform)
    at_once = alone or claimed.failures < INTERRUPTIONS_AT_ONCE
    is_due = at_once and then.next_attempt_at is not None
    return replace(then, next_attempt_at=at) if is_due else then


def _then(result: Result, at: datetime, site: Policy, uniform: Uniform) -> Settlement:
    claimed, outcome = result.claimed, result.outcome
    if claimed.is_probe:
        return settlement_of_probe(outcome, claimed.failures, at, site)
    return settlement(outcome, claimed.failures, at, site, uniform)


def _note(endpoint: Endpoint, result: Result, then: Settlement, at: datetime, site: Policy) -> None:
    """Keep the health of the endpoint, and tell what changes of it or is given up."""
    succeeded = result.outcome.error is None
    endpoint.recent = breaker.counted(endpoint.recent, at, site, succeeded=succeeded)
    if succeeded:
        endpoint.consecutive_failures = 0
        endpoint.failing_since = None
        endpoint.last_success_at = at
        if endpoint.status == EndpointStatus.DEGRADED:
            life.recover(endpoint)
        return
    endpoint.consecutive_failures += 1
    endpoint.failing_since = endpoint.failing_since or at
    endpoint.last_failure_at = at
    if (until := quiet_until(result.outcome, at, site)) is not None:
        endpoint.not_before = max(until, endpoint.not_before or until)
    if then.state is DeliveryState.EXHAUSTED and is_news(result.claimed):
        life.tell(life.EXHAUSTED, endpoint, _given_up(result))
    _judge(endpoint, result.outcome, at, site)


def _judge(endpoint: Endpoint, outcome: Outcome, at: datetime, site: Policy) -> None:
    """Pause or degrade an endpoint that has just failed, if that is what is due."""
    last = {"lastStatus": outcome.status, "lastError": outcome.error}
    reason = pause_reason(outcome, endpoint.failing_since or at, at, site)
    if endpoint.status in (EndpointStatus.PAUSED, EndpointStatus.DELETED):
        return
    if reason is not None:
        life.pause(endpoint, reason, at, last)
    elif endpoint.status == EndpointStatus.ACTIVE and breaker.is_too_bad(endpoint.recent, site):
        life.degrade(endpoint, at, site, last)


async def _follow(before: EndpointStatus, endpoint: Endpoint, results: Sequence[Result]) -> None:
    """Do what a change of status calls for beside the event that tells it."""
    if endpoint.status == before:
        return
    if endpoint.status == EndpointStatus.ACTIVE:
        await queue.count_anew(endpoint.id)
        return
    outcomes = [r.outcome for r in results if r.claimed.endpoint.id == endpoint.id]
    await alerts.write(endpoint, next((o for o in reversed(outcomes) if o.error), None))


def is_news(claimed: Claimed) -> bool:
    """Whether giving it up is told: news of webhooks that nobody takes would breed without end."""
    return not claimed.event_kind.startswith(life.ABOUT_ENDPOINTS)


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

    def __init__(
        self,
        courier: Sends,
        uniform: Uniform = random.uniform,
        look_later: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self._courier = courier
        self._uniform = uniform
        self._look_later = look_later
        # Requests under way by endpoint, with those whose answer is not written down yet: until
        # then nobody knows how the endpoint is.
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
            results = self._next_results()
            room = self._room(answered=bool(results))
            if not results and not room:
                if not self._busy.total():
                    return
                await self._news.wait()
                self._news.clear()
                continue
            self._may_be_due = False
            taken = await turn(results, room, self._busy, self._uniform)
            if taken.more:
                self._may_be_due = True
            if taken.again_at is not None:
                self._look_later(taken.again_at)
            self._send(taken.claims)

    async def _gather(self) -> None:
        """With many requests under way, let some more answers come: one commit serves them all."""
        waiting = len(self._results)
        if 0 < waiting < BATCH and self._busy.total() > 2 * waiting:
            await asyncio.sleep(GATHER_SECONDS)

    def _next_results(self) -> list[Result]:
        """The answers to write down now; their places are free with the same commit."""
        results, self._results = self._results[:BATCH], self._results[BATCH:]
        self._busy.subtract(result.claimed.endpoint.id for result in results)
        return results

    def _room(self, *, answered: bool) -> int:
        """How many deliveries to claim: answers make room, and let the next of their queues go."""
        if self._draining or not (self._may_be_due or answered):
            return 0
        return max(0, min(policy.current().in_flight - self._busy.total(), BATCH))

    def _send(self, claims: Sequence[Claimed]) -> None:
        for claimed in claims:
            at = real_now()
            if is_too_late(claimed, at, policy.current()):
                continue
            answer = self._courier.send(claimed, at)
            self._busy[claimed.endpoint.id] += 1
            answer.add_done_callback(partial(self._ended, claimed, at))

    def _ended(self, claimed: Claimed, at: datetime, answer: asyncio.Future[Outcome]) -> None:
        if answer.cancelled():
            self._busy[claimed.endpoint.id] -= 1
        else:
            self._results.append(Result(claimed, answer.result(), at))
        self._news.set()
