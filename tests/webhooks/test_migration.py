"""A database filled before endpoints had options keeps every endpoint, delivery and attempt."""

from __future__ import annotations

from domain import events
from domain.db import close_database, engine, execute, fetch, open_database
from domain.migrate import migrate, migrations
from settings import MODELS
from tests.test_migrations import nothing as nothing  # noqa: PLC0414 - the fixture of an empty database
from webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, Ordering

_BEFORE = "webhooks/0002_leases"
_AT = "'2026-11-20 09:00:00+00:00'"
_STRUCTURE, _ENDPOINT = "str_01j9z3x000000000001zzzzzzz", "whe_01j9z3x000000000001zzzzzzz"


async def test_what_was_set_up_and_sent_before_is_all_there(nothing: str) -> None:
    assert _BEFORE in [m.name for m in migrations(engine(nothing)[0])]
    await migrate(nothing, upto=_BEFORE)
    await open_database(nothing, MODELS)
    await _write()
    await close_database()

    await migrate(nothing)

    await open_database(nothing, MODELS)
    (endpoint,) = await Endpoint.all()
    assert (endpoint.url, endpoint.paused_reason) == ("https://erp.example/hook", "GONE")
    assert (endpoint.ordering, endpoint.skip_after_seconds) == (Ordering.PER_SUBJECT, 3600)
    assert [d.state for d in await Delivery.all().order_by("id")] == [
        DeliveryState.PENDING,
        DeliveryState.SKIPPED,
    ]
    (attempt,) = await Attempt.all()
    assert (attempt.number, attempt.status) == (1, 500)
    assert len(await fetch("SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1", _ENDPOINT)) == 2
    await close_database()


async def _write() -> None:
    async with events.transaction():
        await execute(
            "INSERT INTO structure (id, identifier_type, identifier, siren, name, nature, status,"
            " created_at, updated_at) VALUES ($1, 'SIRET', '80000000000001', '800000000', 'Durand',"
            f" 'PRIVATE', 'ACTIVE', {_AT}, {_AT})",
            _STRUCTURE,
        )
        await execute(
            "INSERT INTO webhook_endpoint (id, structure_id, url, description, kinds, wanted,"
            " permissions, status, paused_reason, paused_at, secret, since_position,"
            " consecutive_failures, event_count, created_at, updated_at) VALUES ($1, $2,"
            " 'https://erp.example/hook', '', '[]', '{}', '[]', 'PAUSED', 'GONE',"
            f" {_AT}, 's', 0, 1, 0, {_AT}, {_AT})",
            _ENDPOINT,
            _STRUCTURE,
        )
        for number, state, reason, due, end in (
            (1, "PENDING", None, _AT, "NULL"),
            (2, "SKIPPED", "RESUMED_WITHOUT", "NULL", _AT),
        ):
            await execute(
                "INSERT INTO webhook_delivery (id, endpoint_id, structure_id, event_id, event_kind,"
                " position, subject_id, subject_sequence, body, state, skip_reason, ordered,"
                " attempts, failures, next_attempt_at, created_at, finished_at) VALUES ($1, $2, $3,"
                f" $4, 'structure.updated', $5, $3, $5, '{{}}', $6, $7, TRUE, 1, 1, {due}, {_AT},"
                f" {end})",
                f"whd_{number}",
                _ENDPOINT,
                _STRUCTURE,
                f"evt_{number}",
                number,
                state,
                reason,
            )
        await execute(
            "INSERT INTO webhook_attempt (id, delivery_id, number, at, status, error, excerpt,"
            f" request_id, next_why) VALUES ('wha_1', 'whd_1', 1, {_AT}, 500, 'STATUS', '', 'r',"
            " 'SCHEDULE')"
        )
