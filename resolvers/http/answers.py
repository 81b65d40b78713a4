"""Answers as bytes: the response of GraphQL put together around data that is already JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from resolvers.http.errors import Code, Headers
from resolvers.http.statuses import Outcome

# Where all of an answer is one such error, the whole request ended so.
_WHOLE = {
    Code.UNAUTHENTICATED.value: Outcome.UNAUTHENTICATED,
    Code.FORBIDDEN.value: Outcome.FORBIDDEN,
    Code.UNAVAILABLE.value: Outcome.UNAVAILABLE,
}


def encode(value: Any) -> bytes:
    """JSON in UTF-8. What orjson refuses (lone surrogates, huge integers) is escaped instead."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


@dataclass(slots=True)
class Answer:
    """A response of GraphQL, and how the request ended."""

    outcome: Outcome
    data: bytes | None = None
    errors: bytes | None = None
    extensions: bytes | None = None
    headers: Headers = field(default_factory=list)
    cursor: str | None = None

    def body(self) -> bytes:
        parts = []
        if self.errors is not None:
            parts.append(b'"errors":' + self.errors)
        if self.data is not None:
            parts.append(b'"data":' + self.data)
        if self.extensions is not None:
            parts.append(b'"extensions":' + self.extensions)
        return b"{" + b",".join(parts) + b"}"


def outcome_of(data: Any, errors: Sequence[dict[str, Any]]) -> Outcome:
    """How an execution ended."""
    if not errors:
        return Outcome.DONE
    codes = {error["extensions"]["code"] for error in errors}
    if data is None and len(codes) == 1:
        return _WHOLE.get(codes.pop(), Outcome.PARTIAL)
    return Outcome.PARTIAL
