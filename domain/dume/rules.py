"""What a form must satisfy before the documents are made: pure, every problem at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from domain import identifiers
from domain.dume.answer_rules import criteria_problems
from domain.dume.form import Declaration, DumeForm, Operator, Party, Procedure, Representative
from domain.dume.values import (
    EARLIEST,
    LINE_MAX,
    TEXT_MAX,
    country_problems,
    has_only_spaces,
    url_problems,
)
from domain.errors import Problem
from domain.reference.countries import FRENCH_WITH_SIRET
from domain.rules_text import problem, text_problems

Path = tuple[str, ...]
Problems = Iterator[Problem]

NAME_MAX = 200
REFERENCE_MAX = 100
LOT_MAX = 20
MOST_LOTS = 100
MOST_REPRESENTATIVES = 10
# What people read before they decide: far more than any form was seen to hold.
MOST_CHARACTERS = 100_000
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,185}\.[^\s@<>\".]{2,63}")
_NOTICE = re.compile(r"[0-9]{4}/S [0-9]{3}-[0-9]{6,8}|[0-9]{1,8}-[0-9]{4}")


def problems_of(
    form: DumeForm, today: date, path: Path = ("form",), *, check_luhn: bool = True
) -> list[Problem]:
    """Everything that keeps the documents from being made, and every advice."""
    if (length := characters(form)) > MOST_CHARACTERS:
        return [problem("BDR-ESP-028", path, length=length, most=MOST_CHARACTERS)]
    return [
        *_procedure(form.procedure, (*path, "procedure"), check_luhn=check_luhn),
        *_operator(
            form.operator, form.procedure, today, (*path, "operator"), check_luhn=check_luhn
        ),
        *criteria_problems(form, today, (*path, "criteria")),
        *_declaration(form.declaration, today, (*path, "declaration")),
    ]


def characters(form: DumeForm) -> int:
    """How many characters the answers hold: what reading and drawing them costs."""
    return sum(
        len(text or "")
        for answered in form.criteria
        for answer in answered.answers
        for text in (answer.text, answer.url, answer.code)
    )


def _procedure(procedure: Procedure, path: Path, *, check_luhn: bool) -> Problems:
    yield from _line(procedure.reference, (*path, "reference"), REFERENCE_MAX, needed=True)
    yield from _line(procedure.title, (*path, "title"), LINE_MAX, needed=True)
    if procedure.description is not None:
        at = (*path, "description")
        yield from text_problems(procedure.description, at, TEXT_MAX, paragraphs=True)
    if procedure.notice is not None and not _NOTICE.fullmatch(procedure.notice):
        yield problem("BDR-ESP-026", (*path, "notice"), value=procedure.notice)
    yield from _lots(procedure.lots, (*path, "lots"))
    buyer = procedure.buyer
    yield from _party(buyer, (*path, "buyer"), check_luhn=check_luhn)


def _lots(lots: Sequence[str], path: Path) -> Problems:
    if len(lots) > MOST_LOTS:
        yield problem("BDR-ESP-020", path, most=MOST_LOTS)
        return
    for number, lot in enumerate(lots):
        at = (*path, str(number))
        yield from _line(lot, at, LOT_MAX, needed=True)
        if lot in lots[:number]:
            yield problem("BDR-ESP-004", at, value=lot)


def _operator(
    operator: Operator, procedure: Procedure, today: date, path: Path, *, check_luhn: bool
) -> Problems:
    party = operator.party
    yield from _party(party, path, check_luhn=check_luhn)
    if not party.siret and not party.identifier:
        yield problem("BDR-ESP-023", (*path, "siret"))
    if party.siret and party.identifier:
        yield problem("BDR-ESP-024", (*path, "identifier"))
    for name in ("address", "town"):
        if not getattr(party, name):
            yield problem("BDR-ESP-001", (*path, name))
    if operator.size is None:
        yield problem("BDR-ESP-001", (*path, "size"))
    yield from _line(operator.group, (*path, "group"), NAME_MAX)
    yield from _lots(operator.lots, (*path, "lots"))
    for number, lot in enumerate(operator.lots):
        if lot not in procedure.lots:
            yield problem("BDR-ESP-014", (*path, "lots", str(number)), lot=lot)
    people = operator.representatives
    if len(people) > MOST_REPRESENTATIVES:
        yield problem("BDR-ESP-020", (*path, "representatives"), most=MOST_REPRESENTATIVES)
        return
    for number, person in enumerate(people):
        yield from _representative(person, today, (*path, "representatives", str(number)))


def _party(party: Party, path: Path, *, check_luhn: bool) -> Problems:
    yield from _line(party.name, (*path, "name"), NAME_MAX, needed=True)
    yield from _line(party.identifier, (*path, "identifier"), REFERENCE_MAX)
    yield from _line(party.address, (*path, "address"), LINE_MAX)
    yield from _line(party.postal_code, (*path, "postalCode"), LOT_MAX)
    yield from _line(party.town, (*path, "town"), NAME_MAX)
    yield from country_problems(party.country, (*path, "country"))
    if party.siret:
        at = (*path, "siret")
        yield from identifiers.siret_problems(party.siret, at, check_luhn=check_luhn)
        if party.country not in FRENCH_WITH_SIRET:
            yield problem("BDR-ESP-025", (*path, "country"), country=party.country)
    if party.vat_number:
        yield from _vat_number(party, (*path, "vatNumber"))
    if party.website is not None:
        yield from url_problems(party.website, (*path, "website"))
    yield from _reached(party.email, party.phone, path)
    yield from _line(party.contact, (*path, "contact"), NAME_MAX)


def _vat_number(party: Party, path: Path) -> Problems:
    assert party.vat_number is not None
    if found := identifiers.vat_number_problems(party.vat_number, path):
        yield from found
        return
    number = identifiers.compact(party.vat_number)
    siren = identifiers.siren_of(identifiers.unspaced(party.siret or ""))
    if siren and number.startswith("FR") and not number.endswith(siren):
        yield problem("BDR-ESP-021", path, number=number, siren=siren)


def _reached(email: str | None, phone: str | None, path: Path) -> Problems:
    if email is not None and not (len(email) <= 254 and _EMAIL.fullmatch(email)):
        yield problem("BDR-ESP-018", (*path, "email"), value=email)
    yield from _line(phone, (*path, "phone"), 30)


def _representative(person: Representative, today: date, path: Path) -> Problems:
    yield from _line(person.first_name, (*path, "firstName"), NAME_MAX, needed=True)
    yield from _line(person.last_name, (*path, "lastName"), NAME_MAX, needed=True)
    yield from _line(person.born_in, (*path, "bornIn"), NAME_MAX)
    yield from _line(person.capacity, (*path, "capacity"), NAME_MAX)
    yield from country_problems(person.country, (*path, "country"))
    yield from _reached(person.email, person.phone, path)
    if person.born_on is not None and not EARLIEST <= person.born_on <= today:
        yield problem("BDR-ESP-011", (*path, "bornOn"), date=person.born_on, today=today)


def _declaration(declaration: Declaration, today: date, path: Path) -> Problems:
    yield from _line(declaration.signatory, (*path, "signatory"), NAME_MAX, needed=True)
    yield from _line(declaration.capacity, (*path, "capacity"), NAME_MAX)
    yield from _line(declaration.place, (*path, "place"), NAME_MAX)
    if declaration.signed_on is not None and not EARLIEST <= declaration.signed_on <= today:
        yield problem("BDR-ESP-011", (*path, "signedOn"), date=declaration.signed_on, today=today)
    for name, given in (
        ("isAccurate", declaration.is_accurate),
        ("providesEvidence", declaration.provides_evidence),
    ):
        if not given:
            yield problem("BDR-ESP-022", (*path, name))


def _line(text: str | None, path: Path, longest: int, *, needed: bool = False) -> list[Problem]:
    if text is None or has_only_spaces(text):
        return [problem("BDR-ESP-001", path)] if needed else []
    return text_problems(text, path, longest)
