"""Reads the parameters of a request, and refuses what no honest client sends."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BODY = 65_536
_MAX_FIELDS = 50
_FORM = "application/x-www-form-urlencoded"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# RFC 6749 appendix A: parameters are printable ASCII, those with a grammar without quotes.
_PRINTABLE = re.compile(r"[\x20-\x7e]*\Z")
_STRICT = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*\Z")
_FREE = ("state", "nonce", "claims", "client_secret", "login_hint")


class BadRequest(Exception):
    """The parameters cannot be read. The reason is for the client's developer."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


def query_of(request: Request) -> Mapping[str, str]:
    """The OAuth parameters of the address."""
    return _oauth(_fields(request.scope["query_string"]))


async def oauth_form_of(request: Request) -> Mapping[str, str]:
    """The OAuth parameters of the body."""
    return _oauth(await form_of(request))


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of the body.

    Raises:
        BadRequest: not a form, too large, not UTF-8, or a field given twice.
    """
    return _fields(await _body_of(request, _FORM))


async def json_of(request: Request) -> bytes:
    """The body of a request that must be JSON, not read yet.

    Raises:
        BadRequest: said to be something else, or too large.
    """
    return await _body_of(request, "application/json")


async def _body_of(request: Request, kind: str) -> bytes:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != kind:
        raise BadRequest(f"The body must be {kind}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BadRequest("The body is too large.", 413)
    return bytes(body)


def is_json(request: Request) -> bool:
    """Whether the body is said to be JSON: a page of another site must ask before it says so."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return kind == "application/json"


def fields_of(text: str) -> Mapping[str, str]:
    """The OAuth parameters of a query kept aside in a form; nothing when it is not one."""
    try:
        return _oauth(_fields(text.encode()))
    except BadRequest:
        return {}


def credentials_of(request: Request) -> Mapping[str, str]:
    """The Authorization header, when it can be read at all."""
    given = request.headers.get("authorization", "")
    scheme, _, encoded = given.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return {}
    return {"Authorization": given}


def bearer_of(request: Request) -> str | None:
    """The token of the Authorization header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _fields(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise BadRequest("The parameters are not well-formed.") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise BadRequest("A parameter is given more than once.")
    if any(_CONTROL.search(text) for pair in pairs for text in pair):
        raise BadRequest("A parameter holds a control character.")
    return fields


def _oauth(fields: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in fields.items():
        if not (_PRINTABLE if name in _FREE else _STRICT).match(value):
            raise BadRequest("A parameter holds characters that OAuth does not allow.")
    # RFC 6749 §3.1: a parameter without a value is as if it were not there.
    return {name: value for name, value in fields.items() if value}
