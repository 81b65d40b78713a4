"""The e-mails about what the clock did to a works piece: to those who must know, once each."""

from __future__ import annotations

from collections.abc import Mapping

from domain.access import Permission
from domain.clock import PARIS
from domain.lifecycle import Party
from domain.mail.actions import post
from domain.structures.members import holders_of, structure_name
from domain.works.lifecycle import WorksAction
from domain.works.models import WorksPiece

# Which step is written about, and to whom.
_MAILS: Mapping[str, tuple[str, tuple[Party, ...]]] = {
    WorksAction.WARN: ("works_manager_late", (Party.CONTRACTING_AUTHORITY, Party.HOLDER)),
    WorksAction.OPEN_TACIT: ("works_tacit_open", (Party.HOLDER, Party.CONTRACTING_AUTHORITY)),
    WorksAction.BECOME_FINAL: (
        "works_became_final",
        (Party.HOLDER, Party.PROJECT_MANAGER, Party.CONTRACTING_AUTHORITY),
    ),
}


async def write(piece: WorksPiece, action: str) -> None:
    """Write to those who act on works in these parts, if the step is one of the clock's.

    Needs the transaction that takes the step.
    """
    if action not in _MAILS:
        return
    kind, parties = _MAILS[WorksAction(action)]
    named = piece.parties()
    received = piece.received_at
    for structure_id in dict.fromkeys(named[party] for party in parties if party in named):
        structure = await structure_name(structure_id)
        for person in await holders_of(structure_id, Permission.ACT_ON_WORKS):
            await post(
                kind,
                person.email,
                person.locale,
                structure=structure,
                number=piece.number,
                frame=piece.frame,
                depositor=piece.depositor_name,
                received=received.astimezone(PARIS).strftime("%d/%m/%Y") if received else "—",
            )
