"""Events of the past sent again: forecast, in order, a few at a time, and called off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from domain import cursors
from domain.access import Permission
from domain.clock import Clock
from domain.db import fetch
from domain.errors import Forbidden, Invalid, NotFound, WrongStatus
from domain.events import Event
from domain.feed import EventFilter
from domain.structures.models import Structure
from tests.make import a_structure, a_supplier, an_actor
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Message, Receiver, Reply
from tests.webhooks.test_documents import KIND
from tests.webhooks.test_endpoints import rules
from webhooks import endpoints, explain, replaying, replays
from webhooks.dispatch import dispatch
from webhooks.endpoints import Kept, Resume
from webhooks.explain import Why
from webhooks.machine import Machine
from webhooks.models import Delivery, Endpoint, Ordering, Payload, Replay, ReplayState
from webhooks.replays import Bound, ReplayDraft


@pytest.fixture(autouse=True)
def _frozen(clock: Clock) -> None:
    """Nothing becomes due by itself."""


def from_start() -> Bound:
    return Bound(cursor=cursors.event(0))


async def replay(kept: Kept, **changes: Any) -> Replay:
    draft = ReplayDraft(**({"endpoint_id": kept.endpoint.id, "start": from_start()} | changes))
    owner = await Structure.get(id=kept.endpoint.structure_id)
    return await replays.start(an_actor(owner), draft)


async def to_the_end(machine: Machine) -> None:
    """Let the machine go on with replays, and deliver, until nothing is open."""
    for _ in range(100):
        await replaying.advance()
        await run(machine)
        if not await replaying.any_open():
            return
    raise AssertionError("a replay does not end")


def numbers(messages: Sequence[Message]) -> list[Any]:
    return [
        m.content["data"].get("n") for m in messages if m.content["type"] == "structure.updated"
    ]


async def test_a_preview_counts_what_the_replay_then_sends(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    before = [await news(owner, n=n) for n in range(3)]
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    for n in range(3, 6):
        await news(owner, n=n)
    await run(machine)
    receiver.messages.clear()
    draft = ReplayDraft(kept.endpoint.id, from_start())

    told = await replays.preview(an_actor(owner), draft)
    started = await replays.start(an_actor(owner), draft)
    await to_the_end(machine)

    ended = await Replay.get(id=started.id)
    assert (told.count, told.duplicates, told.waiting, told.is_exact) == (6, 3, 0, True)
    assert (ended.total, ended.queued, ended.delivered, ended.failed) == (6, 6, 6, 0)
    assert (ended.state, ended.closed_at) == (ReplayState.FINISHED, ended.finished_at)
    assert numbers(receiver.messages) == [0, 1, 2, 3, 4, 5]
    assert sum(len(m.body) for m in receiver.messages) == told.bytes
    assert {m.headers["webhook-replay"] for m in receiver.messages} == {started.id}
    assert receiver.messages[0].id == before[0].id


async def test_what_was_sent_before_is_the_same_bytes_under_the_same_id(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(owner, receiver)
    await news(owner, n=0)
    await run(machine)

    await replay(kept)
    await to_the_end(machine)

    first, again = [m for m in receiver.messages if m.content["type"] == "structure.updated"]
    assert (first.id, first.body) == (again.id, again.body)
    assert "webhook-replay" not in first.headers
    (delivery,) = await Delivery.filter(event_kind="structure.updated")
    assert (delivery.attempts, delivery.state.value) == (2, "DELIVERED")


async def test_only_what_the_endpoint_asks_for_and_may_see_and_the_filter_admits(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    other = await a_structure()
    mine, about_other = await news(owner, n=0), await news(owner, other, n=1)
    await news(other, n=2)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await endpoints.ping(an_actor(owner), kept.endpoint.id)
    await run(machine)
    receiver.messages.clear()

    await replay(kept, filter=EventFilter(subjects=frozenset({other.id})))
    await to_the_end(machine)
    assert [m.id for m in receiver.messages] == [about_other.id]

    receiver.messages.clear()
    await replay(kept)
    await to_the_end(machine)
    assert {m.id for m in receiver.messages} == {mine.id, about_other.id}


async def test_bounds_are_cursors_or_instants(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    told: list[Event] = []
    for n in range(4):
        told.append(await news(owner, n=n))
        clock.advance(timedelta(minutes=1))
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await dispatch()
    at = [event.occurred_at for event in told]
    cases = [
        (Bound(cursor=cursors.event(told[0].position)), None, [1, 2, 3]),
        (
            Bound(cursor=cursors.event(told[0].position)),
            Bound(cursor=cursors.event(told[2].position)),
            [1, 2],
        ),
        (Bound(at=at[1]), None, [1, 2, 3]),
        (Bound(at=at[1]), Bound(at=at[3]), [1, 2]),
        (Bound(at=at[0] - timedelta(days=1)), Bound(at=at[0]), []),
    ]

    for start, end, expected in cases:
        receiver.messages.clear()
        await replay(kept, start=start, end=end)
        await to_the_end(machine)
        assert numbers(receiver.messages) == expected


async def test_the_events_of_an_object_go_together_in_order_before_what_waits(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    first, second = await a_structure(), await a_structure()
    for n in range(3):
        await news(owner, first, n=f"a{n}")
        await news(owner, second, n=f"b{n}")
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    receiver.reply = Reply(500)
    await news(owner, first, n="live")
    await run(machine)
    receiver.messages.clear()
    receiver.reply = Reply()

    await replay(kept, max_rate=1)
    clock.advance(timedelta(seconds=1))
    await replaying.advance()
    await replaying.advance()
    await news(owner, first, n="later")
    await run(machine)

    # At one a second the whole of the first object is queued, nothing yet of the second.
    assert numbers(receiver.messages) == ["a0", "a1", "a2", "live", "later"]
    for _ in range(3):
        clock.advance(timedelta(seconds=10))
        await replaying.advance()
        await run(machine)
    assert numbers(receiver.messages)[5:] == ["b0", "b1", "b2"]


async def test_a_replay_takes_a_few_at_a_time_and_no_faster_than_asked(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    for n in range(9):
        await news(owner, await a_structure(), n=n)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await dispatch()

    started = await replay(kept, max_rate=3)
    await replaying.advance()
    seen = []
    for _ in range(4):
        await replaying.advance()
        await replaying.advance()
        await run(machine)
        seen.append(len(receiver.messages))
        clock.advance(timedelta(seconds=1))

    assert seen == [3, 6, 9, 9]
    assert (await Replay.get(id=started.id)).state == ReplayState.FINISHED


async def test_a_cancelled_replay_leaves_everything_as_it_was(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    fresh = await news(owner, n=0)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await news(owner, n=1)
    await run(machine)
    before = await Delivery.all().values()
    receiver.messages.clear()
    started = await replay(kept)
    await replaying.advance()
    await replaying.advance()
    assert await Delivery.filter(state="PENDING").count() == 1
    assert await Delivery.filter(state="HELD").count() == 1

    cancelled = await replays.cancel(an_actor(owner), started.id)
    await run(machine)

    assert await Delivery.all().values() == before
    assert receiver.messages == []
    assert (cancelled.state, cancelled.queued, cancelled.delivered) == ("CANCELLED", 0, 0)
    assert cancelled.closed_at is not None
    with pytest.raises(WrongStatus) as refusal:
        await replays.cancel(an_actor(owner), started.id)
    assert rules(refusal) == ["BDR-WHK-052"]
    found = await explain.explain(an_actor(owner), fresh.id, kept.endpoint.id)
    assert found is not None
    assert found.why is Why.BEFORE_ITS_TIME


async def test_what_was_tried_in_a_cancelled_replay_is_given_up_or_as_it_was(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    fresh = await news(owner, n=0)
    other = await a_structure()
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    known = await news(owner, other, n=1)
    await run(machine)
    receiver.reply = Reply(500)
    started = await replay(kept)
    await replaying.advance()
    await replaying.advance()
    await run(machine)

    await replays.cancel(an_actor(owner), started.id)

    states = {d.event_id: (d.state.value, d.skip_reason) for d in await Delivery.all()}
    assert states == {fresh.id: ("SKIPPED", "REPLAY_CANCELLED"), known.id: ("DELIVERED", None)}
    ended = await Replay.get(id=started.id)
    assert (ended.delivered, ended.failed) == (0, 1)


async def test_what_was_under_way_when_it_was_cancelled_is_not_tried_again(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await news(owner, n=0)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await dispatch()
    receiver.reply = Reply(500, delay=0.2)
    started = await replay(kept)
    await replaying.advance()
    await replaying.advance()
    sending = asyncio.create_task(machine.deliver())
    await receiver.has(1)

    cancelled = await replays.cancel(an_actor(owner), started.id)
    assert cancelled.closed_at is None
    with pytest.raises(WrongStatus) as refusal:
        await replay(kept)
    assert rules(refusal) == ["BDR-WHK-050"]
    await sending
    await replaying.advance()
    clock.advance(timedelta(hours=1))
    await run(machine)

    assert len(receiver.messages) == 1

    (delivery,) = await Delivery.all()
    assert (delivery.state.value, delivery.skip_reason) == ("SKIPPED", "REPLAY_CANCELLED")
    assert (await Replay.get(id=started.id)).closed_at is not None


async def test_what_waits_by_itself_is_not_sent_twice(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await news(owner, n=0)
    await dispatch()

    told = await replays.preview(an_actor(owner), ReplayDraft(kept.endpoint.id, from_start()))
    await replay(kept)
    clock.advance(timedelta(seconds=1))
    await to_the_end(machine)

    assert (told.count, told.waiting) == (0, 1)
    assert numbers(receiver.messages) == [0]


async def test_exhausted_messages_are_sent_again_and_failures_are_counted(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=AT_ONCE)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    receiver.reply = Reply(500)
    await news(owner, n=0)
    await run(machine)

    failing = await replay(kept)
    await to_the_end(machine)
    receiver.reply = Reply()
    working = await replay(kept)
    await to_the_end(machine)

    assert (await Replay.get(id=failing.id)).failed == 1
    assert (await Replay.get(id=working.id)).delivered == 1


async def test_start_end_and_cancellation_are_told(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    kept = await an_endpoint(
        owner,
        receiver,
        kinds=("webhook.replay_started", "webhook.replay_finished", "webhook.replay_cancelled"),
    )

    first = await replay(kept)
    await to_the_end(machine)
    second = await replay(kept)
    await replays.cancel(an_actor(owner), second.id)
    await run(machine)

    told = [(m.content["type"], m.content["data"]["replay"]["id"]) for m in receiver.messages]
    assert [t for t in told if t[1] == first.id] == [
        ("webhook.replay_started", first.id),
        ("webhook.replay_finished", first.id),
    ]
    assert told[-1] == ("webhook.replay_cancelled", second.id)


async def test_two_processes_that_advance_at_once_queue_each_event_once(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    for n in range(5):
        await news(owner, n=n)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await dispatch()

    started = await replay(kept)
    for _ in range(3):
        await asyncio.gather(replaying.advance(), replaying.advance())
    await to_the_end(machine)

    assert numbers(receiver.messages) == [0, 1, 2, 3, 4]
    ended = await Replay.get(id=started.id)
    assert (ended.total, ended.delivered) == (5, 5)


async def test_every_refusal_of_a_replay(owner: Structure, receiver: Receiver) -> None:
    await news(owner)
    kept = await an_endpoint(owner, receiver)
    later = Bound(cursor=cursors.event(1))
    cases = [
        ({"start": Bound()}, "BDR-WHK-054"),
        ({"start": Bound(cursor="x")}, "BDR-EVT-001"),
        ({"start": later, "end": from_start()}, "BDR-WHK-053"),
        ({"max_rate": 0}, "BDR-WHK-051"),
        (
            {"start": Bound(cursor="x"), "end": Bound(cursor="y"), "max_rate": 0},
            "BDR-WHK-051 BDR-EVT-001 BDR-EVT-001",
        ),
        ({"start": Bound(), "end": Bound(cursor="y")}, "BDR-WHK-054 BDR-EVT-001"),
    ]

    for changes, expected in cases:
        with pytest.raises(Invalid) as refusal:
            await replay(kept, **changes)
        assert rules(refusal) == expected.split()
    stranger = an_actor(await a_supplier())
    reader = an_actor(owner, permissions=[Permission.READ_WEBHOOKS])
    draft = ReplayDraft(kept.endpoint.id, from_start())
    for actor, kind in ((stranger, NotFound), (reader, Forbidden)):
        for act in (replays.start, replays.preview):
            with pytest.raises(kind):
                await act(actor, draft)
    await endpoints.pause(an_actor(owner), kept.endpoint.id)
    with pytest.raises(WrongStatus):
        await replay(kept)
    assert await Replay.all().count() == 0


async def test_a_deleted_endpoint_ends_its_replay_and_a_paused_one_delays_it(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    actor = an_actor(owner)
    await news(owner, n=0)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await dispatch()
    started = await replay(kept)
    await endpoints.pause(actor, kept.endpoint.id)
    await replaying.advance()
    assert await replaying.advance() is False
    await endpoints.resume(actor, kept.endpoint.id, Resume.ALL)
    await replaying.advance()
    await endpoints.delete(actor, kept.endpoint.id)
    await replaying.advance()

    ended = await Replay.get(id=started.id)
    assert (ended.state, ended.closed_at is None) == (ReplayState.CANCELLED, False)
    assert receiver.messages == []
    assert await fetch("SELECT 1 FROM webhook_delivery WHERE state = 'PENDING'") == []


async def test_a_replay_that_cannot_go_on_stops_no_other_and_fails_in_the_end(
    owner: Structure,
    receiver: Receiver,
    machine: Machine,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await news(owner, n=0)
    bad = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    good = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await an_endpoint(owner, receiver, kinds=("webhook.replay_failed",))
    await run(machine)
    poisoned, sound = await replay(bad), await replay(good)
    known = replaying.known_deliveries

    async def none_for_the_bad(endpoint_id: str, ids: Sequence[str]) -> dict[str, Any]:
        if endpoint_id == bad.endpoint.id:
            raise ValueError("poison")
        return await known(endpoint_id, ids)

    monkeypatch.setattr(replaying, "known_deliveries", none_for_the_bad)
    for _ in range(6):
        await replaying.advance()
        await run(machine)
    assert (await Replay.get(id=sound.id)).state == ReplayState.FINISHED
    assert (await Replay.get(id=poisoned.id)).troubles == 1

    for _ in range(replaying.TROUBLES):
        clock.advance(timedelta(minutes=11))
        await replaying.advance()
    await run(machine)

    ended = await Replay.get(id=poisoned.id)
    assert (ended.state, ended.closed_at is None) == (ReplayState.FAILED, False)
    assert not await replaying.any_open()
    (told,) = [c for c in receiver.contents if c["type"] == "webhook.replay_failed"]
    assert told["data"]["replay"]["state"] == "FAILED"
    with pytest.raises(WrongStatus):
        await replays.cancel(an_actor(owner), poisoned.id)


async def test_a_replay_that_goes_on_again_forgets_its_troubles(
    owner: Structure,
    receiver: Receiver,
    machine: Machine,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await news(owner, n=0)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await dispatch()
    started = await replay(kept)

    async def poison(*_: Any) -> None:
        raise ValueError("poison")

    with monkeypatch.context() as broken:
        broken.setattr(replaying, "known_deliveries", poison)
        await replaying.advance()
    assert (await Replay.get(id=started.id)).troubles == 1
    clock.advance(replaying.AGAIN)
    await to_the_end(machine)

    ended = await Replay.get(id=started.id)
    assert (ended.state, ended.troubles) == (ReplayState.FINISHED, 0)
    assert numbers(receiver.messages) == [0]


async def test_an_event_that_a_replay_has_yet_to_come_to_is_explained_so(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    old = await news(owner, n=0)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await dispatch()
    started = await replay(kept)

    async def explained() -> explain.Explanation:
        found = await explain.explain(an_actor(owner), old.id, kept.endpoint.id)
        assert found
        return found

    assert (await explained()).why is Why.REPLAY_TO_COME
    await to_the_end(machine)
    done = await explained()
    assert (done.why, done.replay) == (Why.DELIVERED, started.id)
    assert (await Endpoint.get(id=kept.endpoint.id)).since_position >= old.position


@pytest.mark.parametrize("payload", [Payload.THIN, Payload.DOCUMENT])
async def test_bodies_are_made_as_the_endpoint_asks_for_them(
    owner: Structure, receiver: Receiver, machine: Machine, payload: Payload
) -> None:
    for n in range(3):
        await news(owner, n=n)
    document = KIND if payload is Payload.DOCUMENT else None
    kept = await an_endpoint(
        owner, receiver, kinds=("structure.updated",), payload=payload, document=document
    )
    live = await news(owner, n=3)
    await run(machine)
    draft = ReplayDraft(kept.endpoint.id, from_start())
    told = await replays.preview(an_actor(owner), draft)

    await replays.start(an_actor(owner), draft)
    await to_the_end(machine)

    first, *replayed = receiver.messages
    assert (first.id, first.body) == (live.id, replayed[-1].body)
    assert {frozenset(m.content) for m in replayed} == {frozenset(first.content)}
    assert sum(len(m.body) for m in replayed) == told.bytes


async def test_an_endpoint_without_order_is_sent_a_replay_without_order(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    for n in range(3):
        await news(owner, n=n)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await Endpoint.filter(id=kept.endpoint.id).update(ordering=Ordering.NONE)
    await dispatch()
    await replay(kept)
    await replaying.advance()
    await replaying.advance()

    assert {d.state.value for d in await Delivery.all()} == {"PENDING"}
    await to_the_end(machine)
    assert sorted(numbers(receiver.messages)) == [0, 1, 2]
