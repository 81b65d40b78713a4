"""Reads the one file of a form (RFC 7578), bounded, without keeping it anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from auth.requests import BadRequest

_KIND = re.compile(r"multipart/form-data;.*\bboundary=(\"?)([0-9A-Za-z'()+_,./:=? -]{1,70})\1")
_NAME = re.compile(
    rb'content-disposition: *form-data;(?:[^\r\n]*;)? *name="([^"\r\n]{1,40})"', re.IGNORECASE
)
_MOST_PARTS, _LONGEST_HEAD = 10, 1_000


@dataclass(frozen=True)
class Upload:
    """What a form sent, by the name of the field."""

    fields: Mapping[str, bytes]

    def text(self, name: str, longest: int = 1_000) -> str:
        """A field as text; empty when it is not given or cannot be read."""
        return self.fields.get(name, b"")[: 4 * longest].decode("utf-8", "replace")[:longest]


async def upload_of(request: Request, most_bytes: int) -> Upload:
    """The fields of the form.

    Raises:
        BadRequest: not such a form, not well-formed, or larger than allowed.
    """
    kind = _KIND.match(request.headers.get("content-type", ""))
    if kind is None:
        raise BadRequest("The body must be multipart/form-data.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise BadRequest("The file is too large.", 413)
    return Upload(_fields(bytes(body), kind[2].encode()))


def _fields(body: bytes, boundary: bytes) -> dict[str, bytes]:
    # The delimiter includes the line end before it, which the first one lacks.
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(parts) < 2 or parts[-1].strip() != b"--" or len(parts) > _MOST_PARTS + 2:
        raise BadRequest("The form is not well-formed.")
    fields: dict[str, bytes] = {}
    for part in parts[1:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head) if len(head) <= _LONGEST_HEAD else None
        if not separator or name is None or name[1].decode("latin-1") in fields:
            raise BadRequest("The form is not well-formed.")
        fields[name[1].decode("latin-1")] = content
    return fields
