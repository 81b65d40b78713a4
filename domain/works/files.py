"""Billing files: opened by a deposit, brought up to date after every change of their pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from domain import events
from domain.access import Actor, Permission
from domain.clock import now
from domain.ids import new_id
from domain.lifecycle import Party, Step
from domain.reference.statuses import InvoiceStatus as S
from domain.works import circuits, letters
from domain.works.known import parties_of_file
from domain.works.models import BillingFile, BillingFileTask, WorksPiece
from domain.works.progress import Awaited, awaited_of, expected_of

# What no file shows any more.
_NOWHERE = (S.BROUILLON, S.SUPPRIMEE, S.ABANDONNEE)
_WHOLE_FILE = (Party.HOLDER, Party.PROJECT_MANAGER, Party.CONTRACTING_AUTHORITY)


async def pieces_of(file_id: str) -> list[WorksPiece]:
    """The pieces of a file in the order of their deposit."""
    pieces = await WorksPiece.filter(file_id=file_id).order_by("created_at", "id")
    return [piece for piece in pieces if piece.status not in _NOWHERE]


async def follow_up(piece: WorksPiece, step: Step[Any], actor: Actor) -> None:
    """After a step of a piece: what is waited for now. The piece is saved."""
    await letters.write(piece, step.action)
    await look_again(piece, actor)


async def look_again(piece: WorksPiece, actor: Actor) -> None:
    """Keep what is waited for, in the file of the piece or for the piece alone. Both are held."""
    if piece.file_id is None:
        await _keep_tasks([piece], None)
        return
    file = await BillingFile.get(id=piece.file_id)
    await refresh(file, actor, "billing_file.progressed")


async def refresh(file: BillingFile, actor: Actor, kind: str) -> None:
    """Keep whom the file waits for, and tell it when that changed. The file is held.

    `kind` is what is told; an opening and a new piece are told in any case.
    """
    pieces = await pieces_of(file.id)
    tasks, changed = await _keep_tasks(pieces, file)
    _keep_dates(file, pieces, over=not tasks, at=now())
    file.expected_frames = [frame.value for frame in expected_of(pieces)]
    file.updated_at = now()
    if changed or kind != "billing_file.progressed":
        tell(kind, file, actor, tasks, pieces)
    await file.save()


async def _keep_tasks(
    pieces: Sequence[WorksPiece], file: BillingFile | None
) -> tuple[list[BillingFileTask], bool]:
    """Keep what the pieces wait for; with whether it differs from what was kept."""
    ids = [piece.id for piece in pieces]
    before = await BillingFileTask.filter(piece_id__in=ids).order_by("position")
    tasks = [_task(file, one, n) for n, one in enumerate(awaited_of(pieces))]
    if [_said(t) for t in before] == [_said(t) for t in tasks]:
        return tasks, False
    since = {_who(t): t.since for t in before}
    await BillingFileTask.filter(piece_id__in=ids).delete()
    for task in tasks:
        task.since = since.get(_who(task), task.since)
        await task.save(force_create=True)
    return tasks, True


def tell(
    kind: str,
    file: BillingFile,
    actor: Actor,
    tasks: Sequence[BillingFileTask],
    pieces: Sequence[WorksPiece],
) -> None:
    """Record a fact about the file for those who see all of it."""
    events.record(
        kind,
        file,
        actor,
        audience=audience_of(file),
        data={
            "id": file.id,
            "stage": file.stage,
            "version": file.event_count + 1,
            "contractNumber": file.contract_number,
            "holderId": file.holder_id,
            "projectManagerId": file.project_manager_id,
            "contractingAuthorityId": file.contracting_authority_id,
            "pieceCount": len(pieces),
            "lastPieceId": pieces[-1].id if pieces else None,
            "endedAt": _instant(file.ended_at),
            "awaited": [
                {
                    "party": task.party,
                    "structureId": task.structure_id,
                    "pieceId": task.piece_id,
                    "task": task.task,
                    "frames": task.frames,
                    "until": _instant(task.until),
                    "silence": task.silence,
                }
                for task in tasks
            ],
        },
    )


def audience_of(file: BillingFile) -> list[tuple[str, Permission]]:
    """The rights that open the file as a whole: those of the holder and of both authorities."""
    named = parties_of_file(file)
    places: Iterable[str | None] = (
        place for party in _WHOLE_FILE if party in named for place in named[party]
    )
    return [(place, Permission.READ_WORKS) for place in places if place is not None]


def _task(file: BillingFile | None, one: Awaited, position: int) -> BillingFileTask:
    structure, service = _of(one, file)
    return BillingFileTask(
        id=new_id("tsk"),
        file_id=file.id if file else None,
        position=position,
        party=one.party.value,
        structure_id=structure,
        service_id=service,
        piece_id=one.piece.id,
        task=one.task.value,
        frames=[frame.value for frame in one.frames],
        silence=one.silence.value,
        since=now(),
        until=one.until,
    )


def _of(one: Awaited, file: BillingFile | None) -> tuple[str, str | None]:
    """The structure that plays the part, in the piece or in its file, and its service."""
    places = one.piece.places().get(one.party)
    if places is None:
        assert file is not None
        return parties_of_file(file)[one.party]
    return places[0], places[1] if len(places) > 1 else None


def _who(task: BillingFileTask) -> tuple[str, ...]:
    return task.party, task.structure_id, task.piece_id, task.task


def _said(task: BillingFileTask) -> tuple[Any, ...]:
    return (
        *_who(task),
        tuple(task.frames),
        task.silence,
        task.until,
        task.service_id,
        task.file_id,
    )


def _keep_dates(
    file: BillingFile, pieces: Sequence[WorksPiece], *, over: bool, at: datetime
) -> None:
    monthly = [p.received_at for p in pieces if circuits.is_monthly_draft(p.frame)]
    received = [instant for instant in monthly if instant is not None]
    file.payment_from = received[-1] if received else file.payment_from
    file.ended_at = (file.ended_at or at) if over else None


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
