"""Secrets at rest: what the database holds is of no use without the key of the site."""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def seal(secret: str, owner: str, key: bytes) -> str:
    """The secret encrypted for one owner: it opens under no other identifier."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, secret.encode(), owner.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(sealed: str, owner: str, key: bytes) -> str:
    """The secret that `seal` was given.

    Raises:
        cryptography.exceptions.InvalidTag: another key, another owner, or altered text.
    """
    raw = base64.b64decode(sealed)
    return _cipher(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode()).decode()


def opened(sealed: str | None, owner: str, key: bytes) -> str | None:
    """The same, or None when it cannot be opened: SECRET_KEY was changed since."""
    try:
        return unseal(sealed or "", owner, key)
    except (InvalidTag, ValueError):
        return None


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hashlib.sha256(b"webhook secrets" + key).digest())
