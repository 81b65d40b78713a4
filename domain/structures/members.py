"""The members of a structure: who asks to be attached, and what is told of it to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain import events
from domain.access import Actor, Level, Permission, Role, Space
from domain.accounts import actions as accounts
from domain.accounts.models import Account, AccountStatus, Attachment, AttachmentStatus
from domain.clock import now
from domain.db import fetch
from domain.ids import new_id
from domain.mail.actions import post
from domain.structures.actions import card
from domain.structures.models import Structure

MANAGERS = (Role.MAIN_MANAGER, Role.SECONDARY_MANAGER)
MESSAGE_MAX = 500


@dataclass(frozen=True)
class Wish:
    """A space that a member asks for, or is given, on the structure or on one of its services."""

    space: Space
    level: Level
    service_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The wish as it is kept with the attachment."""
        return {"space": self.space.value, "level": self.level.value, "serviceId": self.service_id}


@dataclass(frozen=True)
class Person:
    """Who is told something by e-mail."""

    id: str
    name: str
    email: str
    locale: str


async def ask(
    actor: Actor,
    structure: Structure,
    *,
    message: str | None = None,
    wishes: Sequence[Wish] = (),
) -> Attachment:
    """Let the actor ask to be attached; whoever decides is told. The transaction is open.

    A request that was refused or an attachment that ended may be asked for again.
    """
    at = now()
    attachment = await Attachment.get_or_none(member_id=actor.id, structure_id=structure.id)
    is_new = attachment is None
    if attachment is None:
        attachment = Attachment(
            id=new_id("att"), member_id=actor.id, structure_id=structure.id, created_at=at
        )
    attachment.role = Role.USER
    attachment.status = AttachmentStatus.EN_COURS_DE_VALIDATION
    attachment.message = message
    attachment.asked_at = attachment.updated_at = at
    attachment.asked_spaces = [wish.as_json() for wish in wishes] or None
    attachment.comment = attachment.decided_at = attachment.decided_by = None
    tell_member("member.requested", attachment, structure, actor, member=actor.name)
    await attachment.save(force_create=is_new)
    asker = await Account.get(id=actor.id)
    for person in await managers_of(structure.id) or await administrators():
        await post(
            "attachment_requested",
            person.email,
            person.locale,
            person=actor.name,
            email=asker.email,
            structure=structure.name,
            message=message or "—",
        )
    return attachment


def tell_member(
    kind: str,
    attachment: Attachment,
    structure: Structure,
    actor: Actor,
    *,
    member: str,
    **details: Any,
) -> None:
    """Record a fact about a member, for the managers of the structure and for the member itself.

    The caller saves the attachment. `member` is the member's name.
    """
    shown = {
        "id": attachment.id,
        "memberId": attachment.member_id,
        "memberName": member,
        "role": attachment.role.value,
        "status": attachment.status.value,
        "comment": attachment.comment,
        "version": attachment.event_count + 1,
    }
    events.record(
        kind,
        attachment,
        actor,
        audience=[
            (structure.id, Permission.READ_MEMBERS),
            (attachment.member_id, Permission.OWN_ACCOUNT),
        ],
        on_behalf_of=structure.id,
        data={"structure": card(structure), "attachment": shown, **details},
    )


async def managers_of(structure_id: str) -> list[Person]:
    """The people who manage the structure and whose account is open."""
    return await _people(
        "JOIN attachment a ON a.member_id = p.id WHERE a.structure_id = $2 AND a.status = $3"
        " AND a.role IN ($4, $5) AND p.status = $1",
        structure_id,
        AttachmentStatus.VALIDEE.value,
        *(role.value for role in MANAGERS),
    )


async def administrators() -> list[Person]:
    """The people who administer the site."""
    return await _people("JOIN administrator m ON m.member_id = p.id WHERE p.status = $1")


async def has_main_manager(structure_id: str) -> bool:
    """Whether somebody is the main manager of the structure."""
    return await Attachment.filter(
        structure_id=structure_id, role=Role.MAIN_MANAGER, status=AttachmentStatus.VALIDEE
    ).exists()


async def join_at_once(
    account: Account, actor: Actor, structure: Structure, attachment: Attachment | None
) -> Attachment:
    """Attach an account whose claim was proven: main manager where there is none, else a user.

    The transaction is open and the structure is locked.
    """
    at = now()
    main = not await has_main_manager(structure.id)
    is_new = attachment is None
    if attachment is None:
        attachment = Attachment(
            id=new_id("att"), member_id=account.id, structure_id=structure.id, created_at=at
        )
    attachment.role = Role.MAIN_MANAGER if main else Role.USER
    attachment.status = AttachmentStatus.VALIDEE
    attachment.decided_at = attachment.updated_at = at
    attachment.decided_by = None
    tell_member("member.joined", attachment, structure, actor, member=account.display_name)
    await attachment.save(force_create=is_new)
    await accounts.open_default_spaces(structure.id)
    accounts.tell_rights_changed(account.id)
    for person in await managers_of(structure.id):
        if person.id != account.id:
            await post(
                "attachment_joined",
                person.email,
                person.locale,
                person=account.display_name,
                email=account.email,
                structure=structure.name,
            )
    return attachment


async def _people(where: str, *params: Any) -> list[Person]:
    rows = await fetch(
        f"SELECT p.id, p.display_name, p.email, p.locale FROM account p {where} ORDER BY p.id",
        AccountStatus.ACTIVE.value,
        *params,
    )
    return [Person(*row) for row in rows]
