"""The one door by which the content of an event is replaced: an erasure that the law asks for.

The record of the event, and so the whole chain, stays: it holds digests of what goes, and the
salt without which they tell nothing goes too. Every replacement is committed to by the event that
caused it, so that none can be added, changed or taken away afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.chain import form
from domain.db import execute_many, fetch, hold

# What a row must hold to be redacted, beside what decides about it.
COLUMNS = ("position", "salts", *sorted(form.ERASABLE))
_INSERT = (
    "INSERT INTO event_redaction (cause, position, part, before, after) VALUES ($1, $2, $3, $4, $5)"
)
_UPDATE = (
    "UPDATE event SET salts = $2, actor_name = $3, comment = $4, data = $5 WHERE position = $1"
)

Replacement = tuple[Mapping[str, Any], Mapping[str, str | None]]


async def begin() -> None:
    """Before rows are read that will be redacted: one erasure after the other."""
    await hold("event_redaction")


async def redact(cause: str, replacements: Iterable[Replacement]) -> None:
    """Replace parts of events: each row (with `COLUMNS`) and the new values of some of its parts.

    `cause` is the identifier of the event that will tell of it, in this transaction.
    """
    links: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    for row, new in replacements:
        salts = form.resalted(row["salts"], tuple(new))
        old_salt, new_salt = form.split(row["salts"]), form.split(salts)
        for part in sorted(new.keys() & form.ERASABLE):
            before = form.digest(row[part], old_salt[part])
            links.append(
                (cause, row["position"], part, before, form.digest(new[part], new_salt[part]))
            )
        now = {part: new.get(part, row[part]) for part in form.ERASABLE}
        rows.append((row["position"], salts, now["actor_name"], now["comment"], now["data"]))
    await execute_many(_UPDATE, rows)
    await execute_many(_INSERT, links)


async def told(cause: str) -> dict[str, Any]:
    """What the event that caused redactions says of them."""
    rows = await fetch(
        "SELECT position, part, before, after FROM event_redaction WHERE cause = $1"
        " ORDER BY position, part",
        cause,
    )
    return form.commitment([tuple(row) for row in rows])
