"""The breaker of an endpoint: when it opens, what is tried meanwhile, and how it closes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from domain import cursors, events
from domain.access import Level, Role, Space
from domain.clock import Clock
from domain.db import fetch
from domain.mail import actions as mails
from domain.structures import members
from domain.structures.models import Structure
from tests.make import a_structure, an_account, an_actor
from tests.webhooks.conftest import Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver, Reply
from webhooks import alerts, breaker, endpoints, explain
from webhooks.delivery import quiet_until
from webhooks.dispatch import dispatch
from webhooks.endpoints import Kept, Resume
from webhooks.explain import Why
from webhooks.machine import Machine
from webhooks.models import Attempt, Delivery, Endpoint, EndpointStatus, NextAttempt
from webhooks.outbound import ErrorKind, Outcome
from webhooks.policy import Policy

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
SITE = Policy(key=b"")
MINUTE = timedelta(minutes=1)


def _after(outcomes: str, apart: timedelta = timedelta(0)) -> str:
    recent, at = breaker.NOTHING, AT
    for letter in outcomes:
        recent = breaker.counted(recent, at, SITE, succeeded=letter == "s")
        at += apart
    return recent


@pytest.mark.parametrize(
    ("outcomes", "apart", "opens"),
    [
        ("f" * 19, timedelta(0), False),
        ("f" * 20, timedelta(0), True),
        ("s" * 20 + "f" * 20, timedelta(0), False),
        ("s" * 20 + "f" * 21, timedelta(0), True),
        ("s" * 100 + "f" * 30, timedelta(0), False),
        ("f" * 40, timedelta(seconds=16), False),
        ("f" * 40, timedelta(seconds=14), True),
    ],
)
def test_it_opens_from_twenty_failures_and_more_than_half_within_five_minutes(
    outcomes: str, apart: timedelta, opens: bool
) -> None:
    assert breaker.is_too_bad(_after(outcomes, apart), SITE) is opens


def test_what_is_kept_of_the_past_stays_small() -> None:
    assert len(_after("sf" * 3_000, timedelta(seconds=1))) < 300


@pytest.mark.parametrize(
    ("status", "asked", "wait"),
    [
        (429, 120, timedelta(seconds=120)),
        (429, None, SITE.slow_down),
        (429, 10 * 86_400, timedelta(hours=24)),
        (503, 120, None),
        (500, None, None),
    ],
)
def test_only_an_answer_that_there_is_too_much_quiets_the_whole_endpoint(
    status: int, asked: int | None, wait: timedelta | None
) -> None:
    outcome = Outcome(status, 1, retry_after=asked, error=ErrorKind.STATUS)

    assert quiet_until(outcome, AT, SITE) == (AT + wait if wait else None)


async def _degraded(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, waiting: int = 6
) -> Kept:
    """An endpoint whose breaker has just opened, with so many messages of different objects."""
    site(breaker_failures=3, failing_from=100, in_flight_per_endpoint=3)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    receiver.reply = Reply(500)
    for n in range(waiting):
        await news(owner, about=await a_structure(), n=n)
    await run(machine)
    endpoint = await Endpoint.get(id=kept.endpoint.id)
    assert endpoint.status == EndpointStatus.DEGRADED
    return kept


async def _kinds() -> list[str]:
    return [
        e.kind for e in await events.after(0, limit=200) if e.subject_kind == "webhook_endpoint"
    ]


async def test_a_degraded_endpoint_is_probed_once_a_minute_and_its_queue_kept(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    kept = await _degraded(owner, receiver, machine, site)
    spent = {d.id: d.failures for d in await Delivery.all()}
    receiver.messages.clear()

    for _ in range(40):
        clock.advance(timedelta(seconds=30))
        await run(machine)

    assert len(receiver.messages) == 20
    assert {d.id: d.failures for d in await Delivery.all()} == spent
    assert await Delivery.filter(state="PENDING").count() == 6
    # The probes go round: one poisoned message alone does not keep the endpoint degraded.
    assert len({m.id for m in receiver.messages}) == 6
    assert {a.next_why for a in await Attempt.all().order_by("-at").limit(20)} == {
        NextAttempt.PROBE
    }
    assert (await Endpoint.get(id=kept.endpoint.id)).status == EndpointStatus.DEGRADED


async def test_the_first_success_closes_it_and_everything_goes(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    kept = await _degraded(owner, receiver, machine, site)
    receiver.reply = Reply()
    receiver.messages.clear()

    clock.advance(MINUTE)
    await run(machine)

    endpoint = await Endpoint.get(id=kept.endpoint.id)
    assert (endpoint.status, endpoint.degraded_at) == (EndpointStatus.ACTIVE, None)
    assert await Delivery.filter(state="DELIVERED").count() == 6
    assert (await _kinds())[-2:] == ["webhook.endpoint_degraded", "webhook.endpoint_recovered"]


async def test_others_are_told_that_an_endpoint_is_degraded_and_recovered(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    watcher = Receiver()
    await watcher.start()
    kinds = ("webhook.endpoint_degraded", "webhook.endpoint_recovered")
    await an_endpoint(owner, watcher, kinds=kinds)
    kept = await _degraded(owner, receiver, machine, site)
    receiver.reply = Reply()
    clock.advance(MINUTE)
    await run(machine)
    await run(machine)

    told = watcher.contents
    assert [t["type"] for t in told] == list(kinds)
    assert told[0]["data"]["endpoint"]["id"] == kept.endpoint.id
    assert (told[0]["data"]["lastStatus"], told[0]["data"]["lastError"]) == (500, "STATUS")
    assert told[0]["data"]["endpoint"]["status"] == "DEGRADED"
    await watcher.stop()


async def test_a_ping_or_a_redelivery_probes_at_once(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    kept = await _degraded(owner, receiver, machine, site)
    receiver.reply = Reply()

    await endpoints.ping(an_actor(owner), kept.endpoint.id)
    await run(machine)

    assert (await Endpoint.get(id=kept.endpoint.id)).status == EndpointStatus.ACTIVE


@pytest.mark.parametrize(
    ("start", "sent"), [(Resume.ALL, [0, 1, 2, 3]), (Resume.SINCE, [2, 3]), (Resume.NOW, [3])]
)
async def test_a_degraded_endpoint_is_paused_and_resumed_like_any_other(
    owner: Structure,
    receiver: Receiver,
    machine: Machine,
    site: Site,
    clock: Clock,
    start: Resume,
    sent: list[int],
) -> None:
    site(breaker_failures=1)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    actor = an_actor(owner)
    receiver.reply = Reply(500)
    waiting = [await news(owner, n=n) for n in range(3)]
    await run(machine)
    assert (await Endpoint.get(id=kept.endpoint.id)).status == EndpointStatus.DEGRADED
    assert await Delivery.filter(state="HELD").count() == 2

    paused = await endpoints.pause(actor, kept.endpoint.id)
    assert (paused.status, paused.degraded_at) == (EndpointStatus.PAUSED, None)
    receiver.reply = Reply()
    receiver.messages.clear()
    cursor = cursors.event(waiting[1].position)
    await endpoints.resume(actor, kept.endpoint.id, start, cursor)
    await news(owner, n=3)
    await run(machine)

    assert [c["data"]["n"] for c in receiver.contents] == sent


async def test_an_endpoint_degraded_for_five_days_is_paused(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    kept = await _degraded(owner, receiver, machine, site)

    clock.advance(timedelta(days=5, seconds=1))
    await run(machine)

    endpoint = await Endpoint.get(id=kept.endpoint.id)
    assert (endpoint.status, endpoint.paused_reason) == (EndpointStatus.PAUSED, "NO_SUCCESS")
    assert await Delivery.filter(state="PENDING").count() == 6


async def test_too_many_requests_quiets_the_endpoint_for_as_long_as_it_asks(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    site(in_flight_per_endpoint=1)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    answers = itertools.chain([Reply(429, {"retry-after": "90"})], itertools.repeat(Reply()))
    receiver.reply = lambda _: next(answers)
    first = [await news(owner, about=await a_structure(), n=n) for n in range(4)]
    await run(machine)
    assert len(receiver.messages) == 1
    why = await explain.explain(an_actor(owner), first[3].id, kept.endpoint.id)
    assert why is not None
    assert why.why is Why.RECEIVER_ASKED_TO_WAIT

    clock.advance(timedelta(seconds=89))
    await run(machine)
    assert len(receiver.messages) == 1

    clock.advance(timedelta(seconds=1))
    await run(machine)
    assert await Delivery.filter(state="DELIVERED").count() == 4


async def test_retry_after_as_a_date_is_honoured(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver)
    later = datetime.now(UTC) + timedelta(hours=2)
    receiver.reply = Reply(503, {"retry-after": later.strftime("%a, %d %b %Y %H:%M:%S GMT")})

    await news(owner)
    await run(machine)

    delivery = await Delivery.get()
    assert delivery.next_attempt_at is not None
    assert abs(delivery.next_attempt_at - later) < timedelta(seconds=5)
    assert (await Attempt.get()).next_why == NextAttempt.RETRY_AFTER


async def test_a_degraded_endpoint_explains_what_waits(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    kept = await _degraded(owner, receiver, machine, site)
    waiting = await Delivery.filter(attempts=0).first()
    assert waiting is not None

    why = await explain.explain(an_actor(owner), waiting.event_id, kept.endpoint.id)

    assert why is not None
    assert why.why is Why.WAITS_FOR_PROBE


async def test_those_who_manage_the_webhooks_are_written_to_once_for_each_change(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, clock: Clock
) -> None:
    (main,) = await members.managers_of(owner.id)
    second = await an_account(owner, role=Role.SECONDARY_MANAGER, locale="EN")
    await an_account(owner, role=Role.USER)
    await an_account(await a_structure())

    await _degraded(owner, receiver, machine, site)
    for _ in range(5):
        clock.advance(MINUTE)
        await run(machine)
    letters = {mail.recipient: words for mail, words in await mails.latest()}
    assert len(await mails.latest()) == 2
    assert letters.keys() == {main.email, second.email}
    assert "Messages en attente : 6" in letters[main.email].body
    assert "Messages waiting: 6" in letters[second.email].body
    assert all("STATUS 500" in letter.body for letter in letters.values())
    assert all(receiver.url in letter.body for letter in letters.values())

    receiver.reply = Reply(410)
    clock.advance(MINUTE)
    await run(machine)
    kinds = [mail.kind for mail, _ in await mails.latest()]
    assert kinds == ["webhook_paused"] * 2 + ["webhook_degraded"] * 2
    letters = [letter.body for _, letter in await mails.latest()]
    assert "webhookEndpointResume" in letters[0]
    assert "SKIP_AFTER" in letters[2]
    assert "perdu" not in letters[2]


async def test_a_pause_that_was_asked_for_is_not_written_about(
    owner: Structure, receiver: Receiver
) -> None:
    kept = await an_endpoint(owner, receiver)

    await endpoints.pause(an_actor(owner), kept.endpoint.id)

    assert await mails.latest() == []
    assert (await fetch("SELECT COUNT(*) FROM mail"))[0][0] == 0


async def test_who_subscribed_the_space_with_modification_is_written_to(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    (main,) = await members.managers_of(owner.id)
    writes = await an_account(
        owner, role=Role.USER, spaces=[(Space.RACCORDEMENTS, Level.MODIFICATION)]
    )
    await an_account(
        owner, role=Role.USER, spaces=[(Space.RACCORDEMENTS, Level.CONSULTATION_UNIQUEMENT)]
    )

    await _degraded(owner, receiver, machine, site)
    await dispatch()

    told = {mail.recipient for mail, _ in await mails.latest()}
    assert told == {main.email, writes.email}


def test_a_letter_counts_what_waits_up_to_a_thousand() -> None:
    assert [alerts.in_words(n) for n in (0, 6, 1_000, 1_001)] == ["0", "6", "1000", "> 1000"]
