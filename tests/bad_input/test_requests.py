"""Requests that no honest client sends: each gets its status and its code, and writes nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from auth.keys import ALGORITHM
from domain import cursors
from domain.access import Permission
from domain.clock import now
from tests.api import Api
from tests.bad_input.asking import (
    SUBMIT,
    a_key,
    an_invoice_input,
    everything_stored,
    post,
    submit,
)

VIEWER = "{ viewer { id } }"


@pytest.fixture(autouse=True)
async def nothing_is_written(api: Api) -> AsyncIterator[None]:
    """Whatever is sent here, nothing comes of it."""
    before = await everything_stored()
    yield
    assert await everything_stored() == before


def codes(body: Any) -> list[str]:
    return [error["extensions"]["code"] for error in body.get("errors", [])]


MALFORMED: dict[str, Any] = {
    "no operation": {"query": ""},
    "only a comment": {"query": "# nothing"},
    "not GraphQL": {"query": "SELECT * FROM invoice"},
    "an unclosed brace": {"query": "{ viewer { id }"},
    "an unclosed text": {"query": '{ node(id: "x'},
    "an unknown field": {"query": "{ viewer { password } }"},
    "an unknown argument": {"query": "{ invoices(everything: true) { nodes { id } } }"},
    "a value of another type": {"query": '{ invoices(first: "ten") { nodes { id } } }'},
    "an enum that is not": {"query": "{ invoices(order: RANDOM) { nodes { id } } }"},
    "a fragment of itself": {"query": "{ viewer { ...a } } fragment a on Viewer { ...a }"},
    "two anonymous operations": {"query": f"{VIEWER} {VIEWER}"},
    "a name that no operation has": {"query": f"query A {VIEWER}", "operationName": "B"},
    "variables that are a list": {"query": VIEWER, "variables": [1]},
    "a missing variable": {"query": "query($id: ID!) { node(id: $id) { id } }"},
    "an integer beyond 32 bits": {"query": "{ invoices(first: 4294967296) { nodes { id } } }"},
    "an unknown directive": {"query": "{ viewer @everything { id } }"},
    "nothing at all": {},
    "a batch": [{"query": VIEWER}],
    "null": None,
    "a number": 7,
    "a text": "query",
}  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_not_a_request_is_refused_with_its_reason(api: Api, body: Any) -> None:
    status, answer = await post(api, body)

    assert status == 400
    assert set(codes(answer)) <= {
        "BAD_REQUEST", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED",
        "OPERATION_RESOLUTION_FAILED",
    }  # fmt: skip
    assert all(error["message"] and error["extensions"]["requestId"] for error in answer["errors"])


UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "half of an object": b'{"query": "{ viewer',
    "invalid UTF-8": b'{"query": "{ node(id: \\"\xff\xfe\\") { id } }"}',
    "a cut character": '{"query": "{ é'.encode()[:-1],
    "UTF-16": json.dumps({"query": VIEWER}).encode("utf-16"),
    "a lone surrogate": b'{"query": "{ viewer { id } }", "variables": {"a": "\\ud800"}}',
    "an infinite number": b'{"query": "{ viewer { id } }", "variables": {"a": 1e999}}',
    "not a number": b'{"query": "{ viewer { id } }", "variables": {"a": NaN}}',
    "very deep": b"[" * 100_000,
    "deep variables": b'{"query": "{ viewer { id } }", "variables": ' + b'{"a":' * 5_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_is_refused(api: Api, body: bytes) -> None:
    status, answer = await post(api, body)

    assert (status, codes(answer)) == (400, ["BAD_REQUEST"])


async def test_ten_megabytes_are_refused_before_they_are_read(api: Api) -> None:
    content = an_invoice_input(api, comment="x" * 10_000_000)

    status, answer = await post(
        api, {"query": SUBMIT, "variables": {"input": {"invoice": content}}}
    )

    assert status == 413
    assert len(codes(answer)) == 1


async def test_a_long_text_that_fits_the_body_is_told_its_length(api: Api) -> None:
    answer = await submit(api, an_invoice_input(api, comment="x" * 900_000))

    assert answer.user_errors == [("TOO_LONG", ["invoice", "comment"])]
    assert len(answer.payload["userErrors"][0]["message"]) < 500


@pytest.mark.parametrize("place", ["variable", "literal"])
async def test_a_nul_character_is_refused_wherever_it_stands(api: Api, place: str) -> None:
    asked: dict[str, Any] = {
        "variable": {
            "query": "query($id: ID!) { node(id: $id) { id } }",
            "variables": {"id": "inv\0"},
        },
        "literal": {"query": '{ node(id: "inv\\u0000") { id } }'},
    }[place]

    status, answer = await post(api, asked)

    assert status == 400
    assert answer["errors"]


# Tokens


def claims(api: Api, **changes: Any) -> dict[str, Any]:
    at = int(now().timestamp())
    said = {
        "iss": api.auth.issuer,
        "aud": api.auth.audience,
        "sub": api.world.people["supplier"].id,
        "client_id": api.world.erp.id,
        "jti": a_key(),
        "scope": " ".join(Permission),
        "iat": at,
        "exp": at + 600,
    }
    return {**said, **changes}


def sign(api: Api, said: dict[str, Any], key: RSAKey | None = None, **header: Any) -> str:
    head = {"alg": ALGORITHM, "typ": "at+jwt", "kid": api.key.kid, **header}
    return jwt.encode(head, said, key or api.key)


FORGERIES = {
    "expired": lambda api: sign(api, claims(api, exp=int(now().timestamp()) - 1)),
    "for another audience": lambda api: sign(api, claims(api, aud="https://elsewhere.test")),
    "of another issuer": lambda api: sign(api, claims(api, iss="https://elsewhere.test")),
    "signed by a stranger": lambda api: sign(api, claims(api), RSAKey.generate_key(2048)),
    "of an unknown key": lambda api: sign(api, claims(api), kid="another"),
    "of another type": lambda api: sign(api, claims(api), typ="JWT"),
    "without an end": lambda api: sign(api, {k: v for k, v in claims(api).items() if k != "exp"}),
    "of nobody": lambda api: sign(api, claims(api, sub="acc_00000000000000000000000000")),
    "of an endless name": lambda api: sign(api, claims(api, sub="a" * 2_000)),
    "of a closed client": lambda api: sign(api, claims(api, client_id="cli_none")),
    "with a number for a name": lambda api: sign(api, claims(api, sub=7)),
    "beyond time": lambda api: sign(api, claims(api, exp=10**30)),
    "altered": lambda api: sign(api, claims(api))[:-6] + "AAAAAA",
    "cut": lambda api: sign(api, claims(api)).rsplit(".", 1)[0],
    "unsigned": lambda _: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
    "not a token": lambda _: "secret",
    "endless": lambda _: "a." * 50_000,
    "not ASCII": lambda _: "é" * 10,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a_token_that_is_not_ours_is_refused_and_says_where_to_get_one(
    api: Api, forge: Any
) -> None:
    asked = json.dumps({"query": SUBMIT, "variables": {"input": {"idempotencyKey": a_key()}}})

    response = await api.http.post(
        "/graphql",
        content=asked,
        headers=[
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {forge(api)}".encode("latin-1")),
        ],
    )

    assert response.status_code == 401
    assert codes(response.json()) == ["UNAUTHENTICATED"]
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_without_a_token_nothing_is_deposited(api: Api) -> None:
    answer = await submit(api, an_invoice_input(api), persona="anonymous")

    assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])


async def test_a_scope_too_narrow_is_told_what_it_lacks(api: Api) -> None:
    token = api.token("supplier", frozenset({Permission.READ_ISSUED.value}))
    input_ = {"invoice": an_invoice_input(api), "idempotencyKey": a_key()}

    status, answer = await post(api, {"query": SUBMIT, "variables": {"input": input_}}, token=token)

    assert (status, codes(answer)) == (403, ["FORBIDDEN"])
    assert Permission.ISSUE.value in json.dumps(answer["errors"])


# Cursors

PAGE = "query($after: String) { invoices(first: 1, after: $after) { pageInfo { endCursor } } }"
FILTERED = (
    "query($after: String) { invoices(first: 1, after: $after, filter: {types: [AVOIR]}) {"
    " nodes { id } } }"
)
EVENTS = "query($after: EventCursor) { events(after: $after) { endCursor } }"


async def a_page_cursor(api: Api) -> str:
    return str((await api("supplier")(PAGE)).payload["pageInfo"]["endCursor"])


@pytest.mark.parametrize(
    ("query", "persona"),
    [
        (FILTERED, "supplier"),
        ("query($after: String) { structures(after: $after) { nodes { id } } }", "supplier"),
        (
            "query($after: String) { invoices(after: $after, order: OLDEST_FIRST) {"
            " nodes { id } } }",
            "supplier",
        ),
    ],
)
async def test_a_cursor_of_another_list_is_refused(api: Api, query: str, persona: str) -> None:
    answer = await api(persona)(query, after=await a_page_cursor(api))

    assert answer.codes == ["BAD_CURSOR"]


@pytest.mark.parametrize("change", [lambda c: c[:-4], lambda c: "A" + c[1:], lambda c: c[::-1],
                                    lambda c: c + "A" * 50_000, lambda _: "é", lambda _: "",
                                    lambda _: cursors.event(1)])  # fmt: skip
async def test_a_tampered_page_cursor_is_refused(api: Api, change: Any) -> None:
    answer = await api("supplier")(PAGE, after=change(await a_page_cursor(api)))

    assert answer.codes == ["BAD_CURSOR"]


async def test_an_event_cursor_is_ours_untouched_and_of_this_life_of_the_log(api: Api) -> None:
    ours = cursors.event(3)
    foreign = cursors.Cursors(b"another key", 1).event(3)
    page = await a_page_cursor(api)

    for wrong in (ours[:-3], "A" + ours[1:], foreign, page, ours[::-1]):
        answer = await api("supplier")(EVENTS, after=wrong)
        assert answer.codes == ["BAD_CURSOR"], wrong
    assert (await api("supplier")(EVENTS, after="é")).codes == ["BAD_USER_INPUT"]
    assert (await api("supplier")(EVENTS, after=ours)).errors == []


async def test_a_cursor_of_a_log_that_was_restored_is_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cursors.event(3)
    monkeypatch.setattr(cursors._cursors, "epoch", cursors._cursors.epoch + 1)

    answer = await api("supplier")(EVENTS, after=before)

    assert answer.codes == ["BAD_CURSOR"]


@pytest.mark.parametrize("size", [-1, 101, 2**31 - 1])
async def test_a_page_has_its_bounds(api: Api, size: int) -> None:
    for name in ("first", "last"):
        answer = await api("supplier")(f"{{ invoices({name}: {size}) {{ nodes {{ id }} }} }}")
        assert answer.status in (200, 400), answer
        assert len(answer.errors) == 1
    assert (await api("supplier")(f"{{ events(first: {size}) {{ endCursor }} }}")).errors
