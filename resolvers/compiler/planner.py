"""From what is asked and what is declared to fetches: which columns of which tables, once each."""

from __future__ import annotations

from collections.abc import Callable

import strawberry
from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
)

from resolvers.compiler.arguments import ArgumentReader, Arguments
from resolvers.compiler.fetches import ME, Answered, Child, Fetch, OperationPlan, Root, Use
from resolvers.compiler.selection import Document, Unplannable
from resolvers.compiler.shaper import Code, display, row_loop
from resolvers.compiler.types import (
    an_object,
    declared_by,
    named_type,
    node_type,
    selections_of,
    shown_by,
    shown_table,
    table_named,
)
from resolvers.compiler.writer import RowSource, RowWriter
from schema.pages import Connection, Edge, PageInfo
from schema.plans import Connected, OneRoot, PageRoot, ReadField, SeenOne, ToMany


class Planner:
    """Plans one operation for one choice of its @skip and @include variables."""

    def __init__(self, schema: strawberry.Schema, document: Document) -> None:
        self.reader = ArgumentReader(schema)
        self.document = document
        self.arguments: list[Arguments] = []
        self.wants_as_of = False

    def plan(self, query: GraphQLObjectType, selections: SelectionSetNode) -> OperationPlan:
        """Plan the root fields, or raise Unplannable."""
        asked = self.document.collect(query, [selections])
        roots = [self._root(query, key, nodes) for key, nodes in asked.items()]
        return OperationPlan(roots, list(asked), self.arguments, self.wants_as_of)

    # --- roots ---------------------------------------------------------------------------------

    def _root(
        self, query: GraphQLObjectType, key: str, nodes: list[FieldNode]
    ) -> Root | Answered | str:
        if nodes[0].name.value == "__typename":
            return query.name
        use = self.use_of(query, nodes)
        declared = use.declared
        if not all(hasattr(extension, "admits") for extension in declared.extensions):
            raise Unplannable(key)
        if not isinstance(declared, ReadField):
            return self._answered(key, use)
        type_, nullable = named_type(use.definition.type)
        plan = declared.plan
        if isinstance(plan, PageRoot):
            fetch_for = self._only(self._page_fetch(an_object(type_), selections_of(nodes)))
        elif isinstance(plan, OneRoot):
            fetch_for = self._one_fetch(type_, selections_of(nodes))
        else:
            raise Unplannable(key)
        name, guards = declared.python_name, declared.extensions
        return Root(key, name, plan, nullable, guards, self.arguments_of(use), fetch_for)

    def _answered(self, key: str, use: Use) -> Answered:
        resolver = use.declared.base_resolver
        if resolver is None or resolver.root_parameter or resolver.parent_parameter:
            raise Unplannable(key)
        arguments = self.arguments_of(use)
        code = Code()
        writer = RowWriter(self, None, code)
        result = writer.python_value("v", use.definition.type, use.nodes)
        shape = code.compile("v, I, A", writer.prologue(), result)
        return Answered(key, resolver, use.declared.extensions, arguments, shape)

    def _one_fetch(
        self, type_: GraphQLOutputType, sets: list[SelectionSetNode]
    ) -> Callable[[str], Fetch]:
        if isinstance(type_, GraphQLObjectType) or shown_by(type_) is not None:
            return self._only(self._row_fetch(type_, sets))
        if not isinstance(type_, GraphQLInterfaceType):
            raise Unplannable(str(type_))
        # The table is known when the `Select` is: one fetch per type, made when first met. All
        # of them are tried now, so that what cannot be planned is known from the beginning.
        fetches = {
            name: self._row_fetch(possible, sets)
            for possible in self.document.schema.get_possible_types(type_)
            if (name := table_named(possible)) is not None
        }
        return fetches.__getitem__

    @staticmethod
    def _only(fetch: Fetch) -> Callable[[str], Fetch]:
        """The fetch, for a `Select` of the table that it was written for."""
        fetches = {fetch.shown.table: fetch}
        return fetches.__getitem__

    def _row_fetch(
        self, type_: GraphQLOutputType, sets: list[SelectionSetNode], *, keyed: bool = False
    ) -> Fetch:
        """A fetch shaped as lists of objects: one list, or one for each owner in `out`."""
        fetch = Fetch(shown_table(type_))
        code = Code()
        writer = RowWriter(self, fetch, code)
        item = writer.object_of(type_, sets, RowSource(fetch, ME))
        into = "out[k]" if keyed else "out"
        loop = row_loop(fetch.width, [f"{into}.append({item})"], keyed=keyed)
        fetch.finish(code.compile("rows, G, I, A, out", [*writer.prologue(), *loop], "out"))
        return fetch

    # --- connections ---------------------------------------------------------------------------

    def _page_fetch(
        self, type_: GraphQLObjectType, sets: list[SelectionSetNode], *, keyed: bool = False
    ) -> Fetch:
        """A fetch shaped as one connection object; `P` tells it about the page."""
        shown_type = node_type(type_)
        fetch = Fetch(shown_table(shown_type))
        code = Code()
        writer = RowWriter(self, fetch, code)
        lists: list[str] = []
        items: dict[str, str] = {}
        for key, nodes in self.document.collect(type_, sets).items():
            name = self._part_name(type_, nodes[0], Connection)
            if name in ("nodes", "edges"):
                fetch.wants_rows = True
                item = (
                    writer.object_of(shown_type, selections_of(nodes), RowSource(fetch, ME))
                    if name == "nodes"
                    else self._edge(fetch, writer, type_, nodes)
                )
                items[key] = f"l{len(lists)}"
                lists.append(item)
            else:
                items[key] = self._connection_part(fetch, type_, name, nodes)
        width = fetch.width
        tail = fetch.wants_cursors or fetch.wants_ends
        lines = writer.prologue()
        if lists:
            lines += [f"l{n} = []; add{n} = l{n}.append" for n in range(len(lists))]
            body = [f"add{n}({item})" for n, item in enumerate(lists)]
            lines += row_loop(width, body, keyed=keyed, tail=tail)
        fetch.finish(code.compile("rows, G, I, A, P", lines, display(items)))
        return fetch

    def _connection_part(
        self, fetch: Fetch, type_: GraphQLObjectType, name: str, nodes: list[FieldNode]
    ) -> str:
        if name == "__typename":
            return repr(type_.name)
        if name == "page_info":
            return self._page_info(fetch, type_, nodes)
        if name in ("total_count", "total_count_is_exact"):
            fetch.wants_count = True
        elif name == "as_of_cursor":
            self.wants_as_of = True
        else:
            raise Unplannable(name)
        return f"P.{name}"

    def _page_info(self, fetch: Fetch, owner: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        type_ = an_object(named_type(owner.fields[nodes[0].name.value].type)[0])
        fetch.wants_rows = True
        items: dict[str, str] = {}
        for key, parts in self.document.collect(type_, selections_of(nodes)).items():
            name = self._part_name(type_, parts[0], PageInfo)
            fetch.wants_ends |= name in ("start_cursor", "end_cursor")
            items[key] = repr(type_.name) if name == "__typename" else f"P.{name}"
        return display(items)

    def _edge(
        self, fetch: Fetch, writer: RowWriter, owner: GraphQLObjectType, nodes: list[FieldNode]
    ) -> str:
        type_ = an_object(named_type(owner.fields[nodes[0].name.value].type)[0])
        items: dict[str, str] = {}
        for key, parts in self.document.collect(type_, selections_of(nodes)).items():
            name = self._part_name(type_, parts[0], Edge)
            if name == "__typename":
                items[key] = repr(type_.name)
            elif name == "cursor":
                fetch.wants_cursors = True
                items[key] = "P.cursor(tail)"
            else:
                node = named_type(type_.fields["node"].type)[0]
                items[key] = writer.object_of(node, selections_of(parts), RowSource(fetch, ME))
        return display(items)

    def _part_name(self, type_: GraphQLObjectType, node: FieldNode, of: type) -> str:
        """The Python name of a field that `of` itself declares."""
        if node.name.value == "__typename":
            return "__typename"
        declared = declared_by(type_.fields[node.name.value])
        origin = getattr(declared, "origin", None)
        if origin is not of or node.arguments:
            raise Unplannable(node.name.value)
        return str(declared.python_name)

    # --- fields --------------------------------------------------------------------------------

    def use_of(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Use:
        """What the schema and its declarations say of a field that is asked for."""
        definition = type_.fields.get(nodes[0].name.value)
        if definition is None:
            raise Unplannable(nodes[0].name.value)
        return Use(definition, declared_by(definition), nodes)

    def child_of(self, plan: ToMany | Connected | SeenOne, key: int, use: Use) -> Child:
        """The fetch of a relation that is read apart."""
        type_, sets = named_type(use.definition.type)[0], selections_of(use.nodes)
        if not isinstance(plan, Connected):
            return Child(plan, key, self._row_fetch(type_, sets, keyed=True))
        fetch = self._page_fetch(an_object(type_), sets, keyed=True)
        return Child(plan, key, fetch, self.arguments_of(use), str(use.declared.python_name))

    def arguments_of(self, use: Use) -> int | None:
        """The place of a field's arguments in the list `A`; None when it has none."""
        if not use.definition.args:
            return None
        self.arguments.append(self.reader.arguments_of(use.definition, use.declared, use.nodes[0]))
        return len(self.arguments) - 1
