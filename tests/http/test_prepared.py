"""Operations are read once, and reads may take a shorter road."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from resolvers.http import Limits, Prepared
from resolvers.http.errors import Refusal
from resolvers.http.prepared import Preparer
from tests.http.conftest import post_to, serving
from tests.http.toy import Context, schema


def test_an_operation_is_kept_by_its_text_and_name() -> None:
    preparer = Preparer(schema._schema, Limits())
    text = "query A { hello } query B { who }"

    read = preparer.read(text, "A")

    assert preparer.known(text, "A") is read
    assert preparer.known(text, "B") is None
    assert (read.name, read.kind.value, read.plan) == ("A", "query", None)


def test_the_operations_longest_unused_are_forgotten() -> None:
    preparer = Preparer(schema._schema, Limits(documents=2))
    preparer.read("{ hello }", None)
    preparer.read("{ who }", None)
    preparer.known("{ hello }", None)
    preparer.read("{ me { who } }", None)

    assert len(preparer) == 2
    assert preparer.known("{ who }", None) is None
    assert preparer.known("{ hello }", None)


def test_the_texts_kept_have_a_bounded_size_together() -> None:
    preparer = Preparer(schema._schema, Limits(document_characters=1_000))
    for number in range(20):
        preparer.read("{ hello } #" + "x" * 100 + str(number), None)

    assert len(preparer) == 8


def test_what_does_not_validate_is_not_kept() -> None:
    preparer = Preparer(schema._schema, Limits())

    for query in ("{", "{ nothing }"):
        with pytest.raises(Refusal):
            preparer.read(query, None)

    assert len(preparer) == 0


async def test_a_query_that_the_fast_path_answers_is_not_executed(
    client: httpx2.AsyncClient,
) -> None:
    seen: list[tuple[str | None, Mapping[str, Any], str]] = []

    async def fast(
        prepared: Prepared, variables: Mapping[str, Any], context: Context
    ) -> bytes | None:
        seen.append((prepared.name, variables, context.actor.id))
        prepared.plan = "kept"
        return b'{"hello":"fast"}' if prepared.name == "Fast" else None

    with serving(fast_path=fast) as served:
        query = 'query {} ($n: String = "x") {{ hello(name: $n) }}'
        quick = await post_to(served, client, query.format("Fast"), token="alice")
        ordinary = await post_to(served, client, query.format("Slow"), {"n": "y"})
        mutation = await post_to(served, client, 'mutation { rename(name: "m") { number } }')

    assert quick.json()["data"] == {"hello": "fast"}
    assert quick.json()["extensions"]["cost"]["requested"] == 1
    assert ordinary.json()["data"] == {"hello": "hello y"}
    assert mutation.json()["data"] == {"rename": {"number": "m"}}
    assert seen == [("Fast", {}, "acc_alice"), ("Slow", {"n": "y"}, "anonymous")]


async def test_a_fast_path_that_fails_is_masked(client: httpx2.AsyncClient) -> None:
    async def failing(*_: Any) -> bytes | None:
        raise RuntimeError("the password")

    with serving(fast_path=failing) as served:
        response = await post_to(served, client, "{ hello }")

    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "password" not in response.text
