"""Workers apart from the server, with a broker between them."""

from __future__ import annotations

from domain.structures.models import Structure
from tests.webhooks.conftest import Site, an_endpoint, news
from tests.webhooks.receiver import Receiver
from tests.webhooks.test_processes import (
    APART,
    BROKER_URL,
    SECRET_KEY,
    a_worker,
    all_delivered,
)
from webhooks import tasks


async def test_a_commit_wakes_workers_of_other_processes(
    database_url: str, owner: Structure, receiver: Receiver, site: Site
) -> None:
    site(key=SECRET_KEY.encode())
    await an_endpoint(owner, receiver)
    server = await tasks.start(BROKER_URL)
    try:
        async with a_worker(APART, database_url), a_worker(APART, database_url):
            for n in range(20):
                await news(owner, n=n)
            await all_delivered(20)
    finally:
        await server.stop()

    assert [c["data"]["n"] for c in receiver.contents] == list(range(20))
