"""The same key twice does the thing once.

The key is taken at the beginning of the transaction of the mutation: a second request with the
same key waits for the first one and then finds its answer. Refusals are not kept, so that a
corrected input may use the key again. Answers are kept for seven days.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta

from domain import policy
from domain.clock import real_now
from domain.db import execute, fetch
from domain.errors import IdempotencyKeyReused
from domain.rules_text import problem

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Answer:
    """What the first request with the key did."""

    object_id: str | None
    position: int | None


async def take(actor_id: str, key: str, operation: str, normalised_input: str) -> Answer | None:
    """Take the key, or find the answer already given. Needs an open transaction.

    Raises:
        IdempotencyKeyReused: the key was used with another operation or another input.
    """
    # Under the key of the site: an input may hold a password, which a plain hash would let guess.
    input_hash = hmac.digest(policy.current().key, normalised_input.encode(), "sha256").hex()
    taken = await execute(
        "INSERT INTO idempotency_key (actor_id, key, operation, input_hash, created_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        actor_id,
        key,
        operation,
        input_hash,
        real_now(),
    )
    if taken:
        return None
    row = (
        await fetch(
            "SELECT operation, input_hash, object_id, position FROM idempotency_key"
            " WHERE actor_id = $1 AND key = $2",
            actor_id,
            key,
        )
    )[0]
    if (row["operation"], row["input_hash"]) != (operation, input_hash):
        raise IdempotencyKeyReused(problem("BDR-REQ-003", ("idempotencyKey",), key=key))
    return Answer(row["object_id"], row["position"])


async def keep(actor_id: str, key: str, answer: Answer) -> None:
    """Keep the answer. Needs the transaction that took the key."""
    await execute(
        "UPDATE idempotency_key SET object_id = $3, position = $4 WHERE actor_id = $1 AND key = $2",
        actor_id,
        key,
        answer.object_id,
        answer.position,
    )


async def give_back(actor_id: str, key: str) -> None:
    """Leave the key free again: nothing was done. Needs the transaction that took it."""
    await execute("DELETE FROM idempotency_key WHERE actor_id = $1 AND key = $2", actor_id, key)


async def forget_old() -> int:
    """Delete the answers that are no longer kept. Needs an open transaction."""
    return await execute("DELETE FROM idempotency_key WHERE created_at < $1", real_now() - KEPT_FOR)
