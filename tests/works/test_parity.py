"""What is offered is what is accepted: actions and deposits, in every frame, status and role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from domain.access import Actor, Level, Role, Space
from domain.documents import Given, Routing
from domain.errors import Forbidden, Invalid, NotFound, Refused, WrongStatus
from domain.events import transaction
from domain.invoices.draft import ValidatorRef
from domain.lifecycle import Need, Party
from domain.lifecycles import reached
from domain.policy import Policy
from domain.reference.frames import WORKS_FRAMES, Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.works import actions, circuits, queries
from domain.works.lifecycle import WORKS, WorksAction
from domain.works.models import WorksPiece
from domain.works.variants import WORKS_VARIANTS
from schema.works import available_actions
from tests.make import an_actor, an_administrator
from tests.works.circuit import Site, a_piece, a_site, deposited, now_is


class _Undo(Exception):
    """Ends a transaction without a trace."""


@dataclass
class Stage:
    """A piece that is put in every status, those who look at it, and others to name instead."""

    site: Site
    others: Site
    piece: WorksPiece

    async def put(self, status: S) -> WorksPiece:
        changes: dict[str, Any] = {"status": status.value, "draft": None}
        if status in (S.BROUILLON, S.SUPPRIMEE):
            draft = a_piece(self.site, Frame(self.piece.frame), number=self.piece.number)
            changes["draft"] = draft.as_json()
        async with transaction():
            await WorksPiece.filter(id=self.piece.id).update(**changes)
        return await now_is(self.piece)

    def actors(self) -> list[Actor]:
        site = self.site
        read = [(Space.FACTURES_DE_TRAVAUX, Level.CONSULTATION_UNIQUEMENT)]
        received = [(Space.FACTURES_RECUES, Level.MODIFICATION)]
        return [
            *(an_actor(structure) for structure in site.all()),
            an_actor(site.holder, site.project_manager),
            an_actor(site.holder, role=Role.USER, spaces=read),
            an_actor(site.project_manager, role=Role.USER, spaces=read),
            an_actor(site.contracting_authority, role=Role.USER, spaces=received),
            an_actor(self.others.holder),
            an_administrator(),
        ]


async def a_stage(frame: Frame) -> Stage:
    site = await a_site()
    return Stage(site, await a_site(), await deposited(site, frame))


def what_it_takes(stage: Stage, piece: WorksPiece, action: WorksAction) -> Given:
    """Everything that the action may ask for in this status, and nothing that it does not take."""
    rows = [r for r in WORKS.rows(action, piece.status) if r.allowed(piece.facts())]
    step = rows[0] if rows else None
    needs = step.needs if step else None
    other = stage.others
    named = {
        Party.PROJECT_MANAGER: other.project_manager,
        Party.CONTRACTING_AUTHORITY: other.contracting_authority,
        Party.HOLDER: other.holder,
    }.get(circuits.awaits(piece.frame), other.finance)
    return Given(
        reason=_reason(step.to) if step and needs is Need.REASON else None,
        comment="Voir le marché.",
        routing=Routing(recipient_siret=named.identifier) if needs is Need.ROUTING else None,
        validator=ValidatorRef(identifier=other.holder.identifier)
        if needs is Need.VALIDATOR
        else None,
    )


def _reason(status: str | None) -> str:
    return "AUT_MOTIF_ERR_VALIDEUR" if status == S.REFUSEE_1 else "JUSTIF_ABS"


async def refusal_of(
    stage: Stage, piece: WorksPiece, action: WorksAction, actor: Actor
) -> Refused | None:
    """Why the action is refused to the actor; None when it succeeds. Nothing stays of it."""
    given = what_it_takes(stage, piece, action)
    try:
        async with transaction():
            await actions.move(actor, piece.id, action, given)
            raise _Undo
    except _Undo:
        return None
    except Refused as refusal:
        return refusal


async def assert_parity(stage: Stage, piece: WorksPiece, actor: Actor) -> None:
    """Every action that has a row here, and one that has none."""
    shown = (
        {found.action: found for found in available_actions(piece, actor)}
        if piece.visible_to(actor)
        else {}
    )
    here = {WorksAction(step.action) for step in WORKS.from_status(piece.status)}
    none = next(action for action in WorksAction if action not in here)
    for action in sorted({*here, none}):
        refusal = await refusal_of(stage, piece, action, actor)
        offer = shown.get(action)
        place = f"{piece.frame} {piece.status} {action}"
        assert (offer is not None and offer.enabled) == (refusal is None), (place, refusal)
        if offer is not None and not offer.enabled:
            assert refusal is not None
            assert [p.rule for p in refusal.problems] == [offer.disabled_rule], place
        if offer is None:
            assert isinstance(refusal, NotFound | Forbidden | WrongStatus), (place, refusal)


def _reached(frame: Frame) -> list[S]:
    variant = next(v for v in WORKS_VARIANTS if frame in v.frames)
    return reached(WORKS, variant.facts(Policy()))


@pytest.mark.parametrize("frame", WORKS_FRAMES)
async def test_an_action_is_offered_exactly_when_it_succeeds(database: str, frame: Frame) -> None:
    stage = await a_stage(frame)

    for status in _reached(frame):
        piece = await stage.put(status)
        for actor in stage.actors():
            await assert_parity(stage, piece, actor)


@pytest.mark.parametrize("frame", WORKS_FRAMES)
async def test_a_deposit_is_offered_exactly_when_it_is_accepted(
    database: str, frame: Frame
) -> None:
    stage = await a_stage(frame)
    for status in _reached(frame):
        if status in (S.BROUILLON, S.SUPPRIMEE):
            continue
        piece = await stage.put(status)
        for structure in stage.site.all():
            actor = an_actor(structure)
            offered = {
                one.frame
                for one in (queries.following(piece, actor) if piece.visible_to(actor) else [])
            }
            assert offered == await _accepted(stage, piece, actor), (frame, status, structure.name)


async def _accepted(stage: Stage, piece: WorksPiece, actor: Actor) -> set[Frame]:
    """The frames whose deposit behind the piece, or in its place, succeeds for the actor."""
    found = set()
    for frame in WORKS_FRAMES:
        depositor = stage.site.depositor(frame).id
        if depositor not in actor.rights:
            continue
        again = frame == piece.frame and frame not in circuits.followed_by(piece.frame)
        place = {"replaces_id": piece.id} if again else {"previous_id": piece.id}
        try:
            async with transaction():
                await actions.submit(actor, a_piece(stage.site, frame, **place))
                raise _Undo
        except _Undo:
            found.add(frame)
        except (Invalid, NotFound, Forbidden):
            pass
    return found
