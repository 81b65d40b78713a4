"""Signs where the log stands, now and then: what is handed out cannot be taken back.

A checkpoint is no event, or each would call for the next: a log at rest has nothing to sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain import policy
from domain.chain import form, merkle
from domain.checkpoints.statement import JWS_TYPE, statement_of
from domain.clock import real_now
from domain.db import execute, fetch, hold, instant_of
from domain.events import transaction
from domain.signatures import jws, keys
from domain.signatures.models import Purpose

# The events of one checkpoint: a proof reads as many hashes.
MOST_EVENTS = 8_192
_LAST = (
    "SELECT number, epoch, position, made_at, statement FROM log_checkpoint"
    " ORDER BY number DESC LIMIT 1"
)
_INSERT = (
    "INSERT INTO log_checkpoint (number, epoch, after, position, hash, root, made_at, statement,"
    " jws, kid) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
)


async def make_due() -> int:
    """Make what the site wants by now; how many checkpoints were made."""
    seconds = policy.current().log_checkpoint_seconds
    if not seconds:
        return 0
    last, (position, _) = await _last(), await _head()
    behind = position - (last["position"] if last else 0)
    if not behind:
        return 0
    is_old = last is None or instant_of(last["made_at"]) + timedelta(seconds=seconds) <= real_now()
    return await make() if is_old or behind >= MOST_EVENTS else 0


async def make(*, always: bool = False) -> int:
    """Sign what was recorded since the last one; how many checkpoints that took.

    `always`: one at least, for a log that has not grown but begun another epoch.
    """
    # As far as it reaches now: a busy log is not chased.
    upto, made = (await _head())[0], 0
    while await _make_one(upto, always=always and not made):
        made += 1
    return made


@dataclass(frozen=True)
class _Stand:
    """Where the log stands, and what of it no checkpoint covers yet."""

    last: Any
    epoch: int
    after: int
    position: int
    hash: str
    root: str


async def _make_one(upto: int, *, always: bool) -> bool:
    # Outside the transaction that signs: what was committed never changes.
    stand = await _stand(upto)
    if stand.position <= stand.after and not always:
        return False
    async with transaction():
        await hold("log_checkpoint")
        present = await _last()
        # Somebody else was faster: look again.
        if (present and present["number"]) == (stand.last and stand.last["number"]):
            await _sign(stand)
    return True


async def _stand(upto: int) -> _Stand:
    last, (_, epoch) = await _last(), await _head()
    after = last["position"] if last else await _beginning()
    position = max(after, min(upto, after + MOST_EVENTS))
    rows = await fetch(
        "SELECT hash FROM event WHERE position > $1 AND position <= $2 ORDER BY position",
        after,
        position,
    )
    hashes = [row[0] for row in rows]
    end = hashes[-1] if hashes else await _hash_at(position)
    return _Stand(last, epoch, after, position, end, merkle.root(hashes))


async def _sign(stand: _Stand) -> None:
    key, at = await keys.signing(Purpose.CHECKPOINTS), real_now()
    number = stand.last["number"] + 1 if stand.last else 1
    statement = statement_of(
        issuer=policy.current().public_url,
        number=number,
        epoch=stand.epoch,
        after=stand.after,
        position=stand.position,
        hash=stand.hash,
        root=stand.root,
        made_at=at,
        previous=stand.last["statement"] if stand.last else None,
    )
    await execute(
        _INSERT,
        number,
        stand.epoch,
        stand.after,
        stand.position,
        stand.hash,
        stand.root,
        at,
        statement,
        jws.signed(statement, key.kid, key.private, JWS_TYPE),
        key.kid,
    )


async def _last() -> Any:
    rows = await fetch(_LAST)
    return rows[0] if rows else None


async def _head() -> tuple[int, int]:
    position, epoch = (await fetch("SELECT position, epoch FROM log_head WHERE id = 1"))[0]
    return position, epoch


async def _beginning() -> int:
    """The position before the first event."""
    rows = await fetch("SELECT position - 1 FROM event ORDER BY position LIMIT 1")
    return int(rows[0][0]) if rows else (await _head())[0]


async def _hash_at(position: int) -> str:
    rows = await fetch("SELECT hash FROM event WHERE position = $1", position)
    return rows[0][0] if rows else form.GENESIS
