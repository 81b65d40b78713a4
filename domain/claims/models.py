"""What every claim keeps in its row: who claims, of whom, and which service validates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tortoise import fields

from domain.claims.circuit import ClaimFacts
from domain.clock import instant_text
from domain.lifecycle import Party
from domain.money import decimal_text
from domain.payments.models import PaymentRequest


class Claim(PaymentRequest):
    """A draft (BROUILLON) may lack anything but its supplier.

    The validator is a service of the recipient, or the whole of it.
    """

    created_by = fields.CharField(max_length=30)
    number = fields.CharField(max_length=20, null=True)
    issued_on = fields.DateField(null=True)
    external_reference = fields.CharField(max_length=255, null=True)

    supplier_id = fields.CharField(max_length=30)
    supplier_name = fields.CharField(max_length=200)
    supplier_identifier = fields.CharField(max_length=80)
    supplier_service_id = fields.CharField(max_length=30, null=True)
    supplier_service_code = fields.CharField(max_length=100, null=True)
    bank_account_id = fields.CharField(max_length=30, null=True)
    recipient_id = fields.CharField(max_length=30, null=True)
    recipient_name = fields.CharField(max_length=200, null=True)
    recipient_identifier = fields.CharField(max_length=80, null=True)
    recipient_service_id = fields.CharField(max_length=30, null=True)
    recipient_service_code = fields.CharField(max_length=100, null=True)
    validator_service_id = fields.CharField(max_length=30, null=True)
    validator_service_code = fields.CharField(max_length=100, null=True)

    comment = fields.TextField(null=True)
    amount_cents = fields.BigIntField(null=True)
    receipt_number = fields.CharField(max_length=40, null=True)
    receipt_sha256 = fields.CharField(max_length=64, null=True)
    draft: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)

    class Meta:
        abstract = True

    def parties(self) -> Mapping[Party, str]:
        """The structure that plays each part."""
        named = {
            Party.SUPPLIER: self.supplier_id,
            Party.RECIPIENT: self.recipient_id,
            Party.VALIDATOR_1: self.recipient_id,
        }
        return {party: structure for party, structure in named.items() if structure}

    def places(self) -> Mapping[Party, tuple[str, ...]]:
        """The structure in each part, and the service through which it plays it."""
        services = {
            Party.SUPPLIER: self.supplier_service_id,
            Party.RECIPIENT: self.recipient_service_id,
            Party.VALIDATOR_1: self.validator_service_id,
        }
        return {
            party: (structure, service) if (service := services[party]) else (structure,)
            for party, structure in self.parties().items()
        }

    def facts(self) -> ClaimFacts:
        """What the conditions of the life cycle look at."""
        return claim_facts(
            free_status_order=self.free_status_order,
            payment_reported=self.payment_reported,
            acknowledged_at=self.acknowledged_at,
            rejection_handled_at=self.rejection_handled_at,
        )

    def card(self) -> dict[str, Any]:
        """The claim in short, as its events carry it; amounts are decimal strings."""
        return {
            "id": self.id,
            "number": self.number,
            "status": self.status,
            "version": self.event_count,
            "issuedOn": self.issued_on.isoformat() if self.issued_on else None,
            "depositedAt": instant_text(self.deposited_at) if self.deposited_at else None,
            "availableAt": instant_text(self.available_at) if self.available_at else None,
            "dueOn": self.due_on.isoformat() if self.due_on else None,
            "amountToPay": decimal_text(self.amount_cents),
            "externalReference": self.external_reference,
            "supplier": {
                "id": self.supplier_id,
                "identifier": self.supplier_identifier,
                "name": self.supplier_name,
                "serviceId": self.supplier_service_id,
                "serviceCode": self.supplier_service_code,
            },
            "recipient": self._at_recipient(self.recipient_service_id, self.recipient_service_code),
            "validator1": self._at_recipient(
                self.validator_service_id, self.validator_service_code
            ),
        }

    def _at_recipient(self, service_id: str | None, code: str | None) -> dict[str, Any] | None:
        if self.recipient_id is None:
            return None
        return {
            "id": self.recipient_id,
            "identifier": self.recipient_identifier,
            "name": self.recipient_name,
            "serviceId": service_id,
            "serviceCode": code,
        }


def claim_facts(
    *,
    free_status_order: bool,
    payment_reported: bool,
    acknowledged_at: Any,
    rejection_handled_at: Any,
) -> ClaimFacts:
    """The facts of the life cycle from the columns of a claim."""
    return ClaimFacts(
        free_status_order=bool(free_status_order),
        payment_reported=bool(payment_reported),
        acknowledged=acknowledged_at is not None,
        rejection_handled=rejection_handled_at is not None,
    )
