"""Invoices and credit notes ("avoirs") of frames A1, A2, A9 and A12, with lines and VAT."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from domain import policy
from domain.clock import instant_text
from domain.documents import Given
from domain.invoices.lifecycle import INVOICE, InvoiceFacts
from domain.lifecycle import Party, Step
from domain.money import decimal_text
from domain.payments.models import PaymentRequest
from domain.reference.statuses import InvoiceStatus as S


class Invoice(PaymentRequest):
    """A payment request. A draft (BROUILLON) may lack anything but its supplier."""

    kind = "invoice"
    lifecycle = INVOICE

    created_by = fields.CharField(max_length=30)
    type = fields.CharField(max_length=8)
    frame = fields.CharField(max_length=4)
    deposit_mode = fields.CharField(max_length=24)
    number = fields.CharField(max_length=20, null=True)
    issued_on = fields.DateField(null=True)
    currency = fields.CharField(max_length=3)
    external_reference = fields.CharField(max_length=255, null=True)

    supplier_id = fields.CharField(max_length=30)
    supplier_name = fields.CharField(max_length=200)
    supplier_identifier = fields.CharField(max_length=80)
    supplier_siren = fields.CharField(max_length=9, null=True)
    supplier_service_id = fields.CharField(max_length=30, null=True)
    supplier_service_code = fields.CharField(max_length=100, null=True)
    bank_account_id = fields.CharField(max_length=30, null=True)
    recipient_id = fields.CharField(max_length=30, null=True)
    recipient_name = fields.CharField(max_length=200, null=True)
    recipient_identifier = fields.CharField(max_length=80, null=True)
    recipient_service_id = fields.CharField(max_length=30, null=True)
    recipient_service_code = fields.CharField(max_length=100, null=True)
    validator_1_id = fields.CharField(max_length=30, null=True)
    validator_1_service_id = fields.CharField(max_length=30, null=True)
    validator_1_service_code = fields.CharField(max_length=100, null=True)
    validator_2_id = fields.CharField(max_length=30, null=True)
    validator_2_service_id = fields.CharField(max_length=30, null=True)
    validator_2_service_code = fields.CharField(max_length=100, null=True)

    commitment_number = fields.CharField(max_length=50, null=True)
    contract_number = fields.CharField(max_length=50, null=True)
    contract_id = fields.CharField(max_length=30, null=True)
    vat_type = fields.CharField(max_length=24, null=True)
    vat_exemption_reason = fields.CharField(max_length=40, null=True)
    payment_mode = fields.CharField(max_length=16, null=True)
    original_invoice_number = fields.CharField(max_length=20, null=True)
    original_invoice_id = fields.CharField(max_length=30, null=True)
    comment = fields.TextField(null=True)

    total_net_cents = fields.BigIntField(null=True)
    total_vat_cents = fields.BigIntField(null=True)
    total_gross_cents = fields.BigIntField(null=True)
    global_discount_cents = fields.BigIntField(null=True)
    global_discount_reason = fields.TextField(null=True)
    total_gross_after_discount_cents = fields.BigIntField(null=True)
    amount_to_pay_cents = fields.BigIntField(null=True)

    receipt_number = fields.CharField(max_length=40, null=True)
    receipt_sha256 = fields.CharField(max_length=64, null=True)
    refused_by_validator = fields.BooleanField(default=False)
    draft: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)

    class Meta:
        table = "invoice"

    def parties(self) -> Mapping[Party, str]:
        """The structure that plays each part."""
        named = {
            Party.SUPPLIER: self.supplier_id,
            Party.RECIPIENT: self.recipient_id,
            Party.VALIDATOR_1: self.validator_1_id,
            Party.VALIDATOR_2: self.validator_2_id,
        }
        return {party: structure for party, structure in named.items() if structure}

    def places(self) -> Mapping[Party, tuple[str, ...]]:
        """The structure in each part, and the service through which it plays it."""
        services = {
            Party.SUPPLIER: self.supplier_service_id,
            Party.RECIPIENT: self.recipient_service_id,
            Party.VALIDATOR_1: self.validator_1_service_id,
            Party.VALIDATOR_2: self.validator_2_service_id,
        }
        return {
            party: (structure, service) if (service := services[party]) else (structure,)
            for party, structure in self.parties().items()
        }

    def facts(self) -> InvoiceFacts:
        """What the conditions of the life cycle look at."""
        return facts_of(
            frame=self.frame,
            validator_2_id=self.validator_2_id,
            free_status_order=self.free_status_order,
            payment_reported=self.payment_reported,
            acknowledged_at=self.acknowledged_at,
            rejection_handled_at=self.rejection_handled_at,
        )

    def card(self) -> dict[str, Any]:
        """The invoice in short, as its events carry it; amounts are decimal strings."""
        return {
            "id": self.id,
            "number": self.number,
            "type": self.type,
            "frame": self.frame,
            "depositMode": self.deposit_mode,
            "status": self.status,
            "version": self.event_count,
            "issuedOn": self.issued_on.isoformat() if self.issued_on else None,
            "depositedAt": instant_text(self.deposited_at) if self.deposited_at else None,
            "availableAt": instant_text(self.available_at) if self.available_at else None,
            "dueOn": self.due_on.isoformat() if self.due_on else None,
            "currency": self.currency,
            "totalNet": decimal_text(self.total_net_cents),
            "totalVat": decimal_text(self.total_vat_cents),
            "totalGrossAfterDiscount": decimal_text(self.total_gross_after_discount_cents),
            "amountToPay": decimal_text(self.amount_to_pay_cents),
            "commitmentNumber": self.commitment_number,
            "contractNumber": self.contract_number,
            "originalInvoiceNumber": self.original_invoice_number,
            "externalReference": self.external_reference,
            "refusedByValidator": self.refused_by_validator,
            "supplier": {
                "id": self.supplier_id,
                "identifier": self.supplier_identifier,
                "name": self.supplier_name,
                "serviceId": self.supplier_service_id,
                "serviceCode": self.supplier_service_code,
            },
            "recipient": self.recipient_id
            and {
                "id": self.recipient_id,
                "identifier": self.recipient_identifier,
                "name": self.recipient_name,
                "serviceId": self.recipient_service_id,
                "serviceCode": self.recipient_service_code,
            },
        }

    def entered(self, step: Step[Any], given: Given, at: datetime) -> None:
        """Dates, marks and the payment time that follow from a step."""
        super().entered(step, given, at)
        if step.to in (S.REFUSEE_1, S.REFUSEE_2):
            self.refused_by_validator = True


def facts_of(
    *,
    frame: str,
    validator_2_id: str | None,
    free_status_order: bool,
    payment_reported: bool,
    acknowledged_at: Any,
    rejection_handled_at: Any,
    site: policy.Policy | None = None,
) -> InvoiceFacts:
    """The facts of the life cycle from the columns of an invoice, with the policy of the site."""
    site = site or policy.current()
    tacit = {"A9": site.tacit_days_subcontractor, "A12": site.tacit_days_cocontractor}
    return InvoiceFacts(
        frame=frame,
        has_second_validator=validator_2_id is not None,
        free_status_order=bool(free_status_order),
        payment_reported=bool(payment_reported),
        retransmission_allowed=site.allow_retransmission,
        acknowledged=acknowledged_at is not None,
        rejection_handled=rejection_handled_at is not None,
        tacit_days=tacit.get(frame, 0) or None,
    )


class InvoiceLine(Model):
    """One line of an invoice, numbered from 1 in the order given."""

    id = fields.CharField(max_length=30, primary_key=True)
    invoice_id = fields.CharField(max_length=30)
    number = fields.IntField()
    reference = fields.CharField(max_length=50, null=True)
    name = fields.TextField()
    quantity = fields.TextField()
    unit = fields.CharField(max_length=10, null=True)
    unit_price = fields.TextField()
    discount = fields.TextField()
    vat_rate = fields.TextField()
    net_cents = fields.BigIntField()

    class Meta:
        table = "invoice_line"


class InvoiceVat(Model):
    """The VAT of an invoice at one rate."""

    id = fields.CharField(max_length=30, primary_key=True)
    invoice_id = fields.CharField(max_length=30)
    position = fields.IntField()
    rate = fields.TextField()
    base_cents = fields.BigIntField()
    amount_cents = fields.BigIntField()

    class Meta:
        table = "invoice_vat"
