"""What answers a question of each type: which values are needed, and what they must be like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.dume.form import Answer
from domain.dume.taxonomy import DUME_ANSWER_TYPES, Line
from domain.dume.taxonomy import DumeAnswerType as T
from domain.errors import Problem
from domain.money import AMOUNT_DIGITS, decimals, digits_before_point
from domain.reference.countries import COUNTRIES
from domain.reference.currencies import CURRENCIES
from domain.rules_text import problem, text_problems

Path = tuple[str, ...]

TEXT_MAX = 4000
LINE_MAX = 400
CODE_MAX = 100
URL_MAX = 2000
EARLIEST = date(1800, 1, 1)
_URL = re.compile(r"https?://[^\s\x00-\x20\x7f]+")
_CPV = re.compile(r"[0-9]{8}(-[0-9])?")
# The values of an answer, as callers know them.
_VALUES = {
    "indicator": "indicator",
    "text": "text",
    "amount": "amount",
    "number": "number",
    "on": "date",
    "starts_on": "startsOn",
    "ends_on": "endsOn",
    "url": "url",
    "code": "code",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the answers of a form are held against."""

    today: date
    lots: tuple[str, ...] = ()


_Check = Callable[[Answer, Line, Bounds, Path], Iterator[Problem]]


def value_problems(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> list[Problem]:
    """Everything wrong with the values of an answer to that question."""
    form = _FORMS[asked.type]
    given = {name for name in _VALUES if getattr(answer, name) is not None}
    if missing := [name for name in form.needed if name not in given]:
        place = (*path, _VALUES[missing[0]])
        return [_unexpected(asked, place)]
    if useless := sorted(given - {*form.needed, *form.allowed}):
        return [_unexpected(asked, (*path, _VALUES[useless[0]]))]
    return list(form.check(answer, asked, bounds, path))


def has_only_spaces(text: str) -> bool:
    """Whether nothing is to be read in it."""
    return not text.strip()


def _unexpected(asked: Line, path: Path) -> Problem:
    words = DUME_ANSWER_TYPES[asked.type]
    return problem("BDR-ESP-008", path, question=asked.key, type_fr=words.fr, type_en=words.en)


def _nothing(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    yield from ()


def _text(longest: int, *, paragraphs: bool) -> _Check:
    def check(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
        assert answer.text is not None
        at = (*path, "text")
        if has_only_spaces(answer.text):
            yield problem("BDR-ESP-001", at)
        yield from text_problems(answer.text, at, longest, paragraphs=paragraphs)

    return check


def _amount(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    assert answer.amount is not None
    amount = answer.amount
    too_long = decimals(amount) > 2 or digits_before_point(amount) > AMOUNT_DIGITS
    if amount < 0 or too_long:
        yield problem("BDR-ESP-009", (*path, "amount"), value=amount, digits=AMOUNT_DIGITS)
    if answer.currency not in CURRENCIES:
        yield problem("BDR-ESP-013", (*path, "currency"), value=answer.currency, codes="ISO 4217")


def _date(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    assert answer.on is not None
    if not EARLIEST <= answer.on <= bounds.today:
        yield problem("BDR-ESP-011", (*path, "date"), date=answer.on, today=bounds.today)


def _period(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    assert answer.starts_on is not None
    assert answer.ends_on is not None
    if answer.starts_on < EARLIEST:
        yield problem("BDR-ESP-011", (*path, "startsOn"), date=answer.starts_on, today=bounds.today)
    if answer.ends_on < answer.starts_on:
        yield problem("BDR-ESP-010", (*path, "endsOn"), start=answer.starts_on, end=answer.ends_on)


def _url(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    yield from url_problems(answer.url or "", (*path, "url"))


def _evidence(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    yield from _url(answer, asked, bounds, path)
    yield from text_problems(answer.text or "", (*path, "text"), LINE_MAX)
    yield from text_problems(answer.code or "", (*path, "code"), CODE_MAX)


def _code(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    code = answer.code or ""
    at = (*path, "code")
    if asked.codes and code not in asked.codes:
        yield problem("BDR-ESP-013", at, value=code, codes=", ".join(asked.codes))
    elif not asked.codes and not _CPV.fullmatch(code):
        yield problem("BDR-ESP-013", at, value=code, codes="CPV (12345678-9)")


def _country(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    yield from country_problems(answer.code or "", (*path, "code"))


def _lot(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
    if answer.code not in bounds.lots:
        yield problem("BDR-ESP-014", (*path, "code"), lot=answer.code)


def _between(least: Decimal, most: Decimal, places: int) -> _Check:
    def check(answer: Answer, asked: Line, bounds: Bounds, path: Path) -> Iterator[Problem]:
        assert answer.number is not None
        number = answer.number
        if not least <= number <= most or decimals(number) > places:
            at = (*path, "number")
            yield problem("BDR-ESP-012", at, value=number, least=least, most=most, places=places)

    return check


def url_problems(text: str, path: Path) -> list[Problem]:
    """Why the text is no address that anyone can open."""
    if len(text) > URL_MAX or not _URL.fullmatch(text):
        return [problem("BDR-ESP-019", path, value=text)]
    return text_problems(text, path, URL_MAX)


def country_problems(code: str, path: Path) -> list[Problem]:
    """Whether the country exists."""
    return [] if code in COUNTRIES else [problem("BDR-ESP-027", path, value=code)]


@dataclass(frozen=True, slots=True)
class _Form:
    needed: tuple[str, ...]
    check: _Check
    allowed: tuple[str, ...] = ()


_LINE = _text(LINE_MAX, paragraphs=False)
_FORMS: Mapping[T, _Form] = {
    T.INDICATOR: _Form(("indicator",), _nothing),
    T.DESCRIPTION: _Form(("text",), _text(TEXT_MAX, paragraphs=True)),
    T.AMOUNT: _Form(("amount",), _amount),
    T.DATE: _Form(("on",), _date),
    T.PERIOD: _Form(("starts_on", "ends_on"), _period),
    T.URL: _Form(("url",), _url),
    T.CODE: _Form(("code",), _code),
    T.CODE_COUNTRY: _Form(("code",), _country),
    T.QUAL_IDENTIFIER: _Form(("text",), _LINE),
    T.ECONOMIC_OPERATOR_IDENTIFIER: _Form(("text",), _LINE),
    T.EVIDENCE_IDENTIFIER: _Form(("url",), _evidence, ("code", "text")),
    T.LOT_IDENTIFIER: _Form(("code",), _lot),
    T.PERCENTAGE: _Form(("number",), _between(Decimal(0), Decimal(100), 2)),
    T.QUANTITY_INTEGER: _Form(("number",), _between(Decimal(0), Decimal(9_999_999), 0)),
    T.QUANTITY_YEAR: _Form(("number",), _between(Decimal(1900), Decimal(2099), 0)),
}
