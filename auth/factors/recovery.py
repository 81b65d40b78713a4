"""Recovery codes: ten, written down, for the day when every factor is lost. Each is used once."""

from __future__ import annotations

import secrets

from auth.factors.models import RecoveryCode
from auth.models import hashed
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

COUNT = 10
# Without I, L, O and U, which are misread: 32 characters, 80 bits in sixteen of them.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 16
_MISREAD = str.maketrans("ilo", "110")


async def make(account_id: str) -> list[str]:
    """New codes in the place of those before. They are never shown again."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(COUNT)]
    async with transaction():
        await RecoveryCode.filter(account_id=account_id).delete()
        for code in codes:
            await RecoveryCode.create(
                id=new_id("rcv"),
                account_id=account_id,
                code_hash=hashed(code),
                created_at=real_now(),
            )
    return [_grouped(code) for code in codes]


async def use(account_id: str, typed: str) -> bool:
    """Use a code up, if it is one that was not used yet."""
    found = RecoveryCode.filter(
        account_id=account_id, code_hash=hashed(_normal(typed)), used_at=None
    )
    async with transaction():
        return await found.update(used_at=real_now()) == 1


async def left(account_id: str) -> int:
    """How many codes were not used yet."""
    return await RecoveryCode.filter(account_id=account_id, used_at=None).count()


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, _LENGTH, 4))


def _normal(typed: str) -> str:
    return "".join(typed.lower().split()).replace("-", "").translate(_MISREAD)
