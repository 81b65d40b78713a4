"""Refund requests of energy tax ("demandes de remboursement") and the purchases behind them."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from domain.claims.models import Claim
from domain.reference.frames import Frame
from domain.refunds.lifecycle import REFUND


class Refund(Claim):
    """What a farm operator asks back of a tax office for one year and one tax."""

    kind = "refund"
    lifecycle = REFUND

    farm_number = fields.CharField(max_length=9, null=True)
    consumption_year = fields.IntField(null=True)
    family = fields.CharField(max_length=8, null=True)

    class Meta:
        table = "refund"

    def card(self) -> dict[str, Any]:
        """The request in short, as its events carry it."""
        return {
            **super().card(),
            "frame": Frame.A21.value,
            "farmNumber": self.farm_number,
            "consumptionYear": self.consumption_year,
            "family": self.family,
        }


class RefundLine(Model):
    """One purchase, numbered from 1 in the order given."""

    id = fields.CharField(max_length=30, primary_key=True)
    refund_id = fields.CharField(max_length=30)
    number = fields.IntField()
    product = fields.CharField(max_length=16)
    invoice_number = fields.CharField(max_length=50)
    quantity = fields.TextField()
    unit = fields.CharField(max_length=10)
    amount_cents = fields.BigIntField()

    class Meta:
        table = "refund_line"
