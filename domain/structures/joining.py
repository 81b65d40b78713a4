"""How an account that was just opened gets to the structure whose identifier it came with."""

from __future__ import annotations

from collections.abc import Sequence

from domain import db, events, identifiers
from domain.access import OWN, Actor, ActorKind
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Account, Attachment
from domain.db import hold
from domain.errors import NotFound
from domain.identifiers import IdentifierType
from domain.rules_text import problem
from domain.select import EVERYTHING, Slice, Statement, equals, page_sql
from domain.structures import search
from domain.structures.actions import create_structure
from domain.structures.members import Wish, ask, join_at_once, request
from domain.structures.models import Structure
from domain.structures.rules import NAME_MAX, StructureDraft, country_of
from domain.structures.siret_changes import successor_of


async def join(
    account: Account,
    identifier_type: IdentifierType,
    identifier: str,
    *,
    name: str | None,
    is_proven: bool,
) -> Attachment:
    """Attach the account to the structure, create it, or ask those who manage it.

    An unknown structure is created, private, with the account as its main manager. In a known one
    whoever only typed its identifier asks; `is_proven` says that an identity provider vouches for
    it, and attaches at once. What a manager refused, deactivated or removed stays so: such a
    person asks again. Who is a member or has asked already gets that attachment.

    Raises:
        Invalid: the identifier is none of its type.
    """
    actor = Actor(account.id, ActorKind.PERSON, account.display_name, {account.id: OWN})
    wanted = identifiers.normal(identifier_type, identifier[:200])
    async with events.transaction():
        # Two people who bring the same unknown identifier: one creates, the other asks.
        await hold(f"structure {identifier_type.value} {wanted}")
        structure = await named(identifier_type, wanted)
        if structure is not None:
            structure = await Structure.filter(id=structure.id).select_for_update().get()
        else:
            draft = StructureDraft(
                identifier_type,
                identifier,
                name or _name(account, identifier_type, wanted),
                country=country_of(identifier_type, wanted),
            )
            created = await create_structure(actor, draft)
            return await Attachment.get(member_id=account.id, structure_id=created.id)
        known = await Attachment.get_or_none(member_id=account.id, structure_id=structure.id)
        if known is not None and not _may_ask_again(known, is_proven=is_proven):
            return known
        if is_proven and (known is None or known.status == _ASKED):
            return await join_at_once(account, actor, structure, known)
        return await ask(actor, structure)


async def request_by(
    actor: Actor,
    *,
    structure_id: str | None = None,
    identifier_type: IdentifierType = IdentifierType.SIRET,
    identifier: str = "",
    message: str | None = None,
    wishes: Sequence[Wish] = (),
) -> Attachment:
    """Ask to be attached to the structure that is named by our identifier or an official one.

    Raises:
        NotFound, Forbidden, Invalid, Duplicate, WrongStatus
    """
    if structure_id is not None:
        structure = await _seen(actor, structure_id)
    else:
        wanted = identifiers.normal(identifier_type, identifier[:200])
        structure = await named(identifier_type, wanted)
    if structure is None:
        raise NotFound(problem("BDR-REQ-001", ("structure",)))
    return await request(actor, structure, message=message, wishes=wishes)


async def named(identifier_type: IdentifierType, identifier: str) -> Structure | None:
    """The structure that has the identifier, or had it before a change of SIRET."""
    if len(identifier) > _LONGEST_IDENTIFIER:
        # The ORM refuses to look for what is longer than the column.
        return None
    found = await Structure.get_or_none(identifier=identifier, identifier_type=identifier_type)
    if found is not None or identifier_type != IdentifierType.SIRET:
        return found
    given_up = await successor_of(identifier)
    return await Structure.get(id=given_up.structure_id) if given_up else None


async def _seen(actor: Actor, structure_id: str) -> Structure | None:
    """The structure, if the actor may see it at all: an identifier is no way round."""
    to = Statement(db.dialect())
    select = search.seen(actor).where(equals("id", structure_id))
    rows = await db.fetch(page_sql(to, select, Slice(1), EVERYTHING), *to.params)
    return await Structure.get(id=structure_id) if rows else None


_LONGEST_IDENTIFIER = 80
_ASKED = AttachmentStatus.EN_COURS_DE_VALIDATION


def _may_ask_again(known: Attachment, *, is_proven: bool) -> bool:
    if known.status == _ASKED:
        return is_proven
    return known.status in (AttachmentStatus.REFUSEE, AttachmentStatus.SUPPRIMEE)


def _name(account: Account, identifier_type: IdentifierType, identifier: str) -> str:
    """What a structure is called until its manager says better."""
    is_person = identifier_type == IdentifierType.PARTICULIER
    return (account.display_name if is_person else identifier)[:NAME_MAX]
