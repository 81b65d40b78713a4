"""Rare kinds of events: whichever test brings one about, its body is judged by its schema."""

from __future__ import annotations

import json

from domain import events
from domain.db import dialect, fetch
from domain.select import Statement
from frontend_contract.event_schemas import envelope
from tests.json_schemas import problems
from webhooks.envelope import body_of

# Told by the importers, by certificates near their end, by deliveries that fail for days and by
# replays that cannot go on.
RARE = frozenset(
    {
        "account.invited",
        "accounts.imported",
        "structures.imported",
        "webhook.certificate_expiring",
        "webhook.deliveries_exhausted",
        "webhook.replay_failed",
    }
)
_TENANT = f"str_{'0' * 26}"


async def judge_rare_events() -> None:
    """Each of them that the log holds is as its schema says."""
    statement = Statement(dialect())
    found = await fetch(
        f"SELECT position FROM event WHERE {statement.among('kind', RARE)} LIMIT 20",
        *statement.params,
    )
    for event in await events.at([row[0] for row in found]):
        body = json.loads(body_of(event, _TENANT, "sandbox"))
        assert list(problems(envelope(event.kind), body)) == [], event.kind
