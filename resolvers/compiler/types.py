"""What the compiler reads off the types and fields of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
)
from strawberry.types.field import StrawberryField

from resolvers.compiler.selection import Unplannable
from schema.pages import Connection
from schema.rows import SHOWN_BY_TABLE, Shown


def selections_of(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    """What is asked below a field, wherever the operation asks for it."""
    return [node.selection_set for node in nodes if node.selection_set]


def declared_by(definition: GraphQLField) -> StrawberryField:
    """The declaration of a field, or Unplannable."""
    declared = definition.extensions.get("strawberry-definition")
    if not isinstance(declared, StrawberryField):
        raise Unplannable("a field of another library")
    return declared


def nullable_of(type_: Any) -> tuple[Any, bool]:
    """The type without its mark of non-nullability, and whether it is nullable."""
    if isinstance(type_, GraphQLNonNull):
        return type_.of_type, False
    return type_, True


def named_type(type_: Any) -> tuple[Any, bool]:
    """The named type, and whether the outermost is nullable."""
    type_, nullable = nullable_of(type_)
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        type_ = type_.of_type
    return type_, nullable


def an_object(type_: Any) -> GraphQLObjectType:
    """The type, which must be an object type to be planned."""
    if not isinstance(type_, GraphQLObjectType):
        raise Unplannable(str(type_))
    return type_


def shown_by(type_: Any) -> Shown | None:
    """What a type shows, if it was declared to show something."""
    definition = type_.extensions.get("strawberry-definition")
    shown = getattr(getattr(definition, "origin", None), "__shows__", None)
    return shown if isinstance(shown, Shown) else None


def shown_table(type_: Any) -> Shown:
    """What a type shows, which must be a table to be planned."""
    shown = shown_by(type_)
    if shown is None or shown.table is None:
        raise Unplannable(f"{type_} shows no table")
    return shown


def table_named(type_: GraphQLObjectType) -> str | None:
    """The table whose rows are of this type when an interface is asked for."""
    shown = shown_by(type_)
    if shown is None or shown.table is None:
        return None
    return shown.table if SHOWN_BY_TABLE[shown.table].name == shown.name else None


def node_type(type_: GraphQLObjectType) -> GraphQLOutputType:
    """The type of a connection's nodes."""
    definition: Any = type_.extensions.get("strawberry-definition")
    generic = getattr(definition, "concrete_of", None) or definition
    if getattr(generic, "origin", None) is not Connection:
        raise Unplannable(f"{type_.name} is no connection")
    node: GraphQLOutputType = named_type(type_.fields["nodes"].type)[0]
    return node
