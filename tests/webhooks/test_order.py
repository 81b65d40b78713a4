"""The order of an endpoint's messages, as its options ask for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import events
from domain.clock import Clock
from domain.structures.models import Structure
from tests.make import a_structure, an_actor
from tests.webhooks.conftest import Site, an_endpoint, news, run
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks import dispatch, endpoints, explain, ordering
from webhooks.delivery import take_back, turn
from webhooks.endpoints import Kept, Resume
from webhooks.explain import Why
from webhooks.machine import Machine
from webhooks.models import Delivery, OnBlocked, Ordering
from webhooks.options import Options

SKIPPING = Options(on_blocked=OnBlocked.SKIP_AFTER, skip_after_seconds=60)
UNORDERED = Options(ordering=Ordering.NONE)


async def states() -> list[str]:
    return [row.state.value for row in await Delivery.all().order_by("position")]


async def _blocked(owner: Structure, receiver: Receiver, machine: Machine, **draft: object) -> Kept:
    """An endpoint whose first message of an object fails while two others wait behind it."""
    receiver.reply = lambda m: Reply(500 if m.content["data"].get("n") == 0 else 200)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",), **draft)
    for n in range(3):
        await news(owner, n=n)
    await run(machine)
    assert await states() == ["PENDING", "HELD", "HELD"]
    return kept


async def test_what_blocks_its_object_for_too_long_is_skipped_and_the_next_ones_go(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await _blocked(owner, receiver, machine, options=SKIPPING)
    first = await Delivery.all().order_by("position").first()
    assert first is not None

    clock.advance(timedelta(seconds=59))
    assert await ordering.skip_blocked() == 0
    clock.advance(timedelta(seconds=1))
    assert await ordering.skip_blocked() == 1
    await run(machine)

    assert await states() == ["SKIPPED", "DELIVERED", "DELIVERED"]
    assert [c["data"]["n"] for c in receiver.contents[-2:]] == [1, 2]
    why = await explain.explain(an_actor(owner), first.event_id, kept.endpoint.id)
    assert why is not None
    assert why.why is Why.BLOCKED_TOO_LONG
    (told,) = [e for e in await events.after(0, limit=50) if e.kind == "webhook.delivery_skipped"]
    assert (told.data["deliveryId"], told.data["reason"]) == (first.id, "BLOCKED_TOO_LONG")


async def test_what_no_receiver_ever_refused_is_not_skipped(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver, kinds=("structure.updated",), options=SKIPPING)
    for n in range(2):
        await news(owner, n=n)
    await dispatch.dispatch()
    await turn([], 10)
    clock.advance(timedelta(hours=1))
    assert await take_back() == 1

    skipped = await ordering.skip_blocked()
    clock.advance(timedelta(minutes=10))
    await run(machine)

    assert skipped == 0
    assert [c["data"]["n"] for c in receiver.contents] == [0, 1]


async def test_the_sweep_skips_by_itself(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await _blocked(owner, receiver, machine, options=SKIPPING)
    clock.advance(timedelta(minutes=2))

    await machine.sweep()
    await receiver.has(3)

    assert [c["data"]["n"] for c in receiver.contents] == [0, 1, 2]


async def test_what_was_skipped_can_be_sent_again(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await _blocked(owner, receiver, machine, options=SKIPPING)
    clock.advance(timedelta(minutes=2))
    await ordering.skip_blocked()
    skipped = await Delivery.get(state="SKIPPED")
    receiver.reply = Reply()

    await endpoints.redeliver(an_actor(owner), skipped.id)
    await run(machine)

    await skipped.refresh_from_db()
    assert (skipped.state.value, skipped.skip_reason, skipped.ordered) == ("DELIVERED", None, False)


async def test_what_holds_nobody_is_not_skipped(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    receiver.reply = Reply(500)
    await an_endpoint(owner, receiver, options=SKIPPING)
    await news(owner, n=0)
    await run(machine)

    clock.advance(timedelta(days=1))

    assert await ordering.skip_blocked() == 0
    assert await states() == ["PENDING"]


async def test_with_hold_nothing_is_ever_skipped(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await _blocked(owner, receiver, machine)

    clock.advance(timedelta(days=2))

    assert await ordering.skip_blocked() == 0
    assert await states() == ["PENDING", "HELD", "HELD"]


async def test_a_pause_does_not_count_and_a_resumed_endpoint_tries_again_first(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await _blocked(owner, receiver, machine, options=SKIPPING)
    actor = an_actor(owner)
    await endpoints.pause(actor, kept.endpoint.id)
    clock.advance(timedelta(days=1))
    assert await ordering.skip_blocked() == 0

    await endpoints.resume(actor, kept.endpoint.id, Resume.ALL)
    assert await ordering.skip_blocked() == 0
    receiver.reply = Reply()
    receiver.messages.clear()
    await run(machine)

    assert [c["data"]["n"] for c in receiver.contents] == [0, 1, 2]


async def test_skipping_holds_from_the_moment_it_is_asked_for(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await _blocked(owner, receiver, machine)
    clock.advance(timedelta(minutes=2))

    await endpoints.update(
        an_actor(owner),
        kept.endpoint.id,
        {"options": {"on_blocked": OnBlocked.SKIP_AFTER, "skip_after_seconds": 60}},
    )

    assert await ordering.skip_blocked() == 1


async def test_what_was_skipped_in_a_row_keeps_the_order_of_the_rest(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver, options=SKIPPING)
    accepted: list[int] = []

    def reply(message: Message) -> Reply:
        n = message.content["data"]["n"]
        if n in (0, 1):
            return Reply(500)
        accepted.append(n)
        return Reply()

    receiver.reply = reply
    for n in range(5):
        await news(owner, n=n)
    for _ in range(4):
        await run(machine)
        clock.advance(timedelta(seconds=61))
        await ordering.skip_blocked()
    await run(machine)

    assert accepted == [2, 3, 4]
    assert await states() == ["SKIPPED", "SKIPPED", "DELIVERED", "DELIVERED", "DELIVERED"]


async def test_without_order_nothing_waits_for_anything(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    receiver.reply = lambda m: Reply(500 if m.content["data"].get("n") == 0 else 200)
    await an_endpoint(owner, receiver, options=UNORDERED)
    for n in range(3):
        await news(owner, n=n)

    await run(machine)

    assert await states() == ["PENDING", "DELIVERED", "DELIVERED"]


async def test_giving_up_the_order_lets_everything_that_waits_go(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await _blocked(owner, receiver, machine)

    await endpoints.update(
        an_actor(owner), kept.endpoint.id, {"options": {"ordering": Ordering.NONE}}
    )
    await run(machine)

    assert await states() == ["PENDING", "DELIVERED", "DELIVERED"]


async def test_asking_for_order_holds_for_what_waits_already(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    other = await a_structure()
    kept = await an_endpoint(owner, receiver, options=UNORDERED)
    for n in range(3):
        await news(owner, n=n)
    await news(owner, about=other, n=9)
    await dispatch.dispatch()
    assert await states() == ["PENDING"] * 4

    await endpoints.update(
        an_actor(owner), kept.endpoint.id, {"options": {"ordering": Ordering.PER_SUBJECT}}
    )

    assert await states() == ["PENDING", "HELD", "HELD", "PENDING"]
    await news(owner, n=3)
    await run(machine)
    assert [c["data"]["n"] for c in receiver.contents if c["data"]["n"] != 9] == [0, 1, 2, 3]


@pytest.mark.parametrize("options", [Options(), SKIPPING])
async def test_one_blocked_object_slows_no_other(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, options: Options
) -> None:
    bad = await a_structure()
    others = [await a_structure() for _ in range(20)]
    receiver.reply = lambda m: Reply(500 if m.content["subject"] == bad.id else 200)
    await an_endpoint(owner, receiver, options=options)
    for n in range(3):
        for about in (bad, *others):
            await news(owner, about=about, n=n)

    await run(machine)

    taken = [c for c in receiver.contents if c["subject"] != bad.id]
    assert len(taken) == 60
    for about in others:
        assert [c["data"]["n"] for c in taken if c["subject"] == about.id] == [0, 1, 2]
