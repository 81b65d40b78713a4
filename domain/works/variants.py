"""The lives that a works piece may have, by billing frame: for diagrams, and who draws progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

from domain.clock import now
from domain.lifecycle import Party
from domain.lifecycles import Variant
from domain.policy import Policy
from domain.reference.frames import WORKS_FRAMES, Frame
from domain.reference.words import Words
from domain.works import circuits
from domain.works.lifecycle import WorksFacts


def _facts(frames: Sequence[Frame], site: Policy) -> tuple[WorksFacts, ...]:
    """Those of pieces that opened their file or followed another, before any delay ran out."""
    return tuple(
        WorksFacts(
            frame=frame.value,
            received_at=now(),
            is_initial=is_initial,
            has_authority=True,
            is_answered=False,
            is_lapsed=False,
            is_contestable=not is_initial and not circuits.by_supplier(frame),
            tacit_days=(
                site.tacit_days_subcontractor
                if circuits.row(frame).joins
                else site.tacit_days_cocontractor
            )
            or None,
            project_manager_days=site.works_project_manager_days or None,
            general_statement_days=site.works_general_statement_days or None,
            tacit_answer_days=site.works_tacit_answer_days or None,
            signature_days=site.works_signature_days or None,
            free_status_order=False,
            payment_reported=True,
            acknowledged=False,
            rejection_handled=False,
        )
        for frame, is_initial in product(frames, (True, False))
    )


def _variant(code: str, words: Words, belongs: Callable[[Frame], bool]) -> Variant:
    frames = tuple(frame for frame in WORKS_FRAMES if belongs(frame))
    return Variant(code, words, frames, partial(_facts, frames))


def _waits_for_authority(frame: Frame) -> bool:
    return circuits.awaits(frame) is Party.CONTRACTING_AUTHORITY and not circuits.is_tacit(frame)


WORKS_VARIANTS = (
    _variant(
        "SUBCONTRACTOR",
        Words("Demande de sous-traitant", "Request of a subcontractor"),
        lambda f: circuits.row(f).joins,
    ),
    _variant(
        "CO_CONTRACTOR",
        Words("Projet de cotraitant", "Draft of a co-contractor"),
        lambda f: circuits.is_validated(f) and not circuits.row(f).joins,
    ),
    _variant(
        "HOLDER_DRAFT",
        Words("Projet du titulaire", "Draft of the holder"),
        lambda f: circuits.awaits(f) is Party.PROJECT_MANAGER and not circuits.is_validated(f),
    ),
    _variant(
        "STATEMENT",
        Words("Pièce transmise à la maîtrise d'ouvrage", "Piece sent to the authority"),
        _waits_for_authority,
    ),
    _variant(
        "GENERAL_STATEMENT",
        Words("Décompte général", "General statement"),
        circuits.is_general_statement,
    ),
    _variant(
        "TACIT",
        Words("Projet du titulaire en procédure tacite", "Draft of the holder, tacit procedure"),
        lambda f: circuits.is_tacit(f) and not circuits.is_paid(f),
    ),
    _variant(
        "PAID",
        Words("Pièce à payer", "Piece to be paid"),
        circuits.is_paid,
    ),
)
