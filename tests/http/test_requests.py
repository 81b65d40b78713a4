"""What the endpoint accepts, and what it answers to everything else."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import httpx2
import pytest

from tests.http.conftest import GRAPHQL, JSON, Post, Served, codes, serving
from tests.http.toy import Mutation

URLQL = (
    "application/graphql-response+json, application/graphql+json, application/json,"
    " text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (URLQL, GRAPHQL),
        ("application/json, text/event-stream", JSON),
        ("text/event-stream;q=0.5, application/json", JSON),
        ("text/event-stream, application/json", "text/event-stream"),
        ("application/json;q=0.2, application/graphql-response+json;q=0.9", GRAPHQL),
        ("text/html, application/json;q=0, */*;q=0.1", JSON),
    ],
)
async def test_the_answer_has_the_first_form_that_the_client_accepts(
    post: Post, accept: str | None, answered: str
) -> None:
    response = await post("{ hello }", accept=accept, headers={} if accept else {"accept": ""})

    assert response.status_code == (200 if accept else 406)
    if accept:
        assert response.headers["content-type"] == f"{answered}; charset=utf-8"


async def test_a_request_without_accept_is_answered_in_json(served: Served) -> None:
    body = b'{"query":"{ hello }"}'

    answer = await _raw(
        served,
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body),
    )

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"content-type: application/json; charset=utf-8" in answer


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "multipart/mixed"])
async def test_a_form_that_does_not_exist_is_not_acceptable(post: Post, accept: str) -> None:
    response = await post("{ hello }", accept=accept)

    assert (response.status_code, codes(response)) == (406, ["NOT_ACCEPTABLE"])


async def test_a_subscription_asked_as_plain_json_is_not_acceptable(post: Post) -> None:
    response = await post("subscription { count(to: 1) { number } }")

    assert (response.status_code, codes(response)) == (406, ["NOT_ACCEPTABLE"])
    assert "text/event-stream" in response.text


async def test_a_subscription_is_streamed_to_a_client_that_also_accepts_json(post: Post) -> None:
    response = await post("subscription { count(to: 1) { number } }", accept=URLQL)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"42", 400),
        (b"true", 400),
        (b'"text"', 400),
        (b"[]", 400),
        (b'[{"query":"{ hello }"}]', 400),
        (b"{", 400),
        (b"{}", 400),
        (b'{"query":null}', 400),
        (b'{"query":"{ hello }","variables":[]}', 400),
        (b'{"query":"{ hello }","variables":"x"}', 400),
        (b'{"query":"{ hello }","operationName":3}', 400),
        (b'{"query":"{ hello }","extensions":1}', 400),
        (b'{"query":"\xff\xfe"}', 400),
        (b'{"query":"{ hello }","variables":{"n":"\\ud800"}}', 400),
        (b'{"query":"{ hello }","variables":{"n":NaN}}', 400),
        (b'\xef\xbb\xbf{"query":"{ hello }"}', 400),
        (b"[" * 100_000, 400),
        (b'{"query":"{ hello }","variables":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, 400),
        (b'{"query":"{ hello }","variables":{"n":"' + b"x" * 10_000_000 + b'"}}', 413),
        (b'{"query":"{ hello }"}' + b" " * 10_000_000, 413),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else str(value),
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_an_unreadable_or_malformed_body_is_refused_in_words(
    served: Served, client: httpx2.AsyncClient, body: bytes, status: int, accept: str
) -> None:
    headers = {"content-type": JSON, "accept": accept, "x-request-id": "mine-1"}

    response = await client.post(served.url, content=body, headers=headers)

    error = response.json()["errors"][0]
    assert response.status_code == status
    assert error["extensions"]["code"] == ("TOO_LARGE" if status == 413 else "BAD_REQUEST")
    assert error["extensions"]["requestId"] == "mine-1"
    assert len(error["message"]) > 10
    assert "data" not in response.json()


async def test_a_body_announced_or_streamed_beyond_the_limit_is_refused(
    served: Served, client: httpx2.AsyncClient
) -> None:
    async def chunks() -> Any:
        for _ in range(40):
            yield b" " * 50_000

    response = await client.post(served.url, content=chunks(), headers={"content-type": JSON})

    assert (response.status_code, codes(response)) == (413, ["TOO_LARGE"])


@pytest.mark.parametrize(
    ("content_type", "more"),
    [
        ("", {}),
        ("text/plain", {}),
        ("application/graphql", {}),
        ("multipart/form-data; boundary=x", {}),
        ("application/x-www-form-urlencoded", {}),
        ("application/json; charset=iso-8859-1", {}),
        (JSON, {"content-encoding": "gzip"}),
    ],
)
async def test_only_plain_json_in_utf8_is_read(
    served: Served, client: httpx2.AsyncClient, content_type: str, more: dict[str, str]
) -> None:
    response = await client.post(
        served.url,
        content=b'{"query":"{ hello }"}',
        headers={"content-type": content_type, **more},
    )

    assert (response.status_code, codes(response)) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


@pytest.mark.parametrize("content_type", [JSON, "application/JSON; Charset=UTF-8", JSON + "; x=y"])
async def test_json_is_recognised_however_it_is_written(
    served: Served, client: httpx2.AsyncClient, content_type: str
) -> None:
    response = await client.post(
        served.url, content=b'{"query":"{ hello }"}', headers={"content-type": content_type}
    )

    assert response.json()["data"] == {"hello": "hello world"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
async def test_other_methods_are_not_allowed(
    served: Served, client: httpx2.AsyncClient, method: str
) -> None:
    response = await client.request(method, served.url)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST, OPTIONS"


async def test_a_query_can_be_asked_in_the_url(served: Served, client: httpx2.AsyncClient) -> None:
    asked = {
        "query": "query A($n: String!) { hello(name: $n) } query B { who }",
        "operationName": "A",
        "variables": json.dumps({"n": "Zoé"}),
        "extensions": "{}",
    }

    response = await client.get(served.url, params=asked)

    assert response.json()["data"] == {"hello": "hello Zoé"}


async def test_a_mutation_in_the_url_is_not_executed(
    served: Served, client: httpx2.AsyncClient
) -> None:
    before = Mutation.counter

    response = await client.get(
        served.url, params={"query": 'mutation { rename(name: "x") { number } }'}
    )

    assert (response.status_code, codes(response)) == (405, ["METHOD_NOT_ALLOWED"])
    assert response.headers["allow"] == "POST"
    assert Mutation.counter == before


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "variables={}",
        "query=%FF",
        "query={hello}&variables=[",
        "query={hello}&variables=3",
        "query={hello}&extensions=x",
        "&".join("a=b" for _ in range(100)),
    ],
)
async def test_a_malformed_url_is_refused(
    served: Served, client: httpx2.AsyncClient, query_string: str
) -> None:
    response = await client.get(f"{served.url}?{query_string}")

    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


TWO = "query A { hello } query B { who }"


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        (TWO, None, "OPERATION_RESOLUTION_FAILED"),
        (TWO, "C", "OPERATION_RESOLUTION_FAILED"),
        (TWO, "", "OPERATION_RESOLUTION_FAILED"),
        ("query A { hello }", "B", "OPERATION_RESOLUTION_FAILED"),
        ("fragment F on Query { hello }", None, "OPERATION_RESOLUTION_FAILED"),
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("", None, "GRAPHQL_PARSE_FAILED"),
        ('{ hello(name: "\\ud800") }', None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", None, "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ hello } fragment A on Query { ...B } fragment B on Query { ...A }",
            None,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("query ($n: Missing) { hello(name: $n) }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { count(to: 1) { number } failing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: String!) { hello(name: $n) }", None, "BAD_USER_INPUT"),
        ('{ hello(name: "a\\u0000b") }', None, "BAD_USER_INPUT"),
    ],
)
async def test_an_operation_that_cannot_run_is_a_request_error(
    post: Post, query: str, name: str | None, code: str
) -> None:
    modern = await post(query, name=name)
    legacy = await post(query, name=name, accept=JSON)

    assert (modern.status_code, set(codes(modern))) == (400, {code})
    assert (legacy.status_code, set(codes(legacy))) == (200, {code})
    assert "data" not in modern.json()
    assert "data" not in legacy.json()


async def test_the_named_operation_runs(post: Post) -> None:
    assert (await post(TWO, name="B")).json()["data"] == {"who": "anonymous"}


@pytest.mark.parametrize(
    "variables",
    [
        {"line": {"label": "a\0b"}},
        {"line": {"label": "a", "tags": ["x", "\0"]}},
        {"line": {"label": "a", "\0": 1}},
        {"line": {"label": "a", "tags": ["t"] * 251}},
        {"line": {}},
        {"line": 3},
        {"line": {"label": 3}},
        {"line": {"label": "a", "more": 1}},
        {"line": {"label": 10**30}},
        {"line": [[[[[[1]]]]]]},
    ],
)
async def test_variables_of_the_wrong_type_or_content_are_bad_input(
    post: Post, variables: dict[str, Any]
) -> None:
    response = await post("query ($line: LineInput!) { echo(line: $line) }", variables)

    assert response.status_code == 400
    assert set(codes(response)) == {"BAD_USER_INPUT"}


async def test_an_escaped_backslash_before_u0000_is_no_nul(post: Post) -> None:
    response = await post('{ hello(name: "\\\\u0000") }')

    assert response.json()["data"] == {"hello": "hello \\u0000"}


async def test_unusual_text_comes_back_unchanged(post: Post) -> None:
    text = "\u202eright to left, \U0001f3ca, e\u0301, \u2028, \x7f, \ufeff"

    response = await post("query ($n: String!) { hello(name: $n) }", {"n": text})

    assert response.json()["data"] == {"hello": f"hello {text}"}


async def test_text_that_is_no_unicode_does_not_break_the_answer(post: Post) -> None:
    response = await post("{ oddText }")

    assert (response.status_code, response.json()["data"]) == (200, {"oddText": "\ud800"})


@pytest.mark.parametrize("given", ["abc-DEF_1.2:3", "x" * 64])
async def test_the_request_id_of_the_caller_is_kept(post: Post, given: str) -> None:
    response = await post("{ requestId }", headers={"x-request-id": given})

    assert response.headers["x-request-id"] == given
    assert response.json()["data"] == {"requestId": given}


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "<script>", "é"])
async def test_an_odd_request_id_is_replaced(post: Post, given: str) -> None:
    response = await post("{ requestId }", headers={"x-request-id": given.encode()})

    assert response.headers["x-request-id"].startswith("req_")
    assert response.json()["data"] == {"requestId": response.headers["x-request-id"]}


async def test_a_token_names_the_caller_and_none_is_nobody(post: Post) -> None:
    assert (await post("{ who }")).json()["data"] == {"who": "anonymous"}
    assert (await post("{ who }", token="alice")).json()["data"] == {"who": "acc_alice"}


@pytest.mark.parametrize("header", ["Bearer nobody", "Bearer", "Basic YWxpY2U6", "alice", ""])
async def test_a_token_that_is_not_valid_is_refused_with_a_challenge(
    post: Post, header: str
) -> None:
    response = await post("{ hello }", headers={"authorization": header})

    assert (response.status_code, codes(response)) == (401, ["UNAUTHENTICATED"])
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert "data" not in response.json()


async def test_a_guarded_field_asks_for_a_caller_then_for_its_permission(post: Post) -> None:
    nobody = await post("{ hello guarded }")
    bob = await post("{ hello ...F } fragment F on Query { again: guarded }", token="bob")
    alice = await post("{ hello guarded }", token="alice")

    assert (nobody.status_code, codes(nobody)) == (401, ["UNAUTHENTICATED"])
    assert nobody.headers["www-authenticate"] == "Bearer"
    assert (bob.status_code, codes(bob)) == (403, ["FORBIDDEN"])
    assert 'scope="invoice:issue"' in bob.headers["www-authenticate"]
    assert alice.json()["data"] == {"hello": "hello world", "guarded": "inside"}


async def test_pages_of_allowed_origins_only_can_read_answers(client: httpx2.AsyncClient) -> None:
    with serving(allowed_origins=("https://app.example",)) as served:
        asked = {"query": "{ hello }"}
        ours = await client.post(served.url, json=asked, headers={"origin": "https://app.example"})
        theirs = await client.post(
            served.url, json=asked, headers={"origin": "https://evil.example"}
        )
        preflight = await client.options(
            served.url,
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type,graphql-cost",
            },
        )

    assert ours.headers["access-control-allow-origin"] == "https://app.example"
    assert "X-Request-Id" in ours.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in theirs.headers
    assert preflight.status_code == 200


async def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(
    served: Served, post: Post
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'Content-Length: 1000\r\n\r\n{"query"'
    )
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0"
    )
    writer.close()

    assert (await post("{ hello }")).status_code == 200


async def _raw(served: Served, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
