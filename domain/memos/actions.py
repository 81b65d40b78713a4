"""The verbs of memos: those of all claims, with what only memos ask."""

from __future__ import annotations

from domain import deadlines, policy
from domain.access import Permission, Space
from domain.claims.actions import Claims
from domain.claims.known import ClaimKnown
from domain.claims.rules import Path
from domain.db import execute_many, fetch
from domain.errors import Problem
from domain.ids import new_id
from domain.invoices.sums import line_net
from domain.memos import rules
from domain.memos.draft import MemoDraft
from domain.memos.models import Memo
from domain.memos.rules import MemoFacts
from domain.money import ZERO, cents, plain

deadlines.watch(Memo)


class _Memos(Claims[Memo, MemoDraft, MemoFacts]):
    model = Memo
    drafts = MemoDraft
    space = Space.MEMOIRES_DE_FRAIS
    permission = Permission.ACT_ON_MEMOS
    name = "memo"
    prefix = "mem"

    async def facts_of(self, draft: MemoDraft, known: ClaimKnown, own_id: str | None) -> MemoFacts:
        """With how many memos the provider has filed while none is certified."""
        most = policy.current().memos_until_certified or None
        filed = None if most is None else await _filed_without_certificate(draft.supplier_id or "")
        return MemoFacts(common=known.facts, filed=filed, most_filed=most)

    def form(self, draft: MemoDraft, facts: MemoFacts, path: Path) -> list[Problem]:
        """Every fault of form; nothing is required."""
        return rules.form_problems(draft, facts, path)

    def problems(self, draft: MemoDraft, facts: MemoFacts, path: Path) -> list[Problem]:
        """Every reason to refuse the memo."""
        return rules.problems_of(draft, facts, path)

    def held(self, draft: MemoDraft) -> set[str]:
        """One memo of a provider at a time: they are counted."""
        return {f"memos of {draft.supplier_id}"}

    def fill(self, claim: Memo, draft: MemoDraft) -> None:
        """Copy to the columns what only memos have."""
        claim.case_number = draft.case_number
        claim.mission = None if draft.mission is None else draft.mission.value
        claim.ordered_on = draft.ordered_on
        claim.mission_ended_on = draft.mission_ended_on
        claim.total_net_cents = None if draft.total_net is None else cents(draft.total_net)
        claim.total_vat_cents = None if draft.total_vat is None else cents(draft.total_vat)

    async def write_lines(self, claim: Memo, draft: MemoDraft) -> None:
        """The expenses."""
        await execute_many(
            "INSERT INTO memo_line (id, memo_id, number, name, quantity, unit_price, vat_rate,"
            " net_cents) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                (
                    new_id("mel"),
                    claim.id,
                    line.number,
                    line.name,
                    plain(line.quantity or ZERO),
                    plain(line.unit_price or ZERO),
                    plain(line.vat_rate or ZERO),
                    cents(line_net(line)),
                )
                for line in draft.as_invoice().lines
            ],
        )


MEMOS = _Memos()


async def _filed_without_certificate(supplier_id: str) -> int | None:
    """How many memos the provider has filed; None once a registry has certified one."""
    rows = await fetch(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM memo WHERE supplier_id = $1"
        "  AND available_at IS NOT NULL) THEN NULL ELSE (SELECT COUNT(*) FROM memo"
        "  WHERE supplier_id = $1 AND status NOT IN ('BROUILLON', 'SUPPRIMEE', 'ABANDONNEE')) END",
        supplier_id,
    )
    return None if rows[0][0] is None else int(rows[0][0])
