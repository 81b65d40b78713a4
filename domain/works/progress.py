"""What a billing file waits for: who must act, on which piece, until when, and if nobody does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.lifecycle import Party
from domain.payments.steps import IN_HAND
from domain.reference.frames import Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.words import Words
from domain.works import circuits
from domain.works.lifecycle import OPEN_TO_FOLLOW, REFUSED


class Task(StrEnum):
    """What is waited for."""

    VALIDATE = "VALIDATE"
    ATTACH = "ATTACH"
    FOLLOW = "FOLLOW"
    COMPLETE = "COMPLETE"
    CORRECT = "CORRECT"
    REDO = "REDO"
    PAY = "PAY"
    RETURN = "RETURN"


TASKS: Mapping[Task, Words] = {
    Task.VALIDATE: Words("Valider la demande", "Validate the request"),
    Task.ATTACH: Words("Joindre la demande à sa pièce", "Attach the request to one's own piece"),
    Task.FOLLOW: Words("Déposer la pièce suivante", "Deposit the following piece"),
    Task.COMPLETE: Words("Compléter la pièce", "Complete the piece"),
    Task.CORRECT: Words("Corriger l'acheminement", "Correct the routing"),
    Task.REDO: Words("Refaire la pièce refusée", "Do the refused piece again"),
    Task.PAY: Words("Traiter et payer", "Process and pay"),
    Task.RETURN: Words("Retourner au service financier", "Return to the finance service"),
}


class Silence(StrEnum):
    """What happens if nobody acts in time."""

    NOTHING = "NOTHING"
    AGREEMENT = "AGREEMENT"
    WARNING = "WARNING"
    TACIT_PROCEDURE = "TACIT_PROCEDURE"
    FINAL = "FINAL"
    ACCEPTED = "ACCEPTED"


SILENCES: Mapping[Silence, Words] = {
    Silence.NOTHING: Words("Le dossier attend.", "The file waits."),
    Silence.AGREEMENT: Words("Le silence vaut accord.", "Silence is agreement."),
    Silence.WARNING: Words(
        "La maîtrise d'ouvrage et le titulaire sont avertis ; le dossier attend.",
        "The contracting authority and the holder are warned; the file waits.",
    ),
    Silence.TACIT_PROCEDURE: Words(
        "Le titulaire peut engager la procédure tacite (pièce A22).",
        "The holder may begin the tacit procedure (piece A22).",
    ),
    Silence.FINAL: Words(
        "Le projet du titulaire devient le décompte général et définitif.",
        "The holder's draft becomes the general and final statement.",
    ),
    Silence.ACCEPTED: Words(
        "Le titulaire est réputé accepter le décompte général ; sa pièce signée reste attendue.",
        "The holder is deemed to accept the general statement; its signed piece is still awaited.",
    ),
}


@dataclass(frozen=True)
class Awaited:
    """One party that must, or may, act now."""

    party: Party
    task: Task
    piece: Any
    frames: tuple[Frame, ...] = ()
    silence: Silence = Silence.NOTHING
    until: datetime | None = None


_VALIDATED = (S.VALIDEE_1, S.ABSENCE_VALIDATION_1_HORS_DELAI)
_ENDED = (S.REMPLACEE_PAR_A22, S.DUPLIQUE_APRES_REFUS)
# Statuses that say alone who must do what.
_WAITS: Mapping[str, tuple[Party, Task]] = {
    S.A_COMPLETER: (Party.DEPOSITOR, Task.COMPLETE),
    S.SUSPENDUE: (Party.DEPOSITOR, Task.COMPLETE),
    S.ERREUR_FOURNISSEUR_SUR_VALIDEUR: (Party.DEPOSITOR, Task.CORRECT),
    S.ERREUR_FOURNISSEUR_SUR_MOE: (Party.DEPOSITOR, Task.CORRECT),
    S.ERREUR_FOURNISSEUR_SUR_MOA: (Party.DEPOSITOR, Task.CORRECT),
    S.ERREUR_MOE_SUR_MOA: (Party.DEPOSITOR, Task.CORRECT),
    S.ERREUR_DE_MOA: (Party.DEPOSITOR, Task.CORRECT),
    S.ERREUR_MOA_SUR_FOURNISSEUR: (Party.DEPOSITOR, Task.CORRECT),
    S.ERREUR_MOE_SUR_FOURNISSEUR: (Party.DEPOSITOR, Task.CORRECT),
    S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR: (Party.DEPOSITOR, Task.CORRECT),
    S.TRANSMISE_MOA: (Party.CONTRACTING_AUTHORITY, Task.RETURN),
}


def awaited_of(pieces: Sequence[Any]) -> list[Awaited]:
    """Everyone whom the pieces of a file wait for, in the order of the pieces."""
    return [one for piece in pieces for one in _awaited(piece, pieces)]


def expected_of(pieces: Sequence[Any]) -> list[Frame]:
    """The frames still to come by the ordinary way: what is done again, then what follows.

    A request of a subcontractor is beside the way.
    """
    chain = [p for p in pieces if not circuits.row(p.frame).joins and p.status not in _ENDED]
    if not chain or chain[-1].status == S.REFUSEE_1:
        return []
    last = chain[-1]
    frame = Frame(last.frame)
    expected = [frame] if last.status in REFUSED else []
    while following := [f for f in circuits.followed_by(frame) if _is_ordinary(frame, f, last)]:
        frame = following[0]
        expected.append(frame)
    return expected


def _is_ordinary(before: Frame, after: Frame, last: Any) -> bool:
    """Whether the one normally follows the other; after silence, the tacit way is."""
    is_last = before == last.frame
    rule = rule_against(
        before,
        after,
        is_lapsed=is_last and last.lapsed_at is not None,
        is_answered=is_last and last.answered_at is not None,
    )
    return rule is None


def _awaited(piece: Any, pieces: Sequence[Any]) -> Iterator[Awaited]:
    status = piece.status
    if status in _WAITS:
        party, task = _WAITS[status]
        yield Awaited(party, task, piece)
        # The routing of a project manager's piece may come from the holder's.
        if status == S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR and not circuits.by_supplier(piece.frame):
            yield Awaited(Party.HOLDER, task, piece)
    elif status == S.A_VALIDER_1:
        yield _validating(piece)
    elif status in _VALIDATED and piece.attached_to_id is None:
        frames = circuits.row(piece.frame).next_frames
        yield Awaited(Party.HOLDER, Task.ATTACH, piece, frames)
    elif status in REFUSED:
        yield Awaited(Party.DEPOSITOR, Task.REDO, piece, (Frame(piece.frame),))
    elif circuits.is_paid(piece.frame) and status in IN_HAND:
        yield Awaited(Party.RECIPIENT, Task.PAY, piece)
    elif status in OPEN_TO_FOLLOW:
        yield from _following(piece, pieces)
    if _tacit_is_open(piece) and status not in _ENDED:
        yield Awaited(Party.HOLDER, Task.FOLLOW, piece, (Frame.A22,))


def _validating(piece: Any) -> Awaited:
    silence, until = _timed(Silence.AGREEMENT, piece.deadline_at)
    return Awaited(Party.VALIDATOR_1, Task.VALIDATE, piece, silence=silence, until=until)


def _following(piece: Any, pieces: Sequence[Any]) -> Iterator[Awaited]:
    """Whoever may deposit what follows: the party that waits first, then the others."""
    possible = [f for f in circuits.followed_by(piece.frame) if _may_follow(piece, f)]
    first = circuits.awaits(piece.frame)
    for party in sorted(circuits.FILE_PARTIES, key=lambda p: p is not first):
        frames = tuple(
            f for f in possible if circuits.deposited_as(f) is party and f is not Frame.A22
        )
        if frames:
            silence, until = _silence(piece, pieces)
            yield Awaited(party, Task.FOLLOW, piece, frames, silence, until)


def _silence(piece: Any, pieces: Sequence[Any]) -> tuple[Silence, datetime | None]:
    """What the clock does about a piece that waits for the next one."""
    if circuits.is_general_statement(piece.frame):
        return _timed(Silence.ACCEPTED, piece.deadline_at)
    if circuits.is_tacit(piece.frame):
        return _timed(Silence.FINAL, piece.deadline_at)
    if circuits.is_monthly_draft(piece.frame):
        return _timed(Silence.WARNING, piece.deadline_at)
    # The time of the general statement runs from the draft that asked for it.
    asked = [p for p in pieces if circuits.opens_tacit_procedure(p.frame) and p.deadline_at]
    return _timed(Silence.TACIT_PROCEDURE, asked[-1].deadline_at if asked else None)


def _timed(silence: Silence, until: datetime | None) -> tuple[Silence, datetime | None]:
    return (Silence.NOTHING, None) if until is None else (silence, until)


def _tacit_is_open(piece: Any) -> bool:
    return (
        circuits.opens_tacit_procedure(piece.frame)
        and piece.lapsed_at is not None
        and piece.answered_at is None
    )


def _may_follow(piece: Any, frame: Frame) -> bool:
    rule = rule_against(
        piece.frame,
        frame,
        is_lapsed=piece.lapsed_at is not None,
        is_answered=piece.answered_at is not None,
    )
    return rule is None


def rule_against(before: str, after: str, *, is_lapsed: bool, is_answered: bool) -> str | None:
    """The rule that forbids a piece of frame `after` behind one of frame `before`; None if none.

    `is_lapsed`: the time for an answer to the piece before ran out; `is_answered`: it came.
    """
    if after not in circuits.followed_by(before):
        return "BDR-WRK-018"
    if circuits.closes_tacit_procedure(after):
        return None if is_lapsed else "BDR-WRK-030"
    if circuits.is_tacit(after):
        if is_answered:
            return "BDR-WRK-056"
        return None if is_lapsed else "BDR-WRK-028"
    if circuits.is_tacit(before) and is_lapsed:
        return "BDR-WRK-029"
    return None
