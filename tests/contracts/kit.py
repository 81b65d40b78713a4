"""Contracts for tests, made through the product's own actions: right by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any

from domain.contracts import actions
from domain.contracts.actions import Answer
from domain.contracts.codes import ContractNature, ContractRole, ContractStatus, DirectPaymentStatus
from domain.contracts.draft import ContractDraft, PartyDraft, Terms
from domain.contracts.models import Contract, ContractParty
from domain.contracts.steps import ContractRoleAction
from domain.structures.models import Structure
from tests.make import a_public_structure, a_supplier, an_actor

R = ContractRole
_numbers = count(1)


@dataclass(frozen=True)
class Circle:
    """The structures of a contract held by a group: each in its part."""

    authority: Structure
    manager: Structure
    finance: Structure
    holder: Structure
    co_contractor: Structure
    subcontractor: Structure
    other: Structure

    def all(self) -> dict[str, Structure]:
        """Each by its part."""
        return dict(vars(self))


async def a_circle() -> Circle:
    """Seven structures that never met. `other` is a subcontractor of the co-contractor."""
    return Circle(
        authority=await a_public_structure(),
        manager=await a_supplier(has_mandate=False),
        finance=await a_public_structure(),
        holder=await a_supplier(),
        co_contractor=await a_supplier(),
        subcontractor=await a_supplier(),
        other=await a_supplier(),
    )


def role(
    role: ContractRole, structure: Structure, principal: Structure | None = None, **more: Any
) -> PartyDraft:
    """A role of a structure, for another one when it is a subcontractor's."""
    named = principal.identifier if principal else None
    return PartyDraft(role=role, identifier=structure.identifier, principal=named, **more)


def of_a_group(circle: Circle, *, ceiling: str = "10000.00", others: str = "5000.00") -> Terms:
    """Terms of a group: everybody of the circle plays a part."""
    return Terms(
        label="Réfection de la voirie",
        amount=Decimal("100000.00"),
        parties=(
            role(R.CONTRACTING_AUTHORITY, circle.authority),
            role(R.PROJECT_MANAGER, circle.manager),
            role(R.FINANCE_SERVICE, circle.finance),
            role(R.GROUP_AGENT, circle.holder),
            role(R.CO_CONTRACTOR, circle.co_contractor),
            role(R.SUBCONTRACTOR, circle.subcontractor, circle.holder, ceiling=Decimal(ceiling)),
            role(R.SUBCONTRACTOR, circle.other, circle.co_contractor, ceiling=Decimal(others)),
        ),
    )


async def a_proposal(terms: Terms, proposed_by: Structure, number: str | None = None) -> Contract:
    """A contract that one structure proposed."""
    draft = ContractDraft(
        number=number or f"M{next(_numbers):05}", nature=ContractNature.TRAVAUX, terms=terms
    )
    return await actions.propose(an_actor(proposed_by), proposed_by.id, draft)


async def roles_of(contract: Contract) -> list[ContractParty]:
    """The roles that are alive, in the order of the terms."""
    return list(await ContractParty.filter(contract_id=contract.id, is_live=True).order_by("id"))


async def accept(contract: Contract, *structures: Structure) -> Contract:
    """Each of the structures accepts the roles that wait for it."""
    for structure in structures:
        for row in await roles_of(contract):
            await row.refresh_from_db()
            waits = row.is_open and row.status == "PROPOSED"
            if row.structure_id == structure.id and waits:
                given = Answer(ContractRoleAction.ACCEPT)
                contract = await actions.answer(an_actor(structure), row.id, given)
    return contract


async def admit(contract: Contract, authority: Structure) -> Contract:
    """The authority admits every subcontractor to direct payment."""
    for row in await roles_of(contract):
        if row.direct_payment is DirectPaymentStatus.ASKED:
            given = Answer(ContractRoleAction.ADMIT)
            contract = await actions.answer(an_actor(authority), row.id, given)
    return contract


async def in_force(circle: Circle, terms: Terms | None = None) -> Contract:
    """A contract that all accepted, whose subcontractors are paid directly."""
    contract = await a_proposal(terms or of_a_group(circle), circle.authority)
    contract = await admit(contract, circle.authority)
    contract = await accept(contract, *circle.all().values())
    assert contract.status is ContractStatus.IN_FORCE
    return contract


def changed(terms: Terms, parties: Sequence[PartyDraft] | None = None, **changes: Any) -> Terms:
    """The terms with some of them changed."""
    kept = terms.parties if parties is None else tuple(parties)
    return replace(terms, parties=kept, **changes)
