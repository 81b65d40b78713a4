"""Several people at once on one file: one of them is first, and nothing is half-done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from domain.errors import Refused
from domain.reference.frames import Frame
from domain.works.lifecycle import WorksAction
from domain.works.models import WorksPiece
from tests.works.circuit import a_site, act, deposited, now_is, status_of, waits_for


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
