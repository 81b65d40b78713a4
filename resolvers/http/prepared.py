"""Operations read once: parsed, validated and costed, kept by their text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from auth.requires import Requires
from resolvers.http.errors import Code, Refusal
from resolvers.http.limits import (
    Fragments,
    Limits,
    aliases,
    comparisons,
    cycle,
    fragments_of,
    literal_with_nul,
    merged,
    operations_of,
)
from resolvers.http.prices import CostPlan, Prices, TooDeep, TooWide
from resolvers.http.statuses import Outcome

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
MAX_ERRORS = 20
_TOO_MANY_TOKENS = "Document contains more than"


@dataclass(slots=True, eq=False)
class Prepared:
    """An operation ready to run. `plan` is kept for the compiler of reads."""

    document: DocumentNode
    operation: OperationDefinitionNode
    kind: OperationType
    name: str | None
    cost_plan: CostPlan
    permissions: tuple[tuple[str, ...], ...] = ()
    plan: Any = None


class Preparer:
    """Reads operations and keeps those last used."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._prices = Prices(schema, limits)
        self._characters = 0
        self._kept: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, query: str, operation_name: str | None) -> Prepared | None:
        """The operation if it was read before."""
        key = (query, operation_name)
        if found := self._kept.get(key):
            self._kept.move_to_end(key)
        return found

    def read(self, query: str, operation_name: str | None) -> Prepared:
        """The operation, read for the first time. Cheap checks come first, validation last.

        Raises:
            Refusal
        """
        document = self._parse(query)
        operation = _choose(document, operation_name)
        fragments = fragments_of(document)
        self._check_size(document, fragments)
        plan = self._plan(operation, fragments)
        if literal_with_nul(query, document):
            raise _bad_input("A text of the operation holds a NUL character.")
        self._validate(document)
        if place := plan.too_large_page({}, self._limits.page):
            raise page_too_large(place, self._limits.page)
        prepared = Prepared(
            document,
            operation,
            operation.operation,
            operation.name.value if operation.name else None,
            plan,
            tuple(asked for _, asked in permissions_of(self._schema, operation, fragments)),
        )
        self._keep(query, operation_name, prepared)
        return prepared

    def _keep(self, query: str, operation_name: str | None, prepared: Prepared) -> None:
        self._kept[query, operation_name] = prepared
        self._characters += len(query)
        while (
            len(self._kept) > self._limits.documents
            or self._characters > self._limits.document_characters
        ):
            (forgotten, _), _ = self._kept.popitem(last=False)
            self._characters -= len(forgotten)

    def _parse(self, query: str) -> DocumentNode:
        if len(query) > self._limits.query_characters:
            most = self._limits.query_characters
            raise _too_large(f"The document has more than {most} characters.")
        try:
            return parse(query, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            if _TOO_MANY_TOKENS in error.message:
                most = self._limits.tokens
                raise _too_large(f"The document has more than {most} tokens.") from error
            raise Refusal(Outcome.UNPARSABLE, Code.GRAPHQL_PARSE_FAILED, errors=(error,)) from error

    def _check_size(self, document: DocumentNode, fragments: Fragments) -> None:
        limits = self._limits
        if name := cycle(fragments):
            raise _invalid(f"Cannot spread fragment '{name}' within itself.")
        if aliases(document) > limits.aliases:
            raise _too_large(f"The operation has more than {limits.aliases} aliases.")
        if comparisons(document, fragments, limits.comparisons) > limits.comparisons:
            raise _too_large("The operation repeats the same fields too many times.")

    def _plan(self, operation: OperationDefinitionNode, fragments: Fragments) -> CostPlan:
        try:
            return self._prices.plan(operation, fragments)
        except TooDeep as error:
            most = self._limits.depth
            raise _too_large(f"The operation is nested deeper than {most} fields.") from error
        except TooWide as error:
            most = self._limits.fields
            raise _too_large(f"The operation has more than {most} fields.") from error

    def _validate(self, document: DocumentNode) -> None:
        if errors := validate(self._schema, document, RULES, max_errors=MAX_ERRORS):
            raise Refusal(Outcome.INVALID, Code.GRAPHQL_VALIDATION_FAILED, errors=tuple(errors))


def permissions_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The root fields that ask for permissions, each with those of which one is needed."""
    root = schema.get_root_type(operation.operation)
    names = {f.name.value for f in merged([operation.selection_set], fragments)}
    for name in sorted(names):
        found = root.fields.get(name) if root else None
        definition = found.extensions.get("strawberry-definition") if found else None
        for directive in getattr(definition, "directives", ()):
            if isinstance(directive, Requires):
                yield name, tuple(directive.any_of)


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = operations_of(document)
    if name is None and len(operations) == 1:
        return operations[0]
    for operation in operations:
        if name is not None and operation.name and operation.name.value == name:
            return operation
    if not operations:
        message = "The document holds no operation."
    elif name is None:
        message = "The document holds several operations: say which one with operationName."
    else:
        message = "The document holds no operation with the name given in operationName."
    raise Refusal(Outcome.NO_OPERATION, Code.OPERATION_RESOLUTION_FAILED, message)


def page_too_large(place: str, most: int) -> Refusal:
    return _bad_input(f"{place} asks for more than {most} items.")


def _bad_input(message: str) -> Refusal:
    return Refusal(Outcome.BAD_VARIABLES, Code.BAD_USER_INPUT, message)


def _too_large(message: str) -> Refusal:
    return Refusal(Outcome.INVALID, Code.TOO_LARGE, message)


def _invalid(message: str) -> Refusal:
    return Refusal(Outcome.INVALID, Code.GRAPHQL_VALIDATION_FAILED, errors=(GraphQLError(message),))
