"""From a cursor that somebody kept to a place in the log: the one door of every reader.

Each reader refuses the same cursors with the same words, whatever surface it is asked through.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain import cursors, events
from domain.errors import Invalid, Problem
from domain.rules_text import problem


class CursorRefused(Invalid):
    """The log cannot be read on from this cursor. `oldest` is one from which it can."""

    def __init__(self, refusal: Problem) -> None:
        super().__init__(refusal)
        self.problem = refusal
        self.oldest = refusal.params["oldest"]

    @property
    def has_expired(self) -> bool:
        """Whether it was good once: the log is no longer the one that it was made from."""
        return self.problem.code == "CURSOR_EXPIRED"


_RULES: Mapping[type[cursors.BadCursor], str] = {
    cursors.BadCursor: "BDR-EVT-001",
    cursors.OfAList: "BDR-EVT-002",
    cursors.ForeignEpoch: "BDR-EVT-003",
    cursors.Ahead: "BDR-EVT-004",
}


def oldest() -> str:
    """The oldest cursor from which the log can be read."""
    return cursors.event(0)


async def position_of(cursor: str, path: tuple[str, ...]) -> int:
    """The position just after which a reader goes on.

    Raises:
        CursorRefused: altered, of a list, of another life of the log, or beyond its end.
    """
    try:
        position = cursors.position_of(cursor)
        if position > await events.head():
            raise cursors.Ahead("cursor beyond the end of the event log")
    except cursors.BadCursor as error:
        raise CursorRefused(problem(_RULES[type(error)], path, oldest=oldest())) from error
    return position
