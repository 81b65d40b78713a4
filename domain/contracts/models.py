"""Contracts ("marchés"), their versions, lots and parties."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from domain.contracts.codes import (
    Ccag,
    ContractNature,
    ContractRole,
    ContractRoleStatus,
    ContractStatus,
    ContractVersionStatus,
    DirectPaymentStatus,
)


class Contract(Model):
    """A contract. Its terms are those of its version."""

    kind: ClassVar[str] = "contract"

    id = fields.CharField(primary_key=True, max_length=30)
    number = fields.CharField(max_length=50)
    nature = fields.CharEnumField(ContractNature, max_length=12)
    contracting_authority_id = fields.CharField(max_length=30)
    holder_id = fields.CharField(max_length=30)
    status = fields.CharEnumField(ContractStatus, max_length=12)
    status_at = fields.DatetimeField()
    version_id = fields.CharField(max_length=30)
    pending_id = fields.CharField(max_length=30, null=True)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "contract"


class ContractVersion(Model):
    """The terms of a contract as they were proposed, agreed or replaced: 1, then amendments."""

    id = fields.CharField(primary_key=True, max_length=30)
    contract_id = fields.CharField(max_length=30)
    number = fields.IntField()
    status = fields.CharEnumField(ContractVersionStatus, max_length=12)
    status_at = fields.DatetimeField()
    proposed_by_id = fields.CharField(max_length=30)
    label = fields.CharField(max_length=200)
    ccag = fields.CharEnumField(Ccag, max_length=8, null=True)
    notified_on = fields.DateField(null=True)
    amount_cents = fields.BigIntField(null=True)
    comment = fields.CharField(max_length=500, null=True)
    agreed_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "contract_version"


class ContractLot(Model):
    """A lot of a contract."""

    id = fields.CharField(primary_key=True, max_length=30)
    version_id = fields.CharField(max_length=30)
    position = fields.IntField()
    number = fields.CharField(max_length=20)
    label = fields.CharField(max_length=200, null=True)
    amount_cents = fields.BigIntField(null=True)

    class Meta:
        table = "contract_lot"


class ContractParty(Model):
    """A role that a structure plays on the terms of one version."""

    id = fields.CharField(primary_key=True, max_length=30)
    contract_id = fields.CharField(max_length=30)
    version_id = fields.CharField(max_length=30)
    contracting_authority_id = fields.CharField(max_length=30)
    role = fields.CharEnumField(ContractRole, max_length=24)
    structure_id = fields.CharField(max_length=30)
    service_id = fields.CharField(max_length=30, null=True)
    service_code = fields.CharField(max_length=100, null=True)
    lot = fields.CharField(max_length=20, null=True)
    principal_id = fields.CharField(max_length=30, null=True)
    ceiling_cents = fields.BigIntField(null=True)
    direct_payment = fields.CharEnumField(
        DirectPaymentStatus, max_length=12, default=DirectPaymentStatus.NOT_ASKED
    )
    direct_payment_on = fields.DateField(null=True)
    status = fields.CharEnumField(ContractRoleStatus, max_length=12)
    status_at = fields.DatetimeField()
    status_comment = fields.CharField(max_length=500, null=True)
    is_awaited = fields.BooleanField(default=False)
    is_live = fields.BooleanField(default=True)
    is_open = fields.BooleanField(default=True)

    class Meta:
        table = "contract_party"

    def terms(self) -> tuple[object, ...]:
        """What was agreed to with this role: two rows that say the same need one answer."""
        return (
            self.role,
            self.structure_id,
            self.service_id,
            self.lot,
            self.principal_id,
            self.ceiling_cents,
        )
