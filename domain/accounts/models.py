"""People, and the rights that people and technical accounts hold on structures."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from tortoise import fields
from tortoise.models import Model

from domain.access import Level, Role, Space
from domain.accounts.membership import AttachmentStatus


class AccountStatus(StrEnum):
    """Where an account stands."""

    # Carried over or invited: the person has not opened it yet.
    PENDING = "PENDING"
    # Opened by its person, waiting for the approval of the site's administrator.
    AWAITING = "AWAITING"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    # Closed at its person's request: nothing personal is left in it.
    ERASED = "ERASED"


class SpaceStatus(StrEnum):
    """Whether a space is open. Published codes."""

    ACTIVE = "ACTIVE"
    SUPPRIME = "SUPPRIME"


class Account(Model):
    """A person: one log-in, any number of structures."""

    kind: ClassVar[str] = "account"

    id = fields.CharField(primary_key=True, max_length=30)
    email = fields.CharField(max_length=254, unique=True)
    display_name = fields.CharField(max_length=200)
    password_hash = fields.CharField(max_length=255, null=True)
    status = fields.CharEnumField(AccountStatus, max_length=8)
    locale = fields.CharField(max_length=2, default="FR")
    event_count = fields.BigIntField(default=0)
    activated_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "account"


class Administrator(Model):
    """A person (`acc_…`) or a technical account (`cli_…`) that administers the site."""

    member_id = fields.CharField(primary_key=True, max_length=30)
    created_at = fields.DatetimeField()

    class Meta:
        table = "administrator"


class Attachment(Model):
    """A member of a structure. `member_id` is an account (`acc_…`) or an OAuth client (`cli_…`)."""

    kind: ClassVar[str] = "attachment"

    id = fields.CharField(primary_key=True, max_length=30)
    member_id = fields.CharField(max_length=30)
    structure_id = fields.CharField(max_length=30)
    role = fields.CharEnumField(Role, max_length=20)
    status = fields.CharEnumField(AttachmentStatus, max_length=24)
    # What the member said when it asked; what was said with the last decision, when and by whom.
    message = fields.CharField(max_length=500, null=True)
    asked_at = fields.DatetimeField(null=True)
    comment = fields.CharField(max_length=500, null=True)
    decided_at = fields.DatetimeField(null=True)
    decided_by = fields.CharField(max_length=30, null=True)
    # Asked for and not decided: {space, level, serviceId}.
    asked_spaces: fields.Field[list[dict[str, Any]] | None] = fields.JSONField(null=True)
    # Ends by itself then; null: it lasts.
    ends_at = fields.DatetimeField(null=True)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "attachment"


class Habilitation(Model):
    """A space that a member subscribed to on a structure, or on one of its services.

    It counts while the space is open there.
    """

    id = fields.CharField(primary_key=True, max_length=30)
    attachment_id = fields.CharField(max_length=30)
    service_id = fields.CharField(max_length=30, null=True)
    space = fields.CharEnumField(Space, max_length=32)
    level = fields.CharEnumField(Level, max_length=24)

    class Meta:
        table = "habilitation"


class StructureSpace(Model):
    """A space opened on a structure, or on one of its services; closed, it is kept."""

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    service_id = fields.CharField(max_length=30, null=True)
    space = fields.CharEnumField(Space, max_length=32)
    status = fields.CharEnumField(SpaceStatus, max_length=8)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "structure_space"
