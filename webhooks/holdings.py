"""What deliveries of webhooks hold about a person: cards of events, and answers to documents."""

from __future__ import annotations

import json

from domain.accounts.erasure import NOBODY, address_of_nobody
from domain.accounts.personal_data import Holding, Person, Rows, hold, scrubbed
from domain.db import execute, fetch
from domain.reference.words import Words

# A document may ask for anything about anybody, by name alone.
_OF_DOCUMENT = """body LIKE '%"document":"whq_%'"""
_ABOUT = (
    " FROM webhook_delivery WHERE"
    " (event_kind NOT LIKE 'invoice.%' AND (body LIKE $1 OR body LIKE $2))"
    f" OR ({_OF_DOCUMENT} AND (body LIKE $1 OR body LIKE $2 OR body LIKE $3))"
)


def _marks(person: Person) -> tuple[str, ...]:
    """The person as bodies name them; a name is there as JSON spells it."""
    name = json.dumps(person.name, ensure_ascii=False)
    return f"%{person.id}%", f"%{person.email}%", f"%{name}%"


async def _bodies(person: Person) -> Rows:
    rows = await fetch("SELECT id, event_kind, created_at, structure_id" + _ABOUT, *_marks(person))
    return [dict(row) for row in rows]


async def _forget(person: Person) -> None:
    """What was sent cannot be called back; what we keep of it no longer names anybody."""
    new = {"name": NOBODY, "email": address_of_nobody(person.id)}
    for row in await fetch("SELECT id, body" + _ABOUT, *_marks(person)):
        kept = json.loads(row["body"])
        # What a document answers need not say whom a name is of: every bearer of it is forgotten.
        body = scrubbed(kept, person, new, is_about="document" in kept)
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
