"""Reading what a client sent, and which form of answer it wants."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from resolvers.http.engine import Params
from resolvers.http.errors import Code, Refusal
from resolvers.http.statuses import Media, Outcome

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}\Z")
# A body that is too large is still read up to this many times the limit, so that the client
# sees the answer instead of a broken connection.
_DRAINED = 16
_MAX_QUERY_PARAMETERS = 20
_TOKEN_IN_ADDRESS = re.compile(rb"(?:^|&)access_token=")
_MEDIA = frozenset(media.value for media in Media)
_WILDCARDS = ("*/*", "application/*")

Headers = Mapping[bytes, bytes]


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The headers by lower-case name; the last one wins."""
    return dict(scope["headers"])


def request_id_of(headers: Headers) -> str:
    """The caller's own id for the request when it is a decent one, else a new one."""
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.match(given) else new_request_id()


def new_request_id() -> str:
    """A random id: it is never stored, so it need not be sortable like those of objects."""
    return f"req_{os.urandom(10).hex()}"


def accepted(headers: Headers) -> tuple[Media, ...]:
    """The forms of answer that the client accepts, best first."""
    accept = headers.get(b"accept", b"*/*")
    return _accepted(accept) if len(accept) < 512 else _accepted.__wrapped__(accept)


@lru_cache(256)
def _accepted(accept: bytes) -> tuple[Media, ...]:
    wanted = [_quality(part) for part in accept.decode("latin-1").split(",")]
    media = [
        Media.JSON if name in _WILDCARDS else Media(name)
        for name, quality in sorted(wanted, key=lambda one: -one[1])
        if quality > 0 and (name in _WILDCARDS or name in _MEDIA)
    ]
    return tuple(dict.fromkeys(media))


def _quality(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                return name.lower(), float(value)
            except ValueError:
                return name.lower(), 0.0
    return name.lower(), 1.0


def media_for(accepted: Iterable[Media], *, subscription: bool) -> Media:
    """The form of the answer: the first one accepted; a subscription has no other than a stream.

    Raises:
        Refusal
    """
    for media in accepted:
        if media is Media.EVENTS or not subscription:
            return media
    message = (
        "A subscription is a stream: ask for it with Accept: text/event-stream, or over WebSocket."
        if subscription
        else f"Answers come as {', '.join(Media)}."
    )
    raise Refusal(Outcome.NOT_ACCEPTABLE, Code.NOT_ACCEPTABLE, message)


async def params_of(scope: Scope, receive: Receive, headers: Headers, limit: int) -> Params:
    """What the request asks for, from its URL (GET) or its body (POST).

    Raises:
        Refusal, ClientDisconnect
    """
    if holds_token(scope):
        raise _malformed("A token never goes into an address: send it as Authorization: Bearer.")
    if scope["method"] == "GET":
        return _from_url(scope["query_string"])
    _check_content(headers)
    return params_from(_json(await _body(receive, headers, limit), "The body"))


def holds_token(scope: Scope) -> bool:
    """Whether the address carries a token: addresses are logged, kept and shown."""
    return bool(_TOKEN_IN_ADDRESS.search(scope["query_string"]))


def _check_content(headers: Headers) -> None:
    kind, _, parameters = headers.get(b"content-type", b"").decode("latin-1").partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if kind.strip().lower() != Media.JSON or b"content-encoding" in headers:
        raise _unsupported("Send application/json, not compressed.")
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise _unsupported("Send UTF-8.")


async def _body(receive: Receive, headers: Headers, limit: int) -> bytes:
    announced = headers.get(b"content-length", b"0")
    too_large = int(announced) > limit if announced.isdigit() else False
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        too_large = too_large or size > limit
        if not too_large:
            chunks.append(chunk)
        if not message.get("more_body") or size > limit * _DRAINED:
            break
    if too_large:
        raise Refusal(Outcome.TOO_LARGE, Code.TOO_LARGE, f"The body is larger than {limit} bytes.")
    return b"".join(chunks)


def _from_url(query_string: bytes) -> Params:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_QUERY_PARAMETERS,
        )
    except ValueError as error:
        raise _unreadable("The query string is not valid UTF-8, percent-encoded.") from error
    found: dict[str, Any] = dict(pairs)
    for name in ("variables", "extensions"):
        if found.get(name):
            found[name] = _json(found[name], name)
        else:
            found.pop(name, None)
    if not found.get("operationName"):
        found.pop("operationName", None)
    return params_from(found)


def _json(text: bytes | str, place: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _unreadable(f"{place} is not valid JSON in UTF-8.") from error


def params_from(asked: Any) -> Params:
    """The parameters of a GraphQL request, each of its type.

    Raises:
        Refusal
    """
    if isinstance(asked, list):
        raise _malformed("Batches are not accepted: send one operation per request.")
    if not isinstance(asked, dict):
        raise _malformed("The request must be a JSON object.")
    query = asked.get("query")
    if not isinstance(query, str):
        raise _malformed("query is missing, or not a string.")
    variables = _optional(asked, "variables", dict, "an object")
    name = _optional(asked, "operationName", str, "a string")
    _optional(asked, "extensions", dict, "an object")
    return Params(query, variables or {}, name)


def _optional(asked: dict[str, Any], name: str, kind: type, words: str) -> Any:
    value = asked.get(name)
    if value is not None and not isinstance(value, kind):
        raise _malformed(f"{name} must be {words}.")
    return value


def _unreadable(message: str) -> Refusal:
    return Refusal(Outcome.UNREADABLE, Code.BAD_REQUEST, message)


def _malformed(message: str) -> Refusal:
    return Refusal(Outcome.MALFORMED, Code.BAD_REQUEST, message)


def _unsupported(message: str) -> Refusal:
    return Refusal(Outcome.UNSUPPORTED_MEDIA, Code.UNSUPPORTED_MEDIA_TYPE, message)
