"""Memos of court costs ("mémoires de frais de justice") and their expenses."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from domain.claims.models import Claim
from domain.memos.lifecycle import MEMO
from domain.money import decimal_text
from domain.reference.frames import Frame


class Memo(Claim):
    """What a justice provider claims of a jurisdiction for one mission."""

    kind = "memo"
    lifecycle = MEMO

    case_number = fields.CharField(max_length=50, null=True)
    mission = fields.CharField(max_length=24, null=True)
    ordered_on = fields.DateField(null=True)
    mission_ended_on = fields.DateField(null=True)
    total_net_cents = fields.BigIntField(null=True)
    total_vat_cents = fields.BigIntField(null=True)

    class Meta:
        table = "memo"

    def card(self) -> dict[str, Any]:
        """The memo in short, as its events carry it."""
        return {
            **super().card(),
            "frame": Frame.A3.value,
            "caseNumber": self.case_number,
            "mission": self.mission,
            "missionEndedOn": self.mission_ended_on.isoformat() if self.mission_ended_on else None,
            "totalNet": decimal_text(self.total_net_cents),
            "totalVat": decimal_text(self.total_vat_cents),
            "totalGross": decimal_text(self.amount_cents),
        }


class MemoLine(Model):
    """One expense of a memo, numbered from 1 in the order given."""

    id = fields.CharField(max_length=30, primary_key=True)
    memo_id = fields.CharField(max_length=30)
    number = fields.IntField()
    name = fields.TextField()
    quantity = fields.TextField()
    unit_price = fields.TextField()
    vat_rate = fields.TextField()
    net_cents = fields.BigIntField()

    class Meta:
        table = "memo_line"
