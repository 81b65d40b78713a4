"""How long what was sent stays readable. The event log itself is kept: a replay reaches it all."""

from __future__ import annotations

from datetime import datetime

from domain import events
from domain.clock import now
from domain.db import dialect, execute, fetch
from domain.ids import first_id
from domain.select import Statement
from webhooks import policy

_BATCH = 1_000
# What one hourly turn does at most; the rest is for the next one.
_MOST_BATCHES = 200
_FINISHED = "state IN ('DELIVERED', 'EXHAUSTED', 'SKIPPED')"


async def forget_old() -> int:
    """Forget the deliveries that ended long ago, with their attempts; how many went.

    What a replay that is not over took up again stays until it is.
    """
    until = now() - policy.current().retention
    forgotten = 0
    for _ in range(_MOST_BATCHES):
        count = await _forget_some(until)
        forgotten += count
        if count < _BATCH:
            break
    async with events.transaction():
        await execute("DELETE FROM webhook_probe WHERE finished_at < $1", until)
        await execute(
            "DELETE FROM webhook_replay WHERE closed_at < $1 AND NOT EXISTS"
            " (SELECT 1 FROM webhook_delivery d WHERE d.replay_id = webhook_replay.id)",
            until,
        )
    return forgotten


async def _forget_some(until: datetime) -> int:
    async with events.transaction():
        rows = await fetch(
            # Created before, hence in the first part of the table: the rest is not looked at.
            f"SELECT id FROM webhook_delivery WHERE id < $2 AND {_FINISHED} AND finished_at < $1"
            " AND (replay_id IS NULL OR replay_id NOT IN"
            "  (SELECT r.id FROM webhook_replay r WHERE r.closed_at IS NULL))"
            f" ORDER BY id LIMIT {_BATCH}",
            until,
            first_id("whd", until),
        )
        if rows:
            statement = Statement(dialect())
            theirs = statement.among("delivery_id", [row[0] for row in rows])
            await execute(f"DELETE FROM webhook_attempt WHERE {theirs}", *statement.params)
            statement = Statement(dialect())
            own = statement.among("id", [row[0] for row in rows])
            await execute(f"DELETE FROM webhook_delivery WHERE {own}", *statement.params)
    return len(rows)
