"""Forms right by default: a company without any exclusion ground that meets all criteria."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from typing import Any

from domain.dume.criteria import CRITERIA
from domain.dume.form import (
    Answer,
    Answered,
    Declaration,
    DumeForm,
    DumeSize,
    Operator,
    Party,
    Procedure,
    Representative,
)
from domain.dume.selection import ALL_SATISFIED
from domain.dume.taxonomy import DumeAnswerType as T

TODAY = date(2026, 11, 20)
FRAUD = "CRITERION.EXCLUSION.CONVICTIONS.FRAUD"
TAXES = "CRITERION.EXCLUSION.CONTRIBUTIONS.PAYMENT_OF_TAXES"
TURNOVER = "CRITERION.SELECTION.ECONOMIC_FINANCIAL_STANDING.TURNOVER.GENERAL_YEARLY"
REFERENCES = (
    "CRITERION.SELECTION.TECHNICAL_PROFESSIONAL_ABILITY.REFERENCES.SERVICES_DELIVERY_PERFORMANCE"
)
SIRET = "73282932000074"

# One value of each type, as an answer and as the API takes it.
VALUES: Mapping[T, dict[str, Any]] = {
    T.INDICATOR: {"indicator": True},
    T.DESCRIPTION: {"text": "Une réponse & <ses> détails"},
    T.AMOUNT: {"amount": Decimal("1234.5")},
    T.DATE: {"on": date(2024, 2, 1)},
    T.PERIOD: {"starts_on": date(2025, 1, 1), "ends_on": date(2025, 12, 31)},
    T.URL: {"url": "https://exemple.fr/registre?a=1&b=2"},
    T.CODE: {"code": "71000000-8"},
    T.CODE_COUNTRY: {"code": "FR"},
    T.QUAL_IDENTIFIER: {"text": "N° 12"},
    T.ECONOMIC_OPERATOR_IDENTIFIER: {"text": SIRET},
    T.EVIDENCE_IDENTIFIER: {"url": "https://exemple.fr/k", "code": "K-1", "text": "Greffe"},
    T.LOT_IDENTIFIER: {"code": "1"},
    T.PERCENTAGE: {"number": Decimal("12.5")},
    T.QUANTITY_INTEGER: {"number": Decimal(7)},
    T.QUANTITY_YEAR: {"number": Decimal(2025)},
}


def yes(code: str, *answers: Answer, answer: bool = True) -> Answered:
    """The criterion answered yes, or no, and what else is answered about it."""
    return Answered(code=code, answers=(Answer(question="answer", indicator=answer), *answers))


def no(code: str) -> Answered:
    return yes(code, answer=False)


def everything(code: str) -> Answered:
    """Every question of the criterion that can be answered together, answered by yes."""
    criterion = CRITERIA[code]
    answers = [
        Answer(
            question=key,
            **(
                {"code": asked.question.codes[0]}
                if asked.question.codes
                else VALUES[asked.question.type]
            ),
        )
        for key, asked in criterion.asked.items()
        if all(wanted for _, wanted in asked.depends_on)
    ]
    return Answered(code=code, answers=tuple(answers))


def a_form(*changed: Answered, without: str = "", **changes: Any) -> DumeForm:
    """A form without problem; `changed` takes the place of what it says of these criteria."""
    said = {code: no(code) for code, row in CRITERIA.items() if row.is_required}
    said[ALL_SATISFIED] = yes(ALL_SATISFIED)
    said |= {answered.code: answered for answered in changed}
    said.pop(without, None)
    form = DumeForm(
        procedure=Procedure(
            reference="2026-AO-17",
            title="Entretien des espaces verts",
            description="Tonte et taille des haies.",
            notice="2026/S 225-000001",
            lots=("1", "2"),
            buyer=Party(
                name="Commune de Saint-Étienne", siret="21420218600018", town="Saint-Étienne"
            ),
        ),
        operator=Operator(
            party=Party(
                name="Jardins Durand",
                siret=SIRET,
                vat_number="FR44732829320",
                address="3 rue des Tilleuls",
                postal_code="42000",
                town="Saint-Étienne",
                email="contact@jardins-durand.fr",
            ),
            size=DumeSize.SMALL,
            lots=("2",),
            representatives=(
                Representative(
                    first_name="Inès",
                    last_name="Durand",
                    born_on=date(1980, 5, 4),
                    capacity="Gérante",
                ),
            ),
        ),
        criteria=tuple(said.values()),
        declaration=Declaration(
            signatory="Inès Durand",
            place="Saint-Étienne",
            signed_on=TODAY,
            is_accurate=True,
            provides_evidence=True,
        ),
    )
    return replace(form, **changes)


def as_input(form: DumeForm) -> dict[str, Any]:
    """The form as a front end sends it."""
    given = _sent(asdict(form))
    given["operator"] |= given["operator"].pop("party")
    buyer = given["procedure"]["buyer"]
    for name in ("identifier", "vatNumber", "contact", "email", "phone"):
        buyer.pop(name)
    return given


def _sent(value: Any) -> Any:
    match value:
        case dict():
            return {_camel(key): _sent(inner) for key, inner in value.items()}
        case tuple() | list():
            return [_sent(inner) for inner in value]
        case Decimal() | date():
            return str(value)
        case _:
            return value


def _camel(name: str) -> str:
    head, *tail = ("date" if name == "on" else name).split("_")
    return head + "".join(word.title() for word in tail)
