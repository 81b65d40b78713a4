"""Standard Webhooks signatures: what a receiver checks before it believes a message."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret, in the form that receivers paste into their configuration."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature_header(
    message_id: str, at: datetime, body: bytes, signing_secrets: Sequence[str]
) -> str:
    """The value of `webhook-signature`: one `v1` signature per secret, the newest first.

    During a rotation both secrets sign, so the receiver may switch at any moment of the overlap.
    """
    content = f"{message_id}.{int(at.timestamp())}.".encode() + body
    return " ".join(f"v1,{_signature(secret, content)}" for secret in signing_secrets)


def _signature(secret: str, content: bytes) -> str:
    # The key is the decoded bytes of the secret, never its text.
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, content, "sha256")).decode()
