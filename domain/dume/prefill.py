"""What the portal knows of a company and of a buyer, for whoever asks.

It shows nothing that the directory does not show to the same caller: the public structures to all,
others to their members and counterparties, how to reach them to their members alone. What a SIRET
says by itself is worked out, whether the portal knows the company or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from domain import db, identifiers, policy
from domain.access import Actor, Permission
from domain.dume.form import DumeSize, Party
from domain.errors import Problem
from domain.reference.words import Words
from domain.select import EVERYTHING, Slice, Statement, page_sql
from domain.structures import search


class DumeSource(StrEnum):
    """Where a value comes from."""

    DIRECTORY = "DIRECTORY"
    MEMBER = "MEMBER"
    COMPUTED = "COMPUTED"


DUME_SOURCES: dict[DumeSource, Words] = {
    DumeSource.DIRECTORY: Words("Annuaire", "The directory, as this caller sees it"),
    DumeSource.MEMBER: Words("Réservé aux membres", "What members alone are shown"),
    DumeSource.COMPUTED: Words("Calculé", "Worked out from the SIRET, to be checked"),
}

# The category of the order of 2008 as the European code: medium and small companies are told
# apart by figures that the portal does not hold.
SIZES: Mapping[str, DumeSize] = {
    "GE": DumeSize.LARGE,
    "ETI": DumeSize.LARGE,
    "PME": DumeSize.SME,
    "TPE": DumeSize.MICRO,
}
_COLUMNS = {
    "name": "name",
    "vat_number": "vat_number",
    "address": "address",
    "postal_code": "postal_code",
    "town": "town",
}
_REACHED = {"email": "email", "phone": "phone"}


@dataclass(frozen=True, slots=True)
class Known:
    """A company as far as it is known, and where each of its values comes from."""

    party: Party
    size: DumeSize | None
    sources: Mapping[str, DumeSource]


@dataclass(frozen=True, slots=True)
class Prefill:
    """The bidder, the buyer, and what is wrong with the numbers that were asked for."""

    operator: Known | None
    buyer: Known | None
    problems: tuple[Problem, ...]


async def prefill(actor: Actor, siret: str, buyer_siret: str | None) -> Prefill:
    """What is known of the two."""
    operator, problems = await _known(actor, siret, "siret")
    if buyer_siret is None:
        return Prefill(operator, None, tuple(problems))
    buyer, more = await _known(actor, buyer_siret, "buyerSiret")
    return Prefill(operator, buyer, (*problems, *more))


async def _known(actor: Actor, siret: str, name: str) -> tuple[Known | None, list[Problem]]:
    found = identifiers.siret_problems(siret, (name,), check_luhn=policy.current().check_luhn)
    if found:
        return None, found
    number = identifiers.unspaced(siret)
    row = await _seen(actor, number)
    if row is None:
        return _computed(number), []
    is_member = actor.may(Permission.READ_STRUCTURE, row["id"])
    # A SIRET that was given up becomes the present one.
    return _of(row, _computed(row["identifier"]), is_member=is_member), []


async def _seen(actor: Actor, siret: str) -> Mapping[str, Any] | None:
    to = Statement(db.dialect())
    select = search.seen(actor).where(search.with_siret(siret))
    rows = await db.fetch(page_sql(to, select, Slice(1), EVERYTHING), *to.params)
    return rows[0] if rows else None


def _computed(siret: str) -> Known:
    vat_number = identifiers.vat_number_of(identifiers.siren_of(siret))
    sources = {"siret": DumeSource.COMPUTED, "vatNumber": DumeSource.COMPUTED}
    return Known(Party(siret=siret, vat_number=vat_number), None, sources)


def _of(row: Mapping[str, Any], known: Known, *, is_member: bool) -> Known:
    """The row of a structure over what its number says."""
    columns = _COLUMNS | (_REACHED if is_member else {})
    given = {name: row[column] for name, column in columns.items() if row[column]}
    party = replace(known.party, country=row["country"], **given)
    size = SIZES.get(row["size_category"] or "")
    shown = [*given, "siret", "country", *(["size"] if size else [])]
    sources = {
        _camel(name): DumeSource.MEMBER if name in _REACHED else DumeSource.DIRECTORY
        for name in shown
    }
    return Known(party, size, {**known.sources, **sources})


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.title() for word in tail)
