"""Who plays which part around a piece of a works billing file: read from the table of frames."""

from __future__ import annotations

from collections.abc import Mapping

from domain.lifecycle import Party
from domain.reference.frames import (
    FRAMES,
    WORKS_FRAMES,
    Addressee,
    AmountsMeaning,
    DepositKind,
    Depositor,
    Frame,
    FrameRow,
    WorksStage,
)

_PARTY_OF: Mapping[Addressee, Party] = {
    Addressee.HOLDER: Party.HOLDER,
    Addressee.GROUP_AGENT: Party.HOLDER,
    Addressee.PROJECT_MANAGER: Party.PROJECT_MANAGER,
    Addressee.CONTRACTING_AUTHORITY: Party.CONTRACTING_AUTHORITY,
    Addressee.FINANCE_SERVICE: Party.RECIPIENT,
}
# The depositors that are themselves a party of the whole file; the others bring their own piece.
_DEPOSITED_AS: Mapping[Depositor, Party] = {
    Depositor.HOLDER: Party.HOLDER,
    Depositor.PROJECT_MANAGER: Party.PROJECT_MANAGER,
    Depositor.CONTRACTING_AUTHORITY: Party.CONTRACTING_AUTHORITY,
}
# What the API calls them.
FIELDS: Mapping[Party, str] = {
    Party.HOLDER: "holder",
    Party.PROJECT_MANAGER: "projectManager",
    Party.CONTRACTING_AUTHORITY: "contractingAuthority",
    Party.RECIPIENT: "finance",
}
# In the order in which a file reaches them.
FILE_PARTIES = (
    Party.HOLDER,
    Party.PROJECT_MANAGER,
    Party.CONTRACTING_AUTHORITY,
    Party.RECIPIENT,
)


def row(frame: str) -> FrameRow:
    """The row of a works frame."""
    return FRAMES[Frame(frame)]


def is_works(frame: Frame | None) -> bool:
    """Whether pieces of this frame belong to works billing files."""
    return frame in WORKS_FRAMES


def deposited_as(frame: str) -> Party | None:
    """The party of the file that deposits; None for a subcontractor or a co-contractor."""
    return _DEPOSITED_AS.get(row(frame).depositor)


def by_supplier(frame: str) -> bool:
    """Whether a company deposits it: the holder, a co-contractor, a subcontractor."""
    return deposited_as(frame) in (None, Party.HOLDER)


def is_validated(frame: str) -> bool:
    """Whether the holder, or the agent of the group, validates it first."""
    return bool(row(frame).validated_by)


def awaits(frame: str) -> Party:
    """The party that must act on the piece once it is deposited (and validated)."""
    known = row(frame)
    if known.joins:
        return Party.HOLDER
    addressee = known.sent_to[-1] if known.validated_by else known.sent_to[0]
    return _PARTY_OF[addressee]


def copied_to(frame: str) -> tuple[Party, ...]:
    """The parties that receive the piece for information."""
    known = row(frame)
    return () if known.validated_by else tuple(_PARTY_OF[to] for to in known.sent_to[1:])


def may_follow(frame: str) -> bool:
    """Whether it may follow another piece."""
    return row(frame).deposit_kind is DepositKind.ASSOCIATION_OR_INITIAL


def followed_by(frame: str) -> tuple[Frame, ...]:
    """The frames that may follow it as the next piece of the chain."""
    return () if row(frame).joins else row(frame).next_frames


def joined_by(frame: str) -> tuple[Frame, ...]:
    """The frames of requests that may be attached to it."""
    return tuple(f for f in WORKS_FRAMES if FRAMES[f].joins and frame in FRAMES[f].next_frames)


def is_paid(frame: str) -> bool:
    """Whether it is the payment request of the file: it goes to the finance service."""
    return awaits(frame) is Party.RECIPIENT


def opens_tacit_procedure(frame: str) -> bool:
    """Whether the holder may answer silence on it by a draft of its own (A22)."""
    return Frame.A22 in followed_by(frame)


def is_general_statement(frame: str) -> bool:
    """Whether it is the general statement ("décompte général") that the holder signs."""
    return row(frame).amounts is AmountsMeaning.NOTIFIED


def is_monthly_draft(frame: str) -> bool:
    """Whether the legal time of the project manager runs on it."""
    known = row(frame)
    return (
        known.stage is WorksStage.IN_PROGRESS
        and known.amounts is AmountsMeaning.CLAIMED
        and awaits(frame) is Party.PROJECT_MANAGER
    )


def is_tacit(frame: str) -> bool:
    """Whether it belongs to the tacit procedure (A22 to A25)."""
    return row(frame).stage is WorksStage.END_TACIT


def closes_tacit_procedure(frame: str) -> bool:
    """Whether it records a tacit general and final statement (A23, A24, A25)."""
    return is_tacit(frame) and is_paid(frame)


def parties_of(frame: str) -> tuple[Party, ...]:
    """The parties of the file that a piece of this frame concerns, whoever sees it when."""
    if is_paid(frame):
        return FILE_PARTIES
    return tuple(party for party in FILE_PARTIES if party is not Party.RECIPIENT)


def needed_to_open(frame: str) -> tuple[Party, ...]:
    """The parties that an initial deposit must name, beside its depositor.

    Whoever must act next or receives a copy, and whoever must act after that.
    """
    if row(frame).joins:
        return (Party.HOLDER,)
    needed = {Party.HOLDER, awaits(frame), *copied_to(frame)}
    if not is_paid(frame):
        needed.add(Party.CONTRACTING_AUTHORITY)
    return tuple(p for p in FILE_PARTIES if p in needed and p is not deposited_as(frame))
