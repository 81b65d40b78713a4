"""What memos and refund requests have in common, as the API shows it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import strawberry

from domain import feed
from domain.access import Actor
from domain.claims.circuit import CLAIM_ACTIONS, ClaimAction
from domain.claims.models import claim_facts
from domain.claims.queries import ClaimOrder
from domain.memos.lifecycle import MEMO
from domain.openings import Openings
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus, StatusTone
from domain.reference.words import Words
from domain.select import Select
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
from schema.reading import CENTS, column, computed, connection, json_column, part, to_one
from schema.scalars import Sha256
from schema.structures import BankAccount, Service, Structure

shown_enum(
    ClaimOrder,
    "Ordre. The order of a list of memos or refund requests; ties are broken by the identifier.",
    {
        ClaimOrder.NEWEST_FIRST: Words("Plus récents d'abord", "Newest first"),
        ClaimOrder.OLDEST_FIRST: Words("Plus anciens d'abord", "Oldest first"),
        ClaimOrder.LATEST_CHANGE_FIRST: Words(
            "Dernier changement d'abord", "Latest change of status first"
        ),
    },
)


@strawberry.type(
    name="ClaimAvailableAction",
    description="Action possible. Generated from the table that `memoMove` or `refundMove`"
    " enforces.",
)
class AvailableAction(OfferedAction):
    action: ClaimAction = strawberry.field(
        description="Action. Pass it to `memoMove` or `refundMove`."
    )


FACTS = ("free_status_order", "payment_reported", "acknowledged_at", "rejection_handled_at")


def actions_of(opened: Openings) -> Any:
    """The field `availableActions` of the claims that open themselves so."""

    def available_actions(row: Any, viewer: Actor) -> list[AvailableAction]:
        facts = claim_facts(**{name: getattr(row, name) for name in FACTS})
        return [
            _shown_action(offer.step, rule) for offer, rule in opened.offers(row, viewer, facts)
        ]

    return computed(
        available_actions,
        needs=("status", *opened.named(), *FACTS),
        description="Actions possibles. What your structures may do now, and why not; at most 20.",
    )


@lru_cache(maxsize=512)
def _shown_action(step: Any, rule: str | None) -> AvailableAction:
    action = ClaimAction(step.action)
    return AvailableAction(action=action, **offered(step, rule, CLAIM_ACTIONS[action]))


def _is_final(row: Any) -> bool:
    # The table of every claim has the same rows.
    return MEMO.is_final(row.status)


def _history(viewer: Actor) -> Select:
    return feed.visible_events(viewer)


@strawberry.interface(
    description="Demande à valider. A payment request other than an invoice, which a service of"
    " its recipient validates before it is paid: a memo of court costs or a refund request. Fields"
    " that a draft may lack are null only while the status is BROUILLON or SUPPRIMEE."
)
class Claim(Node):
    number: str | None = column(description="Numéro. Chosen by the depositor, used once.")
    issued_on: date | None = column(description="Date. The date of the request.")
    external_reference: str | None = column(
        description="Référence externe. Your own key, unique per depositor."
    )
    status: InvoiceStatus = column(description="Statut. Where the request stands.")
    status_label: str = computed(
        status_label, needs=("status",), description="Libellé du statut. For people."
    )
    status_tone: StatusTone = computed(
        status_tone, needs=("status",), description="Ton. How the status should look on a screen."
    )
    status_at: datetime = column(description="Statut depuis. When it took its present status.")
    is_final: bool = computed(
        _is_final, needs=("status",), description="Terminé. Whether nothing more can come."
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
        description="Envoyée le. When it was submitted; enforceable against the recipient."
    )
    available_at: datetime | None = column(
        description="Mise à disposition le. When it was validated, and could first be processed."
    )
    supplier: Structure = to_one("supplier_id", description="Déposant. Who claims.")
    supplier_service_code: str | None = column(description="Service du déposant.")
    bank_account: BankAccount | None = to_one(
        "bank_account_id", description="Références bancaires. Where to pay."
    )
    recipient: Structure | None = to_one(
        "recipient_id", description="Destinataire. Who validates and pays."
    )
    recipient_service: Service | None = to_one(
        "recipient_service_id", description="Service destinataire. Through which it is paid."
    )
    validator_service: Service | None = to_one(
        "validator_service_id", description="Service valideur. Through which it is validated."
    )
    comment: str | None = column(description="Commentaire. The depositor's words.")
    amount_to_pay: Decimal | None = column(
        "amount_cents", CENTS, description="Montant à payer. What is claimed, all taxes included."
    )
    payment_clock: PaymentClock = part(description="Délai de paiement.")
    payment_order_number: str | None = column(
        description="Numéro de mandat. Or of the payment request, at the recipient's."
    )
    receipt_number: str | None = column(
        description="Justificatif de dépôt. The number of the proof of deposit."
    )
    receipt_sha256: Sha256 | None = column(
        description="Empreinte du certificat de dépôt. Of the request exactly as submitted."
    )
    acknowledged_at: datetime | None = column(
        description="Acquittée le. When the depositor took note of the refusal or suspension."
    )
    rejection_handled_at: datetime | None = column(
        description="Rejet traité le. When the depositor dealt with the refusal."
    )
    recent_changes: list[RecentChange] = json_column(
        description="Derniers changements. At most three, newest last; see `history` for all."
    )
    history: Connection[Event] = connection(
        "subject_id",
        _history,
        description="Historique. The events of this request that you may see, oldest first.",
    )
