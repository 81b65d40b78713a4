"""The two ways by which processes wake each other, on the services of this run."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from redis.asyncio import Redis

from domain import events, wakeups
from domain.accounts.actions import create_account
from domain.wakeups import Line, PostgresLine, RedisLine
from resolvers import live
from resolvers.live import Hub
from settings import Settings, listening
from tests.webhooks.test_processes import BROKER_URL as SHARED_BROKER_URL
from tests.webhooks.test_processes import ROOT, SECRET_KEY

KINDS = ("postgres", "redis")


def _own(worker: str) -> str:
    """A Redis database of this process of the run alone: channels are heard by their number."""
    number = 2 * int(worker.removeprefix("gw") or 0) % 14
    return urlunsplit(urlsplit(SHARED_BROKER_URL)._replace(path=f"/{number}"))


BROKER_URL = _own(os.environ.get("PYTEST_XDIST_WORKER", "gw0"))


def a_line(kind: str, url: str) -> Line:
    return PostgresLine(url) if kind == "postgres" else RedisLine(BROKER_URL)


def next_door(kind: str, url: str) -> Line:
    """A line of another site, on the same services."""
    if kind == "postgres":
        return PostgresLine(urlunsplit(urlsplit(url)._replace(path="/postgres")))
    parts = urlsplit(BROKER_URL)
    number = (int(parts.path.lstrip("/") or 0) + 1) % 16
    return RedisLine(urlunsplit(parts._replace(path=f"/{number}")))


class End:
    """One process's end of a line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.heard = 0
        self.cuts = 0
        self._news = asyncio.Event()

    def hear(self) -> None:
        self.heard += 1
        self._news.set()

    def cut(self) -> None:
        self.cuts += 1
        self._news.set()

    async def news(self) -> None:
        async with asyncio.timeout(10):
            await self._news.wait()
        self._news.clear()


@asynccontextmanager
async def opened(line: Line) -> AsyncIterator[End]:
    end = End(line)
    await line.open(end.hear, end.cut)
    try:
        yield end
    finally:
        await line.close()


async def cut_all(kind: str, url: str) -> None:
    """What an operator or a network does: every line of this kind is cut."""
    if kind == "postgres":
        admin = await asyncpg.connect(url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'bordereau wake-ups' AND datname = current_database()"
        )
        await admin.close()
        return
    async with Redis.from_url(BROKER_URL) as admin:
        number = urlsplit(BROKER_URL).path.lstrip("/") or "0"
        mine = [c["id"] for c in await admin.client_list(_type="pubsub") if c["db"] == number]
        for client in mine:
            await admin.client_kill_filter(_id=client)


@pytest.mark.parametrize("kind", KINDS)
async def test_everyone_hears_but_who_rings_and_who_is_next_door(
    kind: str, database_url: str
) -> None:
    async with (
        opened(a_line(kind, database_url)) as one,
        opened(a_line(kind, database_url)) as two,
        opened(a_line(kind, database_url)) as three,
        opened(next_door(kind, database_url)) as stranger,
    ):
        await one.line.ring()
        await two.news()
        await three.news()
        await two.line.ring()
        await one.news()
        await three.news()
        await one.line.check()

    assert [end.heard for end in (one, two, three, stranger)] == [1, 1, 2, 0]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cut_is_noticed_at_once_and_the_same_line_opens_again(
    kind: str, database_url: str
) -> None:
    line = a_line(kind, database_url)
    async with opened(line) as end:
        await cut_all(kind, database_url)
        await end.news()
        assert end.cuts == 1
        with pytest.raises(Exception, match=r"(?i)connection|closed"):
            await line.ring()
        with pytest.raises(Exception, match=r"(?i)connection|closed"):
            await line.check()
        await line.close()

    async with opened(line) as again, opened(a_line(kind, database_url)) as other:
        await other.line.ring()
        await again.news()

    assert again.heard == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_commit_of_another_process_is_read_without_the_pulse(
    kind: str, database: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PULSE_SECONDS", 3_600.0)
    monkeypatch.setattr(wakeups, "RETRY_SECONDS", 0.01)
    await create_account("one@example.org", "One")
    hub = Hub()
    await hub.start()
    chosen = {"DATABASE_URL": database_url, "BROKER_URL": BROKER_URL}
    chosen |= {"WAKE_UPS": kind, "SECRET_KEY": SECRET_KEY}
    settings = Settings(
        database_url=database_url, broker_url=BROKER_URL, wake_ups=kind, secret_key=SECRET_KEY
    )
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.events.committing_process",
        cwd=ROOT, env={**os.environ, **chosen},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert other.stdin is not None
    assert other.stdout is not None
    forget = events.on_commit(hub.wake)
    try:
        async with listening(settings):
            for _ in range(3):
                other.stdin.write(b"\n")
                position = int(await other.stdout.readline())
                await until_read(hub, position)
            # After a cut each opens again, and looks: what was committed meanwhile is read.
            await cut_all(kind, database_url)
            other.stdin.write(b"\n")
            await until_read(hub, int(await other.stdout.readline()))
    finally:
        forget()
        await hub.stop()
        other.stdin.close()
        await other.wait()


async def until_read(hub: Hub, position: int) -> None:
    async with asyncio.timeout(20):
        while hub.position < position:  # noqa: ASYNC110 - the hub tells followers only
            await asyncio.sleep(0.005)
