"""Sends the e-mails of the queue through the site's server, again and again for a day."""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from domain.clock import real_now
from domain.mail import actions
from domain.mail.models import Mail

TIMEOUT_SECONDS = 15
LEASE = timedelta(minutes=5)
# Before each attempt after the first; beyond, the message is given up.
AGAIN_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SmtpServer:
    """Where messages are handed over. With `implicit_tls`, TLS comes before the first word."""

    host: str
    port: int
    user: str
    password: str
    implicit_tls: bool


def server_at(url: str) -> SmtpServer:
    """The server that `smtp://user:password@host:587` or `smtps://…` names.

    Raises:
        ValueError: not such an address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("write smtp://user:password@host:587 or smtps://host:465")
    implicit = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or (465 if implicit else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        implicit_tls=implicit,
    )


_server: SmtpServer | None = None
_sender = ""


def configure(server: SmtpServer | None, sender: str) -> None:
    """Set where messages go; without a server they wait. Called by the composition root."""
    global _server, _sender
    _server, _sender = server, sender


async def run() -> int:
    """Send what is due; how many messages a server took."""
    if _server is None:
        return 0
    taken = 0
    while waiting := await actions.claim(LEASE):
        for mail in waiting:
            taken += await _deliver(_server, mail)
    return taken


async def is_behind() -> bool:
    """Whether a message waits that could be sent."""
    return _server is not None and await actions.anything_due()


async def _deliver(server: SmtpServer, mail: Mail) -> bool:
    message = message_of(mail, _sender)
    try:
        await asyncio.to_thread(_hand_over, server, message, mail.recipient)
    except (OSError, smtplib.SMTPException) as error:
        again = _again_in(mail, error)
        # The class and the code only: servers repeat addresses in their words.
        words = f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()
        log.warning("e-mail %s did not leave (%s): %s", mail.id, words, again or "given up")
        await actions.failed(mail, words, again)
        return False
    await actions.sent(mail)
    return True


def message_of(mail: Mail, sender: str) -> EmailMessage:
    """The message as it travels."""
    words = actions.opened(mail)
    assert words is not None, "a waiting message keeps its words"
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = words.subject
    message["Date"] = format_datetime(real_now())
    # The same at each attempt: a server that took it twice shows it once.
    domain = parseaddr(sender)[1].partition("@")[2]
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words.body)
    return message


def _again_in(mail: Mail, error: Exception) -> timedelta | None:
    is_final = isinstance(error, smtplib.SMTPRecipientsRefused) or (
        isinstance(error, smtplib.SMTPResponseException) and 500 <= error.smtp_code < 600
    )
    if is_final or mail.attempts > len(AGAIN_AFTER):
        return None
    return AGAIN_AFTER[mail.attempts - 1]


def _hand_over(server: SmtpServer, message: EmailMessage, recipient: str) -> None:
    tls = ssl.create_default_context()
    if server.implicit_tls:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_SECONDS, context=tls
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    with connection:
        connection.ehlo()
        if not server.implicit_tls and connection.has_extn("starttls"):
            connection.starttls(context=tls)
            connection.ehlo()
        if server.user:
            if not server.implicit_tls and not isinstance(connection.sock, ssl.SSLSocket):
                raise smtplib.SMTPNotSupportedError("no password without TLS")
            connection.login(server.user, server.password)
        connection.send_message(message, to_addrs=[recipient])
