"""Certificates made for a test: an authority, what it issues, and servers that ask for one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as people are handed them."""

    certificate: x509.Certificate
    private: Key

    @property
    def chain(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key(self) -> str:
        return pem(self.private)


def pem(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def an_authority(name: str = "Autorité de test") -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, name, key, datetime.now(UTC) - DAY, datetime.now(UTC) + 900 * DAY)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    return Issued(builder.add_extension(constraints, critical=True).sign(key, hashes.SHA256()), key)


def issued(
    by: Issued,
    name: str,
    *,
    key: Key | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH,
    host: str | None = None,
) -> Issued:
    """A certificate of the authority."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    issuer = by.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    since, until = since or datetime.now(UTC) - DAY, until or datetime.now(UTC) + 365 * DAY
    builder = _builder(name, str(issuer), key, since, until)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if host is not None:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    return Issued(builder.sign(by.private, hashes.SHA256()), key)


def asking_for_one(folder: Path, authority: Issued, host: str = "localhost") -> ssl.SSLContext:
    """A TLS server that takes only clients of the authority, which is kept in `ca.pem`."""
    server = issued(authority, host, usage=ExtendedKeyUsageOID.SERVER_AUTH, host=host)
    (folder / "ca.pem").write_text(authority.chain)
    (folder / "server.pem").write_text(server.chain + server.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _builder(
    name: str, issuer: str, key: Key, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
