"""Client certificates given by users: read, checked and written again in one plain form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

LONGEST_PEM = 32_768
LONGEST_CHAIN = 5
SHORTEST_RSA = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Read:
    """A certificate that may be used: in its plain form, with what may be shown of it."""

    chain: str
    key: str
    subject: str
    issuer: str
    expires_at: datetime


@dataclass(frozen=True)
class Fault:
    """Why a certificate or its key is refused: the field, the rule and what its text names."""

    field: str
    rule: str
    detail: str = ""


def read(chain: str, key: str, at: datetime) -> Read | list[Fault]:
    """The certificate and its key, or every reason to refuse them."""
    certificates, private = _certificates(chain), _private_key(key)
    faults = [found for found in (certificates, private) if isinstance(found, Fault)]
    if isinstance(certificates, Fault) or isinstance(private, Fault):
        return faults
    first = certificates[0]
    faults = _faults_of(first, private, at)
    if faults:
        return faults
    return Read(
        chain="".join(c.public_bytes(Encoding.PEM).decode() for c in certificates),
        key=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        subject=first.subject.rfc4514_string()[:200],
        issuer=first.issuer.rfc4514_string()[:200],
        expires_at=first.not_valid_after_utc,
    )


def _certificates(pem: str) -> Sequence[x509.Certificate] | Fault:
    if len(pem) > LONGEST_PEM or not pem.isascii():
        return Fault("chain", "BDR-WHK-035")
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return Fault("chain", "BDR-WHK-035")
    return found if len(found) <= LONGEST_CHAIN else Fault("chain", "BDR-WHK-035")


def _private_key(pem: str) -> PrivateKey | Fault:
    if len(pem) > LONGEST_PEM or not pem.isascii():
        return Fault("key", "BDR-WHK-036")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # TypeError: it is kept under a password.
        return Fault("key", "BDR-WHK-036")
    if not isinstance(key, PrivateKey):
        return Fault("key", "BDR-WHK-036")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < SHORTEST_RSA:
        return Fault("key", "BDR-WHK-036")
    return key


def _faults_of(certificate: x509.Certificate, key: PrivateKey, at: datetime) -> list[Fault]:
    faults = []
    if _public(certificate) != key.public_key().public_bytes(Encoding.DER, _SPKI):
        faults.append(Fault("key", "BDR-WHK-037"))
    if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
        until = certificate.not_valid_after_utc.date().isoformat()
        since = certificate.not_valid_before_utc.date().isoformat()
        faults.append(Fault("chain", "BDR-WHK-038", f"{since} – {until}"))
    if not _is_for_clients(certificate):
        faults.append(Fault("chain", "BDR-WHK-035"))
    return faults


def _public(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.public_key().public_bytes(Encoding.DER, _SPKI)
    except (ValueError, UnsupportedAlgorithm):
        return None


_SPKI = PublicFormat.SubjectPublicKeyInfo


def _is_for_clients(certificate: x509.Certificate) -> bool:
    """Whether the certificate may prove who a client is: one that says nothing of it may."""
    try:
        usage = certificate.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE)
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    allowed = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return isinstance(usage.value, x509.ExtendedKeyUsage) and bool(allowed & set(usage.value))
