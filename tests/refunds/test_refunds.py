"""Refund requests through the API, by who may and by who may not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from auth import technical
from domain import events
from domain.access import Level, Role, Space
from domain.claims.circuit import ClaimAction as A
from domain.clock import today
from domain.connections import delegations, life
from domain.connections.delegations import Delegate
from domain.connections.rules import ConnectionDraft, Grant, TechnicalDraft
from domain.errors import Invalid
from domain.identifiers import IdentifierType
from domain.reference.statuses import InvoiceStatus as S
from domain.refunds.actions import REFUNDS
from domain.structures.spaces import open_space
from tests.api import Ask, ask, door
from tests.claims.making import Sides, a_claim, a_refund_draft, act, on_service, sides
from tests.make import a_supplier, actor_of, an_account, an_actor
from tests.world import World

SUBMIT = """mutation($input: RefundSubmitInput!) { refundSubmit(input: $input) {
  refund { id status farmNumber consumptionYear family amountToPay
    lines { number product invoiceNumber quantity unit amount } validatorService { code } }
  userErrors { code rule path }
} }"""
LIST = """query($filter: RefundFilter) { refunds(filter: $filter) { nodes { id number } } }"""
MOVE = """mutation($input: RefundMoveInput!) { refundMove(input: $input) {
  refund { id status } userErrors { code rule path }
} }"""


@pytest.fixture
async def who(database: str) -> Sides:
    """A farm and a tax office."""
    return await sides(Space.DEMANDES_DE_REMBOURSEMENT)


def content(who: Sides, **changes: Any) -> dict[str, Any]:
    """A good request as the API takes it."""
    values = {
        "supplierId": who.supplier.id,
        "number": "TIC-1",
        "issuedOn": today().isoformat(),
        "recipientSiret": who.recipient.identifier,
        "recipientServiceCode": who.validating.code,
        "farmNumber": "042001234",
        "consumptionYear": today().year - 1,
        "family": "TICGN",
        "lines": [
            {
                "product": "GAZ_NATUREL",
                "invoiceNumber": "GAZ-12",
                "quantity": "14.5",
                "unit": "MWH",
                "amount": "72.30",
            }
        ],
        "totalRequested": "72.30",
    }
    return values | changes


def keyed(refund: dict[str, Any], key: str = "k-1") -> dict[str, Any]:
    return {"input": {"idempotencyKey": key, "refund": refund}}


async def numbers(ask: Ask, persona: str, **asked: Any) -> list[str]:
    """The numbers in the persona's list."""
    return [r["number"] for r in (await ask(persona, LIST, {"filter": asked})).payload["nodes"]]


async def test_a_farm_submits_and_the_tax_office_validates_and_pays(who: Sides) -> None:
    actors = {
        "farm": an_actor(who.supplier),
        "office": on_service(who.validating, Space.DEMANDES_DE_REMBOURSEMENT),
    }
    async with door(actors, compiled=True) as ask:
        answer = (await ask("farm", SUBMIT, keyed(content(who)))).payload
        shown = answer["refund"]
        assert answer["userErrors"] == []
        assert (shown["status"], shown["amountToPay"]) == ("A_VALIDER_1", "72.30")
        assert shown["lines"] == [
            {
                "number": 1,
                "product": "GAZ_NATUREL",
                "invoiceNumber": "GAZ-12",
                "quantity": "14.5",
                "unit": "MWH",
                "amount": "72.30",
            }
        ]
        for action, status in (("VALIDATE", "MISE_A_DISPOSITION"), ("PAY", "MISE_EN_PAIEMENT")):
            asked = {"id": shown["id"], "action": action, "idempotencyKey": action}
            refused = (await ask("farm", MOVE, {"input": asked})).payload
            assert [e["code"] for e in refused["userErrors"]] == ["FORBIDDEN"]
            done = (await ask("office", MOVE, {"input": asked})).payload
            assert done["refund"]["status"] == status


async def test_who_may_not_submits_nothing(who: Sides) -> None:
    looking = [(Space.DEMANDES_DE_REMBOURSEMENT, Level.CONSULTATION_UNIQUEMENT)]
    memos = [(Space.MEMOIRES_DE_FRAIS, Level.MODIFICATION)]
    actors = {
        "reader": an_actor(who.supplier, role=Role.USER, spaces=looking),
        "translator": an_actor(who.supplier, role=Role.USER, spaces=memos),
        "office": an_actor(who.recipient),
        "stranger": an_actor(await a_supplier()),
    }
    async with door(actors) as ask:
        for persona in ("reader", "translator"):
            assert (await ask(persona, SUBMIT, keyed(content(who)))).codes == ["FORBIDDEN"]
        for persona in ("office", "stranger"):
            answer = (await ask(persona, SUBMIT, keyed(content(who)))).payload
            assert [e["code"] for e in answer["userErrors"]] == ["NOT_FOUND"]
        assert (await ask("translator", LIST, {})).codes == ["FORBIDDEN"]


async def test_a_management_centre_asks_for_the_farm_by_delegation(api: Any, who: Sides) -> None:
    """Its technical account acts in the name of the farm, for as long as the farm lets it."""
    world: World = api.world
    farm = await actor_of(await an_account(who.supplier, role=Role.SECONDARY_MANAGER))
    grants = (Grant(Space.DEMANDES_DE_REMBOURSEMENT, Level.MODIFICATION),)
    scopes = ("refund:read", "refund:act")
    centre = await actor_of(world.people["supplier"])
    asked = ConnectionDraft("Gestion", centre.name, "gestion@example.test", scopes, ())
    connection = await life.request(centre, world.parties.supplier.id, asked)
    made = await technical.create(
        centre, connection.id, TechnicalDraft("Centre de gestion", scopes)
    )
    machine = made.account
    token = api.signed(machine.id, machine.id, frozenset(scopes))
    before = await ask(api.http, SUBMIT, keyed(content(who)), token=token)
    assert before.codes == ["FORBIDDEN"]

    delegation = await delegations.grant(
        farm, who.supplier.id, Delegate(technical_account_id=machine.id), grants
    )
    answer = await ask(api.http, SUBMIT, keyed(content(who), "k-2"), token=token)

    assert answer.payload["userErrors"] == []
    (event,) = await events.of_subject(answer.payload["refund"]["id"])
    assert (event.actor_id, event.on_behalf_of) == (machine.id, who.supplier.id)
    await delegations.withdraw(farm, delegation.id)
    after = await ask(api.http, LIST, {}, token=token)
    assert after.codes == ["FORBIDDEN"]


async def test_there_is_one_request_for_each_year_and_tax(who: Sides) -> None:
    first = await a_claim(REFUNDS, who)
    with pytest.raises(Invalid) as refusal:
        await a_claim(REFUNDS, who)
    (problem,) = refusal.value.problems
    assert (problem.rule, problem.params["id"]) == ("BDR-RFD-009", first.id)

    await a_claim(REFUNDS, who, consumption_year=today().year - 2)
    assert (await a_claim(REFUNDS, who, S.BROUILLON)).status == S.BROUILLON
    gas = content(who)
    async with door({"farm": an_actor(who.supplier)}) as ask:
        assert (await ask("farm", SUBMIT, keyed(gas))).payload["userErrors"] == []


@pytest.mark.parametrize("action", [A.WITHDRAW, A.REFUSE])
async def test_a_request_that_came_to_nothing_gives_way_to_another(who: Sides, action: A) -> None:
    first = await a_claim(REFUNDS, who)
    await act(REFUNDS, who, first, action)

    assert (await a_claim(REFUNDS, who)).status == S.A_VALIDER_1


async def test_of_two_requests_at_once_one_is_taken(who: Sides) -> None:
    manager = an_actor(who.supplier)

    async def one() -> str:
        try:
            return str((await REFUNDS.submit(manager, a_refund_draft(who))).claim.status)
        except Invalid as refusal:
            return refusal.problems[0].rule

    assert sorted(await asyncio.gather(one(), one())) == [S.A_VALIDER_1, "BDR-RFD-009"]


async def test_requests_are_found_by_farm_year_and_tax(who: Sides) -> None:
    year = today().year
    await a_claim(REFUNDS, who, number="A", consumption_year=year - 1)
    await a_claim(REFUNDS, who, number="B", consumption_year=year - 2, farm_number="042009999")
    async with door({"office": an_actor(who.recipient)}, compiled=True) as ask:
        assert await numbers(ask, "office", years=[year - 2, year]) == ["B"]
        assert await numbers(ask, "office", farmNumber="042001234") == ["A"]
        assert await numbers(ask, "office", families=["TIC"]) == ["B", "A"]
        assert await numbers(ask, "office", families=["TICGN"]) == []


async def test_a_farm_without_a_siret_asks_for_nothing(who: Sides) -> None:
    waiting = await a_supplier(
        identifier_type=IdentifierType.EN_COURS_IMMATRICULATION, identifier="GAEC-EN-COURS"
    )
    await open_space(an_actor(waiting), waiting.id, Space.DEMANDES_DE_REMBOURSEMENT)

    with pytest.raises(Invalid) as refusal:
        await REFUNDS.submit(an_actor(waiting), a_refund_draft(replace(who, supplier=waiting)))

    assert [p.rule for p in refusal.value.problems] == ["BDR-RFD-007"]
