"""The price of an operation, what it leaves in the bucket, and the quote."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from graphql import get_introspection_query

from resolvers.http import Limits
from resolvers.http.buckets import Buckets
from resolvers.http.prepared import Preparer
from tests.http.conftest import JSON, Post, codes, post_to, serving
from tests.http.toy import Mutation, schema

PAGE = "{ invoices(first: 50) { nodes { number } } }"
VARIABLE_PAGE = (
    "query ($n: Int) { invoices(first: $n) { edges { node { number lines { label } } } } }"
)


@pytest.mark.parametrize(
    ("query", "variables", "price"),
    [
        ("{ hello who }", {}, 1),
        ("{ me { hello } }", {}, 1),
        ("{ me { me { hello } } }", {}, 2),
        (PAGE, {}, 51),
        ("{ invoices { nodes { number } pageInfo { hasNextPage } } }", {}, 21),
        ("{ invoices(last: 5) { nodes { number } } }", {}, 6),
        ("{ invoices(first: 10) { edges { cursor node { number } } } }", {}, 11),
        ("{ invoices(first: 10) { edges { node { supplier { number } } } } }", {}, 21),
        ("{ invoices(first: 10) { nodes { lines { label } } } }", {}, 1 + 10 * 11),
        ("{ invoices(first: 10) { nodes { lastEvents { label } } } }", {}, 1 + 10 * 4),
        ("{ invoices(first: 10) { nodes { total { amount } } } }", {}, 11),
        ("{ invoices(first: 4) { nodes { credits(first: 5) { number } } } }", {}, 1 + 4 * 6),
        ("{ invoices(first: 4) { nodes { credits { number } } } }", {}, 1 + 4 * 21),
        ('{ nodes(ids: ["a", "b", "c"]) { number } }', {}, 3),
        ("query ($i: [ID!]!) { nodes(ids: $i) { number } }", {"i": ["a", "b"]}, 2),
        (VARIABLE_PAGE, {"n": 3}, 1 + 3 * 11),
        (VARIABLE_PAGE, {"n": 0}, 1),
        (VARIABLE_PAGE, {"n": None}, 1 + 20 * 11),
        (VARIABLE_PAGE, {}, 1 + 20 * 11),
        ('mutation { rename(name: "x") { number } }', {}, 11),
        ("subscription { count(to: 3) { number } }", {}, 2),
        ("{ ...F ...F } fragment F on Query { me { hello } }", {}, 1),
        ("{ ... on Query { me { hello } } a: me { hello } }", {}, 2),
        (
            "{ invoices(first: 9) { nodes { ...A ...B } } }"
            " fragment A on Invoice { supplier { number } }"
            " fragment B on Invoice { supplier { lines { label } } }",
            {},
            1 + 9 * (1 + 1 + 10),
        ),
        (
            "query ($n: Int) { a: me { ...F } b: me { ...F } }"
            " fragment F on Query { invoices(first: $n) { ...P } }"
            " fragment P on InvoicePage { nodes { number } }",
            {"n": 7},
            2 + 2 * 8,
        ),
        (get_introspection_query(), {}, 100),
    ],
)
def test_the_price_follows_the_objects_that_can_come_back(
    query: str, variables: dict[str, Any], price: int
) -> None:
    plan = Preparer(schema._schema, Limits()).read(query, None).cost_plan

    assert plan.cost(variables) == price


async def test_each_answer_carries_its_price(post: Post) -> None:
    response = await post(PAGE)

    cost = response.json()["extensions"]["cost"]
    assert (cost["requested"], cost["actual"]) == (51, 51)
    assert set(cost["bucket"]) == {"max", "remaining", "refillPerSecond"}
    assert response.headers["ratelimit-limit"] == str(cost["bucket"]["max"])
    assert response.headers["ratelimit-remaining"] == str(cost["bucket"]["remaining"])


async def test_what_was_not_sent_is_given_back(client: httpx2.AsyncClient) -> None:
    query = "{ nodes(ids: []) { number } invoices(first: 1) { nodes { lines { label } } } }"
    with serving(limits=Limits(refill_per_second=1)) as served:
        await post_to(served, client, query)
        response = await post_to(served, client, query)

    cost = response.json()["extensions"]["cost"]
    assert (cost["requested"], cost["actual"]) == (12, 4)
    assert cost["bucket"]["remaining"] >= 2_000 - 2 * 4 - 2


async def test_an_operation_dearer_than_the_limit_is_refused(post: Post) -> None:
    query = "query ($n: Int) { invoices(first: $n) { nodes { lines { label } } } }"

    cheap = await post(query, {"n": 10})
    dear = await post(query, {"n": 100})
    legacy = await post(query, {"n": 100}, accept=JSON)

    assert cheap.status_code == 200
    assert (dear.status_code, codes(dear)) == (400, ["COST_EXCEEDED"])
    assert dear.json()["extensions"]["cost"]["requested"] == 1_101
    assert dear.json()["extensions"]["cost"]["actual"] == 0
    assert legacy.status_code == 400


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ invoices(first: 101) { pageInfo { hasNextPage } } }", {}),
        ("{ invoices(last: 1000000000) { nodes { number } } }", {}),
        ("query ($n: Int) { invoices(first: $n) { nodes { number } } }", {"n": 101}),
        ("query ($n: Int = 101) { invoices(first: $n) { nodes { number } } }", {}),
    ],
)
async def test_a_page_larger_than_allowed_is_bad_input(
    post: Post, query: str, variables: dict[str, Any]
) -> None:
    response = await post(query, variables)

    assert (response.status_code, codes(response)) == (400, ["BAD_USER_INPUT"])
    assert "more than 100 items" in response.text


async def test_a_quote_tells_the_price_and_runs_nothing(post: Post) -> None:
    before = Mutation.counter
    quoting = {"GraphQL-Cost": "quote"}

    mutation = await post('mutation { rename(name: "x") { number } }', headers=quoting)
    dear = await post("{ invoices(first: 100) { nodes { lines { label } } } }", headers=quoting)

    assert mutation.status_code == dear.status_code == 200
    assert mutation.json()["data"] is None
    assert mutation.json()["extensions"]["cost"]["requested"] == 11
    assert mutation.json()["extensions"]["cost"]["actual"] == 0
    assert dear.json()["extensions"]["cost"]["requested"] == 1_101
    assert Mutation.counter == before


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_caller_that_asks_too_much_waits(client: httpx2.AsyncClient, accept: str) -> None:
    with serving(limits=Limits(bucket=1_000, refill_per_second=1)) as served:
        query = "{ invoices(first: 90) { nodes { lines { label } } } }"
        answers = [
            await post_to(served, client, query, token="alice", accept=accept) for _ in range(3)
        ]
        refused = answers[-1]
        other = await post_to(served, client, "{ hello }", token="bob", accept=accept)

    assert answers[0].status_code == 200
    assert refused.status_code == 429
    assert codes(refused) == ["RATE_LIMITED"]
    wait = int(refused.headers["retry-after"])
    assert wait == refused.json()["errors"][0]["extensions"]["retryAfterSeconds"] > 0
    assert refused.headers["ratelimit-limit"] == "1000"
    assert other.status_code == 200


async def test_texts_never_seen_are_paid_by_their_length(client: httpx2.AsyncClient) -> None:
    with serving(limits=Limits(cost=10, bucket=60, refill_per_second=1)) as served:
        long = "{ nothing }#" + "x" * 2_900
        answers = [await post_to(served, client, long) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]


def test_a_bucket_empties_refills_and_never_overflows() -> None:
    at = [0.0]
    buckets = Buckets(100, 10, callers=10, now=lambda: at[0])

    assert buckets.take("a", 80) == 0
    assert buckets.take("a", 50) == 3
    assert buckets.remaining("a") == 20
    at[0] = 3.0
    assert buckets.take("a", 50) == 0
    buckets.give_back("a", 30)
    assert buckets.remaining("a") == 30
    at[0] = 1_000.0
    assert buckets.remaining("a") == 100
    buckets.give_back("a", 30)
    assert buckets.remaining("a") == 100


def test_the_number_of_callers_remembered_is_bounded() -> None:
    buckets = Buckets(100, 10, callers=3)
    for caller in ("a", "b", "a", "c", "d"):
        buckets.take(caller, 10)

    assert len(buckets) == 3
    assert buckets.remaining("b") == 100
    assert buckets.remaining("a") < 100


def test_a_bucket_too_small_for_the_dearest_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="bucket"):
        Limits(cost=100, bucket=50)
