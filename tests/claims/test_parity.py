"""What is offered is what is accepted: `availableActions` and the mutations never disagree."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Actor, Level, Role, Space
from domain.claims.actions import Claims
from domain.claims.circuit import ClaimAction as A
from domain.claims.models import Claim, claim_facts
from domain.errors import Forbidden, NotFound, Refused, WrongStatus
from domain.lifecycle import Party
from domain.memos.actions import MEMOS
from domain.memos.queries import OPENINGS as OF_MEMOS
from domain.reference.statuses import InvoiceStatus as S
from domain.refunds.queries import OPENINGS as OF_REFUNDS
from schema.claims import FACTS
from tests.api import door
from tests.claims.making import (
    RESTING,
    Sides,
    a_claim,
    act,
    on_service,
    what_it_takes,
)
from tests.make import a_structure, an_actor, an_administrator
from tests.undone import refusal_of, undone

PARTIES = (Party.SUPPLIER, Party.RECIPIENT, Party.VALIDATOR_1)


async def refusal_to(
    claims: Claims[Any, Any, Any], claim: Claim, action: A, actor: Actor
) -> Refused | None:
    """Why the action is refused to the actor; None when it succeeds. Nothing stays of it."""
    return await refusal_of(claims.move(actor, claim.id, action, what_it_takes(action)))


def offered(claims: Claims[Any, Any, Any], claim: Claim, actor: Actor) -> dict[A, str | None]:
    """The actions that a viewer is offered, each with the rule against it."""
    if not claim.visible_to(actor):
        return {}
    openings = OF_MEMOS if claims is MEMOS else OF_REFUNDS
    facts = claim_facts(**{name: getattr(claim, name) for name in FACTS})
    return {A(o.step.action): rule for o, rule in openings.offers(claim, actor, facts)}


def everyone(claims: Claims[Any, Any, Any], who: Sides) -> list[Actor]:
    """Each side, who only looks, who works for one service alone, the site, both sides at once."""
    looking = [(space, Level.CONSULTATION_UNIQUEMENT) for space in Space]
    return [
        an_actor(who.supplier),
        an_actor(who.recipient),
        an_actor(who.supplier, role=Role.USER, spaces=looking),
        an_actor(who.recipient, role=Role.USER, spaces=looking),
        an_actor(who.recipient, role=Role.USER),
        on_service(who.validating, claims.space),
        on_service(who.paying, claims.space),
        on_service(who.validating, claims.space, Level.CONSULTATION_UNIQUEMENT),
        an_actor(who.supplier, who.recipient),
        an_administrator(),
    ]


@pytest.mark.parametrize("status", RESTING)
async def test_an_action_is_offered_exactly_when_it_succeeds(
    claims: Claims[Any, Any, Any], who: Sides, status: S
) -> None:
    claim = await a_claim(claims, who, status)
    for actor in (*everyone(claims, who), an_actor(await a_structure())):
        shown = offered(claims, claim, actor)
        for action in A:
            refusal = await refusal_to(claims, claim, action, actor)
            place = (status, action, actor.rights)
            assert (action in shown and shown[action] is None) == (refusal is None), place
            if refusal is None:
                continue
            if action in shown:
                assert [p.rule for p in refusal.problems] == [shown[action]], place
            else:
                assert isinstance(refusal, NotFound | Forbidden | WrongStatus), place


@pytest.mark.parametrize("status", [S.REJETEE, S.REFUSEE_1, S.SUSPENDUE])
async def test_what_is_acknowledged_is_not_acknowledged_again(
    claims: Claims[Any, Any, Any], who: Sides, status: S
) -> None:
    claim = await act(claims, who, await a_claim(claims, who, status), A.ACKNOWLEDGE)

    assert offered(claims, claim, an_actor(who.supplier))[A.ACKNOWLEDGE] == "BDR-LIF-013"


async def test_the_table_knows_no_certified_delivery_and_no_retransmission(
    claims: Claims[Any, Any, Any],
) -> None:
    statuses = claims.model.lifecycle.statuses()

    assert not {"SERVICE_FAIT", "A_RECYCLER"} & statuses
    assert claims.model.lifecycle.is_final(S.REFUSEE_1)


ASK = """query($id: ID!) { node(id: $id) { ... on Claim { version }
  ... on Memo { availableActions { action enabled disabledRule disabledReason } }
  ... on Refund { availableActions { action enabled disabledRule disabledReason } }
} }"""


@pytest.mark.parametrize("compiled", [False, True], ids=["ordinary", "compiled"])
@pytest.mark.parametrize("status", RESTING)
async def test_what_the_api_offers_the_api_accepts(
    claims: Claims[Any, Any, Any],
    who: Sides,
    status: S,
    compiled: bool,
) -> None:
    claim = await a_claim(claims, who, status)
    actors = {"supplier": an_actor(who.supplier), "recipient": an_actor(who.recipient)}
    name = claims.name.capitalize()
    move = (
        f"mutation($input: {name}MoveInput!) {{ {claims.name}Move(input: $input) {{"
        f" {claims.name} {{ id status }} userErrors {{ code rule }} }} }}"
    )
    async with door(actors, compiled=compiled) as ask:
        for persona in actors:
            seen = (await ask(persona, ASK, {"id": claim.id})).payload
            for offer in seen["availableActions"] if seen else []:
                given = what_it_takes(A(offer["action"]))
                asked = {
                    "id": claim.id,
                    "action": offer["action"],
                    "idempotencyKey": "once",
                    "expectedVersion": seen["version"],
                    "reason": given.reason,
                    "comment": given.comment,
                }
                async with undone():
                    answer = await ask(persona, move, {"input": asked})

                errors = answer.payload["userErrors"]
                assert offer["enabled"] == (errors == []), (status, persona, offer, errors)
                assert [e["rule"] for e in errors] == (
                    [] if offer["enabled"] else [offer["disabledRule"]]
                )
