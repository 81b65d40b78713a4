"""An invoice shows the contract that its number names, to whoever may see that contract."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Level, Permission, Role, Space
from domain.contracts import actions
from domain.contracts.steps import ContractAction
from domain.reference.statuses import InvoiceStatus as S
from tests.api import door
from tests.contracts.kit import Circle, a_circle, a_proposal, in_force, of_a_group
from tests.make import Parties, an_actor, an_administrator, an_invoice
from tests.statements import counted

PAGE = """query($id: ID!) { invoice(by: { id: $id }) {
  contractNumber contract { id status terms { parties(first: 20) { nodes { role } } } } } }"""
LIST = """query { invoices(first: 50) { nodes {
  id contract { number } } } }"""
each_road = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "ordinary"])


def parties_of(circle: Circle, supplier: str = "subcontractor") -> Parties:
    """A company of the circle that bills the authority."""
    return Parties(circle.all()[supplier], circle.authority, circle.holder, circle.holder)


@each_road
async def test_an_invoice_shows_its_contract_to_who_may_see_it(
    database: str, compiled: bool
) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    invoice = await an_invoice(
        S.A_VALIDER_1, parties=parties_of(circle), contract_number=contract.number
    )
    only_issued = [(Space.FACTURES_EMISES, Level.MODIFICATION)]
    actors = {
        "subcontractor": an_actor(circle.subcontractor),
        "holder": an_actor(circle.holder),
        "site": an_administrator(),
        "without": an_actor(
            circle.subcontractor, permissions=[Permission.READ_ISSUED, Permission.READ_STRUCTURE]
        ),
        "member": an_actor(circle.subcontractor, role=Role.USER, spaces=only_issued),
    }
    seen: dict[str, Any] = {}
    async with door(actors, compiled=compiled) as ask:
        for name in actors:
            answer = await ask(name, PAGE, {"id": invoice.id})
            assert answer.errors == [], name
            seen[name] = answer.payload

    assert {name: page["contract"] and page["contract"]["id"] for name, page in seen.items()} == {
        "subcontractor": contract.id,
        "holder": contract.id,
        "site": contract.id,
        "without": None,
        "member": None,
    }
    # The contract shows of its roles what it shows elsewhere.
    roles = [n["role"] for n in seen["subcontractor"]["contract"]["terms"]["parties"]["nodes"]]
    assert roles.count("SUBCONTRACTOR") == 1
    assert {page["contractNumber"] for page in seen.values()} == {contract.number}


@each_road
async def test_what_binds_nothing_is_not_shown(database: str, compiled: bool) -> None:
    circle, other = await a_circle(), await a_circle()
    proposed = await a_proposal(of_a_group(circle), circle.authority)
    foreign = await in_force(other)
    invoices = {
        "unknown": await an_invoice(parties=parties_of(circle), contract_number="INCONNU"),
        "none": await an_invoice(parties=parties_of(circle)),
        "proposed": await an_invoice(parties=parties_of(circle), contract_number=proposed.number),
        "of another": await an_invoice(parties=parties_of(circle), contract_number=foreign.number),
    }
    async with door({"site": an_administrator()}, compiled=compiled) as ask:
        for name, invoice in invoices.items():
            answer = await ask("site", PAGE, {"id": invoice.id})
            assert answer.payload["contract"] is None, name


@each_road
async def test_a_company_without_a_role_learns_nothing_of_the_contract(
    database: str, compiled: bool
) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    stranger = (await a_circle()).subcontractor
    parties = Parties(stranger, circle.authority, circle.holder, circle.holder)
    invoice = await an_invoice(parties=parties, contract_number=contract.number)
    actors = {"stranger": an_actor(stranger), "authority": an_actor(circle.authority)}
    async with door(actors, compiled=compiled) as ask:
        own = (await ask("stranger", PAGE, {"id": invoice.id})).payload
        theirs = (await ask("authority", PAGE, {"id": invoice.id})).payload

    assert own == {"contractNumber": contract.number, "contract": None}
    assert theirs["contract"]["id"] == contract.id


@each_road
async def test_a_contract_closed_since_is_shown_still(database: str, compiled: bool) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    invoice = await an_invoice(
        S.A_VALIDER_1, parties=parties_of(circle), contract_number=contract.number
    )
    await actions.move(an_actor(circle.authority), contract.id, ContractAction.CLOSE)
    async with door({"holder": an_actor(circle.holder)}, compiled=compiled) as ask:
        seen = (await ask("holder", PAGE, {"id": invoice.id})).payload

    assert (seen["contract"]["id"], seen["contract"]["status"]) == (contract.id, "CLOSED")


@each_road
async def test_the_contracts_of_a_list_cost_one_statement(database: str, compiled: bool) -> None:
    circle = await a_circle()
    contracts = [await in_force(circle) for _ in range(3)]
    counts = []
    async with door({"authority": an_actor(circle.authority)}, compiled=compiled) as ask:
        for contract in contracts:
            parties = parties_of(circle, "holder")
            await an_invoice(parties=parties, contract_number=contract.number)
            async with counted() as statements:
                answer = await ask("authority", LIST, {})
            counts.append(len(statements))

    numbers = [node["contract"]["number"] for node in answer.payload["nodes"]]
    assert sorted(numbers) == sorted(contract.number for contract in contracts)
    assert len(set(counts)) == 1
