"""Plans: where the value of a read field lives, and how the ordinary road gets it."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import orjson
from strawberry.types.base import has_object_definition
from strawberry.types.field import StrawberryField

from domain.select import Order, Select
from schema.codecs import Codec, codec_for, named
from schema.pages import Page, Paging, scope_of
from schema.rows import Row, Shown

# A plan is what the compiler reads. Its `resolve` is the ordinary road: what Strawberry's
# resolver of the field answers for a row, a model or a JSON object.


@dataclass(frozen=True)
class Column:
    """The value is a column of the row."""

    name: str
    codec: Codec | None = None

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        value = getattr(source, self.name)
        return None if value is None else field.codec.python(value)


@dataclass(frozen=True)
class JsonColumn:
    """The value is JSON held in a column: scalars, or objects whose keys are columns."""

    name: str
    codec: Codec | None = None

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        value = getattr(source, self.name)
        if isinstance(value, str | bytes):
            value = orjson.loads(value)
        if has_object_definition(named(field.type)):
            return _rows_of(value)
        if isinstance(value, list):
            return [None if v is None else field.codec.python(v) for v in value]
        return None if value is None else field.codec.python(value)


@dataclass(frozen=True)
class Part:
    """An object that shows other columns of the same row; null when `when` is null."""

    when: str | None = None

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        return None if self.when and getattr(source, self.when) is None else source


@dataclass(frozen=True)
class ToOne:
    """The row of another table that a column names."""

    column: str
    key: str = "id"

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        value = getattr(source, self.column)
        return None if value is None else info.context.load.one(field.table, self.key, value)


@dataclass(frozen=True)
class SeenOne:
    """The row of another table that a column names, if the viewer may see it."""

    column: str

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        value = getattr(source, self.column)
        if value is None:
            return None
        return info.context.load.seen(field.table, info.context.actor, value)


@dataclass(frozen=True)
class ToMany:
    """The rows of another table that name this one: a bounded list."""

    foreign_key: str
    order: tuple[Order, ...]
    key: str = "id"
    limit: int | None = None

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        return info.context.load.many(field.shown, self, getattr(source, self.key))


@dataclass(frozen=True)
class Connected:
    """A page of the rows of another table that name this one."""

    foreign_key: str
    select: Callable[..., Select | None]
    key: str = "id"

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        paging = Paging.taken(arguments)
        owner = getattr(source, self.key)
        select = self.select(info.context.actor, **arguments)
        scope = scope_of(field.python_name, arguments)
        return info.context.load.pages(self, select, paging, scope, owner)


@dataclass(frozen=True)
class Computed:
    """A pure function of some columns, the viewer and the field's arguments."""

    function: Callable[..., Any]
    needs: Mapping[str, Codec]
    wants_viewer: bool

    @cached_property
    def view(self) -> Callable[..., Any]:
        """Makes what the function is given: an object with the needed columns and no other."""
        return namedtuple("Needed", list(self.needs))

    def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        values = {name: getattr(source, name) for name in self.needs}
        row = self.view(
            **{
                name: None if value is None else self.needs[name].python(value)
                for name, value in values.items()
            }
        )
        if self.wants_viewer:
            return self.function(row, info.context.actor, **arguments)
        return self.function(row, **arguments)


@dataclass(frozen=True)
class PageRoot:
    """A root field: a page of the rows that `select(viewer, **arguments)` describes."""

    select: Callable[..., Any]

    async def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        paging = Paging.taken(arguments)
        select = await selected(self.select, info.context.actor, arguments)
        scope = scope_of(field.python_name, arguments)
        return await info.context.load.page(select, paging, scope)


@dataclass(frozen=True)
class OneRoot:
    """A root field: the first row that `select(viewer, **arguments)` describes."""

    select: Callable[..., Any]

    async def resolve(self, field: ReadField, source: Any, info: Any, arguments: Any) -> Any:
        select = await selected(self.select, info.context.actor, arguments)
        if select is None:
            return None
        rows = await info.context.load.rows(select, 1)
        return rows[0] if rows else None


Plan = (
    Column
    | JsonColumn
    | Part
    | ToOne
    | SeenOne
    | ToMany
    | Connected
    | Computed
    | PageRoot
    | OneRoot
)
PLAN = "plan"
_WITHOUT_CONTEXT = (Column, JsonColumn, Part)


class Loads(Protocol):
    """What the ordinary road asks of `context.load` (see `resolvers.loaders`)."""

    async def rows(self, select: Select, limit: int) -> list[Row]: ...

    async def page(self, select: Select | None, paging: Paging, scope: str) -> Page: ...

    def one(self, table: str, key: str, value: Any) -> Awaitable[Row | None]: ...

    def seen(self, table: str, viewer: Any, value: Any) -> Awaitable[Row | None]: ...

    def many(self, shown: Shown, plan: ToMany, value: Any) -> Awaitable[list[Row]]: ...

    async def pages(
        self, plan: Connected, select: Select | None, paging: Paging, scope: str, owner: Any
    ) -> Page: ...

    def batch(
        self, name: str, load: Callable[[list[Any]], Awaitable[list[Any]]], value: Any
    ) -> Awaitable[Any]: ...

    async def as_of(self) -> str: ...


class ReadField(StrawberryField):
    """A field whose value is described by a plan."""

    @property
    def plan(self) -> Plan:
        plan: Plan = self.metadata[PLAN]
        return plan

    @property
    def is_basic_field(self) -> bool:
        # Basic fields are resolved without an Info object, which is half of their cost.
        return isinstance(self.plan, _WITHOUT_CONTEXT) and not self.extensions

    @cached_property
    def is_async(self) -> bool:
        # Only roots: the door's extensions must know that they guard a coroutine.
        return isinstance(self.plan, PageRoot | OneRoot)

    @cached_property
    def codec(self) -> Codec:
        """The declared codec, or the one that the field's type asks for."""
        declared: Codec | None = getattr(self.plan, "codec", None)
        return declared or codec_for(self.type)

    @cached_property
    def shown(self) -> Shown:
        """What the field's type shows."""
        shown = getattr(named(self.type), "__shows__", None)
        if not isinstance(shown, Shown):
            raise TypeError(f"{self.python_name}: its type is not declared with @shows")
        return shown

    @cached_property
    def table(self) -> str:
        """The table that the field's type shows."""
        if self.shown.table is None:
            raise TypeError(f"{self.python_name}: its type shows no table")
        return self.shown.table

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        return self.plan.resolve(self, source, info, kwargs)


async def selected(
    function: Callable[..., Any], viewer: Any, arguments: Mapping[str, Any]
) -> Select | None:
    """What a root reads for this viewer; the function may need to look something up first."""
    found = function(viewer, **arguments)
    if found is not None and not isinstance(found, Select):
        found = await found
    select: Select | None = found
    return select


def _rows_of(value: Any) -> Any:
    if isinstance(value, list):
        return [_rows_of(v) for v in value]
    return Row(None, _Lenient(value)) if isinstance(value, dict) else value


class _Lenient(dict[str, Any]):
    """The object of a JSON column: a key that was not written is null."""

    def __missing__(self, key: str) -> None:
        if key.startswith("__"):
            # Python asks objects for what they can do (`__await__`): that is no column.
            raise KeyError(key)
