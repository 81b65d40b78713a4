"""A structure lets the technical accounts of another one act for it, and takes that back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.access import SYSTEM, Actor, Permission
from domain.clock import PARIS, now
from domain.connections import limits
from domain.connections.letters import spaces_in_words, to_managers
from domain.connections.models import (
    Delegation,
    DelegationStatus,
    TechnicalAccount,
    TechnicalStatus,
)
from domain.connections.rights import settle_all_of
from domain.connections.rules import Grant, end_problems, grant_problems, grants_from, is_person
from domain.connections.telling import tell_delegation
from domain.db import fetch
from domain.errors import Duplicate, Forbidden, Invalid, NotFound, WrongStatus
from domain.events import transaction
from domain.identifiers import IdentifierType, compact
from domain.ids import findable, new_id
from domain.rules_text import problem
from domain.structures.models import Structure

_BATCH = 100


@dataclass(frozen=True)
class Delegate:
    """To whom: one technical account, or whichever of a structure named by its id or SIRET."""

    technical_account_id: str | None = None
    structure_id: str | None = None
    siret: str | None = None


async def grant(
    actor: Actor,
    structure_id: str,
    to: Delegate,
    grants: tuple[Grant, ...],
    ends_at: datetime | None = None,
) -> Delegation:
    """Let technical accounts of another structure act for this one, in these spaces.

    Raises:
        NotFound, Forbidden, Invalid, Duplicate
    """
    actor.require(Permission.MANAGE_CONNECTIONS, on=structure_id, path=("structureId",))
    if not is_person(actor):
        raise Forbidden(problem("BDR-CNX-007"))
    at = now()
    problems = [*grant_problems(actor, structure_id, grants), *end_problems(ends_at, at)]
    if not grants:
        problems.append(problem("BDR-CNX-001", ("spaces",)))
    if problems:
        raise Invalid(*problems)
    async with transaction():
        delegate_id = await _delegate(to)
        if delegate_id == structure_id:
            raise Invalid(problem("BDR-CNX-014", ("to",)))
        await limits.one_more_delegation(structure_id)
        delegation = Delegation(
            id=new_id("dlg"),
            structure_id=structure_id,
            delegate_id=delegate_id,
            technical_account_id=to.technical_account_id,
            spaces=[grant.as_json() for grant in grants],
            ends_at=ends_at,
            status=DelegationStatus.ACTIVE,
            status_at=at,
            granted_by=actor.id,
            created_at=at,
            updated_at=at,
        )
        await _refuse_second(delegation)
        tell_delegation("delegation.granted", delegation, actor, structure_id)
        await delegation.save(force_create=True)
        await settle_all_of(delegate_id)
        await _write("delegation_granted", delegation, by=actor.name)
    return delegation


async def withdraw(actor: Actor, delegation_id: str) -> Delegation:
    """End it at once. Either structure may: the one that trusts, the one that is trusted.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    async with transaction():
        delegation = await _locked(delegation_id)
        if delegation is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        side = _side(actor, delegation)
        if delegation.status != DelegationStatus.ACTIVE:
            raise WrongStatus(problem("BDR-CNX-018", ("id",)))
        await _end(delegation, DelegationStatus.WITHDRAWN, "delegation.withdrawn", actor, side)
        await _write("delegation_withdrawn", delegation, by=actor.name)
    return delegation


async def end_due() -> int:
    """End the delegations whose date has come; how many ended.

    Nobody could act by them since that date anyway: this tells it.
    """
    rows = await fetch(
        "SELECT id FROM delegation WHERE status = $1 AND ends_at <= $2 ORDER BY ends_at LIMIT $3",
        DelegationStatus.ACTIVE.value,
        now(),
        _BATCH,
    )
    return sum([await _lapse(row["id"]) for row in rows])


async def _lapse(delegation_id: str) -> int:
    async with transaction():
        delegation = await _locked(delegation_id)
        if delegation is None or delegation.status != DelegationStatus.ACTIVE:
            return 0
        side = delegation.structure_id
        await _end(delegation, DelegationStatus.EXPIRED, "delegation.expired", SYSTEM, side)
        await _write("delegation_expired", delegation)
    return 1


async def _end(
    delegation: Delegation, status: DelegationStatus, kind: str, actor: Actor, side: str
) -> None:
    delegation.status = status
    delegation.status_at = delegation.updated_at = now()
    tell_delegation(kind, delegation, actor, side)
    await delegation.save()
    await settle_all_of(delegation.delegate_id)


async def _locked(delegation_id: str) -> Delegation | None:
    return await Delegation.filter(id=findable(delegation_id)).select_for_update().first()


def _side(actor: Actor, delegation: Delegation) -> str:
    """The structure for which the actor ends it."""
    for structure_id in (delegation.structure_id, delegation.delegate_id):
        if actor.may(Permission.MANAGE_CONNECTIONS, structure_id):
            return structure_id
    known = [s for s in (delegation.structure_id, delegation.delegate_id) if s in actor.rights]
    actor.require(
        Permission.MANAGE_CONNECTIONS,
        on=known[0] if known else delegation.structure_id,
        path=("id",),
    )
    raise AssertionError("unreachable: the right is held on neither")


async def _delegate(to: Delegate) -> str:
    """The structure whose technical accounts are meant."""
    if to.technical_account_id is not None:
        account = await TechnicalAccount.get_or_none(id=findable(to.technical_account_id))
        if account is None or account.status == TechnicalStatus.REVOKED:
            raise NotFound(problem("BDR-CNX-015", ("to", "technicalAccountId")))
        return account.structure_id
    if to.siret is not None:
        by_siret = await Structure.get_or_none(
            identifier_type=IdentifierType.SIRET, identifier=compact(to.siret)
        )
        if by_siret is None:
            raise NotFound(problem("BDR-CNX-015", ("to", "siret")))
        return by_siret.id
    by_id = await Structure.get_or_none(id=findable(to.structure_id or ""))
    if by_id is None:
        raise NotFound(problem("BDR-CNX-015", ("to", "structureId")))
    return by_id.id


async def _refuse_second(delegation: Delegation) -> None:
    same = Delegation.filter(
        structure_id=delegation.structure_id,
        delegate_id=delegation.delegate_id,
        technical_account_id=delegation.technical_account_id,
        status=DelegationStatus.ACTIVE,
    )
    if await same.exists():
        raise Duplicate(problem("BDR-CNX-013", ("to",)))


async def _write(kind: str, delegation: Delegation, **values: object) -> None:
    """Write to the managers of both structures."""
    structure = await Structure.get(id=delegation.structure_id)
    delegate = await Structure.get(id=delegation.delegate_id)
    account = await TechnicalAccount.get_or_none(id=delegation.technical_account_id or "")
    until = delegation.ends_at
    for reader in (structure, delegate):
        await to_managers(
            kind,
            reader.id,
            structure=structure.name,
            delegate=delegate.name,
            account="—" if account is None else account.name,
            spaces=spaces_in_words(grants_from(delegation.spaces)),
            until="—" if until is None else until.astimezone(PARIS).date().isoformat(),
            **values,
        )
