"""The rules of the form, one by one and together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.dume.criteria import CRITERIA
from domain.dume.form import Answer, Answered, Declaration, DumeForm, DumeRole, Party
from domain.dume.operator import TOGETHER
from domain.dume.rules import MOST_CHARACTERS, problems_of
from domain.dume.selection import ALL_SATISFIED
from domain.dume.taxonomy import DumeAnswerType
from tests.dume.forms import (
    FRAUD,
    REFERENCES,
    TAXES,
    TODAY,
    TURNOVER,
    VALUES,
    a_form,
    everything,
    no,
    yes,
)

CONVICTED = (
    Answer(question="convictedOn", on=date(2023, 3, 1)),
    Answer(question="reason", text="Fausse facture"),
    Answer(question="who", text="L'ancien gérant"),
)
CURED = (
    Answer(question="selfCleaning", indicator=True),
    Answer(question="measures", text="Nouvelle direction, contrôle externe"),
)


def broken(form: DumeForm) -> list[tuple[str, str]]:
    """The rules broken and where, without what stands before it."""
    return [(p.rule, ".".join(p.path[1:])) for p in problems_of(form, TODAY)]


def rules(form: DumeForm) -> set[str]:
    return {rule for rule, _ in broken(form)}


def test_a_whole_form_has_no_problem() -> None:
    assert broken(a_form()) == []


@pytest.mark.parametrize("code", CRITERIA)
def test_every_question_of_every_criterion_can_be_answered(code: str) -> None:
    assert broken(a_form(everything(code))) == []


def test_an_empty_form_is_told_everything_at_once() -> None:
    found = broken(DumeForm())

    assert ("BDR-ESP-001", "procedure.reference") in found
    assert ("BDR-ESP-001", "procedure.buyer.name") in found
    assert ("BDR-ESP-023", "operator.siret") in found
    assert ("BDR-ESP-001", "operator.size") in found
    assert ("BDR-ESP-022", "declaration.isAccurate") in found
    required = [c for c in CRITERIA.values() if c.is_required]
    assert found.count(("BDR-ESP-005", "criteria")) == len(required)
    assert ("BDR-ESP-016", "criteria") in found


def test_every_problem_says_what_to_do_in_both_languages() -> None:
    for problem in problems_of(DumeForm(), TODAY):
        assert all((problem.fr, problem.en, problem.remedy_fr, problem.remedy_en))


# Exclusion


def test_a_ground_that_applies_is_explained_and_its_measures_are_told() -> None:
    bare = a_form(yes(FRAUD))
    told = a_form(yes(FRAUD, *CONVICTED, *CURED))

    missing = [p.params["question"] for p in problems_of(bare, TODAY) if p.rule == "BDR-ESP-006"]
    assert missing == ["convictedOn", "reason", "who", "selfCleaning"]
    assert broken(told) == []


def test_measures_that_were_taken_are_described() -> None:
    form = a_form(yes(FRAUD, *CONVICTED, CURED[0]))

    (problem,) = problems_of(form, TODAY)
    assert (problem.rule, problem.params["question"]) == ("BDR-ESP-006", "measures")


def test_a_bar_without_any_measure_is_an_advice_not_a_refusal() -> None:
    form = a_form(yes(FRAUD, *CONVICTED, Answer(question="selfCleaning", indicator=False)))

    (problem,) = problems_of(form, TODAY)
    assert (problem.rule, problem.severity) == ("BDR-ESP-017", "WARNING")


def test_a_debt_that_is_being_paid_is_no_advice() -> None:
    settled = everything(TAXES)

    assert rules(a_form(settled)) == set()


def test_details_of_a_ground_that_does_not_apply_are_refused() -> None:
    form = a_form(Answered(code=FRAUD, answers=(*no(FRAUD).answers, CONVICTED[0])))

    (problem,) = problems_of(form, TODAY)
    assert problem.rule == "BDR-ESP-007"
    assert problem.path[-3:] == ("answers", "1", "question")
    assert "Votre réponse" in problem.fr


def test_a_second_conviction_is_asked_the_same_questions() -> None:
    second = Answer(question="reason", text="Une autre", occurrence=2)
    form = a_form(yes(FRAUD, *CONVICTED, *CURED, second))

    missing = [(p.params["question"], p.params["occurrence"]) for p in problems_of(form, TODAY)]
    assert missing == [("convictedOn", "2"), ("who", "2"), ("selfCleaning", "2")]


@pytest.mark.parametrize("code", [c.code for c in CRITERIA.values() if c.is_required])
def test_a_required_criterion_that_is_missing_is_named(code: str) -> None:
    (problem,) = problems_of(a_form(without=code), TODAY)

    assert (problem.rule, problem.params["code"]) == ("BDR-ESP-005", code)


# Selection


def test_some_capacity_must_be_declared() -> None:
    turnover = yes(TURNOVER).answers[:0]
    assert rules(a_form(without=ALL_SATISFIED)) == {"BDR-ESP-016"}
    assert rules(a_form(no(ALL_SATISFIED))) == {"BDR-ESP-016"}
    assert rules(a_form(everything(TURNOVER), without=ALL_SATISFIED)) == set()
    assert rules(a_form(Answered(code=TURNOVER, answers=turnover))) == {"BDR-ESP-005"}


def test_evidence_is_asked_where_information_is_said_to_be_online() -> None:
    form = a_form(yes(FRAUD, Answer(question="online", indicator=True), answer=False))

    (problem,) = problems_of(form, TODAY)
    assert (problem.rule, problem.params["question"]) == ("BDR-ESP-006", "evidence")


# Answers


def changed(type_: DumeAnswerType, **value: Any) -> set[str]:
    """The rules broken by that value where a question of that type stands."""
    criterion, key = next(
        (c, key)
        for c in CRITERIA.values()
        for key, asked in c.asked.items()
        if asked.question.type is type_
        and not asked.question.codes
        and all(wanted for _, wanted in asked.depends_on)
    )
    answers = tuple(
        Answer(question=key, **value) if a.question == key else a
        for a in everything(criterion.code).answers
    )
    return rules(a_form(Answered(code=criterion.code, answers=answers)))


T = DumeAnswerType
WRONG = [
    (T.AMOUNT, {"amount": Decimal(-1)}, "BDR-ESP-009"),
    (T.AMOUNT, {"amount": Decimal("1.001")}, "BDR-ESP-009"),
    (T.AMOUNT, {"amount": Decimal("1e14")}, "BDR-ESP-009"),
    (T.AMOUNT, {"amount": Decimal(1), "currency": "ZZZ"}, "BDR-ESP-013"),
    (T.AMOUNT, {"text": "beaucoup"}, "BDR-ESP-008"),
    (T.DATE, {"on": date(2026, 11, 21)}, "BDR-ESP-011"),
    (T.DATE, {"on": date(1799, 12, 31)}, "BDR-ESP-011"),
    (
        T.PERIOD,
        {"starts_on": date(2025, 2, 1), "ends_on": date(2025, 1, 1)},
        "BDR-ESP-010",
    ),
    (T.PERIOD, {"starts_on": date(2025, 2, 1)}, "BDR-ESP-008"),
    (T.DESCRIPTION, {"text": "  "}, "BDR-ESP-001"),
    (T.DESCRIPTION, {"text": "a" * 4001}, "BDR-TXT-001"),
    (T.DESCRIPTION, {"text": "a\x00b"}, "BDR-TXT-002"),
    (T.DESCRIPTION, {"text": "a", "number": Decimal(1)}, "BDR-ESP-008"),
    (T.CODE, {"code": "jardin"}, "BDR-ESP-013"),
    (T.CODE_COUNTRY, {"code": "ZZ"}, "BDR-ESP-027"),
    (T.LOT_IDENTIFIER, {"code": "9"}, "BDR-ESP-014"),
    (T.URL, {"url": "javascript:alert(1)"}, "BDR-ESP-019"),
    (T.PERCENTAGE, {"number": Decimal(101)}, "BDR-ESP-012"),
    (T.QUANTITY_INTEGER, {"number": Decimal("1.5")}, "BDR-ESP-012"),
    (T.QUANTITY_YEAR, {"number": Decimal(25)}, "BDR-ESP-012"),
]


@pytest.mark.parametrize(("type_", "value", "rule"), WRONG)
def test_an_answer_is_of_the_type_and_within_the_bounds_of_its_question(
    type_: DumeAnswerType, value: dict[str, Any], rule: str
) -> None:
    assert changed(type_, **value) == {rule}
    assert changed(type_, **VALUES[type_]) == set()


def test_criteria_questions_and_occurrences_that_do_not_exist_are_named() -> None:
    unknown = Answered(code="CRITERION.NONE", answers=(Answer(question="answer", indicator=True),))
    other = yes(TOGETHER, Answer(question="colour", text="vert"), answer=False)
    late = replace(everything(TURNOVER).answers[0], occurrence=6)
    form = a_form(
        unknown, other, Answered(code=TURNOVER, answers=(*everything(TURNOVER).answers, late))
    )

    assert rules(form) == {"BDR-ESP-002", "BDR-ESP-003", "BDR-ESP-015"}


def test_what_is_given_twice_is_refused() -> None:
    twice = yes(FRAUD, Answer(question="answer", indicator=False), answer=False)
    form = a_form(twice)
    form = replace(form, criteria=(*form.criteria, no(TAXES)))

    assert [rule for rule, _ in broken(form)] == ["BDR-ESP-004", "BDR-ESP-004"]


def test_the_role_agrees_with_the_group() -> None:
    form = a_form()
    member = replace(form, operator=replace(form.operator, role=DumeRole.GM))

    assert rules(member) == {"BDR-ESP-029"}


# Parties


@pytest.mark.parametrize(
    ("party", "rule"),
    [
        ({"siret": "73282932000075"}, "BDR-ID-002"),
        ({"siret": "732829"}, "BDR-ID-001"),
        ({"siret": None}, "BDR-ESP-023"),
        ({"identifier": "DE123"}, "BDR-ESP-024"),
        ({"vat_number": "FR83404833048"}, "BDR-ESP-021"),
        ({"vat_number": "FR1"}, "BDR-ID-005"),
        ({"country": "BE"}, "BDR-ESP-025"),
        ({"country": "ZZ"}, "BDR-ESP-027"),
        ({"email": "jardins"}, "BDR-ESP-018"),
        ({"website": "jardins"}, "BDR-ESP-019"),
        ({"name": " "}, "BDR-ESP-001"),
        ({"town": None}, "BDR-ESP-001"),
    ],
)
def test_the_company_is_identified_and_consistent(party: dict[str, Any], rule: str) -> None:
    form = a_form()
    operator = replace(form.operator, party=replace(form.operator.party, **party))

    assert rule in rules(replace(form, operator=operator))


def test_a_company_from_abroad_has_a_national_identifier() -> None:
    form = a_form()
    abroad = Party(
        name="Gärten GmbH", identifier="HRB 1234", address="Hauptstr. 1", town="Köln", country="DE"
    )

    assert broken(replace(form, operator=replace(form.operator, party=abroad))) == []


def test_lots_bid_for_are_lots_of_the_procedure() -> None:
    form = a_form()
    operator = replace(form.operator, lots=("2", "3", "2"))

    assert broken(replace(form, operator=operator)) == [
        ("BDR-ESP-004", "operator.lots.2"),
        ("BDR-ESP-014", "operator.lots.1"),
    ]


def test_nothing_is_declared_by_silence() -> None:
    form = a_form(declaration=Declaration(signatory="Inès Durand"))

    assert broken(form) == [
        ("BDR-ESP-022", "declaration.isAccurate"),
        ("BDR-ESP-022", "declaration.providesEvidence"),
    ]


def test_a_form_longer_than_anyone_reads_is_refused_without_reading_it() -> None:
    one = Answer(question="description", text="a" * (MOST_CHARACTERS + 1))

    assert broken(a_form(Answered(code=REFERENCES, answers=(one,)))) == [("BDR-ESP-028", "")]
