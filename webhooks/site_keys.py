"""The key pairs by which the site signs messages (Ed25519), and their public halves."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.clock import real_now
from domain.signatures import jws, keys
from domain.signatures.models import Purpose

PUBLIC_PREFIX = "whpk_"
# For so long at most a process goes on signing with a key that another one has replaced.
REREAD = timedelta(seconds=5)


@dataclass(frozen=True)
class PublicKey:
    """What verifies signatures `v1a`, as it is published."""

    kid: str
    jwk: dict[str, Any]
    created_at: datetime
    signs_until: datetime | None

    @property
    def text(self) -> str:
        """The form of Standard Webhooks, which libraries take."""
        raw = jws.decoded(self.jwk["x"])
        return PUBLIC_PREFIX + base64.b64encode(raw).decode()


async def ensure() -> None:
    """Make the first key, or another one when SECRET_KEY was changed: it can then be published."""
    await keys.signing(Purpose.WEBHOOKS)


async def public_keys() -> list[PublicKey]:
    """The keys that sign at this moment, the newest first.

    Retired keys are left out: nothing new is signed with them, so nothing new may be believed.
    """
    return [
        PublicKey(row.kid, json.loads(row.public_jwk), row.created_at, row.signs_until)
        for row in await keys.in_use(Purpose.WEBHOOKS)
    ]


async def published() -> dict[str, Any]:
    """The JWK Set of these keys, each with its other form as `whpk`."""
    return {"keys": [{**key.jwk, "whpk": key.text} for key in await public_keys()]}


class SigningKeys:
    """The private keys in the memory of one process, read again every few seconds."""

    def __init__(self) -> None:
        self._known: Sequence[Ed25519PrivateKey] = ()
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def current(self) -> Sequence[Ed25519PrivateKey]:
        """The keys that sign at this moment, the newest first."""
        async with self._reading:
            if self._read_at is None or real_now() - self._read_at >= REREAD:
                found = await keys.all_signing(Purpose.WEBHOOKS)
                self._known, self._read_at = [key.private for key in found], real_now()
        return self._known
