"""What can happen to an attachment ("rattachement"): one table, no database.

From the same rows come what the actions accept and what `availableActions` offers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.access import Actor, Permission, Role
from domain.lifecycle import Condition, when


class AttachmentStatus(StrEnum):
    """Where the attachment ("rattachement") of a member to a structure stands."""

    EN_COURS_DE_VALIDATION = "EN_COURS_DE_VALIDATION"
    REFUSEE = "REFUSEE"
    VALIDEE = "VALIDEE"
    DESACTIVEE = "DESACTIVEE"
    SUPPRIMEE = "SUPPRIMEE"


S = AttachmentStatus


class MemberAction(StrEnum):
    """The verbs of an attachment."""

    ACCEPT = "ACCEPT"
    REFUSE = "REFUSE"
    CANCEL = "CANCEL"
    CHANGE_ROLE = "CHANGE_ROLE"
    SET_SPACES = "SET_SPACES"
    ASK_SPACES = "ASK_SPACES"
    DEACTIVATE = "DEACTIVATE"
    REACTIVATE = "REACTIVATE"
    REMOVE = "REMOVE"
    LEAVE = "LEAVE"


A = MemberAction


class MemberParty(StrEnum):
    """In which part someone acts on an attachment."""

    MANAGER = "MANAGER"
    ADMINISTRATOR = "ADMINISTRATOR"
    MEMBER = "MEMBER"


@dataclass(frozen=True)
class MemberFacts:
    """What the conditions of the table look at.

    `is_own`: whoever acts is the member. `by_main`: it holds what only the main manager does.
    `has_manager`: somebody is the main manager of the structure. `waits`: spaces were asked for.
    """

    role: Role
    is_own: bool
    by_main: bool
    has_manager: bool
    waits: bool


Facts = MemberFacts


@dataclass(frozen=True)
class MemberStep:
    """One row: the action leads from any of the statuses to another; to None when it stays."""

    action: MemberAction
    frm: frozenset[str]
    to: S | None
    by: MemberParty
    event: str
    only_if: Condition[Facts]
    needs_comment: bool = False


def _below(facts: Facts) -> bool:
    """The main manager stands above all, managers above users; nobody judges itself."""
    if facts.is_own or facts.role is Role.MAIN_MANAGER:
        return False
    return facts.by_main or facts.role is not Role.SECONDARY_MANAGER


# fmt: off
always      = Condition[Facts]("BDR-MBR-020", lambda _: True)
of_another  = Condition[Facts]("BDR-MBR-021", lambda f: not f.is_own)
unmanaged   = Condition[Facts]("BDR-MBR-022", lambda f: not f.is_own and not f.has_manager)
below       = Condition[Facts]("BDR-MBR-023", _below)
replaceable = Condition[Facts]("BDR-MBR-024", lambda f: f.role is not Role.MAIN_MANAGER)
by_the_main = Condition[Facts]("BDR-MBR-025", lambda f: f.by_main and f.role in (Role.USER, Role.SECONDARY_MANAGER))
asked       = Condition[Facts]("BDR-MBR-026", lambda f: f.waits)
asked_other = Condition[Facts]("BDR-MBR-026", lambda f: f.waits and not f.is_own)

_MANAGER, _ADMINISTRATOR, _MEMBER = MemberParty.MANAGER, MemberParty.ADMINISTRATOR, MemberParty.MEMBER
_ASKED, _IN = when(S.EN_COURS_DE_VALIDATION), when(S.VALIDEE)

STEPS: tuple[MemberStep, ...] = (
    # A request
    MemberStep(A.ACCEPT, _ASKED, S.VALIDEE,   _MANAGER,       "member.accepted",  of_another),
    MemberStep(A.ACCEPT, _ASKED, S.VALIDEE,   _ADMINISTRATOR, "member.accepted",  unmanaged),
    MemberStep(A.REFUSE, _ASKED, S.REFUSEE,   _MANAGER,       "member.refused",   of_another, needs_comment=True),
    MemberStep(A.REFUSE, _ASKED, S.REFUSEE,   _ADMINISTRATOR, "member.refused",   unmanaged,  needs_comment=True),
    MemberStep(A.CANCEL, _ASKED, S.SUPPRIMEE, _MEMBER,        "member.cancelled", always),

    # A member
    MemberStep(A.CHANGE_ROLE, _IN, None, _MANAGER, "member.role_changed",     by_the_main),
    MemberStep(A.SET_SPACES,  _IN, None, _MANAGER, "member.spaces_changed",   always),
    MemberStep(A.ASK_SPACES,  _IN, None, _MEMBER,  "member.spaces_requested", replaceable),
    MemberStep(A.ACCEPT,      _IN, None, _MANAGER, "member.spaces_changed",   asked_other),
    MemberStep(A.REFUSE,      _IN, None, _MANAGER, "member.spaces_refused",   asked_other, needs_comment=True),
    MemberStep(A.CANCEL,      _IN, None, _MEMBER,  "member.spaces_cancelled", asked),

    # Its end, for a while or for good
    MemberStep(A.DEACTIVATE, _IN,                 S.DESACTIVEE, _MANAGER, "member.deactivated", below),
    MemberStep(A.REACTIVATE, when(S.DESACTIVEE),  S.VALIDEE,    _MANAGER, "member.reactivated", below),
    MemberStep(A.REMOVE, when(S.VALIDEE, S.DESACTIVEE), S.SUPPRIMEE, _MANAGER, "member.removed", below),
    MemberStep(A.LEAVE,  when(S.VALIDEE, S.DESACTIVEE), S.SUPPRIMEE, _MEMBER,  "member.left",    replaceable),
)
# fmt: on

# How the identifiers of technical accounts begin.
MACHINE = "cli_"

# From where a person may ask again.
ENDED = when(S.REFUSEE, S.SUPPRIMEE)


def parties(actor: Actor, member_id: str, structure_id: str) -> frozenset[MemberParty]:
    """The parts that the actor plays for an attachment.

    None for that of a technical account: it follows from what is decided among the connections.
    """
    if member_id.startswith(MACHINE):
        return frozenset()
    held = {
        MemberParty.MANAGER: actor.may(Permission.MANAGE_MEMBERS, structure_id),
        MemberParty.ADMINISTRATOR: actor.may(Permission.ADMINISTER, structure_id),
        MemberParty.MEMBER: actor.may(Permission.OWN_ACCOUNT, member_id),
    }
    return frozenset(party for party, holds in held.items() if holds)


def rows(action: MemberAction, status: str, mine: Iterable[MemberParty]) -> tuple[MemberStep, ...]:
    """The rows of an action that start in the status and that one of the parties may take."""
    return tuple(s for s in STEPS if s.action is action and status in s.frm and s.by in mine)


def offered(status: str, mine: Iterable[MemberParty], facts: Facts) -> list[MemberAction]:
    """What the parties may do now, in the order of the table."""
    open_ = (s.action for s in STEPS if status in s.frm and s.by in mine and s.only_if.holds(facts))
    return list(dict.fromkeys(open_))
