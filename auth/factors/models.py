"""What is remembered of second factors, and of log-ins that wait for one."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model


class FactorKind(StrEnum):
    """What a person has beside the password."""

    TOTP = "TOTP"
    EMAIL = "EMAIL"
    KEY = "KEY"


class Factor(Model):
    """One second factor of one account."""

    id = fields.CharField(primary_key=True, max_length=30)
    account_id = fields.CharField(max_length=30)
    kind = fields.CharEnumField(FactorKind, max_length=5)
    name = fields.CharField(max_length=60)
    sealed_secret = fields.TextField(null=True)
    last_step = fields.BigIntField(null=True)
    credential_id = fields.TextField(null=True)
    public_key = fields.TextField(null=True)
    sign_count = fields.BigIntField(null=True)
    transports = fields.TextField(null=True)
    is_synced = fields.BooleanField(null=True)
    suspected_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_factor"


class RecoveryCode(Model):
    """A code written down for the day when every factor is lost: used once."""

    id = fields.CharField(primary_key=True, max_length=30)
    account_id = fields.CharField(max_length=30)
    code_hash = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_recovery_code"


class PendingLogin(Model):
    """A log-in after its first proof: it waits for the second one."""

    id = fields.CharField(primary_key=True, max_length=30)
    token_hash = fields.CharField(max_length=64)
    account_id = fields.CharField(max_length=30)
    methods = fields.CharField(max_length=100)
    goes_on = fields.TextField()
    failures = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "auth_pending_login"


class EmailCode(Model):
    """The last code sent to the account for one holder: a pending log-in, or a log-in."""

    id = fields.CharField(primary_key=True, max_length=30)
    holder = fields.CharField(max_length=30)
    account_id = fields.CharField(max_length=30)
    code_hash = fields.CharField(max_length=64)
    failures = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "auth_email_code"


class Spent(Model):
    """Something that was used and must not be used again."""

    id = fields.CharField(primary_key=True, max_length=64)
    until = fields.DatetimeField()

    class Meta:
        table = "auth_spent"
