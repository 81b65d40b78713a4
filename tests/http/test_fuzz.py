"""Whatever is sent, the answer is one of ours: JSON, a known status, never a failure."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import structlog.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.types import ASGIApp

from resolvers.http import Limits, build_graphql
from resolvers.http.errors import Code
from tests.http.toy import Tokens, make_context, schema

KNOWN = {200, 400, 401, 403, 405, 406, 413, 415, 429}
PIECES = (
    "query", "mutation", "subscription", "fragment F on Query", "...F", "...", "on Query", "on",
    "{", "}", "(", ")", "[", "]", "!", "$n", ":", "=", "@skip(if: $n)", "@include(if: true)", "@",
    "hello", "me", "invoices", "nodes", "edges", "node", "first: 3", "last: $n", "ids: [1]",
    "__typename", "__schema", "types", "a:", "Int", "String!", '"x"', '"""', "\\u0000", "1e999",
    "-1", "#", "\n", "rename(name: $n) { number }", "echo(line: {label: $n})", "\0", "\u202e",
)  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["n", "line", "label", "tags", "", "\0"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
documents = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join) | st.text(max_size=40)
requests = st.fixed_dictionaries(
    {"query": documents},
    optional={
        "variables": json_values,
        "operationName": st.none() | st.text(max_size=3) | st.integers(),
        "extensions": json_values,
    },
)
bodies = (
    requests.map(lambda one: json.dumps(one).encode())
    | json_values.map(lambda one: json.dumps(one).encode())
    | st.binary(max_size=60)
)
accepts = st.sampled_from([b"*/*", b"application/json", b"application/graphql-response+json"]) | (
    st.text(max_size=20).map(lambda text: text.encode("latin-1", "ignore"))
)
methods = st.sampled_from(["POST"] * 8 + ["GET", "PUT"])


def application() -> ASGIApp:
    generous = Limits(bucket=10**9, refill_per_second=10**9)
    routes = build_graphql(schema, context=make_context, authenticate=Tokens(), limits=generous)
    return Starlette(routes=routes)


APPLICATION = application()


@settings(max_examples=400, deadline=None)
@given(method=methods, body=bodies, accept=accepts, query_string=st.text(max_size=20))
def test_no_request_makes_the_endpoint_fail(
    method: str, body: bytes, accept: bytes, query_string: str
) -> None:
    headers = [(b"accept", accept), (b"content-type", b"application/json")]

    with structlog.testing.capture_logs() as logs:
        status, sent = asyncio.run(ask(method, body, headers, query_string.encode()))

    answer = json.loads(sent)
    assert status in KNOWN
    assert {"data", "errors"} & set(answer)
    assert {error["extensions"]["code"] for error in answer.get("errors", ())} <= set(Code)
    assert [line for line in logs if line["event"] == "graphql.failed"] == []


async def ask(
    method: str, body: bytes, headers: list[tuple[bytes, bytes]], query_string: bytes
) -> tuple[int, bytes]:
    """One request straight into the application."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": query_string,
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }
    await APPLICATION(scope, receive, send)
    return sent[0]["status"], b"".join(part["body"] for part in sent[1:])
