"""Which billing files and pieces a caller may see, and how lists of them are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from domain.access import Actor, Permission
from domain.lifecycle import Party
from domain.openings import Columns, Openings
from domain.reference.frames import WORKS_FRAMES, Frame
from domain.select import (
    Condition,
    Order,
    Select,
    among,
    any_of,
    at_least,
    at_most,
    equals,
    exists,
    falling,
    is_null,
    not_null,
    rising,
)
from domain.works import circuits
from domain.works.lifecycle import OPEN_TO_FOLLOW, REFUSED, WORKS
from domain.works.progress import rule_against

PIECES = Openings(
    "works_piece",
    WORKS,
    {
        Party.DEPOSITOR: Columns("depositor_id"),
        Party.VALIDATOR_1: Columns("validator_id"),
        Party.HOLDER: Columns("holder_id"),
        Party.PROJECT_MANAGER: Columns("project_manager_id", "project_manager_service_id"),
        Party.CONTRACTING_AUTHORITY: Columns(
            "contracting_authority_id", "contracting_authority_service_id"
        ),
        Party.RECIPIENT: Columns("recipient_id", "recipient_service_id"),
    },
)
# Who sees a file; sub- and co-contractors and the finance service see their own pieces only.
_FILE_COLUMNS = {
    "holder_id": None,
    "project_manager_id": "project_manager_service_id",
    "contracting_authority_id": "contracting_authority_service_id",
}


class WorksPieceOrder(StrEnum):
    """The order of a list of pieces."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"
    LATEST_CHANGE_FIRST = "LATEST_CHANGE_FIRST"


_PIECE_ORDERS: dict[WorksPieceOrder, Order] = {
    WorksPieceOrder.NEWEST_FIRST: falling("created_at"),
    WorksPieceOrder.OLDEST_FIRST: rising("created_at"),
    WorksPieceOrder.LATEST_CHANGE_FIRST: falling("status_at"),
}


class BillingFileOrder(StrEnum):
    """The order of a list of billing files."""

    LATEST_CHANGE_FIRST = "LATEST_CHANGE_FIRST"
    NEWEST_FIRST = "NEWEST_FIRST"


_FILE_ORDERS: dict[BillingFileOrder, Order] = {
    BillingFileOrder.LATEST_CHANGE_FIRST: falling("updated_at"),
    BillingFileOrder.NEWEST_FIRST: falling("created_at"),
}


@dataclass(frozen=True)
class WorksPieceCriteria:
    """What a list of pieces is narrowed to; an empty criterion asks nothing."""

    parties: Collection[Party] = ()
    structures: Collection[str] = ()
    statuses: Collection[str] = ()
    frames: Collection[Frame] = ()
    stages: Collection[str] = ()
    file_id: str | None = None
    number: str | None = None
    contract_number: str | None = None
    external_reference: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    # Validated requests of subcontractors that no statement carries yet.
    is_unattached: bool | None = None
    # Pieces that wait for one of these structures.
    awaiting: Collection[str] = ()


@dataclass(frozen=True)
class BillingFileCriteria:
    """What a list of files is narrowed to; an empty criterion asks nothing."""

    structures: Collection[str] = ()
    stages: Collection[str] = ()
    contract_number: str | None = None
    is_over: bool | None = None
    # Files that wait for one of these structures.
    awaiting: Collection[str] = ()


def seen(actor: Actor) -> Select | None:
    """The pieces that the actor may see, to look some up; None when there can be none."""
    return PIECES.seen(actor)


def listed(actor: Actor, criteria: WorksPieceCriteria, order: WorksPieceOrder) -> Select | None:
    """The pieces that the actor may see and the criteria keep, in order."""
    c = criteria
    conditions: list[Condition | None] = [
        among("status", c.statuses) if c.statuses else None,
        among("frame", c.frames) if c.frames else None,
        among("stage", c.stages) if c.stages else None,
        equals("file_id", c.file_id) if c.file_id else None,
        equals("number", c.number) if c.number is not None else None,
        equals("contract_number", c.contract_number) if c.contract_number else None,
        equals("external_reference", c.external_reference) if c.external_reference else None,
        at_least("issued_on", c.issued_from) if c.issued_from else None,
        at_most("issued_on", c.issued_to) if c.issued_to else None,
        exists("billing_file_task", {"piece_id": "id"}, among("structure_id", c.awaiting))
        if c.awaiting
        else None,
        *_unattached(c.is_unattached),
    ]
    return PIECES.listed(
        actor,
        parties=c.parties,
        structures=c.structures,
        criteria=conditions,
        order=_PIECE_ORDERS[order],
    )


def _unattached(wanted: bool | None) -> Iterator[Condition]:  # noqa: FBT001 - a criterion
    if wanted is not None:
        yield among("frame", [f for f in WORKS_FRAMES if circuits.row(f).joins])
        yield is_null("attached_to_id") if wanted else not_null("attached_to_id")
        if wanted:
            yield among("status", ("VALIDEE_1", "ABSENCE_VALIDATION_1_HORS_DELAI"))


def of_a_file(actor: Actor) -> Select | None:
    """The pieces of a file that the actor may see, in the order of their deposit."""
    found = PIECES.seen(actor)
    return found and found.by(rising("created_at"))


def files_seen(actor: Actor) -> Select | None:
    """The files that the actor may see, to look some up; None when there can be none."""
    found = _file_openings(actor, frozenset())
    return Select("billing_file").where(any_of(*found)) if found else None


def files_listed(
    actor: Actor, criteria: BillingFileCriteria, order: BillingFileOrder
) -> Select | None:
    """The files that the actor may see and the criteria keep, in order."""
    c = criteria
    found = _file_openings(actor, frozenset(c.structures))
    if not found:
        return None
    task = (
        exists("billing_file_task", {"file_id": "id"}, among("structure_id", c.awaiting))
        if c.awaiting
        else None
    )
    over = None
    if c.is_over is not None:
        over = not_null("ended_at") if c.is_over else is_null("ended_at")
    select = Select("billing_file").where(
        among("stage", c.stages) if c.stages else None,
        equals("contract_number", c.contract_number) if c.contract_number else None,
        over,
        task,
    )
    return select.by(_FILE_ORDERS[order]).either(*found)


def _file_openings(actor: Actor, wanted: frozenset[str]) -> list[Condition]:
    structures = actor.structures(Permission.READ_WORKS)
    services = actor.services(Permission.READ_WORKS)
    found: list[Condition] = []
    for column, service in _FILE_COLUMNS.items():
        if structures is None:
            found.append(among(column, wanted) if wanted else not_null(column))
        elif mine := (structures & wanted if wanted else structures):
            found.append(among(column, mine))
        if service is not None and services:
            found.append(among(service, services))
    return found


# What may be deposited behind a piece

NEXT_COLUMNS = (
    "frame",
    "status",
    "lapsed_at",
    "answered_at",
    *PIECES.named(),
)


@dataclass(frozen=True)
class Following:
    """A frame that the viewer may deposit behind a piece, in which part."""

    frame: Frame
    party: Party
    structure_id: str


def following(row: Any, viewer: Actor) -> list[Following]:
    """What the viewer's structures may deposit behind a piece now, as `submit` accepts it.

    A refused piece is done again by its depositor; a subcontractor's validated request is
    carried by the holder's statement, which is deposited without a previous piece.
    """
    return list(_following(row, viewer))


def _following(row: Any, viewer: Actor) -> Iterator[Following]:
    if row.status in REFUSED:
        if viewer.may(Permission.ACT_ON_WORKS, row.depositor_id):
            yield Following(Frame(row.frame), Party.DEPOSITOR, row.depositor_id)
        return
    for frame in circuits.followed_by(row.frame):
        party = circuits.deposited_as(frame)
        if party is None or party is Party.RECIPIENT or not _is_next(row, frame):
            continue
        columns = PIECES.columns[party]
        structure = getattr(row, columns.structure)
        service = getattr(row, columns.service) if columns.service else None
        held = [place for place in (structure, service) if place is not None]
        if any(viewer.may(Permission.ACT_ON_WORKS, place) for place in held):
            yield Following(frame, party, structure)


def _is_next(row: Any, frame: Frame) -> bool:
    rule = rule_against(
        row.frame,
        frame,
        is_lapsed=row.lapsed_at is not None,
        is_answered=row.answered_at is not None,
    )
    overtakes = circuits.is_tacit(frame) and circuits.opens_tacit_procedure(row.frame)
    hidden = WORKS.hidden[Party.PROJECT_MANAGER]
    open_ = row.status not in hidden if overtakes else row.status in OPEN_TO_FOLLOW
    return rule is None and open_
