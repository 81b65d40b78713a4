"""The one rule against forged requests: from which pages the cookie of a log-in counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?\Z|https?://\[[0-9a-f:]+\](:\d{1,5})?\Z")
# The origin of an address ends where a path, a query or a fragment begins, and nowhere else.
_ADDRESS = re.compile(r"(?P<origin>https?://[^/?#@\\]+)(?:[/?#][!-\[\]-~]*)?\Z")
_MAX_ADDRESS = 2_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
# How a page asks for something to read: `fetch` and `EventSource`. Navigation, images, scripts
# and frames say otherwise.
_READING = ("cors", "same-origin")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser says of the page behind a request; None where it says nothing."""

    origin: str | None = None
    site: str | None = None
    mode: str | None = None


@dataclass(frozen=True)
class Origins:
    """Where the pages come from that may speak for the person logged in."""

    own: str
    allowed: frozenset[str] = frozenset()

    def __contains__(self, origin: object) -> bool:
        """Whether it is, to the letter, our own origin or an allowed one."""
        return origin == self.own or origin in self.allowed

    def admit(self, sent: Sent | None, *, socket: bool = False) -> bool:
        """Whether the cookie of this request counts. Silence never speaks for a request.

        A browser that tells nothing (an old one), a page of another origin, one without an origin
        (`null`), and contradictions get the answers of an anonymous caller.
        """
        if sent is None or sent.mode not in (None, *(("websocket",) if socket else _READING)):
            return False
        if sent.origin is None:
            # Pages of our own read by GET without naming their origin.
            return not socket and sent.site == "same-origin"
        if sent.origin == self.own:
            return sent.site in (None, "same-origin")
        return sent.origin in self.allowed and sent.site in (None, "same-site", "cross-site")

    def lead_back(self, address: str) -> bool:
        """Whether a person may be sent to this address after a log-in."""
        match = _ADDRESS.match(address)
        return len(address) <= _MAX_ADDRESS and match is not None and match["origin"] in self


def origins_of(public_url: str, allowed: Iterable[str]) -> Origins:
    """The origins of a site. `*` opens reading to all, and no log-in to anyone."""
    return Origins(origin_of(public_url), frozenset(o for o in allowed if o != "*"))


def origin_of(url: str) -> str:
    """The origin of an address as browsers write it."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    named = parts.port not in (None, _DEFAULT_PORTS.get(parts.scheme))
    return f"{parts.scheme}://{host}:{parts.port}" if named else f"{parts.scheme}://{host}"


def is_origin(text: str) -> bool:
    """Whether it is an origin exactly as browsers write it: what can ever be equal to one."""
    try:
        return bool(_ORIGIN.match(text)) and origin_of(text) == text
    except ValueError:
        return False


def sent_by(scope: Scope) -> Sent | None:
    """What the headers of a request say; None when one is given more than once."""
    origin, site, mode = (
        _all(scope, name) for name in (b"origin", b"sec-fetch-site", b"sec-fetch-mode")
    )
    if max(len(origin), len(site), len(mode)) > 1:
        return None
    return Sent(_text(origin), _text(site), _text(mode))


def cookie_of(scope: Scope, name: str) -> str | None:
    """The token that a cookie of ours holds.

    Given twice with different values, one was planted by a neighbour: none of them is believed.
    """
    prefix = f"{name}="
    values = {
        piece.strip().removeprefix(prefix)
        for header in _all(scope, b"cookie")
        for piece in header.decode("latin-1").split(";")
        if piece.strip().startswith(prefix)
    }
    if len(values) != 1:
        return None
    (value,) = values
    return value if _TOKEN.match(value) else None


def _all(scope: Scope, name: bytes) -> list[bytes]:
    return [value for known, value in scope["headers"] if known == name]


def _text(values: list[bytes]) -> str | None:
    return values[0].decode("latin-1") if values else None
