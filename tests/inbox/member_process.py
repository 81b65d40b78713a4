"""A member of a group in a process of its own, to be killed by tests.

`member_process DATABASE_URL CONSUMER STRUCTURE LOG`: what it processed is a line of the log,
written before it is acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys

from domain import cursors
from domain.access import Permission
from domain.db import close_database, open_database
from domain.inbox import taking
from domain.inbox.models import Item
from domain.inbox.taking import Order
from settings import MODELS
from tests.conftest import TEST_KEY
from tests.make import an_actor


async def work(url: str, consumer: str, structure: str, log: str) -> None:
    """Take, process, acknowledge; until killed."""
    cursors.configure(TEST_KEY, 1)
    await open_database(url, MODELS)
    actor = an_actor(structure, permissions=list(Permission))
    written = os.open(log, os.O_WRONLY | os.O_APPEND)
    try:
        while True:
            lease = (await taking.take(actor, consumer, Order(random.randint(1, 4)))).lease
            if lease is None:
                await asyncio.sleep(0.05)
                continue
            for item in await Item.filter(lease_id=lease.id).order_by("position"):
                await asyncio.sleep(random.random() / 20)
                os.write(written, f"{item.position}\n".encode())
                named = [cursors.event(item.position)]
                await taking.acknowledge(actor, consumer, lease.id, named)
    finally:
        await close_database()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
