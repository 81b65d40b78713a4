"""Pages of lists: Relay connections over a sort key, never over a position in the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from graphql import GraphQLError

from domain import cursors
from domain.select import Select, Slice, from_cursor, to_cursor
from schema.scalars import EventCursor

NodeType = TypeVar("NodeType")

DEFAULT_SIZE = 20
# Counting goes no further: the cost of a page must not depend on the length of the list.
MAX_COUNT = 10_000


_max_size = 100


def max_size() -> int:
    """The largest page that may be asked for."""
    return _max_size


def configure(max_size: int) -> None:
    """Set the largest page; called by the composition root."""
    global _max_size  # noqa: PLW0603 - set once at start
    _max_size = max_size


def PAGING(  # noqa: N802 - a signature used as data
    first: Annotated[
        int | None,
        strawberry.argument(
            description="Taille de page. At most this many from the start (or from `after`);"
            " 20 when neither `first` nor `last` is given, at most 100."
        ),
    ] = None,
    after: Annotated[
        str | None, strawberry.argument(description="Après. Only what follows this cursor.")
    ] = None,
    last: Annotated[
        int | None,
        strawberry.argument(
            description="Taille de page depuis la fin. At most this many from the end (or from"
            " `before`), at most 100; not together with `first`."
        ),
    ] = None,
    before: Annotated[
        str | None, strawberry.argument(description="Avant. Only what precedes this cursor.")
    ] = None,
) -> None:
    """The arguments that every connection has."""


class BadPage(GraphQLError):
    """The arguments of a page contradict each other or pass its limits."""

    def __init__(self, message: str, code: str = "BAD_USER_INPUT") -> None:
        super().__init__(message, extensions={"code": code})


@dataclass(frozen=True, slots=True)
class Paging:
    """The part of a list that a caller asks for."""

    size: int
    backwards: bool = False
    after: str | None = None
    before: str | None = None

    @classmethod
    def taken(cls, arguments: dict[str, Any]) -> Paging:
        """Take the arguments of pages out of a field's arguments, or raise BadPage."""
        first, last = arguments.pop("first", None), arguments.pop("last", None)
        after, before = arguments.pop("after", None), arguments.pop("before", None)
        if first is not None and last is not None:
            raise BadPage("Give either `first` or `last`, not both.")
        name, size = ("first", first) if last is None else ("last", last)
        if size is None:
            size = DEFAULT_SIZE
        if not 0 <= size <= max_size():
            raise BadPage(f"`{name}` must be between 0 and {max_size()}; it is {size}.")
        return cls(size, last is not None, after, before)

    def slice(self, scope: str) -> Slice:
        """The rows to fetch: one more than asked, to know whether the list goes on.

        Raises BadPage when a cursor was altered or belongs to another list.
        """
        return Slice(
            self.size + 1,
            self._bound("after", self.after, scope),
            self._bound("before", self.before, scope),
            self.backwards,
        )

    def _bound(self, name: str, cursor: str | None, scope: str) -> tuple[Any, ...] | None:
        if cursor is None:
            return None
        try:
            return tuple(from_cursor(v) for v in cursors.read_page(cursor, scope))
        except cursors.BadCursor as error:
            message = f"`{name}` is not a cursor of this list: {error}."
            raise BadPage(message, "BAD_CURSOR") from error


def scope_of(name: str, arguments: dict[str, Any], owner: str | None = None) -> str:
    """What a cursor is bound to: the list, its filter and its order; the owner of a nested one."""
    asked = {k: v for k, v in sorted(arguments.items()) if v is not None}
    return f"{name}{asked!r}{owner or ''}"


@strawberry.type(description="Page. Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Suite. Whether more follows this page.")
    has_previous_page: bool = strawberry.field(
        description="Début. Whether something precedes this page."
    )
    start_cursor: str | None = strawberry.field(
        description="Premier curseur. The cursor of the first element; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Dernier curseur. The cursor of the last element, to pass as `after`; null"
        " on an empty page."
    )


@strawberry.type(description="Élément. One element of a page and its cursor.")
class Edge(Generic[NodeType]):
    cursor: str = strawberry.field(description="Curseur. The place of the element in the list.")
    node: NodeType = strawberry.field(description="Objet. The element itself.")


@strawberry.type(
    description="Liste paginée. One page of a list, in a stable order, by cursors that stay valid"
    " while the list changes."
)
class Connection(Generic[NodeType]):
    edges: list[Edge[NodeType]] = strawberry.field(
        description="Éléments. The elements of the page with their cursors; at most 100."
    )
    nodes: list[NodeType] = strawberry.field(
        description="Objets. The elements of the page without their cursors; at most 100."
    )
    page_info: PageInfo = strawberry.field(description="Page. Where the page stands in the list.")
    as_of_cursor: EventCursor = strawberry.field(
        description="Repère. The event log as it was just before the page was read: following the"
        " events from this cursor misses no change of what the page shows."
    )

    @strawberry.field(
        description="Nombre total. The length of the whole list, counted up to 10,000; see"
        " `totalCountIsExact`."
    )
    async def total_count(self) -> int | None:
        count: int | None = await self.count()  # type: ignore[attr-defined]  # self is a Page
        return None if count is None else min(count, MAX_COUNT)

    @strawberry.field(
        description="Total exact. False when the list is longer than `totalCount` says."
    )
    async def total_count_is_exact(self) -> bool:
        count: int | None = await self.count()  # type: ignore[attr-defined]  # self is a Page
        return count is not None and count <= MAX_COUNT


class Page:
    """One page that was read: what a resolver returns for a `Connection`."""

    def __init__(
        self,
        rows: Sequence[Any],
        paging: Paging,
        *,
        key_of: Callable[[Any], Sequence[Any]],
        scope: str,
        as_of_cursor: str,
        count: Callable[[], Any],
    ) -> None:
        """`rows` are as fetched: possibly one more than asked, from the end when backwards."""
        more = len(rows) > paging.size
        kept = list(rows[: paging.size])
        if paging.backwards:
            kept.reverse()
        self.nodes = kept
        self.as_of_cursor = as_of_cursor
        self.count = count
        self._paging, self._more, self._key_of, self._scope = paging, more, key_of, scope

    @property
    def edges(self) -> list[Edge[Any]]:
        return [Edge(cursor=self._cursor(row), node=row) for row in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        following, preceding = beyond(self._paging, more=self._more)
        return PageInfo(
            has_next_page=following,
            has_previous_page=preceding,
            start_cursor=self._cursor(self.nodes[0]) if self.nodes else None,
            end_cursor=self._cursor(self.nodes[-1]) if self.nodes else None,
        )

    def _cursor(self, row: Any) -> str:
        return cursors.page([to_cursor(v) for v in self._key_of(row)], self._scope)


def beyond(paging: Paging, *, more: bool) -> tuple[bool, bool]:
    """Whether something follows and precedes the page, `more` telling about its far end.

    A cursor is a place that existed: whoever gives one came from the other side of it.
    """
    if paging.backwards:
        return paging.before is not None, more
    return more, paging.after is not None


def sort_key(select: Select) -> Callable[[Any], list[Any]]:
    """Reads the values of the sort key from a row object."""
    names = [order.column for order in select.sort]
    return lambda row: [getattr(row, name) for name in names]
