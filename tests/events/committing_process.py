"""Another process of the site: for each line that it reads it commits one fact, and says where."""

from __future__ import annotations

import asyncio
import sys

from domain.access import SYSTEM
from domain.accounts.models import Account
from domain.events import record, transaction
from settings import Settings, listening, opened


async def work() -> None:
    """Until there is nothing more to read."""
    settings = Settings()
    async with opened(settings), listening(settings):
        account = await Account.all().first()
        assert account is not None
        while await asyncio.to_thread(sys.stdin.readline):
            async with transaction() as unit:
                record("webhook.ping", account, SYSTEM, audience=[])
                await account.save()
            print(unit.position, flush=True)  # noqa: T201 - its one way to answer


if __name__ == "__main__":
    asyncio.run(work())
