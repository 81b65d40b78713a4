"""The members of a structure as a table for a spreadsheet, part by part."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain import db
from domain.access import Actor, Level, Permission, Role, Space
from domain.accounts.membership import AttachmentStatus
from domain.db import fetch
from domain.labels import label
from domain.select import Statement

ROWS = 1_000
HEAD = (
    "Rattachement",
    "Nom",
    "Courriel",
    "Rôle",
    "État",
    "Espaces",
    "Demandé le",
    "Décidé le",
    "Commentaire",
)
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Part:
    """Some of the rows as CSV (`;`, UTF-8, quoted), and after which attachment it goes on."""

    text: str
    rows: int
    after: str | None


async def members_csv(actor: Actor, structure_id: str, after: str | None = None) -> Part | None:
    """The next members of a structure, in the order of their attachments; a head comes first.

    None when the actor may not read the members of that structure.
    """
    if not actor.may(Permission.READ_MEMBERS, structure_id):
        return None
    found = await fetch(
        "SELECT a.*, p.display_name AS name, p.email AS email,"
        " (SELECT c.name FROM auth_client c WHERE c.id = a.member_id) AS client_name"
        " FROM attachment a LEFT JOIN account p ON p.id = a.member_id"
        " WHERE a.structure_id = $1 AND a.id > $2 ORDER BY a.id LIMIT $3",
        structure_id,
        after or "",
        ROWS + 1,
    )
    shown = found[:ROWS]
    spaces = await _spaces([row["id"] for row in shown])
    lines = [_line(row, spaces[row["id"]]) for row in shown]
    text = _written([HEAD, *lines] if after is None else lines)
    return Part(text, len(shown), shown[-1]["id"] if len(found) > ROWS else None)


async def _spaces(attachments: Sequence[str]) -> dict[str, list[str]]:
    to = Statement(db.dialect())
    rows = await fetch(
        "SELECT h.attachment_id, h.space, h.level, s.code FROM habilitation h"
        " LEFT JOIN service s ON s.id = h.service_id"
        f" WHERE {to.among('h.attachment_id', attachments)} ORDER BY h.id",
        *to.params,
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        place = f" [{row['code']}]" if row["code"] else ""
        words = f"{label(Space(row['space']))}{place} ({label(Level(row['level']))})"
        found[row["attachment_id"]].append(words)
    return found


def _line(row: Any, spaces: Sequence[str]) -> tuple[str, ...]:
    cells = (
        row["id"],
        row["name"] or row["client_name"] or row["member_id"],
        row["email"],
        label(Role(row["role"])),
        label(AttachmentStatus(row["status"])),
        ", ".join(spaces),
        _day(row["asked_at"] or row["created_at"]),
        _day(row["decided_at"]),
        row["comment"],
    )
    return tuple(_safe(str(cell)) if cell else "" for cell in cells)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _day(instant: Any) -> str:
    return str(instant)[:10] if instant else ""


def _written(lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows(lines)
    return text.getvalue()
