"""The keys that sign access tokens, and their rotation."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from auth.config import AuthSettings
from auth.models import SigningKey
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

ALGORITHM = "RS256"
_BITS = 2048
_REREAD_SECONDS = 60.0
# A token may name any key: unknown names must not become one query each.
_LOOK_AGAIN_SECONDS = 1.0
_SEAL = {"alg": "dir", "enc": "A256GCM"}


class Keys:
    """The newest key signs; a retired one still verifies until its last token has expired."""

    def __init__(
        self, settings: AuthSettings, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._seal = OctKey.import_key(settings.key("signing keys"))
        self._life = timedelta(seconds=settings.access_token_seconds)
        self._monotonic = monotonic
        self._keys: Sequence[RSAKey] = ()
        self._read_at = float("-inf")
        self._reading, self._making = asyncio.Lock(), asyncio.Lock()

    async def signing(self) -> RSAKey:
        """The key to sign with; the first one is made when there is none."""
        await self._read(_REREAD_SECONDS)
        if not self._keys:
            async with self._making:
                if not self._keys:
                    await self.rotate()
        return self._keys[0]

    async def find(self, kid: str) -> RSAKey | None:
        """The published key of that name."""
        await self._read(_REREAD_SECONDS)
        found = self._named(kid)
        if found is None:
            await self._read(_LOOK_AGAIN_SECONDS)
            found = self._named(kid)
        return found

    async def ever(self, kid: str) -> RSAKey | None:
        """The key of that name even if it signs and opens nothing any more."""
        row = await SigningKey.get_or_none(kid=kid[:64])
        return self._opened(row) if row else None

    async def published(self) -> dict[str, Any]:
        """The JWK Set with which anyone verifies our signatures."""
        await self.signing()
        public = {"use": "sig", "alg": ALGORITHM}
        return {"keys": [key.as_dict(private=False) | public for key in self._keys]}

    async def rotate(self) -> str:
        """Sign with a new key from now on; the `kid` of that key."""
        key = await asyncio.to_thread(_generate)
        at = real_now()
        async with transaction():
            await SigningKey.filter(retired_at=None).update(retired_at=at)
            await SigningKey.create(
                id=new_id("key"), kid=key.kid, sealed_jwk=self._sealed(key), created_at=at
            )
        await self._read(0)
        return str(key.kid)

    def _named(self, kid: str) -> RSAKey | None:
        return next((key for key in self._keys if key.kid == kid), None)

    async def _read(self, not_older_than: float) -> None:
        async with self._reading:
            if self._monotonic() - self._read_at >= not_older_than:
                self._keys = await self._stored()
                self._read_at = self._monotonic()

    async def _stored(self) -> Sequence[RSAKey]:
        rows = await SigningKey.all().order_by("-created_at", "-id")
        # A replica that has not looked again since a rotation may still sign with the old key.
        oldest = real_now() - self._life - timedelta(seconds=_REREAD_SECONDS)
        kept = [r for r in rows if r.retired_at is None or r.retired_at > oldest]
        return [key for key in map(self._opened, kept) if key is not None]

    def _sealed(self, key: RSAKey) -> str:
        return jwe.encrypt_compact(_SEAL, json.dumps(key.as_dict(private=True)), self._seal)

    def _opened(self, row: SigningKey) -> RSAKey | None:
        try:
            plain = jwe.decrypt_compact(row.sealed_jwk, self._seal).plaintext
        except JoseError:
            # SECRET_KEY was changed: what the old one sealed is lost, and its tokens with it.
            return None
        return RSAKey.import_key(json.loads(plain or b""))


def _generate() -> RSAKey:
    key = RSAKey.generate_key(_BITS, private=True)
    return RSAKey.import_key(key.as_dict(private=True) | {"kid": key.thumbprint()})
