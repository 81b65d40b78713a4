"""Arguments of fields: coerced once when they are literals, from the variables otherwise."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLField, VariableNode, get_argument_values, is_leaf_type
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from resolvers.compiler.selection import Unplannable, variables_in
from resolvers.compiler.types import nullable_of

Reader = Callable[[VariableValues], dict[str, Any]]

# How many converted inputs of a field are kept, and how long the text of one may be.
KEPT = 32
KEPT_CHARACTERS = 500


@dataclass(frozen=True)
class Arguments:
    """The arguments of one field: what is known already, and what variables will say."""

    known: Mapping[str, Any]
    # Arguments that are a scalar variable: (Python name, variable, whether null is refused).
    scalars: tuple[tuple[str, str, bool], ...]
    others: Reader
    everything: Reader

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """The arguments as the resolver of the field would get them."""
        values = dict(self.known)
        for name, variable, required in self.scalars:
            value = variables.coerced.get(variable, _ABSENT)
            if value is _ABSENT or (value is None and required):
                # The defaults and errors of the specification are graphql-core's.
                return self.everything(variables)
            values[name] = value
        values.update(self.others(variables))
        return values


_ABSENT: Any = object()


class ArgumentReader:
    """Makes the `Arguments` of the fields of one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.schema = schema

    def arguments_of(
        self, definition: GraphQLField, declared: StrawberryField, node: FieldNode
    ) -> Arguments:
        """The arguments that an operation gives to a field, or Unplannable."""
        nodes = {a.name.value: a.value for a in node.arguments or ()}
        varying = {name for name, value in nodes.items() if variables_in(value)}
        scalars, others = [], set()
        for name in varying:
            value, type_ = nodes[name], definition.args[name].type
            inner, nullable = nullable_of(type_)
            if isinstance(value, VariableNode) and is_leaf_type(inner):
                scalars.append((self._python_name(declared, name), value.name.value, not nullable))
            else:
                others.add(name)
        nothing = VariableValues({}, {})
        try:
            known = self._reader(definition, declared, node, definition.args.keys() - varying)(
                nothing
            )
        except Exception as error:
            # The ordinary road says what is wrong with the arguments.
            raise Unplannable(node.name.value) from error
        return Arguments(
            known,
            tuple(scalars),
            self._reader(definition, declared, node, others) if others else _nothing,
            self._reader(definition, declared, node, definition.args.keys()),
        )

    def _reader(
        self,
        definition: GraphQLField,
        declared: StrawberryField,
        node: FieldNode,
        names: Collection[str],
    ) -> Reader:
        """Reads some of a field's arguments as both libraries do."""
        converter = self.schema.schema_converter
        some, asked = definition, node
        if len(names) < len(definition.args):
            kept = {name: a for name, a in definition.args.items() if name in names}
            some = GraphQLField(definition.type, kept)
            given = tuple(a for a in node.arguments or () if a.name.value in names)
            asked = FieldNode(name=node.name, arguments=given)

        values = [a.value for a in asked.arguments or ()]
        used = sorted(frozenset().union(*map(variables_in, values)))
        known: OrderedDict[str, dict[str, Any]] = OrderedDict()

        def read(variables: VariableValues) -> dict[str, Any]:
            # Converting a filter costs a fifth of a whole page, and callers ask the same again.
            key = repr([variables.coerced.get(name, _ABSENT) for name in used])
            found = known.get(key)
            if found is None:
                found = convert_arguments(
                    get_argument_values(some, asked, variables),
                    declared.arguments,
                    scalar_registry=converter.scalar_registry,
                    config=converter.config,
                )
                if len(key) <= KEPT_CHARACTERS:
                    known[key] = found
                if len(known) > KEPT:
                    known.popitem(last=False)
            return dict(found)

        return read

    def _python_name(self, declared: StrawberryField, name: str) -> str:
        names = self.schema.config.name_converter
        return next(
            str(a.python_name) for a in declared.arguments if names.from_argument(a) == name
        )


def _nothing(_: VariableValues) -> dict[str, Any]:
    return {}
