"""What is offered on a contract and its roles is what is accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.access import Actor, Role
from domain.contracts import actions
from domain.contracts.actions import Answer
from domain.contracts.codes import ContractRole
from domain.contracts.draft import Terms
from domain.contracts.models import Contract, ContractParty
from domain.contracts.steps import ContractAction, ContractRoleAction
from schema.contracts import available_actions, available_role_actions
from tests.contracts.asking import actors_of
from tests.contracts.kit import a_circle, a_proposal, in_force, of_a_group, roles_of
from tests.make import a_structure, an_actor, an_administrator
from tests.undone import refusal_of

R = ContractRole


async def assert_parity(contract: Contract, actor: Actor, terms: Terms) -> None:
    """Offered and enabled exactly when it succeeds, for the contract and for each role."""
    await contract.refresh_from_db()
    shown = {a.action(): a.rule for a in available_actions(contract, actor)}
    for action in ContractAction:

        async def act(action: ContractAction = action) -> None:
            if action is ContractAction.AMEND:
                await actions.amend(actor, contract.id, replace(terms, label="Tout autre chose"))
            else:
                await actions.move(actor, contract.id, action)

        refusal = await refusal_of(act())
        assert (shown.get(action, "") is None) == (refusal is None), (contract.status, action)
        if refusal is not None and shown.get(action):
            assert [p.rule for p in refusal.problems] == [shown[action]]
    for row in await roles_of(contract):
        offered = {a.action() for a in available_role_actions(row, actor)}
        for answer in ContractRoleAction:

            async def say(answer: ContractRoleAction = answer, row: ContractParty = row) -> None:
                await actions.answer(actor, row.id, Answer(answer, comment="Voici."))

            refusal = await refusal_of(say())
            assert (answer in offered) == (refusal is None), (row.role, row.status, answer)


@pytest.mark.parametrize(
    "stage", ["proposed", "declined", "in force", "amended", "closed", "withdrawn"]
)
async def test_an_action_is_offered_exactly_when_it_succeeds(database: str, stage: str) -> None:
    circle = await a_circle()
    terms = of_a_group(circle)
    authority = an_actor(circle.authority)
    if stage in ("proposed", "declined", "withdrawn"):
        contract = await a_proposal(terms, circle.authority)
    else:
        contract = await in_force(circle)
    if stage == "declined":
        row = next(r for r in await roles_of(contract) if r.role is R.PROJECT_MANAGER)
        given = Answer(ContractRoleAction.DECLINE, comment="Non.")
        await actions.answer(an_actor(circle.manager), row.id, given)
    if stage == "amended":
        amended = replace(of_a_group(circle, ceiling="1.00"), label="Avenant")
        await actions.amend(authority, contract.id, amended)
    if stage in ("closed", "withdrawn"):
        end = ContractAction.CLOSE if stage == "closed" else ContractAction.WITHDRAW
        await actions.move(authority, contract.id, end)

    for actor in (
        *actors_of(circle).values(),
        an_actor(circle.authority, role=Role.USER),
        an_actor(circle.authority, circle.holder),
        an_administrator(),
        an_actor(await a_structure()),
    ):
        await assert_parity(contract, actor, terms)
