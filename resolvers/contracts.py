"""Contracts: read them, propose, amend, answer about roles, close."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.contracts import actions, queries
from domain.contracts.models import Contract as ContractRow
from domain.contracts.queries import ContractCriteria
from domain.select import Select, equals
from resolvers.fields import mutation, query_one, query_page
from schema.context import Info
from schema.contract_inputs import (
    ContractAmendInput,
    ContractFilter,
    ContractMoveInput,
    ContractProposeInput,
    ContractRoleAnswerInput,
)
from schema.contracts import Contract
from schema.pages import Connection


@strawberry.input(description="Numéro de marché chez sa maîtrise d'ouvrage.")
class ContractNumberRef:
    contracting_authority_id: strawberry.ID = strawberry.field(
        description="Maîtrise d'ouvrage. The structure by its identifier here, not its SIRET."
    )
    number: str = strawberry.field(description="Numéro. Exactly as it was given (BT-12).")


@strawberry.input(one_of=True, description="Désignation d'un marché. Exactly one way to name it.")
class ContractRef:
    id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Identifiant. Ours.")
    number: strawberry.Maybe[ContractNumberRef] = strawberry.field(
        description="Numéro. That of the authority, with the authority; not one withdrawn."
    )


def _contracts(
    viewer: Actor,
    filter: Annotated[
        ContractFilter | None, strawberry.argument(description="Filtre. Only these contracts.")
    ] = None,
) -> Select | None:
    return queries.contracts(viewer, filter.criteria() if filter else ContractCriteria())


def _contract(
    viewer: Actor,
    by: Annotated[ContractRef, strawberry.argument(description="Désignation. Which contract.")],
) -> Select | None:
    if by.id is not None:
        seen = queries.seen(viewer)
        return None if seen is None else seen.where(equals("id", by.id.value))
    assert by.number is not None
    named = by.number.value
    return queries.numbered(viewer, named.contracting_authority_id, named.number)


@strawberry.type
class ContractQuery:
    contracts: Connection[Contract] = query_page(
        _contracts,
        Permission.READ_CONTRACTS,
        description="Marchés. Those in which your structures play a role, the newest first.",
    )
    contract: Contract | None = query_one(
        _contract,
        Permission.READ_CONTRACTS,
        description="Marché. One contract; null when there is none that you may see.",
    )


@strawberry.type
class ContractMutation:
    @mutation(
        Permission.MANAGE_CONTRACTS,
        description="Proposer un marché. For its holder's side or its authority; it is in force"
        " once the holder (or the agent of the group), the project manager if there is one, and the"
        " authority accepted their roles. The others may answer before or after. Those who must"
        " answer get an e-mail.",
        shows=("contract", Contract),
        model=ContractRow,
    )
    async def contract_propose(self, info: Info, input: ContractProposeInput) -> ContractRow:
        return await actions.propose(info.context.actor, input.structure_id, input.draft())

    @mutation(
        Permission.MANAGE_CONTRACTS,
        description="Proposer un avenant. For the holder's side or the authority: the whole terms"
        " as they will be, in the place of an amendment that waits, or of the proposal while the"
        " contract is not in force. They are in force once the other side accepted, and with it a"
        " new project manager and whoever had agreed to a role that changes.",
        shows=("contract", Contract),
        model=ContractRow,
    )
    async def contract_amend(self, info: Info, input: ContractAmendInput) -> ContractRow:
        return await actions.amend(
            info.context.actor,
            input.id,
            input.terms.terms(),
            comment=input.comment,
            expected_version=input.expected_version,
        )

    @mutation(
        Permission.MANAGE_CONTRACTS,
        description="Répondre à un rôle. Accept or decline one of yours, or, as the authority,"
        " admit a subcontractor to direct payment or refuse it. A role declined may be accepted"
        " later; a role accepted changes by an amendment only.",
        shows=("contract", Contract),
        model=ContractRow,
    )
    async def contract_role_answer(self, info: Info, input: ContractRoleAnswerInput) -> ContractRow:
        return await actions.answer(info.context.actor, input.party, input.answer())

    @mutation(
        Permission.MANAGE_CONTRACTS,
        description="Retirer ou clore un marché. Either side withdraws a proposal or an amendment;"
        " the authority alone closes a contract in force, for good. `availableActions` says what"
        " you may.",
        shows=("contract", Contract),
        model=ContractRow,
    )
    async def contract_move(self, info: Info, input: ContractMoveInput) -> ContractRow:
        return await actions.move(
            info.context.actor,
            input.id,
            input.action,
            comment=input.comment,
            expected_version=input.expected_version,
        )
