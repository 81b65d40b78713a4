"""What is offered is what is accepted: `availableActions` and `invoiceMove` never disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain import policy
from domain.access import Actor, Level, Role, Space
from domain.clock import Clock
from domain.documents import Given
from domain.errors import Forbidden, NotFound, Refused, WrongStatus
from domain.events import head
from domain.invoices import actions
from domain.invoices.lifecycle import InvoiceAction
from domain.lifecycle import Party
from domain.reference.statuses import InvoiceStatus as S
from schema.invoices import AvailableAction, available_actions
from tests.api import door
from tests.make import (
    RESTING,
    Situation,
    a_public_structure,
    a_situation,
    a_structure,
    act,
    an_actor,
    an_administrator,
    some_parties,
    what_it_takes,
)
from tests.undone import refusal_of, undone

A = InvoiceAction
PARTIES = (Party.SUPPLIER, Party.RECIPIENT, Party.VALIDATOR_1, Party.VALIDATOR_2)


async def refusal_to(situation: Situation, action: A, actor: Actor) -> Refused | None:
    """Why the action is refused to the actor; None when it succeeds. Nothing stays of it."""
    given = await what_it_takes(situation, action)
    return await refusal_of(actions.move(actor, situation.invoice.id, action, given))


def offered(situation: Situation, actor: Actor) -> dict[A, AvailableAction]:
    """What a viewer is offered; who does not see the invoice is offered nothing."""
    if not situation.invoice.visible_to(actor):
        return {}
    return {found.action: found for found in available_actions(situation.invoice, actor)}


async def assert_parity(situation: Situation, actor: Actor) -> None:
    """For every action: offered and enabled exactly when it succeeds, else for the same reason."""
    shown = offered(situation, actor)
    for action in A:
        refusal = await refusal_to(situation, action, actor)
        offer = shown.get(action)
        place = f"{situation.invoice.status} {action} {sorted(p.value for p in shown)}"
        assert (offer is not None and offer.enabled) == (refusal is None), (place, refusal)
        if offer is not None and not offer.enabled:
            assert refusal is not None
            assert [p.rule for p in refusal.problems] == [offer.disabled_rule], place
            assert offer.disabled_fr
            assert offer.disabled_en
        if offer is None:
            assert isinstance(refusal, NotFound | Forbidden | WrongStatus), place


def members(situation: Situation) -> list[Actor]:
    """Everyone who might try: each party, those who only look, both sides at once, strangers."""
    parties = situation.parties
    looking = [(space, Level.CONSULTATION_UNIQUEMENT) for space in Space]
    return [
        *(situation.actor(party) for party in PARTIES),
        *(an_actor(parties.of(p), role=Role.USER, spaces=looking) for p in PARTIES),
        an_actor(parties.supplier, parties.recipient),
        an_actor(parties.validator_1, parties.validator_2),
        an_actor(parties.recipient, role=Role.USER),
        an_administrator(),
    ]


@pytest.mark.parametrize("status", RESTING)
async def test_an_action_is_offered_exactly_when_it_succeeds(database: str, status: S) -> None:
    situation = await a_situation(status)
    stranger = an_actor(await a_structure())

    for actor in [*members(situation), stranger]:
        await assert_parity(situation, actor)


@pytest.mark.parametrize("status", [S.MISE_A_DISPOSITION, S.MANDATEE, S.COMPTABILISEE])
async def test_a_structure_may_let_its_statuses_go_back(database: str, status: S) -> None:
    parties = await some_parties(recipient=await a_public_structure(free_status_order=True))
    situation = await a_situation(status, parties=parties)

    await assert_parity(situation, situation.actor(Party.RECIPIENT))

    back = offered(situation, situation.actor(Party.RECIPIENT)).get(A.TAKE_INTO_ACCOUNT)
    assert back is not None
    assert back.enabled


async def test_a_structure_that_does_not_report_payment_is_not_offered_it(database: str) -> None:
    recipient = await a_public_structure(payment_status_not_reported=True)
    situation = await a_situation(parties=await some_parties(recipient=recipient))

    await assert_parity(situation, situation.actor(Party.RECIPIENT))

    offer = offered(situation, situation.actor(Party.RECIPIENT))[A.PAY]
    assert (offer.enabled, offer.disabled_rule) == (False, "BDR-LIF-011")


async def test_a_site_under_the_2026_rules_offers_no_retransmission(database: str) -> None:
    situation = await a_situation()
    policy.configure(replace(policy.current(), allow_retransmission=False))

    await assert_parity(situation, situation.actor(Party.RECIPIENT))

    offer = offered(situation, situation.actor(Party.RECIPIENT))[A.ASK_RETRANSMISSION]
    assert (offer.enabled, offer.disabled_rule) == (False, "BDR-LIF-012")


@pytest.mark.parametrize("status", [S.REJETEE, S.SUSPENDUE, S.A_RECYCLER, S.REFUSEE_1])
async def test_what_is_acknowledged_is_not_acknowledged_again(database: str, status: S) -> None:
    situation = await a_situation(status)
    await act(situation, A.ACKNOWLEDGE)

    await assert_parity(situation, situation.actor(Party.SUPPLIER))

    offer = offered(situation, situation.actor(Party.SUPPLIER))[A.ACKNOWLEDGE]
    assert (offer.enabled, offer.disabled_rule) == (False, "BDR-LIF-013")


async def test_a_refused_action_writes_and_tells_nothing(database: str, clock: Clock) -> None:
    situation = await a_situation(S.SUSPENDUE)
    before, row = await head(), dict(situation.invoice)

    refusal = await refusal_to(situation, A.COMPLETE, situation.actor(Party.RECIPIENT))

    assert isinstance(refusal, Forbidden)
    await situation.invoice.refresh_from_db()
    assert await head() == before
    assert dict(situation.invoice) == row


ASK = """query($id: ID!) { invoice(by: { id: $id }) {
  version availableActions { action enabled asParty to needs reasons disabledRule disabledReason }
} }"""
MOVE = """mutation($input: InvoiceMoveInput!) { invoiceMove(input: $input) {
  invoice { id status version } userErrors { code rule path }
} }"""


def shown(given: Given) -> dict[str, Any]:
    """What comes with an action, as the API takes it."""
    fields: dict[str, Any] = {"reason": given.reason, "comment": given.comment}
    if given.routing is not None:
        fields["routing"] = {"commitmentNumber": given.routing.commitment_number}
    if given.validator is not None:
        fields["validator"] = {"identifier": given.validator.identifier}
    return {name: value for name, value in fields.items() if value is not None}


@pytest.mark.parametrize("status", RESTING)
async def test_what_the_api_offers_the_api_accepts(database: str, status: S) -> None:
    situation = await a_situation(status)
    invoice = situation.invoice
    actors = {party.value: situation.actor(party) for party in PARTIES}
    async with door(actors) as ask:
        for party in PARTIES:
            seen = (await ask(party.value, ASK, {"id": invoice.id})).payload
            for offer in seen["availableActions"] if seen else []:
                action = A(offer["action"])
                given = shown(await what_it_takes(situation, action))
                asked = {
                    "id": invoice.id,
                    "action": action.value,
                    "idempotencyKey": "once",
                    "expectedVersion": seen["version"],
                    **given,
                }
                async with undone():
                    answer = await ask(party.value, MOVE, {"input": asked})

                errors = answer.payload["userErrors"]
                assert offer["enabled"] == (errors == []), (status, party, action, errors)
                if offer["enabled"]:
                    moved = answer.payload["invoice"]
                    assert moved["version"] > seen["version"]
                    assert given.get("reason") in (None, *offer["reasons"])
                else:
                    assert [e["rule"] for e in errors] == [offer["disabledRule"]]
                    assert answer.payload["invoice"] is None
