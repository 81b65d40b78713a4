"""Invoices and credit notes as the API shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import strawberry

from domain import feed
from domain.access import Actor
from domain.invoices import queries
from domain.invoices.lifecycle import INVOICE, InvoiceAction
from domain.invoices.models import facts_of
from domain.invoices.words import INVOICE_ACTIONS
from domain.reference.deposits import DepositMode
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.reasons import Reason
from domain.reference.statuses import STATUSES, InvoiceStatus, StatusTone
from domain.reference.vat import VatType
from domain.reference.words import Words
from domain.select import Select
from schema.contracts import Contract
from schema.documents import (
    OfferedAction,
    PaymentClock,
    RecentChange,
    offered,
    status_label,
    status_tone,
)
from schema.enums import shown_enum
from schema.events import Event
from schema.ids import Node
from schema.pages import Connection
from schema.reading import (
    CENTS,
    column,
    computed,
    connection,
    json_column,
    part,
    seen_one,
    shows,
    to_many,
    to_one,
)
from schema.scalars import CurrencyCode, Sha256
from schema.structures import BankAccount, Service, Structure

shown_enum(
    queries.InvoiceOrder,
    "Ordre. The order of a list of invoices; ties are broken by the identifier.",
    {
        queries.InvoiceOrder.NEWEST_FIRST: Words("Plus récentes d'abord", "Newest first"),
        queries.InvoiceOrder.OLDEST_FIRST: Words("Plus anciennes d'abord", "Oldest first"),
        queries.InvoiceOrder.LATEST_CHANGE_FIRST: Words(
            "Dernier changement d'abord", "Latest change of status first"
        ),
    },
)


@shows("invoice_line", description="Ligne de poste. One line of an invoice.")
class InvoiceLine:
    number: int = column(description="Numéro. The place of the line, from 1.")
    reference: str | None = column(description="Référence. The supplier's reference of the item.")
    name: str = column(description="Dénomination. What is billed.")
    quantity: Decimal = column(description="Quantité. Up to 4 decimals (BT-129).")
    unit: str | None = column(description="Unité. A UN/ECE Recommendation 20 code, or free text.")
    unit_price: Decimal = column(description="Montant unitaire HT. Net price of one unit (BT-146).")
    discount: Decimal = column(description="Remise HT. Discount on the line, net of VAT.")
    vat_rate: Decimal = column(description="Taux de TVA. In percent.")
    net: Decimal = column(
        "net_cents",
        CENTS,
        description="Montant HT. Quantity × unit price − discount, half up to cents (BT-131).",
    )


@shows("invoice_vat", description="Détail de TVA. The VAT of an invoice at one rate (BG-23).")
class VatBreakdown:
    rate: Decimal = column(description="Taux. In percent.")
    base: Decimal = column("base_cents", CENTS, description="Base HT. What the rate applies to.")
    amount: Decimal = column("amount_cents", CENTS, description="Montant de TVA. The VAT.")


@shows(description="Montants totaux. Exact decimals with two digits; null in a draft without them.")
class InvoiceTotals:
    net: Decimal | None = column("total_net_cents", CENTS, description="Montant HT (BT-109).")
    vat: Decimal | None = column("total_vat_cents", CENTS, description="Montant TVA (BT-110).")
    gross: Decimal | None = column(
        "total_gross_cents", CENTS, description="Montant TTC avant remise. Net plus VAT."
    )
    global_discount: Decimal | None = column(
        "global_discount_cents", CENTS, description="Remise globale TTC."
    )
    global_discount_reason: str | None = column(description="Motif de la remise globale.")
    gross_after_discount: Decimal | None = column(
        "total_gross_after_discount_cents", CENTS, description="Montant TTC après remise (BT-112)."
    )
    amount_to_pay: Decimal | None = column(
        "amount_to_pay_cents", CENTS, description="Net à payer (BT-115)."
    )


@strawberry.type(
    description="Action possible. Generated from the same table that `invoiceMove` enforces."
)
class AvailableAction(OfferedAction):
    action: InvoiceAction = strawberry.field(description="Action. Pass it to `invoiceMove`.")


_FACTS = (
    "frame",
    "validator_2_id",
    "free_status_order",
    "payment_reported",
    "acknowledged_at",
    "rejection_handled_at",
)


def available_actions(row: Any, viewer: Actor) -> list[AvailableAction]:
    """What the viewer's structures could do to the invoice, and what prevents it."""
    facts = facts_of(**{name: getattr(row, name) for name in _FACTS})
    return [
        _shown_action(offer.step, rule)
        for offer, rule in queries.INVOICES.offers(row, viewer, facts)
    ]


@lru_cache(maxsize=512)
def _shown_action(step: Any, rule: str | None) -> AvailableAction:
    action = InvoiceAction(step.action)
    return AvailableAction(action=action, **offered(step, rule, INVOICE_ACTIONS[action]))


def _reform_code(row: Any) -> int | None:
    return STATUSES[InvoiceStatus(row.status)].reform_code_in(row.frame)


def _is_final(row: Any) -> bool:
    facts = facts_of(**{name: getattr(row, name) for name in _FACTS})
    return all(not s.allowed(facts) or s.to is None for s in INVOICE.from_status(row.status))


def _history(viewer: Actor) -> Select:
    return feed.visible_events(viewer)


@shows(
    "invoice",
    prefix="inv",
    seen=queries.seen,
    description="Demande de paiement. An invoice or a credit note of frames A1, A2, A9 and A12,"
    " from draft to payment. Fields that a draft may lack are null only while the status is"
    " BROUILLON or SUPPRIMEE.",
)
class Invoice(Node):
    number: str | None = column(description="Numéro. Chosen by the supplier, used once (BT-1).")
    type: InvoiceType = column(description="Type. An invoice or a credit note (BT-3).")
    frame: Frame = column(description="Cadre de facturation. Who deposits and validates (BT-23).")
    deposit_mode: DepositMode = column(description="Mode de dépôt. How it reached the portal.")
    issued_on: date | None = column(description="Date de la facture (BT-2).")
    currency: CurrencyCode = column(description="Devise. ISO 4217 (BT-5).")
    external_reference: str | None = column(
        description="Référence externe. Your own key, unique per supplier."
    )
    status: InvoiceStatus = column(description="Statut. Where the invoice stands.")
    status_label: str = computed(
        status_label, needs=("status",), description="Libellé du statut. For people."
    )
    status_tone: StatusTone = computed(
        status_tone, needs=("status",), description="Ton. How the status should look on a screen."
    )
    status_at: datetime = column(description="Statut depuis. When it took its present status.")
    reform_code: int | None = computed(
        _reform_code,
        needs=("status", "frame"),
        description="Code du cycle de vie national. Such as 200 or 211; null where none exists.",
    )
    is_final: bool = computed(
        _is_final, needs=("status", *_FACTS), description="Terminé. Whether nothing more can come."
    )
    reason: Reason | None = column(description="Motif. The reason of the present status, if any.")
    status_comment: str | None = column(
        description="Commentaire de l'état courant. The words that came with the status."
    )
    version: int = column(
        "event_count",
        description="Version. Pass it as `expectedVersion` to detect a change made meanwhile.",
    )
    created_at: datetime = column(description="Créée le. When the draft or deposit was made.")
    deposited_at: datetime | None = column(
        description="Déposée le. When it was first submitted; enforceable against the recipient."
    )
    available_at: datetime | None = column(
        description="Mise à disposition le. When the recipient could first process it."
    )
    deadline_at: datetime | None = column(
        description="Échéance de l'étape. When the platform acts if nobody does."
    )
    supplier: Structure = to_one("supplier_id", description="Fournisseur. Who bills.")
    supplier_service_code: str | None = column(description="Service du fournisseur.")
    bank_account: BankAccount | None = to_one(
        "bank_account_id", description="Références bancaires. Where to pay (BT-84)."
    )
    recipient: Structure | None = to_one("recipient_id", description="Destinataire. Who is billed.")
    recipient_service: Service | None = to_one(
        "recipient_service_id", description="Service exécutant. The address inside the recipient."
    )
    validator1: Structure | None = to_one(
        "validator_1_id", description="Premier valideur. In frames A9 and A12."
    )
    validator2: Structure | None = to_one(
        "validator_2_id", description="Second valideur. For the subcontractor of a co-contractor."
    )
    commitment_number: str | None = column(description="Numéro d'engagement (BT-13).")
    contract_number: str | None = column(description="Numéro de marché (BT-12).")
    contract: Contract | None = seen_one(
        "contract_id",
        description="Marché. The contract that was in force under this number at the recipient"
        " when the invoice was addressed; null when none was known, or when you may not see it.",
    )
    vat_type: VatType | None = column(description="Type de TVA (BT-8).")
    vat_exemption_reason: str | None = column(
        description="Motif d'exonération. A VATEX code (BT-121)."
    )
    payment_mode: PaymentMode | None = column(
        description="Mode de règlement (BT-81). Empty on a credit note."
    )
    original_invoice_number: str | None = column(
        description="Facture d'origine. The invoice that a credit note corrects (BT-25)."
    )
    comment: str | None = column(description="Commentaire. The supplier's words (BT-22).")
    totals: InvoiceTotals = part(description="Montants totaux.")
    lines: list[InvoiceLine] = to_many(
        "invoice_id",
        order=("number",),
        description="Lignes de poste. In the order given; at most 250.",
    )
    vat_breakdown: list[VatBreakdown] = to_many(
        "invoice_id",
        order=("position",),
        description="Détail de la TVA. Rate by rate; at most 250.",
    )
    payment_clock: PaymentClock = part(description="Délai de paiement.")
    payment_order_number: str | None = column(
        description="Numéro de mandat. Or of the payment request, at the recipient's."
    )
    receipt_number: str | None = column(
        description="Justificatif de dépôt. The number of the proof of deposit."
    )
    receipt_sha256: Sha256 | None = column(
        description="Empreinte du certificat de dépôt. Of the invoice exactly as deposited."
    )
    refused_by_validator: bool = column(
        description="Refusée par le valideur. An A9 request that reached the buyer all the same."
    )
    acknowledged_at: datetime | None = column(
        description="Acquittée le. When the supplier took note of the rejection or suspension."
    )
    rejection_handled_at: datetime | None = column(
        description="Rejet traité le. When the supplier dealt with the rejection."
    )
    recent_changes: list[RecentChange] = json_column(
        description="Derniers changements. At most three, newest last; see `history` for all."
    )
    available_actions: list[AvailableAction] = computed(
        available_actions,
        needs=("status", *queries.INVOICES.named(), *_FACTS),
        description="Actions possibles. What your structures may do now, and why not; at most 20.",
    )
    history: Connection[Event] = connection(
        "subject_id",
        _history,
        description="Historique. The events of this invoice that you may see, oldest first.",
    )
