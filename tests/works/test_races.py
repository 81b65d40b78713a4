"""Several people at once on one file: one of them is first, and nothing is half-done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from domain import deadlines, documents, events
from domain.clock import Clock
from domain.db import fetch
from domain.errors import Refused
from domain.reference.frames import Frame
from domain.works import actions
from domain.works.lifecycle import WorksAction
from domain.works.models import WorksPiece
from tests.conftest import ON_POSTGRES
from tests.make import an_actor
from tests.works.circuit import (
    a_piece,
    a_site,
    act,
    deposited,
    file_of,
    now_is,
    status_of,
    waits_for,
)

one_by_one = pytest.mark.skipif(not ON_POSTGRES, reason="SQLite has one writer at a time")


async def outcomes(*tries: Awaitable[object]) -> list[str]:
    """What became of each: the rule that refused it, or that it was done."""
    found = []
    for result in await asyncio.gather(*tries, return_exceptions=True):
        if isinstance(result, Refused):
            found.append(result.problems[0].rule)
        elif isinstance(result, BaseException):
            raise result
        else:
            found.append("done")
    return sorted(found)


async def while_open(
    first: Callable[[], Awaitable[object]],
    then: Callable[[], Awaitable[object]],
    other: Callable[[], Awaitable[object]],
) -> list[str]:
    """`first` and `then` in one transaction; between them `other` begins, and waits or ends."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def both() -> None:
        async with events.transaction():
            await first()
            begun.set()
            await until_someone_waits(ended)
            await then()

    async def behind() -> None:
        await begun.wait()
        try:
            await other()
        finally:
            ended.set()

    return await outcomes(both(), behind())


async def until_someone_waits(ended: asyncio.Event) -> None:
    """Until another connection waits for a lock, or has ended without."""
    while not (ended.is_set() or await someone_waits()):  # noqa: ASYNC110 - known to the database
        await asyncio.sleep(0.01)


async def someone_waits() -> bool:
    """Whether a connection to this database waits for a lock."""
    # Not pg_stat_activity, which stands still inside a transaction.
    rows = await fetch(
        "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks"
        " JOIN pg_database ON oid = database WHERE datname = current_database())"
    )
    return bool(rows[0][0])


async def test_a_reference_is_used_once_whoever_is_first(database: str) -> None:
    site = await a_site()
    named = {"external_reference": "ERP-1"}
    holder = an_actor(site.holder)

    said = await outcomes(
        *(actions.save_draft(holder, a_piece(site, Frame.A4, **named)) for _ in range(3)),
        deposited(site, Frame.A4, **named),
    )

    assert said == ["BDR-WRK-027"] * 3 + ["done"]
    assert await WorksPiece.filter(**named).count() == 1


@one_by_one
async def test_a_draft_waits_for_the_reference_of_another(database: str) -> None:
    site = await a_site()
    holder, named = an_actor(site.holder), {"external_reference": "ERP-1"}

    async def save() -> None:
        await actions.save_draft(holder, a_piece(site, Frame.A4, **named))

    async def nothing() -> None: ...

    assert await while_open(save, nothing, save) == ["BDR-WRK-027", "done"]


@one_by_one
@pytest.mark.parametrize("correction", [WorksAction.CORRECT_PARTY, WorksAction.REROUTE])
async def test_a_correction_and_a_deposit_do_not_wait_for_each_other(
    correction: WorksAction, database: str
) -> None:
    site, other = await a_site(), await a_site()
    draft = await deposited(site, Frame.A4)
    statement = await deposited(site, Frame.A15, previous_id=draft.id)
    await act(statement, WorksAction.REPORT_WRONG_PARTY, site.contracting_authority)
    manager = site.project_manager
    if correction is WorksAction.REROUTE:
        await act(statement, WorksAction.ASK_REROUTING, manager, comment="Voir le marché.")
    siret = other.contracting_authority.identifier

    async def look() -> None:
        await documents.locked(WorksPiece, statement.id, an_actor(manager))

    async def correct() -> None:
        await act(statement, correction, manager, routing={"recipient_siret": siret})

    async def deposit() -> None:
        await deposited(site, Frame.A15, previous_id=draft.id)

    assert await while_open(look, correct, deposit) == ["BDR-WRK-016", "done"]
    assert await status_of(statement) == "A_ASSOCIER_MOA"
    authority = other.contracting_authority.id
    assert (await now_is(draft)).contracting_authority_id == authority
    assert (await file_of(draft)).contracting_authority_id == authority


@one_by_one
async def test_a_stranger_waits_for_no_file_that_it_may_not_see(database: str) -> None:
    site, stranger = await a_site(), await a_site()
    draft = await deposited(site, Frame.A4)
    said: list[str] = []
    said_before: list[str] = []

    async def take_up() -> None:
        await act(draft, WorksAction.TAKE_UP, site.project_manager)

    async def look() -> None:
        said_before.extend(said)

    async def strange() -> None:
        said.extend(
            await outcomes(
                deposited(stranger, Frame.A15, previous_id=draft.id),
                act(draft, WorksAction.TAKE_UP, stranger.project_manager),
            )
        )

    assert await while_open(take_up, look, strange) == ["done", "done"]
    assert said_before == ["BDR-REQ-001", "BDR-WRK-017"]


@one_by_one
async def test_a_piece_added_meanwhile_is_held_too(database: str, clock: Clock) -> None:
    site = await a_site()
    final = await deposited(site, Frame.A7)
    clock.advance(timedelta(days=30, minutes=1))
    await deadlines.sweep()

    added, ended = asyncio.Event(), asyncio.Event()

    async def general() -> None:
        await deposited(site, Frame.A17, previous_id=final.id)
        events.afterwards(added.set)

    async def nothing() -> None: ...

    async def own() -> None:
        try:
            await deposited(site, Frame.A22, previous_id=final.id)
        finally:
            ended.set()

    async def both() -> None:
        await while_open(general, nothing, own)

    async def take_up() -> None:
        await added.wait()
        statement = await WorksPiece.get(frame="A17")
        async with events.transaction():
            await act(statement, WorksAction.TAKE_UP, site.contracting_authority)
            await until_someone_waits(ended)

    await outcomes(both(), take_up())

    statement = await WorksPiece.get(frame="A17")
    told = await fetch(
        "SELECT change_from, change_to FROM event WHERE subject_id = $1 ORDER BY position",
        statement.id,
    )
    assert [row[0] for row in told] == [None, *(row[1] for row in told[:-1])]
    assert statement.status == told[-1][1] == "REMPLACEE_PAR_A22"


async def test_one_piece_is_followed_once(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    said = await outcomes(
        *(deposited(site, Frame.A15, previous_id=draft.id) for _ in range(4)),
    )

    assert said == ["BDR-WRK-016"] * 3 + ["done"]
    assert await WorksPiece.filter(previous_id=draft.id).count() == 1


async def test_a_piece_is_followed_or_refused(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    said = await outcomes(
        deposited(site, Frame.A15, previous_id=draft.id),
        act(draft, WorksAction.REFUSE, site.project_manager, reason="JUSTIF_ABS"),
    )

    assert said in (["BDR-WRK-016", "done"], ["BDR-LIF-001", "done"])
    expected = "ASSOCIEE" if "BDR-LIF-001" in said else "REFUSEE_MOE"
    assert await status_of(draft) == expected


async def test_a_request_is_carried_once(database: str) -> None:
    site = await a_site()
    request = await deposited(site, Frame.A10)
    await act(request, WorksAction.VALIDATE, site.holder)

    said = await outcomes(
        *(deposited(site, Frame.A4, attached_ids=(request.id,)) for _ in range(3)),
    )

    assert said == ["BDR-WRK-023", "BDR-WRK-023", "done"]
    carrier = (await now_is(request)).attached_to_id
    assert await WorksPiece.filter(frame="A4").count() == 1
    assert (await WorksPiece.get(id=carrier)).status == "A_ASSOCIER_MOE"


async def test_what_a_file_waits_for_is_right_after_many_hands(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)

    await outcomes(
        act(draft, WorksAction.TAKE_UP, site.project_manager),
        act(draft, WorksAction.ASK_COMPLETION, site.project_manager, comment="Métré."),
        deposited(site, Frame.A16, previous_id=draft.id),
    )

    status = await status_of(draft)
    waits = [(party, task) for party, task, _ in await waits_for(draft.file_id)]
    assert (status, waits) in (
        ("ASSOCIEE", [("RECIPIENT", "PAY")]),
        ("A_COMPLETER", [("DEPOSITOR", "COMPLETE")]),
    )
