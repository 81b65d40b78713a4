"""The long-lived keys of the site: one of each purpose signs at a time, public parts stay for ever.

A key signs for one purpose only, so that nothing signed for one can pass for another.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tortoise.expressions import Q

from domain import policy, vault
from domain.clock import real_now
from domain.db import hold
from domain.events import transaction
from domain.ids import new_id
from domain.signatures import jws
from domain.signatures.models import Purpose, SiteKey


class Key(NamedTuple):
    """A key that signs, and its name."""

    kid: str
    private: Ed25519PrivateKey


async def signing(purpose: Purpose) -> Key:
    """The key in use; the first one is made when there is none.

    When SECRET_KEY was changed the old key cannot be opened any more: it is retired, and
    another one takes over.
    """
    async with transaction():
        await hold("site_key")
        row = await SiteKey.get_or_none(purpose=purpose, retired_at=None, signs_until=None)
        opened = _opened(row) if row is not None else None
        return opened or await _replaced(purpose, None)


async def all_signing(purpose: Purpose) -> list[Key]:
    """The keys that sign at this moment, the newest first: several after a rotation.

    None when they were sealed under another SECRET_KEY: processes that hold different ones would
    otherwise replace each other's for ever. `signing`, at the start of a server, makes another.
    """
    rows = await in_use(purpose)
    if not rows:
        return [await signing(purpose)]
    return [key for row in rows if (key := _opened(row)) is not None]


async def rotate(purpose: Purpose, overlap: timedelta | None = None) -> str:
    """Sign with a new key from now on; the name of that key.

    For the time of the `overlap` the present one signs too. Without any, it is retired at once.
    """
    async with transaction():
        await hold("site_key")
        return (await _replaced(purpose, overlap)).kid


async def retire_ended() -> int:
    """Forget the private part of the keys whose overlap is over; how many."""
    at = real_now()
    ended = SiteKey.filter(retired_at=None, signs_until__lte=at)
    return await ended.update(retired_at=at, sealed=None)


async def in_use(purpose: Purpose) -> list[SiteKey]:
    """The rows of the keys that sign at this moment, the newest first."""
    signs = Q(signs_until=None) | Q(signs_until__gt=real_now())
    found = SiteKey.filter(signs, purpose=purpose, retired_at=None)
    return list(await found.order_by("-created_at", "-id"))


async def published(purpose: Purpose) -> dict[str, Any]:
    """The JWK Set of every key that ever signed for this purpose, the newest first."""
    rows = await SiteKey.filter(purpose=purpose).order_by("-created_at", "-id")
    return {"keys": [json.loads(row.public_jwk) for row in rows]}


async def _replaced(purpose: Purpose, overlap: timedelta | None) -> Key:
    private = Ed25519PrivateKey.generate()
    public = jws.public_jwk(private)
    at, identifier = real_now(), new_id("skt")
    present = SiteKey.filter(purpose=purpose, retired_at=None)
    if overlap:
        await present.filter(signs_until=None).update(signs_until=at + overlap)
    else:
        # It can do no harm any more, whoever gets hold of the database and of SECRET_KEY.
        await present.update(retired_at=at, sealed=None)
    await SiteKey.create(
        id=identifier,
        purpose=purpose,
        kid=public["kid"],
        public_jwk=jws.canonical(public),
        sealed=vault.seal(private.private_bytes_raw().hex(), identifier, policy.current().key),
        created_at=at,
    )
    return Key(public["kid"], private)


def _opened(row: SiteKey) -> Key | None:
    plain = vault.opened(row.sealed, row.id, policy.current().key)
    if plain is None:
        return None
    return Key(row.kid, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(plain)))
