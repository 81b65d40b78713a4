"""The verbs of refund requests: those of all claims, with what only these requests ask."""

from __future__ import annotations

from domain import deadlines
from domain.access import Permission, Space
from domain.claims.actions import Claims
from domain.claims.known import ClaimKnown
from domain.claims.rules import Path
from domain.db import execute_many, fetch
from domain.errors import Problem
from domain.ids import new_id
from domain.money import ZERO, cents, plain
from domain.refunds import rules
from domain.refunds.draft import RefundDraft
from domain.refunds.models import Refund
from domain.refunds.rules import RefundFacts

deadlines.watch(Refund)


class _Refunds(Claims[Refund, RefundDraft, RefundFacts]):
    model = Refund
    drafts = RefundDraft
    space = Space.DEMANDES_DE_REMBOURSEMENT
    permission = Permission.ACT_ON_REFUNDS
    name = "refund"
    prefix = "rfd"

    async def facts_of(
        self, draft: RefundDraft, known: ClaimKnown, own_id: str | None
    ) -> RefundFacts:
        """With the other request of the operator for the same year and tax."""
        operator = known.named.supplier
        if operator is None:
            return RefundFacts(common=known.facts)
        return RefundFacts(
            common=known.facts,
            identifier_type=operator["identifier_type"],
            same_request=await _same_request(draft, own_id),
        )

    def form(self, draft: RefundDraft, facts: RefundFacts, path: Path) -> list[Problem]:
        """Every fault of form; nothing is required."""
        return rules.form_problems(draft, facts, path)

    def problems(self, draft: RefundDraft, facts: RefundFacts, path: Path) -> list[Problem]:
        """Every reason to refuse the request."""
        return rules.problems_of(draft, facts, path)

    def held(self, draft: RefundDraft) -> set[str]:
        """One request for the same year and tax at a time."""
        return {f"refund of {draft.supplier_id} {draft.consumption_year} {draft.family}"}

    def fill(self, claim: Refund, draft: RefundDraft) -> None:
        """Copy to the columns what only these requests have."""
        claim.farm_number = draft.farm_number
        claim.consumption_year = draft.consumption_year
        claim.family = None if draft.family is None else draft.family.value

    async def write_lines(self, claim: Refund, draft: RefundDraft) -> None:
        """The purchases."""
        await execute_many(
            "INSERT INTO refund_line (id, refund_id, number, product, invoice_number, quantity,"
            " unit, amount_cents) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                (
                    new_id("rfl"),
                    claim.id,
                    n,
                    line.product and line.product.value,
                    line.invoice_number,
                    plain(line.quantity or ZERO),
                    line.unit,
                    cents(line.amount or ZERO),
                )
                for n, line in enumerate(draft.lines, start=1)
            ],
        )


REFUNDS = _Refunds()


async def _same_request(draft: RefundDraft, own_id: str | None) -> str | None:
    rows = await fetch(
        "SELECT id FROM refund WHERE supplier_id = $1 AND consumption_year = $2 AND family = $3"
        " AND id <> $4"
        " AND status NOT IN ('BROUILLON', 'SUPPRIMEE', 'ABANDONNEE', 'REFUSEE_1', 'REJETEE')",
        draft.supplier_id,
        draft.consumption_year or 0,
        draft.family.value if draft.family else "",
        own_id or "",
    )
    return rows[0][0] if rows else None
