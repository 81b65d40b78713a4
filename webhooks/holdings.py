"""What deliveries of webhooks hold about a person: the cards of events in their bodies."""

from __future__ import annotations

import json

from domain.accounts.erasure import NOBODY, address_of_nobody
from domain.accounts.personal_data import Holding, Person, Rows, hold, scrubbed
from domain.db import execute, fetch
from domain.reference.words import Words

_ABOUT = (
    " FROM webhook_delivery WHERE event_kind NOT LIKE 'invoice.%'"
    " AND (body LIKE $1 OR body LIKE $2)"
)


async def _bodies(person: Person) -> Rows:
    rows = await fetch(
        "SELECT id, event_kind, created_at, structure_id" + _ABOUT,
        f"%{person.id}%",
        f"%{person.email}%",
    )
    return [dict(row) for row in rows]


async def _forget(person: Person) -> None:
    """What was sent cannot be called back; what we keep of it no longer names anybody."""
    new = {"name": NOBODY, "email": address_of_nobody(person.id)}
    marks = (f"%{person.id}%", f"%{person.email}%")
    for row in await fetch("SELECT id, body" + _ABOUT, *marks):
        body = scrubbed(json.loads(row["body"]), person, new)
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        await execute("UPDATE webhook_delivery SET body = $2 WHERE id = $1", row["id"], text)


hold(
    Holding(
        "webhooks",
        Words("Envois de webhooks", "Deliveries of webhooks"),
        _bodies,
        _forget,
    )
)
