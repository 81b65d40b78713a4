"""The same tables as a tutorial would declare them to the ORM, with relations."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Structure(Model):
    id = fields.CharField(primary_key=True, max_length=30)
    name = fields.TextField()
    identifier = fields.TextField()
    postal_code = fields.TextField(null=True)
    town = fields.TextField(null=True)

    class Meta:
        table = "structure"


class Invoice(Model):
    id = fields.CharField(primary_key=True, max_length=30)
    number = fields.TextField(null=True)
    type = fields.TextField()
    frame = fields.TextField()
    deposit_mode = fields.TextField()
    issued_on = fields.DateField(null=True)
    currency = fields.TextField()
    external_reference = fields.TextField(null=True)
    status = fields.TextField()
    status_at = fields.DatetimeField()
    reason = fields.TextField(null=True)
    status_comment = fields.TextField(null=True)
    event_count = fields.BigIntField()
    created_at = fields.DatetimeField()
    deposited_at = fields.DatetimeField(null=True)
    available_at = fields.DatetimeField(null=True)
    commitment_number = fields.TextField(null=True)
    contract_number = fields.TextField(null=True)
    vat_type = fields.TextField(null=True)
    payment_mode = fields.TextField(null=True)
    original_invoice_number = fields.TextField(null=True)
    comment = fields.TextField(null=True)
    payment_order_number = fields.TextField(null=True)
    receipt_number = fields.TextField(null=True)
    receipt_sha256 = fields.TextField(null=True)
    refused_by_validator = fields.BooleanField()
    total_net_cents = fields.BigIntField(null=True)
    total_vat_cents = fields.BigIntField(null=True)
    total_gross_cents = fields.BigIntField(null=True)
    global_discount_cents = fields.BigIntField(null=True)
    total_gross_after_discount_cents = fields.BigIntField(null=True)
    amount_to_pay_cents = fields.BigIntField(null=True)
    payment_days = fields.IntField()
    clock_started_at = fields.DatetimeField(null=True)
    clock_stopped_at = fields.DatetimeField(null=True)
    clock_ended_at = fields.DatetimeField(null=True)
    due_on = fields.DateField(null=True)
    supplier: fields.ForeignKeyRelation[Structure] = fields.ForeignKeyField(
        "models.Structure", related_name="issued"
    )
    recipient: fields.ForeignKeyNullableRelation[Structure] = fields.ForeignKeyField(
        "models.Structure", related_name="received", null=True
    )

    class Meta:
        table = "invoice"


class Line(Model):
    id = fields.CharField(primary_key=True, max_length=30)
    invoice: fields.ForeignKeyRelation[Invoice] = fields.ForeignKeyField(
        "models.Invoice", related_name="invoice_lines"
    )
    number = fields.IntField()
    reference = fields.TextField(null=True)
    name = fields.TextField()
    quantity = fields.TextField()
    unit = fields.TextField(null=True)
    unit_price = fields.TextField()
    discount = fields.TextField()
    vat_rate = fields.TextField()
    net_cents = fields.BigIntField()

    class Meta:
        table = "invoice_line"
        ordering = ("number",)


class Vat(Model):
    id = fields.CharField(primary_key=True, max_length=30)
    invoice: fields.ForeignKeyRelation[Invoice] = fields.ForeignKeyField(
        "models.Invoice", related_name="vat_rows"
    )
    position = fields.IntField()
    rate = fields.TextField()
    base_cents = fields.BigIntField()
    amount_cents = fields.BigIntField()

    class Meta:
        table = "invoice_vat"
        ordering = ("position",)


class Event(Model):
    """An event as far as a history shows it: the rest of the row is never read."""

    position = fields.BigIntField(primary_key=True)
    id = fields.TextField()
    kind = fields.TextField()
    occurred_at = fields.DatetimeField()
    invoice: fields.ForeignKeyRelation[Invoice] = fields.ForeignKeyField(
        "models.Invoice", related_name="events", source_field="subject_id"
    )
    subject_sequence = fields.BigIntField()
    party = fields.TextField(null=True)
    change_from = fields.TextField(null=True)
    change_to = fields.TextField(null=True)
    reason = fields.TextField(null=True)
    comment = fields.TextField(null=True)

    class Meta:
        table = "event"
        ordering = ("subject_sequence",)
