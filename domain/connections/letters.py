"""Who is written to when something happens to a connection."""

from __future__ import annotations

from collections.abc import Iterable

from domain.access import Role
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import AccountStatus
from domain.connections.rules import Grant
from domain.db import fetch
from domain.mail.actions import post
from domain.structures.members import administrators


async def to_managers(kind: str, structure_id: str, **values: object) -> None:
    """Write to the main manager of the structure; where there is none, to its other managers."""
    rows = await fetch(
        "SELECT p.email, p.locale, a.role FROM account p JOIN attachment a ON a.member_id = p.id"
        " WHERE a.structure_id = $1 AND a.status = $2 AND p.status = $3 AND a.role IN ($4, $5)"
        " ORDER BY p.id",
        structure_id,
        AttachmentStatus.VALIDEE.value,
        AccountStatus.ACTIVE.value,
        Role.MAIN_MANAGER.value,
        Role.SECONDARY_MANAGER.value,
    )
    main = [row for row in rows if row["role"] == Role.MAIN_MANAGER.value]
    for row in main or rows:
        await post(kind, row["email"], row["locale"], **values)


async def to_administrators(kind: str, **values: object) -> None:
    """Write to those who administer the site."""
    for person in await administrators():
        await post(kind, person.email, person.locale, **values)


def spaces_in_words(grants: Iterable[Grant]) -> str:
    """The spaces by their published codes, which read the same in both languages."""
    return ", ".join(f"{g.space.value} ({g.level.value})" for g in grants) or "—"
