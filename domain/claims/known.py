"""What the database knows of the things that a claim names: read once, for rules and columns."""

from __future__ import annotations

from dataclasses import dataclass

from domain.access import Space
from domain.claims.draft import ClaimDraft
from domain.claims.models import Claim
from domain.claims.rules import DepositFacts
from domain.db import fetch
from domain.invoices.known import Known, known_of
from domain.text import searchable


@dataclass(frozen=True)
class ClaimKnown:
    """The facts, and the rows of the structures and services named."""

    facts: DepositFacts
    named: Known


async def claim_known(
    model: type[Claim], space: Space, draft: ClaimDraft, own_id: str | None
) -> ClaimKnown:
    """Everything known of what the normalised draft names. `own_id` is the claim itself."""
    named = await known_of(draft.looked_up())
    table = model._meta.db_table
    ids = [
        row["id"] if row else ""
        for row in (
            named.supplier,
            named.supplier_service,
            named.recipient,
            named.recipient_service,
            named.validator_1_service,
        )
    ]
    opened = (
        "EXISTS (SELECT 1 FROM structure_space WHERE structure_id = {} AND space = $4"
        " AND status = 'ACTIVE' AND (service_id IS NULL OR service_id IN ({})))"
    )
    rows = await fetch(
        f"SELECT {opened.format('$5', '$6')} AS space_is_open,"
        f" {opened.format('$7', '$8, $9')} AS recipient_is_open,"
        f" (SELECT id FROM {table} WHERE supplier_id = $5 AND number = $1"
        "   AND status NOT IN ('BROUILLON', 'SUPPRIMEE') AND id <> $3) AS number_used_by,"
        f" (SELECT id FROM {table} WHERE supplier_id = $5 AND external_reference = $2"
        "   AND status <> 'SUPPRIMEE' AND id <> $3) AS reference_used_by",
        searchable(draft.number) or "",
        searchable(draft.external_reference) or "",
        own_id or "",
        space.value,
        *ids,
    )
    facts = DepositFacts(
        named=named.facts,
        space_is_open=bool(rows[0]["space_is_open"]),
        recipient_is_open=bool(rows[0]["recipient_is_open"]),
        number_used_by=rows[0]["number_used_by"],
        reference_used_by=rows[0]["reference_used_by"],
    )
    return ClaimKnown(facts, named)
