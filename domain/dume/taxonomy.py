"""The words of the European form: criteria, the groups of their questions, the types of answers.

A criterion is a tree of groups, as the exchange model ESPD-EDM 2.1.1 (extended) publishes it. A
group that depends on an answer is governed by the yes-or-no question of the group around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from domain.reference.words import Words


class DumePart(StrEnum):
    """The part of the form that a criterion belongs to."""

    OPERATOR = "OPERATOR"
    EXCLUSION = "EXCLUSION"
    SELECTION = "SELECTION"
    REDUCTION = "REDUCTION"


DUME_PARTS: dict[DumePart, Words] = {
    DumePart.OPERATOR: Words(
        "Partie II : informations concernant l'opérateur économique",
        "Part II: information about the economic operator",
    ),
    DumePart.EXCLUSION: Words("Partie III : motifs d'exclusion", "Part III: exclusion grounds"),
    DumePart.SELECTION: Words("Partie IV : critères de sélection", "Part IV: selection criteria"),
    DumePart.REDUCTION: Words(
        "Partie V : réduction du nombre de candidats", "Part V: reduction of candidates"
    ),
}


class DumeAnswerType(StrEnum):
    """What answers a question. Published codes of ESPD-EDM (ResponseDataType)."""

    INDICATOR = "INDICATOR"
    DESCRIPTION = "DESCRIPTION"
    AMOUNT = "AMOUNT"
    DATE = "DATE"
    PERIOD = "PERIOD"
    URL = "URL"
    CODE = "CODE"
    CODE_COUNTRY = "CODE_COUNTRY"
    QUAL_IDENTIFIER = "QUAL_IDENTIFIER"
    ECONOMIC_OPERATOR_IDENTIFIER = "ECONOMIC_OPERATOR_IDENTIFIER"
    EVIDENCE_IDENTIFIER = "EVIDENCE_IDENTIFIER"
    LOT_IDENTIFIER = "LOT_IDENTIFIER"
    PERCENTAGE = "PERCENTAGE"
    QUANTITY_INTEGER = "QUANTITY_INTEGER"
    QUANTITY_YEAR = "QUANTITY_YEAR"
    WEIGHT_INDICATOR = "WEIGHT_INDICATOR"
    NONE = "NONE"


T = DumeAnswerType

DUME_ANSWER_TYPES: dict[DumeAnswerType, Words] = {
    T.INDICATOR: Words("Oui ou non", "Yes or no: `indicator`"),
    T.DESCRIPTION: Words("Texte", "Text of up to 4,000 characters: `text`"),
    T.AMOUNT: Words("Montant", "Amount: `amount`, and `currency` unless it is EUR"),
    T.DATE: Words("Date", "Civil date, not after today: `date`"),
    T.PERIOD: Words("Période", "Period, both days included: `startsOn` and `endsOn`"),
    T.URL: Words("Adresse web", "Web address: `url`"),
    T.CODE: Words("Code", "One code, of `codes` where they are given: `code`"),
    T.CODE_COUNTRY: Words("Pays", "Country of ISO 3166-1: `code`"),
    T.QUAL_IDENTIFIER: Words(
        "Numéro d'un titre", "The number of a qualification, as it stands on it: `text`"
    ),
    T.ECONOMIC_OPERATOR_IDENTIFIER: Words(
        "Identifiant d'entreprise", "The official identifier of a company: `text`"
    ),
    T.EVIDENCE_IDENTIFIER: Words(
        "Justificatif en ligne",
        "Where evidence is found: `url`, its reference as `code` and its issuer as `text`",
    ),
    T.LOT_IDENTIFIER: Words("Lot", "The number of a lot of the procedure: `code`"),
    T.PERCENTAGE: Words("Pourcentage", "From 0 to 100: `number`"),
    T.QUANTITY_INTEGER: Words("Nombre entier", "Whole number: `number`"),
    T.QUANTITY_YEAR: Words("Année", "A year of four digits: `number`"),
    T.WEIGHT_INDICATOR: Words("Pondération", "Set by the buyer alone"),
    T.NONE: Words("Aucune réponse", "A caption, without an answer"),
}


class When(StrEnum):
    """When the questions of a group are asked. Published codes (PropertyGroupType)."""

    ALWAYS = "ON*"
    IF_YES = "ONTRUE"
    IF_NO = "ONFALSE"


class Element(StrEnum):
    """What a line of a group is. Published codes (CriterionElementType)."""

    QUESTION = "QUESTION"
    REQUIREMENT = "REQUIREMENT"
    CAPTION = "CAPTION"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a group: a question to the bidder, what the buyer requires, or a caption."""

    element: Element
    type: DumeAnswerType
    label: Words
    # Names a question within its criterion.
    key: str = ""
    is_required: bool = True
    codes: tuple[str, ...] = ()
    # Said when nothing is answered: the official form knows no silence here.
    defaults_to_no: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that go together, and the groups below them."""

    id: str
    when: When
    lines: tuple[Line, ...]
    groups: tuple[Group, ...] = ()
    # How many times the group may be filled in, and is written at least; 0 makes it optional.
    most: int = 1
    least: int = 1

    @property
    def questions(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.element is Element.QUESTION)

    @property
    def governing(self) -> Line | None:
        """The yes-or-no question on which the groups below depend, where they do."""
        return next((line for line in self.questions if line.type is T.INDICATOR), None)

    @property
    def name(self) -> str:
        """Its first question: the identifiers of groups are shared by criteria."""
        own = next((question.key for question in self.questions), "")
        return own or next((name for group in self.groups if (name := group.name)), "")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question where it stands: on which answers it depends, and how often it may be answered."""

    question: Line
    # The questions that must have been answered so, from the root.
    depends_on: tuple[tuple[str, bool], ...]
    # The repeatable group around it, if any.
    within: Group | None = None

    @property
    def most(self) -> int:
        return self.within.most if self.within else 1


@dataclass(frozen=True)
class Criterion:
    """One row of the form."""

    code: str
    id: str
    part: DumePart
    section: Words
    name: Words
    wording: Words
    article: str
    groups: tuple[Group, ...]
    is_required: bool = False
    # A ground that the law makes a bar whatever the buyer thinks of it.
    is_bar: bool = False
    # The extended exchange model has no such criterion: the XML says it as a note.
    is_note: bool = False

    @cached_property
    def asked(self) -> dict[str, Asked]:
        """Its questions by key, in the order of the form."""
        return {
            asked.question.key: asked for group in self.groups for asked in _asked(group, (), None)
        }


def _asked(
    group: Group, depends_on: tuple[tuple[str, bool], ...], within: Group | None
) -> Iterator[Asked]:
    within = group if group.most > 1 else within
    for question in group.questions:
        yield Asked(question, depends_on, within)
    governing = group.governing
    for below in group.groups:
        if below.when is When.ALWAYS:
            yield from _asked(below, depends_on, within)
        else:
            assert governing is not None, f"nothing governs the group {below.id}"
            answer = (governing.key, below.when is When.IF_YES)
            yield from _asked(below, (*depends_on, answer), within)


def question(
    key: str,
    type_: DumeAnswerType,
    fr: str,
    en: str,
    *,
    required: bool = True,
    codes: tuple[str, ...] = (),
    defaults_to_no: bool = False,
) -> Line:
    """A question to the bidder."""
    return Line(
        Element.QUESTION, type_, Words(fr, en), key, required, codes, defaults_to_no=defaults_to_no
    )


def required(type_: DumeAnswerType, fr: str, en: str) -> Line:
    """What the buyer requires: written without a value, since it did not speak yet."""
    return Line(Element.REQUIREMENT, type_, Words(fr, en))


def caption(fr: str, en: str) -> Line:
    """A title in the form."""
    return Line(Element.CAPTION, T.NONE, Words(fr, en))


def always(id_: str, *members: Line | Group, most: int = 1, least: int = 1) -> Group:
    """A group that is asked in any case."""
    return _group(id_, When.ALWAYS, members, most, least)


def if_yes(id_: str, *members: Line | Group, most: int = 1) -> Group:
    """A group that is asked when the question above it was answered yes."""
    return _group(id_, When.IF_YES, members, most, 1)


def if_no(id_: str, *members: Line | Group) -> Group:
    """A group that is asked when the question above it was answered no."""
    return _group(id_, When.IF_NO, members, 1, 1)


def _group(id_: str, when: When, members: tuple[Line | Group, ...], most: int, least: int) -> Group:
    lines = tuple(m for m in members if isinstance(m, Line))
    groups = tuple(m for m in members if isinstance(m, Group))
    return Group(id_, when, lines, groups, most, least)
