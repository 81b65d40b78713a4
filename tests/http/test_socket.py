"""Operations over WebSocket, seen by an independent client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from resolvers.http import Limits
from tests.http.conftest import Served, serving
from tests.http.test_events import eventually
from tests.http.toy import SECRET, Mutation, closed_streams

PROTOCOL = "graphql-transport-ws"
COUNT = (
    "subscription ($to: Int!, $pause: Float) { count(to: $to, pause: $pause) { number loaders } }"
)


class Socket:
    """A client that speaks JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> Any:
        return json.loads(await self.connection.recv())

    async def subscribe(self, identifier: str, query: Any, **payload: Any) -> None:
        await self.send(id=identifier, type="subscribe", payload={"query": query, **payload})

    async def closed(self) -> tuple[int | None, str | None]:
        """Read until the server closes, and say how it did."""
        with suppress(ConnectionClosed):
            while True:
                await self.connection.recv()
        return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def connected(served: Served, **options: Any) -> AsyncIterator[Socket]:
    async with connect(served.ws, subprotocols=[PROTOCOL], **options) as connection:  # type: ignore[list-item]  # a str is a Subprotocol
        yield Socket(connection)


@asynccontextmanager
async def ready(served: Served, token: str | None = None) -> AsyncIterator[Socket]:
    async with connected(served) as socket:
        payload = {"Authorization": f"Bearer {token}"} if token else None
        await socket.send(type="connection_init", payload=payload)
        assert (await socket.receive())["type"] == "connection_ack"
        yield socket


async def test_the_acknowledgement_tells_the_terms(served: Served) -> None:
    async with connected(served) as socket:
        await socket.send(type="connection_init", payload={"Authorization": "Bearer alice"})
        ack = await socket.receive()

    terms = ack["payload"]
    assert ack["type"] == "connection_ack"
    assert terms["maxSubscriptions"] == 20
    assert datetime.fromisoformat(terms["expiresAt"]) > datetime.fromisoformat(terms["serverTime"])


async def test_nobody_may_connect_without_a_token(served: Served) -> None:
    async with connected(served) as socket:
        await socket.send(type="connection_init")
        ack = await socket.receive()
        await socket.subscribe("1", "{ who }")
        answer = await socket.receive()

    assert ack["payload"]["expiresAt"] is None
    assert answer["payload"]["data"] == {"who": "anonymous"}


async def test_a_subscription_sends_each_event_then_completes(served: Served) -> None:
    async with ready(served, "alice") as socket:
        await socket.subscribe("s", COUNT, variables={"to": 2, "pause": 0})
        messages = [await socket.receive() for _ in range(3)]

    assert [m["type"] for m in messages] == ["next", "next", "complete"]
    assert {m["id"] for m in messages} == {"s"}
    assert messages[1]["payload"] == {"data": {"count": {"number": 2, "loaders": 1}}}


async def test_queries_and_mutations_work_over_the_socket_at_the_same_price(
    served: Served,
) -> None:
    async with ready(served, "alice") as socket:
        await socket.subscribe("q", "query A { who } query B { hello }", operationName="A")
        query, end = await socket.receive(), await socket.receive()
        await socket.subscribe("q", 'mutation { rename(name: "w") { number } }')
        mutation = await socket.receive()

    assert (query["type"], end["type"]) == ("next", "complete")
    assert query["payload"]["data"] == {"who": "acc_alice"}
    assert mutation["payload"]["data"] == {"rename": {"number": "w"}}
    assert mutation["payload"]["extensions"]["cost"]["requested"] == 11


async def test_each_operation_has_a_context_of_its_own(served: Served) -> None:
    async with ready(served) as socket:
        identifiers = set()
        for name in ("a", "b"):
            await socket.subscribe(name, "{ requestId }")
            identifiers.add((await socket.receive())["payload"]["data"]["requestId"])
            await socket.receive()

    assert len(identifiers) == 2


async def test_operations_run_side_by_side_and_end_alone(served: Served) -> None:
    async with ready(served) as socket:
        await socket.subscribe("slow", COUNT, variables={"to": 2, "pause": 60})
        await socket.receive()
        await socket.subscribe("id", "{ requestId }")
        await socket.subscribe("quick", "{ hello }")
        ids = [(await socket.receive())["id"] for _ in range(4)]
        await socket.send(id="slow", type="complete")
        await socket.subscribe("slow", "{ hello }")
        again = await socket.receive()

    assert sorted(ids) == ["id", "id", "quick", "quick"]
    assert again["payload"]["data"] == {"hello": "hello world"}


async def test_leaving_ends_every_subscription(served: Served) -> None:
    before = len(closed_streams)
    async with ready(served) as socket:
        for name in "ab":
            await socket.subscribe(name, COUNT, variables={"to": 2, "pause": 60})
            await socket.receive()

    await eventually(lambda: len(closed_streams) == before + 2)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($n: Int!) { count(to: $n) { number } }", "BAD_USER_INPUT"),
        ("{ invoices(first: 100) { nodes { lines { label } } } }", "COST_EXCEEDED"),
        ("{" + "me {" * 12 + "hello" + "}" * 13, "TOO_LARGE"),
        ("subscription { guarded }", "UNAUTHENTICATED"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILED"),
    ],
)
async def test_an_operation_that_cannot_run_is_an_error_message(
    served: Served, query: str, code: str
) -> None:
    async with ready(served) as socket:
        await socket.subscribe("x", query)
        message = await socket.receive()
        await socket.subscribe("x", "{ hello }")
        following = await socket.receive()

    assert (message["id"], message["type"]) == ("x", "error")
    assert message["payload"][0]["extensions"]["code"] == code
    assert message["payload"][0]["extensions"]["requestId"].startswith("req_")
    assert following["type"] == "next"


async def test_errors_are_masked_on_the_socket_too(served: Served) -> None:
    async with ready(served) as socket:
        for query in ("{ broken }", "subscription { failing }", "subscription { neverStarting }"):
            await socket.subscribe("x", query)
            messages: list[Any] = []
            while not messages or messages[-1]["type"] != "complete":
                messages.append(await socket.receive())
            assert messages[-2]["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
            assert SECRET not in str(messages)


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        (["not json"], 4400, "Messages are JSON"),
        ([b"\x00\x01"], 4400, "Messages are text"),
        (["[]"], 4400, "Messages are JSON objects"),
        (["null"], 4400, "Messages are JSON objects"),
        (["[" * 5_000], 4400, "Messages are JSON"),
        (['{"type":"nothing"}'], 4400, "Unknown type of message"),
        (["{}"], 4400, "Unknown type of message"),
        (['{"type":"start","id":"1"}'], 4400, "Unknown type of message"),
        (['{"type":"subscribe","id":"1","payload":{"query":"{hello}"}}'], 4401, "Unauthorized"),
        (['{"type":"connection_init"}'] * 2, 4429, "Too many initialisation requests"),
        (
            ['{"type":"connection_init","payload":{"Authorization":"Bearer forged"}}'],
            4403,
            "Token refused",
        ),
        (
            ['{"type":"connection_init","payload":{"Authorization":3}}'],
            4400,
            "Authorization must be a string",
        ),
    ],
)
async def test_a_message_against_the_protocol_closes_the_socket(
    served: Served, messages: list[str | bytes], code: int, reason: str
) -> None:
    async with connected(served) as socket:
        for message in messages:
            await socket.connection.send(message)

        assert await socket.closed() == (code, reason)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribe", "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": 3, "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": "x" * 65, "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": "é\n", "payload": {"query": "{ hello }"}},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": {}},
        {"type": "subscribe", "id": "1", "payload": {"query": 3}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": []}},
        {"type": "complete"},
    ],
)
async def test_a_malformed_operation_closes_the_socket(
    served: Served, message: dict[str, Any]
) -> None:
    async with ready(served) as socket:
        await socket.send(**message)

        assert (await socket.closed())[0] == 4400


async def test_an_id_in_use_closes_the_socket(served: Served) -> None:
    async with ready(served) as socket:
        for _ in range(2):
            await socket.subscribe("twice", "subscription { silent }")

        assert await socket.closed() == (4409, "Subscriber for twice already exists")


async def test_a_message_too_large_closes_the_socket(served: Served) -> None:
    async with connected(served) as socket:
        await socket.connection.send(json.dumps({"type": "ping", "payload": "x" * 1_100_000}))

        assert (await socket.closed())[0] == 1009


async def test_only_the_current_protocol_is_spoken(served: Served) -> None:
    async with connect(served.ws, subprotocols=["graphql-ws"]) as old:  # type: ignore[list-item]  # a str is a Subprotocol
        assert (await Socket(old).closed())[0] == 4406
    async with connect(served.ws) as none:
        assert (await Socket(none).closed())[0] == 4406


async def test_a_ping_is_answered_with_its_payload(served: Served) -> None:
    async with connected(served) as socket:
        await socket.send(type="ping", payload={"at": 1})
        with_payload = await socket.receive()
        await socket.send(type="ping")
        without = await socket.receive()
        await socket.send(type="pong")

    assert with_payload == {"type": "pong", "payload": {"at": 1}}
    assert without == {"type": "pong"}


async def test_the_server_pings_and_closes_when_the_token_ends() -> None:
    with serving(limits=Limits(ping_seconds=0.05)) as served:
        served.tokens.ends["alice.short"] = datetime.now(UTC) + timedelta(milliseconds=500)
        async with ready(served, "alice.short") as socket:
            ping = await socket.receive()
            closed = await socket.closed()

    assert ping == {"type": "ping"}
    assert closed == (4403, "Token expired")


async def test_a_client_that_never_says_who_it_is_is_closed() -> None:
    with serving(limits=Limits(init_seconds=0.05)) as served:
        async with connected(served) as socket:
            assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_a_server_that_stops_asks_to_connect_again(served: Served) -> None:
    with serving() as stopping:
        async with ready(stopping) as socket:
            await socket.subscribe("s", "subscription { silent }")
            stopping.stop_streams()

            assert (await socket.closed())[0] == 1012


async def test_a_connection_runs_a_bounded_number_of_operations() -> None:
    with serving(limits=Limits(subscriptions=2)) as served:
        async with ready(served) as socket:
            for name in "ab":
                await socket.subscribe(name, "subscription { silent }")
            await socket.subscribe("c", "{ hello }")
            message = await socket.receive()

    assert (message["id"], message["type"]) == ("c", "error")
    assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_a_caller_holds_a_bounded_number_of_connections() -> None:
    with serving(limits=Limits(connections=1)) as served:
        async with ready(served, "alice"):
            async with connected(served) as second:
                await second.send(type="connection_init", payload={"Authorization": "Bearer alice"})
                assert await second.closed() == (4429, "Too many connections")
            async with ready(served, "bob"):
                pass


async def test_the_price_is_taken_from_the_same_bucket_as_over_http(
    client: httpx2.AsyncClient,
) -> None:
    with serving(limits=Limits(cost=20, bucket=30, refill_per_second=1)) as served:
        async with ready(served, "alice") as socket:
            before = Mutation.counter
            for name in "abc":
                await socket.subscribe(name, 'mutation { rename(name: "p") { number } }')
            kinds = [await socket.receive() for _ in range(5)]

    refused = [m for m in kinds if m["type"] == "error"]
    assert Mutation.counter == before + 2
    assert refused[0]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert refused[0]["payload"][0]["extensions"]["retryAfterSeconds"] > 0


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        (None, True),
        ("https://app.example", True),
        ("https://evil.example", False),
        ("null", False),
    ],
)
async def test_pages_of_other_origins_cannot_connect(origin: str | None, accepted: bool) -> None:
    with serving(allowed_origins=("https://app.example",)) as served:
        if accepted:
            async with connected(served, origin=origin):
                return
        with pytest.raises(InvalidStatus, match="403"):
            async with connected(served, origin=origin):
                pass


async def test_the_page_of_the_server_itself_can_connect(served: Served) -> None:
    async with connected(served, origin=f"http://127.0.0.1:{served.port}"):
        pass
