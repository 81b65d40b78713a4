"""The long-lived keys that sign certificates: one signs at a time, all stay published for ever."""

from __future__ import annotations

import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain import policy, vault
from domain.clock import now
from domain.db import hold
from domain.events import transaction
from domain.ids import new_id
from domain.signatures import jws
from domain.signatures.models import SiteKey


async def signing() -> tuple[str, Ed25519PrivateKey]:
    """The key in use and its name; the first one is made when there is none.

    When SECRET_KEY was changed the old key cannot be opened any more: it is retired, and
    another one takes over.
    """
    async with transaction():
        await hold("site_key")
        row = await SiteKey.get_or_none(retired_at=None)
        opened = _opened(row) if row is not None else None
        if row is None or opened is None:
            return await _replaced()
        return row.kid, opened


async def rotate() -> str:
    """Sign with a new key from now on; the name of that key."""
    async with transaction():
        await hold("site_key")
        kid, _ = await _replaced()
    return kid


async def published() -> dict[str, Any]:
    """The JWK Set of every key that ever signed, the newest first."""
    rows = await SiteKey.all().order_by("-created_at", "-id")
    return {"keys": [json.loads(row.public_jwk) for row in rows]}


async def _replaced() -> tuple[str, Ed25519PrivateKey]:
    private = Ed25519PrivateKey.generate()
    public = jws.public_jwk(private)
    at, identifier = now(), new_id("skt")
    # The old one can do no harm any more, whoever gets hold of the database and of SECRET_KEY.
    await SiteKey.filter(retired_at=None).update(retired_at=at, sealed=None)
    await SiteKey.create(
        id=identifier,
        kid=public["kid"],
        public_jwk=jws.canonical(public),
        sealed=vault.seal(private.private_bytes_raw().hex(), identifier, policy.current().key),
        created_at=at,
    )
    return public["kid"], private


def _opened(row: SiteKey) -> Ed25519PrivateKey | None:
    try:
        plain = vault.unseal(row.sealed or "", row.id, policy.current().key)
    except (InvalidTag, ValueError):
        return None
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(plain))
