"""Every example of the explorer works on the demonstration data."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from graphql import parse, validate
from websockets.asyncio.client import connect

from resolvers.graphiql import Example, read_examples
from resolvers.root import schema
from tests.graphiql.served import Served

EXAMPLES = read_examples()
PLACEHOLDER = re.compile(r"\$(today|unique|[a-zA-Z]\w*(?:\.\w+)+)\b")
[CREATES_AN_ENDPOINT] = (one for one in EXAMPLES if one.name == "erp_3_webhook_create")
# The example that shows what a refusal looks like: its totals do not add up.
REFUSED_ON_PURPOSE = {"supplier_2_validate": ["totalVat", "totalGross"]}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_fits_the_schema(example: Example) -> None:
    for document in filter(None, (example.document, example.find)):
        assert validate(schema._schema, parse(document)) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_an_example_works_for_its_persona(example: Example, served: Served) -> None:
    headers = {"Authorization": f"Bearer {await served.token(example.persona)}"}
    async with httpx2.AsyncClient(base_url=served.url, headers=headers, timeout=30) as http:
        if "webhookEndpoints" in str(example.find):
            await asked(http, CREATES_AN_ENDPOINT)
        variables = await variables_of(http, example)
        if example.kind == "subscription":
            frame = await first_frame(served.url, headers, example.document, variables)
            assert frame["eventStream"]["__typename"] == "StreamReady"
            return

        data = await answer_to(http, example.document, variables)

    assert all(value is not None for value in data.values())
    if example.kind == "mutation":
        [payload] = data.values()
        refused = [e["path"][-1] for e in payload["userErrors"] if e["severity"] == "ERROR"]
        assert refused == REFUSED_ON_PURPOSE.get(example.name, []), payload["userErrors"]


async def test_what_the_example_pays_is_of_a_structure_that_reports_payment(
    served: Served,
) -> None:
    [pay] = (one for one in EXAMPLES if one.name == "recipient_4_pay")
    several = (
        str(pay.find)
        .replace("first: 1", "first: 5")
        .replace("{ id }", "{ availableActions { action enabled } }")
    )
    headers = {"Authorization": f"Bearer {await served.token('recipient')}"}

    async with httpx2.AsyncClient(base_url=served.url, headers=headers, timeout=30) as http:
        found = (await answer_to(http, several, {}))["invoices"]["nodes"]

    assert len(found) == 5
    assert all({"action": "PAY", "enabled": True} in one["availableActions"] for one in found)


def test_a_document_within_a_variable_keeps_its_own_variables() -> None:
    document = "query ($event: ID!) { event(id: $event) { id } }"

    assert filled({"document": document, "id": "$a.0"}, {"a": ["x"]}) == {
        "document": document,
        "id": "x",
    }


async def asked(http: httpx2.AsyncClient, example: Example) -> dict[str, Any]:
    """The data that an example gets."""
    return await answer_to(http, example.document, await variables_of(http, example))


async def variables_of(http: httpx2.AsyncClient, example: Example) -> dict[str, Any]:
    """The variables of an example, with what its query finds."""
    found = await answer_to(http, example.find, {}) if example.find else {}
    return dict(filled(dict(example.variables or {}), found))


async def answer_to(
    http: httpx2.AsyncClient, document: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The data of an answer that has no errors."""
    answer = (await http.post("/graphql", json={"query": document, "variables": variables})).json()
    assert "errors" not in answer, answer
    return dict(answer["data"])


async def first_frame(
    url: str, headers: Mapping[str, str], document: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """What a subscription says first."""
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    async with (
        asyncio.timeout(30),
        connect(address, subprotocols=["graphql-transport-ws"]) as socket,  # type: ignore[list-item]
    ):
        await socket.send(json.dumps({"type": "connection_init", "payload": headers}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        asked = {"query": document, "variables": variables}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
        told = json.loads(await socket.recv())
    assert told["type"] == "next", told
    return dict(told["payload"]["data"])


def filled(value: Any, found: Mapping[str, Any]) -> Any:
    """The variables with their placeholders replaced, by the rules of the page."""
    if isinstance(value, list):
        return [filled(one, found) for one in value]
    if isinstance(value, dict):
        return {key: filled(one, found) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    if whole := PLACEHOLDER.fullmatch(value):
        return value_of(whole[1], found)
    return PLACEHOLDER.sub(lambda match: str(value_of(match[1], found)), value)


def value_of(path: str, found: Any) -> Any:
    """What a placeholder stands for."""
    if path == "today":
        return datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")).date().isoformat()
    if path == "unique":
        return secrets.token_hex(4).upper()
    for step in path.split("."):
        if found is None:
            return None
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found
