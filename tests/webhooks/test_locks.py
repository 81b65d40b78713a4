"""Transactions that lock the same deliveries in PostgreSQL: none waits for the other for ever."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from datetime import timedelta

import pytest

from domain import events
from domain.clock import now
from domain.db import dialect, execute, fetch
from domain.structures.models import Structure
from tests.make import an_actor
from tests.webhooks.conftest import an_endpoint, news
from tests.webhooks.receiver import Receiver
from webhooks import delivery, endpoints, queue
from webhooks.delivery import Result
from webhooks.dispatch import dispatch, hold
from webhooks.models import Bookmark, Delivery, DeliveryState, Endpoint, Ordering
from webhooks.options import Options
from webhooks.outbound import Outcome
from webhooks.queue import Claimed


@pytest.fixture(autouse=True)
def _on_postgres(database: str) -> None:
    if dialect() != "postgres":
        pytest.skip("SQLite has one writer at a time")


async def one_under_way(owner: Structure, receiver: Receiver) -> Claimed:
    """A delivery that was claimed, before one of the same object whose row is older.

    So a replay leaves them: what it puts in front are newer rows.
    """
    await an_endpoint(owner, receiver)
    await news(owner, n=1)
    await news(owner, n=2)
    await dispatch()
    async with events.transaction():
        await execute("UPDATE webhook_delivery SET id = 'whd_0' WHERE state = 'HELD'")
        await execute(
            "UPDATE webhook_delivery SET next_attempt_at = $1 WHERE state = 'PENDING'", now()
        )
        (claimed,) = (await queue.take(10, {})).claims
    return claimed


async def somebody_waits() -> None:
    """Until a transaction waits for a row of another one."""
    while not (  # noqa: ASYNC110 - the database tells it
        await fetch(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
    ):
        await asyncio.sleep(0.01)


async def states() -> list[DeliveryState]:
    return [one.state for one in await Delivery.all().order_by("position")]


async def test_a_dispatcher_waits_for_what_ends_before_it_locks_what_waits_behind(
    owner: Structure, receiver: Receiver
) -> None:
    claimed = await one_under_way(owner, receiver)
    await news(owner, n=3)
    elsewhere = copy_context()

    async with events.transaction():
        assert await queue.still_held([claimed])
        dispatching = asyncio.create_task(dispatch(), context=elsewhere.copy())
        await asyncio.create_task(somebody_waits(), context=elsewhere.copy())
        await execute(
            "UPDATE webhook_delivery SET state = 'DELIVERED', finished_at = $2, lease = NULL,"
            " lease_until = NULL WHERE id = $1",
            claimed.id,
            now(),
        )
        await queue.let_go([(claimed.endpoint.id, claimed.subject_id)], now())
    await dispatching

    assert await states() == ["DELIVERED", "PENDING", "HELD"]


async def test_answers_are_written_although_a_deadlock_stopped_the_first_try(
    owner: Structure, receiver: Receiver
) -> None:
    claimed = await one_under_way(owner, receiver)
    answer = Result(claimed, Outcome(200, 5), now() - timedelta(seconds=1))
    elsewhere = copy_context()

    async with events.transaction():
        await execute("UPDATE webhook_delivery SET failures = 0 WHERE id = 'whd_0'")
        writing = asyncio.create_task(delivery.turn([answer], 0), context=elsewhere.copy())
        await asyncio.create_task(somebody_waits(), context=elsewhere.copy())
        await execute("UPDATE webhook_delivery SET failures = 0 WHERE id = $1", claimed.id)
    await writing

    assert await states() == ["DELIVERED", "PENDING"]


async def test_who_asks_for_order_waits_for_the_dispatcher_before_it_locks_the_endpoint(
    owner: Structure, receiver: Receiver
) -> None:
    kept = await an_endpoint(owner, receiver, options=Options(ordering=Ordering.NONE))
    asked = {"options": {"ordering": Ordering.PER_SUBJECT}}
    elsewhere = copy_context()

    async with events.transaction():
        await hold()
        changing = asyncio.create_task(
            endpoints.update(an_actor(owner), kept.endpoint.id, asked), context=elsewhere.copy()
        )
        waiting = asyncio.create_task(somebody_waits(), context=elsewhere.copy())
        await asyncio.wait({changing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        free = await fetch("SELECT 1 FROM webhook_endpoint FOR UPDATE SKIP LOCKED")
        assert (changing.done(), len(free)) == (False, 1)
    waiting.cancel()
    await changing

    assert (await Endpoint.get(id=kept.endpoint.id)).ordering == Ordering.PER_SUBJECT


async def test_nobody_dispatches_for_the_first_time_while_queues_are_moved(
    owner: Structure, receiver: Receiver
) -> None:
    await an_endpoint(owner, receiver)
    await news(owner, n=1)
    assert await Bookmark.all().count() == 0
    elsewhere = copy_context()

    async with events.transaction():
        await hold()
        dispatching = asyncio.create_task(dispatch(), context=elsewhere.copy())
        waiting = asyncio.create_task(somebody_waits(), context=elsewhere.copy())
        await asyncio.wait({dispatching, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert await states() == []
    waiting.cancel()
    await dispatching

    await dispatch()
    assert await states() == ["PENDING"]
