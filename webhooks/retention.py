"""How long what was sent stays readable. The event log itself is kept: a replay reaches it all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain import events
from domain.clock import real_now
from domain.db import dialect, execute, fetch, instant_of
from domain.select import Statement
from webhooks import policy

_BATCH = 1_000
# What one hourly turn looks at, at most; the rest is for the next one.
_MOST_BATCHES = 500


async def forget_old() -> int:
    """Forget the deliveries that ended long ago, with their attempts; how many went.

    What a replay that is not over took up again stays until it is.
    """
    until = real_now() - policy.current().retention
    forgotten, after = 0, ""
    for _ in range(_MOST_BATCHES):
        oldest = await _following(after)
        # Identifiers follow time: what comes after one that is young enough is younger.
        if not oldest or instant_of(oldest[0]["created_at"]) >= until:
            break
        after = oldest[-1]["id"]
        forgotten += await _forget([row["id"] for row in oldest if _is_over(row, until)], until)
    async with events.transaction():
        await execute("DELETE FROM webhook_probe WHERE finished_at < $1", until)
        await execute(
            "DELETE FROM webhook_replay WHERE closed_at < $1 AND NOT EXISTS"
            " (SELECT 1 FROM webhook_delivery d WHERE d.replay_id = webhook_replay.id)",
            until,
        )
    return forgotten


async def _following(after: str) -> Sequence[Any]:
    return await fetch(
        "SELECT id, created_at, finished_at FROM webhook_delivery WHERE id > $1"
        f" ORDER BY id LIMIT {_BATCH}",
        after,
    )


def _is_over(row: Any, until: datetime) -> bool:
    return row["finished_at"] is not None and instant_of(row["finished_at"]) < until


async def _forget(ids: Sequence[str], until: datetime) -> int:
    """Delete those that are still over, and in no replay that goes on."""
    if not ids:
        return 0
    async with events.transaction():
        statement = Statement(dialect())
        among = statement.among("id", ids)
        lock = " FOR UPDATE" if statement.postgres else ""
        rows = await fetch(
            f"SELECT id FROM webhook_delivery WHERE {among}"
            f" AND finished_at < {statement.value(until)} AND (replay_id IS NULL OR"
            "  replay_id NOT IN (SELECT r.id FROM webhook_replay r WHERE r.closed_at IS NULL))"
            f" ORDER BY id{lock}",
            *statement.params,
        )
        doomed = [row[0] for row in rows]
        for table, column in (("webhook_attempt", "delivery_id"), ("webhook_delivery", "id")):
            statement = Statement(dialect())
            among = statement.among(column, doomed)
            await execute(f"DELETE FROM {table} WHERE {among}", *statement.params)
    return len(doomed)
