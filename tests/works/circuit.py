"""A works contract and those who take part in it, for tests: right by default."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from domain.access import Actor, Space
from domain.clock import today
from domain.documents import Given, Routing
from domain.lifecycle import Party
from domain.reference.frames import Frame
from domain.structures.models import Structure
from domain.structures.spaces import open_space
from domain.works import actions, circuits
from domain.works.draft import PARTY_FIELDS, PartyRef, PieceDraft
from domain.works.lifecycle import WorksAction
from domain.works.models import BillingFile, BillingFileTask, WorksPiece
from tests.make import a_public_structure, a_supplier, an_actor

_numbers = count(1)


@dataclass(frozen=True)
class Site:
    """The structures of a works contract, each with its works space open."""

    holder: Structure
    subcontractor: Structure
    co_contractor: Structure
    project_manager: Structure
    contracting_authority: Structure
    finance: Structure

    def of(self, party: Party) -> Structure:
        """The structure that plays a part of the file."""
        return {
            Party.HOLDER: self.holder,
            Party.VALIDATOR_1: self.holder,
            Party.PROJECT_MANAGER: self.project_manager,
            Party.CONTRACTING_AUTHORITY: self.contracting_authority,
            Party.RECIPIENT: self.finance,
        }[party]

    def depositor(self, frame: Frame) -> Structure:
        """The structure that deposits pieces of the frame."""
        party = circuits.deposited_as(frame)
        if party is not None:
            return self.of(party)
        return self.subcontractor if circuits.row(frame).joins else self.co_contractor

    def all(self) -> tuple[Structure, ...]:
        return (
            self.holder,
            self.subcontractor,
            self.co_contractor,
            self.project_manager,
            self.contracting_authority,
            self.finance,
        )


async def a_site() -> Site:
    """A contract: three companies, a project manager, an authority and its finance service."""
    site = Site(
        holder=await a_supplier(name="Bâtisseurs du Forez"),
        subcontractor=await a_supplier(name="Peinture Roux"),
        co_contractor=await a_supplier(name="Électricité Blanc"),
        project_manager=await a_supplier(name="Atelier Vert", has_mandate=False),
        contracting_authority=await a_public_structure(name="Ville de Montbrison", is_moa=True),
        finance=await a_public_structure(name="Finances de Montbrison"),
    )
    for structure in site.all():
        await open_space(an_actor(structure), structure.id, Space.FACTURES_DE_TRAVAUX)
    return site


def a_piece(site: Site, frame: Frame, **changes: Any) -> PieceDraft:
    """A piece that opens a file, naming whoever it needs."""
    values: dict[str, Any] = {
        "frame": frame,
        "depositor_id": site.depositor(frame).id,
        "number": f"T{next(_numbers):05}",
        "issued_on": today(),
        "contract_number": "M2026-07",
        "total_net": Decimal("1000.00"),
        "total_vat": Decimal("200.00"),
        "total_gross": Decimal("1200.00"),
        "amount_to_pay": Decimal("1200.00"),
    }
    if not {"previous_id", "replaces_id"} & changes.keys():
        for party in circuits.needed_to_open(frame):
            ref = PartyRef(identifier=site.of(party).identifier)
            values[PARTY_FIELDS[party]] = ref
    return PieceDraft(**(values | changes))


async def deposited(site: Site, frame: Frame, **changes: Any) -> WorksPiece:
    """A deposit by the structure that plays the part."""
    draft = a_piece(site, frame, **changes)
    assert draft.depositor_id is not None
    done = await actions.submit(an_actor(draft.depositor_id), draft)
    return done.piece


async def act(piece: WorksPiece, action: WorksAction, by: Structure | Actor, **given: Any) -> str:
    """The status after an action by a manager of the structure."""
    actor = an_actor(by) if isinstance(by, Structure) else by
    routing = given.pop("routing", None)
    asked = Given(**given, routing=Routing(**routing) if routing else None)
    moved = await actions.move(actor, piece.id, action, asked)
    return moved.status


async def now_is(piece: WorksPiece) -> WorksPiece:
    """The piece as the database has it by now."""
    return await WorksPiece.get(id=piece.id)


async def status_of(piece: WorksPiece) -> str:
    return (await now_is(piece)).status


async def waits_for(file_id: str | None) -> list[tuple[str, str, list[str]]]:
    """Whom a file waits for: party, task and frames."""
    assert file_id is not None
    found = await BillingFileTask.filter(file_id=file_id).order_by("position")
    return [(t.party, t.task, t.frames) for t in found]


async def file_of(piece: WorksPiece) -> BillingFile:
    return await BillingFile.get(id=(await now_is(piece)).file_id)
