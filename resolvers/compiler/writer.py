"""Writes the expressions of one generated function: rows, JSON and Python objects."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
    is_leaf_type,
)

from resolvers.compiler.fetches import Fetch, Use
from resolvers.compiler.leaves import Leaves
from resolvers.compiler.selection import Asked, Unplannable
from resolvers.compiler.shaper import Code, display, guarded
from resolvers.compiler.types import (
    an_object,
    named_type,
    nullable_of,
    selections_of,
    shown_by,
    shown_table,
)
from schema.codecs import CODE, TEXT, Codec
from schema.plans import (
    Column,
    Computed,
    Connected,
    JsonColumn,
    Part,
    Plan,
    ReadField,
    SeenOne,
    ToMany,
    ToOne,
)

if TYPE_CHECKING:
    from resolvers.compiler.planner import Planner


class RowSource:
    """Values are variables of the row loop."""

    trusted = True

    def __init__(self, fetch: Fetch, alias: str) -> None:
        self.fetch = fetch
        self.alias = self.name = alias

    def value(self, column: str) -> str:
        return f"c{self.fetch.column(self.alias, column)}"


class LooseSource:
    """Values are those of one object `o`; each is given a name once, before it is used."""

    trusted = False

    def __init__(self, code: Code) -> None:
        self.name = code.name("s")
        self.lines: list[str] = []
        self._code = code
        self._names: dict[str, str] = {}

    def value(self, column: str) -> str:
        if column not in self._names:
            self._names[column] = self.named(self.read(column))
        return self._names[column]

    def named(self, expression: str) -> str:
        name = self._code.name("v")
        self.lines.append(f"{name} = {expression}")
        return name

    def read(self, column: str) -> str:
        """The expression of a value that was not named yet."""
        raise NotImplementedError


class DictSource(LooseSource):
    """The object is one of JSON."""

    def read(self, column: str) -> str:
        return f"o.get({column!r})"


class ObjectSource(LooseSource):
    """The object is Python's: values are attributes."""

    def read(self, column: str) -> str:
        return f"getattr(o, {column!r})" if iskeyword(column) else f"o.{column}"


Source = RowSource | DictSource | ObjectSource


class RowWriter:
    """Writes the expressions of one fetch's shaper."""

    def __init__(self, planner: Planner, fetch: Fetch | None, code: Code) -> None:
        self.planner = planner
        self.children = fetch.children if fetch else []
        self.code = code
        self.leaf = Leaves(code).leaf
        self.used: list[int] = []
        # The types of an interface share its fields: what is written once serves all of them.
        self.written: dict[tuple[Any, ...], str] = {}

    def prologue(self) -> list[str]:
        """Give names to what the run provides: results of children and arguments."""
        groups = [f"g{n} = G[{n}]" for n in range(len(self.children))]
        arguments = [f"a{n} = A[{n}]" for n in dict.fromkeys(self.used)]
        return [*groups, *arguments, "viewer = I.context.actor"]

    def object_of(
        self, type_: GraphQLOutputType, sets: list[SelectionSetNode], source: Source
    ) -> str:
        """The expression of one object that is there."""
        if isinstance(type_, GraphQLObjectType):
            asked = self.planner.document.collect(type_, sets)
            return self._display(type_, asked, source, repr(type_.name))
        shown = shown_by(type_)
        if shown is None or shown.parts is None or not isinstance(type_, GraphQLInterfaceType):
            raise Unplannable(str(type_))
        return self._one_of(type_, shown.parts, sets, source)

    def _one_of(
        self,
        type_: GraphQLInterfaceType,
        parts: tuple[str, Mapping[str, str]],
        sets: list[SelectionSetNode],
        source: Source,
    ) -> str:
        """An object whose type a column tells: types that look the same are written once."""
        column, names = parts
        kind = source.value(column)
        typename = f"{self.code.constant(names)}[{kind}]"
        looks: dict[str, set[str]] = {}
        for value, name in names.items():
            possible = an_object(self.planner.document.schema.get_type(name))
            asked = self.planner.document.collect(possible, sets)
            looks.setdefault(self._display(possible, asked, source, typename), set()).add(value)
        chain = "".join(
            f"{look} if {kind} in {self.code.constant(frozenset(values))} else "
            for look, values in looks.items()
        )
        return f"({chain}null())"

    def _display(
        self, type_: GraphQLObjectType, asked: Asked, source: Source, typename: str
    ) -> str:
        return display(
            {
                key: typename
                if nodes[0].name.value == "__typename"
                else self._value(type_, nodes, source)
                for key, nodes in asked.items()
            }
        )

    def _value(self, type_: GraphQLObjectType, nodes: list[FieldNode], source: Source) -> str:
        use = self.planner.use_of(type_, nodes)
        if use.declared.extensions:
            raise Unplannable(use.declared.python_name)
        if isinstance(use.declared, ReadField):
            return self._planned(use.declared, use, source)
        if isinstance(source, ObjectSource):
            return self._attribute(use, source)
        raise Unplannable(f"{type_.name}.{nodes[0].name.value}")

    def _planned(self, declared: ReadField, use: Use, source: Source) -> str:
        key = (id(declared.plan), source.name, *map(id, use.nodes))
        if key not in self.written:
            write = _WRITE[type(declared.plan)]
            self.written[key] = write(self, declared.plan, use, source)
        return self.written[key]

    # --- declared fields -----------------------------------------------------------------------

    def column(self, plan: Column, use: Use, source: Source) -> str:
        name = source.value(plan.name)
        return self.leaf(name, use.definition.type, codec_of(use), trusted=source.trusted)

    def json_column(self, plan: JsonColumn, use: Use, source: Source) -> str:
        name = source.value(plan.name)
        type_, nullable = nullable_of(use.definition.type)
        result = self._json("v", type_, use.nodes, codec_of(use))
        function = self.code.function("v", ["v = loads(v) if type(v) is str else v"], result)
        return guarded(name, f"{function}({name})", nullable=nullable)

    def _json(
        self, name: str, type_: GraphQLOutputType, nodes: list[FieldNode], codec: Codec
    ) -> str:
        """A JSON value that is not null."""
        if isinstance(type_, GraphQLList):
            inner, nullable = nullable_of(type_.of_type)
            item = self.code.name("i")
            each = guarded(item, self._json(item, inner, nodes, codec), nullable=nullable)
            return f"[{each} for {item} in listed({name})]"
        if is_leaf_type(type_):
            return self.leaf(name, GraphQLNonNull(type_), codec, trusted=False)
        source = DictSource(self.code)
        item = self.object_of(type_, selections_of(nodes), source)
        return f"{self.code.function('o', source.lines, item)}({name})"

    def part(self, plan: Part, use: Use, source: Source) -> str:
        type_, nullable = named_type(use.definition.type)
        item = self.object_of(type_, selections_of(use.nodes), source)
        if plan.when is None:
            return item
        return guarded(source.value(plan.when), item, nullable=nullable)

    def to_one(self, plan: ToOne, use: Use, source: Source) -> str:
        type_, nullable = named_type(use.definition.type)
        shown = shown_table(type_)
        if not isinstance(source, RowSource) or shown.table is None:
            raise Unplannable(use.declared.python_name)
        alias = source.fetch.join(source.alias, plan.column, shown.table, plan.key)
        joined = RowSource(source.fetch, alias)
        item = self.object_of(type_, selections_of(use.nodes), joined)
        return guarded(joined.value(plan.key), item, nullable=nullable)

    def seen_one(self, plan: SeenOne, use: Use, source: Source) -> str:
        type_, nullable = named_type(use.definition.type)
        if not nullable or shown_table(type_).seen is None:
            raise Unplannable(use.declared.python_name)
        group, key = self._apart(plan, plan.column, use, source)
        return f"{group}.get({key})"

    def to_many(self, plan: ToMany | Connected, use: Use, source: Source) -> str:
        group, key = self._apart(plan, plan.key, use, source)
        return f"{group}[{key}]"

    def _apart(
        self, plan: ToMany | Connected | SeenOne, column: str, use: Use, source: Source
    ) -> tuple[str, str]:
        """A relation read by a statement of its own: its results, and the key of this row's."""
        if not isinstance(source, RowSource):
            raise Unplannable(use.declared.python_name)
        key = source.fetch.column(source.alias, column)
        self.children.append(self.planner.child_of(plan, key, use))
        return f"g{len(self.children) - 1}", f"c{key}"

    def computed(self, plan: Computed, use: Use, source: Source) -> str:
        if inspect.iscoroutinefunction(plan.function):
            raise Unplannable(use.declared.python_name)
        values = [self._needed(source.value(name), codec) for name, codec in plan.needs.items()]
        row = f"{self.code.constant(plan.view)}({', '.join(values)})"
        viewer = ", viewer" if plan.wants_viewer else ""
        arguments = self._passed(use)
        call = f"{self.code.constant(plan.function)}({row}{viewer}{arguments})"
        return self._any(call, use.definition.type, use.nodes)

    def _needed(self, name: str, codec: Codec) -> str:
        if codec is CODE or codec is TEXT:
            return name
        return f"(None if {name} is None else {self.code.constant(codec.python)}({name}))"

    def _passed(self, use: Use) -> str:
        place = self.planner.arguments_of(use)
        if place is None:
            return ""
        self.used.append(place)
        return f", **a{place}"

    # --- Python values -------------------------------------------------------------------------

    def _attribute(self, use: Use, source: ObjectSource) -> str:
        """A plain attribute of a Strawberry object, or a method that waits for nothing."""
        resolver = use.declared.base_resolver
        if resolver is None:
            name = source.value(use.declared.python_name)
            return self.python_value(name, use.definition.type, use.nodes)
        if resolver.is_async or resolver.root_parameter or resolver.parent_parameter:
            raise Unplannable(use.declared.python_name)
        passed = "o" if resolver.self_parameter else ""
        if resolver.info_parameter:
            passed += f", {resolver.info_parameter.name}=I"
        passed = (passed + self._passed(use)).removeprefix(", ")
        name = source.named(f"{self.code.constant(resolver.wrapped_func)}({passed})")
        return self.python_value(name, use.definition.type, use.nodes)

    def _any(self, value: str, type_: GraphQLOutputType, nodes: list[FieldNode]) -> str:
        """A Python value of any type, given as an expression that is written once."""
        result = self.python_value("v", type_, nodes)
        return f"{self.code.function('v', [], result)}({value})"

    def python_value(self, name: str, type_: GraphQLOutputType, nodes: list[FieldNode]) -> str:
        """A Python value of any type, held by a variable."""
        inner, nullable = nullable_of(type_)
        if isinstance(inner, GraphQLList):
            item = self.code.name("i")
            each = self.python_value(item, inner.of_type, nodes)
            return guarded(name, f"[{each} for {item} in listed({name})]", nullable=nullable)
        if is_leaf_type(inner):
            return self.leaf(name, type_, None, trusted=False)
        if shown_by(inner) is None and (
            not isinstance(inner, GraphQLObjectType) or inner.interfaces
        ):
            # graphql-core would ask the object which type it is.
            raise Unplannable(str(type_))
        source = ObjectSource(self.code)
        item = self.object_of(inner, selections_of(nodes), source)
        function = self.code.function("o", source.lines, item)
        return guarded(name, f"{function}({name})", nullable=nullable)


_WRITE: Mapping[type[Plan], Callable[..., str]] = {
    Column: RowWriter.column,
    JsonColumn: RowWriter.json_column,
    Part: RowWriter.part,
    ToOne: RowWriter.to_one,
    SeenOne: RowWriter.seen_one,
    ToMany: RowWriter.to_many,
    Connected: RowWriter.to_many,
    Computed: RowWriter.computed,
}


def codec_of(use: Use) -> Codec:
    """The codec of a field declared as a column."""
    codec: Codec = use.declared.codec  # type: ignore[attr-defined]  # a ReadField
    return codec
