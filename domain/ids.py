"""Public identifiers: a prefix that says what it is, then a time-sortable unique part.

The unique part is a UUID of version 7 (RFC 9562) in lower-case Crockford base 32, 26 characters,
so that the text order of identifiers is the order of creation.
"""

from __future__ import annotations

import os
import re
import threading
from datetime import datetime

from domain.clock import clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\Z")
_COUNTER_BITS = 42
LENGTH = 30

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def new_id(prefix: str) -> str:
    """A fresh identifier such as `inv_01j9z3…`. Within a process, later ones sort later."""
    milliseconds, counter = _tick()
    tail = int.from_bytes(os.urandom(4), "big")
    value = (
        milliseconds << 80
        | 0x7 << 76
        | (counter >> 30) << 64
        | 0b10 << 62
        | (counter & (1 << 30) - 1) << 32
        | tail
    )
    return f"{prefix}_{_base32(value)}"


def first_id(prefix: str, at: datetime) -> str:
    """What sorts just before every identifier made from that moment on."""
    return f"{prefix}_{_base32(int(at.timestamp() * 1000) << 80)}"


def prefix_of(identifier: str) -> str | None:
    """The prefix of a well-formed identifier, or None."""
    return identifier[:3] if _ID.match(identifier) else None


def findable(identifier: str) -> str:
    """The identifier if something could be found by it, else the empty text, which names nothing.

    The ORM refuses to look for what is longer than the column.
    """
    return identifier if len(identifier) <= LENGTH else ""


def _tick() -> tuple[int, int]:
    global _last_ms, _counter  # noqa: PLW0603 - the generator's whole state, under its lock
    with _lock:
        milliseconds = int(clock.now().timestamp() * 1000)
        if milliseconds > _last_ms:
            _last_ms = milliseconds
            _counter = int.from_bytes(os.urandom(5), "big")
        else:
            _counter += 1 + os.urandom(1)[0]
            if _counter >> _COUNTER_BITS:
                _last_ms += 1
                _counter = int.from_bytes(os.urandom(5), "big")
        return _last_ms, _counter


def _base32(value: int) -> str:
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
