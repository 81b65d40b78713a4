"""Headers that an endpoint asks to be sent, such as the key of an API gateway."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from domain import vault
from domain.errors import Problem
from domain.rules_text import problem

MOST = 5
LONGEST_VALUE = 1024
PATH = ("customHeaders",)

_EXTENSION = re.compile(r"x-[a-z0-9][a-z0-9_-]{0,60}\Z")
# Names without `x-` that gateways ask for.
_ALSO_ALLOWED = frozenset({"authorization", "api-key", "apikey", "ocp-apim-subscription-key"})
# Ours, and those by which a proxy on the way could be made to believe another origin or path.
_RESERVED = re.compile(
    r"x-(request-id|forwarded|forwarded-.*|real-ip|client-ip|original-.*|rewrite-.*|host"
    r"|http-host.*|http-method.*|method-override|accel-.*|sendfile.*|webhook-.*)\Z"
)
# Visible ASCII, spaces inside only: nothing that could end the line.
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?\Z")


class Header(NamedTuple):
    """A header as it is given."""

    name: str
    value: str


def is_allowed(name: str) -> bool:
    """Whether a header of that name (lower case) may be asked for."""
    if name in _ALSO_ALLOWED:
        return True
    # Many servers read `_` as `-`: spelled so, a reserved name is the same one.
    return bool(_EXTENSION.match(name)) and not _RESERVED.match(name.replace("_", "-"))


def problems_of(headers: Sequence[Header]) -> list[Problem]:
    """Every reason to refuse the headers."""
    found = [problem("BDR-WHK-032", PATH, most=MOST)] if len(headers) > MOST else []
    names = Counter(header.name.lower() for header in headers)
    for place, header in enumerate(headers):
        where = (*PATH, str(place))
        if not is_allowed(header.name.lower()):
            found.append(problem("BDR-WHK-030", (*where, "name"), name=header.name))
        elif names[header.name.lower()] > 1:
            found.append(problem("BDR-WHK-033", (*where, "name"), name=header.name))
        if len(header.value) > LONGEST_VALUE or not _VALUE.match(header.value):
            found.append(problem("BDR-WHK-031", (*where, "value"), longest=LONGEST_VALUE))
    return found


def columns(headers: Iterable[Header], owner: str, key: bytes) -> dict[str, Any]:
    """The headers as the endpoint keeps them: names to show, values sealed."""
    given = {header.name.lower(): header.value for header in headers}
    sealed = vault.seal(json.dumps(given), _owner(owner), key) if given else None
    return {"header_names": list(given), "headers_sealed": sealed}


def opened(sealed: str | None, owner: str, key: bytes) -> Mapping[str, str] | None:
    """The headers to send; None when they cannot be opened."""
    if sealed is None:
        return {}
    plain = vault.opened(sealed, _owner(owner), key)
    return None if plain is None else json.loads(plain)


def _owner(endpoint_id: str) -> str:
    return f"{endpoint_id} headers"
