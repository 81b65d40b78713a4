"""Consumer groups, what each has out, and under which lease."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from tortoise import fields
from tortoise.models import Model


class OnBlocked(StrEnum):
    """What becomes of an event that comes back again and again."""

    HOLD = "HOLD"
    SKIP_AFTER = "SKIP_AFTER"


class Start(StrEnum):
    """From where a group reads."""

    NOW = "NOW"
    BEGINNING = "BEGINNING"
    CURSOR = "CURSOR"
    INSTANT = "INSTANT"


class Settling(StrEnum):
    """What becomes of an event that was set aside."""

    RETRY = "RETRY"
    DISCARD = "DISCARD"


class Consumer(Model):
    """A group of members that share the work of reading the events of a structure."""

    kind: ClassVar[str] = "event_consumer"

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    name = fields.CharField(max_length=100)
    wanted: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    # What its author could read on the structure: the group is handed no more.
    permissions: fields.Field[list[str]] = fields.JSONField(default=list)
    on_blocked = fields.CharEnumField(OnBlocked, max_length=12)
    max_deliveries = fields.IntField()
    lease_seconds = fields.IntField()
    # Up to here the log was looked through: what is not done of it has a row.
    read_position = fields.BigIntField()
    last_taken_at = fields.DatetimeField(null=True)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "event_consumer"


class Lease(Model):
    """What one member was handed at once, and until when it is out."""

    id = fields.CharField(primary_key=True, max_length=30)
    consumer_id = fields.CharField(max_length=30)
    structure_id = fields.CharField(max_length=30)
    # The member's own word for itself.
    member = fields.CharField(max_length=100, null=True)
    taken_by = fields.CharField(max_length=30)
    taken_at = fields.DatetimeField()
    lease_until = fields.DatetimeField()

    class Meta:
        table = "event_lease"


class Item(Model):
    """An event that a group has read and not done: out, waiting, or set aside."""

    id = fields.CharField(primary_key=True, max_length=30)
    consumer_id = fields.CharField(max_length=30)
    structure_id = fields.CharField(max_length=30)
    position = fields.BigIntField()
    subject_id = fields.CharField(max_length=30)
    lease_id = fields.CharField(max_length=30, null=True)
    not_before = fields.DatetimeField(null=True)
    deliveries = fields.IntField(default=0)
    first_taken_at = fields.DatetimeField(null=True)
    set_aside_at = fields.DatetimeField(null=True)

    class Meta:
        table = "event_inbox_item"
