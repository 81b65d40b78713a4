"""Whatever is asked, the compiled road answers the executor's bytes or leaves it to him."""

from __future__ import annotations

import orjson
import pytest

from tests.compiler import toy
from tests.compiler.questions import Questioner
from tests.compiler.roads import ask, statements

SAMPLES = {
    "ID": [f'"{toy.an_id(p, n)}"' for p in ("tin", "tst") for n in (0, 1, 5, 99)] + ['"nonsense"'],
    "String": ['"F-00005"', '"S1"', '""', '"é"'],
    "Int": ["0", "1", "-1"],
    "Boolean": ["true", "false"],
    "DateTime": ['"2026-02-01T00:00:00Z"', '"2026-03-01T12:00:00.123+02:00"'],
}
QUERIES_A_TEST = 40
SELDOM = frozenset({("Greeting", "later"), ("Query", "failing")})


@pytest.mark.parametrize("seed", range(6))
async def test_both_roads_answer_the_same_bytes(toy_database: str, seed: int) -> None:
    compiled = 0
    for n in range(QUERIES_A_TEST):
        questioner = Questioner(toy.schema._schema, seed * 1000 + n, SAMPLES, avoided=SELDOM)
        text, variables = questioner.query()
        viewer = ["all", toy.an_id("tst", 3), "stranger"][n % 10 % 3 if n % 4 == 0 else 0]

        answers = await ask(toy.schema, text, variables, lambda v=viewer: toy.context(v))

        assert answers.agree, f"{text}\n{variables}\n{answers}"
        compiled += answers.compiled is not None
    # Otherwise the comparison says nothing.
    assert compiled > QUERIES_A_TEST * 0.6


EVERYTHING = """
query ($size: Int = 50, $actions: Boolean = true) {
  invoices(
    first: $size, filter: {statuses: [DEPOSEE, PAYEE], depositedFrom: "2026-01-10T00:00:00Z"}
  ) {
    __typename totalCount totalCountIsExact asOfCursor
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { ...All } }
    other: nodes { id }
  }
  node(id: "tin_00000000000000000000000003") { __typename id ... on Invoice { ...All } }
}
fragment All on Invoice {
  id number status totalNet rate depositedAt dueOn isLate
  supplier { id name label(language: EN) isPublic population siret
    address { town postalCode } services(first: 2) { nodes { code structure { id } } totalCount } }
  recipient { name parent { name parent { name } } }
  lines { number name quantity amount } firstLines { name number }
  previous { number supplier { name } previous { id } lines { name } }
  history { nodes { __typename kind occurredAt ... on Moved { to } ... on Noted { comment } } }
  latest: history(first: 1, newestFirst: true) {
    edges { cursor node { kind } } pageInfo { hasNextPage endCursor }
  }
  recent { to at note } tags
  availableActions @include(if: $actions) { code reason label(language: EN) target fee }
}
"""


async def test_an_operation_with_every_kind_of_field_is_compiled(toy_database: str) -> None:
    answers = await ask(toy.schema, EVERYTHING, {}, toy.context)

    assert answers.errors == []
    assert answers.compiled == answers.ordinary
    assert len(answers.ordinary) > 20_000


async def test_ten_parents_cost_as_many_statements_as_fifty(toy_database: str) -> None:
    for size in (10, 50):
        count = await statements(toy.schema, EVERYTHING, {"size": size}, toy.context())

        # The log's head; for `invoices` the page, its count and its five relations to many (of
        # which services are also counted) and the one before with two relations; the same for
        # `node`, which has no count.
        assert count == 1 + (2 + 6 + 3) + (1 + 6 + 3)


async def test_an_object_is_shown_only_to_who_may_see_it(toy_database: str) -> None:
    text = "{ invoices(first: 50) { nodes { id previous { id } } } }"
    viewer = toy.an_id("tst", 3)

    answers = await ask(toy.schema, text, {}, lambda: toy.context(viewer))
    everything = await ask(toy.schema, text, {}, toy.context)

    assert answers.compiled == answers.ordinary
    own = orjson.loads(answers.ordinary)["invoices"]["nodes"]
    named = {node["id"]: node["previous"] for node in own}
    whole = orjson.loads(everything.ordinary)["invoices"]["nodes"]
    expected = {node["id"]: node["previous"] for node in whole if node["id"] in named}
    shown = {i for i, before in expected.items() if before and before["id"] in named}
    assert 0 < len(shown) < len(named)
    assert named == {i: before if i in shown else None for i, before in expected.items()}


async def test_a_switch_chooses_another_plan_of_the_same_operation(toy_database: str) -> None:
    answers = await ask(toy.schema, EVERYTHING, {"actions": False}, toy.context)

    assert answers.compiled == answers.ordinary
    assert b"availableActions" not in answers.ordinary


@pytest.mark.parametrize("direction", ["first", "last"])
@pytest.mark.parametrize("order", ["NEWEST", "NUMBER"])
@pytest.mark.parametrize("statuses", ["null", "[DEPOSEE]", "[DEPOSEE, PAYEE]"])
async def test_pages_follow_each_other_without_gap_or_repetition(
    toy_database: str, direction: str, order: str, statuses: str
) -> None:
    bound = "after" if direction == "first" else "before"
    text = f"""query ($c: String) {{
      invoices({direction}: 7, {bound}: $c, order: {order}, filter: {{statuses: {statuses}}}) {{
        nodes {{ id }} totalCount
        pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"""
    seen: list[str] = []
    cursor = None
    while True:
        answers = await ask(toy.schema, text, {"c": cursor}, toy.context)
        assert answers.compiled == answers.ordinary
        page = orjson.loads(answers.ordinary)["invoices"]
        ids = [node["id"] for node in page["nodes"]]
        seen = seen + ids if direction == "first" else ids + seen
        forward = direction == "first"
        if not page["pageInfo"]["hasNextPage" if forward else "hasPreviousPage"]:
            break
        cursor = page["pageInfo"]["endCursor" if forward else "startCursor"]

    assert len(seen) == len(set(seen)) == page["totalCount"]


async def test_a_nested_list_goes_on_from_its_own_cursor(toy_database: str) -> None:
    one_invoice = """query ($c: String) { invoice(id: "tin_00000000000000000000000005") {
      history(first: 2, after: $c) {
        nodes { kind occurredAt } pageInfo { endCursor hasNextPage } } } }"""
    cursor, seen = None, 0
    while True:
        answers = await ask(toy.schema, one_invoice, {"c": cursor}, toy.context)
        assert answers.compiled == answers.ordinary
        history = orjson.loads(answers.ordinary)["invoice"]["history"]
        seen += len(history["nodes"])
        if not history["pageInfo"]["hasNextPage"]:
            break
        cursor = history["pageInfo"]["endCursor"]

    assert seen == 5


REFUSED = {
    "both ends at once": "{ invoices(first: 2, last: 2) { nodes { id } } }",
    "a page too large": "{ invoices(first: 101) { nodes { id } } }",
    "a negative page": "{ invoices(first: -1) { nodes { id } } }",
    "a cursor that is none": '{ invoices(after: "xyz") { nodes { id } } }',
    "both ends inside": "{ invoices { nodes { history(first: 1, last: 1) { totalCount } } } }",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
async def test_a_page_that_cannot_be_is_refused_clearly(toy_database: str, text: str) -> None:
    answers = await ask(toy.schema, text, {}, toy.context)

    assert answers.compiled is None
    assert answers.errors


async def test_a_cursor_of_another_list_is_refused(toy_database: str) -> None:
    first = await ask(
        toy.schema, "{ invoices(first: 1) { pageInfo { endCursor } } }", {}, toy.context
    )
    cursor = orjson.loads(first.ordinary)["invoices"]["pageInfo"]["endCursor"]
    for text in (
        "query ($c: String) { invoices(after: $c, order: NUMBER) { nodes { id } } }",
        'query ($c: String) { invoices(after: $c, filter: {number: "x"}) { nodes { id } } }',
        "query ($c: String) { structures(after: $c) { nodes { id } } }",
        "query ($c: String) { invoices { nodes { history(after: $c) { nodes { kind } } } } }",
    ):
        for given in (cursor, cursor[:-1] + ("A" if cursor[-1] != "A" else "B")):
            answers = await ask(toy.schema, text, {"c": given}, toy.context)

            assert answers.compiled is None, text
            assert all("not a cursor of this list" in error for error in answers.errors)
            assert answers.errors


async def test_who_may_not_enter_is_told_so_by_the_ordinary_road(toy_database: str) -> None:
    answers = await ask(
        toy.schema, "{ invoices { nodes { id } } }", {}, lambda: toy.context("stranger")
    )

    assert answers.compiled is None
    assert answers.errors == ["not for you"]


async def test_a_null_where_none_may_be_is_left_to_the_ordinary_road(
    toy_database: str, portal: toy.Portal
) -> None:
    text = '{ invoice(id: "tin_00000000000000000000000003") { number supplier { name } } }'
    await portal.write("UPDATE toy_invoice SET supplier_id = 'gone' WHERE number = 'F-00003'")

    answers = await ask(toy.schema, text, {}, toy.context)

    known = toy.an_id("tst", 1)
    await portal.write(f"UPDATE toy_invoice SET supplier_id = '{known}' WHERE number = 'F-00003'")
    assert answers.compiled is None
    assert answers.errors == ["Cannot return null for non-nullable field Invoice.supplier."]


async def test_a_switch_that_is_null_is_left_to_the_ordinary_road(toy_database: str) -> None:
    text = "query ($v: Boolean = true) { invoices { nodes { id number @include(if: $v) } } }"

    answers = await ask(toy.schema, text, {"v": None}, toy.context)

    assert answers.compiled is None
    assert len(answers.errors) == 1


async def test_a_root_with_a_resolver_of_its_own_is_called_and_shaped(toy_database: str) -> None:
    text = """query ($name: String) {
      greeting(name: $name) {
        text viewer
        events { __typename kind occurredAt ... on Moved { to } ... on Noted { comment } }
      }
      invoices(first: 1) { nodes { id } }
    }"""
    for variables in ({}, {"name": "Camille"}, {"name": ""}):
        answers = await ask(toy.schema, text, variables, toy.context)

        assert answers.errors == []
        assert answers.compiled == answers.ordinary


NOT_COMPILED = {
    "a field that waits inside an answer": "{ greeting { later } }",
    "one such field among others": "{ greeting { later } invoices { nodes { id } } }",
    "a root that fails": "{ failing }",
    "introspection": "{ __schema { queryType { name } } }",
    "a variable that does not fit": "query ($n: Int!) { invoices(first: $n) { nodes { id } } }",
    "a mutation": "mutation { nothing }",
}


@pytest.mark.parametrize("text", NOT_COMPILED.values(), ids=NOT_COMPILED.keys())
async def test_what_no_plan_describes_is_left_to_the_ordinary_road(
    toy_database: str, text: str
) -> None:
    answers = await ask(toy.schema, text, {}, toy.context)

    assert answers.compiled is None
