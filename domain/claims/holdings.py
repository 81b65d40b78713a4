"""What claims hold about a person: who typed them."""

from __future__ import annotations

from domain.accounts.personal_data import Export, Holding, Person, Rows, hold
from domain.db import fetch
from domain.reference.words import Words


def _typed(table: str) -> Export:
    async def rows(person: Person) -> Rows:
        found = await fetch(
            f"SELECT id, supplier_id, number, status, created_at FROM {table}"
            " WHERE created_by = $1 ORDER BY id",
            person.id,
        )
        return [dict(row) for row in found]

    return rows


hold(
    Holding("memos", Words("Mémoires saisis", "Memos typed"), _typed("memo")),
    Holding("refunds", Words("Demandes saisies", "Refund requests typed"), _typed("refund")),
)
