"""The history is a chain: whatever is changed in it afterwards is found, where it was changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from asyncpg import PostgresError
from tortoise.exceptions import IntegrityError

from domain import events
from domain.access import SYSTEM
from domain.chain import form, reading, sealing
from domain.chain.checking import Checker
from domain.db import execute, fetch
from domain.events import Unsealed, record, transaction
from domain.structures.actions import update_structure
from tests.chain.intruder import alter, an_intruder, flaw, flipped
from tests.make import a_supplier, actor_of, an_account, an_invoice

pytestmark = pytest.mark.usefixtures("database")

HERE = 3


async def a_history() -> int:
    """Some events of several subjects; the position of the last."""
    await an_invoice("MISE_A_DISPOSITION")
    supplier = await a_supplier(name="Été & fils « du Forez »", has_mandate=False)
    await update_structure(
        await actor_of(await an_account(supplier)), supplier.id, {"town": "Roche-la-Molière"}
    )
    return await events.head()


async def test_a_history_is_whole_and_names_its_end() -> None:
    last = await a_history()
    checker = Checker()

    async for _ in reading.check(checker):
        pass

    (head,) = await fetch("SELECT position, sealed, hash FROM log_head")
    assert last > HERE + 2
    assert (checker.count, checker.position, checker.redacted) == (last, last, 0)
    assert tuple(head) == (last, last, checker.previous)


async def test_an_empty_log_is_whole() -> None:
    assert await flaw() is None


async def test_transactions_that_end_at_once_make_one_chain() -> None:
    subjects = [await a_supplier() for _ in range(8)]

    async def tell(subject: Any) -> None:
        for _ in range(5):
            async with transaction():
                for _ in range(2):
                    record("structure.updated", subject, SYSTEM, audience=[])
                await subject.save(update_fields=["event_count"])

    await asyncio.gather(*map(tell, subjects))

    assert await flaw() is None


COLUMNS = (*form.SAID, *form.PARTS, "salts", "hash")


@pytest.mark.parametrize("column", [c for c in COLUMNS if c != "position"])
async def test_a_flipped_byte_is_found_in_every_column(column: str) -> None:
    await a_history()
    value = (await fetch(f"SELECT {column} FROM event WHERE position = $1", HERE))[0][0]

    await alter(f"UPDATE event SET {column} = $2 WHERE position = $1", HERE, flipped(value))

    found = await flaw()
    assert found is not None
    assert found.position == HERE


async def test_every_column_of_the_log_is_covered() -> None:
    await a_history()

    (row, *_) = await fetch("SELECT * FROM event LIMIT 1")

    assert set(dict(row)) == set(COLUMNS)


DELETE = (
    "DELETE FROM event_audience WHERE position = $1",
    "DELETE FROM event WHERE position = $1",
)


@pytest.mark.parametrize("which", ["within", "last"])
async def test_a_deleted_event_is_missed(which: str) -> None:
    last = await a_history()
    position = last if which == "last" else HERE

    async with an_intruder():
        for sql in DELETE:
            await execute(sql, position)

    found = await flaw()
    assert found is not None
    assert found.position == position


async def test_two_events_that_changed_places_are_found() -> None:
    await a_history()
    both = (HERE, HERE + 1)

    async with an_intruder():
        for position in both:
            await execute("DELETE FROM event_audience WHERE position = $1", position)
        move = "UPDATE event SET position = $2 WHERE position = $1"
        for old, new in ((both[0], 9_999), (both[1], both[0]), (9_999, both[1])):
            await execute(move, old, new)

    found = await flaw()
    assert found is not None
    assert found.position == HERE


async def test_an_inserted_event_is_found() -> None:
    last = await a_history()
    row = dict((await fetch("SELECT * FROM event WHERE position = $1", HERE))[0])
    row |= {"position": last + 1, "id": "evt_forged", "subject_sequence": 999}
    row["salts"], row["hash"] = form.seal(row, row["hash"])
    marks = ", ".join(f"${n + 1}" for n in range(len(row)))

    async with an_intruder():
        await execute(f"INSERT INTO event ({', '.join(row)}) VALUES ({marks})", *row.values())
        await execute("UPDATE log_head SET position = $1, sealed = $1", last + 1)

    found = await flaw()
    assert found is not None
    assert found.position == last + 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE event_audience SET structure_id = 'str_other' WHERE position = $1",
        "DELETE FROM event_audience WHERE position = $1",
        "INSERT INTO event_audience VALUES ('str_other', 'invoice:read', $1)",
    ],
)
async def test_an_event_that_opens_to_others_is_found(sql: str) -> None:
    await a_history()

    await alter(sql, HERE)

    found = await flaw()
    assert found is not None
    assert found.position == HERE


@pytest.mark.parametrize(
    "sql",
    ["UPDATE log_head SET position = position - 1", "UPDATE log_head SET hash = $1"],
)
async def test_a_head_that_says_otherwise_is_found(sql: str) -> None:
    await a_history()

    await alter(sql, *(["0" * 64] if "$1" in sql else []))

    assert await flaw() is not None


REFUSED = {
    "changed": "UPDATE event SET kind = 'x' WHERE position = 1",
    "said by others": "UPDATE event SET actor_name = 'x' WHERE position = 1",
    "deleted": "DELETE FROM event WHERE position = 1",
}


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
async def test_the_database_refuses_what_is_not_done_by_the_door(sql: str) -> None:
    await a_history()

    with pytest.raises((IntegrityError, PostgresError), match=r"an event is|is replaced by"):
        async with transaction():
            await execute(sql)

    assert await flaw() is None


async def test_nothing_is_written_while_events_wait_for_their_hash() -> None:
    last = await a_history()
    await alter("UPDATE log_head SET sealed = $1", last - 1)

    with pytest.raises(Unsealed, match=r"manage\.py migrate"):
        await a_supplier()

    assert await events.head() == last


async def test_what_is_sealed_later_is_whole_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    last = await a_history()
    await unseal()
    monkeypatch.setattr(sealing, "_BATCH", 2)
    told: list[tuple[int, int]] = []

    count = await sealing.seal_all(lambda done, total: told.append((done, total)))

    assert (count, told[-1]) == (last, (last, last))
    assert await flaw() is None
    await a_supplier()
    assert await flaw() is None


async def test_sealing_goes_on_where_it_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    last = await a_history()
    await unseal()
    monkeypatch.setattr(sealing, "_BATCH", 2)

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await sealing.seal_all(stop)

    assert await sealing.unsealed() == last - 2
    assert await sealing.seal_all() == last - 2
    assert await flaw() is None


async def unseal() -> None:
    """The log as it was before it had hashes."""
    async with an_intruder():
        await execute("UPDATE event SET hash = NULL, salts = NULL")
        await execute("UPDATE log_head SET sealed = 0, hash = $1", form.GENESIS)


INSTANTS = {
    "SQLite": ("2026-11-20 09:00:00+00:00", "2026-11-20 09:00:00.120000+00:00"),
    "PostgreSQL": (
        datetime(2026, 11, 20, 9, tzinfo=UTC),
        datetime(2026, 11, 20, 9, 0, 0, 120_000, tzinfo=UTC),
    ),
    "elsewhere": ("2026-11-20T10:00:00+01:00", "2026-11-20T10:00:00.12+01:00"),
}


HASH = "a19eb156edaf78ac38bced919232f22f10ca4698990fe7c904a62bd6723654f8"


@pytest.mark.parametrize("where", INSTANTS)
def test_the_same_event_has_the_same_hash_whatever_the_database(where: str) -> None:
    """Written down here: another form would contradict every hash that was ever handed out."""
    occurred, recorded = INSTANTS[where]
    row: dict[str, Any] = dict.fromkeys((*form.SAID, *form.PARTS))
    row |= {"position": 7, "epoch": 1, "subject_sequence": 2, "kind": "invoice.submitted"}
    row |= {"data": '{"town":"Saint-Étienne \\"x\\""}', "audience": "[]", "actor_id": "acc_1"}
    row |= {"occurred_at": occurred, "recorded_at": recorded}

    record = form.record_of(row, form.GENESIS, form.digests_of(row, "s" * 120))

    assert record["recorded_at"] == "2026-11-20T09:00:00.120000+00:00"
    assert form.hash_of(record) == HASH
