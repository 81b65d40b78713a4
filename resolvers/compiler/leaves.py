"""Leaves: the expression that writes a scalar or an enum into the answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from graphql import GraphQLEnumType, GraphQLOutputType, GraphQLScalarType

from resolvers.compiler.selection import Unplannable
from resolvers.compiler.shaper import Code, guarded
from resolvers.compiler.types import nullable_of
from schema.codecs import CENTS, CODE, DAY, FLAG, INSTANT, NUMBER, TEXT, Codec
from schema.scalars import is_plain_text

Leaf = GraphQLScalarType | GraphQLEnumType

_TEXT_TYPES = ("String", "ID")
_INT = "({v} if -2147483648 <= {v} <= 2147483647 else null())"
_CENTS = '(f"{{{v} // 100}}.{{{v} % 100:02d}}" if {v} >= 0 else cents({v}))'

# How a column is written, by type of the schema and codec: an expression, or a call of the codec.
_TRUSTED: Mapping[tuple[str, Codec], str] = {
    **{(name, TEXT): "{v}" for name in _TEXT_TYPES},
    ("Int", TEXT): _INT,
    ("Boolean", FLAG): "({v} == 1)",
    ("Decimal", CENTS): _CENTS,
    ("Date", DAY): "{v}",
}
_CALLED = {("DateTime", INSTANT), ("Decimal", NUMBER)}

# When a Python value needs no serialisation.
_FAST: Mapping[str, str] = {
    **dict.fromkeys(_TEXT_TYPES, "type({v}) is str"),
    "Boolean": "({v} is True or {v} is False)",
    "Int": "(type({v}) is int and -2147483648 <= {v} <= 2147483647)",
}


class Leaves:
    """Writes the leaves of one generated function."""

    def __init__(self, code: Code) -> None:
        self.code = code

    def leaf(
        self, name: str, type_: GraphQLOutputType, codec: Codec | None, *, trusted: bool
    ) -> str:
        """A scalar or an enum. `name` is a variable; `codec` None means a Python value."""
        inner, nullable = nullable_of(type_)
        if not isinstance(inner, GraphQLScalarType | GraphQLEnumType):
            raise Unplannable(str(type_))
        written = (
            self._trusted(name, inner, codec)
            if trusted and codec is not None
            else self._checked(name, inner, codec)
        )
        return name if nullable and written == name else guarded(name, written, nullable=nullable)

    def _trusted(self, name: str, type_: Leaf, codec: Codec) -> str:
        """A column that holds what it is declared to hold."""
        if isinstance(type_, GraphQLEnumType):
            if codec is CODE:
                return f"{self.code.constant(_enum_names(type_))}[{name}]"
        elif (type_.name, codec) in _TRUSTED:
            return _TRUSTED[type_.name, codec].format(v=name)
        elif codec is TEXT and is_plain_text(type_):
            return name
        if (type_.name, codec) in _CALLED:
            return f"{self.code.constant(codec.json)}({name})"
        return self._checked(name, type_, codec)

    def _checked(self, name: str, type_: Leaf, codec: Codec | None) -> str:
        """A value that graphql-core serialises unless it is of the plainest kind."""
        if codec is not None and (type_.name, codec) in _CALLED:
            return f"{self.code.constant(codec.json)}({name})"
        if codec is not None and codec not in (TEXT, CODE):
            serialize = self.code.constant(partial(_serialized, type_, codec))
            return f"{serialize}({name})"
        if isinstance(type_, GraphQLEnumType):
            return f"{self.code.constant(_enum_names(type_))}[{name}]"
        serialize = self.code.constant(partial(_serialized, type_, TEXT))
        fast = _FAST.get(type_.name)
        if fast is None:
            return f"{serialize}({name})"
        return f"({name} if {fast.format(v=name)} else {serialize}({name}))"


def _serialized(type_: Leaf, codec: Codec, value: Any) -> Any:
    result = type_.coerce_output_value(codec.python(value))
    if result is None:
        raise ValueError(type_.name)
    return result


def _enum_names(type_: GraphQLEnumType) -> dict[Any, str]:
    """The names of an enum's values, by stored value and by member."""
    members = getattr(type_, "wrapped_cls", None)
    names: dict[Any, str] = {}
    for name, value in type_.values.items():
        names[value.value] = name
        if members is not None:
            names[members(value.value)] = name
    return names
