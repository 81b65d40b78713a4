"""The registered operations: what each screen asks, what it costs, with an example that works.

An operation is one file of `operations/`. Its first lines are comments that say what it is for:

    # fr: Chercher une structure
    # en: Find a structure
    # as: supplier
    # statements: 2
    # variables: {"text": "mairie"}

`statements` is the most SQL statements that it may run on the demonstration data, whatever the
number of rows. In `variables`, `{invoice}` and its like name objects that the tests prepare.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import strawberry
from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    parse,
    value_from_ast_untyped,
)

from resolvers.http.limits import Limits, fragments_of, operations_of
from resolvers.http.prices import Prices

FOLDER = Path(__file__).parent / "operations"
_HEAD = re.compile(r"# (?P<key>[a-z]+): (?P<value>.+)\Z")


@dataclass(frozen=True)
class Operation:
    """One registered operation."""

    name: str
    text: str
    head: Mapping[str, str]

    @property
    def persona(self) -> str:
        """Who the example is for."""
        return self.head["as"]

    @property
    def statements(self) -> int:
        """The most SQL statements that it may run."""
        return int(self.head["statements"])

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the example, names not yet replaced."""
        given: dict[str, Any] = json.loads(self.head.get("variables", "{}"))
        return given

    @cached_property
    def definition(self) -> OperationDefinitionNode:
        """The one operation of the file."""
        (one,) = operations_of(parse(self.text))
        return one

    @property
    def with_defaults(self) -> dict[str, Any]:
        """The variables of the example, and the defaults of the others."""
        defaults = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in self.definition.variable_definitions or ()
            if definition.default_value is not None
        }
        return {**defaults, **self.variables}

    @property
    def kind(self) -> str:
        """query, mutation or subscription."""
        return self.definition.operation.value

    @property
    def sha256(self) -> str:
        """By which a trusted document is named."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def operations(folder: Path = FOLDER) -> list[Operation]:
    """Every registered operation, by name."""
    return [
        Operation(path.stem, text, _head(text))
        for path in sorted(folder.glob("*.graphql"))
        for text in [path.read_text(encoding="utf-8")]
    ]


def _head(text: str) -> dict[str, str]:
    """The comments before the operation, a value going on over lines that begin with `#   `."""
    found: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if match := _HEAD.match(line):
            key = match["key"]
            found[key] = match["value"].strip()
        elif line.startswith("#   ") and key:
            found[key] += " " + line[4:].strip()
        else:
            break
    return found


def budgets(schema: strawberry.Schema, folder: Path = FOLDER) -> str:
    """`budgets.json`: what each operation costs and how many SQL statements it may run."""
    prices = Prices(schema._schema, Limits())
    rows = {one.name: _budget(one, prices) for one in operations(folder)}
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _budget(one: Operation, prices: Prices) -> dict[str, Any]:
    plan = prices.plan(one.definition, _fragments(one))
    return {
        "kind": one.kind,
        "cost": plan.cost(one.with_defaults),
        "statements": one.statements,
        "sha256": one.sha256,
    }


def _fragments(one: Operation) -> Mapping[str, FragmentDefinitionNode]:
    return fragments_of(parse(one.text))
