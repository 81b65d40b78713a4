"""A server that stops does stop, whatever happens at that moment."""

from __future__ import annotations

import asyncio

from domain.access import SYSTEM
from domain.accounts.actions import create_account
from domain.events import record, transaction
from resolvers.live import Hub


async def _asleep() -> None:
    for _ in range(50):
        await asyncio.sleep(0.001)


async def test_a_hub_that_is_woken_as_it_stops_stops(database: str) -> None:
    hub = Hub()
    await hub.start()
    await _asleep()

    hub._wake.set()
    stopping = asyncio.create_task(hub.stop())
    done, _ = await asyncio.wait([stopping], timeout=5)

    assert stopping in done


async def test_a_hub_started_again_knows_nothing_of_before(database: str) -> None:
    account = await create_account("one@example.org", "One")
    hub = Hub()
    await hub.start()
    async with transaction():
        record("webhook.ping", account, SYSTEM, audience=[])
        await account.save()
    hub.wake()
    await _asleep()
    assert hub.position == 1
    await hub.stop()

    await hub.start()

    assert not hub.stopping
    assert list(hub._window) == []
    assert hub.position == 1
    await hub.stop()
