"""The event log: one order, no gaps, nothing lost, whoever writes at the same time."""

from __future__ import annotations

import asyncio
import random

import pytest

from domain import cursors, events
from domain.access import SYSTEM, Permission
from domain.accounts.actions import create_account
from domain.accounts.models import Account
from domain.db import execute, fetch
from domain.events import transaction

WRITERS = 8
EACH = 25


async def _tell(account: Account, kind: str = "webhook.ping") -> None:
    async with transaction():
        locked = await Account.filter(id=account.id).select_for_update().get()
        events.record(kind, locked, SYSTEM, audience=[(events.PLATFORM, Permission.ADMINISTER)])
        await locked.save(update_fields=["event_count"])


async def test_positions_follow_the_order_of_commits_under_concurrent_writers(
    database: str,
) -> None:
    accounts = [await create_account(f"w{n}@example.org", f"W{n}") for n in range(WRITERS)]
    seen: list[int] = []
    total = WRITERS * EACH

    async def write(account: Account) -> None:
        for _ in range(EACH):
            await _tell(account)
            await asyncio.sleep(random.random() / 500)

    async def read() -> None:
        position = 0
        while len(seen) < total:
            for event in await events.after(position, limit=7):
                position = event.position
                seen.append(position)
            await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(read(), *(write(account) for account in accounts))

    assert seen == list(range(1, total + 1))
    for account in accounts:
        own = await events.of_subject(account.id, limit=EACH + 1)
        assert [e.subject_sequence for e in own] == list(range(1, EACH + 1))


async def test_a_transaction_that_fails_tells_nothing_and_leaves_no_gap(database: str) -> None:
    account = await create_account("one@example.org", "One")
    await _tell(account)

    with pytest.raises(ZeroDivisionError):
        async with transaction() as unit:
            locked = await Account.get(id=account.id)
            events.record("webhook.ping", locked, SYSTEM, audience=[])
            await unit.write_events()
            raise ZeroDivisionError
    await _tell(account)

    assert [e.position for e in await events.after(0, limit=10)] == [1, 2]
    assert await events.head() == 2


async def test_readers_are_woken_once_after_the_commit_and_not_after_a_failure(
    database: str,
) -> None:
    account = await create_account("one@example.org", "One")
    woken: list[int] = []
    forget = events.on_commit(lambda: woken.append(1))

    await _tell(account)
    async with transaction():
        pass
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            events.record("webhook.ping", account, SYSTEM, audience=[])
            raise ZeroDivisionError
    forget()

    assert woken == [1]


async def test_a_fact_is_recorded_inside_a_transaction_and_in_the_catalogue_only(
    database: str,
) -> None:
    account = await create_account("one@example.org", "One")

    with pytest.raises(RuntimeError, match="open transaction"):
        events.record("webhook.ping", account, SYSTEM, audience=[])
    with pytest.raises(KeyError):
        async with transaction():
            events.record("webhook.unheard_of", account, SYSTEM, audience=[])
    with pytest.raises(RuntimeError, match=r"open events\.transaction"):
        await execute("UPDATE account SET event_count = 0")


async def test_transactions_join(database: str) -> None:
    account = await create_account("one@example.org", "One")

    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await _tell(account)
            raise ZeroDivisionError

    assert await events.head() == 0
    assert (await fetch("SELECT event_count FROM account"))[0][0] == 0


def test_a_cursor_is_authenticated_and_knows_the_life_of_the_log() -> None:
    ours = cursors.Cursors(b"k" * 32, epoch=2)

    assert ours.position_of(ours.event(41)) == 41
    with pytest.raises(cursors.ForeignEpoch):
        ours.position_of(cursors.Cursors(b"k" * 32, epoch=1).event(41))
    for forged in (
        cursors.Cursors(b"j" * 32, epoch=2).event(41),
        ours.page([41], "a list"),
        ours.event(41)[:-2],
        "",
        "é",
        "AAAA",
        "=" * 12,
    ):
        with pytest.raises(cursors.BadCursor):
            ours.position_of(forged)


def test_every_altered_cursor_is_refused() -> None:
    ours = cursors.Cursors(b"k" * 32)
    whole = ours.event(123_456)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    for place in range(len(whole)):
        for letter in alphabet:
            altered = whole[:place] + letter + whole[place + 1 :]
            if altered == whole:
                continue
            try:
                position = ours.position_of(altered)
            except cursors.BadCursor:
                continue
            # The unused last bits of base 64 are the only freedom: they change nothing.
            assert (place, position) == (len(whole) - 1, 123_456)


def test_a_page_cursor_belongs_to_one_list() -> None:
    ours = cursors.Cursors(b"k" * 32)
    cursor = ours.page(["2026-11-20", "inv_1"], "invoices newest first")

    assert ours.read_page(cursor, "invoices newest first") == ["2026-11-20", "inv_1"]
    with pytest.raises(cursors.BadCursor):
        ours.read_page(cursor, "invoices oldest first")
    with pytest.raises(cursors.BadCursor):
        ours.read_page(ours.event(1), "invoices newest first")
