"""What memos and refund requests have in common, as the API takes it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.claims.circuit import ClaimAction
from domain.documents import Given
from domain.lifecycle import Party
from domain.money import cents
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus
from schema.invoice_inputs import KEY, VERSION


def optional(description: str) -> Any:
    """A field that may be absent."""
    return strawberry.field(default=None, description=description)


@strawberry.input
class ClaimInput:
    """The fields of every content."""

    supplier_id: strawberry.ID | None = optional("Déposant. A structure of yours; required.")
    supplier_service_code: str | None = optional("Service du déposant.")
    bank_account_id: strawberry.ID | None = optional("Références bancaires. Where to pay.")
    number: str | None = optional("Numéro. Your own, used once; up to 20 characters.")
    issued_on: date | None = optional("Date. The date of the request.")
    external_reference: str | None = optional("Référence externe. Your own key, unique.")
    recipient_siret: str | None = optional(
        "Destinataire. The SIRET of a public structure that has opened the space; spaces are"
        " ignored."
    )
    recipient_service_code: str | None = optional("Service destinataire. Through which it is paid.")
    comment: str | None = optional("Commentaire. Up to 2,000 characters.")


@strawberry.input
class ClaimDraftSave:
    """Which draft is saved."""

    idempotency_key: str = strawberry.field(description=KEY)
    draft: strawberry.ID | None = optional("Brouillon. The draft to replace; a new one if absent.")
    expected_version: int | None = optional(VERSION)


@strawberry.input
class ClaimValidate:
    """Which draft is checked."""

    draft: strawberry.ID | None = optional("Brouillon. A saved draft.")


@strawberry.input
class ClaimSubmit:
    """Which draft is submitted."""

    idempotency_key: str = strawberry.field(description=KEY)
    draft: strawberry.ID | None = optional("Brouillon. The saved draft to submit.")
    expected_version: int | None = optional(VERSION)


@strawberry.input
class ClaimMove:
    """One action of a life cycle."""

    id: strawberry.ID = strawberry.field(description="Objet. The request to act on.")
    action: ClaimAction = strawberry.field(description="Action. What to do.")
    idempotency_key: str = strawberry.field(description=KEY)
    reason: Reason | None = optional("Motif. For a suspension, a rejection or a refusal.")
    comment: str | None = optional("Commentaire. Up to 2,000 characters, shown to all parties.")
    payment_order_number: str | None = optional("Numéro de mandat. With ORDER_PAYMENT or PAY.")
    expected_version: int | None = optional(VERSION)

    def given(self) -> Given:
        """The same for the domain."""
        return Given(
            reason=self.reason and self.reason.value,
            comment=self.comment,
            payment_order_number=self.payment_order_number,
            expected_version=self.expected_version,
        )


@strawberry.input
class ClaimFilter:
    """The criteria of every list."""

    parties: list[Party] | None = optional("Parties. What your structures are in the request.")
    structures: list[strawberry.ID] | None = optional("Structures. Of yours, only these.")
    counterparties: list[strawberry.ID] | None = optional("Tiers. Any party is one of these.")
    statuses: list[InvoiceStatus] | None = optional("Statuts. In one of these statuses.")
    number: str | None = optional("Numéro. Exactly this one.")
    external_reference: str | None = optional("Référence externe. Exactly this one.")
    service_codes: list[str] | None = optional("Services. Sent to one of these of the recipient.")
    deposited_from: datetime | None = optional("Envoyée depuis. At or after this instant.")
    deposited_before: datetime | None = optional("Envoyée avant. Before this instant.")
    due_before: date | None = optional("Échue avant. Not paid and due before this date.")
    amount_from: Decimal | None = optional("Montant minimal. Of the amount to pay.")
    amount_to: Decimal | None = optional("Montant maximal. Of the amount to pay.")
    is_to_acknowledge: bool | None = optional("À acquitter. Waiting for the depositor's note.")

    def shared(self) -> dict[str, Any]:
        """These criteria for the domain, by name."""
        return {
            "parties": self.parties or (),
            "structures": self.structures or (),
            "counterparties": self.counterparties or (),
            "statuses": self.statuses or (),
            "number": self.number,
            "external_reference": self.external_reference,
            "service_codes": self.service_codes or (),
            "deposited_from": self.deposited_from,
            "deposited_before": self.deposited_before,
            "due_before": self.due_before,
            "amount_from_cents": None if self.amount_from is None else cents(self.amount_from),
            "amount_to_cents": None if self.amount_to is None else cents(self.amount_to),
            "is_to_acknowledge": self.is_to_acknowledge,
        }
