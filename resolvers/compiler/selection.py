"""What an operation asks of an object: the specification's CollectFields, ahead of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NamedTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
)
from graphql.language import SelectionNode

Asked = dict[str, list[FieldNode]]


class Unplannable(Exception):
    """The operation asks for something that no plan describes."""


@dataclass(frozen=True)
class Document:
    """A validated document with what collecting needs of it."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    # The values of the variables that @skip and @include use.
    switches: Mapping[str, bool]

    def collect(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Asked:
        """The fields asked of an object of this type, by response key, in order of appearance."""
        asked: Asked = {}
        visited: set[str] = set()
        for selections in sets:
            for node in self._fields(type_, selections.selections, visited):
                key = node.alias.value if node.alias else node.name.value
                asked.setdefault(key, []).append(node)
        return asked

    def _fields(
        self, type_: GraphQLObjectType, nodes: Sequence[SelectionNode], visited: set[str]
    ) -> Iterator[FieldNode]:
        for node in nodes:
            if not self._wanted(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if self._applies(node.type_condition, type_):
                    yield from self._fields(type_, node.selection_set.selections, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition, type_):
                    yield from self._fields(type_, fragment.selection_set.selections, visited)

    def _wanted(self, directives: Sequence[DirectiveNode]) -> bool:
        wanted = True
        for directive in directives:
            expected = _SWITCHES.get(directive.name.value)
            if expected is None:
                raise Unplannable(f"@{directive.name.value}")
            if self._condition(directive) is not expected:
                wanted = False
        return wanted

    def _condition(self, directive: DirectiveNode) -> bool:
        value = (directive.arguments or ())[0].value
        if isinstance(value, BooleanValueNode):
            return value.value
        if isinstance(value, VariableNode):
            return self.switches[value.name.value]
        raise Unplannable("a condition that is no boolean")

    def _applies(self, condition: NamedTypeNode | None, type_: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        named = self.schema.get_type(condition.name.value)
        if named is None or not is_abstract_type(named):
            return False
        return self.schema.is_sub_type(_abstract(named), type_)


_SWITCHES: Mapping[str, bool] = {"include": True, "skip": False}


def _abstract(type_: object) -> GraphQLAbstractType:
    return type_  # type: ignore[return-value]  # the caller asked is_abstract_type


def switches_of(document: DocumentNode) -> tuple[str, ...]:
    """The variables that decide what is collected, wherever they are used in the document."""
    found: set[str] = set()
    waiting = [getattr(node, "selection_set", None) for node in document.definitions]
    while waiting:
        selections = waiting.pop()
        for node in selections.selections if selections else ():
            for directive in node.directives or ():
                if directive.name.value in _SWITCHES:
                    values = [argument.value for argument in directive.arguments or ()]
                    found.update(v.name.value for v in values if isinstance(v, VariableNode))
            waiting.append(getattr(node, "selection_set", None))
    return tuple(sorted(found))


def variables_in(value: ValueNode) -> frozenset[str]:
    """The variables that a value depends on."""
    if isinstance(value, ListValueNode):
        return frozenset().union(*(variables_in(item) for item in value.values))
    if isinstance(value, ObjectValueNode):
        return frozenset().union(*(variables_in(field.value) for field in value.fields))
    return frozenset({value.name.value}) if isinstance(value, VariableNode) else frozenset()


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }


def variables_of(operation: OperationDefinitionNode) -> frozenset[str]:
    """The variables that an operation declares."""
    return frozenset(d.variable.name.value for d in operation.variable_definitions or ())
