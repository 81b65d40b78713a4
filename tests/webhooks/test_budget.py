"""What the documents of one structure may take: what needs more waits, and nobody else does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import events
from domain.access import Actor, Permission
from domain.clock import Clock, real_now
from domain.db import dialect
from domain.errors import Problem
from domain.structures.models import Structure
from tests.make import a_structure, a_supplier, an_actor
from tests.webhooks.conftest import Site, an_endpoint, dispatched, news, run, written
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_locks import somebody_waits
from webhooks import (
    budget,
    documents,
    endpoints,
    explain,
    health,
    life,
    queue,
    replaying,
    replays,
    writing,
)
from webhooks.dispatch import dispatch
from webhooks.documents import Answer, Language
from webhooks.endpoints import Resume
from webhooks.explain import Why
from webhooks.machine import Machine
from webhooks.models import Delivery, DeliveryState, Endpoint, NextAttempt, Ordering, Payload
from webhooks.options import Options
from webhooks.queue import Settlement
from webhooks.replays import Bound, ReplayDraft
from webhooks.words import EXPLANATIONS

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
KIND = "query($event: ID!) { event(id: $event) { kind } }"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def test_a_budget_is_a_minutes_worth_given_back_steadily() -> None:
    used = None
    for _ in range(20):
        assert not budget.is_spent(used, AT, 20)
        used = budget.after(used, SECOND, AT, 20)

    assert budget.is_spent(used, AT, 20)
    # Three seconds give one back, a minute gives all of them back, and never more.
    after_three = budget.after(used, SECOND, AT + 3 * SECOND, 20)
    assert not budget.is_spent(used, AT + 3 * SECOND, 20)
    assert budget.is_spent(after_three, AT + 3 * SECOND, 20)
    assert budget.after(used, SECOND, AT + 60 * MINUTE, 20) == AT + 60 * MINUTE + 3 * SECOND


def test_what_a_document_took_too_much_is_waited_for() -> None:
    used = budget.after(None, timedelta(seconds=30), AT, 20)

    moments = [n for n in range(60) if not budget.is_spent(used, AT + n * SECOND, 20)]

    assert moments[0] == 31


@pytest.mark.parametrize("took", [0.01, 0.4, 1, 7])
@pytest.mark.parametrize("per_minute", [0.5, 20, 600])
def test_no_hour_takes_more_than_its_minutes(took: float, per_minute: float) -> None:
    used, at, taken = None, AT, 0.0
    while at < AT + 60 * MINUTE:
        if budget.is_spent(used, at, per_minute):
            at += timedelta(seconds=0.2)
        else:
            began, at = at, at + timedelta(seconds=took)
            used = budget.after(used, at - began, began, per_minute)
            taken += took

    # The budget of the hour, what stood full at its beginning, and the last document.
    assert taken <= per_minute * 61 + took
    assert taken >= min(per_minute * 59, 3600 - took)


def test_without_a_budget_nothing_waits() -> None:
    used = budget.after(AT + 60 * MINUTE, 60 * MINUTE, AT, 0)

    assert used is None
    assert not budget.is_spent(AT + 60 * MINUTE, AT, 0)


class Slow:
    """The language of documents, in which each one of some structures takes its time."""

    def __init__(self, language: Language, clock: Clock) -> None:
        self._language = language
        self._clock = clock
        self.takes: dict[str, timedelta] = {}
        self.asked: Counter[str] = Counter()
        self.meanwhile: Any = None

    def problems(
        self, document: str, held: Collection[Permission], path: tuple[str, ...]
    ) -> list[Problem]:
        return self._language.problems(document, held, path)

    async def answer(self, document: str, reader: Actor, variables: Mapping[str, str]) -> Answer:
        self.asked[variables["event"]] += 1
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            await act()
        self._clock.advance(self.takes.get(variables["structure"], timedelta()))
        return await self._language.answer(document, reader, variables)


@pytest.fixture
def slow(clock: Clock) -> Slow:
    one = Slow(documents.language(), clock)
    documents.configure(one)
    return one


async def with_document(owner: Structure, receiver: Receiver, **more: Any) -> Endpoint:
    asked = {"payload": Payload.DOCUMENT, "document": KIND, "kinds": ("structure.updated",)}
    return (await an_endpoint(owner, receiver, **asked | more)).endpoint


async def why(owner: Structure, endpoint: Endpoint, event: events.Event) -> Why:
    found = await explain.explain(an_actor(owner), event.id, endpoint.id)
    assert found is not None
    return found.why


async def unwritten(endpoint: Endpoint) -> int:
    return await Delivery.filter(endpoint_id=endpoint.id, body="").count()


@pytest.fixture
async def other(database: str) -> AsyncIterator[tuple[Structure, Receiver]]:
    """Another structure, with a receiver of its own."""
    receiver = Receiver()
    await receiver.start()
    yield await a_supplier(), receiver
    await receiver.stop()


async def test_slow_documents_delay_their_own_structure_alone(
    owner: Structure,
    receiver: Receiver,
    other: tuple[Structure, Receiver],
    machine: Machine,
    clock: Clock,
    slow: Slow,
    site: Site,
) -> None:
    # No delivery is too late because the clock was moved while it was under way.
    site(document_seconds_per_minute=4, timeout_seconds=60)
    slow.takes[owner.id] = SECOND
    neighbour, elsewhere = other
    heavy = await with_document(owner, receiver)
    beside = await with_document(neighbour, elsewhere)
    plain = (await an_endpoint(owner, elsewhere, kinds=("structure.updated",))).endpoint
    subjects = [owner, await a_structure()]
    told = [await news(owner, about=subjects[n % 2], n=n) for n in range(10)]
    theirs = [await news(neighbour, n=n) for n in range(10)]

    await run(machine)

    # Everybody else has everything; of the slow ones, what the budget pays for.
    assert await Delivery.filter(endpoint_id=beside.id, state="DELIVERED").count() == 10
    assert await Delivery.filter(endpoint_id=plain.id, state="DELIVERED").count() == 10
    assert Counter(m.id for m in elsewhere.messages) == Counter(e.id for e in told + theirs)
    assert Counter(m.id for m in receiver.messages) == Counter(e.id for e in told[:5])
    (figures,) = await health.figures([heavy.id])
    assert (figures.pending, figures.unwritten) == (5, 5)
    assert figures.budget_spent_since is not None
    assert await why(owner, heavy, told[4]) is Why.DELIVERED
    assert {await why(owner, heavy, event) for event in told[5:]} == {Why.DOCUMENT_BUDGET_SPENT}

    for _ in range(40):
        clock.advance(5 * SECOND)
        await run(machine)

    assert Counter(m.id for m in receiver.messages) == Counter(e.id for e in told)
    for subject in subjects:
        mine = [m.content["subjectSequence"] for m in receiver.messages
                if m.content["subject"] == subject.id]  # fmt: skip
        assert mine == sorted(mine)
        assert len(mine) == 5
    assert all("data" in m.content for m in receiver.messages)
    assert {slow.asked[event.id] for event in told} == {1}
    (figures,) = await health.figures([heavy.id])
    assert (figures.pending, figures.unwritten, figures.budget_spent_since) == (0, 0, None)


async def test_the_budget_is_one_for_all_endpoints_of_a_structure(
    owner: Structure, receiver: Receiver, clock: Clock, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=4)
    slow.takes[owner.id] = SECOND
    first = await with_document(owner, receiver)
    document = "query($event: ID!) { event(id: $event) { id } }"
    second = await with_document(owner, receiver, document=document)
    for n in range(5):
        await news(owner, n=n)

    await dispatched()

    assert slow.asked.total() == 5
    assert await unwritten(first) + await unwritten(second) == 5
    # Fifteen seconds give one second back.
    clock.advance(16 * SECOND)
    await written()
    assert slow.asked.total() == 6


async def test_without_a_budget_a_structure_takes_what_it_takes(
    owner: Structure, receiver: Receiver, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=0)
    slow.takes[owner.id] = MINUTE
    endpoint = await with_document(owner, receiver)
    for n in range(5):
        await news(owner, n=n)

    await dispatched()

    assert await unwritten(endpoint) == 0


async def test_while_one_process_writes_for_a_structure_no_other_does(
    owner: Structure, receiver: Receiver, clock: Clock, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=0)
    endpoint = await with_document(owner, receiver)
    event = await news(owner)
    seen: list[Any] = []

    async def another() -> None:
        seen.extend([await writing.ready(), await writing.turn(owner.id)])
        # The one that writes is believed dead: it has come back, and another has begun.
        clock.advance(writing.LEASE)
        seen.extend([await writing.ready(), await writing.turn(owner.id)])

    slow.meanwhile = another
    await dispatched()

    assert seen == [[], 0, [owner.id], 1]
    assert slow.asked == {event.id: 2}
    (row,) = await Delivery.filter(endpoint_id=endpoint.id)
    assert (row.state.value, row.body == "") == ("PENDING", False)
    # Nobody holds it any more.
    await news(owner)
    assert await dispatched() == 1
    assert await unwritten(endpoint) == 0


async def test_what_is_written_while_the_one_before_it_ends_is_let_go(
    owner: Structure, receiver: Receiver, slow: Slow
) -> None:
    if dialect() != "postgres":
        pytest.skip("SQLite has one writer at a time")
    await with_document(owner, receiver)
    await news(owner, n=0)
    await dispatched()
    async with events.transaction():
        (claimed,) = (await queue.take(10, {})).claims
    await news(owner, n=1)
    await dispatch()
    ended = Settlement(DeliveryState.DELIVERED, 0, None, NextAttempt.DELIVERED)
    outside, watching = copy_context(), copy_context()

    async with events.transaction():
        await queue.write_settlements([(claimed, ended)])
        writer = asyncio.create_task(writing.turn(owner.id), context=outside)
        # Seen from outside: in a transaction PostgreSQL shows what it has shown before.
        await asyncio.create_task(somebody_waits(), context=watching)

    assert await writer == 1
    states = [row.state.value for row in await Delivery.all().order_by("position")]
    assert states == ["DELIVERED", "PENDING"]


async def test_what_a_process_that_died_was_writing_is_written_by_the_next(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, slow: Slow
) -> None:
    endpoint = await with_document(owner, receiver)
    await news(owner)
    await machine.dispatch()
    await writing._take(owner.id, "lea_of_the_dead")
    await run(machine)
    assert (await unwritten(endpoint), await writing.ready()) == (1, [])

    clock.advance(writing.LEASE)
    await machine.sweep()
    await receiver.has(1)

    assert len(receiver.messages) == 1


async def test_alone_a_process_waits_for_nobody_that_died(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, slow: Slow
) -> None:
    await with_document(owner, receiver)
    await news(owner)
    await writing._take(owner.id, "lea_of_the_dead")

    await machine.start(alone=True)
    await receiver.has(1)

    assert len(receiver.messages) == 1


async def test_a_spent_budget_is_told_once_and_its_end_once(
    owner: Structure, receiver: Receiver, clock: Clock, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=1)
    slow.takes[owner.id] = SECOND
    heavy = await with_document(owner, receiver)
    watching = (await an_endpoint(owner, receiver)).endpoint
    for n in range(12):
        await news(owner, n=n)

    async def told() -> list[str]:
        rows = await Delivery.filter(endpoint_id=watching.id).order_by("position")
        return [row.event_kind for row in rows if row.event_kind.startswith("webhook.")]

    since = real_now()
    await dispatched()
    assert await told() == []
    for _ in range(4):
        clock.advance(MINUTE + SECOND)
        await dispatched()
    assert await told() == []
    for _ in range(3):
        clock.advance(MINUTE + SECOND)
        await dispatched()
    assert await told() == [life.DOCUMENTS_LATE]
    for _ in range(8):
        clock.advance(MINUTE + SECOND)
        await dispatched()
    assert await told() == [life.DOCUMENTS_LATE, life.DOCUMENTS_CAUGHT_UP]
    late, _ = [e for e in await events.of_subject(heavy.id) if e.kind in life.TROUBLES]
    assert late.data["waitingSince"] == life.instant(since)
    assert late.data["endpoint"]["id"] == heavy.id


async def test_the_end_of_a_pause_gives_up_what_was_not_written(
    owner: Structure, receiver: Receiver, clock: Clock, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=1)
    slow.takes[owner.id] = SECOND
    endpoint = await with_document(owner, receiver)
    told = [await news(owner, n=n) for n in range(4)]
    await dispatched()
    actor = an_actor(owner)

    await endpoints.pause(actor, endpoint.id)
    assert await why(owner, endpoint, told[3]) is Why.ENDPOINT_PAUSED
    await endpoints.resume(actor, endpoint.id, Resume.NOW)

    assert await why(owner, endpoint, told[3]) is Why.RESUMED_WITHOUT
    clock.advance(60 * MINUTE)
    assert await written() == 0
    # It can be sent again all the same, once its document was run.
    row = await Delivery.get(endpoint_id=endpoint.id, event_id=told[3].id)
    again = await endpoints.redeliver(actor, row.id)
    assert (again.state.value, again.ordered) == ("HELD", False)
    assert await why(owner, endpoint, told[3]) is Why.DOCUMENT_TO_RUN
    assert await written() == 1
    assert await why(owner, endpoint, told[3]) is Why.ABOUT_TO_BE_SENT


@pytest.mark.parametrize("ordering", list(Ordering))
async def test_a_replay_waits_for_the_budget_too(
    owner: Structure,
    receiver: Receiver,
    machine: Machine,
    clock: Clock,
    slow: Slow,
    site: Site,
    ordering: Ordering,
) -> None:
    site(document_seconds_per_minute=1, timeout_seconds=60)
    told = [await news(owner, n=n) for n in range(4)]
    endpoint = await with_document(owner, receiver, options=Options(ordering=ordering))
    slow.takes[owner.id] = SECOND
    await run(machine)
    draft = ReplayDraft(endpoint.id, Bound(at=told[0].occurred_at))

    await replays.start(an_actor(owner), draft)
    for _ in range(20):
        await replaying.advance()
        await run(machine)
    some = len(receiver.messages)
    while await replaying.any_open():
        clock.advance(MINUTE + SECOND)
        await replaying.advance()
        await run(machine)

    assert 0 < some < 4
    ids = [m.id for m in receiver.messages]
    assert (ids if ordering is Ordering.PER_SUBJECT else sorted(ids)) == [e.id for e in told]


async def test_another_order_or_content_holds_for_what_is_not_written(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=1, timeout_seconds=60)
    slow.takes[owner.id] = SECOND
    endpoint = await with_document(owner, receiver)
    told = [await news(owner, n=n) for n in range(4)]
    await run(machine)
    actor = an_actor(owner)

    await endpoints.update(actor, endpoint.id, {"options": {"ordering": Ordering.NONE}})
    assert await unwritten(endpoint) == 2
    await endpoints.update(actor, endpoint.id, {"payload": Payload.FULL, "document": None})
    clock.advance(2 * MINUTE)
    await run(machine)

    assert [m.id for m in receiver.messages[:2]] == [told[0].id, told[1].id]
    assert Counter(m.id for m in receiver.messages) == Counter(event.id for event in told)
    assert ["document" in m.content for m in receiver.messages] == [True, True, False, False]


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_reason_is_said_in_words(locale: str) -> None:
    words = EXPLANATIONS[Why.DOCUMENT_BUDGET_SPENT]

    assert ("document" in getattr(words, locale), "minute" in getattr(words, locale)) == (
        True,
        True,
    )


async def test_what_is_sent_again_while_its_document_runs_goes_all_the_same(
    owner: Structure, receiver: Receiver, slow: Slow
) -> None:
    endpoint = await with_document(owner, receiver)
    event = await news(owner)
    actor = an_actor(owner)

    async def again() -> None:
        await endpoints.pause(actor, endpoint.id)
        await endpoints.resume(actor, endpoint.id, Resume.NOW)
        row = await Delivery.get(endpoint_id=endpoint.id, event_id=event.id)
        await endpoints.redeliver(actor, row.id)

    slow.meanwhile = again
    await dispatched()

    assert await why(owner, endpoint, event) is Why.ABOUT_TO_BE_SENT


async def test_without_a_budget_structures_take_turns(
    owner: Structure,
    receiver: Receiver,
    other: tuple[Structure, Receiver],
    clock: Clock,
    slow: Slow,
    site: Site,
) -> None:
    site(document_seconds_per_minute=0)
    neighbour, elsewhere = other
    for one, to in ((owner, receiver), (neighbour, elsewhere)):
        slow.takes[one.id] = 2 * writing.TURN
        await with_document(one, to)
        for n in range(3):
            await news(one, n=n)
    await dispatch()

    served = []
    while structures := await writing.ready():
        served.append(structures[0])
        await writing.turn(structures[0])

    assert Counter(served[:2]) == Counter(served[2:4]) == Counter([owner.id, neighbour.id])


async def test_what_is_paused_spends_nothing_of_the_budget(
    owner: Structure, receiver: Receiver, clock: Clock, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=2)
    slow.takes[owner.id] = SECOND
    paused = await with_document(owner, receiver)
    document = "query($event: ID!) { event(id: $event) { id } }"
    listening = await with_document(owner, receiver, document=document)
    actor = an_actor(owner)
    await endpoints.pause(actor, paused.id)
    for n in range(3):
        await news(owner, n=n)

    await dispatched()

    assert (await unwritten(paused), await unwritten(listening)) == (3, 0)
    assert await writing.spent_since(owner.id) is None
    assert await writing.ready() == []
    await endpoints.resume(actor, paused.id, Resume.ALL)
    clock.advance(2 * MINUTE)
    await written()
    assert await unwritten(paused) == 0


async def test_the_end_is_told_too_when_what_waited_is_given_up(
    owner: Structure, receiver: Receiver, clock: Clock, slow: Slow, site: Site
) -> None:
    site(document_seconds_per_minute=1)
    slow.takes[owner.id] = SECOND
    heavy = await with_document(owner, receiver)
    for n in range(12):
        await news(owner, n=n)
    for _ in range(7):
        await dispatched()
        clock.advance(MINUTE + SECOND)
    actor = an_actor(owner)

    await endpoints.pause(actor, heavy.id)
    await endpoints.resume(actor, heavy.id, Resume.NOW)
    await written()

    kinds = [e.kind for e in await events.of_subject(heavy.id)]
    assert kinds.count(life.DOCUMENTS_LATE) == kinds.count(life.DOCUMENTS_CAUGHT_UP) == 1


async def test_a_machine_that_stops_begins_to_send_nothing(
    owner: Structure, receiver: Receiver
) -> None:
    await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await news(owner)
    await dispatch()
    stopping = Machine()
    await stopping.start()

    await stopping.stop()
    await stopping.deliver()

    assert receiver.messages == []
    assert await Delivery.filter(state="PENDING").count() == 1
