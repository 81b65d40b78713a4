"""Posting e-mails. A message is a row of the transaction that makes it true."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address

from domain import policy, vault
from domain.clock import real_now
from domain.db import execute, fetch
from domain.events import transaction
from domain.ids import new_id
from domain.mail.models import Mail, MailStatus
from domain.mail.texts import FORGOTTEN, Letter, letter

# How long the queue is kept, sent or not: its readers are those who look why nothing came.
KEPT = timedelta(days=7)


async def post(kind: str, to: str, locale: str, **values: object) -> None:
    """Queue a message to an address, to be sent after the commit.

    Raises:
        KeyError: the kind is not in `texts.MAILS`, or a value of its text is missing.
        ValueError: the text is not one address.
    """
    _refuse_lists(to)
    site = policy.current()
    words = letter(kind, locale, site.public_url, values)
    identifier = new_id("eml")
    content = json.dumps({"subject": words.subject, "body": words.body}, ensure_ascii=False)
    async with transaction():
        await Mail.create(
            id=identifier,
            kind=kind,
            recipient=to,
            sealed=vault.seal(content, identifier, site.key),
            status=MailStatus.WAITING,
            due_at=real_now(),
            created_at=real_now(),
        )


def _refuse_lists(to: str) -> None:
    """A recipient is one address: a comma in it must never make a second one."""
    try:
        Address(addr_spec=to)
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError("not one address") from error


def opened(mail: Mail) -> Letter | None:
    """The words of a message, while they are kept."""
    if mail.sealed is None:
        return None
    content = json.loads(vault.unseal(mail.sealed, mail.id, policy.current().key))
    return Letter(content["subject"], content["body"])


async def latest(limit: int = 50) -> Sequence[tuple[Mail, Letter]]:
    """The messages kept, the newest first."""
    rows = await Mail.filter(sealed__isnull=False).order_by("-id").limit(limit)
    return [(mail, words) for mail in rows if (words := opened(mail)) is not None]


async def anything_due() -> bool:
    """Whether a message waits whose moment has come."""
    rows = await fetch(
        "SELECT 1 FROM mail WHERE status = $1 AND due_at <= $2 LIMIT 1",
        MailStatus.WAITING.value,
        real_now(),
    )
    return bool(rows)


async def claim(lease: timedelta, limit: int = 20) -> Sequence[Mail]:
    """Messages to send now; nobody else gets them until the lease ends."""
    at = real_now()
    mine = []
    waiting = Mail.filter(status=MailStatus.WAITING, due_at__lte=at)
    for mail in await waiting.order_by("due_at", "id").limit(limit):
        async with transaction():
            taken = await execute(
                "UPDATE mail SET due_at = $2, attempts = attempts + 1"
                " WHERE id = $1 AND status = $3 AND due_at <= $4",
                mail.id,
                at + lease,
                MailStatus.WAITING.value,
                at,
            )
        if taken == 1:
            mail.attempts += 1
            mine.append(mail)
    return mine


async def sent(mail: Mail) -> None:
    """A server took the message: its words go, and with them the links that they hold."""
    async with transaction():
        if mail.kind in FORGOTTEN:
            await Mail.filter(id=mail.id).delete()
            return
        await Mail.filter(id=mail.id).update(
            status=MailStatus.SENT, sealed=None, error=None, sent_at=real_now()
        )


async def failed(mail: Mail, error: str, again_in: timedelta | None) -> None:
    """The message did not leave; tried again later, or given up."""
    async with transaction():
        if again_in is None and mail.kind in FORGOTTEN:
            await Mail.filter(id=mail.id).delete()
        elif again_in is None:
            await Mail.filter(id=mail.id).update(
                status=MailStatus.FAILED, sealed=None, error=error[:300]
            )
        else:
            await Mail.filter(id=mail.id).update(due_at=real_now() + again_in, error=error[:300])


async def forget_old() -> int:
    """Forget what was posted a week ago; how many messages went."""
    async with transaction():
        return await Mail.filter(created_at__lt=real_now() - KEPT).delete()
