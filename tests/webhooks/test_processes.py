"""Worker processes that are killed in the middle: nothing is lost, nothing changes order.

Embedded workers run on whatever database the tests run on; separate ones when there is a broker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain import events
from domain.structures.models import Structure
from tests.make import a_structure
from tests.webhooks.conftest import Site, an_endpoint, news
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks.dispatch import position
from webhooks.models import Delivery

ROOT = Path(__file__).resolve().parents[2]
BROKER_URL = os.environ.get("BROKER_URL", "")
EMBEDDED = [sys.executable, "-m", "tests.webhooks.worker_process"]
APART = [sys.executable, "-m", "dramatiq", "worker", "--processes", "1", "--threads", "4"]
FORMS = {"embedded": EMBEDDED} | ({"apart": APART} if BROKER_URL else {})
SECRET_KEY = "a secret for tests only, 32 bytes"


@asynccontextmanager
async def a_worker(command: Sequence[str], url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process, killed with its children at the end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "BROKER_URL": BROKER_URL if command is APART else "",
            "SECRET_KEY": SECRET_KEY,
            "WEBHOOK_ALLOW": "127.0.0.0/8",
            "WEBHOOK_TIMEOUT_SECONDS": "1",
            "LOG_LEVEL": "ERROR",
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill(process)
        await process.wait()


def kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        # It may have ended by itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def test_a_worker_that_finds_no_database_ends_with_a_status() -> None:
    """Whoever supervises it starts it again: one that stayed, idle, would never be noticed."""
    process = await asyncio.create_subprocess_exec(
        *APART,
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": "postgres://postgres@127.0.0.1:1/nowhere",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "SECRET_KEY": SECRET_KEY,
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(60):
            _, said = await process.communicate()
    finally:
        kill(process)

    assert process.returncode == 1
    assert b"the worker cannot start" in said


async def all_delivered(count: int) -> None:
    """Wait until other processes have delivered so many."""
    for _ in range(600):
        if await Delivery.filter(state="DELIVERED").count() >= count:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"fewer than {count} deliveries after a minute")


@pytest.mark.parametrize("form", FORMS)
async def test_workers_killed_in_the_middle_lose_nothing_and_keep_the_order(
    form: str, database_url: str, owner: Structure, receiver: Receiver, site: Site
) -> None:
    site(key=SECRET_KEY.encode())
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    subjects = [await a_structure() for _ in range(8)]
    receiver.reply = Reply(delay=0.01)
    for n in range(15):
        for subject in subjects:
            await news(owner, about=subject, n=n)
    total = 15 * len(subjects)

    for killed_after in (15, 45, 75):
        async with a_worker(FORMS[form], database_url) as process:
            await receiver.has(killed_after)
            kill(process)
    async with a_worker(FORMS[form], database_url):
        await all_delivered(total)

    assert await position() == await events.head()
    first_receipts: dict[str, Message] = {}
    for message in receiver.messages:
        first_receipts.setdefault(message.id, message)
        assert message.is_signed_by(kept.secret)
    assert len(first_receipts) == total
    for subject in subjects:
        own = [m.content for m in first_receipts.values() if m.content["subject"] == subject.id]
        assert [content["data"]["n"] for content in own] == list(range(15))
