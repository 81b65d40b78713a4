"""The clock of a sandbox: one row, once somebody moved it."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class SandboxClock(Model):
    """How far ahead of the machines the business of the site is."""

    kind: ClassVar[str] = "sandbox"

    id = fields.CharField(primary_key=True, max_length=30)
    ahead_seconds = fields.BigIntField()
    event_count = fields.BigIntField(default=0)

    class Meta:
        table = "sandbox_clock"
