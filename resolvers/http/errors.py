"""What callers read when something goes wrong: a closed list of codes, nothing of the inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from traceback import format_exception
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from domain.cursors import BadCursor
from domain.db import is_away
from domain.errors import Denied, Forbidden, NotFound, Refused, Unauthenticated
from domain.resuming import CursorRefused
from resolvers.http.callers import Unheard
from resolvers.http.statuses import Outcome

log = structlog.get_logger(__name__)


class Code(StrEnum):
    """Every value that `extensions.code` can take."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    BAD_CURSOR = "BAD_CURSOR"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILED = "OPERATION_RESOLUTION_FAILED"
    COST_EXCEEDED = "COST_EXCEEDED"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_LARGE = "TOO_LARGE"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    IDEMPOTENCY_IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


# The first row that fits wins.
CODES: tuple[tuple[type[Exception], Code], ...] = (
    (Unauthenticated, Code.UNAUTHENTICATED),
    (Denied, Code.FORBIDDEN),
    (Forbidden, Code.FORBIDDEN),
    (NotFound, Code.NOT_FOUND),
    (CursorRefused, Code.BAD_CURSOR),
    (Refused, Code.BAD_USER_INPUT),
    (BadCursor, Code.BAD_CURSOR),
    (StrawberryInputCoercionError, Code.BAD_USER_INPUT),
)

Headers = list[tuple[bytes, bytes]]

_UNAUTHENTICATED = "This operation needs a caller: log in, or send a bearer token."
_UNHEARD = {
    Unheard.SESSION_ENDED: "The log-in has ended: log in again.",
    Unheard.COOKIE_IGNORED: "The log-in was left aside: the request does not show that it comes"
    " from a page of this site or of ALLOWED_ORIGINS.",
}
_INTERNAL = "Internal error. Quote the request id when you report it."
_AWAY = "The database is away for a moment. Send the same again, with the same idempotency key."
# How the executor words an argument that a variable left null or out of range.
_ARGUMENT = "Argument '"


@dataclass(eq=False)
class Refusal(Exception):
    """A request that is not executed."""

    outcome: Outcome
    code: Code
    message: str = ""
    errors: tuple[GraphQLError, ...] = ()
    headers: Headers = field(default_factory=list)
    details: Mapping[str, Any] = field(default_factory=dict)
    extensions: bytes | None = None

    def shown(self, request_id: str) -> list[dict[str, Any]]:
        """The errors of the answer."""
        extensions = {"code": self.code.value, **self.details, "requestId": request_id}
        if not self.errors:
            return [{"message": self.message, "extensions": extensions}]
        return [{**_located(e), "extensions": extensions} for e in self.errors]


def invalid_token(reason: str) -> Refusal:
    """The answer to a token that is not valid, not ours, or expired."""
    return Refusal(
        Outcome.UNAUTHENTICATED, Code.UNAUTHENTICATED, reason, details={"reason": "invalid_token"}
    )


def unheard(why: Unheard) -> Refusal:
    """The answer to a page whose log-in opened nothing, where someone must be logged in."""
    return Refusal(
        Outcome.UNAUTHENTICATED,
        Code.UNAUTHENTICATED,
        _UNHEARD[why],
        details={"reason": why.value},
    )


def failure_of(error: Exception) -> Refusal:
    """The answer to a failure of ours outside of any field."""
    if is_away(error):
        return Refusal(Outcome.UNAVAILABLE, Code.UNAVAILABLE, _AWAY)
    return Refusal(Outcome.FAILED, Code.INTERNAL, _INTERNAL)


def refused_at_the_door(reason: Unauthenticated | Denied) -> Refusal:
    """The answer to a caller without a token, or without the permission of a root field."""
    if isinstance(reason, Unauthenticated):
        return Refusal(Outcome.UNAUTHENTICATED, Code.UNAUTHENTICATED, _UNAUTHENTICATED)
    value = f'Bearer error="insufficient_scope", scope="{" ".join(reason.permissions)}"'
    headers = [(b"www-authenticate", value.encode())]
    return Refusal(Outcome.FORBIDDEN, Code.FORBIDDEN, _sentence(reason), headers=headers)


def shown(
    errors: Iterable[GraphQLError], request_id: str, operation: str | None
) -> list[dict[str, Any]]:
    """The errors of an execution as the caller may see them; what is ours is logged instead."""
    return [_shown(error, request_id, operation) for error in errors]


def _shown(error: GraphQLError, request_id: str, operation: str | None) -> dict[str, Any]:
    code = code_of(error)
    if code is Code.INTERNAL:
        _log(error, request_id, operation)
    elif is_away(_cause(error)):
        log.warning("graphql.database_away", request_id=request_id, operation=operation)
    extensions: dict[str, Any] = {"code": code.value, **_details(error, code)}
    extensions["requestId"] = request_id
    return {**_located(error), "message": message_of(error, code), "extensions": extensions}


def code_of(error: GraphQLError) -> Code:
    """The code of an error met while executing; whatever is not known to be public is internal."""
    declared = (error.extensions or {}).get("code")
    if isinstance(declared, str) and declared in Code.__members__:
        return Code(declared)
    cause = _cause(error)
    for kind, code in CODES:
        if isinstance(cause, kind):
            return code
    if isinstance(cause, GraphQLError) and cause.message.startswith(_ARGUMENT):
        return Code.BAD_USER_INPUT
    return Code.UNAVAILABLE if is_away(cause) else Code.INTERNAL


def message_of(error: GraphQLError, code: Code) -> str:
    if code is Code.INTERNAL:
        return _INTERNAL
    cause = _cause(error)
    if isinstance(cause, Refused):
        return " ".join(problem.en for problem in cause.problems)
    if isinstance(cause, Unauthenticated):
        return _UNAUTHENTICATED
    if is_away(cause):
        return _AWAY
    if isinstance(cause, Denied | BadCursor):
        return _sentence(cause)
    return error.message


def _details(error: GraphQLError, code: Code) -> dict[str, Any]:
    """What may be said beside the code: the rules broken, with their French text."""
    cause = _cause(error)
    if isinstance(cause, Refused):
        rules = [{"rule": p.rule, "path": list(p.path), "fr": p.fr} for p in cause.problems]
        return {"rules": rules} if not isinstance(cause, CursorRefused) else _of_cursor(cause)
    if code is Code.INTERNAL:
        return {}
    return {k: v for k, v in (error.extensions or {}).items() if k not in ("code", "requestId")}


def _of_cursor(refused: CursorRefused) -> dict[str, Any]:
    """What a reader of the log needs to go on."""
    one = refused.problem
    rule = {"rule": one.rule, "path": list(one.path), "fr": one.fr}
    return {"rules": [rule], "remedy": one.remedy_en, "oldest": refused.oldest}


def _cause(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _located(error: GraphQLError) -> dict[str, Any]:
    """Message, locations and path."""
    located: dict[str, Any] = {"message": error.message}
    if error.locations:
        located["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        located["path"] = list(error.path)
    return located


def _sentence(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def _log(error: GraphQLError, request_id: str, operation: str | None) -> None:
    """Log our own error: where and why, without the text of the operation nor its variables."""
    log.error(
        "graphql.internal_error",
        request_id=request_id,
        operation=operation,
        path=".".join(map(str, error.path or ())),
        exception=traceback_of(_cause(error)),
    )


def traceback_of(error: Exception) -> str:
    """Where it failed, without local variables; an error of the executor prints the operation,
    so only its kind is told.
    """
    if isinstance(error, GraphQLError):
        return type(error).__name__
    return "".join(format_exception(error)).rstrip()
