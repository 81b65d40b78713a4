"""Another actor, service or commitment in the place of a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from domain.works.rules import form_problems, problems_of

One = WorksPiece | BillingFile


async def validator(piece: WorksPiece, step: Step[Any], given: Given, actor: Actor) -> None:
    """Name another holder, or agent of the group, to validate the request."""
    named = await _named(piece, actor, Party.HOLDER, given.validator, "validator", _VALIDATOR)
    if not _is_other(named, piece, Party.HOLDER, given.validator):
        raise Invalid(problem("BDR-WRK-050", ("validator",)))
    await _readdress(piece, Party.HOLDER, named)


async def routing(piece: WorksPiece, step: Step[Any], given: Given, actor: Actor) -> None:
    """Correct the actor that waits, its service or the commitment: at least one of them."""
    assert given.routing is not None
    asked, part = given.routing, circuits.awaits(piece.frame)
    ref = PartyRef(identifier=asked.recipient_siret, service_code=asked.service_code)
    commitment = _commitment(piece, asked.commitment_number)
    is_other = False
    if asked.recipient_siret or asked.service_code is not None:
        named = await _named(piece, actor, part, ref, "routing", _ROUTING)
        if is_other := _is_other(named, piece, part, ref):
            await _readdress(piece, part, named)
    if commitment != piece.commitment_number:
        await _recommit(piece, commitment)
    elif not is_other:
        raise Invalid(problem("BDR-WRK-050", ("routing",)))


async def _named(
    piece: WorksPiece,
    actor: Actor,
    part: Party,
    ref: PartyRef,
    field: str,
    names: Mapping[str, str],
) -> Named:
    """The structure to put in a part of the piece.

    Raises:
        Invalid: it is not known, or could not act.
    """
    draft = PieceDraft(frame=Frame(piece.frame), depositor_id=piece.depositor_id)
    present = piece.parties().get(part)
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
    return named


def _is_other(named: Named, piece: WorksPiece, part: Party, ref: PartyRef) -> bool:
    """Whether it is another structure, or another service of it; none given is none changed."""
    if named.id != piece.parties().get(part):
        return True
    return ref.service_code is not None and named.service_id != _service_of(piece, part)


def _commitment(piece: WorksPiece, asked: str | None) -> str | None:
    """The commitment after the correction; an empty text removes it.

    Raises:
        Invalid
    """
    if asked is None:
        return piece.commitment_number
    draft = PieceDraft(frame=Frame(piece.frame), commitment_number=asked).normalised()
    if found := form_problems(draft, ("routing",)):
        raise Invalid(*found)
    return draft.commitment_number


async def _readdress(piece: WorksPiece, part: Party, named: Named) -> None:
    wrong = piece.parties().get(part)
    await _correct(
        piece,
        lambda other: other.parties().get(part) == wrong,
        lambda one: _name(one, part, named),
    )


async def _recommit(piece: WorksPiece, commitment: str | None) -> None:
    wrong = piece.commitment_number

    def write(one: One) -> None:
        one.commitment_number = commitment

    await _correct(piece, lambda other: other.commitment_number == wrong, write)


async def _correct(
    piece: WorksPiece, was_wrong: Callable[[WorksPiece], bool], write: Callable[[One], None]
) -> None:
    """Correct the piece, its file, and the other pieces that were wrong as it was. All are held."""
    write(piece)
    if piece.file_id is None:
        return
    for other in await files.pieces_of(piece.file_id):
        if other.id != piece.id and was_wrong(other):
            write(other)
            await other.save()
    file = await BillingFile.get(id=piece.file_id)
    write(file)
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


def _name(one: One, part: Party, named: Named) -> None:
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


_ROUTING = {"identifier": "recipientSiret", "serviceCode": "recipientServiceCode"}
_VALIDATOR = {"identifier": "identifier"}
