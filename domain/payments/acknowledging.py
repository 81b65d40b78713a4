"""What a supplier has not taken note of in time closes its deposits, for each kind of request."""

from __future__ import annotations

from datetime import timedelta

from domain import policy
from domain.clock import now
from domain.db import fetch
from domain.errors import Problem
from domain.payments.models import PaymentRequest
from domain.payments.steps import TO_ACKNOWLEDGE
from domain.rules_text import problem


async def unacknowledged(
    model: type[PaymentRequest], supplier_id: str, path: tuple[str, ...]
) -> list[Problem]:
    """The problem that the supplier has, if its requests of this kind waited too long."""
    days = policy.current().acknowledge_within_days
    if not days:
        return []
    marks = ", ".join(f"${n}" for n in range(3, len(TO_ACKNOWLEDGE) + 3))
    count = (
        await fetch(
            f"SELECT COUNT(*) FROM {model._meta.db_table}"
            " WHERE supplier_id = $1 AND status_at < $2"
            f" AND status IN ({marks}) AND acknowledged_at IS NULL",
            supplier_id,
            now() - timedelta(days=days),
            *sorted(TO_ACKNOWLEDGE),
        )
    )[0][0]
    if not count:
        return []
    return [problem("BDR-LIF-021", path, count=count, days=days)]
