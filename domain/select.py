"""What to read, as one plain value: a table, conditions with their values, an order, a limit.

A `Select` says which rows a caller may see and in which order. It knows nothing of GraphQL: both
roads of the read path, pull readers and exports render the same value to SQL. Names of tables,
columns and operators come from the code; every value travels as a parameter.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol

# A filter on more values than this is one condition, not one ordered probe per value.
MAX_BRANCHES = 16


class Statement:
    """A statement being written: the database it is for and the parameters met so far."""

    __slots__ = ("params", "postgres")

    def __init__(self, dialect: str) -> None:
        self.postgres = dialect == "postgres"
        self.params: list[Any] = []

    def value(self, value: Any) -> str:
        """The placeholder of a value."""
        self.params.append(value.value if isinstance(value, Enum) else value)
        return f"${len(self.params)}"

    def among(self, column: str, values: Iterable[Any]) -> str:
        """Membership written so that the text does not depend on the number of values.

        One value is the exception: it is what is asked most, and PostgreSQL plans an equality
        once where it would plan a list at every execution.
        """
        plain = [v.value if isinstance(v, Enum) else v for v in values]
        if len(plain) == 1:
            return f"{column} = {self.value(plain[0])}"
        if self.postgres:
            self.params.append(plain)
            return f"{column} = ANY(${len(self.params)})"
        self.params.append(json.dumps(plain, default=str))
        return f"{column} IN (SELECT value FROM json_each(${len(self.params)}))"

    def keys(self, keys: Sequence[Any]) -> str:
        """A source of rows `p` with one column `k`: the given keys."""
        kind = "bigint" if keys and isinstance(keys[0], int) else "text"
        if len(keys) == 1:
            return f"(SELECT CAST({self.value(keys[0])} AS {kind}) AS k) AS p"
        if self.postgres:
            self.params.append(keys)
            return f"unnest(${len(self.params)}::{kind}[]) AS p (k)"
        self.params.append(json.dumps(keys))
        return f"(SELECT value AS k FROM json_each(${len(self.params)})) AS p"


class Condition(Protocol):
    """Something that writes itself as a boolean expression on the row `alias`."""

    def write(self, to: Statement, alias: str) -> str: ...


@dataclass(frozen=True, slots=True)
class _Compare:
    column: str
    operator: str
    value: Any

    def write(self, to: Statement, alias: str) -> str:
        return f"{alias}.{quoted(self.column)} {self.operator} {to.value(self.value)}"


@dataclass(frozen=True, slots=True)
class _Among:
    column: str
    values: tuple[Any, ...]

    def write(self, to: Statement, alias: str) -> str:
        return to.among(f"{alias}.{quoted(self.column)}", self.values)


@dataclass(frozen=True, slots=True)
class _Null:
    column: str
    expected: bool

    def write(self, to: Statement, alias: str) -> str:
        return f"{alias}.{quoted(self.column)} IS {'' if self.expected else 'NOT '}NULL"


@dataclass(frozen=True, slots=True)
class _Joined:
    word: str
    empty: str
    conditions: tuple[Condition, ...]

    def write(self, to: Statement, alias: str) -> str:
        if not self.conditions:
            return self.empty
        parts = [condition.write(to, alias) for condition in self.conditions]
        return parts[0] if len(parts) == 1 else f"({self.word.join(parts)})"


@dataclass(frozen=True, slots=True)
class _Not:
    condition: Condition

    def write(self, to: Statement, alias: str) -> str:
        # IS NOT TRUE, unlike NOT, keeps the rows for which the condition is unknown.
        return f"({self.condition.write(to, alias)}) IS NOT TRUE"


@dataclass(frozen=True, slots=True)
class _Exists:
    table: str
    links: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...]
    row_by_row: bool

    def write(self, to: Statement, alias: str) -> str:
        inner = f"{alias}x"
        links = [f"{inner}.{quoted(a)} = {alias}.{quoted(b)}" for a, b in self.links]
        parts = [*links, *(condition.write(to, inner) for condition in self.conditions)]
        # PostgreSQL would read all that the conditions keep and join it; SQLite never does.
        fence = " OFFSET 0" if self.row_by_row and to.postgres else ""
        where = " AND ".join(parts)
        return f"EXISTS (SELECT 1 FROM {quoted(self.table)} {inner} WHERE {where}{fence})"


@dataclass(frozen=True, slots=True)
class _Within:
    column: str
    table: str
    named: str
    conditions: tuple[Condition, ...]

    def write(self, to: Statement, alias: str) -> str:
        inner = f"{alias}w"
        where = " AND ".join(condition.write(to, inner) for condition in self.conditions)
        return (
            f"{alias}.{quoted(self.column)} IN (SELECT {inner}.{quoted(self.named)}"
            f" FROM {quoted(self.table)} {inner} WHERE {where})"
        )


@dataclass(frozen=True, slots=True)
class _Written:
    postgres: str
    sqlite: str
    values: tuple[Any, ...]

    def write(self, to: Statement, alias: str) -> str:
        text = self.postgres if to.postgres else self.sqlite
        return text.format(*(to.value(v) for v in self.values), t=alias)


def equals(column: str, value: Any) -> Condition:
    return _Compare(column, "=", value)


def differs(column: str, value: Any) -> Condition:
    return _Compare(column, "<>", value)


def at_least(column: str, value: Any) -> Condition:
    return _Compare(column, ">=", value)


def at_most(column: str, value: Any) -> Condition:
    return _Compare(column, "<=", value)


def above(column: str, value: Any) -> Condition:
    return _Compare(column, ">", value)


def below(column: str, value: Any) -> Condition:
    return _Compare(column, "<", value)


def is_null(column: str) -> Condition:
    return _Null(column, True)


def not_null(column: str) -> Condition:
    return _Null(column, False)


def among(column: str, values: Collection[Any]) -> Condition:
    """The column has one of the values; none of the rows when there is no value."""
    ordered = tuple(sorted(values)) if isinstance(values, frozenset | set) else tuple(values)
    return _Among(column, ordered) if ordered else NOTHING


def starts_with(column: str, prefix: str) -> Condition:
    """The text begins so. Written as a range, which every index on the column serves."""
    return all_of(at_least(column, prefix), below(column, prefix + "\U0010ffff"))


def any_of(*conditions: Condition) -> Condition:
    return _Joined(" OR ", "1 = 0", conditions)


def all_of(*conditions: Condition) -> Condition:
    return _Joined(" AND ", "1 = 1", conditions)


def unless(condition: Condition) -> Condition:
    """The condition is false or unknown."""
    return _Not(condition)


def exists(
    table: str, links: dict[str, str], *conditions: Condition, row_by_row: bool = False
) -> Condition:
    """There is a row of another table. `links` maps its columns to columns of this row.

    `row_by_row` has it looked up for each row: for few rows here and many there.
    """
    return _Exists(table, tuple(links.items()), conditions, row_by_row)


def within(column: str, table: str, named: str, *conditions: Condition) -> Condition:
    """The column is what `named` holds in a row of another table: for few rows there.

    They are found once, where `exists` would ask for each row here.
    """
    return _Within(column, table, named, conditions)


def written(text: str, *values: Any, sqlite: str | None = None) -> Condition:
    """SQL by hand: `{t}` is the row and `{0}`, `{1}`… the values."""
    return _Written(text, text if sqlite is None else sqlite, values)


NOTHING = any_of()


@dataclass(frozen=True, slots=True)
class Order:
    """One column of the sort key. It must never be null."""

    column: str
    descending: bool = False


def rising(column: str) -> Order:
    return Order(column)


def falling(column: str) -> Order:
    return Order(column, descending=True)


@dataclass(frozen=True, slots=True)
class Select:
    """Which rows, in which order. `key` is the unique column that ends every order.

    `branches` are alternatives read one by one, each in order, and merged: an index on
    (column, sort key) then serves every one of them whatever the statistics say.
    `ranks` are columns that exist in this reading only, to sort by: a name and its expression.
    """

    table: str
    conditions: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    key: str = "id"
    branches: tuple[Condition, ...] = ()
    ranks: tuple[tuple[str, Condition], ...] = ()

    def where(self, *conditions: Condition | None) -> Select:
        """Only the rows that also satisfy these; a missing condition asks nothing."""
        added = tuple(c for c in conditions if c is not None)
        return replace(self, conditions=self.conditions + added)

    def ranked(self, name: str, expression: Condition) -> Select:
        """With one more column, computed from the row."""
        return replace(self, ranks=(*self.ranks, (name, expression)))

    def by(self, *order: Order) -> Select:
        """In this order; the key is added at the end in the direction of the last column."""
        return replace(self, order=order)

    def each_of(self, column: str, values: Collection[Any]) -> Select:
        """One of the values, read as one ordered probe per value."""
        distinct = tuple(dict.fromkeys(values))
        if self.branches or not 1 < len(distinct) <= MAX_BRANCHES:
            return self.where(among(column, distinct))
        return replace(self, branches=tuple(equals(column, v) for v in distinct))

    def either(self, *conditions: Condition) -> Select:
        """One of the conditions, each read by its own index; a row met twice is kept once."""
        if self.branches or len(conditions) == 1:
            return self.where(any_of(*conditions))
        apart = [
            condition if n == 0 else all_of(condition, unless(any_of(*conditions[:n])))
            for n, condition in enumerate(conditions)
        ]
        return replace(self, branches=tuple(apart))

    @property
    def sort(self) -> tuple[Order, ...]:
        """The whole sort key, unique."""
        if self.order and self.order[-1].column == self.key:
            return self.order
        last = self.order[-1].descending if self.order else False
        return (*self.order, Order(self.key, last))


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the sorted rows: at most `limit` of them, between two sort keys, from one end."""

    limit: int
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A to-one relation read along: the row of `table` that `column` of `source` names."""

    alias: str
    table: str
    source: str
    column: str
    key: str = "id"


@dataclass(frozen=True, slots=True)
class Columns:
    """What a statement returns: pairs of alias and column, where `t` is the row itself."""

    items: tuple[tuple[str, str], ...]
    joins: tuple[Join, ...] = ()
    everything: bool = False
    # What was written before: it is asked again for every request.
    _written: dict[tuple[str, ...], str] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def inner(self, *needed: str) -> str:
        """The columns of the row itself, for the part of the statement that selects rows."""
        key = ("inner", *needed)
        if key not in self._written:
            self._written[key] = self._inner(needed)
        return self._written[key]

    def outer(self, *last: str) -> str:
        """The list that the caller gets, then the columns of the row itself named by `last`."""
        key = ("outer", *last)
        if key not in self._written:
            self._written[key] = self._outer(last)
        return self._written[key]

    def joined(self) -> str:
        """The joins of the to-one relations."""
        key = ("joined",)
        if key not in self._written:
            self._written[key] = self._joined()
        return self._written[key]

    def _inner(self, needed: Sequence[str]) -> str:
        if self.everything:
            return "t.*"
        own = {c for alias, c in self.items if alias == "t"}
        own |= {join.column for join in self.joins if join.source == "t"}
        return ", ".join(f"t.{quoted(c)}" for c in sorted(own.union(needed)))

    def _outer(self, last: Sequence[str]) -> str:
        items = [f"{alias}.{quoted(c)}" for alias, c in self.items]
        if self.everything:
            items.append("t.*")
        return ", ".join([*items, *(f"t.{quoted(c)}" for c in last)])

    def _joined(self) -> str:
        return "".join(
            f" LEFT JOIN {quoted(j.table)} {j.alias}"
            f" ON {j.alias}.{quoted(j.key)} = {j.source}.{quoted(j.column)}"
            for j in self.joins
        )


EVERYTHING = Columns((), everything=True)


def quoted(name: str) -> str:
    return f'"{name}"'


def page_sql(
    to: Statement, select: Select, part: Slice, columns: Columns, *, sort_key: bool = False
) -> str:
    """The statement of one page. With `sort_key` the values of the sort key end each row."""
    sort = _sort(select, part)
    names = [o.column for o in sort]
    listed = columns.outer(*(names if sort_key else ()))
    if not select.branches and not (columns.joins and to.postgres):
        bounds = _bounds(select.sort, part)
        return _of_table(to, select, listed, columns.joined(), bounds) + _end(sort, part)
    # PostgreSQL knows that the rows inside are few and in order; SQLite would sort them again.
    rows = _rows(to, select, part, sort, columns.inner(*names))
    return f"SELECT {listed} FROM ({rows}) t{columns.joined()}{_order_by(sort)}"


def rows_sql(
    to: Statement,
    table: str,
    column: str,
    keys: Sequence[Any],
    columns: Columns,
    order: Sequence[Order] = (),
) -> str:
    """The statement of all rows whose `column` is one of the keys; the key begins each row."""
    return (
        f"SELECT t.{quoted(column)}, {columns.outer()} FROM {quoted(table)} t{columns.joined()}"
        f" WHERE {to.among(f't.{quoted(column)}', keys)}{_order_by(order)}"
    )


def pages_sql(
    to: Statement,
    select: Select,
    parent: str,
    keys: Sequence[Any],
    part: Slice,
    columns: Columns,
    *,
    sort_key: bool = False,
) -> str:
    """The statement of one page per key of `parent`; the key begins each row."""
    sort = _sort(select, part)
    names = [o.column for o in sort]
    source = to.keys(keys)
    child = select.where(_Link(parent))
    tail = names if sort_key else ()
    ordered = f" ORDER BY p.k, {_order_list(sort)}"
    listed = f"SELECT p.k, {columns.outer(*tail)}"
    if to.postgres:
        rows = _rows(to, child, part, sort, columns.inner(*names))
        return f"{listed} FROM {source} CROSS JOIN LATERAL ({rows}) t{columns.joined()}{ordered}"
    rows = _rows(to, child, part, sort, ", ".join(f"t.{quoted(c)}" for c in (select.key, *names)))
    return (
        f"{listed} FROM {source} CROSS JOIN {_source(to, select)} t{columns.joined()}"
        f" WHERE t.{quoted(select.key)} IN (SELECT {quoted(select.key)} FROM ({rows})){ordered}"
    )


def count_sql(to: Statement, select: Select, most: int) -> str:
    """The statement that counts the rows, and stops counting after `most`."""
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM {_source(to, select)} t"
        f"{_where(to, _whole(select))} LIMIT {most}) c"
    )


def counts_sql(to: Statement, select: Select, parent: str, keys: Sequence[Any], most: int) -> str:
    """The statement that counts the rows of each key of `parent`."""
    source = to.keys(keys)
    inner = (
        f"SELECT 1 FROM {_source(to, select)} t"
        f"{_where(to, (*_whole(select), _Link(parent)))} LIMIT {most}"
    )
    return f"SELECT p.k, (SELECT count(*) FROM ({inner}) c) FROM {source}"


@dataclass(frozen=True, slots=True)
class _Link:
    """The row belongs to the key `p.k` of the statement around it."""

    column: str

    def write(self, to: Statement, alias: str) -> str:
        return f"{alias}.{quoted(self.column)} = p.k"


def _source(to: Statement, select: Select) -> str:
    if not select.ranks:
        return quoted(select.table)
    ranks = ", ".join(f"{rank.write(to, 'r')} AS {quoted(name)}" for name, rank in select.ranks)
    return f"(SELECT r.*, {ranks} FROM {quoted(select.table)} r)"


def _sort(select: Select, part: Slice) -> tuple[Order, ...]:
    if not part.backwards:
        return select.sort
    return tuple(Order(o.column, not o.descending) for o in select.sort)


def _rows(to: Statement, select: Select, part: Slice, sort: tuple[Order, ...], columns: str) -> str:
    end = _end(sort, part)
    bounds = _bounds(select.sort, part)
    if not select.branches:
        return _of_table(to, select, columns, "", bounds) + end
    parts = [
        f"SELECT * FROM ({_of_table(to, select, columns, '', [branch, *bounds])}{end}) b{n}"
        for n, branch in enumerate(select.branches)
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) t{end}"


def _of_table(
    to: Statement, select: Select, columns: str, joins: str, more: Sequence[Condition]
) -> str:
    where = _where(to, (*select.conditions, *more))
    return f"SELECT {columns} FROM {_source(to, select)} t{joins}{where}"


def _end(sort: tuple[Order, ...], part: Slice) -> str:
    return f"{_order_by(sort)} LIMIT {part.limit}"


def _whole(select: Select) -> tuple[Condition, ...]:
    if not select.branches:
        return select.conditions
    return (*select.conditions, any_of(*select.branches))


def _where(to: Statement, conditions: Sequence[Condition]) -> str:
    if not conditions:
        return ""
    return " WHERE " + " AND ".join(condition.write(to, "t") for condition in conditions)


def _order_list(sort: Sequence[Order]) -> str:
    return ", ".join(f"t.{quoted(o.column)}{' DESC' if o.descending else ''}" for o in sort)


def _order_by(sort: Sequence[Order]) -> str:
    return f" ORDER BY {_order_list(sort)}" if sort else ""


@dataclass(frozen=True, slots=True)
class _Beyond:
    """The row sorts after the given values (`flipped`: before them)."""

    sort: tuple[Order, ...]
    values: tuple[Any, ...]
    flipped: bool

    def write(self, to: Statement, alias: str) -> str:
        signs = ["<" if o.descending is not self.flipped else ">" for o in self.sort]
        names = [f"{alias}.{quoted(o.column)}" for o in self.sort]
        if len(set(signs)) == 1:
            row, values = ", ".join(names), ", ".join(to.value(v) for v in self.values)
            return f"({row}) {signs[0]} ({values})" if names[1:] else f"{row} {signs[0]} {values}"
        parts = []
        for n, sign in enumerate(signs):
            same = [f"{a} = {to.value(v)}" for a, v in zip(names[:n], self.values[:n], strict=True)]
            parts.append(" AND ".join([*same, f"{names[n]} {sign} {to.value(self.values[n])}"]))
        return f"({' OR '.join(f'({part})' for part in parts)})"


def _bounds(sort: tuple[Order, ...], part: Slice) -> list[Condition]:
    return [
        _Beyond(sort, values, flipped)
        for values, flipped in ((part.after, False), (part.before, True))
        if values is not None
    ]


def to_cursor(value: Any) -> Any:
    """A value of a sort key as a cursor holds it: JSON that says its own type."""
    if isinstance(value, datetime):
        return {"at": value.isoformat(" ")}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    return value


def from_cursor(value: Any) -> Any:
    """The inverse of `to_cursor`."""
    if isinstance(value, dict):
        if "at" in value:
            return datetime.fromisoformat(value["at"])
        return date.fromisoformat(value["on"])
    return value
