"""Cursors: opaque, authenticated, and of two kinds.

An *event cursor* is a position of the event log together with the epoch of the log: after a
backup was restored the epoch changes, so that a cursor from the lost future is detected
instead of silently skipping events. A *page cursor* is a place in one sorted and filtered list;
it carries a hash of that list and is refused by any other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import struct
from collections.abc import Sequence
from typing import Any

_TAG = 10
_EVENT = struct.Struct(">IQ")


class BadCursor(ValueError):
    """The cursor was not made here, was altered, or belongs to another list."""


class OfAList(BadCursor):
    """It is the cursor of a page of a list, where one of the event log is needed."""


class ForeignEpoch(BadCursor):
    """The cursor was made by an earlier life of the event log (a backup was restored)."""


class Ahead(BadCursor):
    """The cursor is beyond the end of the log: what it was made from is no longer there."""


class Cursors:
    """Makes and reads cursors. `key` is secret; `epoch` is the number of the log's life."""

    def __init__(self, key: bytes, epoch: int = 1) -> None:
        self._key = hashlib.sha256(b"cursors" + key).digest()
        self.epoch = epoch

    def event(self, position: int) -> str:
        """The cursor just after the event at that position; 0 is the beginning of the log."""
        return self._seal(b"e", _EVENT.pack(self.epoch, position))

    def position_of(self, text: str) -> int:
        """The position in an event cursor.

        Raises:
            BadCursor, OfAList, ForeignEpoch
        """
        try:
            epoch, position = _EVENT.unpack(self._event_body(text))
        except struct.error as error:
            raise BadCursor("not an event cursor") from error
        if epoch != self.epoch:
            raise ForeignEpoch("cursor of another life of the event log")
        return int(position)

    def page(self, values: Sequence[Any], scope: str) -> str:
        """A place in the list that `scope` describes: the sort key of one row."""
        return self._seal(b"p", json.dumps([_short(scope), *values]).encode())

    def read_page(self, text: str, scope: str) -> list[Any]:
        """The sort key in a page cursor.

        Raises:
            BadCursor: also when the cursor belongs to a list sorted or filtered otherwise.
        """
        try:
            found: list[Any] = json.loads(self._open(b"p", text))
            scope_hash, values = found[0], found[1:]
        except (ValueError, TypeError, LookupError) as error:
            raise BadCursor("not a page cursor") from error
        if scope_hash != _short(scope):
            raise BadCursor("cursor of a list with another filter or order")
        return values

    def _event_body(self, text: str) -> bytes:
        try:
            return self._open(b"e", text)
        except BadCursor:
            if self._is(b"p", text):
                raise OfAList("cursor of a page of a list") from None
            raise

    def _is(self, kind: bytes, text: str) -> bool:
        try:
            self._open(kind, text)
        except BadCursor:
            return False
        return True

    def _seal(self, kind: bytes, body: bytes) -> str:
        return base64.urlsafe_b64encode(self._tag(kind, body) + body).decode().rstrip("=")

    def _open(self, kind: bytes, text: str) -> bytes:
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadCursor("not a cursor") from error
        tag, body = raw[:_TAG], raw[_TAG:]
        if not hmac.compare_digest(tag, self._tag(kind, body)):
            raise BadCursor("cursor not made here")
        return body

    def _tag(self, kind: bytes, body: bytes) -> bytes:
        return hmac.new(self._key, kind + body, hashlib.sha256).digest()[:_TAG]


def _short(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:12]


_cursors = Cursors(b"")


def configure(key: bytes, epoch: int) -> None:
    """Set the secret key and the epoch; called by the composition root."""
    global _cursors  # noqa: PLW0603 - set once at start
    _cursors = Cursors(key, epoch)


def event(position: int) -> str:
    """See `Cursors.event`."""
    return _cursors.event(position)


def position_of(text: str) -> int:
    """See `Cursors.position_of`."""
    return _cursors.position_of(text)


def page(values: Sequence[Any], scope: str) -> str:
    """See `Cursors.page`."""
    return _cursors.page(values, scope)


def read_page(text: str, scope: str) -> list[Any]:
    """See `Cursors.read_page`."""
    return _cursors.read_page(text, scope)
