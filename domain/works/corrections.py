"""Another actor, service or commitment in the place of a wrong one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.access import Actor
from domain.db import fetch
from domain.documents import Given
from domain.errors import Invalid
from domain.invoices.rules import errors
from domain.lifecycle import Party, Step
from domain.reference.frames import Frame
from domain.rules_text import problem
from domain.works import circuits, files
from domain.works.draft import PARTY_FIELDS, PartyRef, PieceDraft
from domain.works.known import Named, known_of
from domain.works.models import BillingFile, WorksPiece
from domain.works.rules import problems_of


async def validator(piece: WorksPiece, step: Step[Any], given: Given, actor: Actor) -> None:
    """Name another holder, or agent of the group, to validate the request."""
    await _readdress(piece, actor, Party.HOLDER, given.validator, "validator", _VALIDATOR)


async def party(piece: WorksPiece, step: Step[Any], given: Given, actor: Actor) -> None:
    """Name another actor in the place of the one that said it is not the right one."""
    assert given.routing is not None
    asked = given.routing
    ref = PartyRef(identifier=asked.recipient_siret, service_code=asked.service_code)
    await _readdress(piece, actor, circuits.awaits(piece.frame), ref, "routing", _ROUTING)
    if asked.commitment_number is not None:
        piece.commitment_number = asked.commitment_number.strip() or None


async def routing(piece: WorksPiece, step: Step[Any], given: Given, actor: Actor) -> None:
    """Correct the actor, its service or the commitment, as the next actor asked for."""
    assert given.routing is not None
    asked = given.routing
    before = piece.commitment_number
    if asked.recipient_siret or asked.service_code is not None:
        await party(piece, step, given, actor)
    elif asked.commitment_number is None or asked.commitment_number.strip() == (before or ""):
        raise Invalid(problem("BDR-WRK-050", ("routing",)))
    else:
        piece.commitment_number = asked.commitment_number.strip() or None


async def _readdress(
    piece: WorksPiece,
    actor: Actor,
    part: Party,
    ref: PartyRef,
    field: str,
    names: Mapping[str, str],
) -> None:
    """Put another structure in a part of the piece, and of the whole file."""
    present = piece.parties().get(part)
    draft = PieceDraft(frame=Frame(piece.frame), depositor_id=piece.depositor_id)
    one: dict[str, Any] = {PARTY_FIELDS[part]: await _complete(ref, present)}
    draft = replace(draft, **one).normalised()
    known = await known_of(actor, draft, own_id=piece.id)
    found = [
        replace(p, path=(field, *(names.get(name, name) for name in p.path[1:])))
        for p in errors(problems_of(draft, known.facts, ()))
        if p.path[0] == circuits.FIELDS[part]
    ]
    named = known.parties.get(part)
    if found or named is None:
        raise Invalid(*(found or [problem("BDR-WRK-001", (field, names["identifier"]))]))
    if named.id == present and named.service_id == _service_of(piece, part):
        raise Invalid(problem("BDR-WRK-050", (field,)))
    _name(piece, part, named)
    if piece.file_id is not None:
        await _name_in_file(piece.file_id, piece.id, part, named, present)


async def _name_in_file(
    file_id: str, piece_id: str, part: Party, named: Named, present: str | None
) -> None:
    """The other pieces that named the wrong structure name the right one too. All are held."""
    for other in await files.pieces_of(file_id):
        if other.id != piece_id and other.parties().get(part) == present:
            _name(other, part, named)
            await other.save()
    file = await BillingFile.get(id=file_id)
    _name(file, part, named)
    await file.save()


async def _complete(ref: PartyRef, present: str | None) -> PartyRef:
    """The reference, with the structure that plays the part now when only a service is given."""
    if ref.identifier or present is None:
        return ref
    return PartyRef(identifier=await _identifier_of(present), service_code=ref.service_code)


async def _identifier_of(structure_id: str) -> str:
    rows = await fetch("SELECT identifier FROM structure WHERE id = $1", structure_id)
    return str(rows[0][0])


def _service_of(piece: WorksPiece, part: Party) -> str | None:
    places = piece.places().get(part, ())
    return places[1] if len(places) > 1 else None


def _name(one: WorksPiece | BillingFile, part: Party, named: Named) -> None:
    match part:
        case Party.HOLDER:
            one.holder_id = named.id
            if isinstance(one, WorksPiece) and circuits.is_validated(one.frame):
                one.validator_id = named.id
        case Party.PROJECT_MANAGER:
            one.project_manager_id = named.id
            one.project_manager_service_id = named.service_id
        case Party.CONTRACTING_AUTHORITY:
            one.contracting_authority_id = named.id
            one.contracting_authority_service_id = named.service_id


_ROUTING = {"identifier": "recipientSiret"}
_VALIDATOR = {"identifier": "identifier"}
