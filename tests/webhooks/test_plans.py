"""What runs at every turn reads what is under way, whatever was sent before."""

from __future__ import annotations

import pytest

from domain.db import dialect, fetch
from webhooks import queue

HOT = {"under way": (queue._UNDER_WAY, ()), "lost": (queue._LOST_TO, ("2026-01-01",))}


@pytest.mark.parametrize("name", HOT)
async def test_what_is_under_way_is_found_by_its_own_index(name: str, database: str) -> None:
    if dialect() != "sqlite":
        pytest.skip("PostgreSQL plans by what the tables hold")
    statement, values = HOT[name]

    plan = " ".join(
        row["detail"] for row in await fetch(f"EXPLAIN QUERY PLAN {statement}", *values)
    )

    assert "webhook_delivery USING INDEX webhook_delivery_leases" in plan
