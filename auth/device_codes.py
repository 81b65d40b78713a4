"""Programs without a browser that wait for a person (RFC 8628): their codes and their answers."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth.models import Client, Device, hashed
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

INTERVAL_SECONDS = 5
# What a device that asks too often must add to its interval (RFC 8628 §3.5).
_SLOWER_SECONDS = 5
_LONGEST_INTERVAL = 60
# Consonants only: no word by accident, nothing that reads like a digit (RFC 8628 §6.1).
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8


@dataclass(frozen=True)
class Codes:
    """What the device keeps, and what it shows to the person."""

    device_code: str
    user_code: str


@dataclass(frozen=True)
class Answerer:
    """Who answers on the page, and how they proved who they are."""

    account_id: str
    methods: str
    authenticated_at: datetime


class Devices:
    """The requests of devices. `key` hides the codes that people type, which are short."""

    def __init__(self, key: bytes, life: timedelta) -> None:
        self._key = key
        self.life = life

    async def ask(self, client: Client, scope: str) -> Codes:
        """Keep a new request."""
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        codes = Codes(secrets.token_urlsafe(32), f"{letters[:4]}-{letters[4:]}")
        at = real_now()
        async with transaction():
            await Device.create(
                id=new_id("dev"),
                device_code_hash=hashed(codes.device_code),
                user_code_hash=self._hashed(codes.user_code),
                family=new_id("fam"),
                client_id=client.id,
                scope=scope,
                interval_seconds=INTERVAL_SECONDS,
                created_at=at,
                expires_at=at + self.life,
            )
        return codes

    async def locked(self, device_code: str) -> Device | None:
        """The request of that device, held until the transaction ends."""
        found = Device.filter(device_code_hash=hashed(device_code))
        return await found.select_for_update().get_or_none()

    async def polls_too_often(self, device: Device) -> bool:
        """Note that the device asked again; true when it came before its interval was over."""
        at = real_now()
        before = device.polled_at
        too_soon = before is not None and at - before < timedelta(seconds=device.interval_seconds)
        if too_soon:
            slower = device.interval_seconds + _SLOWER_SECONDS
            device.interval_seconds = min(slower, _LONGEST_INTERVAL)
        device.polled_at = at
        await device.save(update_fields=["interval_seconds", "polled_at"])
        return too_soon

    async def use(self, device: Device) -> None:
        """The request got its tokens: it gives no others."""
        device.used_at = real_now()
        await device.save(update_fields=["used_at"])

    async def waiting(self, user_code: str) -> Device | None:
        """The request that waits for an answer under the code that a person typed."""
        return await Device.get_or_none(
            user_code_hash=self._hashed(user_code), is_approved=None, expires_at__gt=real_now()
        )

    async def answer(self, device: Device, answerer: Answerer, *, is_approved: bool) -> bool:
        """Keep the person's answer; false when another came first."""
        async with transaction():
            waiting = Device.filter(id=device.id, is_approved=None, expires_at__gt=real_now())
            changed = await waiting.update(
                is_approved=is_approved,
                account_id=answerer.account_id,
                methods=answerer.methods,
                authenticated_at=answerer.authenticated_at,
            )
        return changed == 1

    def _hashed(self, user_code: str) -> str:
        plain = "".join(c for c in user_code.upper() if c in _ALPHABET)
        return hmac.digest(self._key, plain.encode(), hashlib.sha256).hex()
