"""Types as windows: which type shows the rows of which table, and the rows themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry

from domain.select import Select
from schema.codecs import stored

Type = TypeVar("Type", bound=type)


class Row:
    """A light object made from a fetched row: its columns are its attributes."""

    __slots__ = ("row_table", "row_values")

    def __init__(self, table: str | None, values: Any) -> None:
        self.row_table = table
        self.row_values = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self.row_values[name]
        except (KeyError, IndexError):
            raise AttributeError(name) from None


def table_of(value: object) -> str | None:
    """The table that a row or a model comes from, if it says so."""
    if isinstance(value, Row):
        return value.row_table
    meta = getattr(type(value), "_meta", None)
    return getattr(meta, "db_table", None)


@dataclass(frozen=True)
class Shown:
    """What a type shows: the rows of a table; with `seen`, those that a viewer may see.

    `parts` tells the concrete type of a row of an interface: a column and a map of its values.
    """

    table: str | None
    name: str
    prefix: str | None = None
    seen: Callable[[Any], Select | None] | None = None
    key: str = "id"
    parts: tuple[str, Mapping[str, str]] | None = None


SHOWN_BY_TABLE: dict[str, Shown] = {}
SHOWN_BY_PREFIX: dict[str, Shown] = {}


def shows(
    table: str | None = None,
    *,
    prefix: str | None = None,
    seen: Callable[[Any], Select | None] | None = None,
    key: str = "id",
    description: str | None = None,
    name: str | None = None,
) -> Callable[[Type], Type]:
    """Declare an object type as a window on the rows of a table (or on part of its owner's row).

    `prefix` is that of its identifiers and `seen` gives the rows that a viewer may see: with
    both, `node(id:)` finds it.
    """

    def declare(cls: Type) -> Type:
        shown = Shown(table, name or cls.__name__, prefix, seen, key)
        cls.__shows__ = shown  # type: ignore[attr-defined]  # a mark on the class, read by plans
        cls.is_type_of = staticmethod(_is_type_of(table))  # type: ignore[attr-defined]  # idem
        if table is not None:
            SHOWN_BY_TABLE.setdefault(table, shown)
        if prefix is not None:
            SHOWN_BY_PREFIX[prefix] = shown
        return strawberry.type(cls, name=name, description=description)

    return declare


def shows_one_of(
    table: str,
    column: str,
    types: Mapping[str, str],
    *,
    key: str = "id",
    description: str | None = None,
    name: str | None = None,
) -> Callable[[Type], Type]:
    """Declare an interface over the rows of a table whose `column` tells the concrete type.

    `types` maps values of the column to names of object types that implement the interface.
    """

    def declare(cls: Type) -> Type:
        def resolve_type(value: Any, _info: Any, _abstract: Any) -> str:
            return types[stored(getattr(value, column))]

        shown = Shown(table, name or cls.__name__, key=key, parts=(column, types))
        cls.__shows__ = shown  # type: ignore[attr-defined]  # a mark on the class, read by plans
        cls.resolve_type = staticmethod(resolve_type)  # type: ignore[attr-defined]  # idem
        return strawberry.interface(cls, name=name, description=description)

    return declare


def _is_type_of(table: str | None) -> Callable[[Any, Any], bool]:
    def is_type_of(value: Any, _info: Any) -> bool:
        return table is None or table_of(value) in (None, table)

    return is_type_of
