"""An erased person leaves the history whole: what was redacted is told, and nothing else passes."""

from __future__ import annotations

from typing import Any

import pytest

from domain import events
from domain.access import SYSTEM
from domain.accounts import erasure, life
from domain.accounts.models import Account
from domain.chain import form, reading, redacting
from domain.chain.checking import Checker
from domain.db import execute, fetch
from domain.events import transaction
from domain.ids import new_id
from domain.invoices.actions import submit
from domain.origin import UNKNOWN
from domain.structures import mandate_text
from domain.structures.actions import sign_mandate, update_structure
from tests.chain.intruder import an_intruder, flaw
from tests.make import a_draft, a_supplier, actor_of, an_account, some_parties

pytestmark = pytest.mark.usefixtures("database")

NAME = "Apolline Zwingelstein"
ALL = "SELECT position, kind, actor_name, data, salts, hash FROM event ORDER BY position"


async def a_person() -> Account:
    """Someone who deposited an invoice and changed a structure."""
    supplier = await a_supplier(has_mandate=False)
    account = await an_account(supplier, display_name=NAME)
    actor, text = await actor_of(account), mandate_text.PRESENT
    await sign_mandate(actor, supplier.id, text.version, text.sha256)
    await submit(actor, a_draft(await some_parties(supplier=supplier), number="FA-1"))
    await update_structure(actor, supplier.id, {"town": "Firminy"})
    return account


async def erased(account: Account) -> int:
    """Erase a person; the position of the event that says so."""
    await erasure.erase(SYSTEM, account.id, UNKNOWN)
    return await events.head()


async def found_redacted() -> int:
    checker = Checker()
    async for _ in reading.check(checker):
        pass
    return checker.redacted


async def test_an_erasure_leaves_the_history_whole_and_says_how_much_went() -> None:
    account = await a_person()
    before = {row["position"]: dict(row) for row in await fetch(ALL)}

    last = await erased(account)

    after = {row["position"]: dict(row) for row in await fetch(ALL)}
    named = {p for p, row in before.items() if NAME in row["actor_name"] + row["data"]}
    assert len(named) > 2
    assert await found_redacted() == len(named)
    assert {p for p, row in before.items() if row["salts"] != after[p]["salts"]} == named
    assert {p: row["hash"] for p, row in before.items()} == {p: after[p]["hash"] for p in before}
    assert not [row for row in after.values() if NAME in row["actor_name"] + row["data"]]
    (told,) = await events.at([last])
    links = await fetch("SELECT * FROM event_redaction")
    assert {row["cause"] for row in links} == {told.id}
    assert told.data["redacted"]["count"] == len(links)


async def test_what_was_erased_cannot_be_guessed_from_what_stays() -> None:
    account = await a_person()
    row = (await fetch("SELECT * FROM event WHERE actor_name = $1", NAME))[0]
    old_salt = form.split(row["salts"])["actor_name"]

    await erased(account)

    kept = await fetch("SELECT * FROM event_redaction WHERE position = $1", row["position"])
    assert form.digest(NAME, old_salt) in {link["before"] for link in kept}
    everything = [str(dict(r)) for r in (*await fetch("SELECT * FROM event"), *kept)]
    assert not [text for text in everything if old_salt in text]


async def test_an_event_that_names_two_people_is_redacted_twice() -> None:
    first, second = await a_person(), await an_account(display_name="Balthazar Quetsch")
    async with transaction():
        life.tell(
            "account.approved",
            first,
            SYSTEM,
            by={"id": second.id, "name": second.display_name},
            whom={"id": first.id, "name": NAME},
        )
        await first.save()

    for account in (first, second):
        await erased(account)

    assert await found_redacted() > 2
    twice = await fetch(
        "SELECT position FROM event_redaction WHERE part = 'data' GROUP BY position"
        " HAVING COUNT(*) = 2"
    )
    assert len(twice) == 1


CHEAT = (
    "INSERT INTO event_redaction (cause, position, part, before, after) VALUES ($1, $2, $3, $4, $5)"
)


async def pretend(cause: str, row: Any, data: str) -> None:
    """Alter an event and mark it as redacted, as well as can be from outside."""
    old, salts = form.split(row["salts"])["data"], form.fresh_salts()
    new = form.split(salts)
    kept = form.split(row["salts"]) | {"data": new["data"]}
    async with an_intruder():
        await execute(
            "UPDATE event SET data = $2, salts = $3 WHERE position = $1",
            row["position"],
            data,
            "".join(kept.values()),
        )
        before, after = form.digest(row["data"], old), form.digest(data, new["data"])
        await execute(CHEAT, cause, row["position"], "data", before, after)


CAUSES = {
    "of nobody": "SELECT 'evt_none'",
    "that is no erasure": "SELECT id FROM event WHERE kind = 'structure.updated'",
    "of a real erasure": "SELECT id FROM event WHERE kind = 'account.erased'",
}


@pytest.mark.parametrize("cause", CAUSES)
async def test_an_altered_event_marked_as_redacted_is_found(cause: str) -> None:
    await erased(await a_person())
    row = (await fetch("SELECT * FROM event WHERE kind = 'invoice.submitted'"))[0]
    (named,) = (await fetch(CAUSES[cause]))[0]

    await pretend(named, row, row["data"].replace("FA-1", "FA-2"))

    assert await flaw() is not None


async def test_a_redacted_event_that_is_altered_again_is_found() -> None:
    await erased(await a_person())
    row = (await fetch("SELECT * FROM event_redaction WHERE part = 'actor_name'"))[0]

    async with an_intruder():
        sql = "UPDATE event SET actor_name = 'Quelqu''un' WHERE position = $1"
        await execute(sql, row["position"])

    found = await flaw()
    assert found is not None
    assert found.position == row["position"]


@pytest.mark.parametrize("column", ["before", "after", "part", "cause", "position"])
async def test_an_altered_redaction_is_found(column: str) -> None:
    await erased(await a_person())
    (row,) = await fetch("SELECT * FROM event_redaction WHERE part = 'actor_name' LIMIT 1")
    other = {"part": "comment", "cause": "evt_none", "position": 1}.get(column, "0" * 64)

    async with an_intruder():
        await execute(
            f"UPDATE event_redaction SET {column} = $1"
            " WHERE cause = $2 AND position = $3 AND part = $4",
            other,
            row["cause"],
            row["position"],
            row["part"],
        )

    assert await flaw() is not None


async def test_a_redaction_that_is_taken_away_is_found() -> None:
    await erased(await a_person())

    async with an_intruder():
        await execute("DELETE FROM event_redaction")

    assert await flaw() is not None


async def test_an_erasure_redacts_nothing_that_is_not_about_its_person() -> None:
    account, other = await a_person(), await an_account()
    row = (await fetch("SELECT * FROM event WHERE kind = 'invoice.submitted'"))[0]
    cause = new_id("evt")

    async with transaction():
        await redacting.redact(cause, [(row, {"data": "{}"})])
        redacted = await redacting.told(cause)
        life.tell("account.erased", other, SYSTEM, event_id=cause, redacted=redacted)
        await other.save()

    found = await flaw()
    assert account.id == row["actor_id"]
    assert found is not None
    assert (found.position, "someone else" in found.what) == (row["position"], True)
