"""Detached signatures (RFC 7515, appendix F) by Ed25519 (RFC 8037), and the JSON they cover."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "EdDSA"
TYPE = "bordereau-certificate+jws"
Jwk = Mapping[str, Any]


def canonical(statement: Mapping[str, Any]) -> str:
    """One spelling of a statement (RFC 8785, for objects of texts, lists of them and nulls)."""
    return json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def public_jwk(private: Ed25519PrivateKey) -> dict[str, str]:
    """The public key as a JWK, named by its thumbprint (RFC 7638)."""
    x = encoded(private.public_key().public_bytes_raw())
    thumbprint = hashlib.sha256(canonical({"crv": "Ed25519", "kty": "OKP", "x": x}).encode())
    kid = encoded(thumbprint.digest())
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": ALGORITHM, "use": "sig"}


def signed(payload: str, kid: str, private: Ed25519PrivateKey, type_: str = TYPE) -> str:
    """The detached JWS of a text: header and signature, the payload left out."""
    header = encoded(canonical({"alg": ALGORITHM, "kid": kid, "typ": type_}).encode())
    signature = private.sign(_input(header, payload))
    return f"{header}..{encoded(signature)}"


def kid_of(jws: str, type_: str = TYPE) -> str | None:
    """The name of the key in the header; None when it is no detached JWS of this type."""
    header = _header(jws)
    if header is None or (header.get("alg"), header.get("typ")) != (ALGORITHM, type_):
        return None
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def is_genuine(payload: str, jws: str, jwk: Jwk, type_: str = TYPE) -> bool:
    """Whether the signature is one of this very text by this key."""
    if kid_of(jws, type_) is None or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        return False
    header, _, signature = jws.split(".")
    try:
        key = Ed25519PublicKey.from_public_bytes(decoded(str(jwk.get("x", ""))))
        raw = decoded(signature)
        key.verify(raw, _input(header, payload))
    except (InvalidSignature, ValueError):
        return False
    # The last letter has bits to spare: one signature has one spelling.
    return encoded(raw) == signature


def encoded(raw: bytes) -> str:
    """Base 64 for URLs, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of a base 64 text for URLs.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base 64 for URLs") from error


def _input(header: str, payload: str) -> bytes:
    return f"{header}.{encoded(payload.encode())}".encode()


def _header(jws: str) -> Mapping[str, Any] | None:
    parts = jws.split(".")
    if len(parts) != 3 or parts[1]:
        return None
    try:
        header = json.loads(decoded(parts[0]))
    except ValueError:
        return None
    return header if isinstance(header, dict) else None
