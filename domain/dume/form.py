"""The form as somebody filled it in: nothing is sure, everything is checked by the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.reference.countries import FRANCE
from domain.reference.currencies import EURO
from domain.reference.words import Words


class DumeRole(StrEnum):
    """The part of the company in the bid. Published codes (EORoleType)."""

    SCLE = "SCLE"
    GM = "GM"
    OERON = "OERON"
    OENRON = "OENRON"


DUME_ROLES: dict[DumeRole, Words] = {
    DumeRole.SCLE: Words("Candidat unique ou mandataire", "Sole contractor or lead entity"),
    DumeRole.GM: Words("Membre d'un groupement", "Group member"),
    DumeRole.OERON: Words("Entité sur laquelle on s'appuie", "Other entity, relied upon"),
    DumeRole.OENRON: Words("Autre entité, sans appui", "Other entity, not relied upon"),
}


class DumeSize(StrEnum):
    """The size of the company. Published codes (EOIndustryClassificationCode)."""

    MICRO = "MICRO"
    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    SME = "SME"
    LARGE = "LARGE"


DUME_SIZES: dict[DumeSize, Words] = {
    DumeSize.MICRO: Words("Microentreprise", "Micro enterprise"),
    DumeSize.SMALL: Words("Petite entreprise", "Small enterprise"),
    DumeSize.MEDIUM: Words("Moyenne entreprise", "Medium enterprise"),
    DumeSize.SME: Words("PME", "Small or medium enterprise"),
    DumeSize.LARGE: Words("Grande entreprise", "Large company"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A buyer, or what identifies a bidder."""

    name: str | None = None
    siret: str | None = None
    # Of who has no SIRET.
    identifier: str | None = None
    vat_number: str | None = None
    address: str | None = None
    postal_code: str | None = None
    town: str | None = None
    country: str = FRANCE
    website: str | None = None
    contact: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """Part I: what is bought, by whom, in which lots."""

    reference: str | None = None
    title: str | None = None
    description: str | None = None
    # Of the notice in the Official Journal of the Union, such as 2026/S 225-000001.
    notice: str | None = None
    lots: tuple[str, ...] = ()
    buyer: Party = Party()


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """A person who may act for the bidder in the procedure."""

    first_name: str | None = None
    last_name: str | None = None
    born_on: date | None = None
    born_in: str | None = None
    capacity: str | None = None
    country: str = FRANCE
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Part II: the bidder."""

    party: Party = Party()
    size: DumeSize | None = None
    role: DumeRole = DumeRole.SCLE
    group: str | None = None
    # Those of the lots of the procedure that it bids for; all of them when none is given.
    lots: tuple[str, ...] = ()
    representatives: tuple[Representative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one question: which of its values are given depends on the question."""

    question: str
    # Which time, where the question may be answered several times.
    occurrence: int = 1
    indicator: bool | None = None
    text: str | None = None
    amount: Decimal | None = None
    currency: str = EURO
    number: Decimal | None = None
    on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    url: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answers about one criterion."""

    code: str
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Part VI: who declares all of it, and to what they agree."""

    signatory: str | None = None
    capacity: str | None = None
    place: str | None = None
    signed_on: date | None = None
    is_accurate: bool = False
    provides_evidence: bool = False
    # Lets the buyer fetch evidence where the form says that it is found.
    allows_access: bool = False


# What it states, in the order of part VI.
DECLARED: dict[str, Words] = {
    "is_accurate": Words(
        "Les informations données sont exactes et précises",
        "The information given is accurate and correct",
    ),
    "provides_evidence": Words(
        "Les justificatifs seront fournis sans délai sur demande",
        "Evidence will be provided without delay on request",
    ),
    "allows_access": Words(
        "L'acheteur peut accéder aux justificatifs en ligne indiqués",
        "The buyer may access the evidence said to be online",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DumeForm:
    """The six parts of the form."""

    procedure: Procedure = Procedure()
    operator: Operator = Operator()
    criteria: tuple[Answered, ...] = ()
    declaration: Declaration = Declaration()


@dataclass(frozen=True, slots=True)
class Given:
    """The answers about one criterion by question and occurrence: the first one where two were."""

    by_place: dict[tuple[str, int], Answer] = field(default_factory=dict)

    @classmethod
    def of(cls, answered: Answered) -> Given:
        found: dict[tuple[str, int], Answer] = {}
        for answer in answered.answers:
            found.setdefault((answer.question, answer.occurrence), answer)
        return cls(found)

    def to(self, key: str, occurrence: int = 1) -> Answer | None:
        return self.by_place.get((key, occurrence))

    def occurrences(self, keys: frozenset[str]) -> set[int]:
        """In which occurrences anything of these questions was answered."""
        return {occurrence for key, occurrence in self.by_place if key in keys}
