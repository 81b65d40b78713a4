"""Asks one operation by both roads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from graphql import OperationDefinitionNode, parse

from domain.db import Conversation, converse
from resolvers.compiler import compile_operation


@dataclass(frozen=True)
class Answers:
    """What each road said. `compiled` is None when it left the answer to the other."""

    ordinary: bytes
    errors: list[str]
    compiled: bytes | None

    @property
    def agree(self) -> bool:
        """The compiled road says the same bytes, or nothing; never anything beside an error."""
        if self.errors:
            return self.compiled is None
        return self.compiled is None or self.compiled == self.ordinary


async def ask(
    schema: strawberry.Schema,
    text: str,
    variables: Mapping[str, Any],
    context: Callable[[], Any],
    operation_name: str | None = None,
) -> Answers:
    """The answers of both roads, each with a context of its own."""
    document = parse(text)
    operation = next(
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        and (operation_name is None or (node.name and node.name.value == operation_name))
    )
    ordinary = await schema.execute(
        text,
        variable_values=dict(variables),
        context_value=context(),
        operation_name=operation_name,
    )
    compiled = compile_operation(schema, document, operation)
    return Answers(
        orjson.dumps(ordinary.data),
        [error.message for error in ordinary.errors or ()],
        await compiled.run(variables, context()) if compiled else None,
    )


async def statements(
    schema: strawberry.Schema, text: str, variables: Mapping[str, Any], context: Any
) -> int:
    """How many statements the compiled road needs."""
    document = parse(text)
    operation = next(n for n in document.definitions if isinstance(n, OperationDefinitionNode))
    compiled = compile_operation(schema, document, operation)
    assert compiled is not None
    reading = await compiled.reading(dict(variables), context)
    assert reading is not None
    seen: list[str] = []

    def listening() -> Conversation[None]:
        talk = reading.answer()
        statement = next(talk)
        while True:
            seen.append(statement[0])
            rows = yield statement
            try:
                statement = talk.send(rows)
            except StopIteration:
                return

    await converse(listening())
    return len(seen)
