"""Wake-ups in one process: it rings after its commits, looks when it hears, and recovers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from pydantic import ValidationError

from domain import events, wakeups
from domain.access import SYSTEM
from domain.accounts.actions import create_account
from domain.accounts.models import Account
from domain.events import record, transaction
from domain.wakeups import PostgresLine, Signal, listening
from settings import Settings
from settings import listening as listening_of


class Wire:
    """A line of which the test holds the other end."""

    def __init__(self) -> None:
        self.rings = 0
        self.opened = 0
        self.is_cut = False
        self.heard: Signal = lambda: None
        self._cut: Signal = lambda: None
        self.news = asyncio.Event()

    async def open(self, heard: Signal, cut: Signal) -> None:
        self._raise_if_cut()
        self.opened += 1
        self.heard, self._cut = heard, cut
        self.news.set()

    async def ring(self) -> None:
        self._raise_if_cut()
        self.rings += 1
        self.news.set()

    async def check(self) -> None:
        self._raise_if_cut()

    async def close(self) -> None:
        self.heard = lambda: None
        self._raise_if_cut()

    def cut(self) -> None:
        self.is_cut = True
        self._cut()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.news.clear()
                await self.news.wait()

    def _raise_if_cut(self) -> None:
        if self.is_cut:
            raise ConnectionResetError("cut")


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    monkeypatch.setattr(wakeups, "RETRY_SECONDS", 0.01)
    return Wire()


@pytest.fixture
def woken() -> Iterator[list[int]]:
    """One more each time that the readers of this process are woken."""
    times: list[int] = []
    forget = events.on_commit(lambda: times.append(1))
    yield times
    forget()


async def commit(account: Account) -> None:
    async with transaction():
        record("webhook.ping", account, SYSTEM, audience=[])
        await account.save()


async def test_commits_that_follow_each_other_are_told_once(database: str, wire: Wire) -> None:
    account = await create_account("one@example.org", "One")
    async with listening(wire):
        await wire.until(lambda: wire.rings == 1)
        for tell in events._tellers * 50:
            tell()
        await wire.until(lambda: wire.rings == 2)
        await asyncio.sleep(10 * wakeups.BETWEEN_SECONDS)
        assert wire.rings == 2

        await commit(account)

        await wire.until(lambda: wire.rings == 3)


async def test_a_commit_that_others_made_wakes_the_readers_and_is_not_told_again(
    database: str, wire: Wire, woken: list[int]
) -> None:
    async with listening(wire):
        await wire.until(lambda: wire.rings == 1)
        woken.clear()

        wire.heard()
        await asyncio.sleep(10 * wakeups.BETWEEN_SECONDS)

        assert woken == [1]
        assert wire.rings == 1


async def test_a_line_that_was_cut_is_opened_again_and_everyone_looks(
    database: str, wire: Wire, woken: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    account = await create_account("one@example.org", "One")
    async with listening(wire):
        await wire.until(lambda: wire.rings == 1)
        wire.cut()
        await asyncio.sleep(0.1)
        await commit(account)
        woken.clear()

        wire.is_cut = False
        await wire.until(lambda: wire.opened == 2 and wire.rings == 2)

        assert woken == [1]
    assert len([r for r in caplog.records if "wake-ups are away" in r.message]) == 1


async def test_a_silent_line_is_asked_whether_it_lives(
    database: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "HEARTBEAT_SECONDS", 0.02)
    async with listening(wire):
        await wire.until(lambda: wire.rings == 1)
        wire.is_cut = True
        await asyncio.sleep(0.1)
        wire.is_cut = False

        await wire.until(lambda: wire.opened == 2)


async def test_nothing_is_told_or_heard_after_the_end(
    database: str, wire: Wire, woken: list[int]
) -> None:
    account = await create_account("one@example.org", "One")
    async with listening(wire):
        await wire.until(lambda: wire.rings == 1)
    woken.clear()

    await commit(account)
    wire.heard()

    assert (wire.rings, woken) == (1, [1])


async def test_no_database_at_all_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "RETRY_SECONDS", 0.01)

    async with listening(PostgresLine("postgres://nobody@127.0.0.1:1/none")):
        await asyncio.sleep(0.1)
        events.wake_readers()


async def test_one_process_with_sqlite_tells_nobody() -> None:
    settings = Settings(database_url="sqlite:///unused.db", _env_file=None)

    async with listening_of(settings):
        assert events._tellers == []


def test_redis_wakes_only_through_the_broker_that_is_redis() -> None:
    with pytest.raises(ValidationError, match="WAKE_UPS: redis needs a BROKER_URL"):
        Settings(wake_ups="redis", broker_url="amqp://127.0.0.1")
