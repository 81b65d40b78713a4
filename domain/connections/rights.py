"""What technical accounts hold: attachments like those of people, derived from what was decided.

Nothing else writes the attachments of a technical account. They follow from three facts: its
status, the spaces of its own structure, and the delegations that name it or its structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.access import Role
from domain.accounts.actions import tell_rights_changed
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Attachment, Habilitation
from domain.clock import now
from domain.connections.models import (
    Delegation,
    DelegationStatus,
    TechnicalAccount,
    TechnicalStatus,
)
from domain.connections.rules import Grant, grants_from
from domain.ids import new_id


@dataclass(frozen=True)
class Held:
    """What a technical account holds on one structure, and until when."""

    grants: tuple[Grant, ...]
    ends_at: datetime | None = None


async def settle(account: TechnicalAccount) -> None:
    """Make the attachments those that follow. The account is locked by the open transaction."""
    wanted = await _wanted(account)
    known = {a.structure_id: a for a in await Attachment.filter(member_id=account.id)}
    for structure_id, attachment in known.items():
        if structure_id not in wanted:
            await _end(attachment)
    for structure_id, held in wanted.items():
        await _hold(account, structure_id, held, known.get(structure_id))
    tell_rights_changed(account.id)


async def settle_all_of(delegate_id: str) -> None:
    """The same for each technical account of a structure, locked in one order."""
    accounts = TechnicalAccount.filter(structure_id=delegate_id).order_by("id")
    for account in await accounts.select_for_update():
        await settle(account)


async def _wanted(account: TechnicalAccount) -> Mapping[str, Held]:
    if account.status != TechnicalStatus.ACTIVE:
        return {}
    wanted = {account.structure_id: Held(grants_from(account.spaces))}
    given = await Delegation.filter(
        delegate_id=account.structure_id, status=DelegationStatus.ACTIVE
    ).order_by("id")
    at = now()
    of_all = [d for d in given if d.technical_account_id is None]
    # The one that names the account wins over the one that names whichever.
    of_this = [d for d in given if d.technical_account_id == account.id]
    for delegation in (*of_all, *of_this):
        listed = account.acts_for is None or delegation.structure_id in account.acts_for
        if listed and (delegation.ends_at is None or delegation.ends_at > at):
            held = Held(grants_from(delegation.spaces), delegation.ends_at)
            wanted[delegation.structure_id] = held
    return wanted


async def _hold(
    account: TechnicalAccount, structure_id: str, held: Held, known: Attachment | None
) -> None:
    at = now()
    attachment = known or Attachment(
        id=new_id("att"), member_id=account.id, structure_id=structure_id, created_at=at
    )
    attachment.role = Role.TECHNICAL
    attachment.status = AttachmentStatus.VALIDEE
    attachment.ends_at = held.ends_at
    attachment.updated_at = at
    await attachment.save(force_create=known is None)
    await Habilitation.filter(attachment_id=attachment.id).delete()
    for grant in held.grants:
        await Habilitation.create(
            id=new_id("hab"),
            attachment_id=attachment.id,
            space=grant.space,
            level=grant.level,
        )


async def _end(attachment: Attachment) -> None:
    if attachment.status != AttachmentStatus.SUPPRIMEE:
        attachment.status = AttachmentStatus.SUPPRIMEE
        attachment.updated_at = now()
        await attachment.save()
