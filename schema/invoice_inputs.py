"""Invoices and credit notes as the API takes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.documents import Given, Routing
from domain.invoices.draft import Draft, DraftLine, DraftVat, ValidatorRef
from domain.invoices.lifecycle import InvoiceAction
from domain.invoices.queries import InvoiceCriteria
from domain.lifecycle import Party
from domain.money import cents
from domain.reference.deposits import DepositMode
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus
from domain.reference.vat import VatType


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


KEY = (
    "Clé d'idempotence. 1 to 64 visible ASCII characters, such as a UUID: the same key with the"
    " same input does the thing once, for seven days."
)
VERSION = "Version attendue. Refused with VERSION_CONFLICT when the document changed since."


@strawberry.input(description="Valideur. The structure asked to validate an A9 or A12 invoice.")
class ValidatorInput:
    identifier: str | None = _optional("Identifiant. Its SIRET or other official identifier.")
    service_code: str | None = _optional("Service. A service of that structure.")

    def ref(self) -> ValidatorRef:
        """The same for the domain."""
        return ValidatorRef(identifier=self.identifier, service_code=self.service_code)


@strawberry.input(description="Ligne de poste. One line of an invoice.")
class InvoiceLineInput:
    number: int | None = _optional("Numéro. Its place; the order given when absent.")
    reference: str | None = _optional("Référence. Your reference of the item; up to 50 characters.")
    name: str | None = _optional("Dénomination. What is billed; up to 255 characters.")
    quantity: Decimal | None = _optional("Quantité. Up to 4 decimals.")
    unit: str | None = _optional("Unité. A UN/ECE Recommendation 20 code such as C62 or HUR.")
    unit_price: Decimal | None = _optional("Montant unitaire HT. Up to 6 decimals.")
    discount: Decimal | None = _optional("Remise HT. Discount on the whole line, net of VAT.")
    vat_rate: Decimal | None = _optional("Taux de TVA. In percent, such as 20 or 5.5.")


@strawberry.input(description="Détail de TVA. The net base and the VAT at one rate.")
class InvoiceVatInput:
    rate: Decimal | None = _optional("Taux. In percent.")
    base: Decimal | None = _optional("Base HT. The net amount at that rate.")
    amount: Decimal | None = _optional("Montant de TVA. The VAT at that rate.")


@strawberry.input(
    description="Facture ou avoir. Everything may be missing from a draft; `invoiceValidate` tells"
    " what a deposit still needs. Amounts agree to the cent, with a tolerance of 0.01 per VAT rate"
    " and per total."
)
class InvoiceInput:
    supplier_id: strawberry.ID | None = _optional("Fournisseur. Your structure; always needed.")
    supplier_service_code: str | None = _optional("Service du fournisseur. One of its services.")
    bank_account_id: strawberry.ID | None = _optional("Références bancaires. One on file.")
    number: str | None = _optional(
        "Numéro. 1 to 20 letters, digits, `-`, `_`, `/` or `+`; used once per supplier."
    )
    issued_on: date | None = _optional("Date de la facture.")
    type: InvoiceType = strawberry.field(
        default=InvoiceType.FACTURE, description="Type. An invoice or a credit note."
    )
    frame: Frame = strawberry.field(
        default=Frame.A1, description="Cadre de facturation. A1, A2, A9 or A12 here."
    )
    deposit_mode: DepositMode = strawberry.field(
        default=DepositMode.SAISIE_API, description="Mode de dépôt. Typed through the API."
    )
    currency: str = strawberry.field(default="EUR", description="Devise. ISO 4217.")
    recipient_siret: str | None = _optional(
        "Destinataire. The SIRET of a public structure of the directory; spaces are ignored."
    )
    recipient_service_code: str | None = _optional("Code service. See the recipient's parameters.")
    commitment_number: str | None = _optional("Numéro d'engagement. Up to 50 characters.")
    contract_number: str | None = _optional("Numéro de marché. Up to 50 characters.")
    vat_type: VatType | None = _optional("Type de TVA. When VAT is due, or why there is none.")
    vat_exemption_reason: str | None = _optional("Motif d'exonération. A VATEX code.")
    payment_mode: PaymentMode | None = _optional("Mode de règlement. Never on a credit note.")
    original_invoice_number: str | None = _optional("Facture d'origine. On a credit note.")
    comment: str | None = _optional("Commentaire. Up to 2,000 characters.")
    external_reference: str | None = _optional("Référence externe. Your own key, unique.")
    validator1: ValidatorInput | None = _optional("Premier valideur. In frames A9 and A12.")
    validator2: ValidatorInput | None = _optional("Second valideur. In frame A9 only.")
    lines: list[InvoiceLineInput] = strawberry.field(
        default_factory=list, description="Lignes de poste. At least one when typed; at most 250."
    )
    vat_breakdown: list[InvoiceVatInput] = strawberry.field(
        default_factory=list, description="Détail de TVA. Optional; deduced from the lines."
    )
    total_net: Decimal | None = _optional("Montant HT. After line discounts.")
    total_vat: Decimal | None = _optional("Montant TVA.")
    total_gross: Decimal | None = _optional("Montant TTC avant remise.")
    global_discount: Decimal | None = _optional("Remise globale TTC. Zero or more.")
    global_discount_reason: str | None = _optional("Motif de la remise. Needed with a discount.")
    total_gross_after_discount: Decimal | None = _optional("Montant TTC après remise.")
    amount_to_pay: Decimal | None = _optional("Net à payer. Zero in frame A2.")

    def draft(self) -> Draft:
        """The same for the domain."""
        values = dict(vars(self))
        values["validator_1"] = (v := values.pop("validator1")) and v.ref()
        values["validator_2"] = (v := values.pop("validator2")) and v.ref()
        values["lines"] = tuple(DraftLine(**vars(line)) for line in self.lines)
        values["vat_breakdown"] = tuple(DraftVat(**vars(row)) for row in self.vat_breakdown)
        return Draft(**values)


@strawberry.input(description="Enregistrer un brouillon. Only the form is checked.")
class InvoiceDraftSaveInput:
    invoice: InvoiceInput = strawberry.field(description="Contenu. Replaces what was saved.")
    idempotency_key: str = strawberry.field(description=KEY)
    draft: strawberry.ID | None = _optional("Brouillon. The draft to replace; a new one if absent.")
    expected_version: int | None = _optional(VERSION)


@strawberry.input(description="Contrôler sans déposer. Either a content or a saved draft.")
class InvoiceValidateInput:
    invoice: InvoiceInput | None = _optional("Contenu. What would be submitted.")
    draft: strawberry.ID | None = _optional("Brouillon. A saved draft.")


@strawberry.input(description="Déposer. Either a content or a saved draft.")
class InvoiceSubmitInput:
    idempotency_key: str = strawberry.field(description=KEY)
    invoice: InvoiceInput | None = _optional("Contenu. What to deposit.")
    draft: strawberry.ID | None = _optional("Brouillon. The saved draft to deposit.")
    expected_version: int | None = _optional(VERSION)


@strawberry.input(
    description="Acheminement corrigé. An absent field keeps what the invoice has; an empty text"
    " removes it."
)
class RoutingInput:
    recipient_siret: str | None = _optional("Destinataire. The right SIRET.")
    recipient_service_code: str | None = _optional("Code service. The right service.")
    commitment_number: str | None = _optional("Numéro d'engagement. The right one.")


@strawberry.input(
    description="Agir sur une facture. Choose among its `availableActions`, which say what to give."
)
class InvoiceMoveInput:
    id: strawberry.ID = strawberry.field(description="Facture. The invoice to act on.")
    action: InvoiceAction = strawberry.field(description="Action. What to do.")
    idempotency_key: str = strawberry.field(description=KEY)
    reason: Reason | None = _optional("Motif. For a suspension, a rejection or a refusal.")
    comment: str | None = _optional("Commentaire. Up to 2,000 characters, shown to all parties.")
    routing: RoutingInput | None = _optional("Acheminement. With RETRANSMIT.")
    validator: ValidatorInput | None = _optional("Valideur. With CORRECT_VALIDATOR.")
    payment_order_number: str | None = _optional("Numéro de mandat. With ORDER_PAYMENT or PAY.")
    expected_version: int | None = _optional(VERSION)

    def given(self) -> Given:
        """The same for the domain."""
        asked = self.routing
        routing = asked and Routing(
            asked.recipient_siret, asked.recipient_service_code, asked.commitment_number
        )
        return Given(
            reason=self.reason and self.reason.value,
            comment=self.comment,
            routing=routing or None,
            validator=self.validator and self.validator.ref(),
            payment_order_number=self.payment_order_number,
            expected_version=self.expected_version,
        )


@strawberry.input(
    description="Filtre de factures. Every criterion given must hold; values of one are"
    " alternatives."
)
class InvoiceFilter:
    parties: list[Party] | None = _optional("Parties. What your structures are in the invoice.")
    structures: list[strawberry.ID] | None = _optional("Structures. Of yours, only these.")
    counterparties: list[strawberry.ID] | None = _optional("Tiers. Any party is one of these.")
    statuses: list[InvoiceStatus] | None = _optional("Statuts. In one of these statuses.")
    types: list[InvoiceType] | None = _optional("Types. Invoices, credit notes or both.")
    frames: list[Frame] | None = _optional("Cadres. In one of these billing frames.")
    number: str | None = _optional("Numéro. Exactly this one.")
    number_starts_with: str | None = _optional("Début du numéro.")
    commitment_number: str | None = _optional("Numéro d'engagement. Exactly this one.")
    contract_number: str | None = _optional("Numéro de marché. Exactly this one.")
    external_reference: str | None = _optional("Référence externe. Exactly this one.")
    recipient_service_codes: list[str] | None = _optional("Services. Addressed to one of these.")
    issued_from: date | None = _optional("Datée du. On or after this date.")
    issued_to: date | None = _optional("Datée au. On or before this date.")
    deposited_from: datetime | None = _optional("Déposée depuis. At or after this instant.")
    deposited_before: datetime | None = _optional("Déposée avant. Before this instant.")
    due_before: date | None = _optional("Échue avant. Not paid and due before this date.")
    amount_from: Decimal | None = _optional("Montant minimal. Of the amount to pay.")
    amount_to: Decimal | None = _optional("Montant maximal. Of the amount to pay.")
    is_to_acknowledge: bool | None = _optional("À acquitter. Waiting for the supplier's note.")

    def criteria(self) -> InvoiceCriteria:
        """The same for the domain."""
        return InvoiceCriteria(
            parties=self.parties or (),
            structures=self.structures or (),
            counterparties=self.counterparties or (),
            statuses=self.statuses or (),
            types=self.types or (),
            frames=self.frames or (),
            number=self.number,
            number_prefix=self.number_starts_with,
            commitment_number=self.commitment_number,
            contract_number=self.contract_number,
            external_reference=self.external_reference,
            service_codes=self.recipient_service_codes or (),
            issued_from=self.issued_from,
            issued_to=self.issued_to,
            deposited_from=self.deposited_from,
            deposited_before=self.deposited_before,
            due_before=self.due_before,
            amount_from_cents=None if self.amount_from is None else cents(self.amount_from),
            amount_to_cents=None if self.amount_to is None else cents(self.amount_to),
            is_to_acknowledge=self.is_to_acknowledge,
        )
