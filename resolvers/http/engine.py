"""From a request to an answer or a stream of answers, the same for every transport."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeGuard, cast

import strawberry
import structlog
from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationType,
    create_source_event_stream,
    get_variable_values,
)
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable

from auth.requires import missing
from domain.access import Actor, Permission
from domain.errors import Refused
from resolvers.http.answers import Answer, encode, outcome_of
from resolvers.http.buckets import Buckets
from resolvers.http.errors import Code, Headers, Refusal, refused_at_the_door, shown
from resolvers.http.frames import Frames
from resolvers.http.limits import Limits, problem_of_input
from resolvers.http.patience import bounded
from resolvers.http.prepared import Prepared, Preparer, page_too_large
from resolvers.http.statuses import Outcome

log = structlog.get_logger(__name__)

# The `data` of a query as finished JSON, or None to have the executor run it. Its variables are
# those sent, already found to be of the right types.
FastPath = Callable[[Prepared, dict[str, Any], Any], Awaitable[bytes | None]]

QUERY, MUTATION, SUBSCRIPTION = (
    OperationType.QUERY,
    OperationType.MUTATION,
    OperationType.SUBSCRIPTION,
)
_UNSEEN_CHARACTERS_PER_POINT = 100
_MAX_COERCION_ERRORS = 20

_is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)


@dataclass(frozen=True, slots=True)
class Params:
    """What a request asks for."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


@dataclass(slots=True)
class Admitted:
    """An operation that may run: valid, permitted, priced and paid."""

    prepared: Prepared
    params: Params
    caller: str
    cost: int


class Engine:
    """Admits operations and runs them."""

    def __init__(
        self, schema: strawberry.Schema, limits: Limits, fast_path: FastPath | None = None
    ) -> None:
        if schema.extensions or schema.directives:
            raise ValueError("this engine runs no Strawberry extensions and operation directives")
        self.limits = limits
        self.schema = schema._schema
        self.buckets = Buckets(limits.bucket, limits.refill_per_second, limits.callers)
        self.preparer = Preparer(self.schema, limits)
        self._frames = Frames()
        self._fast_path = fast_path
        self._executor: type[Executor[Any]] = schema.execution_context_class

    def prepare(self, params: Params, caller: str) -> Prepared:
        """The operation asked for. A text not seen before is paid by its length.

        Raises:
            Refusal
        """
        found = self.preparer.known(params.query, params.operation_name)
        if found:
            return found
        reading = 1 + len(params.query) // _UNSEEN_CHARACTERS_PER_POINT
        self._pay(caller, min(reading, self.limits.bucket))
        return self.preparer.read(params.query, params.operation_name)

    def admit(
        self, prepared: Prepared, params: Params, actor: Actor, caller: str, *, quote: bool = False
    ) -> Admitted:
        """Check the caller, the variables and the price; take the price unless only quoting.

        Raises:
            Refusal
        """
        for permissions in prepared.permissions:
            reason = missing(actor, [Permission(p) for p in permissions])
            if reason is not None:
                raise refused_at_the_door(reason)
        variables = self._variables(prepared, params)
        if place := prepared.cost_plan.too_large_page(variables, self.limits.page):
            raise page_too_large(place, self.limits.page)
        cost = prepared.cost_plan.cost(variables)
        if not quote:
            if cost > self.limits.cost:
                raise self._too_costly(cost, caller)
            self._pay(caller, cost)
        return Admitted(prepared, params, caller, cost)

    def _variables(self, prepared: Prepared, params: Params) -> Mapping[str, Any]:
        definitions = prepared.operation.variable_definitions
        if not definitions:
            return {}
        if problem := problem_of_input(params.variables, self.limits.input_list):
            raise Refusal(Outcome.BAD_VARIABLES, Code.BAD_USER_INPUT, problem)
        found = get_variable_values(
            self.schema, definitions, params.variables, max_errors=_MAX_COERCION_ERRORS
        )
        if isinstance(found, list):
            raise Refusal(Outcome.BAD_VARIABLES, Code.BAD_USER_INPUT, errors=tuple(found))
        return found.coerced

    def _pay(self, caller: str, points: int) -> None:
        wait = math.ceil(self.buckets.take(caller, points))
        if wait:
            raise Refusal(
                Outcome.RATE_LIMITED,
                Code.RATE_LIMITED,
                f"Too much asked in too little time: wait {wait} s.",
                headers=[(b"retry-after", b"%d" % wait), *self.rate_headers(caller)],
                details={"retryAfterSeconds": wait},
                extensions=self._price(points, 0, self.buckets.remaining(caller)),
            )

    def _too_costly(self, cost: int, caller: str) -> Refusal:
        most = self.limits.cost
        return Refusal(
            Outcome.TOO_COSTLY,
            Code.COST_EXCEEDED,
            f"The operation costs {cost} points; at most {most} are accepted. Ask smaller pages.",
            headers=self.rate_headers(caller),
            details={"maximum": most},
            extensions=self._price(cost, 0, self.buckets.remaining(caller)),
        )

    def rate_headers(self, caller: str) -> Headers:
        """How much the caller may still spend."""
        return self._rate_headers(self.buckets.remaining(caller))

    def _rate_headers(self, remaining: float) -> Headers:
        reset = math.ceil((self.buckets.size - remaining) / self.buckets.refill_per_second)
        return [
            (b"ratelimit-limit", b"%d" % self.buckets.size),
            (b"ratelimit-remaining", b"%d" % remaining),
            (b"ratelimit-reset", b"%d" % reset),
        ]

    def quote(self, admitted: Admitted) -> Answer:
        """The price alone."""
        answer = Answer(Outcome.DONE, data=b"null")
        self._put_price(answer, admitted, 0)
        return answer

    async def run(self, admitted: Admitted, context: Any) -> Answer:
        """Run a query or a mutation to its answer. Never raises, except on cancellation."""
        try:
            async with bounded(self.limits.execution_seconds):
                answer = await self._run(admitted, context)
        except TimeoutError:
            answer = self.failure(Outcome.TIMEOUT, Code.TIMEOUT, context.request_id)
        except Exception as error:  # noqa: BLE001 - logged and masked by `broken`
            answer = self.broken(error, admitted, context.request_id)
        spent = self._spent(admitted, answer)
        self.buckets.give_back(admitted.caller, admitted.cost - spent)
        self._put_price(answer, admitted, spent)
        return answer

    async def _run(self, admitted: Admitted, context: Any) -> Answer:
        prepared = admitted.prepared
        if self._fast_path is not None and prepared.kind is QUERY:
            data = await self._fast_path(prepared, admitted.params.variables, context)
            if data is not None:
                return Answer(Outcome.DONE, data)
        result = self._build(admitted, context).execute_operation()
        if _is_awaitable(result):
            result = await cast("Awaitable[ExecutionResult]", result)
        return self._answer(cast("ExecutionResult", result), admitted, context.request_id)

    async def stream(self, admitted: Admitted, context: Any) -> AsyncGenerator[Answer, None]:
        """Run a subscription: one answer per event, each with loaders of its own."""
        try:
            executor = self._build(admitted, context)
            source: Any = create_source_event_stream(executor)
            if _is_awaitable(source):
                source = await source
            if isinstance(source, ExecutionResult):
                yield self._not_started(source.errors or (), admitted, context.request_id)
                return
            # As text, which is a copy: the bytes that orjson makes hold four kilobytes.
            asked = admitted.prepared, encode(admitted.params.variables).decode()
            async with aclosing(source) as events:
                async for event in events:
                    make = partial(self._frame, executor, event, admitted, context)
                    # Asked at each event: rights change while a stream lasts.
                    scope: Hashable = getattr(context, "scope", None)
                    key = getattr(event, "share_key", None)
                    if scope is None or key is None:
                        yield await make()
                    else:
                        yield await self._frames.one((key, asked, scope), make)
        except GraphQLError as error:
            yield self._not_started((error,), admitted, context.request_id)
        except Refused as refusal:
            wrapped = GraphQLError(str(refusal), original_error=refusal)
            yield self._not_started((wrapped,), admitted, context.request_id)
        except Exception as error:  # noqa: BLE001 - logged and masked by `broken`
            yield self.broken(error, admitted, context.request_id)

    async def _frame(
        self, executor: Executor[Any], event: Any, admitted: Admitted, context: Any
    ) -> Answer:
        once = executor.build_per_event_executor(event)
        context.fresh()
        result = once.execute_operation(serially=False)
        if _is_awaitable(result):
            result = await cast("Awaitable[ExecutionResult]", result)
        answer = self._answer(cast("ExecutionResult", result), admitted, context.request_id)
        answer.cursor = getattr(event, "cursor", None)
        return answer

    def _build(self, admitted: Admitted, context: Any) -> Executor[Any]:
        built = self._executor.build(
            self.schema,
            admitted.prepared.document,
            context_value=context,
            raw_variable_values=admitted.params.variables,
            operation_name=admitted.params.operation_name,
            is_awaitable=_is_awaitable,
        )
        if isinstance(built, list):
            raise built[0]
        return built

    def _answer(self, result: ExecutionResult, admitted: Admitted, request_id: str) -> Answer:
        errors = shown(result.errors or (), request_id, admitted.prepared.name)
        return Answer(
            outcome_of(result.data, errors),
            encode(result.data),
            encode(errors) if errors else None,
        )

    def _not_started(
        self, errors: Sequence[GraphQLError], admitted: Admitted, request_id: str
    ) -> Answer:
        """The only answer of a subscription that could not begin."""
        refused = shown(errors, request_id, admitted.prepared.name)
        return Answer(outcome_of(None, refused), errors=encode(refused))

    def broken(self, error: Exception, admitted: Admitted, request_id: str) -> Answer:
        """The answer when something of ours failed outside of any field; the cause is logged."""
        wrapped = GraphQLError("", original_error=error)
        errors = shown([wrapped], request_id, admitted.prepared.name)
        return Answer(Outcome.FAILED, errors=encode(errors))

    def failure(self, outcome: Outcome, code: Code, request_id: str) -> Answer:
        message = f"The operation ran longer than {self.limits.execution_seconds:g} s."
        return Answer(outcome, errors=encode(Refusal(outcome, code, message).shown(request_id)))

    def _spent(self, admitted: Admitted, answer: Answer) -> int:
        """The price of what was really answered: at most one point for each object sent.

        Mutations and failures are paid in full.
        """
        if admitted.prepared.kind is not QUERY or answer.data is None:
            return admitted.cost
        return max(1, min(admitted.cost, answer.data.count(b"{") - 1))

    def _put_price(self, answer: Answer, admitted: Admitted, spent: int) -> None:
        remaining = self.buckets.remaining(admitted.caller)
        answer.headers = self._rate_headers(remaining)
        answer.extensions = self._price(admitted.cost, spent, remaining)

    def _price(self, requested: int, spent: int, remaining: float) -> bytes:
        return (
            b'{"cost":{"requested":%d,"actual":%d,'
            b'"bucket":{"max":%d,"remaining":%d,"refillPerSecond":%d}}}'
            % (requested, spent, self.buckets.size, remaining, self.buckets.refill_per_second)
        )
