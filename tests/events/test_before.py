"""The place of an instant in the log."""

from __future__ import annotations

from datetime import timedelta

from domain import events
from domain.clock import Clock
from tests.inbox.conftest import news
from tests.make import a_supplier


async def test_an_instant_is_the_place_before_what_was_recorded_then_or_later(
    database: str, clock: Clock
) -> None:
    owner = await a_supplier()
    clock.advance(timedelta(minutes=1))
    told = []
    for _ in range(5):
        told += await news(owner, owner)
        clock.advance(timedelta(minutes=1))
    recorded = [event.recorded_at for event in told if event.recorded_at]

    assert [await events.before(at) for at in recorded] == [e.position - 1 for e in told]
    assert await events.before(recorded[-1] + timedelta(seconds=1)) == told[-1].position
    assert await events.before(recorded[0] - timedelta(days=1)) == 0
