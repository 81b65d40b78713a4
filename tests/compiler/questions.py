"""Writes random but valid queries of a schema, to ask both roads the same things."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

# Paths to fields that queries do not ask for: ("Type", "field").
Avoided = frozenset[tuple[str, str]]


class Questioner:
    """Queries by chance. `samples` gives values (as GraphQL literals) by name of a scalar."""

    def __init__(
        self,
        schema: GraphQLSchema,
        seed: int,
        samples: Mapping[str, Sequence[str]],
        *,
        avoided: Avoided = frozenset(),
        depth: int = 5,
    ) -> None:
        self.schema = schema
        self.chance = random.Random(seed)
        self.samples = samples
        self.avoided = avoided
        self.depth = depth
        self.fragments: list[str] = []
        self.variables: dict[str, tuple[str, Any]] = {}
        self.aliases = 0
        self.branches = 0

    def query(self, roots: Sequence[str] | None = None) -> tuple[str, dict[str, Any]]:
        """A document with one operation, and values for its variables."""
        query = self.schema.query_type
        assert query is not None
        names = [
            name
            for name in query.fields
            if (roots is None or name in roots) and ("Query", name) not in self.avoided
        ]
        chosen = self.chance.sample(names, k=min(len(names), self.chance.choice([1, 1, 1, 2])))
        body = " ".join(self._field(query, name, self.depth) for name in chosen)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        head = f"query Q({declared})" if declared else "query Q"
        text = " ".join([f"{head} {{ {body} }}", *self.fragments])
        return text, {name: value for name, (_, value) in self.variables.items()}

    def _field(self, owner: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> str:
        definition: GraphQLField = owner.fields[name]
        alias = ""
        # Fields of one name with other arguments or types must not share a response key.
        if definition.args or self.branches or self.chance.random() < 0.15:
            self.aliases += 1
            alias = f"a{self.aliases}: "
        arguments = self._arguments(definition)
        type_ = get_named_type(definition.type)
        selection = "" if is_leaf_type(type_) else f" {self._selection(type_, depth - 1)}"
        return f"{alias}{name}{arguments}{self._condition()}{selection}"

    def _selection(self, type_: Any, depth: int) -> str:
        if isinstance(type_, GraphQLUnionType):
            return "{ __typename }"
        parts = [self._field(type_, name, depth) for name in self._chosen(type_, depth)]
        if self.chance.random() < 0.25 or not parts:
            parts.append("__typename")
        if isinstance(type_, GraphQLInterfaceType):
            possible = self.schema.get_possible_types(type_)
            self.branches += 1
            parts += [
                f"... on {concrete.name} {self._selection(concrete, depth - 1)}"
                for concrete in self.chance.sample(possible, k=min(2, len(possible)))
            ]
            self.branches -= 1
        if self.chance.random() < 0.2:
            parts = [f"...{self._condition()} {{ {' '.join(parts)} }}", "__typename"]
        elif self.chance.random() < 0.15:
            self.fragments.append(f"fragment F{len(self.fragments)} on {type_.name} ")
            place = len(self.fragments) - 1
            self.fragments[place] += f"{{ {' '.join(parts)} }}"
            parts = [f"...F{place}", "__typename"]
        return f"{{ {' '.join(parts)} }}"

    def _chosen(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> list[str]:
        names = [
            name
            for name, definition in type_.fields.items()
            if (type_.name, name) not in self.avoided
            and (depth > 0 or is_leaf_type(get_named_type(definition.type)))
        ]
        return (
            self.chance.sample(names, k=self.chance.randint(1, min(len(names), 6))) if names else []
        )

    def _condition(self) -> str:
        if self.chance.random() > 0.08:
            return ""
        directive = self.chance.choice(["skip", "include"])
        if self.chance.random() < 0.5:
            return f" @{directive}(if: {self.chance.choice(['true', 'false'])})"
        name = f"b{len(self.variables)}"
        self.variables[name] = ("Boolean!", self.chance.random() < 0.5)
        return f" @{directive}(if: ${name})"

    def _arguments(self, definition: GraphQLField) -> str:
        given = []
        for name, argument in definition.args.items():
            if name in ("first", "last"):
                continue
            if name in ("after", "before"):
                continue
            if not is_required_argument(argument) and self.chance.random() < 0.5:
                continue
            given.append(f"{name}: {self.literal(argument.type)}")
        if "first" in definition.args and self.chance.random() < 0.8:
            ends = ["first", "first", "first", "last"] if "last" in definition.args else ["first"]
            name = self.chance.choice(ends)
            size = self.chance.choice([0, 1, 2, 3, 7, 100])
            if self.chance.random() < 0.3:
                variable = f"n{len(self.variables)}"
                self.variables[variable] = ("Int", size)
                given.append(f"{name}: ${variable}")
            else:
                given.append(f"{name}: {size}")
        return f"({', '.join(given)})" if given else ""

    def literal(self, type_: Any) -> str:
        """A value of an input type, as it is written in a document."""
        if isinstance(type_, GraphQLNonNull):
            return self.literal(type_.of_type)
        if isinstance(type_, GraphQLList):
            items = [self.literal(type_.of_type) for _ in range(self.chance.randint(0, 3))]
            return f"[{', '.join(items)}]"
        if isinstance(type_, GraphQLEnumType):
            return self.chance.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return f"{{{', '.join(self._input_fields(type_))}}}"
        return self.chance.choice(list(self.samples[type_.name]))

    def _input_fields(self, type_: GraphQLInputObjectType) -> list[str]:
        definition = type_.extensions.get("strawberry-definition")
        if getattr(definition, "is_one_of", False):
            name = self.chance.choice(list(type_.fields))
            return [f"{name}: {self.literal(type_.fields[name].type)}"]
        return [
            f"{name}: {self.literal(field.type)}"
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or self.chance.random() < 0.4
        ]
