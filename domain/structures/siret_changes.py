"""A structure that changes its SIRET: declared by its main manager, confirmed by the site.

The structure keeps its identifier and its history; the old SIRET still finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain import events, identifiers, policy
from domain.access import Actor, Permission
from domain.clock import now, today
from domain.errors import Duplicate, Invalid, NotFound, Problem, WrongStatus
from domain.identifiers import IdentifierType
from domain.ids import findable, new_id
from domain.mail.actions import post
from domain.rules_text import problem, text_problems
from domain.select import Select, among, equals, falling
from domain.structures.actions import change, tell
from domain.structures.members import MESSAGE_MAX, administrators, managers_of
from domain.structures.models import SiretChange, SiretChangeStatus, Structure
from domain.text import normal

# Declared at most so long before it takes effect, or after.
_SIRET_LENGTH = 14
_WITHIN = timedelta(days=366)


@dataclass(frozen=True)
class SiretChangeDraft:
    """A change of SIRET as it is declared."""

    structure_id: str
    new_siret: str
    effective_on: date
    reason: str


async def declare(actor: Actor, draft: SiretChangeDraft) -> SiretChange:
    """Declare that the structure has another SIRET from a day on.

    Raises:
        NotFound, Forbidden, Invalid, Duplicate, WrongStatus
    """
    path = ("structureId",)
    actor.require(Permission.HAND_OVER, on=draft.structure_id, path=path)
    siret = identifiers.normal(IdentifierType.SIRET, draft.new_siret[:200])
    reason = normal(draft.reason) or ""
    async with events.transaction():
        structure = await _held(draft.structure_id, path)
        if structure.identifier_type != IdentifierType.SIRET:
            raise WrongStatus(problem("BDR-MBR-060", path))
        if await SiretChange.filter(
            structure_id=structure.id, status=SiretChangeStatus.DECLARE
        ).exists():
            raise Duplicate(problem("BDR-MBR-061", path))
        if problems := _problems(structure, siret, draft.effective_on, reason):
            raise Invalid(*problems)
        await _refuse_taken(structure, siret, ("newSiret",))
        declared = await SiretChange.create(
            id=new_id("sch"),
            structure_id=structure.id,
            old_siret=structure.identifier,
            new_siret=siret,
            effective_on=draft.effective_on,
            reason=reason,
            status=SiretChangeStatus.DECLARE,
            declared_by=actor.id,
            declared_at=now(),
        )
        tell("structure.siret_change_declared", structure, actor, siretChange=_card(declared))
        await structure.save()
        for one in await administrators():
            await post(
                "siret_change_declared", one.email, one.locale, **_words(structure, declared)
            )
    return declared


async def decide(
    actor: Actor, change_id: str, *, confirm: bool, comment: str | None
) -> SiretChange:
    """Confirm a declared change, and carry it out; or refuse it, saying why.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid, Duplicate
    """
    comment = normal(comment)
    async with events.transaction():
        found = await SiretChange.get_or_none(id=findable(change_id))
        if found is None or not actor.may(Permission.READ_MEMBERS, found.structure_id):
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        actor.require(Permission.ADMINISTER, on=found.structure_id, path=("id",))
        structure = await _held(found.structure_id, ("id",))
        declared = await SiretChange.filter(id=found.id).select_for_update().get()
        if declared.status != SiretChangeStatus.DECLARE:
            raise WrongStatus(problem("BDR-MBR-062", ("id",), status=declared.status))
        if problems := _decision_problems(declared, comment, confirm=confirm):
            raise Invalid(*problems)
        if confirm:
            await _refuse_taken(structure, declared.new_siret, ("id",))
        declared.comment = comment
        declared.decided_by, declared.decided_at = actor.id, now()
        declared.status = SiretChangeStatus.CONFIRME if confirm else SiretChangeStatus.REFUSE
        await declared.save()
        if confirm:
            siren = identifiers.siren_of(declared.new_siret)
            await change(structure, {"identifier": declared.new_siret, "siren": siren}, actor)
        verdict = "confirmed" if confirm else "refused"
        kinds = {
            True: "structure.siret_change_confirmed",
            False: "structure.siret_change_refused",
        }
        tell(kinds[confirm], structure, actor, siretChange=_card(declared))
        await structure.save()
        for one in await managers_of(structure.id):
            kind = f"siret_change_{verdict}"
            await post(kind, one.email, one.locale, **_words(structure, declared))
    return declared


def seen(actor: Actor) -> Select | None:
    """The changes of SIRET that the actor may see, the latest first."""
    own = actor.structures(Permission.READ_MEMBERS)
    select = Select("siret_change").by(falling("id"))
    if own is None:
        return select
    return select.where(among("structure_id", own)) if own else None


def waiting(actor: Actor) -> Select | None:
    """The changes of SIRET that wait for a decision of the site."""
    select = seen(actor)
    return select and select.where(equals("status", SiretChangeStatus.DECLARE))


async def successor_of(siret: str) -> SiretChange | None:
    """The change by which a SIRET was given up, if a structure had it before."""
    if len(siret) != _SIRET_LENGTH:
        # The ORM refuses to look for what is longer than the column.
        return None
    return await SiretChange.get_or_none(old_siret=siret, status=SiretChangeStatus.CONFIRME)


async def _held(structure_id: str, path: tuple[str, ...]) -> Structure:
    structure = await Structure.filter(id=findable(structure_id)).select_for_update().first()
    if structure is None:
        raise NotFound(problem("BDR-REQ-001", path))
    return structure


def _problems(structure: Structure, siret: str, on: date, reason: str) -> list[Problem]:
    at = ("newSiret",)
    found = identifiers.siret_problems(siret, at, check_luhn=policy.current().check_luhn)
    if siret == structure.identifier:
        found.append(problem("BDR-MBR-063", at))
    if abs(on - today()) > _WITHIN:
        found.append(problem("BDR-MBR-064", ("effectiveOn",), date=on))
    if not reason:
        found.append(problem("BDR-MBR-028", ("reason",)))
    return found + text_problems(reason, ("reason",), MESSAGE_MAX, paragraphs=True)


def _decision_problems(
    declared: SiretChange, comment: str | None, *, confirm: bool
) -> list[Problem]:
    if not confirm and comment is None:
        return [problem("BDR-MBR-028", ("comment",))]
    found = text_problems(comment or "", ("comment",), MESSAGE_MAX, paragraphs=True)
    if confirm and declared.effective_on > today():
        found.append(problem("BDR-MBR-065", ("id",), date=declared.effective_on))
    return found


async def _refuse_taken(structure: Structure, siret: str, path: tuple[str, ...]) -> None:
    """Nobody takes the SIRET that another has, or had."""
    taken = await Structure.filter(identifier=siret, identifier_type=IdentifierType.SIRET).exists()
    former = await SiretChange.filter(old_siret=siret, status=SiretChangeStatus.CONFIRME).exists()
    if taken or former:
        raise Duplicate(problem("BDR-MBR-066", path, siret=siret))


def _card(declared: SiretChange) -> dict[str, Any]:
    return {
        "id": declared.id,
        "oldSiret": declared.old_siret,
        "newSiret": declared.new_siret,
        "effectiveOn": declared.effective_on.isoformat(),
        "status": declared.status.value,
        "comment": declared.comment,
    }


def _words(structure: Structure, declared: SiretChange) -> dict[str, object]:
    return {
        "structure": structure.name,
        "old": declared.old_siret,
        "new": declared.new_siret,
        "date": declared.effective_on,
        "comment": declared.comment or "—",
        "reason": declared.reason,
    }
