"""Gives their hashes to the events written before the log had any: once, before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.chain import form
from domain.db import execute, execute_many, fetch
from domain.events import transaction

_BATCH = 500
# Locked, so that two machines that migrate at once seal one after the other.
_LOCKED_HEAD = (
    "UPDATE log_head SET sealed = sealed WHERE id = 1 RETURNING position, sealed, hash, epoch"
)
_UPDATE = "UPDATE event SET epoch = $2, salts = $3, hash = $4 WHERE position = $1"


async def unsealed() -> int:
    """How many events wait for their hash."""
    return int((await fetch("SELECT position - sealed FROM log_head WHERE id = 1"))[0][0])


async def seal_all(progress: Callable[[int, int], None] = lambda *_: None) -> int:
    """Seal what is not; how many events were. What was done is kept when it is interrupted."""
    total, done = await unsealed(), 0
    while count := await _seal_some():
        done += count
        progress(min(done, total), total)
    return done


async def _seal_some() -> int:
    async with transaction():
        position, sealed, previous, epoch = (await fetch(_LOCKED_HEAD))[0]
        if sealed == position:
            return 0
        rows = await fetch(
            "SELECT * FROM event WHERE position > $1 ORDER BY position LIMIT $2", sealed, _BATCH
        )
        written: list[tuple[Any, ...]] = []
        for row in rows:
            salts, previous = form.seal({**dict(row), "epoch": epoch}, previous)
            written.append((row["position"], epoch, salts, previous))
        await execute_many(_UPDATE, written)
        # Without rows there is nothing to seal: what is missing is for `log verify` to tell.
        reached = written[-1][0] if written else position
        await execute("UPDATE log_head SET sealed = $1, hash = $2 WHERE id = 1", reached, previous)
    return len(written)
