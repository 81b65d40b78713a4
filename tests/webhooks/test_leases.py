"""What a worker holds for a time: lost, taken over, and what the late one may still do."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from domain import events
from domain.clock import Clock
from domain.structures.models import Structure
from tests.make import a_structure, an_actor
from tests.webhooks.conftest import Site, an_endpoint, news, run
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks import dispatch, endpoints
from webhooks.delivery import Pump, Result, is_too_late, take_back, turn
from webhooks.machine import Machine
from webhooks.models import Attempt, Delivery, Endpoint, EndpointStatus
from webhooks.outbound import ErrorKind, Outcome
from webhooks.policy import Policy
from webhooks.queue import Claimed

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
OUTLIVED = timedelta(minutes=1)
FIRST_WAIT = timedelta(seconds=5)
ACCEPTED = Outcome(200, 1)
FAILED = Outcome(500, 1, error=ErrorKind.STATUS)


async def states() -> list[str]:
    return [row.state.value for row in await Delivery.all().order_by("position")]


async def attempts() -> list[tuple[int, str | None]]:
    return [(a.number, a.error) for a in await Attempt.all().order_by("number")]


async def _claimed(owner: Structure, receiver: Receiver, *numbers: int) -> Claimed:
    """The first of some messages about one object, held by a worker."""
    await an_endpoint(owner, receiver, kinds=("structure.updated",))
    for n in numbers or (0,):
        await news(owner, n=n)
    await dispatch.dispatch()
    (claimed,) = (await turn([], 10)).claims
    return claimed


@pytest.mark.parametrize(
    ("seconds", "late"), [(0, False), (15, False), (15.1, True), (31.9, True), (32, True)]
)
def test_nothing_is_sent_when_the_lease_could_end_before_the_answer(
    seconds: float, late: bool
) -> None:
    site = Policy(key=b"", timeout_seconds=15)
    claimed = Claimed(
        "whd_1", Endpoint(), "evt_1", "k", "s", b"", 1, 0, "lea_1", None, AT + site.lease
    )

    assert is_too_late(claimed, AT + timedelta(seconds=seconds), site) is late


class Stalls:
    """Stands for a process that stands still for a minute whenever it sends something."""

    def __init__(self, clock: Clock) -> None:
        self.sent: list[Claimed] = []
        self._clock = clock

    def send(self, claimed: Claimed, at: datetime) -> asyncio.Future[Outcome]:
        self.sent.append(claimed)
        self._clock.advance(OUTLIVED)
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        answer.set_result(ACCEPTED)
        return answer


async def test_a_worker_that_stood_still_after_its_claim_sends_nothing(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver, kinds=("structure.updated",))
    for n in range(2):
        await news(owner, about=await a_structure(), n=n)
    await dispatch.dispatch()
    stalls = Stalls(clock)

    await Pump(stalls).run()

    # Both were taken; by the time of the second its lease could end before the answer.
    assert len(stalls.sent) == 1
    assert sorted(await states()) == ["DELIVERED", "DELIVERING"]
    assert await take_back() == 1
    clock.advance(FIRST_WAIT)
    await machine.deliver()
    assert await states() == ["DELIVERED"] * 2
    assert len(receiver.messages) == 1


async def test_a_delivery_taken_by_a_worker_that_died_is_sent_again_and_says_so(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await _claimed(owner, receiver)

    clock.advance(timedelta(seconds=5))
    assert await take_back() == 0
    clock.advance(OUTLIVED)
    assert await take_back() == 1
    clock.advance(FIRST_WAIT)
    await run(machine)

    (message,) = receiver.messages
    assert await attempts() == [(1, "INTERRUPTED"), (2, None)]
    assert message.headers["webhook-attempt"] == "2"
    assert await states() == ["DELIVERED"]


@pytest.mark.parametrize("outcome", [ACCEPTED, FAILED], ids=["accepted", "failed"])
async def test_the_late_answer_of_a_lost_lease_is_not_written(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, outcome: Outcome
) -> None:
    late = await _claimed(owner, receiver, 0, 1)
    clock.advance(OUTLIVED)
    await take_back()
    before = await attempts(), await states()

    await turn([Result(late, outcome, clock.now())], 0)

    assert (await attempts(), await states()) == before
    endpoint = await Endpoint.get()
    assert (endpoint.consecutive_failures, endpoint.last_success_at) == (0, None)


async def test_a_late_answer_changes_nothing_of_what_another_worker_is_sending(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    late = await _claimed(owner, receiver, 0, 1)
    clock.advance(OUTLIVED)
    await take_back()
    clock.advance(FIRST_WAIT)
    (again,) = (await turn([], 10)).claims

    # The late one was accepted; the other one, which holds the delivery now, was not.
    taken = await turn([Result(late, ACCEPTED, clock.now())], 10)
    assert (taken.claims, await states()) == ([], ["DELIVERING", "HELD"])
    await turn([Result(again, FAILED, clock.now())], 0)

    assert (again.id, again.attempt, again.failures) == (late.id, 2, 1)
    assert await attempts() == [(1, "INTERRUPTED"), (2, "STATUS")]
    assert await states() == ["PENDING", "HELD"]


async def test_a_lease_lost_while_the_answer_is_under_way_keeps_the_order(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    other = Machine()
    await an_endpoint(owner, receiver, kinds=("structure.updated",))
    receiver.reply = Reply(500, delay=0.5)
    for n in range(3):
        await news(owner, n=n)
    await dispatch.dispatch()
    slow = asyncio.ensure_future(machine.deliver())
    await receiver.has(1)

    receiver.reply = Reply()
    clock.advance(OUTLIVED)
    assert await take_back() == 1
    clock.advance(FIRST_WAIT)
    await other.deliver()
    await slow

    assert [c["data"]["n"] for c in receiver.contents] == [0, 0, 1, 2]
    assert await states() == ["DELIVERED"] * 3
    first = await Delivery.all().order_by("position").first()
    assert first is not None
    found = await Attempt.filter(delivery_id=first.id).order_by("number")
    assert [(a.number, a.error) for a in found] == [(1, "INTERRUPTED"), (2, None)]
    assert (await Endpoint.get()).consecutive_failures == 0
    await other.stop()


async def test_an_answer_and_a_take_over_at_the_same_moment_are_one_attempt(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    claimed = await _claimed(owner, receiver, 0, 1)
    clock.advance(OUTLIVED)

    await asyncio.gather(take_back(), turn([Result(claimed, ACCEPTED, clock.now())], 0))

    # Whoever came first: the other one found nothing to do.
    assert (await attempts(), await states()) in (
        ([(1, "INTERRUPTED")], ["PENDING", "HELD"]),
        ([(1, None)], ["DELIVERED", "PENDING"]),
    )


async def test_two_workers_take_back_what_is_lost_once(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    await _claimed(owner, receiver)
    clock.advance(OUTLIVED)

    taken = await asyncio.gather(take_back(), take_back())

    assert sorted(taken) == [0, 1]
    assert await attempts() == [(1, "INTERRUPTED")]


async def test_workers_never_send_two_messages_of_one_object_at_the_same_time(
    owner: Structure, receiver: Receiver, database: str
) -> None:
    under_way: Counter[str] = Counter()
    most: Counter[str] = Counter()

    def reply(message: Message) -> Reply:
        subject, seconds = message.content["subject"], 0.005 * (len(receiver.messages) % 4)
        under_way[subject] += 1
        most[subject] = max(most[subject], under_way[subject])
        # A little less than the answer takes: it is over before its sender knows.
        asyncio.get_running_loop().call_later(seconds, under_way.subtract, [subject])
        return Reply(delay=seconds)

    receiver.reply = reply
    await an_endpoint(owner, receiver, kinds=("structure.updated",))
    subjects = [await a_structure() for _ in range(4)]
    for n in range(8):
        for subject in subjects:
            await news(owner, about=subject, n=n)
    await dispatch.dispatch()
    several = [Machine() for _ in range(3)]

    async def works(one: Machine) -> None:
        while await Delivery.filter(state="DELIVERED").count() < 32:
            await one.deliver()

    async with asyncio.timeout(60):
        await asyncio.gather(*(works(one) for one in several))

    assert set(most.values()) == {1}
    assert len(receiver.messages) == 32
    for one in several:
        await one.stop()


async def test_whatever_leases_are_lost_each_object_is_told_in_order(
    owner: Structure, receiver: Receiver, database: str, clock: Clock, site: Site
) -> None:
    site(retry_seconds=(0,) * 200)
    receiver.reply = lambda _: Reply(delay=0.01 * (len(receiver.messages) % 3))
    await an_endpoint(owner, receiver, kinds=("structure.updated",))
    subjects = [await a_structure() for _ in range(4)]
    for n in range(6):
        for subject in subjects:
            await news(owner, about=subject, n=n)
    await dispatch.dispatch()
    several = [Machine() for _ in range(2)]
    done = asyncio.Event()

    async def works(one: Machine) -> None:
        while await Delivery.filter(state="DELIVERED").count() < 24:
            await one.deliver()
            await take_back()
        done.set()

    async def loses() -> None:
        # One that takes and dies, and a clock that makes the leases of all others end.
        for _ in range(10):
            await turn([], 2)
            await asyncio.sleep(0.02)
            clock.advance(OUTLIVED)
            await take_back()
        await done.wait()

    async with asyncio.timeout(60):
        await asyncio.gather(loses(), *(works(one) for one in several))

    for subject in subjects:
        assert _first_told(receiver, subject) == list(range(6))
    for delivery in await Delivery.all():
        found = await Attempt.filter(delivery_id=delivery.id).order_by("number")
        assert [a.number for a in found] == list(range(1, delivery.attempts + 1))
        assert [a.error for a in found] == ["INTERRUPTED"] * (delivery.attempts - 1) + [None]
    for one in several:
        await one.stop()


def _first_told(receiver: Receiver, subject: Structure) -> list[int]:
    """What was told of an object, in the order in which it was first told."""
    told = [c["data"]["n"] for c in receiver.contents if c["subject"] == subject.id]
    return list(dict.fromkeys(told))


async def test_a_message_that_kills_its_worker_comes_later_and_ends(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    await _claimed(owner, receiver, 0, 1)
    waits = []

    for _ in range(9):
        clock.advance(OUTLIVED)
        assert await take_back() == 1
        delivery = await Delivery.all().order_by("position").first()
        assert delivery is not None
        assert delivery.next_attempt_at is not None
        wait = delivery.next_attempt_at - clock.now()
        waits.append(round(wait.total_seconds()))
        clock.advance(wait)
        assert len((await turn([], 10)).claims) == 1
    clock.advance(OUTLIVED)
    await take_back()

    assert waits == [0, 0, 0, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert await states() == ["EXHAUSTED", "PENDING"]
    told = [e for e in await events.after(0, limit=50) if e.kind == "webhook.deliveries_exhausted"]
    assert [(e.data["attempts"], e.data["lastError"]) for e in told] == [(10, "INTERRUPTED")]
    endpoint = await Endpoint.get()
    assert (endpoint.status.value, endpoint.consecutive_failures) == ("ACTIVE", 0)


async def test_a_process_that_is_alone_sends_at_once_what_it_was_sending_but_not_for_ever(
    owner: Structure, receiver: Receiver, clock: Clock, site: Site
) -> None:
    site(retry_seconds=(0, 300, 300))
    await _claimed(owner, receiver)

    for _ in range(2):
        assert await take_back(alone=True) == 1
        assert len((await turn([], 10)).claims) == 1
    assert await take_back(alone=True) == 1

    assert await states() == ["EXHAUSTED"]


@pytest.mark.parametrize("status", [500, 410])
async def test_what_was_under_way_when_its_endpoint_was_deleted_is_given_up(
    owner: Structure, receiver: Receiver, clock: Clock, status: int
) -> None:
    claimed = await _claimed(owner, receiver)
    await endpoints.delete(an_actor(owner), claimed.endpoint.id)

    await turn([Result(claimed, Outcome(status, 1, error=ErrorKind.STATUS), clock.now())], 0)

    (delivery,) = await Delivery.all()
    assert (delivery.state, delivery.skip_reason) == ("SKIPPED", "ENDPOINT_DELETED")
    assert delivery.finished_at is not None
    assert (await Endpoint.get(id=claimed.endpoint.id)).status == EndpointStatus.DELETED


async def test_what_its_worker_lost_while_its_endpoint_was_deleted_is_given_up(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    claimed = await _claimed(owner, receiver)
    await endpoints.delete(an_actor(owner), claimed.endpoint.id)
    clock.advance(OUTLIVED)

    assert await take_back() == 1

    (delivery,) = await Delivery.all()
    assert (delivery.state, delivery.skip_reason) == ("SKIPPED", "ENDPOINT_DELETED")


async def test_what_arrives_although_its_endpoint_was_deleted_is_delivered(
    owner: Structure, receiver: Receiver, clock: Clock
) -> None:
    claimed = await _claimed(owner, receiver)
    await endpoints.delete(an_actor(owner), claimed.endpoint.id)

    await turn([Result(claimed, ACCEPTED, clock.now())], 0)

    assert await states() == ["DELIVERED"]
