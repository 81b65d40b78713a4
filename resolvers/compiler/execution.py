"""Runs a compiled operation: statements from the root down, shaping from the leaves up."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from graphql import (
    DocumentNode,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
)
from strawberry.types.fields.resolver import StrawberryResolver

from domain import cursors, events
from domain.db import converse, dialect
from domain.select import (
    Select,
    Slice,
    Statement,
    count_sql,
    counts_sql,
    page_sql,
    pages_sql,
    rows_sql,
    to_cursor,
)
from resolvers.compiler.fetches import Answered, Child, Fetch, OperationPlan, Root
from resolvers.compiler.planner import Planner
from resolvers.compiler.selection import (
    Document,
    Unplannable,
    fragments_of,
    switches_of,
    variables_of,
)
from schema.pages import MAX_COUNT, Paging, beyond, scope_of
from schema.plans import Connected, PageRoot, SeenOne, ToMany, selected

log = logging.getLogger(__name__)

# A document whose conditions have more combinations than this compiles the first ones only.
MAX_PLANS = 32

Rows = Sequence[Any]
Talk = Generator[tuple[str, list[Any]], Rows, Any]


class Withdrawn(Exception):
    """The plan does not hold for this run: the ordinary executor answers."""


def compile_operation(
    schema: strawberry.Schema, document: DocumentNode, operation: OperationDefinitionNode
) -> CompiledOperation | None:
    """A compiled form of a query of a document that was validated; None if it has none."""
    if operation.operation is not OperationType.QUERY or operation.directives:
        return None
    switches = switches_of(document)
    compiled = CompiledOperation(schema, document, operation, switches)
    # Whether something can be planned hardly depends on the switches: all on is tried at once.
    return compiled if compiled.plan_for((True,) * len(compiled.switches)) else None


class CompiledOperation:
    """One operation of one document, with a plan for each choice of its boolean switches."""

    def __init__(
        self,
        schema: strawberry.Schema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        switches: Sequence[str],
    ) -> None:
        self._schema = schema
        self._core = schema._schema  # Strawberry has no public way to it
        self._operation = operation
        self._fragments = fragments_of(document)
        declared = variables_of(operation)
        self.switches = tuple(name for name in switches if name in declared)
        self._plans: dict[tuple[bool, ...], OperationPlan | None] = {}

    def plan_for(self, choice: tuple[bool, ...]) -> OperationPlan | None:
        """The plan for these values of the switches; None when there is none."""
        if choice not in self._plans and len(self._plans) < MAX_PLANS:
            self._plans[choice] = self._planned(choice)
        return self._plans.get(choice)

    def _planned(self, choice: tuple[bool, ...]) -> OperationPlan | None:
        values = dict(zip(self.switches, choice, strict=True))
        document = Document(self._core, self._fragments, values)
        query = self._core.query_type
        if query is None:
            return None
        try:
            return Planner(self._schema, document).plan(query, self._operation.selection_set)
        except Unplannable as reason:
            log.debug("not compiled: %s", reason)
            return None

    async def run(self, variables: Mapping[str, Any] | None, context: Any) -> bytes | None:
        """The finished JSON of `data`; None when the ordinary executor must answer."""
        try:
            return await self._run(dict(variables or {}), context)
        except Exception as error:  # noqa: BLE001 - the ordinary executor meets it again and says it
            log.debug("compiled road withdrawn: %r", error)
            return None

    async def _run(self, inputs: dict[str, Any], context: Any) -> bytes | None:
        reading = await self.reading(inputs, context)
        if reading is None:
            return None
        return orjson.dumps(await converse(reading.answer()) if reading.asks else reading.data)

    async def reading(self, inputs: dict[str, Any], context: Any) -> Reading | None:
        """What will be read for these variables and this caller; None when no plan says it."""
        variables = get_variable_values(
            self._core, self._operation.variable_definitions or (), inputs
        )
        if isinstance(variables, list):
            return None
        choice: tuple[Any, ...] = tuple(variables.coerced.get(name) for name in self.switches)
        # A switch that is null is an error, and the ordinary executor's to tell.
        plan = None if None in choice else self.plan_for(choice)
        if plan is None:
            return None
        reading = Reading(OnlyContext(context), [a.values(variables) for a in plan.arguments])
        for key, root in zip(plan.keys, plan.roots, strict=True):
            await reading.prepare(key, root)
        reading.wants_as_of = plan.wants_as_of
        return reading


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a root field reads, once its arguments are known."""

    root: Root
    select: Select | None
    paging: Paging
    part: Slice
    scope: str


@dataclass(frozen=True, slots=True)
class OnlyContext:
    """What resolvers called by the compiled road get as `info`."""

    context: Any


async def _called(
    resolver: StrawberryResolver[Any], arguments: dict[str, Any], info: OnlyContext
) -> Any:
    call: Callable[..., Any] = resolver
    itself = [None] if resolver.self_parameter else []
    if resolver.info_parameter:
        arguments[resolver.info_parameter.name] = info
    answer = call(*itself, **arguments)
    return await answer if resolver.is_async else answer


_FIRST = Paging(1)


class _Facts:
    """What a connection's shaper is told about its page; attributes are named as the fields."""

    __slots__ = (
        "as_of_cursor",
        "count",
        "end_cursor",
        "has_next_page",
        "has_previous_page",
        "scope",
        "start_cursor",
    )

    def __init__(self, scope: str, count: int | None, as_of_cursor: str | None) -> None:
        self.scope, self.count, self.as_of_cursor = scope, count, as_of_cursor
        self.has_next_page = self.has_previous_page = False
        self.start_cursor: str | None = None
        self.end_cursor: str | None = None

    @property
    def total_count(self) -> int | None:
        return None if self.count is None else min(self.count, MAX_COUNT)

    @property
    def total_count_is_exact(self) -> bool:
        return self.count is not None and self.count <= MAX_COUNT

    def cursor(self, tail: Sequence[Any]) -> str:
        return cursors.page([to_cursor(value) for value in tail], self.scope)


class Reading:
    """One run of one plan: a conversation that gives statements and takes their rows."""

    def __init__(self, info: OnlyContext, arguments: list[dict[str, Any]]) -> None:
        self.info = info
        self.arguments = arguments
        self.dialect = dialect()
        self.wants_as_of = False
        self.as_of: str | None = None
        self.asks: list[_Ask] = []
        self.data: dict[str, Any] = {}

    async def prepare(self, key: str, root: Root | Answered | str) -> None:
        """Ask a root what it will read; a root that no plan reads answers at once."""
        # Its place in the answer is taken now.
        self.data[key] = None
        if isinstance(root, str):
            self.data[key] = root
            return
        if not all(guard.admits(self.info.context) for guard in root.guards):
            raise Withdrawn(key)
        arguments = {} if root.arguments is None else dict(self.arguments[root.arguments])
        if isinstance(root, Answered):
            answer = await _called(root.resolver, arguments, self.info)
            self.data[key] = root.shape(answer, self.info, self.arguments)
            return
        paging = Paging.taken(arguments) if isinstance(root.plan, PageRoot) else _FIRST
        select = await selected(root.plan.select, self.info.context.actor, arguments)
        scope = scope_of(root.name, arguments)
        self.asks.append(_Ask(root, select, paging, paging.slice(scope), scope))

    def answer(self) -> Talk:
        """The conversation; it returns the value of `data`."""
        if self.wants_as_of:
            # Read before the pages, so that a follower from there misses nothing.
            rows = yield events.HEAD, []
            self.as_of = cursors.event(rows[0][0])
        for ask in self.asks:
            self.data[ask.root.key] = yield from self._root(ask)
        return self.data

    def _root(self, ask: _Ask) -> Talk:
        if isinstance(ask.root.plan, PageRoot):
            return (yield from self._page(ask))
        found: list[Any] = []
        if ask.select is not None:
            fetch = ask.root.fetch_for(ask.select.table)
            to = Statement(self.dialect)
            rows = yield page_sql(to, ask.select, Slice(1), fetch.columns), to.params
            below = yield from self._below(fetch, rows, 0)
            found = fetch.shape(rows, below, self.info, self.arguments, [])
        if not found and not ask.root.nullable:
            raise Withdrawn(ask.root.key)
        return found[0] if found else None

    def _page(self, ask: _Ask) -> Talk:
        select = ask.select
        if select is None:
            raise Withdrawn("nothing to select from")
        fetch = ask.root.fetch_for(select.table)
        facts = _Facts(ask.scope, None, self.as_of)
        rows: Rows = ()
        if fetch.wants_rows:
            to = Statement(self.dialect)
            tail = fetch.wants_cursors or fetch.wants_ends
            rows = yield page_sql(to, select, ask.part, fetch.columns, sort_key=tail), to.params
        kept = self._kept(fetch, select, rows, ask.paging, facts)
        below = yield from self._below(fetch, kept, 0)
        if fetch.wants_count:
            to = Statement(self.dialect)
            counted = yield count_sql(to, select, MAX_COUNT + 1), to.params
            facts.count = counted[0][0]
        return fetch.shape(kept, below, self.info, self.arguments, facts)

    def _kept(
        self, fetch: Fetch, select: Select, rows: Rows, paging: Paging, facts: _Facts
    ) -> list[Any]:
        """The rows of the page in order, and what they say about the page."""
        facts.has_next_page, facts.has_previous_page = beyond(paging, more=len(rows) > paging.size)
        kept = list(rows[: paging.size])
        if paging.backwards:
            kept.reverse()
        if fetch.wants_ends and kept:
            width = len(select.sort)
            facts.start_cursor = facts.cursor(tuple(kept[0])[-width:])
            facts.end_cursor = facts.cursor(tuple(kept[-1])[-width:])
        return kept

    def _below(self, fetch: Fetch, rows: Rows, offset: int) -> Talk:
        """The results of the relations of some rows that are read apart: for each, by key."""
        results: list[Any] = []
        for child in fetch.children:
            place = child.key + offset
            keys = list(dict.fromkeys(row[place] for row in rows if row[place] is not None))
            results.append((yield from self._child(child, keys)) if keys else {})
        return results

    def _child(self, child: Child, keys: list[Any]) -> Talk:
        if isinstance(child.plan, Connected):
            return (yield from self._pages(child, child.plan, keys))
        if isinstance(child.plan, SeenOne):
            return (yield from self._seen(child.fetch, keys))
        rows = yield self._many(child.plan, child.fetch, keys)
        below = yield from self._below(child.fetch, rows, 1)
        lists: dict[Any, list[Any]] = {key: [] for key in keys}
        return child.fetch.shape(rows, below, self.info, self.arguments, lists)

    def _seen(self, fetch: Fetch, keys: list[Any]) -> Talk:
        """The objects that the viewer may see, by key."""
        select = fetch.shown.seen(self.info.context.actor) if fetch.shown.seen else None
        if select is None:
            return {}
        to = Statement(self.dialect)
        text = pages_sql(to, select, fetch.shown.key, keys, Slice(1), fetch.columns)
        rows = yield text, to.params
        below = yield from self._below(fetch, rows, 1)
        lists: dict[Any, list[Any]] = {key: [] for key in keys}
        found = fetch.shape(rows, below, self.info, self.arguments, lists)
        return {key: objects[0] for key, objects in found.items() if objects}

    def _many(self, plan: ToMany, fetch: Fetch, keys: list[Any]) -> tuple[str, list[Any]]:
        to = Statement(self.dialect)
        table = fetch.shown.table or ""
        if plan.limit is None:
            text = rows_sql(to, table, plan.foreign_key, keys, fetch.columns, plan.order)
        else:
            select = Select(table, key=fetch.shown.key).by(*plan.order)
            text = pages_sql(to, select, plan.foreign_key, keys, Slice(plan.limit), fetch.columns)
        return text, to.params

    def _pages(self, child: Child, plan: Connected, keys: list[Any]) -> Talk:
        fetch = child.fetch
        arguments = {} if child.arguments is None else dict(self.arguments[child.arguments])
        paging = Paging.taken(arguments)
        select = plan.select(self.info.context.actor, **arguments)
        if select is None or select.table != fetch.shown.table:
            raise Withdrawn("nothing to select from")
        scope = scope_of(child.scope, arguments)
        part = self._nested_slice(paging, scope, keys)
        groups: defaultdict[Any, list[Any]] = defaultdict(list)
        if fetch.wants_rows:
            to = Statement(self.dialect)
            tail = fetch.wants_cursors or fetch.wants_ends
            text = pages_sql(to, select, plan.foreign_key, keys, part, fetch.columns, sort_key=tail)
            for row in (yield text, to.params):
                groups[row[0]].append(row)
        counts: Mapping[Any, int] = {}
        if fetch.wants_count:
            to = Statement(self.dialect)
            text = counts_sql(to, select, plan.foreign_key, keys, MAX_COUNT + 1)
            counts = {row[0]: row[1] for row in (yield text, to.params)}
        facts = {key: _Facts(f"{scope}{key}", counts.get(key, 0), self.as_of) for key in keys}
        kept = {key: self._kept(fetch, select, groups[key], paging, facts[key]) for key in keys}
        below = yield from self._below(fetch, [r for rows in kept.values() for r in rows], 1)
        return {
            key: fetch.shape(kept[key], below, self.info, self.arguments, facts[key])
            for key in keys
        }

    def _nested_slice(self, paging: Paging, scope: str, keys: list[Any]) -> Slice:
        if paging.after is None and paging.before is None:
            return paging.slice(scope)
        if len(keys) > 1:
            # A cursor belongs to one owner's list: with others beside it something is refused.
            raise Withdrawn("one cursor for several lists")
        return paging.slice(f"{scope}{keys[0]}")


__all__ = ["CompiledOperation", "compile_operation"]
