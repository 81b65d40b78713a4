"""Our own errors stay ours; the caller gets a code and a request id."""

from __future__ import annotations

import httpx2
import pytest
import structlog.testing
from graphql import GraphQLError

from domain.errors import Denied, Refused
from resolvers.http import Limits, Statuses
from resolvers.http.errors import CODES, Code, code_of
from resolvers.http.statuses import TABLE, Media, Outcome
from tests.http.conftest import GRAPHQL, JSON, Post, codes, post_to, serving
from tests.http.toy import SECRET


@pytest.mark.parametrize("field", ["broken", "brokenSerialisation", "uncoded"])
async def test_an_internal_error_is_masked_and_logged_without_the_operation(
    post: Post, field: str
) -> None:
    query = f'query Q {{ hello(name: "private words") {field} }}'
    with structlog.testing.capture_logs() as logs:
        response = await post(query, headers={"x-request-id": "r-1"})

    (error,) = response.json()["errors"]
    assert response.status_code == 200
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "r-1"}
    assert error["path"] == [field]
    assert SECRET not in response.text
    (line,) = (one for one in logs if one["event"] == "graphql.internal_error")
    assert (line["request_id"], line["operation"], line["path"]) == ("r-1", "Q", field)
    assert "private words" not in str(line)


@pytest.mark.parametrize(
    ("field", "code", "message"),
    [
        ("missing", "NOT_FOUND", "Not found."),
        ("badCursor", "BAD_CURSOR", "The cursor belongs to another list."),
        ("said", "BAD_USER_INPUT", "Give one or the other."),
    ],
)
async def test_an_expected_refusal_is_told_in_words(
    post: Post, field: str, code: str, message: str
) -> None:
    response = await post(f"{{ {field} }}")

    (error,) = response.json()["errors"]
    assert (error["extensions"]["code"], error["message"]) == (code, message)
    assert response.json()["data"] == {field: None}


async def test_while_the_database_is_away_one_is_told_to_come_back(post: Post) -> None:
    with structlog.testing.capture_logs() as logs:
        response = await post("{ away }")

    assert (response.status_code, codes(response)) == (503, ["UNAVAILABLE"])
    assert response.headers["retry-after"] == "1"
    assert SECRET not in response.text
    assert [line["event"] for line in logs] == ["graphql.database_away"]


async def test_a_refused_rule_is_named_with_its_french_text(post: Post) -> None:
    (error,) = (await post("{ missing }")).json()["errors"]

    assert error["extensions"]["rules"] == [
        {"rule": "BDR-REQ-001", "path": ["id"], "fr": "Introuvable."}
    ]


async def test_a_resolver_that_needs_a_caller_makes_the_answer_a_401(post: Post) -> None:
    response = await post("{ private }")

    assert (response.status_code, codes(response)) == (401, ["UNAUTHENTICATED"])
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_nullable_argument_left_null_by_a_variable_is_bad_input(post: Post) -> None:
    response = await post("query ($n: String) { a: hello(name: $n) }", {"n": None})

    assert set(codes(response)) == {"BAD_USER_INPUT"}


def test_codes_are_taken_from_one_closed_list() -> None:
    assert {code.value for code in Code} == set(Code.__members__)
    assert code_of(GraphQLError("x", extensions={"code": "INVENTED"})) is Code.INTERNAL
    assert code_of(GraphQLError("x", original_error=Denied("p"))) is Code.FORBIDDEN
    assert code_of(GraphQLError("x", original_error=Refused())) is Code.BAD_USER_INPUT
    assert all(isinstance(code, Code) for _, code in CODES)


async def test_an_operation_that_runs_too_long_is_stopped(client: httpx2.AsyncClient) -> None:
    with serving(limits=Limits(execution_seconds=0.05)) as served:
        response = await post_to(served, client, "{ slow }")

    assert (response.status_code, codes(response)) == (504, ["TIMEOUT"])


async def test_the_statuses_of_the_draft_are_a_setting(client: httpx2.AsyncClient) -> None:
    with serving(statuses=Statuses(validation=422, partial=294)) as served:

        async def status(query: object, accept: str = GRAPHQL) -> int:
            return (await post_to(served, client, query, accept=accept)).status_code

        assert await status("{") == 400
        assert await status("{ nothing }") == 422
        assert await status("query A { hello } query B { hello }") == 422
        assert await status("query ($n: String!) { hello(name: $n) }") == 422
        assert await status(3) == 422
        assert await status("{ hello missing }") == 294
        assert await status("{ hello }") == 200
        assert await status("{ nothing }", JSON) == 200
        assert await status("{ hello missing }", JSON) == 200


def test_every_outcome_has_one_row_in_the_table_of_statuses() -> None:
    assert set(TABLE) == set(Outcome)
    for outcome in Outcome:
        for media in Media:
            assert 200 <= Statuses().of(outcome, media) < 600
