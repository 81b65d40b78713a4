"""What the answers of a form must satisfy: asked, of the right type, and consistent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from domain.dume.criteria import CRITERIA
from domain.dume.form import Answered, DumeForm, DumeRole, Given
from domain.dume.operator import TOGETHER
from domain.dume.selection import ALL_SATISFIED
from domain.dume.taxonomy import Asked, Criterion, DumePart
from domain.dume.values import Bounds, value_problems
from domain.errors import Problem
from domain.rules_text import problem

Path = tuple[str, ...]
Problems = Iterator[Problem]


def criteria_problems(form: DumeForm, today: date, path: Path) -> list[Problem]:
    """Everything wrong with parts II to V, and every advice."""
    bounds = Bounds(today, form.procedure.lots)
    found: list[Problem] = []
    known: dict[str, Answered] = {}
    for number, answered in enumerate(form.criteria):
        at = (*path, str(number))
        criterion = CRITERIA.get(answered.code)
        if criterion is None:
            found.append(problem("BDR-ESP-002", (*at, "code"), value=answered.code))
        elif answered.code in known:
            found.append(problem("BDR-ESP-004", (*at, "code"), value=answered.code))
        else:
            known[answered.code] = answered
            found += _answers(criterion, answered, bounds, at)
    return [*found, *_missing(known, path), *_consistent(form, known, path)]


def _answers(criterion: Criterion, answered: Answered, bounds: Bounds, path: Path) -> Problems:
    if not answered.answers:
        yield problem("BDR-ESP-005", path, **_named(criterion))
        return
    given = Given.of(answered)
    seen: set[tuple[str, int]] = set()
    for number, answer in enumerate(answered.answers):
        at = (*path, "answers", str(number))
        asked = criterion.asked.get(answer.question)
        place = (answer.question, answer.occurrence)
        if asked is None:
            known = ", ".join(criterion.asked)
            yield problem("BDR-ESP-003", (*at, "question"), value=answer.question, known=known)
        elif not 1 <= answer.occurrence <= asked.most:
            yield problem("BDR-ESP-015", (*at, "occurrence"), most=asked.most)
        elif place in seen:
            yield problem("BDR-ESP-004", (*at, "question"), value=answer.question)
        elif against := _against(criterion, asked, given, answer.occurrence):
            yield problem("BDR-ESP-007", (*at, "question"), **_words(criterion, asked, against))
        else:
            yield from value_problems(answer, asked.question, bounds, at)
        seen.add(place)
    yield from _unanswered(criterion, given, path)
    yield from _not_cured(criterion, given, path)


def _unanswered(criterion: Criterion, given: Given, path: Path) -> Problems:
    for asked in criterion.asked.values():
        if not asked.question.is_required:
            continue
        for occurrence in _occurrences(criterion, asked, given):
            if given.to(asked.question.key, occurrence) is None and not _against(
                criterion, asked, given, occurrence
            ):
                words = {
                    "question": asked.question.key,
                    "occurrence": occurrence,
                    "label_fr": asked.question.label.fr,
                    "label_en": asked.question.label.en,
                    **_named(criterion),
                }
                yield problem("BDR-ESP-006", (*path, "answers"), **words)


def _occurrences(criterion: Criterion, asked: Asked, given: Given) -> list[int]:
    """How often a question must be answered: once, and wherever its group was begun."""
    if asked.within is None:
        return [1]
    keys = frozenset(a.question.key for a in criterion.asked.values() if a.within == asked.within)
    begun = {o for o in given.occurrences(keys) if 1 <= o <= asked.most}
    return sorted(begun | ({1} if asked.within.least else set()))


def _against(
    criterion: Criterion, asked: Asked, given: Given, occurrence: int
) -> tuple[str, bool] | None:
    """The answer that would have to be otherwise for the question to be asked."""
    for key, wanted in asked.depends_on:
        governing = criterion.asked[key]
        answer = given.to(key, occurrence if governing.within else 1)
        said = answer.indicator if answer else None
        if said is None and governing.question.defaults_to_no:
            said = False
        if said is not wanted:
            return key, wanted
    return None


def _words(criterion: Criterion, asked: Asked, against: tuple[str, bool]) -> dict[str, str]:
    key, wanted = against
    governing = criterion.asked[key].question
    return {
        "question": asked.question.key,
        "governing": key,
        "label_fr": governing.label.fr,
        "label_en": governing.label.en,
        "wanted_fr": "oui" if wanted else "non",
        "wanted_en": "yes" if wanted else "no",
    }


def _not_cured(criterion: Criterion, given: Given, path: Path) -> Problems:
    """A bar that applies and against which nothing was done: the buyer will have to refuse."""
    answer = given.to("answer")
    if not criterion.is_bar or answer is None or not answer.indicator:
        return
    cured = ("selfCleaning", "settled")
    if not any(a.indicator for a in given.by_place.values() if a.question in cured):
        yield problem("BDR-ESP-017", path, **_named(criterion))


def _named(criterion: Criterion) -> dict[str, str]:
    return {"criterion_fr": criterion.name.fr, "criterion_en": criterion.name.en}


def _missing(known: dict[str, Answered], path: Path) -> Problems:
    for criterion in CRITERIA.values():
        if criterion.is_required and criterion.code not in known:
            yield problem("BDR-ESP-005", path, code=criterion.code, **_named(criterion))
    selection = [c for c in known if CRITERIA[c].part is DumePart.SELECTION]
    met = known.get(ALL_SATISFIED)
    says_all = met is not None and any(a.indicator for a in met.answers)
    if not says_all and not [c for c in selection if c != ALL_SATISFIED]:
        yield problem("BDR-ESP-016", path, code=ALL_SATISFIED)


def _consistent(form: DumeForm, known: dict[str, Answered], path: Path) -> Problems:
    together = known.get(TOGETHER)
    answer = Given.of(together).to("answer") if together else None
    if form.operator.role is DumeRole.GM and answer is not None and answer.indicator is False:
        yield problem("BDR-ESP-029", path, role=DumeRole.GM)
