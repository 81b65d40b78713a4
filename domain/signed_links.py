"""Addresses that open one file in a browser for a few minutes, without a token."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from domain import policy
from domain.clock import real_now

LIFE = timedelta(minutes=5)


def link_to(path: str) -> tuple[str, datetime]:
    """The whole address of a path of ours, and until when it opens."""
    ends_at = (real_now() + LIFE).replace(microsecond=0)
    until = int(ends_at.timestamp())
    query = f"until={until}&key={_key(path, until)}"
    return f"{policy.current().public_url}{path}?{query}", ends_at


def opens(path: str, until: str, key: str) -> bool:
    """Whether the parameters of an address are ours, and still in time."""
    if not (until.isascii() and until.isdigit() and len(until) <= 12):
        return False
    genuine = hmac.compare_digest(_key(path, int(until)).encode(), key.encode())
    return genuine and real_now().timestamp() < int(until)


def _key(path: str, until: int) -> str:
    secret = hashlib.sha256(b"signed links" + policy.current().key).digest()
    return hmac.digest(secret, f"{path} {until}".encode(), hashlib.sha256).hex()
