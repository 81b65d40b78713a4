"""From an event to a receiver: order, retries, health, and what is written down."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from domain import cursors, events
from domain.access import Permission
from domain.clock import Clock
from domain.events import Change
from domain.structures.models import Structure
from tests.make import a_structure, an_actor
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks import dispatch, endpoints
from webhooks.delivery import settlement, turn
from webhooks.envelope import body_of
from webhooks.machine import Machine
from webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, EndpointStatus, NextAttempt
from webhooks.outbound import ErrorKind, Outcome
from webhooks.policy import Policy

STANDARD = Policy(key=b"")


def failing(status: int = 500, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()})


async def states(endpoint: Endpoint) -> list[str]:
    rows = await Delivery.filter(endpoint_id=endpoint.id).order_by("position")
    return [row.state.value for row in rows]


async def test_an_event_arrives_once_signed_with_the_whole_envelope(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver)

    event = await news(owner, name="Papeterie")
    await run(machine)
    await run(machine)

    (message,) = receiver.messages
    assert message.is_signed_by(kept.secret)
    assert message.content == {
        "id": event.id,
        "type": "structure.updated",
        "timestamp": event.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "cursor": cursors.event(event.position),
        "subject": owner.id,
        "subjectSequence": event.subject_sequence,
        "tenant": owner.id,
        "environment": "sandbox",
        "onBehalfOf": None,
        "actor": {"kind": "PERSON", "party": None, "technicalAccount": None},
        "change": None,
        "apiVersion": "2026-11",
        "data": {"name": "Papeterie"},
    }
    headers = message.headers
    assert headers["webhook-id"] == event.id
    assert headers["webhook-attempt"] == "1"
    assert headers["webhook-event-type"] == "structure.updated"
    assert headers["webhook-environment"] == "sandbox"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("Bordereau/")
    assert len(headers["traceparent"].split("-")) == 4


async def test_the_attempt_is_written_down(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver)
    receiver.reply = Reply(202, body=b"merci \xff\x00\x1b[31m")

    await news(owner)
    await run(machine)

    delivery = await Delivery.get(endpoint_id=kept.endpoint.id)
    attempt = await Attempt.get(delivery_id=delivery.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    assert delivery.body.encode() == receiver.messages[0].body
    assert (attempt.number, attempt.status, attempt.error) == (1, 202, None)
    assert attempt.excerpt == "merci \\xff\\u0000\\u001b[31m"
    assert attempt.request_id == receiver.messages[0].headers["x-request-id"]
    assert attempt.next_why == NextAttempt.DELIVERED
    endpoint = await Endpoint.get(id=kept.endpoint.id)
    assert endpoint.last_success_at is not None


async def test_an_endpoint_is_told_nothing_from_before_its_time(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await news(owner)
    await an_endpoint(owner, receiver)

    await run(machine)

    assert receiver.messages == []


async def test_an_endpoint_is_told_what_its_author_may_read_and_no_more(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    only = an_actor(owner, permissions=[Permission.MANAGE_WEBHOOKS])
    await endpoints.create(only, owner.id, endpoints.EndpointDraft(receiver.url))
    other = await a_structure()

    await news(owner)
    await news(other)
    await run(machine)

    assert receiver.messages == []


async def test_kinds_and_filters_choose_what_is_sent(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    other = await a_structure()
    await an_endpoint(owner, receiver, kinds=("service.opened",))
    await an_endpoint(owner, receiver, wanted={"subjects": (other.id,)})

    await news(owner)
    await news(owner, about=other)
    await run(machine)

    assert [m.content["subject"] for m in receiver.messages] == [other.id]


async def test_a_retry_sends_the_same_bytes_signed_anew(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver)
    receiver.reply = failing(500)
    await news(owner)
    await run(machine)

    receiver.reply = Reply()
    clock.advance(timedelta(seconds=6))
    await run(machine)

    first, second = receiver.messages
    assert first.body == second.body
    assert first.id == second.id
    assert (first.headers["webhook-attempt"], second.headers["webhook-attempt"]) == ("1", "2")
    times = [int(m.headers["webhook-timestamp"]) for m in (first, second)]
    assert times[1] - times[0] == 6
    assert all(m.is_signed_by(kept.secret) for m in receiver.messages)


def test_the_schedule_is_followed_with_ten_per_cent_of_jitter() -> None:
    at = events.now()
    failed = Outcome(500, 3, error=ErrorKind.STATUS)

    for failures, seconds in enumerate(STANDARD.retry_seconds[1:]):
        for uniform, factor in ((min, 0.9), (max, 1.1)):
            then = settlement(failed, failures, at, STANDARD, uniform)
            assert then.state is DeliveryState.PENDING
            assert then.next_attempt_at == at + timedelta(seconds=seconds * factor)
            assert then.why is NextAttempt.SCHEDULE


def test_the_standard_schedule_is_ten_attempts_over_75_hours() -> None:
    assert len(STANDARD.retry_seconds) == 10
    assert timedelta(seconds=sum(STANDARD.retry_seconds)) == timedelta(
        hours=75, minutes=35, seconds=5
    )


@pytest.mark.parametrize(
    ("asked", "waits", "why"),
    [
        (60, timedelta(seconds=60), NextAttempt.RETRY_AFTER),
        (1, timedelta(seconds=5), NextAttempt.SCHEDULE),
        (10 * 86_400, timedelta(hours=24), NextAttempt.RETRY_AFTER),
    ],
)
def test_retry_after_is_honoured_up_to_a_day_and_never_hastens(
    asked: int, waits: timedelta, why: NextAttempt
) -> None:
    at = events.now()
    busy = Outcome(503, 3, error=ErrorKind.STATUS, retry_after=asked)

    then = settlement(busy, 0, at, replace(STANDARD, jitter=0), max)

    assert (then.next_attempt_at, then.why) == (at + waits, why)


async def test_retry_after_of_a_receiver_sets_the_next_attempt(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver)
    receiver.reply = failing(429, retry_after="120")

    await news(owner)
    await run(machine)

    delivery = await Delivery.get(endpoint_id=kept.endpoint.id)
    assert delivery.next_attempt_at == clock.now() + timedelta(seconds=120)


async def test_deliveries_of_a_subject_keep_their_order_behind_a_failing_one(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver)
    receiver.reply = failing(500)
    for n in range(3):
        await news(owner, n=n)
    other = await a_structure()
    await news(owner, about=other)
    await run(machine)

    assert await states(kept.endpoint) == ["PENDING", "HELD", "HELD", "PENDING"]

    receiver.reply = Reply()
    receiver.messages.clear()
    clock.advance(timedelta(seconds=6))
    await run(machine)

    assert await states(kept.endpoint) == ["DELIVERED"] * 4
    own = [m.content["data"]["n"] for m in receiver.messages if m.content["subject"] == owner.id]
    assert own == [0, 1, 2]


async def test_a_receiver_that_fails_at_random_still_sees_each_subject_in_order(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=(0,) * 60)
    await an_endpoint(owner, receiver)
    dice = random.Random(7)
    accepted: list[Message] = []

    def reply(message: Message) -> Reply:
        if dice.random() < 0.4:
            return Reply(500, delay=dice.random() / 100)
        accepted.append(message)
        return Reply(delay=dice.random() / 100)

    receiver.reply = reply
    subjects = [await a_structure() for _ in range(5)]
    for n in range(6):
        for subject in subjects:
            await news(owner, about=subject, n=n)
    await run(machine)

    for subject in subjects:
        seen = [m.content["data"]["n"] for m in accepted if m.content["subject"] == subject.id]
        assert seen == list(range(6))


async def test_a_delivery_that_uses_up_its_schedule_lets_the_next_one_go(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=AT_ONCE)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    watcher = Receiver()
    await watcher.start()
    await an_endpoint(owner, watcher, kinds=("webhook.deliveries_exhausted",))
    receiver.reply = lambda m: Reply(500 if m.content["data"].get("n") == 0 else 200)

    for n in range(2):
        await news(owner, n=n)
    await run(machine)
    await run(machine)

    assert (await states(kept.endpoint))[:2] == ["EXHAUSTED", "DELIVERED"]
    assert [m.content["data"].get("n") for m in receiver.messages] == [0, 0, 0, 1]
    (told,) = watcher.contents
    assert told["type"] == "webhook.deliveries_exhausted"
    assert told["data"]["endpoint"]["id"] == kept.endpoint.id
    assert told["data"]["attempts"] == 3
    await watcher.stop()


async def test_exhausted_news_of_webhooks_is_not_news_itself(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=(0,))
    receiver.reply = failing(500)
    await an_endpoint(owner, receiver)
    await an_endpoint(owner, receiver)

    await news(owner)
    for _ in range(4):
        await run(machine)

    kinds = [e.kind for e in await events.after(0, limit=100)]
    assert kinds.count("webhook.deliveries_exhausted") == 2
    told = [m.headers["webhook-event-type"] for m in receiver.messages]
    assert sorted(told) == [
        "structure.updated",
        "structure.updated",
        "webhook.deliveries_exhausted",
        "webhook.deliveries_exhausted",
    ]


async def test_an_answer_410_pauses_the_endpoint_and_keeps_the_delivery(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver)
    receiver.reply = failing(410)

    await news(owner)
    await run(machine)
    clock.advance(timedelta(days=1))
    await news(owner)
    await run(machine)

    endpoint = await Endpoint.get(id=kept.endpoint.id)
    assert (endpoint.status, endpoint.paused_reason) == (EndpointStatus.PAUSED, "GONE")
    assert len(receiver.messages) == 1
    assert await states(endpoint) == ["PENDING", "HELD"]
    (paused,) = [e for e in await events.after(0, limit=50) if e.kind == "webhook.endpoint_paused"]
    assert paused.data["reason"] == "GONE"


async def test_an_endpoint_without_success_for_five_days_is_paused(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver)
    clock.advance(timedelta(days=30))
    receiver.reply = failing(500)
    await news(owner)
    await run(machine)
    assert (await Endpoint.get(id=kept.endpoint.id)).status == EndpointStatus.ACTIVE

    clock.advance(timedelta(days=5, seconds=1))
    await run(machine)

    endpoint = await Endpoint.get(id=kept.endpoint.id)
    assert (endpoint.status, endpoint.paused_reason) == (EndpointStatus.PAUSED, "NO_SUCCESS")


async def test_one_sick_endpoint_slows_no_other(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(in_flight=24, in_flight_per_endpoint=8)
    sick = Receiver(Reply(delay=30))
    await sick.start()
    await an_endpoint(owner, sick)
    await an_endpoint(owner, receiver)
    about = [await a_structure() for _ in range(40)]
    for subject in about:
        await news(owner, about=subject)
    arrived: list[int] = []

    def notes(message: Message) -> Reply:
        arrived.append(len(sick.messages))
        return Reply()

    receiver.reply = notes
    await dispatch.dispatch()
    delivering = asyncio.ensure_future(machine.deliver())
    await receiver.has(40)

    assert max(arrived) <= 8
    assert not delivering.done()
    delivering.cancel()
    await sick.stop()


async def test_two_claims_never_take_the_same_delivery(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver)
    for _ in range(10):
        await news(owner, about=await a_structure())
    await dispatch.dispatch()

    first, second = (await turn([], 6)).claims, (await turn([], 10)).claims

    assert (len(first), len(second)) == (6, 4)
    assert not {c.id for c in first} & {c.id for c in second}


async def test_a_redirect_is_a_failure_and_is_not_followed(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver)
    receiver.reply = failing(302, location=receiver.url + "/elsewhere")

    await news(owner)
    await run(machine)

    assert [m.path for m in receiver.messages] == ["/hook"]
    assert (await Attempt.get()).status == 302
    assert await states(kept.endpoint) == ["PENDING"]


async def test_the_bookmark_and_the_deliveries_move_together(
    owner: Structure, receiver: Receiver, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await an_endpoint(owner, receiver)
    event = await news(owner)
    calls = count()

    async def dies(*args: Any) -> int:
        if next(calls) == 1:
            raise RuntimeError("the process dies here")
        return await real(*args)

    real = dispatch.execute
    monkeypatch.setattr(dispatch, "execute", dies)
    with pytest.raises(RuntimeError, match="dies here"):
        await dispatch.dispatch()

    assert await states(kept.endpoint) == []
    assert await dispatch.position() < event.position
    monkeypatch.undo()
    assert await dispatch.dispatch() == 1


async def test_a_body_says_why_a_status_changed(owner: Structure) -> None:
    event = await news(owner)
    changed = replace(
        event,
        party="RECIPIENT",
        change=Change("MISE_A_DISPOSITION", "SUSPENDUE", "JUSTIF_ABS", "il manque une pièce"),
    )

    assert json.loads(body_of(changed, owner.id, "sandbox"))["change"] == {
        "from": "MISE_A_DISPOSITION",
        "to": "SUSPENDUE",
        "reason": {"code": "JUSTIF_ABS", "label": "Justificatif absent ou insuffisant"},
        "comment": "il manque une pièce",
        "actor": {"kind": "RECIPIENT"},
    }
