"""Groups that share the work of reading: what is handed to whom, in which order, and again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain import cursors, events
from domain.access import Actor, Permission
from domain.clock import Clock
from domain.errors import Duplicate, Forbidden, Invalid, NotFound, Refused, WrongStatus
from domain.feed import EventFilter
from domain.inbox import actions, queries, rules, taking
from domain.inbox.models import Consumer, Item, OnBlocked, Settling, Start
from domain.inbox.rules import ConsumerDraft, Place
from domain.inbox.taking import Order
from domain.structures.models import Structure
from tests.inbox.conftest import a_consumer, at, held, named, news, rows, some_subjects, take
from tests.make import a_supplier, an_actor


def rule(refusal: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [problem.rule for problem in refusal.value.problems]


async def test_what_is_acknowledged_is_done_and_leaves_no_row(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner)
    told = await news(owner, owner, times=3)

    lease = await take(member, consumer)
    assert lease is not None
    assert await held(lease) == at(told)
    done = await taking.acknowledge(member, consumer.id, lease.id, None)

    assert (done.count, done.lost) == (3, [])
    assert await rows() == {"event_inbox_item": 0, "event_lease": 0}
    assert await take(member, consumer) is None
    assert (await queries.standing(await Consumer.get(id=consumer.id))).position == told[
        -1
    ].position


async def test_two_members_share_objects_and_never_one_object(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner)
    one, other = await some_subjects(2)
    first = await news(owner, one, times=2)
    second = await news(owner, other)
    later = await news(owner, one)

    mine = await take(member, consumer, 2)
    theirs = await take(member, consumer, 10)

    assert await held(mine) == at(first)
    assert await held(theirs) == at(second)
    assert mine is not None
    await taking.acknowledge(member, consumer.id, mine.id, named(first[0]))
    # The object is still out with its second event.
    assert await take(member, consumer) is None
    await taking.acknowledge(member, consumer.id, mine.id, named(first[1]))
    assert await held(await take(member, consumer)) == at(later)


async def test_the_end_of_a_lease_hands_out_again_in_order_and_counts(
    owner: Structure, member: Actor, clock: Clock
) -> None:
    consumer = await a_consumer(owner, lease_seconds=60)
    told = await news(owner, owner, times=3)
    dead = await take(member, consumer, 2)
    assert dead is not None
    await taking.acknowledge(member, consumer.id, dead.id, named(told[1]))

    clock.advance(timedelta(seconds=59))
    assert await take(member, consumer) is None
    clock.advance(timedelta(seconds=1))
    again = await take(member, consumer)

    # What came back goes alone, before what follows of its object.
    assert await held(again) == at(told[:1])
    assert again is not None
    assert (await Item.get(lease_id=again.id)).deliveries == 2
    await taking.acknowledge(member, consumer.id, again.id, None)
    assert await held(await take(member, consumer)) == at(told[2:])


async def test_an_acknowledgement_counts_until_somebody_else_was_handed_the_event(
    owner: Structure, member: Actor, clock: Clock
) -> None:
    consumer = await a_consumer(owner, lease_seconds=60)
    one, other = await some_subjects(2)
    told = [*await news(owner, one), *await news(owner, other)]
    slow = await take(member, consumer)
    assert slow is not None
    clock.advance(timedelta(minutes=2))
    late = await taking.acknowledge(member, consumer.id, slow.id, named(told[0]))
    quick = await take(member, consumer)

    unnamed = await taking.acknowledge(member, consumer.id, slow.id, None)
    too_late = await taking.acknowledge(member, consumer.id, slow.id, named(*told))

    assert (late.count, late.lost) == (1, [])
    assert (unnamed.count, unnamed.lost) == (0, [])
    assert await held(quick) == at(told[1:])
    assert (too_late.count, too_late.lost) == (0, named(told[1]))
    for act in (
        taking.extend(member, consumer.id, slow.id, 60),
        taking.give_back(member, consumer.id, slow.id, None, has_failed=False, pause_seconds=0),
    ):
        with pytest.raises(WrongStatus) as refusal:
            await act
        assert rule(refusal) == ["BDR-EVT-012"]


async def test_what_is_given_back_goes_at_once_with_what_follows_of_its_object(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner)
    one, other = await some_subjects(2)
    told = [*await news(owner, one, times=3), *await news(owner, other)]
    lease = await take(member, consumer)
    assert lease is not None

    await taking.give_back(
        member, consumer.id, lease.id, named(told[1]), has_failed=True, pause_seconds=0
    )

    assert await held(lease) == at([told[0], told[3]])
    # The first one is still out: what follows waits.
    assert await take(member, consumer) is None
    await taking.acknowledge(member, consumer.id, lease.id, named(told[0]))
    again = await take(member, consumer)
    assert await held(again) == at([told[1]])
    assert again is not None
    await taking.acknowledge(member, consumer.id, again.id, None)
    followed = await take(member, consumer)
    assert await held(followed) == at([told[2]])
    assert followed is not None
    # It only followed: it was never tried.
    assert (await Item.get(lease_id=followed.id)).deliveries == 1


async def test_a_pause_keeps_what_was_given_back(
    owner: Structure, member: Actor, clock: Clock
) -> None:
    consumer = await a_consumer(owner)
    told = await news(owner, owner, times=2)
    lease = await take(member, consumer)
    assert lease is not None

    await taking.give_back(member, consumer.id, lease.id, None, has_failed=True, pause_seconds=30)

    assert await take(member, consumer) is None
    clock.advance(timedelta(seconds=30))
    assert await held(await take(member, consumer)) == at(told[:1])


async def test_a_longer_lease_keeps_what_is_left(
    owner: Structure, member: Actor, clock: Clock
) -> None:
    consumer = await a_consumer(owner, lease_seconds=60)
    await news(owner, owner)
    lease = await take(member, consumer)
    assert lease is not None
    clock.advance(timedelta(seconds=50))

    longer = await taking.extend(member, consumer.id, lease.id, 120)

    clock.advance(timedelta(seconds=119))
    assert longer.lease_until > lease.lease_until
    assert await take(member, consumer) is None
    clock.advance(timedelta(seconds=1))
    assert await take(member, consumer) is not None


async def fail(member: Actor, consumer: Consumer, times: int) -> list[list[int]]:
    """Take and fail so many times; what was handed out each time."""
    handed = []
    for _ in range(times):
        lease = await take(member, consumer, 1)
        handed.append(await held(lease))
        if lease is not None:
            await taking.give_back(
                member, consumer.id, lease.id, None, has_failed=True, pause_seconds=0
            )
    return handed


async def test_an_event_that_fails_for_ever_is_set_aside_told_and_its_object_goes_on(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner, max_deliveries=3)
    told = await news(owner, owner, times=2)
    start = await events.head()

    assert await fail(member, consumer, 3) == [at(told[:1])] * 3
    assert await held(await take(member, consumer)) == at(told[1:])

    (aside,) = await Item.filter(set_aside_at__not_isnull=True)
    assert (aside.position, aside.deliveries) == (told[0].position, 3)
    (said,) = await events.after(start, limit=10)
    assert said.kind == "event_consumer.event_set_aside"
    assert said.data["eventId"] == told[0].id
    # The group itself is not told of its own trouble.
    standing = await queries.standing(await Consumer.get(id=consumer.id))
    assert (standing.set_aside, standing.unread, standing.out) == (1, 0, 1)


async def test_news_of_a_group_that_another_sets_aside_is_not_told_again(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner, max_deliveries=1)
    other = await a_consumer(owner, name="Archive")
    await news(owner, owner)
    # What it is told first: that the other one exists, and what it set aside.
    await fail(member, other, 1)
    start = await events.head()

    await fail(member, consumer, 3)

    aside = await events.at([i.position for i in await Item.filter(set_aside_at__not_isnull=True)])
    told = await events.after(start, limit=10)
    assert [e.kind for e in aside] == ["event_consumer.created", "structure.updated"]
    assert [e.data["eventId"] for e in told] == [aside[1].id]


async def test_hold_hands_out_for_ever_and_keeps_the_object_waiting(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner, max_deliveries=2, on_blocked=OnBlocked.HOLD)
    told = await news(owner, owner, times=2)

    assert await fail(member, consumer, 6) == [at(told[:1])] * 6
    assert await Item.filter(set_aside_at__not_isnull=True).count() == 0


async def test_what_was_set_aside_is_retried_or_given_up(owner: Structure, member: Actor) -> None:
    consumer = await a_consumer(owner, max_deliveries=1)
    told = await news(owner, owner, times=3)
    for _ in range(3):
        await fail(member, consumer, 1)
    await take(member, consumer)

    await actions.settle(member, consumer.id, Settling.DISCARD, named(told[0]))
    await actions.settle(member, consumer.id, Settling.RETRY, named(told[1]))
    with pytest.raises(NotFound) as refusal:
        await actions.settle(member, consumer.id, Settling.RETRY, named(told[0]))

    assert rule(refusal) == ["BDR-EVT-013"]
    again = await take(member, consumer)
    assert await held(again) == at(told[1:2])
    assert again is not None
    assert (await Item.get(lease_id=again.id)).deliveries == 1
    await actions.settle(member, consumer.id, Settling.DISCARD, None)
    assert await Item.filter(set_aside_at__not_isnull=True).count() == 0


async def test_nothing_more_is_set_aside_than_there_is_room_for(
    owner: Structure, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "MOST_SET_ASIDE", 1)
    consumer = await a_consumer(owner, max_deliveries=1)
    told = await news(owner, owner, times=2)

    handed = await fail(member, consumer, 4)

    assert handed == [at(told[:1]), *([at(told[1:])] * 3)]
    assert await Item.filter(set_aside_at__not_isnull=True).count() == 1


async def test_the_log_is_read_no_further_than_there_is_room_for(
    owner: Structure, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "MOST_OPEN", 5)
    consumer = await a_consumer(owner)
    one, other = await some_subjects(2)
    told = [*await news(owner, one, times=8), *await news(owner, other)]
    first = await take(member, consumer, 1)

    assert await held(first) == at(told[:1])
    assert await take(member, consumer) is None
    assert await Item.all().count() == 5
    assert first is not None
    # The object goes on as it is acknowledged, and then the other one.
    handed = [await held(first)]
    lease: Any = first
    while lease is not None:
        await taking.acknowledge(member, consumer.id, lease.id, None)
        lease = await take(member, consumer)
        handed.append(await held(lease))
    assert sorted(p for some in handed for p in some) == at(told)


async def test_a_key_used_again_answers_the_same_lease(owner: Structure, member: Actor) -> None:
    consumer = await a_consumer(owner)
    assert (await taking.take(member, consumer.id, Order(key="k"))).lease is None
    told = await news(owner, owner, times=2)

    one = await taking.take(member, consumer.id, Order(1, key="k1"))
    again = await taking.take(member, consumer.id, Order(1, key="k1"))
    free = await taking.take(member, consumer.id, Order(key="k"))

    assert one.lease is not None
    assert again.lease is not None
    assert (again.lease.id, again.is_replayed, one.is_replayed) == (one.lease.id, True, False)
    assert await held(again.lease) == at(told[:1])
    assert (free.lease, free.is_replayed) == (None, False)
    await taking.acknowledge(member, consumer.id, one.lease.id, None)
    with pytest.raises(WrongStatus) as refusal:
        await taking.take(member, consumer.id, Order(1, key="k1"))
    assert rule(refusal) == ["BDR-EVT-012"]


async def test_a_group_starts_and_is_moved_to_any_place(
    clock: Clock, owner: Structure, member: Actor
) -> None:
    told = []
    for _ in range(4):
        told += await news(owner, owner)
        clock.advance(timedelta(minutes=1))
    only = {"filter": EventFilter(kinds=frozenset({"structure.updated"}))}
    places = {
        Place(Start.NOW): [],
        Place(Start.BEGINNING): told,
        Place(Start.CURSOR, cursor=cursors.event(told[1].position)): told[2:],
        Place(Start.INSTANT, at=told[2].occurred_at): told[2:],
        Place(Start.INSTANT, at=told[2].occurred_at + timedelta(seconds=1)): told[3:],
        Place(Start.INSTANT, at=told[0].occurred_at - timedelta(days=9)): told,
    }

    for n, (place, expected) in enumerate(places.items()):
        consumer = await a_consumer(owner, place, name=f"group {n}", **only)
        assert await held(await take(member, consumer)) == at(expected), place
    for place, expected in places.items():
        # What is out is let go, and read again.
        await actions.seek(member, consumer.id, place)
        assert await held(await take(member, consumer)) == at(expected), place


async def test_moving_back_hands_out_again_what_was_set_aside_after_the_place(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner, max_deliveries=1)
    told = await news(owner, owner, times=2)
    await fail(member, consumer, 2)
    await take(member, consumer)
    assert await Item.filter(set_aside_at__not_isnull=True).count() == 2

    await actions.seek(member, consumer.id, Place(Start.CURSOR, named(told[0])[0]))

    assert await held(await take(member, consumer)) == at(told[1:])
    assert [i.position for i in await Item.filter(set_aside_at__not_isnull=True)] == at(told[:1])


async def test_a_filter_and_rights_of_the_author_narrow_what_is_handed(owner: Structure) -> None:
    reader = an_actor(owner, permissions=[Permission.READ_STRUCTURE, Permission.MANAGE_WEBHOOKS])
    (one,) = await some_subjects(1)
    wanted = EventFilter(subjects=frozenset({one.id}))
    narrow = await actions.create(
        reader, owner.id, ConsumerDraft("narrow", wanted), Place(Start.NOW)
    )
    whole = await actions.create(reader, owner.id, ConsumerDraft("whole"), Place(Start.NOW))
    await news(owner, owner)
    told = await news(owner, one)

    assert await held(await take(reader, narrow)) == at(told)
    # News of webhooks and groups needs a right that the author did not hold.
    assert len(await held(await take(reader, whole))) == 2
    assert narrow.permissions == [Permission.READ_STRUCTURE.value]


async def test_who_takes_must_hold_what_the_group_is_handed(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner)
    await news(owner, owner)
    poor = an_actor(owner, permissions=[Permission.MANAGE_WEBHOOKS])

    with pytest.raises(Forbidden) as refusal:
        await take(poor, consumer)

    assert rule(refusal) == ["BDR-EVT-011"]
    assert "invoice:read_issued" in refusal.value.problems[0].params["permissions"]
    assert await rows() == {"event_inbox_item": 0, "event_lease": 0}


async def test_a_group_is_not_found_by_strangers_and_gone_once_deleted(
    owner: Structure, member: Actor
) -> None:
    consumer = await a_consumer(owner)
    await news(owner, owner)
    lease = await take(member, consumer)
    assert lease is not None
    stranger = an_actor(await a_supplier())
    acts: Any = {
        "take": lambda who: take(who, consumer),
        "acknowledge": lambda who: taking.acknowledge(who, consumer.id, lease.id, None),
        "extend": lambda who: taking.extend(who, consumer.id, lease.id, 60),
        "update": lambda who: actions.update(who, consumer.id, {"name": "mine"}),
        "seek": lambda who: actions.seek(who, consumer.id, Place()),
        "settle": lambda who: actions.settle(who, consumer.id, Settling.RETRY, None),
        "delete": lambda who: actions.delete(who, consumer.id),
    }

    for act in acts.values():
        with pytest.raises(NotFound):
            await act(stranger)
    assert await held(lease) != []
    await actions.delete(member, consumer.id)

    assert await rows() == {"event_inbox_item": 0, "event_lease": 0}
    for act in acts.values():
        with pytest.raises(NotFound):
            await act(member)
    # Its name may be used again.
    assert (await a_consumer(owner)).id != consumer.id


async def test_every_problem_of_a_group_is_told_at_once(owner: Structure) -> None:
    await a_consumer(owner, name="taken")
    wrong = ConsumerDraft(" ", max_deliveries=0, lease_seconds=1)

    with pytest.raises(Invalid) as refusal:
        await actions.create(an_actor(owner), owner.id, wrong, Place(Start.CURSOR))
    with pytest.raises(Duplicate):
        await a_consumer(owner, name="taken ")

    assert [(p.rule, p.path) for p in refusal.value.problems] == [
        ("BDR-EVT-005", ("name",)),
        ("BDR-EVT-008", ("leaseSeconds",)),
        ("BDR-EVT-008", ("maxDeliveries",)),
        ("BDR-EVT-009", ("cursor",)),
    ]


async def test_a_structure_has_so_many_groups(
    owner: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_CONSUMERS", 2)
    await a_consumer(owner, name="1")
    await a_consumer(owner, name="2")

    with pytest.raises(Invalid) as refusal:
        await a_consumer(owner, name="3")

    assert rule(refusal) == ["BDR-EVT-006"]


async def test_lag_is_what_is_left_to_do(owner: Structure, member: Actor, clock: Clock) -> None:
    consumer = await a_consumer(owner)
    one, other = await some_subjects(2)
    told = [*await news(owner, one, times=2), *await news(owner, other)]
    await take(member, consumer, 1)
    clock.advance(timedelta(seconds=10))
    waiting = await queries.standing(await Consumer.get(id=consumer.id))

    assert (waiting.out, waiting.unread, waiting.is_exact) == (1, 2, True)
    assert waiting.oldest_at == told[0].recorded_at
    assert waiting.position == told[0].position - 1
    clock.advance(timedelta(hours=1))
    expired = await queries.standing(await Consumer.get(id=consumer.id))
    assert (expired.out, expired.waiting) == (0, 1)


@pytest.mark.parametrize("order", [Order(0), Order(101), Order(wait_seconds=21),
                                   Order(lease_seconds=4), Order(member="x" * 101)])  # fmt: skip
async def test_an_order_has_its_bounds(owner: Structure, member: Actor, order: Order) -> None:
    consumer = await a_consumer(owner)

    with pytest.raises(Invalid):
        await taking.take(member, consumer.id, order)


async def test_more_cursors_than_allowed_are_refused(owner: Structure, member: Actor) -> None:
    consumer = await a_consumer(owner)

    with pytest.raises(Invalid) as refusal:
        await taking.acknowledge(
            member, consumer.id, "evl_x", [cursors.event(1)] * (rules.MOST_CURSORS + 1)
        )

    assert rule(refusal) == ["BDR-EVT-014"]


async def test_a_member_that_looks_through_much_that_is_not_for_it_says_so(
    owner: Structure, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "_LOOKED_THROUGH", 30)
    (one,) = await some_subjects(1)
    consumer = await a_consumer(owner, filter=EventFilter(subjects=frozenset({one.id})))
    await news(owner, owner, times=60)
    told = await news(owner, one)
    # As if what is in between were too much for one look.
    monkeypatch.setattr("domain.feed._SCANNED_AT_MOST", 30)

    first = await taking.take(member, consumer.id, Order())
    second = await taking.take(member, consumer.id, Order())

    assert (first.lease, first.has_more) == (None, True)
    assert await held(second.lease) == at(told)
