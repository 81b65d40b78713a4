"""How much goes to whom: decided by numbers alone, then seen with real receivers."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from domain.clock import Clock
from domain.errors import Invalid
from domain.structures.models import Structure
from tests.make import a_structure, an_actor
from tests.webhooks.conftest import Site, an_endpoint, news, run
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks import dispatch, endpoints, limits
from webhooks.delivery import turn
from webhooks.limits import Lane
from webhooks.machine import Machine
from webhooks.options import BOUNDS, Options
from webhooks.policy import Policy

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
SITE = Policy(key=b"")


def test_the_fuller_a_process_the_less_of_it_for_one_endpoint() -> None:
    most = [limits.most_here(0, used, SITE) for used in (0, 127, 128, 191, 192, 255)]

    assert most == [16, 16, 4, 4, 1, 1]
    assert limits.most_here(SITE.failing_from, 0, SITE) == SITE.in_flight_when_failing


def test_a_crowd_of_endpoints_that_hang_leaves_places_to_others() -> None:
    busy: Counter[str] = Counter()
    for n in range(60):
        lane = Lane(f"whe_{n}", is_degraded=False, failures=0)
        while limits.places(lane, busy[lane.endpoint_id], busy.total(), SITE):
            busy[lane.endpoint_id] += 1

    assert busy.total() < SITE.in_flight
    assert limits.places(Lane("whe_new", is_degraded=False, failures=0), 0, busy.total(), SITE)


@pytest.mark.parametrize(
    ("rooms", "total", "given"),
    [
        ([16, 16, 16], 30, [10, 10, 10]),
        ([1, 16, 16], 31, [1, 15, 15]),
        ([16, 16, 16], 2, [1, 1, 0]),
        ([2, 3], 100, [2, 3]),
        ([0, 5], 3, [0, 3]),
        ([], 10, []),
    ],
)
def test_places_are_given_out_evenly(rooms: list[int], total: int, given: list[int]) -> None:
    assert limits.shares(rooms, total) == given


@pytest.mark.parametrize("rate", [1, 3, 7, 50, 1_000])
def test_a_rate_holds_over_every_period_whenever_one_looks(rate: int) -> None:
    lane, taken = Lane("whe_1", is_degraded=False, failures=0, max_rate=rate), []
    for step in range(400):
        at = AT + timedelta(milliseconds=13 * step)
        count = limits.shared_places(lane, 0, at)
        until = limits.rate_used_until(lane, count, at)
        lane = Lane("whe_1", False, 0, max_rate=rate, rate_used_until=until)
        taken += [at] * count

    for n, start in enumerate(taken):
        for seconds in (0.1, 1, 3):
            end = start + timedelta(seconds=seconds)
            began = sum(1 for at in taken[n:] if at < end)
            assert began <= rate * seconds + max(0.2 * rate, 1) + 1e-6
    assert len(taken) >= rate * 5


def test_the_next_slot_is_when_the_rate_lets_one_go() -> None:
    lane = Lane("whe_1", False, 0, max_rate=2)
    assert limits.next_slot(lane, AT) is None
    used = Lane("whe_1", False, 0, max_rate=2, rate_used_until=limits.rate_used_until(lane, 1, AT))

    slot = limits.next_slot(used, AT)

    assert slot == AT + timedelta(seconds=0.5)
    assert limits.shared_places(used, 0, slot) == 1


def test_a_degraded_endpoint_gets_one_request_at_a_time() -> None:
    lane = Lane("whe_1", is_degraded=True, failures=0, max_rate=100, max_concurrency=9)

    assert [limits.shared_places(lane, busy, AT) for busy in (0, 1, 5)] == [1, 0, 0]


async def _about_many(owner: Structure, count: int) -> None:
    for n in range(count):
        await news(owner, about=await a_structure(), n=n)


async def test_a_rate_holds_over_several_workers(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver, options=Options(max_rate=10))
    await _about_many(owner, 30)
    await dispatch.dispatch()
    per_second = []

    for _ in range(4):
        taken = 0
        for _ in range(20):
            for rounds in await asyncio.gather(turn([], 16), turn([], 16)):
                taken += len(rounds.claims)
            clock.advance(timedelta(milliseconds=50))
        per_second.append(taken)

    # The burst of a fifth of a second is within the first; then the rate, until all is taken.
    assert sum(per_second) == 30
    assert per_second[0] <= 12
    assert all(10 - 1 <= count <= 10 + 1 for count in per_second[1:2])
    assert kept.endpoint.max_rate == 10


async def test_places_hold_over_several_workers(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    await an_endpoint(owner, receiver, options=Options(max_concurrency=3))
    await _about_many(owner, 8)
    await dispatch.dispatch()

    both = await asyncio.gather(turn([], 16), turn([], 16))
    more = await asyncio.gather(turn([], 16), turn([], 16))

    assert sum(len(taken.claims) for taken in both) == 3
    assert [len(taken.claims) for taken in more] == [0, 0]


async def test_what_a_rate_holds_back_goes_by_itself(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver, options=Options(max_rate=20))
    await _about_many(owner, 12)

    await run(machine)
    await receiver.has(12)

    assert sorted(c["data"]["n"] for c in receiver.contents) == list(range(12))


async def test_a_receiver_never_sees_more_at_once_than_it_asked_for(
    owner: Structure, machine: Machine
) -> None:
    under_way, most = 0, 0
    receiver = Receiver()

    def reply(_: Message) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        asyncio.get_running_loop().call_later(0.02, ended)
        return Reply(delay=0.02)

    def ended() -> None:
        nonlocal under_way
        under_way -= 1

    receiver.reply = reply
    await receiver.start()
    await an_endpoint(owner, receiver, options=Options(max_concurrency=2))
    await _about_many(owner, 10)
    await run(machine)
    await receiver.has(10)

    assert most == 2
    await receiver.stop()


async def test_a_receiver_that_hangs_with_all_its_places_slows_no_other(
    owner: Structure, machine: Machine, site: Site
) -> None:
    site(in_flight=64, in_flight_per_endpoint=8, timeout_seconds=15)
    hanging, well = Receiver(Reply(delay=60)), [Receiver() for _ in range(20)]
    for one in (hanging, *well):
        await one.start()
        await an_endpoint(owner, one, kinds=("structure.updated",))
    await _about_many(owner, 30)

    await dispatch.dispatch()
    delivering = asyncio.ensure_future(machine.deliver())
    for one in well:
        await one.has(30)

    # Everybody else got everything while its first requests have not ended.
    assert not delivering.done()
    assert 1 <= len(hanging.messages) <= 8
    delivering.cancel()
    for one in (hanging, *well):
        await one.stop()


async def test_a_turn_serves_hundreds_of_endpoints_alike(
    owner: Structure, receiver: Receiver, site: Site
) -> None:
    site(max_endpoints=500)
    busy = [await an_endpoint(owner, receiver, kinds=("structure.updated",)) for _ in range(150)]
    await _about_many(owner, 4)
    await dispatch.dispatch()

    taken = await turn([], 200)

    by_endpoint = Counter(claim.endpoint.id for claim in taken.claims)
    assert len(taken.claims) == 200
    assert taken.more
    assert set(by_endpoint) == {kept.endpoint.id for kept in busy}
    assert set(by_endpoint.values()) == {1, 2}


async def test_options_outside_their_bounds_are_refused_all_at_once(owner: Structure) -> None:
    for wrong in (0, 10**9):
        bad = Options(skip_after_seconds=wrong, max_rate=wrong, max_concurrency=wrong)

        with pytest.raises(Invalid) as refusal:
            await endpoints.create(
                an_actor(owner),
                owner.id,
                endpoints.EndpointDraft("https://erp.example.fr/", options=bad),
            )

        assert [(p.rule, p.path) for p in refusal.value.problems] == [
            ("BDR-WHK-020", (name,)) for name, _, _ in BOUNDS.values()
        ]
