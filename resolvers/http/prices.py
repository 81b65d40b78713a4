"""What an operation costs: worked out once per document, then a sum for each set of variables.

An object costs 1, a scalar nothing, a list its size times its item. A mutation costs 10 more. An
object made from the row of its owner costs nothing, and a list declared with a limit has
that limit as its size. A connection hands the size of its page to the lists directly below it; its
edges and its page information cost nothing.

A field says otherwise in its metadata: `cost` (its own price), `bound` (the most items its list
can hold) or `sized_by` (the argument whose list it answers); a type says what one of its objects
costs with a class attribute `__cost__`.

Fields that are answered together are counted once, as the executor merges them. The walk stops
as soon as the operation is deeper, or has more fields, than allowed, so its work is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    parse,
)

from resolvers.http.limits import Fragments, Limits, fragments_of, operations_of
from schema.reading import Computed, JsonColumn, Part, ToMany

MUTATION = 10
# The price of the introspection query that every tool sends, whatever the size of the schema.
STANDARD_INTROSPECTION = 100
PAGE_ARGUMENTS = ("first", "last")
_DEFINITION = "strawberry-definition"
# Objects that show or are computed from the row of their owner: nothing is read for them.
_OF_THE_ROW = (Part, JsonColumn, Computed)


class TooDeep(Exception):
    """The operation is nested deeper than allowed."""


class TooWide(Exception):
    """The operation has more fields than allowed, once its fragments are opened."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A size that a variable gives."""

    variable: str
    default: int
    place: str

    def of(self, variables: Mapping[str, Any]) -> int:
        value = variables.get(self.variable)
        if isinstance(value, list):
            return len(value)
        return max(value, 0) if isinstance(value, int) else self.default


Size = int | Asked
_Selections = tuple[SelectionSetNode, GraphQLNamedType | None]


@dataclass(slots=True, eq=False)
class Price:
    """A sum: a fixed part, and parts whose sizes the variables give."""

    fixed: float = 0.0
    parts: list[tuple[Size, Price]] = field(default_factory=list)

    def add(self, price: Price, size: Size = 1) -> None:
        if isinstance(size, int) and not price.parts:
            self.fixed += size * price.fixed
        elif price.fixed or price.parts:
            self.parts.append((size, price))

    def of(self, variables: Mapping[str, Any]) -> float:
        total = self.fixed
        for size, price in self.parts:
            times = size if isinstance(size, int) else size.of(variables)
            total += times * price.of(variables)
        return total


@dataclass(slots=True)
class _Walked:
    """Selections walked: what they cost once, and what they cost per item of their page."""

    once: Price = field(default_factory=Price)
    per_item: Price = field(default_factory=Price)


@dataclass(frozen=True, slots=True)
class CostPlan:
    """The price of one operation and the sizes of pages that its variables give."""

    price: Price
    pages: tuple[Asked, ...]
    literal_pages: tuple[tuple[str, int], ...]

    def cost(self, variables: Mapping[str, Any]) -> int:
        return max(1, math.ceil(round(self.price.of(variables), 3)))

    def too_large_page(self, variables: Mapping[str, Any], most: int) -> str | None:
        """The place of a page larger than allowed, if there is one."""
        asked = ((page.place, page.of(variables)) for page in self.pages)
        return next((p for p, size in (*self.literal_pages, *asked) if size > most), None)


@dataclass(frozen=True, slots=True)
class _Tariff:
    """What one field of the schema costs."""

    own: float
    target: GraphQLNamedType | None
    is_list: bool
    bound: int | None
    pages: Mapping[str, int | None]
    sized_by: str | None


class Prices:
    """The tariff of a schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self.schema = schema
        self.limits = limits
        self._tariffs: dict[tuple[str, str], _Tariff | None] = {}
        self._introspected = _mean_sizes(schema)
        self._introspection_unit = 1.0
        raw = self._standard_introspection()
        self._introspection_unit = STANDARD_INTROSPECTION / raw
        self._tariffs.clear()

    def plan(self, operation: OperationDefinitionNode, fragments: Fragments) -> CostPlan:
        """The cost plan of an operation that need not be valid.

        Raises:
            TooDeep, TooWide
        """
        return _Walk(self, fragments).plan(operation)

    def tariff(self, parent: GraphQLNamedType, name: str) -> _Tariff | None:
        key = (parent.name, name)
        if key not in self._tariffs:
            self._tariffs[key] = self._read(parent, name)
        return self._tariffs[key]

    def _read(self, parent: GraphQLNamedType, name: str) -> _Tariff | None:
        found = self.schema.get_field(parent, name)  # type: ignore[arg-type]  # any type is accepted
        if found is None:
            return None
        target = get_named_type(found.type)
        is_list = is_list_type(get_nullable_type(found.type))
        composite = is_composite_type(target)
        metadata = getattr(found.extensions.get(_DEFINITION), "metadata", None) or {}
        if target.name.startswith("__"):
            own = self._introspection_unit if composite else 0.0
            bound: int | None = self._introspected.get(name)
        else:
            of_type = _cost_of_type(target) if composite else 0.0
            plan = metadata.get("plan")
            own = metadata.get("cost", 0.0 if isinstance(plan, _OF_THE_ROW) else of_type)
            bound = metadata.get("bound", plan.limit if isinstance(plan, ToMany) else None)
        if parent is self.schema.mutation_type:
            own += MUTATION
        return _Tariff(
            own=float(own),
            target=target if composite else None,
            is_list=is_list,
            bound=bound,
            pages=_page_arguments(found),
            sized_by=metadata.get("sized_by", "ids" if is_list and "ids" in found.args else None),
        )

    def _standard_introspection(self) -> float:
        document = parse(get_introspection_query())
        (operation,) = operations_of(document)
        return self.plan(operation, fragments_of(document)).price.of({})


class _Walk:
    """One walk through an operation, its fragments opened and its fields merged."""

    def __init__(self, prices: Prices, fragments: Fragments) -> None:
        self._prices = prices
        self._limits = prices.limits
        self._fragments = fragments
        self._fields_left = prices.limits.fields
        self._pages: list[Asked] = []
        self._literal_pages: list[tuple[str, int]] = []

    def plan(self, operation: OperationDefinitionNode) -> CostPlan:
        root = self._prices.schema.get_root_type(operation.operation)
        walked = self._together([(operation.selection_set, root)], self._limits.depth)
        price = Price()
        price.add(walked.once)
        price.add(walked.per_item, self._limits.undeclared_list)
        if operation.operation is OperationType.SUBSCRIPTION:
            price.fixed += 1
        return CostPlan(price, tuple(self._pages), tuple(self._literal_pages))

    def _together(self, selections: list[_Selections], levels_left: int) -> _Walked:
        """Selections that are answered in one object."""
        if levels_left == 0:
            raise TooDeep
        answers: dict[tuple[str, str], tuple[GraphQLNamedType | None, list[FieldNode]]] = {}
        for node, parent in self._opened(selections):
            name = (node.alias or node.name).value
            key = (name, parent.name if parent else "")
            answers.setdefault(key, (parent, []))[1].append(node)
        walked = _Walked()
        for parent, nodes in answers.values():
            self._field(walked, nodes, parent, levels_left)
        return walked

    def _opened(
        self, selections: list[_Selections]
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType | None]]:
        schema = self._prices.schema
        opened: set[str] = set()
        stack = list(selections)
        while stack:
            selection_set, parent = stack.pop()
            for selection in selection_set.selections:
                if isinstance(selection, FieldNode):
                    self._fields_left -= 1
                    if self._fields_left < 0:
                        raise TooWide
                    yield selection, parent
                elif isinstance(selection, InlineFragmentNode):
                    on = selection.type_condition
                    inner = schema.get_type(on.name.value) if on else parent
                    stack.append((selection.selection_set, inner))
                elif isinstance(selection, FragmentSpreadNode):
                    name = selection.name.value
                    if name not in opened and name in self._fragments:
                        opened.add(name)
                        fragment = self._fragments[name]
                        inner = schema.get_type(fragment.type_condition.name.value)
                        stack.append((fragment.selection_set, inner))

    def _field(
        self,
        walked: _Walked,
        nodes: list[FieldNode],
        parent: GraphQLNamedType | None,
        levels_left: int,
    ) -> None:
        """One field, asked by one or several nodes that the executor merges."""
        node = nodes[0]
        tariff = self._prices.tariff(parent, node.name.value) if parent else None
        target = tariff.target if tariff else None
        below = [(n.selection_set, target) for n in nodes if n.selection_set]
        inner = _Walked()
        if below:
            inner = self._together(below, self._levels_below(node, levels_left))
        if tariff is not None:
            self._count(walked, node, tariff, inner)

    def _levels_below(self, node: FieldNode, levels_left: int) -> int:
        """Introspection has a depth of its own: its standard query is deeper than any of ours."""
        if node.name.value in ("__schema", "__type"):
            return self._limits.introspection_depth
        return levels_left - 1

    def _count(self, walked: _Walked, node: FieldNode, tariff: _Tariff, inner: _Walked) -> None:
        asked = self._asked(node, tariff)
        one = Price(tariff.own)
        one.add(inner.once)
        page = self._limits.undeclared_list if asked is None or tariff.is_list else asked
        one.add(inner.per_item, page)
        if not tariff.is_list or tariff.target is None:
            walked.once.add(one)
        elif asked is not None:
            walked.once.add(one, asked)
        elif tariff.bound is not None:
            walked.once.add(one, tariff.bound)
        else:
            walked.per_item.add(one)

    def _asked(self, node: FieldNode, tariff: _Tariff) -> Size | None:
        """How many items the arguments ask for; None when the field has no such argument."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if tariff.sized_by is not None:
            return self._size(given.get(tariff.sized_by), self._limits.undeclared_list, node)
        if not tariff.pages:
            return None
        for name, default in tariff.pages.items():
            if name in given:
                return self._page(given[name], default or self._limits.default_page, node, name)
        return next(
            (size for size in tariff.pages.values() if size is not None), self._limits.default_page
        )

    def _page(self, value: Any, default: int, node: FieldNode, argument: str) -> Size:
        size = self._size(value, default, node, f"{node.name.value}.{argument}")
        if isinstance(size, Asked):
            self._pages.append(size)
        else:
            self._literal_pages.append((f"{node.name.value}.{argument}", size))
        return size

    def _size(self, value: Any, default: int, node: FieldNode, place: str = "") -> Size:
        match value:
            case IntValueNode():
                return max(0, int(value.value[:12]))
            case ListValueNode():
                return len(value.values)
            case VariableNode():
                return Asked(value.name.value, default, place or node.name.value)
        return default


def _page_arguments(found: GraphQLField) -> dict[str, int | None]:
    """The arguments that set the size of a page, each with its default in the schema."""
    sizes: dict[str, int | None] = {}
    for name in PAGE_ARGUMENTS:
        if name in found.args:
            default = found.args[name].default_value
            sizes[name] = default if isinstance(default, int) else None
    return sizes


def _cost_of_type(target: GraphQLNamedType) -> float:
    if target.name.endswith("Edge") or target.name == "PageInfo":
        return 0.0
    origin = getattr(target.extensions.get(_DEFINITION), "origin", None)
    return float(getattr(origin, "__cost__", 1.0))


def _mean_sizes(schema: GraphQLSchema) -> dict[str, int]:
    """How long the lists of introspection are in this schema, on average, rounded up."""
    lists: dict[str, list[Sized]]
    types = list(schema.type_map.values())
    fields = [f for t in types for f in getattr(t, "fields", {}).values()]
    lists = {
        "types": [types],
        "directives": [schema.directives],
        "fields": [t.fields for t in types if hasattr(t, "fields")],
        "inputFields": [t.fields for t in types if hasattr(t, "fields")],
        "enumValues": [t.values for t in types if hasattr(t, "values")],
        "interfaces": [t.interfaces for t in types if hasattr(t, "interfaces")],
        "possibleTypes": [t.types for t in types if hasattr(t, "types")],
        "args": [f.args for f in fields if hasattr(f, "args")],
    }
    return {name: 1 + int(fmean(map(len, all_) or (0,))) for name, all_ in lists.items() if all_}
