"""The life of a connection, as a table: who may take it from where to where. No database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.access import Permission
from domain.connections.models import ConnectionStatus as S


class ConnectionAction(StrEnum):
    """What can be done to a connection."""

    ACCEPT = "ACCEPT"
    REFUSE = "REFUSE"
    ACTIVATE = "ACTIVATE"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    CLOSE = "CLOSE"


class ConnectionSide(StrEnum):
    """Who takes a step: the structure, the administrator of the site, or the platform alone."""

    STRUCTURE = "STRUCTURE"
    SITE = "SITE"
    PLATFORM = "PLATFORM"


# What a caller must hold to act for a side; nobody acts for the platform.
NEEDS = {
    ConnectionSide.STRUCTURE: Permission.MANAGE_CONNECTIONS,
    ConnectionSide.SITE: Permission.ADMINISTER,
}


@dataclass(frozen=True)
class Step:
    """One row. What happened is told under `event`, and by an e-mail of the same name."""

    action: ConnectionAction
    frm: frozenset[S]
    to: S
    by: ConnectionSide
    event: str
    needs_comment: bool = False
    # The structure does not undo what the site did.
    after_own: bool = False

    @property
    def mail(self) -> str:
        return self.event.replace(".", "_")


A = ConnectionAction
_OPEN = frozenset({S.REQUESTED, S.ACCEPTED, S.ACTIVE, S.SUSPENDED})

_STRUCTURE, _SITE, _PLATFORM = ConnectionSide

# fmt: off
STEPS: tuple[Step, ...] = (
    Step(A.ACCEPT,   frozenset({S.REQUESTED}), S.ACCEPTED,  _SITE,      "connection.accepted"),
    # Where the site asks for no approval.
    Step(A.ACCEPT,   frozenset({S.REQUESTED}), S.ACCEPTED,  _PLATFORM,  "connection.accepted"),
    Step(A.REFUSE,   frozenset({S.REQUESTED}), S.REFUSED,   _SITE,      "connection.refused",
         needs_comment=True),
    # Its first technical account is made.
    Step(A.ACTIVATE, frozenset({S.ACCEPTED}),  S.ACTIVE,    _PLATFORM,  "connection.activated"),
    Step(A.SUSPEND,  frozenset({S.ACTIVE}),    S.SUSPENDED, _STRUCTURE, "connection.suspended"),
    Step(A.SUSPEND,  frozenset({S.ACTIVE}),    S.SUSPENDED, _SITE,      "connection.suspended",
         needs_comment=True),
    Step(A.RESUME,   frozenset({S.SUSPENDED}), S.ACTIVE,    _STRUCTURE, "connection.resumed",
         after_own=True),
    Step(A.RESUME,   frozenset({S.SUSPENDED}), S.ACTIVE,    _SITE,      "connection.resumed"),
    Step(A.CLOSE,    _OPEN,                    S.CLOSED,    _STRUCTURE, "connection.closed"),
    Step(A.CLOSE,    _OPEN - {S.REQUESTED},    S.CLOSED,    _SITE,      "connection.closed",
         needs_comment=True),
)
# fmt: on


@dataclass(frozen=True)
class Offer:
    """A step that a side has in a status, and the rule that forbids it now."""

    step: Step
    refused_by: str | None


def offers(
    status: S, sides: Iterable[ConnectionSide], *, suspended_by_site: bool
) -> Iterator[Offer]:
    """What the sides could do now. The one source of `availableActions` and of `move`."""
    mine = frozenset(sides)
    for step in STEPS:
        if status in step.frm and step.by in mine:
            blocked = step.after_own and suspended_by_site
            yield Offer(step, "BDR-CNX-011" if blocked else None)
