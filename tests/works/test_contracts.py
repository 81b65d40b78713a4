"""What a contract in force gives to works pieces, and holds them to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.access import Space
from domain.contracts.known import billed
from domain.contracts.models import Contract
from domain.errors import Invalid
from domain.reference.frames import Frame
from domain.structures.models import Structure
from domain.structures.spaces import open_space
from domain.works import actions
from domain.works.draft import PartyRef, PieceDraft
from domain.works.lifecycle import WorksAction
from domain.works.models import WorksPiece
from tests.contracts.kit import Circle, a_circle, in_force
from tests.make import an_actor
from tests.works.circuit import Site, a_piece, act, now_is


async def a_contract() -> tuple[Circle, Contract, Site]:
    """A contract of a group in force, and its structures with their works spaces open."""
    circle = await a_circle()
    for structure in circle.all().values():
        await open_space(an_actor(structure), structure.id, Space.FACTURES_DE_TRAVAUX)
    site = Site(
        holder=circle.holder,
        subcontractor=circle.subcontractor,
        co_contractor=circle.co_contractor,
        project_manager=circle.manager,
        contracting_authority=circle.authority,
        finance=circle.finance,
    )
    return circle, await in_force(circle), site


def a_draft(site: Site, frame: Frame, contract: Contract, **changes: Any) -> PieceDraft:
    """A first piece that names nobody: the contract does."""
    nobody = dict.fromkeys(("holder", "project_manager", "contracting_authority", "finance"))
    return a_piece(site, frame, **{**nobody, "contract_number": contract.number, **changes})


async def deposit(by: Structure, draft: PieceDraft) -> WorksPiece:
    return (await actions.submit(an_actor(by), draft)).piece


async def rules_against(by: Structure, draft: PieceDraft) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        await deposit(by, draft)
    return [(p.rule, p.path[-1]) for p in refused.value.problems]


async def test_the_contract_names_everybody(database: str) -> None:
    circle, contract, site = await a_contract()

    piece = await deposit(circle.holder, a_draft(site, Frame.A4, contract))

    assert piece.contract_id == contract.id
    assert piece.project_manager_id == circle.manager.id
    assert piece.contracting_authority_id == circle.authority.id
    statement = await deposit(
        circle.manager, a_piece(site, Frame.A16, previous_id=piece.id, contract_number=None)
    )
    assert statement.contract_id == contract.id


async def test_the_contract_names_the_payer(database: str) -> None:
    circle, contract, site = await a_contract()

    piece = await deposit(circle.holder, a_draft(site, Frame.A6, contract))

    assert piece.recipient_id == circle.finance.id


async def test_another_actor_than_the_contracts_is_refused(database: str) -> None:
    circle, contract, site = await a_contract()
    wrong = PartyRef(identifier=circle.other.identifier)

    found = await rules_against(
        circle.holder, a_draft(site, Frame.A4, contract, project_manager=wrong)
    )

    assert found == [("BDR-WRK-055", "projectManager")]


async def test_only_who_plays_the_part_deposits(database: str) -> None:
    circle, contract, site = await a_contract()
    stranger = a_draft(site, Frame.A4, contract, depositor_id=circle.subcontractor.id)

    assert ("BDR-WRK-054", "contractNumber") in await rules_against(circle.subcontractor, stranger)
    agent = a_draft(site, Frame.A13, contract, depositor_id=circle.other.id)
    assert ("BDR-CTR-043", "contractNumber") in await rules_against(circle.other, agent)


async def test_a_subcontractor_is_held_to_its_ceiling(database: str) -> None:
    circle, contract, site = await a_contract()
    amounts = {
        "total_net": Decimal("6000.00"),
        "total_vat": Decimal("1200.00"),
        "total_gross": Decimal("7200.00"),
        "amount_to_pay": Decimal("7200.00"),
    }

    first = await deposit(circle.subcontractor, a_draft(site, Frame.A10, contract, **amounts))
    assert first.validator_id == circle.holder.id
    assert await billed(contract.id, circle.subcontractor.id, circle.holder.id) == Decimal(6000)
    second = a_draft(site, Frame.A10, contract, **amounts)
    assert await rules_against(circle.subcontractor, second) == [("BDR-CTR-046", "totalNet")]

    # What is refused gives its amount back.
    reason = {"reason": "AUT_MOTIF_ERR_VALIDEUR", "comment": "Pas encore fait."}
    await act(first, WorksAction.REFUSE, circle.holder, **reason)
    assert (await deposit(circle.subcontractor, second)).status == "A_VALIDER_1"


async def test_the_subcontractor_of_a_co_contractor_is_carried_by_it(database: str) -> None:
    circle, contract, site = await a_contract()
    draft = a_draft(site, Frame.A10, contract, depositor_id=circle.other.id)

    request = await deposit(circle.other, draft)
    assert request.validator_id == circle.co_contractor.id
    await act(request, WorksAction.VALIDATE, circle.co_contractor)
    own = await deposit(
        circle.co_contractor, a_draft(site, Frame.A13, contract, attached_ids=(request.id,))
    )

    carried = await now_is(request)
    assert (carried.status, carried.attached_to_id) == ("ASSOCIEE", own.id)
    assert carried.visible_to(an_actor(circle.holder))


async def test_an_unknown_number_binds_nobody(database: str) -> None:
    circle, _, site = await a_contract()

    piece = await deposit(circle.holder, a_piece(site, Frame.A4, contract_number="INCONNU"))

    assert piece.contract_id is None
