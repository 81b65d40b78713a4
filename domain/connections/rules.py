"""What may be given to a machine, and what is wrong with what was asked. No database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.access import Actor, ActorKind, Level, Permission, Role, Space, grants_of, space_grants
from domain.errors import Problem
from domain.rules_text import problem, text_problems
from domain.structures.rules import is_email
from domain.text import normal

NAME_MAX = 200
COMMENT_MAX = 500

P = Permission
# What binds a person, or decides who else may act: no machine ever holds it, whatever its role,
# its spaces and its scopes say.
NEVER_BY_MACHINES = frozenset(
    {
        P.SIGN_MANDATE,
        P.MANAGE_MEMBERS,
        P.HAND_OVER,
        P.MANAGE_CONNECTIONS,
        P.MANAGE_STRUCTURE,
        P.OWN_ACCOUNT,
        P.ADMINISTER,
    }
)
# Everything that the spaces of a structure can give to a machine.
MACHINE_SCOPES = (
    grants_of(Role.TECHNICAL, ((space, Level.MODIFICATION) for space in Space)) - NEVER_BY_MACHINES
)
# In the order of the table, for messages.
_SHOWN_SCOPES = ", ".join(p.value for p in Permission if p in MACHINE_SCOPES)


@dataclass(frozen=True)
class Grant:
    """A space and how it is opened to a machine."""

    space: Space
    level: Level

    def as_json(self) -> dict[str, str]:
        """The grant as it is kept."""
        return {"space": self.space.value, "level": self.level.value}


@dataclass(frozen=True)
class ConnectionDraft:
    """A connection as it is asked for."""

    application: str
    contact_name: str
    contact_email: str
    scopes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True)
class TechnicalDraft:
    """A technical account as it is asked for. No structures: every one that lets it act."""

    name: str
    scopes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    acts_for: tuple[str, ...] | None = None


def grants_from(stored: Iterable[Mapping[str, Any]]) -> tuple[Grant, ...]:
    """The grants as they were kept."""
    return tuple(Grant(Space(row["space"]), Level(row["level"])) for row in stored)


def permissions_of(grants: Iterable[Grant]) -> frozenset[Permission]:
    """What a machine holds on a structure by these grants."""
    pairs = ((grant.space, grant.level) for grant in grants)
    return grants_of(Role.TECHNICAL, pairs) - NEVER_BY_MACHINES


def connection_problems(actor: Actor, structure_id: str, draft: ConnectionDraft) -> list[Problem]:
    """Every reason to refuse a request."""
    return [
        *_name_problems(draft.application, ("application",)),
        *_name_problems(draft.contact_name, ("contactName",)),
        *_email_problems(draft.contact_email, ("contactEmail",)),
        *scope_problems(actor, structure_id, draft.scopes),
        *grant_problems(actor, structure_id, draft.grants),
    ]


def technical_problems(
    actor: Actor,
    structure_id: str,
    draft: TechnicalDraft,
    *,
    accepted_scopes: Collection[str],
    accepted_grants: Iterable[Grant],
) -> list[Problem]:
    """Every reason to refuse a technical account on a connection accepted for no more than that."""
    return [
        *_name_problems(draft.name, ("name",)),
        *scope_problems(actor, structure_id, draft.scopes),
        *grant_problems(actor, structure_id, draft.grants),
        *_beyond(draft, accepted_scopes, accepted_grants),
    ]


def scope_problems(actor: Actor, structure_id: str, scopes: Sequence[str]) -> Iterator[Problem]:
    """Scopes: some, each one that a machine may have, none that its author does not hold."""
    if not scopes:
        yield problem("BDR-CNX-001", ("scopes",))
    for n, scope in enumerate(scopes):
        at = ("scopes", str(n))
        if scope not in MACHINE_SCOPES:
            yield problem("BDR-CNX-003", at, scope=scope, allowed=_SHOWN_SCOPES)
        elif not actor.may(Permission(scope), structure_id):
            yield problem("BDR-CNX-004", at, scope=scope)


def grant_problems(actor: Actor, structure_id: str, grants: Sequence[Grant]) -> Iterator[Problem]:
    """Spaces: each once, none that opens more than its author holds on the structure."""
    for n, grant in enumerate(grants):
        at = ("spaces", str(n))
        if grant.space in {earlier.space for earlier in grants[:n]}:
            yield problem("BDR-CNX-005", at, space=grant.space)
        for permission in sorted(space_grants(grant.space, grant.level)):
            if not actor.may(permission, structure_id):
                yield problem("BDR-CNX-004", at, scope=permission.value)


def end_problems(ends_at: datetime | None, at: datetime) -> list[Problem]:
    """An end that is given is still to come."""
    return [] if ends_at is None or ends_at > at else [problem("BDR-CNX-017", ("until",))]


def comment_problems(comment: str | None, *, is_needed: bool) -> list[Problem]:
    """Whether what was said with a step can be kept, and is there when it must be."""
    if normal(comment) is None:
        return [problem("BDR-CNX-001", ("comment",))] if is_needed else []
    return text_problems(comment or "", ("comment",), COMMENT_MAX)


def is_person(actor: Actor) -> bool:
    """Whether a person acts, or the platform itself: machines do not make machines."""
    return actor.kind in (ActorKind.PERSON, ActorKind.SYSTEM)


def _beyond(
    draft: TechnicalDraft, accepted_scopes: Collection[str], accepted_grants: Iterable[Grant]
) -> Iterator[Problem]:
    for n, scope in enumerate(draft.scopes):
        if scope in MACHINE_SCOPES and scope not in accepted_scopes:
            yield problem("BDR-CNX-006", ("scopes", str(n)), scope=scope)
    opened = permissions_of(accepted_grants)
    for n, grant in enumerate(draft.grants):
        if not permissions_of([grant]) <= opened:
            yield problem("BDR-CNX-006", ("spaces", str(n)), scope=grant.space)


def _name_problems(text: str, path: tuple[str, ...]) -> list[Problem]:
    if normal(text) is None:
        return [problem("BDR-CNX-001", path)]
    return text_problems(text, path, NAME_MAX)


def _email_problems(text: str, path: tuple[str, ...]) -> list[Problem]:
    return [] if is_email(text) else [problem("BDR-CNX-002", path)]
