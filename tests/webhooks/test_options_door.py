"""The order and the pace of an endpoint through the door, and cursors of another log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain import cursors
from domain.cursors import Cursors
from tests.api import Api, served
from webhooks.models import Endpoint

_SHOWN = "ordering onBlocked skipAfterSeconds maxRatePerSecond maxConcurrency"
_ANSWER = f"{{ endpoint {{ id {_SHOWN} }} userErrors {{ code path rule }} }}"
CREATE = f"""mutation($input: WebhookEndpointCreateInput!) {{
  webhookEndpointCreate(input: $input) {_ANSWER} }}"""
UPDATE = f"""mutation($input: WebhookEndpointUpdateInput!) {{
  webhookEndpointUpdate(input: $input) {_ANSWER} }}"""
RESUME = f"""mutation($input: WebhookEndpointResumeInput!) {{
  webhookEndpointResume(input: $input) {_ANSWER} }}"""
READ = f"query($id: ID!) {{ webhookEndpoint(id: $id) {{ {_SHOWN} }} }}"
URL = "http://127.0.0.1:9/"
STANDARD = {
    "ordering": "PER_SUBJECT",
    "onBlocked": "HOLD",
    "skipAfterSeconds": 3600,
    "maxRatePerSecond": None,
    "maxConcurrency": None,
}
CHOSEN = {
    "ordering": "NONE",
    "onBlocked": "SKIP_AFTER",
    "skipAfterSeconds": 604_800,
    "maxRatePerSecond": 1_000,
    "maxConcurrency": 100,
}
BOUNDED = ("skipAfterSeconds", "maxRatePerSecond", "maxConcurrency")


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with served(database_url, webhook_allow=("127.0.0.0/8",)) as one:
        yield one


async def _create(api: Api, **options: Any) -> dict[str, Any]:
    asked = {"structureId": api.world.parties.supplier.id, "url": URL} | options
    answer = await api("erp")(CREATE, input=asked)
    assert answer.payload["userErrors"] == []
    shown: dict[str, Any] = answer.payload["endpoint"]
    return shown


async def test_options_are_created_read_and_changed_as_they_were_given(api: Api) -> None:
    standard = await _create(api)
    assert standard == {"id": standard["id"]} | STANDARD
    endpoint = await _create(api, **CHOSEN)
    assert (await api("erp")(READ, id=endpoint["id"])).payload == CHOSEN

    one = await api("erp")(UPDATE, input={"id": endpoint["id"], "maxRatePerSecond": None})
    assert one.payload["endpoint"] == endpoint | {"maxRatePerSecond": None}
    await api("erp")(UPDATE, input={"id": endpoint["id"]} | STANDARD)

    assert (await api("erp")(READ, id=endpoint["id"])).payload == STANDARD


async def test_who_may_not_neither_reads_nor_changes_options(api: Api) -> None:
    endpoint = await _create(api)
    asked = {"structureId": api.world.parties.supplier.id, "url": URL} | CHOSEN

    created = await api("recipient")(CREATE, input=asked)
    changed = await api("recipient")(UPDATE, input={"id": endpoint["id"]} | CHOSEN)
    read = await api("recipient")(READ, id=endpoint["id"])

    for refused in (created, changed):
        assert (refused.payload or {}).get("endpoint") is None
    assert read.payload is None
    (kept,) = await Endpoint.filter(url=URL)
    assert kept.id == endpoint["id"]
    assert (kept.ordering.value, kept.max_rate) == ("PER_SUBJECT", None)


@pytest.mark.parametrize("wrong", [0, -1, 2_000_000])
async def test_options_outside_their_bounds_are_refused_all_at_once(api: Api, wrong: int) -> None:
    endpoint = await _create(api)
    bad = dict.fromkeys(BOUNDED, wrong)
    asked = {"structureId": api.world.parties.supplier.id, "url": URL} | bad

    created = await api("erp")(CREATE, input=asked)
    changed = await api("erp")(UPDATE, input={"id": endpoint["id"]} | bad)

    for refused in (created, changed):
        errors = refused.payload["userErrors"]
        assert [(e["rule"], e["path"]) for e in errors] == [
            ("BDR-WHK-020", [name]) for name in BOUNDED
        ]
    assert (await api("erp")(READ, id=endpoint["id"])).payload == STANDARD


async def test_resuming_since_a_cursor_of_another_log_or_an_altered_one_is_refused(
    api: Api,
) -> None:
    endpoint = await _create(api)
    good = cursors.event(1)
    another_life = Cursors(b"", cursors._cursors.epoch + 1)
    another_life._key = cursors._cursors._key
    altered = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")

    for cursor, rule in ((another_life.event(1), "BDR-EVT-003"), (altered, "BDR-EVT-001")):
        given = {"id": endpoint["id"], "start": "SINCE", "cursor": cursor}
        answer = await api("erp")(RESUME, input=given)

        assert [(e["rule"], e["path"]) for e in answer.payload["userErrors"]] == [
            (rule, ["cursor"])
        ]
