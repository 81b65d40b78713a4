"""The documents of webhook endpoints: judged when they are saved, run when an event is told.

The same parser, limits and prices as the HTTP door; nobody pays, for each is bounded instead.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import strawberry
import structlog
from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    parse,
    print_ast,
    validate,
)

from auth.requires import Requires
from domain.access import Actor, Permission
from domain.errors import Problem
from domain.ids import new_id
from domain.rules_text import problem
from resolvers.http import Limits
from resolvers.http.answers import encode
from resolvers.http.engine import Engine, FastPath, Params
from resolvers.http.errors import Code, Refusal, failure_of
from resolvers.http.limits import (
    Fragments,
    aliases,
    comparisons,
    cycle,
    fragments_of,
    literal_with_nul,
    merged,
    operations_of,
)
from resolvers.http.prepared import MAX_ERRORS, RULES, permissions_of
from resolvers.http.prices import Prices, TooDeep, TooWide
from resolvers.http.statuses import Outcome
from resolvers.loaders import Loaders
from schema.context import Context
from webhooks.documents import Answer, Unavailable

log = structlog.get_logger(__name__)

# A document is run for every event, not once per screen: a quarter of what a request may cost.
MOST_POINTS = 250
MOST_CHARACTERS = 20_000
VARIABLES = {"event": "ID", "subject": "ID", "structure": "ID", "cursor": "EventCursor"}
_KNOWN = ", ".join(f"${name}: {type_}!" for name, type_ in VARIABLES.items())
# The engine asks who pays: nobody does, out of a purse that is never empty.
_NOBODY = ""
_PURSE = 1_000_000_000

Path = tuple[str, ...]


def document_limits(limits: Limits) -> Limits:
    """What bounds a document, from what bounds a request."""
    return replace(
        limits,
        cost=min(limits.cost, MOST_POINTS),
        bucket=_PURSE,
        refill_per_second=_PURSE,
        execution_seconds=min(limits.execution_seconds, limits.document_seconds),
    )


class Judge:
    """Says everything that is wrong with a document, by one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = document_limits(limits)
        self._prices = Prices(schema, self._limits)

    def problems(self, document: str, held: Collection[Permission], path: Path) -> list[Problem]:
        """Every reason to refuse the document of an endpoint that holds these permissions."""
        if len(document) > MOST_CHARACTERS:
            return [_too_large(path, f"{len(document)} > {MOST_CHARACTERS} characters")]
        try:
            parsed = parse(document, max_tokens=self._limits.tokens)
        except GraphQLError as error:
            return [_wrong(error, path)]
        fragments = fragments_of(parsed)
        if name := cycle(fragments):
            return [_wrong(GraphQLError(f"Cannot spread fragment '{name}' within itself."), path)]
        operations = operations_of(parsed)
        if [o.operation for o in operations] != [OperationType.QUERY]:
            return [problem("BDR-WHK-046", path)]
        return [
            *self._variables(operations[0], path),
            *self._introspection(operations[0], fragments, path),
            *self._sizes(document, parsed, operations[0], fragments, path),
            *self._permissions(operations[0], fragments, held, path),
        ]

    def _variables(self, operation: OperationDefinitionNode, path: Path) -> Iterator[Problem]:
        for definition in operation.variable_definitions or ():
            name, type_ = definition.variable.name.value, print_ast(definition.type)
            if VARIABLES.get(name) != type_.removesuffix("!"):
                yield problem("BDR-WHK-047", path, variable=f"${name}: {type_}", known=_KNOWN)

    def _introspection(
        self, operation: OperationDefinitionNode, fragments: Fragments, path: Path
    ) -> Iterator[Problem]:
        names = {field.name.value for field in merged([operation.selection_set], fragments)}
        for name in sorted(names & {"__schema", "__type"}):
            yield problem("BDR-WHK-048", path, field=name)

    def _sizes(
        self,
        document: str,
        parsed: DocumentNode,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        path: Path,
    ) -> Iterator[Problem]:
        """Too large for the limits; validated only within them, which bounds the work."""
        limits = self._limits
        if (count := aliases(parsed)) > limits.aliases:
            yield _too_large(path, f"{count} > {limits.aliases} aliases")
        if comparisons(parsed, fragments, limits.comparisons) > limits.comparisons:
            yield _too_large(path, "the same fields too many times")
            return
        try:
            plan = self._prices.plan(operation, fragments)
        except TooDeep:
            yield _too_large(path, f"deeper than {limits.depth} fields")
            return
        except TooWide:
            yield _too_large(path, f"more than {limits.fields} fields")
            return
        if literal_with_nul(document, parsed):
            yield _wrong(GraphQLError("A text of the document holds a NUL character."), path)
        for error in validate(self._schema, parsed, RULES, max_errors=MAX_ERRORS):
            yield _wrong(error, path)
        if place := plan.too_large_page({}, limits.page):
            yield _too_large(path, f"{place} > {limits.page}")
        if (cost := plan.cost({})) > limits.cost:
            yield _too_large(path, f"{cost} > {limits.cost} points")

    def _permissions(
        self,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        held: Collection[Permission],
        path: Path,
    ) -> Iterator[Problem]:
        for name, any_of in permissions_of(self._schema, operation, fragments):
            if not {p.value for p in held} & set(any_of):
                yield problem("BDR-WHK-049", path, field=name, permissions=", ".join(any_of))


class StoredDocuments(Judge):
    """Reads and runs documents for the webhooks of this process."""

    def __init__(
        self, schema: strawberry.Schema, limits: Limits, fast_path: FastPath | None = None
    ) -> None:
        super().__init__(schema._schema, limits)
        self._engine = Engine(schema, document_limits(limits), fast_path)

    async def answer(self, document: str, reader: Actor, variables: Mapping[str, str]) -> Answer:
        """What the reader is answered; what goes wrong is said in the answer.

        Raises:
            Unavailable: the database is away; to be asked again, for nothing is wrong with it.
        """
        request_id = new_id("req")
        try:
            return await self._run(Params(document, dict(variables), None), reader, request_id)
        except Refusal as refusal:
            return _refused(refusal, request_id)
        except Unavailable:
            raise
        except Exception as error:
            # One document must not keep the events of all the others from being told.
            log.exception("a document could not be run", request_id=request_id)
            return _refused(failure_of(error), request_id)

    async def _run(self, params: Params, reader: Actor, request_id: str) -> Answer:
        prepared = self._engine.prepare(params, _NOBODY)
        if prepared.kind is not OperationType.QUERY:
            raise Refusal(Outcome.INVALID, Code.BAD_REQUEST, "A document is a query.")
        admitted = self._engine.admit(prepared, params, reader, _NOBODY)
        context = Context(actor=reader, request_id=request_id, make_loaders=Loaders)
        answer = await self._engine.run(admitted, context)
        errors = json.loads(answer.errors) if answer.errors else []
        codes = {error["extensions"]["code"] for error in errors}
        if Code.UNAVAILABLE in codes:
            raise Unavailable
        message = errors[0]["message"] if errors else ""
        if Code.TIMEOUT in codes:
            return Answer(None, answer.errors, message)
        return Answer(answer.data or b"null", answer.errors, message)


def _refused(refusal: Refusal, request_id: str) -> Answer:
    errors = refusal.shown(request_id)
    return Answer(None, encode(errors), errors[0]["message"])


def _wrong(error: GraphQLError, path: Path) -> Problem:
    at = error.locations[0] if error.locations else None
    return problem(
        "BDR-WHK-045",
        path,
        line=at.line if at else 1,
        column=at.column if at else 1,
        message=error.message,
    )


def _too_large(path: Path, detail: str) -> Problem:
    return problem("BDR-WHK-044", path, detail=detail)


_DEFINITION = "strawberry-definition"


@dataclass(frozen=True)
class _Declared:
    """What prices and permissions are read from."""

    metadata: Mapping[str, Any]
    directives: tuple[Requires, ...]


def _metadata(field: Any) -> Mapping[str, Any]:
    definition = field.extensions.get(_DEFINITION) if field is not None else None
    return getattr(definition, "metadata", None) or {}


def _required(field: Any) -> tuple[Requires, ...]:
    """The permissions that the SDL writes at the field."""
    node = getattr(field, "ast_node", None)
    return tuple(
        Requires(any_of=[value.value for value in argument.value.values])
        for directive in getattr(node, "directives", None) or ()
        if directive.name.value == "requires"
        for argument in directive.arguments
    )


def next_schema(sdl: str, present: GraphQLSchema) -> GraphQLSchema:
    """The schema that an SDL says, with the prices that the present one gives to what it keeps.

    Raises:
        ValueError: it is not a schema.
    """
    try:
        following = build_schema(sdl)
    except (GraphQLError, TypeError) as error:
        raise ValueError(f"the schema cannot be read: {error}") from error
    for name, type_ in following.type_map.items():
        before = None if name.startswith("__") else present.get_type(name)
        if before is not None:
            type_.extensions = before.extensions
        for field_name, field in getattr(type_, "fields", {}).items():
            known = getattr(before, "fields", {}).get(field_name)
            field.extensions = {_DEFINITION: _Declared(_metadata(known), _required(field))}
            for argument in getattr(field, "args", {}).values():
                _keep_default(argument)
    return following


def _keep_default(argument: GraphQLArgument) -> None:
    """Where prices look for the size of a page, which an SDL gives as a literal."""
    literal = argument.ast_node.default_value if argument.ast_node else None
    if isinstance(literal, IntValueNode):
        argument.default_value = int(literal.value)
