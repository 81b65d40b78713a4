"""The main manager ("gestionnaire principal"): exactly one, who hands over before it leaves."""

from __future__ import annotations

from dataclasses import dataclass

from domain import events
from domain.access import Actor, Permission, Role
from domain.accounts import actions as accounts
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Attachment
from domain.clock import now
from domain.errors import Forbidden, Invalid, NotFound
from domain.ids import findable
from domain.mail.actions import post
from domain.rules_text import problem, text_problems
from domain.structures.actions import tell
from domain.structures.members import (
    MESSAGE_MAX,
    managers_of,
    name_of,
    person,
)
from domain.structures.models import Structure
from domain.text import normal

S = AttachmentStatus


@dataclass(frozen=True)
class _Change:
    """Who manages from now on, who did, and why."""

    structure: Structure
    former: Attachment | None
    new: Attachment
    comment: str | None


async def hand_over(
    actor: Actor, structure_id: str, attachment_id: str, *, comment: str | None
) -> Attachment:
    """Make another member the main manager; the former one becomes a secondary manager.

    Raises:
        NotFound, Forbidden, Invalid
    """
    comment = _checked(comment, "comment", is_required=False)
    actor.require(Permission.HAND_OVER, on=structure_id, path=("structureId",))
    async with events.transaction():
        structure, former = await _held(structure_id)
        # What the caller held when it asked may have gone to another meanwhile.
        if former is None or former.member_id != actor.id:
            raise Forbidden(problem("BDR-MBR-050", ("structureId",)))
        new = await _member(structure, attachment_id)
        if new.id == former.id or new.status != S.VALIDEE:
            raise Invalid(problem("BDR-MBR-051", ("attachmentId",)))
        await _demote(former, Role.SECONDARY_MANAGER, S.VALIDEE, actor, comment)
        await _promote(new, actor, comment)
        change = _Change(structure, former, new, comment)
        await _tell(change, actor)
        await _write(change, new="main_manager_gained", former="main_manager_given_up")
    return new


async def replace_main_manager(
    actor: Actor, structure_id: str, attachment_id: str, *, reason: str
) -> Attachment:
    """Let an administrator replace a main manager who vanished, or was never there.

    The new one is a member, or somebody whose request waits. The former one is deactivated: its
    successor may reactivate it.

    Raises:
        NotFound, Forbidden, Invalid
    """
    comment = _checked(reason, "reason", is_required=True)
    actor.require(Permission.ADMINISTER, on=structure_id, path=("structureId",))
    async with events.transaction():
        structure, former = await _held(structure_id)
        new = await _member(structure, attachment_id)
        acceptable = (S.VALIDEE, S.EN_COURS_DE_VALIDATION)
        if (former is not None and new.id == former.id) or new.status not in acceptable:
            raise Invalid(problem("BDR-MBR-052", ("attachmentId",)))
        if new.member_id == actor.id:
            raise Forbidden(problem("BDR-MBR-021", ("attachmentId",)))
        if former is not None:
            await _demote(former, Role.SECONDARY_MANAGER, S.DESACTIVEE, actor, comment)
        await _promote(new, actor, comment)
        await accounts.open_default_spaces(structure.id)
        change = _Change(structure, former, new, comment)
        await _tell(change, actor)
        await _write(change, new="main_manager_gained", former="main_manager_replaced")
    return new


async def sole_manager_of(member_id: str) -> list[str]:
    """The structures whose main manager the member is: it hands them over before it goes."""
    found = await Attachment.filter(
        member_id=member_id, role=Role.MAIN_MANAGER, status=S.VALIDEE
    ).values_list("structure_id", flat=True)
    return sorted(str(structure_id) for structure_id in found)


def _checked(text: str | None, field: str, *, is_required: bool) -> str | None:
    kept = normal(text)
    if kept is None:
        if is_required:
            raise Invalid(problem("BDR-MBR-028", (field,)))
        return None
    if problems := text_problems(kept, (field,), MESSAGE_MAX, paragraphs=True):
        raise Invalid(*problems)
    return kept


async def _held(structure_id: str) -> tuple[Structure, Attachment | None]:
    """The structure, held, and its main manager."""
    structure = await Structure.filter(id=findable(structure_id)).select_for_update().first()
    if structure is None:
        raise NotFound(problem("BDR-REQ-001", ("structureId",)))
    main = Attachment.filter(structure_id=structure.id, role=Role.MAIN_MANAGER, status=S.VALIDEE)
    return structure, await main.select_for_update().first()


async def _member(structure: Structure, attachment_id: str) -> Attachment:
    """The attachment of somebody of the structure who may manage it: a person, account open."""
    found = (
        await Attachment.filter(id=findable(attachment_id), structure_id=structure.id)
        .select_for_update()
        .first()
    )
    if found is None:
        raise NotFound(problem("BDR-REQ-001", ("attachmentId",)))
    if await person(found.member_id) is None:
        raise Invalid(problem("BDR-MBR-053", ("attachmentId",)))
    return found


async def _demote(
    former: Attachment, role: Role, status: S, actor: Actor, comment: str | None
) -> None:
    former.status = status
    await _change_role(former, role, actor, comment)


async def _promote(new: Attachment, actor: Actor, comment: str | None) -> None:
    new.status = S.VALIDEE
    new.asked_spaces = None
    await _change_role(new, Role.MAIN_MANAGER, actor, comment)


async def _change_role(
    attachment: Attachment, role: Role, actor: Actor, comment: str | None
) -> None:
    attachment.role = role
    attachment.comment = comment
    attachment.decided_by = actor.id
    attachment.decided_at = attachment.updated_at = now()
    await attachment.save()
    accounts.tell_rights_changed(attachment.member_id)


async def _tell(change: _Change, actor: Actor) -> None:
    tell(
        "structure.main_manager_changed",
        change.structure,
        actor,
        mainManager={
            "attachmentId": change.new.id,
            "memberName": await name_of(change.new.member_id),
            "formerAttachmentId": change.former.id if change.former else None,
            "formerMemberName": await name_of(change.former.member_id) if change.former else None,
            "comment": change.comment,
        },
    )
    await change.structure.save()


async def _write(change: _Change, *, new: str, former: str) -> None:
    """Write to everyone concerned: who gains it, who had it, and the other managers."""
    gained = await person(change.new.member_id)
    gave = await person(change.former.member_id) if change.former else None
    assert gained is not None
    kinds = {gained.id: (gained, new)}
    if gave is not None:
        kinds[gave.id] = (gave, former)
    for other in await managers_of(change.structure.id):
        kinds.setdefault(other.id, (other, "main_manager_changed"))
    for to, kind in kinds.values():
        await post(
            kind,
            to.email,
            to.locale,
            structure=change.structure.name,
            person=gained.name,
            comment=change.comment or "—",
        )
