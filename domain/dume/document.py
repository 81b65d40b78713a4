"""The form as a PDF/A-2a and PDF/UA-1 file, in French, with English titles beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.clock import PARIS
from domain.dume.criteria import CRITERIA
from domain.dume.form import (
    DECLARED,
    DUME_ROLES,
    DUME_SIZES,
    Answer,
    Declaration,
    DumeForm,
    Given,
    Operator,
    Party,
    Procedure,
    Representative,
)
from domain.dume.taxonomy import DUME_PARTS, Criterion, DumePart, Line
from domain.dume.taxonomy import DumeAnswerType as T
from domain.identifiers import siren_of, unspaced
from domain.pdf import drawn, writable
from domain.reference.countries import COUNTRIES
from domain.reference.words import Words

_TEMPLATE = (Path(__file__).parent / "dume.typ").read_bytes()
Row = Mapping[str, Any]
_SPACE = "\u00a0"
_SAID = {True: "Oui", False: "Non"}


def dume_pdf(form: DumeForm, document: UUID, at: datetime, issuer: str) -> bytes:
    """The file: the same bytes for the same form, identifier and instant.

    Takes some hundred milliseconds of processor: not for the event loop.
    """
    return drawn(_TEMPLATE, given_of(form, document, at, issuer), at)


def given_of(form: DumeForm, document: UUID, at: datetime, issuer: str) -> Mapping[str, Any]:
    """What the template is given: every answer, in the words of the form."""
    there = at.astimezone(PARIS)
    return {
        "number": f"DUME-{document}",
        "title": "Document unique de marché européen",
        "subtitle": "European Single Procurement Document (ESPD)",
        "about": writable(form.procedure.title),
        "bidder": writable(form.operator.party.name),
        "date": {"year": there.year, "month": there.month, "day": there.day},
        "made": f"Produit le {there:%d/%m/%Y à %H:%M} sur {writable(issuer)}, d'après les"
        " déclarations de l'entreprise, que le site n'a ni vérifiées ni conservées.",
        "parts": [
            _part(
                Words("Partie I : procédure et acheteur", "Part I: procedure and buyer"),
                [_section(Words("Procédure", "Procedure"), _procedure(form.procedure))],
            ),
            _part(
                DUME_PARTS[DumePart.OPERATOR],
                [*_operator(form.operator), *_sections(form, DumePart.OPERATOR)],
            ),
            *(
                _part(DUME_PARTS[part], sections)
                for part in (DumePart.EXCLUSION, DumePart.SELECTION, DumePart.REDUCTION)
                if (sections := list(_sections(form, part)))
            ),
            _part(
                Words("Partie VI : déclarations finales", "Part VI: concluding statements"),
                [_section(Words("Déclarations", "Statements"), _declaration(form.declaration))],
            ),
        ],
    }


def _part(title: Words, sections: Sequence[Row]) -> Row:
    return {"title": title.fr, "title_en": title.en, "sections": sections}


def _section(title: Words, rows: Sequence[Row]) -> Row:
    return {"title": title.fr, "title_en": title.en, "rows": rows}


def _row(label: str, value: str | None, *details: str, note: str = "") -> Row:
    return {
        "label": label,
        "note": note,
        "value": writable(value) or "–",
        "details": [writable(line) for line in details],
    }


def _given_rows(*rows: tuple[str, str | None]) -> list[Row]:
    return [_row(label, value) for label, value in rows if value]


# Parts I, II and VI


def _procedure(procedure: Procedure) -> list[Row]:
    return [
        *_given_rows(
            ("Intitulé", procedure.title),
            ("Référence", procedure.reference),
            ("Description", procedure.description),
            ("Avis au JOUE", procedure.notice),
            ("Lots", ", ".join(procedure.lots)),
        ),
        *_party(procedure.buyer, "Acheteur"),
    ]


def _party(party: Party, title: str) -> list[Row]:
    siret = unspaced(party.siret or "")
    place = " ".join(filter(None, (party.postal_code, party.town)))
    country = COUNTRIES[party.country].fr
    return _given_rows(
        (title, party.name),
        ("SIRET", siret),
        ("SIREN", siren_of(siret) if siret else None),
        ("Identifiant", party.identifier),
        ("Numéro de TVA", party.vat_number),
        ("Adresse", "\n".join(filter(None, (party.address, place, country)))),
        ("Site", party.website),
        ("Contact", party.contact),
        ("Courriel", party.email),
        ("Téléphone", party.phone),
    )


def _operator(operator: Operator) -> Iterator[Row]:
    rows = [
        *_party(operator.party, "Raison sociale"),
        *_given_rows(
            ("Taille", DUME_SIZES[operator.size].fr if operator.size else None),
            ("Rôle", DUME_ROLES[operator.role].fr),
            ("Groupement", operator.group),
            ("Lots visés", ", ".join(operator.lots)),
        ),
    ]
    yield _section(Words("Identité", "Identity"), rows)
    people = [_person(person) for person in operator.representatives]
    if people:
        yield _section(Words("B. Représentants", "B. Representatives"), people)


def _person(person: Representative) -> Row:
    born = [f"né(e) le {_day(person.born_on)}"] if person.born_on else []
    born += [f"à {person.born_in}"] if person.born_in else []
    lines = [" ".join(born), person.capacity, person.email, person.phone]
    lines.append(COUNTRIES[person.country].fr)
    name = f"{person.first_name} {person.last_name}"
    return _row(writable(name), None, *filter(None, lines))


def _declaration(declaration: Declaration) -> list[Row]:
    return [
        *(_row(words.fr, _SAID[getattr(declaration, name)]) for name, words in DECLARED.items()),
        *_given_rows(
            ("Signataire", declaration.signatory),
            ("Qualité", declaration.capacity),
            ("Fait à", declaration.place),
            ("Le", _day(declaration.signed_on) if declaration.signed_on else None),
        ),
    ]


# Criteria


def _sections(form: DumeForm, part: DumePart) -> Iterator[Row]:
    known = {answered.code: answered for answered in form.criteria}
    rows = [row for row in CRITERIA.values() if row.part is part and row.code in known]
    for section, of_it in groupby(rows, key=lambda row: row.section):
        shown = [_criterion(row, Given.of(known[row.code])) for row in of_it]
        yield _section(section, shown)


def _criterion(criterion: Criterion, given: Given) -> Row:
    """Yes or no where it is asked so, and every other answer on a line of its own."""
    first = given.to("answer")
    value = None if first is None else _SAID[bool(first.indicator)]
    return _row(
        criterion.name.fr,
        value,
        *_details(criterion, given),
        note=writable(criterion.wording.fr),
    )


def _details(criterion: Criterion, given: Given) -> Iterator[str]:
    answers = sorted(
        given.by_place.items(), key=lambda item: _rank(criterion, item[0][0], item[0][1])
    )
    repeated = max((o for _, o in given.by_place), default=1) > 1
    for (key, occurrence), answer in answers:
        asked = criterion.asked[key]
        if key == "answer" or (asked.question.defaults_to_no and not answer.indicator):
            continue
        number = f"({occurrence}) " if repeated and asked.within else ""
        yield f"{number}{asked.question.label.fr} : {_shown(asked.question, answer)}"


def _rank(criterion: Criterion, key: str, occurrence: int) -> tuple[int, int]:
    """By occurrence, then in the order of the form."""
    return occurrence, list(criterion.asked).index(key)


def _shown(line: Line, answer: Answer) -> str:
    """An answer as people read it."""
    if line.type is T.INDICATOR:
        return _SAID[bool(answer.indicator)].lower()
    if line.type is T.AMOUNT and answer.amount is not None:
        return f"{_figures(answer.amount)}{_SPACE}{answer.currency}"
    if line.type is T.DATE and answer.on:
        return _day(answer.on)
    if line.type is T.PERIOD and answer.starts_on and answer.ends_on:
        return f"du {_day(answer.starts_on)} au {_day(answer.ends_on)}"
    if line.type is T.CODE_COUNTRY and answer.code:
        return COUNTRIES[answer.code].fr
    if line.type is T.CODE and answer.code in DUME_ROLES:
        return DUME_ROLES[answer.code].fr  # type: ignore[index]  # a code that is one of them
    if answer.number is not None:
        unit = f"{_SPACE}%" if line.type is T.PERCENTAGE else ""
        return f"{answer.number:f}{unit}".replace(".", ",")
    return " – ".join(filter(None, (answer.text, answer.url, answer.code)))


def _figures(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", _SPACE).replace(".", ",")


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
