"""Who sees what of a works billing file, as a matrix; works spaces open and closed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain import events
from domain.access import Level, Permission, Role, Space
from domain.errors import Invalid
from domain.reference.frames import WORKS_FRAMES, Frame
from domain.select import Select
from domain.structures.spaces import close_space
from domain.works import circuits, queries
from domain.works.draft import PartyRef
from domain.works.lifecycle import WORKS, WorksAction
from domain.works.models import BillingFile, WorksPiece
from domain.works.queries import (
    BillingFileCriteria,
    BillingFileOrder,
    WorksPieceCriteria,
)
from resolvers.loaders import Loaders
from tests.api import door
from tests.make import an_actor, an_administrator
from tests.works.circuit import Site, a_piece, a_site, act, deposited, now_is


async def a_whole_file(site: Site) -> dict[str, WorksPiece]:
    """A monthly file with a subcontractor, paid by a finance service, and a co-contractor's."""
    waiting = await deposited(site, Frame.A10)
    request = await deposited(site, Frame.A10)
    await act(request, WorksAction.VALIDATE, site.holder)
    draft = await deposited(site, Frame.A4, attached_ids=(request.id,))
    statement = await deposited(site, Frame.A15, previous_id=draft.id)
    finance = PartyRef(identifier=site.finance.identifier)
    admitted = await deposited(site, Frame.A19, previous_id=statement.id, finance=finance)
    own = await deposited(site, Frame.A13)
    found = {
        "A10 waiting": waiting,
        "A10": request,
        "A4": draft,
        "A15": statement,
        "A19": admitted,
        "A13": own,
    }
    return {name: await now_is(piece) for name, piece in found.items()}


# What each part sees, by the pieces of `a_whole_file`; whether it sees the file of the A4.
MATRIX: Mapping[str, tuple[set[str], bool]] = {
    "holder": ({"A10 waiting", "A10", "A4", "A15", "A19", "A13"}, True),
    "subcontractor": ({"A10 waiting", "A10"}, False),
    "co_contractor": ({"A13"}, False),
    "project_manager": ({"A10", "A4", "A15", "A19"}, True),
    "contracting_authority": ({"A10", "A4", "A15", "A19"}, True),
    "finance": ({"A19"}, False),
}


@pytest.mark.parametrize("part", MATRIX)
async def test_each_part_sees_its_row_of_the_matrix(database: str, part: str) -> None:
    site = await a_site()
    pieces = await a_whole_file(site)
    names = {piece.id: name for name, piece in pieces.items()}
    actor = an_actor(getattr(site, part))
    seen, sees_file = MATRIX[part]

    async with door({part: actor}) as ask:
        listed = await ask(part, LIST, {})
        one = {
            name: (await ask(part, ONE, {"id": piece.id})).payload for name, piece in pieces.items()
        }
        file = await ask(part, FILE, {"id": pieces["A4"].file_id})

    assert {names[node["id"]] for node in listed.payload["nodes"]} == seen
    assert {name for name, found in one.items() if found is not None} == seen
    assert {name for name, piece in pieces.items() if piece.visible_to(actor)} == seen
    assert (file.payload is not None) == sees_file
    if sees_file:
        inside = {names[node["id"]] for node in file.payload["pieces"]["nodes"]}
        assert inside == {"A10", "A4", "A15", "A19"}
    for name in seen:
        assert (one[name]["file"] is not None) == (sees_file and pieces[name].file_id is not None)


LIST = "{ worksPieces(first: 50) { nodes { id } } }"
ONE = """query($id: ID!) { worksPiece(id: $id) { id file { id } previous { id } attachedTo { id }
  next(first: 5) { nodes { id } } history(first: 50) { nodes { kind } } } }"""
FILE = "query($id: ID!) { billingFile(id: $id) { id pieces(first: 50) { nodes { id } } } }"


async def test_a_link_to_a_piece_that_one_may_not_see_is_empty(database: str) -> None:
    site = await a_site()
    pieces = await a_whole_file(site)

    async with door({"sub": an_actor(site.subcontractor), "pay": an_actor(site.finance)}) as ask:
        request = (await ask("sub", ONE, {"id": pieces["A10"].id})).payload
        paid = (await ask("pay", ONE, {"id": pieces["A19"].id})).payload

    assert request["attachedTo"] is None
    assert paid["previous"] is None
    told = {node["kind"] for node in request["history"]["nodes"]}
    assert told == {"WORKS_PIECE_SUBMITTED", "WORKS_PIECE_STATUS_CHANGED"}


@pytest.mark.parametrize("part", MATRIX)
async def test_each_part_is_told_of_what_it_sees_and_of_nothing_else(
    database: str, part: str
) -> None:
    site = await a_site()
    pieces = await a_whole_file(site)
    actor, (seen, sees_file) = an_actor(getattr(site, part)), MATRIX[part]

    told = [e for e in await events.after(0, limit=500) if events.visible(e, actor)]

    names = {piece.id: name for name, piece in pieces.items()}
    about = {names[e.subject_id] for e in told if e.subject_kind == "works_piece"}
    assert about == seen
    files = {e.subject_id for e in told if e.subject_kind == "billing_file"}
    assert (pieces["A4"].file_id in files) == sees_file


async def test_what_a_list_shows_is_what_a_look_at_one_row_says(database: str) -> None:
    site = await a_site()
    piece = await deposited(site, Frame.A4)
    read = [(Space.FACTURES_DE_TRAVAUX, Level.CONSULTATION_UNIQUEMENT)]
    issued = [(Space.FACTURES_EMISES, Level.MODIFICATION)]
    actors = [
        *(an_actor(structure) for structure in site.all()),
        an_actor(site.holder, role=Role.USER, spaces=read),
        an_actor(site.holder, role=Role.USER, spaces=issued),
        an_actor(site.contracting_authority, permissions=[Permission.READ_RECEIVED]),
        an_administrator(),
    ]

    for status in sorted(WORKS.statuses()):
        async with events.transaction():
            await WorksPiece.filter(id=piece.id).update(status=status, draft=None)
        now = await now_is(piece)
        for actor in actors:
            listed = queries.listed(
                actor, WorksPieceCriteria(), queries.WorksPieceOrder.NEWEST_FIRST
            )
            assert (piece.id in await _ids(listed)) == now.visible_to(actor), (status, actor.rights)


async def test_a_file_is_found_by_whom_it_waits_for(database: str) -> None:
    site = await a_site()
    draft = await deposited(site, Frame.A4)
    manager = an_actor(site.project_manager)

    async def waiting(structure: str) -> list[str]:
        criteria = BillingFileCriteria(awaiting=[structure], is_over=False)
        return await _ids(
            queries.files_listed(manager, criteria, BillingFileOrder.LATEST_CHANGE_FIRST)
        )

    assert await waiting(site.project_manager.id) == [draft.file_id]
    await deposited(site, Frame.A15, previous_id=draft.id)
    assert await waiting(site.project_manager.id) == []
    assert await waiting(site.contracting_authority.id) == [draft.file_id]


async def test_nothing_is_deposited_with_whoever_has_no_works_space(database: str) -> None:
    site = await a_site()
    for structure in (site.holder, site.project_manager):
        await close_space(an_actor(structure), structure.id, Space.FACTURES_DE_TRAVAUX)

    with pytest.raises(Invalid) as refused:
        await deposited(site, Frame.A4)

    assert [(p.rule, p.path) for p in refused.value.problems] == [
        ("BDR-WRK-011", ("piece", "depositorId")),
        ("BDR-WRK-014", ("piece", "projectManager")),
    ]
    assert await BillingFile.all().count() == 0


@pytest.mark.parametrize("frame", WORKS_FRAMES)
async def test_every_frame_may_begin_a_file_and_names_all_it_needs(
    database: str, frame: Frame
) -> None:
    site = await a_site()

    piece = await deposited(site, frame)

    assert piece.status in {"A_VALIDER_1", "A_ASSOCIER_MOE", "A_ASSOCIER_MOA"} | {
        "A_ASSOCIER_FOURNISSEUR",
        "MISE_A_DISPOSITION",
    }
    nobody = a_piece(
        site, frame, holder=None, project_manager=None, contracting_authority=None, finance=None
    )
    async with door({"one": an_actor(site.depositor(frame))}) as ask:
        answer = await ask("one", VALIDATE, {"input": {"piece": _shown(nobody)}})
    missing = {tuple(e["path"]) for e in answer.payload["userErrors"] if e["code"] == "REQUIRED"}
    # The authority that deposits pays by itself.
    itself = {("piece", "finance")} if frame in (Frame.A19, Frame.A25) else set()
    needed = {("piece", _NAMES[party]) for party in circuits.needed_to_open(frame)}
    assert missing == needed - itself


VALIDATE = """mutation($input: WorksPieceValidateInput!) { worksPieceValidate(input: $input) {
  userErrors { code path rule } } }"""
_NAMES = {
    "HOLDER": "holder",
    "PROJECT_MANAGER": "projectManager",
    "CONTRACTING_AUTHORITY": "contractingAuthority",
    "RECIPIENT": "finance",
}


def _shown(draft: object) -> dict[str, object]:
    given = draft.as_json()  # type: ignore[attr-defined]  # a PieceDraft
    return {
        "frame": given["frame"],
        "depositorId": given["depositor_id"],
        "number": "OTHER-1",
        "issuedOn": given["issued_on"],
        "totalNet": "1.00",
        "totalVat": "0.20",
        "totalGross": "1.20",
        "amountToPay": "1.20",
    }


async def _ids(select: Select | None) -> list[str]:
    return [] if select is None else [row.id for row in await Loaders().rows(select, 100)]
