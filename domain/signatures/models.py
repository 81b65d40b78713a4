"""Evidence of signatures, the certificates made of it, and the keys that sign them.

The database refuses to change evidence (see the migration).
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from domain.signatures.texts import TextKind


class Signature(Model):
    """Who signed which words, for whom, when, from where, and how they had proved who they are."""

    kind: ClassVar[str] = "signature"

    id = fields.CharField(primary_key=True, max_length=30)
    document = fields.CharEnumField(TextKind, max_length=8)
    version = fields.CharField(max_length=20)
    text_hash = fields.CharField(max_length=64)
    number = fields.CharField(max_length=24)
    signed_at = fields.DatetimeField()
    account_id = fields.CharField(max_length=30)
    account_name = fields.CharField(max_length=200)
    account_email = fields.CharField(max_length=254)
    structure_id = fields.CharField(max_length=30, null=True)
    structure_identifier_type = fields.CharField(max_length=24, null=True)
    structure_identifier = fields.CharField(max_length=80, null=True)
    structure_name = fields.CharField(max_length=200, null=True)
    address = fields.CharField(max_length=45, null=True)
    user_agent = fields.CharField(max_length=255, null=True)
    methods = fields.CharField(max_length=100, default="")
    authenticated_at = fields.DatetimeField(null=True)
    credential = fields.CharField(max_length=30, null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "signature"


class Purpose(StrEnum):
    """What a key of the site signs, and nothing else."""

    CERTIFICATES = "certificates"
    WEBHOOKS = "webhooks"
    CHECKPOINTS = "checkpoints"


class SiteKey(Model):
    """A key that signs for one purpose, or did."""

    id = fields.CharField(primary_key=True, max_length=30)
    purpose = fields.CharEnumField(Purpose, max_length=12)
    kid = fields.CharField(max_length=64)
    public_jwk = fields.TextField()
    sealed = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    # The end of the time in which it signs beside the one that replaced it.
    signs_until = fields.DatetimeField(null=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "site_key"


class Certificate(Model):
    """What a signatory is handed: the document, and what the site states about it, signed."""

    signature_id = fields.CharField(primary_key=True, max_length=30)
    pdf = fields.BinaryField()
    sha256 = fields.CharField(max_length=64)
    statement = fields.TextField()
    jws = fields.TextField()
    kid = fields.CharField(max_length=64)
    made_at = fields.DatetimeField()

    class Meta:
        table = "certificate"
