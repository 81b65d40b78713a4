"""One declaration per read field, for both roads of the read path.

A type is a window on a row. Each of its fields says once where its value lives; Strawberry takes
the type, the description and the resolver from the declaration, and `resolvers.compiler` takes
the plan. A field declared in any other way stays possible: an operation that asks for it runs by
the ordinary executor.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strawberry.extensions.field_extension import FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.fields.resolver import StrawberryResolver

from domain.select import Order, Select, rising
from schema.codecs import CENTS, CODE, DAY, FLAG, INSTANT, NUMBER, TEXT, Codec
from schema.pages import PAGING
from schema.plans import (
    PLAN,
    Column,
    Computed,
    Connected,
    JsonColumn,
    Loads,
    OneRoot,
    PageRoot,
    Part,
    Plan,
    ReadField,
    SeenOne,
    ToMany,
    ToOne,
)
from schema.rows import SHOWN_BY_PREFIX, SHOWN_BY_TABLE, Row, Shown, shows, shows_one_of, table_of


def column(
    name: str | None = None,
    codec: Codec | None = None,
    *,
    description: str,
    deprecation_reason: str | None = None,
) -> Any:
    """The value of a column, by default the one named as the field."""
    return _field(_Unnamed(Column, name, codec), description, deprecation_reason)


def json_column(
    name: str | None = None,
    codec: Codec | None = None,
    *,
    description: str,
    deprecation_reason: str | None = None,
) -> Any:
    """JSON held in a column: a list of scalars, or objects whose keys are the columns shown."""
    return _field(_Unnamed(JsonColumn, name, codec), description, deprecation_reason)


def part(*, when: str | None = None, description: str) -> Any:
    """An object (declared with `@shows()`) that shows other columns of the same row."""
    return _field(Part(when), description)


def to_one(column: str, *, key: str = "id", description: str) -> Any:
    """The row that `column` names; the field's type says of which table."""
    return _field(ToOne(column, key), description)


def seen_one(column: str, *, description: str) -> Any:
    """The row that `column` names, if the viewer may see it; null otherwise.

    The field's type, which is optional, says of which table, and its `seen` which rows those are.
    """
    return _field(SeenOne(column), description)


def to_many(
    foreign_key: str,
    *,
    order: Sequence[str | Order] = ("id",),
    key: str = "id",
    limit: int | None = None,
    description: str,
) -> Any:
    """The rows whose `foreign_key` holds this row's `key`; at most `limit` of each, if given."""
    sort = tuple(rising(o) if isinstance(o, str) else o for o in order)
    return _field(ToMany(foreign_key, sort, key, limit), description)


def connection(
    foreign_key: str, select: Callable[..., Select | None], *, key: str = "id", description: str
) -> Any:
    """Pages of the rows whose `foreign_key` holds this row's `key`, among `select(viewer, …)`.

    The parameters of `select` after the viewer are arguments of the field, beside those of
    pages.
    """
    plan = Connected(foreign_key, select, key)
    return _field(plan, description, arguments=[*arguments_of(select, 1), *arguments_of(PAGING, 0)])


def computed(
    function: Callable[..., Any],
    *,
    needs: Sequence[str] | Mapping[str, Codec],
    description: str,
    deprecation_reason: str | None = None,
) -> Any:
    """`function(row)` or `function(row, viewer)`, then the field's arguments by keyword.

    It must be pure and fast. `row` has the columns named by `needs` and no other: plain values
    as stored, or through the codec given for them.
    """
    codecs = needs if isinstance(needs, Mapping) else dict.fromkeys(needs, CODE)
    names = list(inspect.signature(function).parameters)
    wants_viewer = len(names) > 1 and names[1] == "viewer"
    plan = Computed(function, codecs, wants_viewer)
    return _field(
        plan,
        description,
        deprecation_reason,
        arguments=arguments_of(function, 2 if wants_viewer else 1),
    )


def page(
    select: Callable[..., Any],
    *,
    description: str,
    extensions: Sequence[FieldExtension] = (),
    directives: Sequence[object] = (),
    deprecation_reason: str | None = None,
) -> Any:
    """A root field of type `Connection[…]`: pages of what `select(viewer, …)` describes.

    The parameters of `select` after the viewer are arguments of the field. An extension guards
    both roads when it has a method `admits(context) -> bool`; a field with any other extension
    runs by the ordinary road only.
    """
    return _field(
        PageRoot(select),
        description,
        deprecation_reason,
        arguments=[*arguments_of(select, 1), *arguments_of(PAGING, 0)],
        extensions=extensions,
        directives=directives,
    )


def one(
    select: Callable[..., Any],
    *,
    description: str,
    extensions: Sequence[FieldExtension] = (),
    directives: Sequence[object] = (),
    deprecation_reason: str | None = None,
) -> Any:
    """A root field of an optional type: the first row of `select(viewer, …)`, or null."""
    return _field(
        OneRoot(select),
        description,
        deprecation_reason,
        arguments=arguments_of(select, 1),
        extensions=extensions,
        directives=directives,
    )


@dataclass(frozen=True)
class _Unnamed:
    """A plan that takes the field's own name when no column was named."""

    plan: type
    name: str | None
    codec: Codec | None


class _NamedLater(ReadField):
    """Completes the plan when the class gives the field its name."""

    def __set_name__(self, owner: type, name: str) -> None:
        plan = self.metadata[PLAN]
        if isinstance(plan, _Unnamed):
            object.__setattr__(self, "metadata", {PLAN: plan.plan(plan.name or name, plan.codec)})


def _field(
    plan: Plan | _Unnamed,
    description: str,
    deprecation_reason: str | None = None,
    *,
    arguments: list[StrawberryArgument] | None = None,
    extensions: Sequence[FieldExtension] = (),
    directives: Sequence[object] = (),
) -> Any:
    field = _NamedLater(
        description=description,
        deprecation_reason=deprecation_reason,
        metadata={PLAN: plan},
        extensions=list(extensions),
        directives=list(directives),
    )
    field.arguments = arguments or []
    return field


def arguments_of(function: Callable[..., Any], skipped: int) -> list[StrawberryArgument]:
    """The GraphQL arguments that a function's parameters describe, after the first ones."""
    signature = inspect.signature(function)
    kept = list(signature.parameters.values())[skipped:]

    def described() -> None: ...

    described.__module__ = function.__module__
    described.__qualname__ = function.__qualname__
    described.__signature__ = inspect.Signature(kept, return_annotation=None)  # type: ignore[attr-defined]  # functions have it
    return StrawberryResolver(described).arguments


__all__ = [
    "CENTS",
    "CODE",
    "DAY",
    "FLAG",
    "INSTANT",
    "NUMBER",
    "SHOWN_BY_PREFIX",
    "SHOWN_BY_TABLE",
    "TEXT",
    "Codec",
    "Computed",
    "Connected",
    "JsonColumn",
    "Loads",
    "Part",
    "ReadField",
    "Row",
    "Shown",
    "ToMany",
    "column",
    "computed",
    "connection",
    "json_column",
    "one",
    "page",
    "part",
    "seen_one",
    "shows",
    "shows_one_of",
    "table_of",
    "to_many",
    "to_one",
]
