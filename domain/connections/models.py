"""Connections, technical accounts and what structures entrust to those of others."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from tortoise import fields
from tortoise.models import Model


class ConnectionType(StrEnum):
    """How an application is connected."""

    API = "API"


class ConnectionStatus(StrEnum):
    """Where a connection stands."""

    REQUESTED = "REQUESTED"
    REFUSED = "REFUSED"
    ACCEPTED = "ACCEPTED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class TechnicalStatus(StrEnum):
    """Whether a technical account may log in. A suspension is that of its connection."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"


class DelegationStatus(StrEnum):
    """Whether a delegation still lets anyone act."""

    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class Connection(Model):
    """An application of a structure, connected to the site or asking to be: the "raccordement"."""

    kind: ClassVar[str] = "connection"

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    type = fields.CharEnumField(ConnectionType, max_length=8)
    environment = fields.CharField(max_length=10)
    application = fields.CharField(max_length=200)
    contact_name = fields.CharField(max_length=200)
    contact_email = fields.CharField(max_length=254)
    scopes: fields.Field[list[str]] = fields.JSONField(default=list)
    spaces: fields.Field[list[dict[str, Any]]] = fields.JSONField(default=list)
    status = fields.CharEnumField(ConnectionStatus, max_length=12)
    status_at = fields.DatetimeField()
    status_comment = fields.CharField(max_length=500, null=True)
    suspended_by_site = fields.BooleanField(default=False)
    requested_by = fields.CharField(max_length=30)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "connection"


class TechnicalAccount(Model):
    """What an OAuth client of a structure may do, and who answers for it."""

    kind: ClassVar[str] = "technical_account"

    id = fields.CharField(primary_key=True, max_length=30)
    connection_id = fields.CharField(max_length=30)
    structure_id = fields.CharField(max_length=30)
    name = fields.CharField(max_length=200)
    scopes: fields.Field[list[str]] = fields.JSONField(default=list)
    spaces: fields.Field[list[dict[str, Any]]] = fields.JSONField(default=list)
    acts_for: fields.Field[list[str] | None] = fields.JSONField(null=True)
    status = fields.CharEnumField(TechnicalStatus, max_length=12)
    status_at = fields.DatetimeField()
    created_by = fields.CharField(max_length=30)
    vouched_by = fields.CharField(max_length=30)
    review_asked_at = fields.DatetimeField(null=True)
    secret_expires_at = fields.DatetimeField()
    previous_secret_until = fields.DatetimeField(null=True)
    last_used_at = fields.DatetimeField(null=True)
    last_network = fields.CharField(max_length=50, null=True)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "technical_account"


class Delegation(Model):
    """A structure lets the technical accounts of another one, or one of them, act for it."""

    kind: ClassVar[str] = "delegation"

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    delegate_id = fields.CharField(max_length=30)
    technical_account_id = fields.CharField(max_length=30, null=True)
    spaces: fields.Field[list[dict[str, Any]]] = fields.JSONField(default=list)
    ends_at = fields.DatetimeField(null=True)
    status = fields.CharEnumField(DelegationStatus, max_length=12)
    status_at = fields.DatetimeField()
    granted_by = fields.CharField(max_length=30)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "delegation"
