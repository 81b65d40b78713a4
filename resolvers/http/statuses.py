"""The one table of HTTP statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Media(StrEnum):
    """The forms of an answer."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    EVENTS = "text/event-stream"


class Outcome(Enum):
    """How a request ended."""

    DONE = auto()
    PARTIAL = auto()
    UNREADABLE = auto()
    MALFORMED = auto()
    UNPARSABLE = auto()
    INVALID = auto()
    NO_OPERATION = auto()
    BAD_VARIABLES = auto()
    TOO_COSTLY = auto()
    UNAUTHENTICATED = auto()
    FORBIDDEN = auto()
    WRONG_METHOD = auto()
    NOT_ACCEPTABLE = auto()
    TOO_LARGE = auto()
    UNSUPPORTED_MEDIA = auto()
    RATE_LIMITED = auto()
    FAILED = auto()
    UNAVAILABLE = auto()
    TIMEOUT = auto()


# The status settings, by name, stand in the table where the GraphQL-over-HTTP draft and the
# published audit suite disagree.
VALIDATION, PARTIAL = "validation", "partial"
_Status = int | str


@dataclass(frozen=True, slots=True)
class _Row:
    """The status for each media type. Over a stream, `streamed` outcomes are an event of a 200."""

    modern: _Status
    legacy: _Status
    streamed: bool = False


# fmt: off
TABLE: Mapping[Outcome, _Row] = {
    Outcome.DONE:              _Row(200,        200, streamed=True),
    Outcome.PARTIAL:           _Row(PARTIAL,    200, streamed=True),
    Outcome.UNREADABLE:        _Row(400,        400),
    Outcome.MALFORMED:         _Row(VALIDATION, 400),
    Outcome.UNPARSABLE:        _Row(400,        200, streamed=True),
    Outcome.INVALID:           _Row(VALIDATION, 200, streamed=True),
    Outcome.NO_OPERATION:      _Row(VALIDATION, 200, streamed=True),
    Outcome.BAD_VARIABLES:     _Row(VALIDATION, 200, streamed=True),
    Outcome.TOO_COSTLY:        _Row(VALIDATION, VALIDATION, streamed=True),
    Outcome.UNAUTHENTICATED:   _Row(401,        401),
    Outcome.FORBIDDEN:         _Row(403,        403),
    Outcome.WRONG_METHOD:      _Row(405,        405),
    Outcome.NOT_ACCEPTABLE:    _Row(406,        406),
    Outcome.TOO_LARGE:         _Row(413,        413),
    Outcome.UNSUPPORTED_MEDIA: _Row(415,        415),
    Outcome.RATE_LIMITED:      _Row(429,        429),
    Outcome.FAILED:            _Row(500,        500, streamed=True),
    Outcome.UNAVAILABLE:       _Row(503,        503),
    Outcome.TIMEOUT:           _Row(504,        504, streamed=True),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Statuses:
    """The table with its two settings filled in."""

    validation: int = 400
    partial: int = 200

    def of(self, outcome: Outcome, media: Media) -> int:
        row = TABLE[outcome]
        if media is Media.EVENTS and row.streamed:
            return 200
        status = row.modern if media is Media.GRAPHQL else row.legacy
        if isinstance(status, int):
            return status
        return self.validation if status == VALIDATION else self.partial
