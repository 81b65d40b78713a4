"""A mail server on this machine, and a site that hands its messages to it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain import policy
from webhooks import mailer

SENDER = "Bordereau <ne-pas-repondre@bordereau.test>"
PASSWORD = "a password for a mail server"


@dataclass
class MailServer:
    """What it was told; it answers RCPT and DATA with the next of `answers`, then takes all."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    refused_recipients: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[Envelope, EmailMessage]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://localhost:{self.port}"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope, message))
        self.over_tls.append(session.ssl is not None)
        return "250 taken"

    def authenticate(
        self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == ("bordereau", PASSWORD))


@pytest.fixture
def queue(database: str) -> Iterator[None]:
    """The site may queue messages; nothing sends them."""
    policy.configure(policy.Policy(public_url="https://bordereau.test", key=b"k" * 32))
    mailer.configure(None, SENDER)
    yield
    mailer.configure(None, "")
    policy.configure(policy.Policy())


@pytest.fixture
def server(queue: None) -> Iterator[MailServer]:
    """A server without TLS and without passwords, which the site uses."""
    yield from _running(MailServer())


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key and a certificate of localhost, trusted for the time of the test."""
    path = tmp_path / "localhost.pem"
    path.write_bytes(_self_signed())
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
def guarded(queue: None, certificate: Path) -> Iterator[MailServer]:
    """A server that offers STARTTLS and asks for a password after it."""
    made = MailServer()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    yield from _running(
        made,
        tls_context=tls,
        auth_required=True,
        auth_require_tls=True,
        authenticator=made.authenticate,
    )


def _running(made: MailServer, **options: Any) -> Iterator[MailServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made.port = probe.getsockname()[1]
    controller = Controller(
        made, hostname="127.0.0.1", port=made.port, server_hostname="localhost", **options
    )
    controller.start()
    try:
        mailer.configure(mailer.server_at(made.url), SENDER)
        yield made
    finally:
        controller.stop()


def _self_signed() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)
