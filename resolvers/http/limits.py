"""How large a request may be, checked in time linear in its size before anything expensive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    Visitor,
    visit,
)

Fragments = Mapping[str, FragmentDefinitionNode]

# How a NUL character can be spelt in a string literal of GraphQL, or in JSON.
_NUL = re.compile(r"\x00|\\u0000|\\u\{0+\}")
# Fields visited per comparison allowed, so that documents without repetitions are never refused.
_VISITS_PER_COMPARISON = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Every number that bounds a request, a caller or a connection."""

    depth: int = 12
    introspection_depth: int = 20
    fields: int = 5_000
    aliases: int = 30
    tokens: int = 2_000
    query_characters: int = 100_000
    comparisons: int = 2_500
    body_bytes: int = 1_048_576
    input_list: int = 250
    page: int = 100
    default_page: int = 20
    undeclared_list: int = 10
    cost: int = 1_000
    bucket: int = 2_000
    refill_per_second: int = 100
    callers: int = 10_000
    documents: int = 1_000
    document_characters: int = 1_000_000
    execution_seconds: float = 10
    # Of the document of a webhook endpoint: those of others wait meanwhile.
    document_seconds: float = 1
    init_seconds: float = 10
    ping_seconds: float = 20
    heartbeat_seconds: float = 15
    subscriptions: int = 20
    connections: int = 5

    def __post_init__(self) -> None:
        """Refuse a bucket that could never pay for an allowed operation."""
        if self.bucket < self.cost:
            raise ValueError("the bucket must hold the cost of the dearest operation")


def comparisons(document: DocumentNode, fragments: Fragments, ceiling: int) -> int:
    """How many pairs of fields validation would compare to see whether they can be merged.

    Validation is quadratic in fields that answer under the same name, so they are counted
    first. The count stops just above the ceiling.
    """
    pairs = visits = 0
    pending = [[s] for d in document.definitions if (s := getattr(d, "selection_set", None))]
    while pending:
        answers: dict[str, list[FieldNode]] = {}
        for field in merged(pending.pop(), fragments):
            answers.setdefault((field.alias or field.name).value, []).append(field)
            visits += 1
            if visits > ceiling * _VISITS_PER_COMPARISON:
                return ceiling + 1
        for fields in answers.values():
            pairs += len(fields) * (len(fields) - 1) // 2
            if deeper := [f.selection_set for f in fields if f.selection_set]:
                pending.append(deeper)
        if pairs > ceiling:
            break
    return pairs


def merged(sets: list[SelectionSetNode], fragments: Fragments) -> Iterator[FieldNode]:
    """The fields that selection sets of one place answer together, each fragment opened once."""
    opened: set[str] = set()
    stack = list(sets)
    while stack:
        for selection in stack.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                stack.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in opened and name in fragments:
                    opened.add(name)
                    stack.append(fragments[name].selection_set)


def aliases(document: DocumentNode) -> int:
    """How many fields are renamed, each fragment counted once."""
    return sum(isinstance(s, FieldNode) and s.alias is not None for s in _written(document))


def cycle(fragments: Fragments) -> str | None:
    """A fragment that spreads itself, directly or not, or None."""
    spreads = {
        name: [s.name.value for s in _written(fragment) if isinstance(s, FragmentSpreadNode)]
        for name, fragment in fragments.items()
    }
    open_, done = set[str](), set[str]()
    stack = [(name, False) for name in spreads]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            open_.remove(name)
            done.add(name)
        elif name in open_:
            return name
        elif name not in done:
            open_.add(name)
            stack.append((name, True))
            stack += [(inner, False) for inner in spreads.get(name, ())]
    return None


def _written(node: DocumentNode | FragmentDefinitionNode) -> Iterator[SelectionNode]:
    """Every selection as it is written, fragments unopened."""
    definitions = node.definitions if isinstance(node, DocumentNode) else (node,)
    stack = [s for d in definitions if (s := getattr(d, "selection_set", None))]
    while stack:
        for selection in stack.pop().selections:
            yield selection
            if inner := getattr(selection, "selection_set", None):
                stack.append(inner)


def operations_of(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


class _Nul(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        self.found = self.found or "\0" in node.value


def literal_with_nul(query: str, document: DocumentNode) -> bool:
    """Whether a string literal holds a NUL character, which no database of ours can store."""
    if not _NUL.search(query):
        return False
    visitor = _Nul()
    visit(document, visitor)
    return visitor.found


def problem_of_input(value: Any, longest_list: int, place: str = "variables") -> str | None:
    """What makes the variables unacceptable whatever their types, or None."""
    if isinstance(value, str):
        return f"{place} holds a NUL character." if "\0" in value else None
    if isinstance(value, dict):
        parts: Iterator[tuple[str, Any]] = ((f"{place}.{k}", v) for k, v in value.items())
        if any("\0" in key for key in value):
            return f"{place} has a name with a NUL character."
    elif isinstance(value, list):
        if len(value) > longest_list:
            return f"{place} holds {len(value)} items; at most {longest_list} are accepted."
        parts = ((f"{place}.{i}", v) for i, v in enumerate(value))
    else:
        return None
    for inner, part in parts:
        if found := problem_of_input(part, longest_list, inner):
            return found
    return None
