"""What a plan is made of: one fetch per relation, and a root per field of Query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLField
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from domain.select import Columns, Join
from resolvers.compiler.arguments import Arguments
from resolvers.compiler.shaper import Shape
from schema.plans import Connected, OneRoot, PageRoot, SeenOne, ToMany
from schema.rows import Shown

# The alias of a fetch's own row.
ME = "t"


@dataclass(frozen=True)
class Use:
    """A field that an operation asks for: its definition, its declaration and where it is asked."""

    definition: GraphQLField
    declared: StrawberryField
    nodes: list[FieldNode]


@dataclass
class Child:
    """A relation below a fetch that is read apart: the column of its keys, and the fetch."""

    plan: ToMany | Connected | SeenOne
    key: int
    fetch: Fetch
    arguments: int | None = None
    scope: str = ""


@dataclass
class Fetch:
    """One statement: the columns to read and the function that shapes the rows.

    A paged fetch also says what its connection needs besides the rows.
    """

    shown: Shown
    items: list[tuple[str, str]] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    wants_rows: bool = False
    wants_cursors: bool = False
    wants_ends: bool = False
    wants_count: bool = False
    shape: Shape = field(init=False)
    columns: Columns = field(init=False)
    _index: dict[tuple[str, str], int] = field(default_factory=dict)

    def column(self, alias: str, name: str) -> int:
        """The position of a column among those that the statement returns."""
        item = (alias, name)
        if item not in self._index:
            self._index[item] = len(self.items)
            self.items.append(item)
        return self._index[item]

    def join(self, source: str, column: str, table: str, key: str) -> str:
        """The alias of the row that a column names, joined once."""
        for known in self.joins:
            if (known.source, known.column, known.table, known.key) == (source, column, table, key):
                return known.alias
        alias = f"j{len(self.joins) + 1}"
        self.joins.append(Join(alias, table, source, column, key))
        return alias

    @property
    def width(self) -> int:
        """The number of columns, at least one: a row must have something to unpack."""
        if not self.items:
            self.column(ME, self.shown.key)
        return len(self.items)

    def finish(self, shape: Shape) -> None:
        """Nothing more will be asked of it."""
        self.shape = shape
        self.columns = Columns(tuple(self.items), tuple(self.joins))


@dataclass
class Root:
    """A field of Query: how to find its `Select`, and the fetch for each table it may be of."""

    key: str
    name: str
    plan: PageRoot | OneRoot
    nullable: bool
    guards: Sequence[Any]
    arguments: int | None
    fetch_for: Callable[[str], Fetch]


@dataclass
class Answered:
    """A field of Query with a resolver of its own: it is called, and its answer is shaped."""

    key: str
    resolver: StrawberryResolver[Any]
    guards: Sequence[Any]
    arguments: int | None
    shape: Shape


@dataclass
class OperationPlan:
    """All that is decided before variables are known."""

    roots: list[Root | Answered | str]
    keys: list[str]
    arguments: list[Arguments]
    wants_as_of: bool
