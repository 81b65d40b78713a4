"""Subscriptions as server-sent events: framing, resuming, ending."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from resolvers.http import Limits
from tests.http.conftest import Served, codes, post_to, serving
from tests.http.toy import SECRET, closed_streams

EVENTS = "text/event-stream"
COUNT = (
    "subscription ($to: Int!, $pause: Float) { count(to: $to, pause: $pause) { number loaders } }"
)


@dataclass
class Event:
    """One event as a browser dispatches it."""

    kind: str
    identifier: str | None
    data: Any


def dispatched(text: str) -> list[Event]:
    """The events of a stream, read as a browser does: no data line, no event."""
    events = []
    for block in text.split("\n\n")[:-1]:
        fields = [line.partition(":") for line in block.split("\n") if not line.startswith(":")]
        found = {name: value.removeprefix(" ") for name, _, value in fields}
        if "data" in found:
            data = json.loads(found["data"]) if found["data"] else None
            events.append(Event(found.get("event", "message"), found.get("id"), data))
    return events


@asynccontextmanager
async def streaming(
    served: Served, client: httpx2.AsyncClient, query: str, **options: Any
) -> AsyncIterator[httpx2.Response]:
    headers = {"accept": EVENTS, **options.pop("headers", {})}
    asked = {"query": query, "variables": options.pop("variables", None)}
    async with client.stream("POST", served.url, json=asked, headers=headers) as response:
        yield response


async def test_each_event_has_its_cursor_as_id_and_the_stream_is_completed(
    served: Served, client: httpx2.AsyncClient
) -> None:
    async with streaming(served, client, COUNT, variables={"to": 2, "pause": 0}) as response:
        text = (await response.aread()).decode()

    first, second, end = dispatched(text)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in response.headers
    assert (first.kind, first.identifier) == ("next", "c1")
    assert first.data == {"data": {"count": {"number": 1, "loaders": 0}}}
    assert (second.identifier, second.data["data"]["count"]["loaders"]) == ("c2", 1)
    assert end == Event("complete", None, None)


async def test_events_arrive_when_they_happen(served: Served, client: httpx2.AsyncClient) -> None:
    async with streaming(served, client, COUNT, variables={"to": 100, "pause": 60}) as response:
        async for text in response.aiter_text():
            assert '"number":1' in text
            break


async def test_a_native_event_source_resumes_where_it_was(
    served: Served, client: httpx2.AsyncClient
) -> None:
    query = "subscription { count(to: 4) { number } }"
    headers = {"accept": EVENTS, "last-event-id": "c2", "cache-control": "no-cache"}

    response = await client.get(served.url, params={"query": query}, headers=headers)

    assert [event.identifier for event in dispatched(response.text)] == ["c3", "c4", None]


async def test_a_query_and_a_mutation_are_answered_as_one_event(
    served: Served, client: httpx2.AsyncClient
) -> None:
    query = await post_to(served, client, "{ hello }", accept=EVENTS)
    mutation = await post_to(
        served, client, 'mutation { rename(name: "n") { number } }', accept=EVENTS
    )

    assert [event.kind for event in dispatched(query.text)] == ["next", "complete"]
    assert dispatched(query.text)[0].data["data"] == {"hello": "hello world"}
    assert dispatched(mutation.text)[0].data["data"] == {"rename": {"number": "n"}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($n: Int!) { count(to: $n) { number } }", "BAD_USER_INPUT"),
        ("subscription A { failing } subscription B { failing }", "OPERATION_RESOLUTION_FAILED"),
        ("subscription { neverStarting }", "INTERNAL"),
    ],
)
async def test_a_subscription_that_cannot_run_is_one_event_with_its_errors(
    served: Served, client: httpx2.AsyncClient, query: str, code: str
) -> None:
    response = await post_to(served, client, query, accept=EVENTS)

    error, end = dispatched(response.text)
    assert response.status_code == 200
    assert (error.kind, end.kind) == ("next", "complete")
    assert error.data["errors"][0]["extensions"]["code"] == code
    assert error.data["errors"][0]["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "data" not in error.data
    assert SECRET not in response.text


async def test_an_error_in_the_middle_of_a_stream_is_masked_and_ends_it(
    served: Served, client: httpx2.AsyncClient
) -> None:
    response = await post_to(served, client, "subscription { failing }", accept=EVENTS)

    good, bad, end = dispatched(response.text)
    assert good.data == {"data": {"failing": 1}}
    assert bad.data["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert end.kind == "complete"
    assert SECRET not in response.text


async def test_a_caller_without_the_right_gets_a_status_not_a_stream(
    served: Served, client: httpx2.AsyncClient
) -> None:
    query = "subscription { guarded }"

    nobody = await post_to(served, client, query, accept=EVENTS)
    bob = await post_to(served, client, query, accept=EVENTS, token="bob")
    forged = await post_to(served, client, query, accept=EVENTS, token="forged")
    alice = await post_to(served, client, query, accept=EVENTS, token="alice")

    assert (nobody.status_code, codes(nobody)) == (401, ["UNAUTHENTICATED"])
    assert (bob.status_code, codes(bob)) == (403, ["FORBIDDEN"])
    assert forged.status_code == 401
    assert dispatched(alice.text)[0].data == {"data": {"guarded": 1}}


async def test_a_silent_stream_beats(client: httpx2.AsyncClient) -> None:
    with serving(limits=Limits(heartbeat_seconds=0.02)) as served:
        async with streaming(served, client, "subscription { silent }") as response:
            async for text in response.aiter_text():
                assert text.startswith(":\n\n")
                break


async def test_a_client_that_leaves_ends_its_subscription(
    served: Served, client: httpx2.AsyncClient
) -> None:
    headers = {"x-request-id": "leaving"}
    async with streaming(
        served, client, COUNT, variables={"to": 9, "pause": 60}, headers=headers
    ) as response:
        async for _ in response.aiter_text():
            break

    await eventually(lambda: "leaving" in closed_streams)


async def test_a_stream_ends_when_the_token_does(client: httpx2.AsyncClient) -> None:
    with serving() as served:
        served.tokens.ends["alice.short"] = datetime.now(UTC) + timedelta(milliseconds=300)
        response = await post_to(
            served, client, "subscription { silent }", accept=EVENTS, token="alice.short"
        )

    error, end = dispatched(response.text)
    assert error.data["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert end.kind == "complete"


async def test_a_stream_learns_that_its_token_was_revoked(client: httpx2.AsyncClient) -> None:
    with serving() as served:
        async with streaming(
            served, client, "subscription { revoked }", headers={"authorization": "Bearer bob"}
        ) as response:
            text = ""
            async for part in response.aiter_text():
                text += part
                served.tokens.known.pop("bob", None)

    first, *_, error, end = dispatched(text)
    assert first.data == {"data": {"revoked": "acc_bob"}}
    assert error.data["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert end.kind == "complete"


async def test_a_server_that_stops_ends_its_streams_without_completing_them(
    client: httpx2.AsyncClient,
) -> None:
    with serving() as served:
        async with streaming(served, client, COUNT, variables={"to": 9, "pause": 60}) as response:
            text = ""
            async for part in response.aiter_text():
                text += part
                served.stop_streams()
        refused = await post_to(served, client, COUNT, {"to": 1}, accept=EVENTS)
        query = await post_to(served, client, "{ hello }")

    assert [event.kind for event in dispatched(text)] == ["next"]
    assert (refused.status_code, codes(refused)) == (503, ["UNAVAILABLE"])
    assert refused.headers["retry-after"] == "1"
    assert query.status_code == 200


async def test_a_caller_holds_a_bounded_number_of_streams(client: httpx2.AsyncClient) -> None:
    with serving(limits=Limits(subscriptions=1)) as served:
        async with streaming(served, client, COUNT, variables={"to": 9, "pause": 60}) as response:
            parts = response.aiter_text()
            await anext(parts)
            second = await post_to(served, client, COUNT, {"to": 1}, accept=EVENTS)
            other = await post_to(
                served, client, COUNT, {"to": 1, "pause": 0}, accept=EVENTS, token="bob"
            )
            served.stop_streams()

    assert (second.status_code, codes(second)) == (429, ["RATE_LIMITED"])
    assert other.status_code == 200


async def eventually(fact: Any) -> None:
    """Wait until the fact is true, or fail."""
    async with asyncio.timeout(5):
        while not fact():  # noqa: ASYNC110 - the fact is of another thread
            await asyncio.sleep(0.01)
