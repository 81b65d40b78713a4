"""Hostile values at each place of each registered operation: a clear answer, no half-written row.

Each leaf of the variables of each operation is replaced in turn. What is refused must have left
nothing behind; what is accepted must be answered as usual.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from frontend_contract.operations import Operation, operations
from tests.api import Api
from tests.bad_input.asking import a_key, everything_stored, post
from tests.placeholders import filled

HOSTILE: tuple[Any, ...] = (
    "a\0b",
    "\ud800",
    "facture\u202efdp.exe",
    "A" * 5_000,
    "",
    "9999-12-31",
    "999999999999999.99999999",
    2**63,
    {},
    None,
)
# What ends its own caller has a world of its own (test_endings.py): the others need that caller.
ENDING = frozenset({"AccountErase"})
ASKED = [one for one in operations() if one.kind != "subscription"]
EACH = [one for one in ASKED if one.name not in ENDING]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each scalar."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from leaves(inner, (*path, key))
        case list() if value:
            for place, inner in enumerate(value):
                yield from leaves(inner, (*path, place))
        case _:
            yield path


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """The value with one of its leaves replaced."""
    if not path:
        return by
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], by)
    return copy


def is_refused(body: Any) -> bool:
    """Whether the answer says that nothing was done."""
    payloads = [p for p in (body.get("data") or {}).values() if isinstance(p, dict)]
    problems = [e for p in payloads for e in p.get("userErrors", []) if isinstance(e, dict)]
    return bool(body.get("errors")) or any(e.get("severity") != "WARNING" for e in problems)


@pytest.mark.parametrize("operation", EACH, ids=[one.name for one in EACH])
async def test_a_hostile_value_is_answered_clearly_and_leaves_nothing_half_written(
    api: Api, operation: Operation
) -> None:
    await each_hostile_value_is_answered(api, operation)


async def each_hostile_value_is_answered(api: Api, operation: Operation) -> None:
    """Ask the operation with each hostile value at each of its leaves."""
    right = filled(operation.with_defaults, api.world.names())
    stored = await everything_stored()

    for path in leaves(right):
        for hostile in HOSTILE:
            variables = replaced(right, path, hostile)
            if "idempotencyKey" in right.get("input", {}) and path[-1] != "idempotencyKey":
                variables = replaced(variables, ("input", "idempotencyKey"), a_key())
            asked = {"query": operation.text, "variables": variables}
            status, body = await post(api, asked, persona=operation.persona)
            after = await everything_stored()
            codes = [e["extensions"]["code"] for e in body.get("errors", [])]
            assert "INTERNAL" not in codes, (path, hostile, body)
            ended = operation.name in ENDING and codes == ["UNAUTHENTICATED"]
            assert status in (200, 400) or ended, (path, hostile, body)
            if is_refused(body):
                assert after == stored, (path, hostile, body)
            stored = after
