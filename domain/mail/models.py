"""The queue of e-mails: written with the fact that they tell, sent afterwards by the worker."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model


class MailStatus(StrEnum):
    """Where an e-mail stands."""

    WAITING = "WAITING"
    SENT = "SENT"
    FAILED = "FAILED"


class Mail(Model):
    """One e-mail. Its words are sealed: they may hold a link that opens an account."""

    id = fields.CharField(primary_key=True, max_length=30)
    kind = fields.CharField(max_length=60)
    recipient = fields.CharField(max_length=254)
    # Emptied once a server has taken the message.
    sealed = fields.TextField(null=True)
    status = fields.CharEnumField(MailStatus, max_length=8, default=MailStatus.WAITING)
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField()
    error = fields.CharField(max_length=300, null=True)
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mail"
