"""The kinds of documents that have a life cycle: one row each, for the API and the diagrams."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from domain.claims.circuit import CLAIM_ACTIONS
from domain.invoices.lifecycle import INVOICE
from domain.invoices.variants import INVOICE_VARIANTS
from domain.invoices.words import INVOICE_ACTIONS
from domain.lifecycles import Described
from domain.memos.lifecycle import MEMO, MEMO_VARIANTS
from domain.reference.words import Words
from domain.refunds.lifecycle import REFUND, REFUND_VARIANTS
from domain.works.lifecycle import WORKS
from domain.works.variants import WORKS_VARIANTS
from domain.works.words import WORKS_ACTIONS


class DocumentKind(StrEnum):
    """A kind of document, by the name that its life cycle has, in capitals."""

    INVOICE = "INVOICE"
    WORKS_PIECE = "WORKS_PIECE"
    MEMO = "MEMO"
    REFUND = "REFUND"


LIFECYCLES: Mapping[DocumentKind, Described] = {
    DocumentKind.INVOICE: Described(
        Words("Facture ou avoir", "Invoice or credit note"),
        INVOICE,
        INVOICE_ACTIONS,
        INVOICE_VARIANTS,
    ),
    DocumentKind.WORKS_PIECE: Described(
        Words("Pièce de facturation de travaux", "Works billing piece"),
        WORKS,
        WORKS_ACTIONS,
        WORKS_VARIANTS,
    ),
    DocumentKind.MEMO: Described(
        Words("Mémoire de frais de justice", "Memo of court costs"),
        MEMO,
        CLAIM_ACTIONS,
        MEMO_VARIANTS,
    ),
    DocumentKind.REFUND: Described(
        Words("Demande de remboursement", "Refund request"),
        REFUND,
        CLAIM_ACTIONS,
        REFUND_VARIANTS,
    ),
}

DOCUMENT_KINDS: Mapping[DocumentKind, Words] = {kind: row.words for kind, row in LIFECYCLES.items()}
