"""An amendment waits for whom it concerns, while the terms in force stay."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from domain.contracts import actions
from domain.contracts.codes import ContractRole, ContractRoleStatus, ContractStatus
from domain.contracts.models import ContractParty, ContractVersion
from tests.api import door
from tests.contracts.asking import AMEND, READ, actors_of, as_input
from tests.contracts.kit import a_circle, accept, admit, changed, in_force, of_a_group
from tests.make import an_actor

R = ContractRole


async def test_an_amendment_waits_while_the_terms_in_force_stay(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    terms = changed(of_a_group(circle, ceiling="12000.00"), label="Voirie et trottoirs")
    async with door(actors_of(circle)) as ask:
        asked = {"id": contract.id, "terms": as_input(terms), "comment": "Avenant 1"}
        amended = (await ask("holder", AMEND, {"input": asked})).payload
        sub = (await ask("subcontractor", READ, {"id": contract.id})).payload
    pending = await ContractVersion.get(contract_id=contract.id, number=2)
    waiting = {
        (row.role, row.structure_id)
        for row in await ContractParty.filter(version_id=pending.id)
        if row.status is ContractRoleStatus.PROPOSED
    }
    contract = await admit(contract, circle.authority)
    after_one = await accept(contract, circle.authority)
    still = after_one.pending_id
    after_both = await accept(after_one, circle.subcontractor)

    assert amended["contract"]["terms"] == {"number": 1, "label": "Réfection de la voirie"}
    assert amended["contract"]["amendment"]["label"] == "Voirie et trottoirs"
    assert sub["terms"]["label"] == "Réfection de la voirie"
    # The other side, and whose role changed: nobody else is asked again.
    assert waiting == {
        (R.CONTRACTING_AUTHORITY, circle.authority.id),
        (R.SUBCONTRACTOR, circle.subcontractor.id),
    }
    assert still == pending.id
    assert (after_both.version_id, after_both.pending_id) == (pending.id, None)
    assert after_both.status is ContractStatus.IN_FORCE


async def test_whoever_leaves_with_an_amendment_no_longer_sees_the_contract(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    terms = of_a_group(circle)
    terms = changed(terms, parties=[p for p in terms.parties if p.ceiling != Decimal("5000.00")])
    await actions.amend(an_actor(circle.holder), contract.id, terms)
    async with door(actors_of(circle)) as ask:
        meanwhile = (await ask("other", READ, {"id": contract.id})).payload
        await accept(contract, circle.authority)
        after = (await ask("other", READ, {"id": contract.id})).payload
        kept = (await ask("subcontractor", READ, {"id": contract.id})).payload

    assert meanwhile["status"] == "IN_FORCE"
    assert after is None
    assert kept["terms"]["number"] == 2


async def test_a_later_amendment_takes_the_place_of_the_one_that_waits(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    for label in ("Première", "Seconde"):
        terms = changed(of_a_group(circle), label=label)
        contract = await actions.amend(an_actor(circle.authority), contract.id, terms)
    contract = await accept(contract, circle.holder)
    found = await ContractVersion.filter(contract_id=contract.id).order_by("number")

    assert [v.status.value for v in found] == ["REPLACED", "REPLACED", "AGREED"]
    assert contract.version_id == found[2].id


async def test_an_amendment_changes_something_but_not_the_authority(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    other = replace(of_a_group(circle), label="Autre")
    parties = [
        replace(p, identifier=circle.finance.identifier) if p.role is R.CONTRACTING_AUTHORITY else p
        for p in other.parties
        if p.role is not R.FINANCE_SERVICE
    ]
    async with door(actors_of(circle)) as ask:
        same = {"id": contract.id, "terms": as_input(of_a_group(circle))}
        nothing = await ask("holder", AMEND, {"input": same})
        elsewhere = {"id": contract.id, "terms": as_input(changed(other, parties=parties))}
        moved = await ask("holder", AMEND, {"input": elsewhere})
        stale = same | {"expectedVersion": 1, "terms": as_input(other)}
        conflict = await ask("holder", AMEND, {"input": stale})
        by_manager = await ask("manager", AMEND, {"input": same | {"terms": as_input(other)}})

    assert nothing.user_errors == [("NOT_ALLOWED", ["terms"])]
    assert moved.user_errors == [("NOT_ALLOWED", ["terms", "parties", "0", "identifier"])]
    assert conflict.user_errors == [("VERSION_CONFLICT", ["expectedVersion"])]
    assert by_manager.user_errors == [("FORBIDDEN", ["action"])]
