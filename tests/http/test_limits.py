"""No request is large enough to hurt: every check is linear in its size."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from graphql import get_introspection_query, parse

from resolvers.http.errors import Refusal
from resolvers.http.limits import Limits, comparisons, cycle, fragments_of, operations_of
from resolvers.http.prepared import RULES, Preparer
from resolvers.http.prices import Prices, TooWide
from tests.http.conftest import Post, codes
from tests.http.toy import schema

LIMITS = Limits()


def doubled(levels: int, *, aliases: bool = False) -> str:
    """Fragments that each spread the next one twice: 2**levels paths in a few hundred bytes."""
    left, right = ("a: me", "b: me") if aliases else ("me", "me")
    fragments = "".join(
        f"fragment F{n} on Query {{ {left} {{ ...F{n + 1} }} {right} {{ ...F{n + 1} }} }} "
        for n in range(levels)
    )
    return f"{{ ...F0 }} {fragments} fragment F{levels} on Query {{ hello }}"


def wide_fragments(count: int) -> str:
    spreads = " ".join(f"...F{n}" for n in range(count))
    bodies = " ".join(f"fragment F{n} on Query {{ me {{ hello }} }}" for n in range(count))
    return f"{{ {spreads} }} {bodies}"


def nested(times: int, levels: int) -> str:
    return "hello" if levels == 0 else f"me {{ {nested(times, levels - 1)} }} " * times


REFUSED = {
    "doubled fragments": (doubled(18), "nested deeper"),
    "doubled fragments under aliases": (doubled(11, aliases=True), "5000 fields"),
    "a long chain of fragments": (doubled(60), "nested deeper"),
    "too deep": ("{" + "me {" * 12 + "hello" + "}" * 13, "nested deeper than 12"),
    "absurdly deep": ("{" + "me {" * 190 + "hello" + "}" * 191, "nested deeper than 12"),
    "deep introspection": (
        "{ __schema { types { " + "ofType { " * 20 + "name" + " }" * 23,
        "nested deeper",
    ),
    "aliases": ("{" + " ".join(f"a{n}: hello" for n in range(31)) + "}", "30 aliases"),
    "tokens": ("{" + "hello " * 2_000 + "}", "2000 tokens"),
    "characters": ("{ hello #" + "x" * 100_000 + "\n}", "100000 characters"),
    "repeated fields": ("{" + "hello " * 1_900 + "}", "repeats"),
    "repeated objects": ("{" + "me { hello } " * 450 + "}", "repeats"),
    "repeated objects in repeated objects": ("{" + nested(6, 3) + "}", "repeats"),
    "the same field in many fragments": (wide_fragments(120), "repeats"),
    "fragments nobody spreads": (
        "{ hello } " + wide_fragments(100).replace("{ ...", "fragment Z on Query { ...", 1),
        "repeats",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_operation_made_to_be_expensive_is_refused_before_validation(name: str) -> None:
    query, words = REFUSED[name]

    with steps_at_most(1_000_000), pytest.raises(Refusal) as refused:
        Preparer(schema._schema, LIMITS).read(query, None)

    assert refused.value.code == "TOO_LARGE"
    assert words in refused.value.message


async def test_the_refusal_says_which_limit_was_passed(post: Post) -> None:
    response = await post(doubled(18))

    assert (response.status_code, codes(response)) == (400, ["TOO_LARGE"])
    assert response.json()["errors"][0]["message"] == (
        "The operation is nested deeper than 12 fields."
    )


@pytest.mark.parametrize(
    "query",
    [
        "{" + "me {" * 11 + "hello" + "}" * 12,
        "{" + " ".join(f"a{n}: hello" for n in range(30)) + "}",
        get_introspection_query(),
        get_introspection_query(input_value_deprecation=True, specified_by_url=True),
        "{ me { hello } me { hello who } ...F } fragment F on Query { me { who } }",
        wide_fragments(40),
        doubled(11),
    ],
)
def test_an_ordinary_operation_passes_every_limit(query: str) -> None:
    assert Preparer(schema._schema, LIMITS).read(query, None).cost_plan


def test_the_count_of_comparisons_grows_with_repetitions_only() -> None:
    def counted(query: str) -> int:
        document = parse(query)
        return comparisons(document, fragments_of(document), 1_000)

    assert counted("{ hello who me { hello who } }") == 0
    assert counted("{ hello hello hello }") == 3
    assert counted("{ me { hello } me { hello } }") == 2
    assert counted("{ a: hello b: hello }") == 0
    assert counted("{ ...F ...F hello } fragment F on Query { hello }") == 1


def test_fields_asked_twice_in_one_place_are_counted_once() -> None:
    prices = Prices(schema._schema, Limits(depth=40))
    for levels in (5, 20):
        document = parse(doubled(levels))
        (operation,) = operations_of(document)
        plan = prices.plan(operation, fragments_of(document))
        assert plan.cost({}) == levels


def test_the_work_of_pricing_is_bounded_whatever_the_fragments() -> None:
    prices = Prices(schema._schema, Limits(depth=40))
    for levels in (12, 20, 30):
        document = parse(doubled(levels, aliases=True))
        (operation,) = operations_of(document)
        with steps_at_most(300_000), pytest.raises(TooWide):
            prices.plan(operation, fragments_of(document))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("{ ...A } fragment A on Query { ...A }", "A"),
        ("{ ...A } fragment A on Query { me { ...B } } fragment B on Query { ...A }", "A"),
        ("{ hello } fragment A on Query { ...B ...B } fragment B on Query { hello }", None),
        (
            "{ ...A ...B } fragment A on Query { ...C } fragment B on Query { ...C }"
            " fragment C on Query { hello }",
            None,
        ),
        ("{ ...Missing }", None),
    ],
)
def test_a_fragment_that_spreads_itself_is_found(query: str, found: str | None) -> None:
    assert bool(cycle(fragments_of(parse(query)))) == bool(found)


def test_the_rules_of_validation_include_those_of_strawberry() -> None:
    names = {rule.__name__ for rule in RULES}

    assert {"MaybeNullValidationRule", "OneOfInputValidationRule", "KnownTypeNamesRule"} <= names


@contextmanager
def steps_at_most(most: int) -> Iterator[None]:
    """Fail when more calls than this are made inside: work measured without a clock."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
    assert counted < most
