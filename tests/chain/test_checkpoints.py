"""Checkpoints: what was signed and kept elsewhere cannot be unsaid."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from domain import events, policy
from domain.chain import form, merkle, reading
from domain.chain.checking import Checker, Flaw
from domain.checkpoints import making
from domain.checkpoints import reading as checkpoints
from domain.checkpoints.comparing import Comparison
from domain.checkpoints.statement import Signed, said, signed_in
from domain.clock import Clock
from domain.db import execute, fetch
from domain.signatures import keys
from domain.signatures.models import Purpose
from tests.chain.intruder import an_intruder, flipped
from tests.make import a_supplier, an_invoice

pytestmark = pytest.mark.usefixtures("database")


async def latest() -> Signed:
    (row,) = await fetch("SELECT * FROM log_checkpoint ORDER BY number DESC LIMIT 1")
    return Signed(row["statement"], row["jws"])


async def verified(*outside: Signed) -> int:
    """How many checkpoints the log agrees with.

    Raises:
        Flaw
    """
    published = await checkpoints.published_keys()
    own = await checkpoints.kept(published)
    checker, comparison = Checker(), Comparison([*own, *(said(c, published) for c in outside)])
    async for line in reading.check(checker):
        comparison.take(line)
    (epoch,) = (await fetch("SELECT epoch FROM log_head"))[0]
    comparison.finish(checker, epoch)
    return comparison.count


async def flaw(*outside: Signed) -> Flaw:
    with pytest.raises(Flaw) as found:
        await verified(*outside)
    return found.value


async def test_a_checkpoint_says_where_the_log_stands_and_is_signed() -> None:
    await an_invoice("MISE_A_DISPOSITION")

    assert await making.make() == 1

    told = said(await latest(), await checkpoints.published_keys())
    hashes = [row[0] for row in await fetch("SELECT hash FROM event ORDER BY position")]
    assert (told["number"], told["epoch"], told["after"], told["previous"]) == (1, 1, 0, None)
    assert (told["position"], told["events"]) == (await events.head(), len(hashes))
    assert (told["hash"], told["root"]) == (hashes[-1], merkle.root(hashes))
    assert await verified() == 1


async def test_a_log_at_rest_is_signed_once() -> None:
    await a_supplier()

    assert [await making.make() for _ in range(3)] == [1, 0, 0]

    await a_supplier()
    assert await making.make() == 1
    assert await verified() == 2


async def test_a_long_log_is_signed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST_EVENTS", 3)
    await an_invoice("MISE_A_DISPOSITION")
    head = await events.head()

    made = await making.make()

    assert made == -(-head // 3)
    assert await verified() == made
    (last,) = (await fetch("SELECT MAX(position) FROM log_checkpoint"))[0]
    assert last == head


async def test_an_empty_log_has_nothing_to_sign() -> None:
    assert await making.make() == 0
    assert await making.make_due() == 0


async def test_the_clock_signs_once_a_day_and_a_busy_log_sooner(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    await a_supplier()
    made.append(await making.make_due())
    await a_supplier()
    made.append(await making.make_due())
    clock.advance(timedelta(hours=23, minutes=59))
    made.append(await making.make_due())
    clock.advance(timedelta(minutes=1))
    made.append(await making.make_due())
    monkeypatch.setattr(making, "MOST_EVENTS", 2)
    await an_invoice("MISE_A_DISPOSITION")
    made.append(await making.make_due() > 0)

    assert made == [1, 0, 0, 1, True]


async def test_a_site_may_sign_on_demand_only() -> None:
    policy.configure(policy.Policy(log_checkpoint_seconds=0))
    await a_supplier()

    assert await making.make_due() == 0
    assert await making.make() == 1


COLUMNS = ("number", "epoch", "after", "position", "hash", "root", "made_at", "statement", "jws")


@pytest.mark.parametrize("column", COLUMNS)
async def test_an_altered_checkpoint_is_found(column: str) -> None:
    await a_supplier()
    await making.make()
    await a_supplier()
    await making.make()
    (row,) = await fetch(f"SELECT {column} FROM log_checkpoint WHERE number = 2")
    value = row[0] - 1 if column == "after" else flipped(row[0])

    async with an_intruder():
        await execute(f"UPDATE log_checkpoint SET {column} = $1 WHERE number = 2", value)

    await flaw()


async def test_a_checkpoint_that_is_taken_away_is_missed() -> None:
    for _ in range(3):
        await a_supplier()
        await making.make()

    async with an_intruder():
        await execute("DELETE FROM log_checkpoint WHERE number = 2")

    assert "checkpoint 2 is missing" in (await flaw()).what


async def rewritten(position: int) -> None:
    """A history written again from a position on, as well as whoever holds everything can."""
    async with an_intruder():
        previous = (await fetch("SELECT hash FROM event WHERE position = $1", position - 1))[0][0]
        for row in await fetch(
            "SELECT * FROM event WHERE position >= $1 ORDER BY position", position
        ):
            new = {**dict(row), "reason": "x"} if row["position"] == position else dict(row)
            salts, previous = form.seal(new, previous)
            await execute(
                "UPDATE event SET reason = $2, salts = $3, hash = $4 WHERE position = $1",
                row["position"],
                new["reason"],
                salts,
                previous,
            )
        await execute("UPDATE log_head SET hash = $1", previous)


async def test_a_history_rewritten_after_a_checkpoint_is_found_by_it() -> None:
    await an_invoice("MISE_A_DISPOSITION")
    await making.make()

    await rewritten(2)

    found = await flaw()
    assert "it is not what checkpoint 1 signed: the history was rewritten" in found.what


async def test_a_checkpoint_kept_elsewhere_finds_what_was_rewritten_with_its_checkpoints() -> None:
    await an_invoice("MISE_A_DISPOSITION")
    await making.make()
    outside = await latest()

    await rewritten(2)
    async with an_intruder():
        await execute("DELETE FROM log_checkpoint")
    await making.make()

    assert await verified() == 1
    assert "the history was rewritten" in (await flaw(outside)).what


async def test_a_checkpoint_kept_elsewhere_misses_the_events_that_were_cut_off() -> None:
    await an_invoice("MISE_A_DISPOSITION")
    await making.make()
    outside, head = await latest(), await events.head()

    await truncated(head - 1)

    assert await verified() == 0
    found = await flaw(outside)
    assert (found.position, "the history was rewritten" in found.what) == (head, True)


async def truncated(last: int, *, epoch: int = 1) -> None:
    """The log without its end, and without a trace of it."""
    async with an_intruder():
        await execute("DELETE FROM log_checkpoint WHERE position > $1", last)
        await execute("DELETE FROM event_audience WHERE position > $1", last)
        await execute("DELETE FROM event WHERE position > $1", last)
        await execute(
            "UPDATE log_head SET position = $1, sealed = $1, epoch = $2,"
            " hash = (SELECT hash FROM event WHERE position = $1)",
            last,
            epoch,
        )


async def test_a_restored_backup_is_told_from_a_rewritten_history() -> None:
    await an_invoice("MISE_A_DISPOSITION")
    await making.make()
    outside, head = await latest(), await events.head()

    await truncated(head - 1, epoch=2)
    await making.make(always=True)

    assert await verified() == 1
    found = await flaw(outside)
    assert "a backup was restored, and epoch 2 began without what it lost" in found.what
    await a_supplier()
    assert "a backup was restored" in (await flaw(outside)).what


async def test_a_new_epoch_is_signed_though_nothing_happened_since() -> None:
    await a_supplier()
    await making.make()
    async with an_intruder():
        await execute("UPDATE log_head SET epoch = 2")

    assert await making.make(always=True) == 1

    told = said(await latest(), await checkpoints.published_keys())
    assert (told["epoch"], told["events"], told["root"]) == (2, 0, merkle.root([]))
    assert await verified() == 2


async def test_checkpoints_of_retired_keys_stay_genuine_and_those_of_others_are_none() -> None:
    await a_supplier()
    await making.make()
    first = await latest()
    await keys.rotate(Purpose.CHECKPOINTS)
    await a_supplier()
    await making.make()

    assert await verified(first) == 3

    await keys.signing(Purpose.CERTIFICATES)
    others = (await keys.published(Purpose.CERTIFICATES))["keys"]
    with pytest.raises(Flaw, match="signed by none of the keys"):
        said(first, others)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"statement": 1, "jws": "x"}', '{"checkpoints": [{}]}']
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a checkpoint must hold"):
        signed_in(text)


@pytest.mark.parametrize("statement", ["", "[]", "{}", '{"type": "bordereau-checkpoint/1"}'])
def test_what_says_nothing_is_no_checkpoint(statement: str) -> None:
    with pytest.raises(Flaw, match="cannot be read"):
        said(Signed(statement, "x..y"), [])


async def test_what_is_handed_out_is_what_is_read_back() -> None:
    for _ in range(3):
        await a_supplier()
        await making.make()
    one: dict[str, Any] = (await checkpoints.handed_out())[-1]

    for given in (one, [one], {"checkpoints": [one]}):
        assert signed_in(json.dumps(given)) == [await latest()]
    numbers = [json.loads(c["statement"])["number"] for c in await checkpoints.handed_out(1)]
    assert numbers == [2, 3]
