"""Opening and closing the spaces ("espaces") of a structure and of its services."""

from __future__ import annotations

from domain import events
from domain.access import Actor, Permission, Space
from domain.accounts import actions as accounts
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import SpaceStatus, StructureSpace
from domain.clock import now
from domain.db import fetch
from domain.errors import Invalid, NotFound
from domain.ids import findable, new_id
from domain.rules_text import problem
from domain.structures.actions import tell
from domain.structures.members import NEVER_ON_A_SERVICE
from domain.structures.models import Service, ServiceStatus, Structure


async def open_space(
    actor: Actor, structure_id: str, space: Space, service_id: str | None = None
) -> StructureSpace:
    """Open a space on the structure or on one of its services; members may then subscribe.

    One that is open already stays so, and nothing is told.

    Raises:
        NotFound, Forbidden, Invalid
    """
    return await _set(actor, structure_id, space, service_id, SpaceStatus.ACTIVE)


async def close_space(
    actor: Actor, structure_id: str, space: Space, service_id: str | None = None
) -> StructureSpace:
    """Close a space: what members subscribed there counts no more, until it is opened again.

    Raises:
        NotFound, Forbidden, Invalid
    """
    return await _set(actor, structure_id, space, service_id, SpaceStatus.SUPPRIME)


async def _set(
    actor: Actor, structure_id: str, space: Space, service_id: str | None, status: SpaceStatus
) -> StructureSpace:
    actor.require(Permission.MANAGE_MEMBERS, on=structure_id, path=("structureId",))
    async with events.transaction():
        structure = await Structure.filter(id=findable(structure_id)).select_for_update().first()
        if structure is None:
            raise NotFound(problem("BDR-REQ-001", ("structureId",)))
        await _check_service(structure, space, service_id)
        await accounts.open_default_spaces(structure.id)
        found = await StructureSpace.get_or_none(
            structure_id=structure.id, service_id=service_id, space=space
        )
        if found is None and status == SpaceStatus.SUPPRIME:
            raise NotFound(problem("BDR-MBR-044", ("space",), space=space))
        if found is not None and found.status == status:
            return found
        at = now()
        one = found or StructureSpace(
            id=new_id("spc"),
            structure_id=structure.id,
            service_id=service_id,
            space=space,
            created_at=at,
        )
        one.status, one.updated_at = status, at
        await one.save(force_create=found is None)
        kind = "space.opened" if status == SpaceStatus.ACTIVE else "space.closed"
        shown = {"space": space.value, "serviceId": service_id, "status": status.value}
        tell(kind, structure, actor, space=shown)
        await structure.save()
        for member_id in await _subscribers(one):
            accounts.tell_rights_changed(member_id)
    return one


async def _check_service(structure: Structure, space: Space, service_id: str | None) -> None:
    if service_id is None:
        return
    service = await Service.get_or_none(id=findable(service_id), structure_id=structure.id)
    if service is None or service.status == ServiceStatus.DELETED:
        raise NotFound(problem("BDR-MBR-041", ("serviceId",)))
    if space in NEVER_ON_A_SERVICE:
        raise Invalid(problem("BDR-MBR-042", ("serviceId",), space=space))


async def _subscribers(one: StructureSpace) -> list[str]:
    rows = await fetch(
        "SELECT a.member_id FROM attachment a JOIN habilitation h ON h.attachment_id = a.id"
        " WHERE a.structure_id = $1 AND a.status = $2 AND h.space = $3"
        " AND COALESCE(h.service_id, '') = $4",
        one.structure_id,
        AttachmentStatus.VALIDEE.value,
        one.space.value,
        one.service_id or "",
    )
    return [str(row[0]) for row in rows]
