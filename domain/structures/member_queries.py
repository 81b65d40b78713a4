"""Which attachments, spaces and past actions a caller may see, as data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from domain import feed
from domain.access import Actor, Permission
from domain.accounts.membership import AttachmentStatus
from domain.select import (
    Condition,
    Select,
    among,
    any_of,
    equals,
    exists,
    falling,
    is_null,
    not_null,
    unless,
    written,
)
from domain.text import searchable

_LONGEST_SEARCH = 100


@dataclass(frozen=True)
class MemberCriteria:
    """What a list of attachments is narrowed to; None and () ask nothing."""

    structures: Collection[str] = ()
    statuses: Collection[str] = ()
    roles: Collection[str] = ()
    search: str | None = None
    is_waiting: bool | None = None
    is_own: bool | None = None


def seen(actor: Actor) -> Select | None:
    """The attachments that the actor may see: its own, and those of structures it manages."""
    openings = []
    managed = actor.structures(Permission.READ_MEMBERS)
    if managed is None:
        return Select("attachment")
    if managed:
        openings.append(among("structure_id", managed))
    if actor.may(Permission.OWN_ACCOUNT, actor.id):
        openings.append(equals("member_id", actor.id))
    return Select("attachment").where(any_of(*openings)) if openings else None


def listed(actor: Actor, criteria: MemberCriteria) -> Select | None:
    """The attachments that the actor may see and the criteria keep, the latest first."""
    select = seen(actor)
    if select is None:
        return None
    own = equals("member_id", actor.id)
    return select.where(
        among("structure_id", criteria.structures) if criteria.structures else None,
        among("status", criteria.statuses) if criteria.statuses else None,
        among("role", criteria.roles) if criteria.roles else None,
        _named(criteria.search),
        _flag(_WAITING, criteria.is_waiting),
        _flag(own, criteria.is_own),
    ).by(falling("id"))


_WAITING = any_of(
    equals("status", AttachmentStatus.EN_COURS_DE_VALIDATION), not_null("asked_spaces")
)


def spaces(actor: Actor) -> Select | None:
    """The spaces of the structures of the actor: for members only."""
    own = actor.structures(Permission.READ_STRUCTURE)
    if own is None:
        return Select("structure_space")
    return Select("structure_space").where(among("structure_id", own)) if own else None


def history(actor: Actor) -> Select | None:
    """What was done in structures, who did it and when; for those who may read their members.

    The life of payment requests is in the history of each.
    """
    own = actor.structures(Permission.READ_MEMBERS)
    if own is not None and not own:
        return None
    return (
        feed.visible_events(actor)
        .where(
            # As the index has it: a parameter would not find it.
            written("{t}.subject_kind <> 'invoice'"),
            unless(among("subject_kind", ("memo", "refund", "works_piece", "billing_file"))),
            None if own is None else among("on_behalf_of", own),
        )
        .by(falling("position"))
    )


def _flag(condition: Condition, wanted: bool | None) -> Condition | None:  # noqa: FBT001 - a criterion
    if wanted is None:
        return None
    return condition if wanted else unless(condition)


def _named(search: str | None) -> Condition | None:
    """The name or the e-mail of the person holds the text, whatever its case."""
    if search is None or not search.strip():
        return None
    text = searchable(search.strip(), _LONGEST_SEARCH)
    if text is None:
        return is_null("id")
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    holds = "(lower({t}.display_name) LIKE {0} ESCAPE '\\' OR {t}.email LIKE {0} ESCAPE '\\')"
    return exists("account", {"id": "member_id"}, written(holds, f"%{escaped}%"))
