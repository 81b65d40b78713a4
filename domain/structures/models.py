"""Who bills and who is billed: structures, their services, bank references and mandates."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from domain.identifiers import IdentifierType


class Nature(StrEnum):
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class StructureStatus(StrEnum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    ACTIVATION_IN_PROGRESS = "ACTIVATION_IN_PROGRESS"


class SizeCategory(StrEnum):
    GE = "GE"
    ETI = "ETI"
    PME = "PME"
    TPE = "TPE"


class ServiceStatus(StrEnum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DELETED = "DELETED"


class BankReferenceKind(StrEnum):
    IBAN = "IBAN"
    RIB = "RIB"


class SiretChangeStatus(StrEnum):
    """Where a declared change of SIRET stands."""

    DECLARE = "DECLARE"
    CONFIRME = "CONFIRME"
    REFUSE = "REFUSE"


class Structure(Model):
    """A legal entity's establishment, or a person, that issues or receives payment requests."""

    kind: ClassVar[str] = "structure"

    id = fields.CharField(primary_key=True, max_length=30)
    identifier_type = fields.CharEnumField(IdentifierType, max_length=24)
    identifier = fields.CharField(max_length=80)
    siren = fields.CharField(max_length=9, null=True)
    name = fields.CharField(max_length=200)
    search_terms = fields.TextField(default="")
    search_core = fields.TextField(default="")
    search_town = fields.TextField(null=True)
    prominence = fields.IntField(default=0)
    nature = fields.CharEnumField(Nature, max_length=8)
    category = fields.CharField(max_length=40, null=True)
    status = fields.CharEnumField(
        StructureStatus, max_length=24, default=StructureStatus.ACTIVATION_IN_PROGRESS
    )
    address = fields.CharField(max_length=400, null=True)
    postal_code = fields.CharField(max_length=10, null=True)
    town = fields.CharField(max_length=100, null=True)
    department = fields.CharField(max_length=3, null=True)
    insee_code = fields.CharField(max_length=5, null=True)
    country = fields.CharField(max_length=2, default="FR")
    population = fields.IntField(null=True)
    vat_number = fields.CharField(max_length=18, null=True)
    size_category = fields.CharEnumField(SizeCategory, max_length=4, null=True)
    email = fields.CharField(max_length=254, null=True)
    phone = fields.CharField(max_length=20, null=True)

    service_required = fields.BooleanField(default=False)
    commitment_required = fields.BooleanField(default=False)
    commitment_or_service_required = fields.BooleanField(default=False)
    commitment_format = fields.CharField(max_length=100, null=True)
    payment_status_not_reported = fields.BooleanField(default=False)
    is_moa = fields.BooleanField(default=False)
    is_moa_only = fields.BooleanField(default=False)
    is_delegated_validator = fields.BooleanField(default=False)
    state_recipient = fields.BooleanField(default=False)
    emits_edi = fields.BooleanField(default=False)
    receives_edi = fields.BooleanField(default=False)
    insee_undisclosed = fields.BooleanField(default=False)
    payment_days = fields.IntField(default=30)
    free_status_order = fields.BooleanField(default=False)
    follow_seed_public_service = fields.BooleanField(default=False)

    event_count = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "structure"

    @property
    def is_public(self) -> bool:
        return self.nature == Nature.PUBLIC

    @property
    def is_active(self) -> bool:
        return self.status == StructureStatus.ACTIVE


class Service(Model):
    """An address inside a structure: the "code service exécutant"."""

    kind: ClassVar[str] = "service"

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    code = fields.CharField(max_length=100)
    name = fields.CharField(max_length=200)
    commitment_required = fields.BooleanField(default=False)
    payment_status_reported = fields.BooleanField(default=True)
    status = fields.CharEnumField(ServiceStatus, max_length=8, default=ServiceStatus.ACTIVE)
    valid_from = fields.DateField(null=True)
    valid_until = fields.DateField(null=True)
    is_system = fields.BooleanField(default=False)
    event_count = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "service"


class BankAccount(Model):
    """A bank reference on file, of the structure itself or of its factor."""

    kind: ClassVar[str] = "bank_account"

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    reference_kind = fields.CharEnumField(BankReferenceKind, max_length=4)
    iban = fields.CharField(max_length=34)
    bic = fields.CharField(max_length=11, null=True)
    holder = fields.CharField(max_length=200)
    is_factor = fields.BooleanField(default=False)
    factor_name = fields.CharField(max_length=200, null=True)
    removed_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "bank_account"


class Mandate(Model):
    """The invoicing mandate: the supplier lets the portal draw up its typed invoices."""

    kind: ClassVar[str] = "mandate"

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    account_id = fields.CharField(max_length=30)
    version = fields.CharField(max_length=20)
    text_hash = fields.CharField(max_length=64)
    signed_at = fields.DatetimeField()
    # The evidence of the signature; mandates of before its time have none.
    signature_id = fields.CharField(max_length=30, null=True)
    revoked_at = fields.DatetimeField(null=True)
    revoked_by = fields.CharField(max_length=30, null=True)
    revocation_reason = fields.CharField(max_length=500, null=True)
    # When a later version was signed in its place.
    replaced_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mandate"


class SiretChange(Model):
    """A change of SIRET. Once confirmed, the old one still finds the structure."""

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    old_siret = fields.CharField(max_length=14)
    new_siret = fields.CharField(max_length=14)
    effective_on = fields.DateField()
    reason = fields.CharField(max_length=500)
    status = fields.CharEnumField(SiretChangeStatus, max_length=8)
    comment = fields.CharField(max_length=500, null=True)
    declared_by = fields.CharField(max_length=30)
    declared_at = fields.DatetimeField()
    decided_by = fields.CharField(max_length=30, null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "siret_change"
