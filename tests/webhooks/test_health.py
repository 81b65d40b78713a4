"""How well endpoints take their messages, what each attempt sent, and how far the machine is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

import app
from domain import events
from domain.access import Actor, Permission
from domain.clock import Clock
from domain.db import execute, fetch
from domain.select import Select
from domain.structures.models import Structure
from resolvers.loaders import Loaders
from tests.api import served
from tests.make import a_supplier, an_actor
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver, Reply
from webhooks import health, queries, replaying, replays, retention, sent_headers
from webhooks.dispatch import dispatch
from webhooks.health import CLASSES, latency_class, percentile
from webhooks.machine import Machine
from webhooks.models import Attempt, Delivery, Replay
from webhooks.outbound import ErrorKind


def test_a_latency_belongs_to_the_class_that_bounds_it() -> None:
    cases = {0: 1, 1: 1, 4: 5, 5: 5, 6: 7, 999: 1_000, 15_001: 30_000, 90_000: 60_000}

    assert {ms: CLASSES[latency_class(ms)] for ms in cases} == cases


def test_percentiles_are_the_bounds_of_their_classes() -> None:
    classes = {latency_class(ms): count for ms, count in ((3, 50), (10, 44), (700, 6))}

    assert [percentile(classes, share) for share in (0.5, 0.94, 0.95, 1.0)] == [3, 10, 700, 700]
    assert percentile({}, 0.5) is None


async def test_the_health_of_an_endpoint_is_what_came_of_its_attempts(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    site(retry_seconds=(0, 0))
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    silent = await an_endpoint(owner, receiver, kinds=("invoice.submitted",))
    receiver.reply = Reply(503, body=b"closed for works")
    await news(owner)
    await run(machine)
    receiver.reply = Reply()
    for _ in range(3):
        await news(owner)
    await run(machine)
    site(retry_seconds=(60, 60))
    waiting_since = clock.now()
    await news(owner)
    await news(owner)
    await dispatch()
    clock.advance(timedelta(seconds=30))

    found, other = await health.figures([kept.endpoint.id, silent.endpoint.id])

    assert (found.attempts, found.delivered, found.exhausted) == (5, 3, 1)
    assert (found.pending, found.oldest_pending_at, found.lag_seconds) == (2, waiting_since, 30)
    assert found.p50_ms is not None
    assert found.p95_ms is not None
    assert found.last_failure is not None
    failure = found.last_failure
    assert (failure.status, failure.error, failure.excerpt) == (503, "STATUS", "closed for works")
    assert (other.attempts, other.p50_ms, other.last_failure, other.lag_seconds) == (
        0,
        None,
        None,
        0,
    )
    clock.advance(timedelta(hours=26))
    assert (await health.figures([kept.endpoint.id]))[0].attempts == 0


async def test_figures_are_forgotten_after_some_days(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver)
    await news(owner)
    await run(machine)
    assert await health.forget_old() == 0

    clock.advance(timedelta(days=9))

    assert await health.forget_old() > 0
    assert await fetch("SELECT 1 FROM webhook_tally") == []


async def test_an_attempt_keeps_its_headers_but_no_secret(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver)
    await news(owner)
    await run(machine)

    (attempt,) = await Attempt.all()
    (message,) = receiver.messages
    kept = json.loads(attempt.sent or "")
    assert kept["webhook-id"] == message.id
    assert kept["webhook-signature"] == "v1,…"
    assert kept["x-request-id"] == attempt.request_id
    assert message.headers["webhook-signature"] not in (attempt.sent or "")


def test_headers_that_are_not_ours_keep_their_name_alone() -> None:
    given = {
        "content-type": "application/json",
        "Authorization": "Bearer s3cret",
        "x-api-key": "s3cret",
        "webhook-signature": "v1,abc v1a,def",
    }

    kept = sent_headers.kept(given)

    assert "s3cret" not in (kept or "")
    assert json.loads(kept or "") == {
        "content-type": "application/json",
        "Authorization": "…",
        "x-api-key": "…",
        "webhook-signature": "v1,… v1a,…",
    }
    assert sent_headers.kept({}) is None


ATTEMPTS = """query($endpoint: ID!, $since: DateTime, $until: DateTime,
    $errors: [WebhookErrorKind!]) {
  webhookAttempts(endpoint: $endpoint, since: $since, until: $until, errors: $errors) {
    nodes { number status error headers { name value } delivery { eventId } } } }"""
HEALTH = """{ webhookEndpoints { nodes { id health { attempts24h successRate24h p50Ms pending
  lastFailure { status error excerpt } exhausted24h } } } }"""
STATUS = """{ systemStatus { logPosition dispatchedPosition dispatchLagSeconds deliveriesPending
  workersSilentSeconds oldestPendingSeconds activeEndpoints degradedEndpoints pausedEndpoints } }"""


async def test_attempts_are_listed_by_endpoint_moment_and_failure(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    site(retry_seconds=AT_ONCE)
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    other = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    receiver.reply = Reply(500)
    await news(owner)
    await run(machine)
    clock.advance(timedelta(hours=1))
    receiver.reply = Reply()
    await news(owner)
    await run(machine)
    at, mine = clock.now(), kept.endpoint.id

    async def seen(actor: Actor, endpoint: str, *asked: Any) -> list[int]:
        return [row.number for row in await _rows(queries.attempts_of(actor, endpoint, *asked))]

    reader = an_actor(owner)
    assert await seen(reader, mine) == [1, 3, 2, 1]
    assert await seen(reader, mine, at) == [1]
    assert await seen(reader, mine, None, at) == [3, 2, 1]
    assert await seen(reader, mine, None, None, [ErrorKind.STATUS]) == [3, 2, 1]
    assert await seen(reader, mine, None, None, [ErrorKind.TIMEOUT]) == []
    assert await seen(reader, other.endpoint.id) == [1, 3, 2, 1]
    assert await seen(an_actor(await a_supplier()), mine) == []


async def _rows(select: Select) -> list[Any]:
    return await Loaders().rows(select, 50)


async def test_health_attempts_and_status_are_told_to_those_who_may(
    database_url: str, receiver: Receiver
) -> None:
    async with served(database_url, webhook_allow=("127.0.0.0/8",)) as api:
        asked = {"structureId": api.world.parties.supplier.id, "url": receiver.url}
        create = (
            "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input)"
            " { endpoint { id } } }"
        )
        made = await api("erp")(create, input=asked)
        endpoint = made.payload["endpoint"]["id"]
        ping = (
            "mutation($input: WebhookEndpointPingInput!) { webhookEndpointPing(input: $input)"
            " { endpoint { id } } }"
        )
        await api("erp")(ping, input={"id": endpoint})
        await receiver.has(1)
        for _ in range(200):
            listed = await api("erp")(HEALTH)
            figures = {n["id"]: n["health"] for n in listed.payload["nodes"]}[endpoint]
            if figures["attempts24h"]:
                break

        assert figures["successRate24h"] == "100.0"
        assert (figures["pending"], figures["lastFailure"]) == (0, None)
        (attempt,) = (await api("erp")(ATTEMPTS, endpoint=endpoint)).payload["nodes"]
        assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 200, None)
        assert {"name": "webhook-id", "value": receiver.messages[0].id} in attempt["headers"]
        assert (await api("recipient")(ATTEMPTS, endpoint=endpoint)).payload["nodes"] == []
        assert (await api("erp")(STATUS)).codes == ["FORBIDDEN"]
        status = (await api("administrator")(STATUS)).payload
        assert status["logPosition"] >= status["dispatchedPosition"] > 0
        assert (status["degradedEndpoints"], status["pausedEndpoints"]) == (0, 1)
        assert status["workersSilentSeconds"] < 60


@pytest.mark.parametrize(("most", "status"), [(0, 200), (60, 503), (1_000, 200)])
async def test_ready_gives_up_above_the_threshold_asked_for(
    database: str, database_url: str, clock: Clock, most: int, status: int
) -> None:
    """Without a server around it, whose worker would catch up at once."""
    async with events.transaction():
        await execute(
            "INSERT INTO webhook_turn (name, due_at) VALUES ($1, $2)",
            health.HEARTBEAT,
            clock.now() - timedelta(seconds=120),
        )

    answer = await app._readyz(database_url, most)(Request({"type": "http"}))

    assert answer.status_code == status
    assert json.loads(bytes(answer.body))["lag"] == 120


async def test_the_lag_is_that_of_the_machine_whatever_receivers_do(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver)
    receiver.reply = Reply(500)
    await news(owner)
    await run(machine)
    clock.advance(timedelta(hours=1))

    assert await health.lag_seconds() == 0
    assert (await health.system_status()).oldest_pending_seconds == 3_600
    await news(owner)
    clock.advance(timedelta(seconds=90))
    assert await health.lag_seconds() == 90
    assert (await health.system_status()).dispatch_lag_seconds == 90


async def test_what_ended_long_ago_is_forgotten_and_what_is_open_is_not(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    old = await news(owner)
    await run(machine)
    receiver.reply = Reply(500)
    await news(owner)
    await run(machine)
    clock.advance(timedelta(days=91))
    fresh = await news(owner, await a_supplier())
    receiver.reply = Reply()
    await run(machine)

    assert await retention.forget_old() == 1

    left = {d.event_id for d in await Delivery.all()}
    assert old.id not in left
    assert fresh.id in left
    assert await Attempt.filter(delivery_id__not_in=[d.id for d in await Delivery.all()]) == []
    assert (await events.one(old.id)) is not None
    start = replays.Bound(at=old.occurred_at)
    told = await replays.preview(an_actor(owner), replays.ReplayDraft(kept.endpoint.id, start))
    assert told.count + told.waiting == 3


async def test_a_replay_that_goes_on_keeps_what_it_took_up(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    await news(owner)
    await run(machine)
    clock.advance(timedelta(days=91))
    start = replays.Bound(at=clock.now() - timedelta(days=100))
    draft = replays.ReplayDraft(kept.endpoint.id, start)
    started = await replays.start(an_actor(owner), draft)
    await replaying.advance()
    await replaying.advance()

    assert await retention.forget_old() == 0
    await run(machine)
    await replaying.advance()
    assert (await Replay.get(id=started.id)).delivered == 1
    assert await retention.forget_old() == 0


@pytest.mark.parametrize("permission", [Permission.READ_WEBHOOKS, Permission.MANAGE_WEBHOOKS])
async def test_readers_and_managers_of_webhooks_see_replays_and_probes(
    owner: Structure, receiver: Receiver, permission: Permission
) -> None:
    kept = await an_endpoint(owner, receiver)
    start = replays.Bound(at=kept.endpoint.created_at)
    await replays.start(an_actor(owner), replays.ReplayDraft(kept.endpoint.id, start))
    reader = an_actor(owner, permissions=[permission])
    stranger = an_actor(await a_supplier())

    assert len(await _rows(queries.replays(reader))) == 1
    assert await _rows(queries.replays(stranger)) == []
