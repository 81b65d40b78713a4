"""How an invoice is paid, and what kinds of invoice there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.reference.words import Words


class InvoiceType(StrEnum):
    """Invoice or credit note. Published codes."""

    FACTURE = "FACTURE"
    AVOIR = "AVOIR"


class PaymentMode(StrEnum):
    """How the supplier is paid. Published codes."""

    VIREMENT = "VIREMENT"
    CHEQUE = "CHEQUE"
    PRELEVEMENT = "PRELEVEMENT"
    ESPECE = "ESPECE"
    AUTRE = "AUTRE"
    REPORT = "REPORT"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A published code, its label, and the code of the European standard it pairs with."""

    label: Words
    standard_code: str


# EN 16931, BT-3 (UNTDID 1001).
INVOICE_TYPES: Mapping[InvoiceType, CodeRow] = {
    InvoiceType.FACTURE: CodeRow(Words("Facture", "Invoice"), "380"),
    InvoiceType.AVOIR: CodeRow(Words("Avoir", "Credit note"), "381"),
}

# EN 16931, BT-81 (UNTDID 4461).
PAYMENT_MODES: Mapping[PaymentMode, CodeRow] = {
    PaymentMode.VIREMENT: CodeRow(Words("Virement", "Transfer"), "30"),
    PaymentMode.CHEQUE: CodeRow(Words("Chèque", "Cheque"), "20"),
    PaymentMode.PRELEVEMENT: CodeRow(Words("Prélèvement", "Direct debit"), "49"),
    PaymentMode.ESPECE: CodeRow(Words("Espèces", "Cash"), "10"),
    PaymentMode.AUTRE: CodeRow(Words("Autre", "Other"), "1"),
    PaymentMode.REPORT: CodeRow(Words("Report", "Carried forward"), "97"),
}
