"""Who is a member of what, and the rights that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from domain.access import (
    DEFAULT_SPACES,
    GRANTS,
    ON_SERVICES,
    OWN,
    Actor,
    Level,
    Permission,
    Role,
    Space,
    space_grants,
)
from domain.accounts import emails
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import (
    Account,
    AccountStatus,
    Administrator,
    Attachment,
    Habilitation,
    SpaceStatus,
    StructureSpace,
)
from domain.clock import now
from domain.db import execute_many, fetch
from domain.events import afterwards, transaction
from domain.ids import new_id

_on_rights_changed: list[Callable[[str], None]] = []


def on_rights_changed(forget: Callable[[str], None]) -> None:
    """Call `forget(member_id)` when the rights of a member change, so that caches drop them."""
    _on_rights_changed.append(forget)


async def rights_of(member_id: str) -> Mapping[str, frozenset[Permission]]:
    """What a person or a technical account may do, by structure, and on its own account."""
    rows = await fetch(
        # Two joins, so that each is served by its own index: one caller is asked for often.
        "SELECT a.structure_id, a.role, COALESCE(s.space, v.space) AS space, h.level, h.service_id"
        " FROM attachment a LEFT JOIN habilitation h ON h.attachment_id = a.id"
        " LEFT JOIN structure_space s ON h.service_id IS NULL AND s.service_id IS NULL"
        " AND s.structure_id = a.structure_id AND s.space = h.space AND s.status = $3"
        " LEFT JOIN structure_space v ON v.service_id = h.service_id"
        " AND v.structure_id = a.structure_id AND v.space = h.space AND v.status = $3"
        " WHERE a.member_id = $1 AND a.status = $2 AND (a.ends_at IS NULL OR a.ends_at > $4)",
        member_id,
        AttachmentStatus.VALIDEE.value,
        SpaceStatus.ACTIVE.value,
        now(),
    )
    held: dict[str, frozenset[Permission]] = {}
    for row in rows:
        structure = row["structure_id"]
        held.setdefault(structure, GRANTS[Role(row["role"])])
        if row["space"] is None:
            continue
        given = space_grants(Space(row["space"]), Level(row["level"]))
        if row["service_id"] is None:
            held[structure] |= given
        elif given & ON_SERVICES:
            service = row["service_id"]
            held[service] = held.get(service, frozenset()) | (given & ON_SERVICES)
    return held | {member_id: OWN}


async def everywhere_of(member_id: str) -> frozenset[Permission]:
    """What a member may do on every structure: something for administrators only."""
    rows = await fetch(
        "SELECT 1 FROM administrator m LEFT JOIN account a ON a.id = m.member_id"
        " WHERE m.member_id = $1 AND (a.id IS NULL OR a.status = $2)",
        member_id,
        AccountStatus.ACTIVE.value,
    )
    return GRANTS[Role.ADMINISTRATOR] if rows else frozenset()


async def again(actor: Actor) -> Actor:
    """The same caller with the rights that it holds by now."""
    rights, everywhere = await rights_of(actor.id), await everywhere_of(actor.id)
    now_held = replace(actor, rights=rights, everywhere=everywhere)
    return now_held if actor.scopes is None else now_held.limited_to(actor.scopes)


async def create_account(
    email: str,
    display_name: str,
    *,
    status: AccountStatus = AccountStatus.ACTIVE,
    locale: str = "FR",
) -> Account:
    """A person's account. The e-mail is the log-in and is compared without case."""
    async with transaction():
        return await Account.create(
            id=new_id("acc"),
            email=emails.normal(email),
            display_name=display_name,
            status=status,
            locale=locale,
            created_at=now(),
            updated_at=now(),
        )


async def make_administrator(member_id: str) -> None:
    """Let a person or a technical account administer the site."""
    async with transaction():
        await Administrator.get_or_create(member_id=member_id, defaults={"created_at": now()})
    tell_rights_changed(member_id)


async def attach(
    member_id: str,
    structure_id: str,
    role: Role,
    spaces: Iterable[tuple[Space, Level]] = (),
) -> Attachment:
    """Make a person or a technical account a member of a structure, at once."""
    async with transaction():
        attachment = await Attachment.create(
            id=new_id("att"),
            member_id=member_id,
            structure_id=structure_id,
            role=role,
            status=AttachmentStatus.VALIDEE,
            created_at=now(),
            updated_at=now(),
        )
        await open_default_spaces(structure_id)
        for space, level in spaces:
            await Habilitation.create(
                id=new_id("hab"), attachment_id=attachment.id, space=space, level=level
            )
    tell_rights_changed(member_id)
    return attachment


async def open_default_spaces(structure_id: str) -> None:
    """Open the usual spaces of a structure that has none yet: it gets its first member."""
    if await StructureSpace.filter(structure_id=structure_id).exists():
        return
    at = now()
    await execute_many(
        "INSERT INTO structure_space (id, structure_id, space, status, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING",
        [
            (new_id("spc"), structure_id, space.value, SpaceStatus.ACTIVE.value, at)
            for space in DEFAULT_SPACES
        ],
    )


def tell_rights_changed(member_id: str) -> None:
    """Let every cache forget what the member held, once the change is committed."""

    def forget_all() -> None:
        for forget in _on_rights_changed:
            forget(member_id)

    afterwards(forget_all)
