"""Which contracts a caller may see, and which roles in them.

Whoever plays a role in the terms in force, or in those that are proposed, sees the contract. The
holder's side, the project manager, the authority and its finance service see every role; the
others see these, their own, and those whom they work with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.access import Actor, Permission
from domain.contracts.codes import ContractNature, ContractRole, ContractStatus
from domain.contracts.models import ContractParty
from domain.contracts.steps import SEE_ALL, SHOWN_TO_ALL, ContractSide
from domain.select import (
    Condition,
    Select,
    all_of,
    among,
    any_of,
    differs,
    equals,
    exists,
    falling,
    rising,
    starts_with,
    within,
)

READ = Permission.READ_CONTRACTS
MANAGE = Permission.MANAGE_CONTRACTS


@dataclass(frozen=True)
class ContractCriteria:
    """What a list is narrowed to; None and () ask nothing."""

    structures: Collection[str] = ()
    roles: Collection[ContractRole] = ()
    statuses: Collection[ContractStatus] = ()
    natures: Collection[ContractNature] = ()
    number: str | None = None
    number_prefix: str | None = None
    contracting_authority_id: str | None = None
    holder_id: str | None = None


def contracts(viewer: Actor, criteria: ContractCriteria = ContractCriteria()) -> Select | None:
    """The contracts that the viewer may see and the criteria keep, the newest first."""
    own = viewer.structures(READ)
    wanted = frozenset(criteria.structures)
    playing = wanted if own is None else (own & wanted if wanted else own)
    if own is not None and not playing:
        return None
    plays: list[Condition] = [among("structure_id", playing)] if playing else []
    if criteria.roles:
        plays.append(among("role", criteria.roles))
    select = Select("contract").by(falling("id"))
    if plays:
        live = equals("is_live", True)
        select = select.where(within("id", "contract_party", "contract_id", live, *plays))
    prefix = criteria.number_prefix
    return select.where(
        among("status", criteria.statuses) if criteria.statuses else None,
        among("nature", criteria.natures) if criteria.natures else None,
        equals("number", criteria.number) if criteria.number is not None else None,
        starts_with("number", prefix) if prefix else None,
        equals("contracting_authority_id", criteria.contracting_authority_id)
        if criteria.contracting_authority_id
        else None,
        equals("holder_id", criteria.holder_id) if criteria.holder_id else None,
    )


def seen(viewer: Actor) -> Select | None:
    """The contracts that the viewer may see, to look some up."""
    return contracts(viewer)


def numbered(viewer: Actor, contracting_authority_id: str, number: str) -> Select | None:
    """The contract of that number, among those that the viewer may see."""
    named = ContractCriteria(number=number, contracting_authority_id=contracting_authority_id)
    found = contracts(viewer, named)
    return found and found.where(differs("status", ContractStatus.WITHDRAWN))


def versions(viewer: Actor) -> Select:
    """The versions of a contract that is seen, the latest first."""
    own = viewer.structures(READ)
    select = Select("contract_version").by(falling("number"))
    if own is None:
        return select
    return select.where(
        exists(
            "contract_party",
            {"contract_id": "contract_id"},
            equals("is_live", True),
            among("structure_id", own),
        )
    )


def parties(viewer: Actor, roles: Collection[ContractRole] | None = None) -> Select:
    """The roles that the viewer may see, in the order of the terms."""
    select = Select("contract_party").by(rising("id"))
    select = select.where(among("role", roles) if roles else None)
    own = viewer.structures(READ)
    if own is None:
        return select
    mine = (equals("is_live", True), among("structure_id", own))
    same = {"contract_id": "contract_id"}
    return select.where(
        exists("contract_party", same, *mine),
        any_of(
            among("role", SHOWN_TO_ALL),
            among("structure_id", own),
            among("principal_id", own),
            exists("contract_party", same, *mine, among("role", SEE_ALL)),
            all_of(
                equals("role", ContractRole.CO_CONTRACTOR),
                exists("contract_party", {**same, "principal_id": "structure_id"}, *mine),
            ),
        ),
    )


def readers_of(row: ContractParty, rows: Iterable[ContractParty]) -> frozenset[str]:
    """The structures that see a role, among those of the contract: as `parties` says it in SQL."""
    live = [r for r in rows if r.is_live]
    if row.role in SHOWN_TO_ALL:
        return frozenset(r.structure_id for r in live)
    working = {row.structure_id, row.principal_id}
    if row.role is ContractRole.CO_CONTRACTOR:
        working |= {r.structure_id for r in live if r.principal_id == row.structure_id}
    return frozenset(r.structure_id for r in live if r.role in SEE_ALL or r.structure_id in working)


def sides_of(
    viewer: Actor, contracting_authority_id: str, holder_id: str | None
) -> tuple[ContractSide, ...]:
    """For whom the viewer may act on a contract."""
    named = (
        (ContractSide.HOLDER, holder_id),
        (ContractSide.CONTRACTING_AUTHORITY, contracting_authority_id),
    )
    return tuple(side for side, structure in named if structure and viewer.may(MANAGE, structure))


def role_sides_of(
    viewer: Actor, structure_id: str, contracting_authority_id: str
) -> tuple[ContractSide, ...]:
    """For whom the viewer may answer about a role."""
    named = (
        (ContractSide.PARTICIPANT, structure_id),
        (ContractSide.CONTRACTING_AUTHORITY, contracting_authority_id),
    )
    return tuple(side for side, structure in named if viewer.may(MANAGE, structure))
