"""Standard Webhooks signatures: what a receiver checks before it believes a message."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "whsec_"
SECRET_BYTES = 32


class Signature(StrEnum):
    """How a message is signed."""

    HMAC = "HMAC"
    ED25519 = "ED25519"


def new_secret() -> str:
    """A fresh secret, in the form that receivers paste into their configuration."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature_header(
    message_id: str,
    at: datetime,
    body: bytes,
    signing_secrets: Sequence[str],
    keys: Sequence[Ed25519PrivateKey] = (),
) -> str:
    """The value of `webhook-signature`: one `v1` for each secret and one `v1a` for each key.

    The newest come first. During a rotation the old ones sign too, so that the receiver may
    switch at any moment of the overlap.
    """
    content = f"{message_id}.{int(at.timestamp())}.".encode() + body
    by_secrets = [f"v1,{_hmac(secret, content)}" for secret in signing_secrets]
    by_keys = [f"v1a,{base64.b64encode(key.sign(content)).decode()}" for key in keys]
    return " ".join(by_secrets + by_keys)


def _hmac(secret: str, content: bytes) -> str:
    # The key is the decoded bytes of the secret, never its text.
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, content, "sha256")).decode()
