"""The breaker of an endpoint: what came of its last minutes, and whether that is too bad. Pure.

What is kept is text of the form `[[slot, succeeded, failed], …]`, a slot being a tenth of the
time looked at: small enough to be written with every batch of answers.
"""

from __future__ import annotations

import json
from datetime import datetime

from webhooks.policy import Policy

SLOTS = 10
NOTHING = "[]"


def counted(recent: str, at: datetime, site: Policy, *, succeeded: bool) -> str:
    """What is kept after one more attempt."""
    slot = _slot(at, site)
    kept = [row for row in json.loads(recent) if slot - SLOTS < row[0] <= slot]
    if not kept or kept[-1][0] != slot:
        kept.append([slot, 0, 0])
    kept[-1][1 if succeeded else 2] += 1
    return json.dumps(kept, separators=(",", ":"))


def is_too_bad(recent: str, site: Policy) -> bool:
    """Whether the attempts of the last minutes failed so often that sending them all is vain."""
    rows: list[tuple[int, int, int]] = json.loads(recent)
    succeeded, failed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return failed >= site.breaker_failures and failed > site.breaker_share * (succeeded + failed)


def _slot(at: datetime, site: Policy) -> int:
    return int(at.timestamp() * SLOTS // site.breaker_window.total_seconds())
