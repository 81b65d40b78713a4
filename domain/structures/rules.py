"""What a structure, a service or a bank reference must satisfy: pure checks, every problem at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain import identifiers
from domain.errors import Problem
from domain.identifiers import IdentifierType
from domain.reference.countries import COUNTRIES, FRENCH_WITH_SIRET, VAT_PREFIXES
from domain.rules_text import problem
from domain.rules_text import text_problems as readable
from domain.structures.models import (
    BankReferenceKind,
    Nature,
    SizeCategory,
    StructureStatus,
)

PUBLIC_INVOICES_SERVICE = "FACTURES_PUBLIQUES"
SHORTEST_PAYMENT_DAYS, STANDARD_PAYMENT_DAYS, LONGEST_PAYMENT_DAYS = 1, 30, 60
NAME_MAX, ADDRESS_MAX, TOWN_MAX, CODE_MAX, FORMAT_MAX = 200, 400, 100, 100, 100

# When issuing electronic invoices to the public sector became compulsory (ordonnance 2014-697).
OBLIGED_FROM: Mapping[SizeCategory, date] = {
    SizeCategory.GE: date(2017, 1, 1),
    SizeCategory.ETI: date(2018, 1, 1),
    SizeCategory.PME: date(2019, 1, 1),
    SizeCategory.TPE: date(2020, 1, 1),
}
PUBLIC_OBLIGED_FROM = date(2017, 1, 1)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a structure and what it does at deposit."""

    name: str
    fr: str
    en: str
    public_only: bool = True


# fmt: off
PARAMETERS: tuple[Parameter, ...] = (
    Parameter("service_required", "Code service obligatoire", "Deposit is refused without an active service of the structure."),
    Parameter("commitment_required", "Numéro d'engagement obligatoire", "Deposit is refused without a commitment number; a contract number may stand in for it."),
    Parameter("commitment_or_service_required", "Numéro d'engagement ou code service", "At least one of the two is asked; wins over the two parameters above."),
    Parameter("commitment_format", "Format du numéro d'engagement", "Regular expression that the commitment number must match, such as ^[0-9]{7}$."),
    Parameter("payment_status_not_reported", "Statut « mise en paiement » non remonté", "MISE_EN_PAIEMENT is never sent: the last visible status may be an earlier one."),
    Parameter("is_moa", "Intervient comme MOA", "May be named contracting authority in works frames."),
    Parameter("is_moa_only", "MOA uniquement", "Acts as contracting authority only and cannot be the recipient of a simple invoice."),
    Parameter("state_recipient", "Destinataire État", "One SIRET for all ministries: the recipient is chosen by its service."),
    Parameter("free_status_order", "Ordre libre des statuts", "The recipient may set statuses in any order instead of forward only."),
    Parameter("follow_seed_public_service", "Service des factures publiques ouvert à tous", "Private suppliers may address the service FACTURES_PUBLIQUES."),
    Parameter("is_delegated_validator", "Valideur délégué", "Validates received invoices on behalf of their recipient.", public_only=False),
    Parameter("emits_edi", "Émet des flux EDI", "Has an active connection that sends flows.", public_only=False),
    Parameter("receives_edi", "Reçoit par EDI", "Invoices and life cycles are pushed to it as flows.", public_only=False),
    Parameter("insee_undisclosed", "Non diffusible INSEE", "Name and address are hidden from third parties.", public_only=False),
)
# fmt: on

_FRENCH_POSTAL_CODE = re.compile(r"[0-9]{5}\Z")
_POSTAL_CODE = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,9}\Z")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}\Z"
)
_PHONE = re.compile(r"\+?[0-9][0-9 .()-]{4,18}\Z")
_CATEGORY = re.compile(r"[A-Z][A-Z0-9_]{0,39}\Z")
_DEPARTMENT = re.compile(r"(?:[0-9]{2}|2[AB]|9[78][0-9])\Z")
_INSEE_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}\Z")

Path = tuple[str, ...]


@dataclass(frozen=True)
class StructureDraft:
    """A structure as a caller would have it."""

    identifier_type: IdentifierType
    identifier: str
    name: str
    nature: Nature = Nature.PRIVATE
    status: StructureStatus | None = None
    category: str | None = None
    address: str | None = None
    postal_code: str | None = None
    town: str | None = None
    department: str | None = None
    insee_code: str | None = None
    country: str = "FR"
    vat_number: str | None = None
    size_category: SizeCategory | None = None
    email: str | None = None
    phone: str | None = None
    service_required: bool = False
    commitment_required: bool = False
    commitment_or_service_required: bool = False
    commitment_format: str | None = None
    payment_status_not_reported: bool = False
    is_moa: bool = False
    is_moa_only: bool = False
    is_delegated_validator: bool = False
    state_recipient: bool = False
    emits_edi: bool = False
    receives_edi: bool = False
    insee_undisclosed: bool = False
    payment_days: int = STANDARD_PAYMENT_DAYS
    free_status_order: bool = False
    follow_seed_public_service: bool = False


@dataclass(frozen=True)
class ServiceDraft:
    """A service as a caller would have it."""

    code: str
    name: str
    commitment_required: bool = False
    payment_status_reported: bool = True
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class BankAccountDraft:
    """A bank reference as a caller gives it: an IBAN, or a French RIB from which it follows."""

    holder: str
    iban: str | None = None
    rib: str | None = None
    bic: str | None = None
    factor_name: str | None = None
    is_factor: bool = False


def camel(name: str) -> str:
    """The name of an attribute as callers know it."""
    head, *tail = name.split("_")
    return head + "".join(word.title() for word in tail)


def structure_problems(
    draft: StructureDraft, *, check_luhn: bool = True, path: Path = ()
) -> list[Problem]:
    """Every rule that the structure breaks."""
    found = identifiers.problems_of(
        draft.identifier_type, draft.identifier, (*path, "identifier"), check_luhn=check_luhn
    )
    for check in _STRUCTURE_CHECKS:
        found += check(draft, path)
    return found


def service_problems(draft: ServiceDraft, path: Path = ()) -> list[Problem]:
    """Every rule that the service breaks."""
    found = identifiers.service_code_problems(draft.code, (*path, "code"))
    found += text_problems(draft.name, (*path, "name"), NAME_MAX, required=True)
    if draft.code == PUBLIC_INVOICES_SERVICE:
        found.append(problem("BDR-STR-021", (*path, "code"), code=draft.code))
    if draft.valid_from and draft.valid_until and draft.valid_until < draft.valid_from:
        found.append(
            problem(
                "BDR-STR-022",
                (*path, "validUntil"),
                start=draft.valid_from,
                until=draft.valid_until,
            )
        )
    return found


def bank_account_problems(draft: BankAccountDraft, path: Path = ()) -> list[Problem]:
    """Every rule that the bank reference breaks."""
    found = text_problems(draft.holder, (*path, "holder"), NAME_MAX, required=True)
    if draft.rib is not None and draft.iban is None:
        if iban_of_rib(draft.rib) is None:
            found.append(problem("BDR-STR-032", (*path, "rib")))
    else:
        found += identifiers.iban_problems(draft.iban or "", (*path, "iban"))
    if draft.bic is not None:
        found += identifiers.bic_problems(draft.bic, (*path, "bic"))
    if draft.is_factor != bool(draft.factor_name):
        found.append(problem("BDR-STR-031", (*path, "factorName")))
    elif draft.factor_name:
        found += text_problems(draft.factor_name, (*path, "factorName"), NAME_MAX)
    return found


def bank_reference(draft: BankAccountDraft) -> tuple[BankReferenceKind, str]:
    """How the reference was given, and its IBAN, once it was checked."""
    if draft.rib is not None and draft.iban is None:
        return BankReferenceKind.RIB, iban_of_rib(draft.rib) or ""
    return BankReferenceKind.IBAN, identifiers.compact(draft.iban or "")


def iban_of_rib(rib: str) -> str | None:
    """The IBAN of a French RIB; None when the RIB has not its form or its key is wrong."""
    compact = identifiers.compact(rib)
    if not _RIB.match(compact):
        return None
    digits = compact.translate(_RIB_LETTERS)
    bank, branch, account, key = digits[:5], digits[5:10], digits[10:21], digits[21:]
    if (89 * int(bank) + 15 * int(branch) + 3 * int(account) + int(key)) % 97:
        return None
    # ISO 13616: letters count from 10, and the whole must leave 1 when divided by 97.
    number = "".join(str(int(c, 36)) for c in compact + "FR00")
    return f"FR{98 - int(number) % 97:02d}{compact}"


_RIB = re.compile(r"[0-9]{10}[0-9A-Z]{11}[0-9]{2}\Z")
# The letters of an account number count as digits in the key of a RIB, by columns of the alphabet.
_RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def obliged_from(nature: Nature, size: SizeCategory | None) -> date | None:
    """Since when the structure must send its invoices electronically; None when not known."""
    if nature == Nature.PUBLIC:
        return PUBLIC_OBLIGED_FROM
    return OBLIGED_FROM[size] if size else None


def text_problems(
    text: str | None, path: Path, longest: int, *, required: bool = False
) -> list[Problem]:
    """Whether a text is there when it must be, short enough and readable."""
    if not text or not text.strip():
        return [problem("BDR-STR-001", path)] if required else []
    return readable(text, path, longest)


def is_email(text: str) -> bool:
    """Whether the text is one plain e-mail address."""
    return len(text) <= 254 and _EMAIL.match(text) is not None


def _name_and_place(draft: StructureDraft, path: Path) -> Iterable[Problem]:
    yield from text_problems(draft.name, (*path, "name"), NAME_MAX, required=True)
    yield from text_problems(draft.address, (*path, "address"), ADDRESS_MAX)
    yield from text_problems(draft.town, (*path, "town"), TOWN_MAX)
    if draft.country not in COUNTRIES:
        yield problem("BDR-STR-005", (*path, "country"), value=draft.country)
    elif draft.postal_code is not None:
        french = draft.country in FRENCH_WITH_SIRET
        if not (_FRENCH_POSTAL_CODE if french else _POSTAL_CODE).match(draft.postal_code):
            yield problem(
                "BDR-STR-004",
                (*path, "postalCode"),
                value=draft.postal_code,
                country=draft.country,
            )


# fmt: off
_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "category":   (_CATEGORY,   "A-Z 0-9 _ (40)"),
    "department": (_DEPARTMENT, "01, 2A, 974"),
    "insee_code": (_INSEE_CODE, "42218, 2A004"),
}
# fmt: on


def _forms(draft: StructureDraft, path: Path) -> Iterable[Problem]:
    for name, (pattern, form) in _FORMS.items():
        value = getattr(draft, name)
        if value is not None and not pattern.match(value):
            yield problem("BDR-STR-014", (*path, camel(name)), value=value, form=form)
    if draft.email is not None and not is_email(draft.email):
        yield problem("BDR-STR-006", (*path, "email"), value=draft.email)
    if draft.phone is not None and not _PHONE.match(draft.phone):
        yield problem("BDR-STR-007", (*path, "phone"), value=draft.phone)


def _belongings(draft: StructureDraft, path: Path) -> Iterable[Problem]:
    """The identifier, the country and the VAT number speak of the same body."""
    kind, identifier = draft.identifier_type, draft.identifier
    if draft.nature == Nature.PUBLIC and kind != IdentifierType.SIRET:
        yield problem("BDR-ID-017", (*path, "identifierType"))
    if kind in _COUNTRY_FIRST and draft.country != _country_in(identifier):
        yield problem(
            "BDR-STR-018", (*path, "country"), identifier=identifier, country=draft.country
        )
    if draft.vat_number is None:
        return
    wrong = identifiers.vat_number_problems(draft.vat_number, (*path, "vatNumber"))
    yield from wrong
    expected = {
        IdentifierType.SIRET: identifier[:9],
        IdentifierType.UE_HORS_FRANCE: identifier,
    }.get(kind, "")
    if not wrong and not draft.vat_number.endswith(expected):
        yield problem(
            "BDR-STR-009", (*path, "vatNumber"), value=draft.vat_number, identifier=identifier
        )


_COUNTRY_FIRST = (IdentifierType.UE_HORS_FRANCE, IdentifierType.HORS_UE)


def country_of(identifier_type: IdentifierType, identifier: str) -> str:
    """The country that an identifier in normal form speaks of."""
    if identifier_type in _COUNTRY_FIRST:
        return _country_in(identifier)
    return _TERRITORIES.get(identifier_type, "FR")


_TERRITORIES = {IdentifierType.RIDET: "NC", IdentifierType.TAHITI: "PF"}


def _country_in(identifier: str) -> str:
    return VAT_PREFIXES.get(identifier[:2], identifier[:2])


def _parameters(draft: StructureDraft, path: Path) -> Iterable[Problem]:
    if draft.nature != Nature.PUBLIC:
        for parameter in PARAMETERS:
            if parameter.public_only and getattr(draft, parameter.name):
                yield problem("BDR-STR-010", (*path, camel(parameter.name)))
    if draft.is_moa_only and not draft.is_moa:
        yield problem("BDR-STR-017", (*path, "isMoaOnly"))
    if draft.commitment_format is not None:
        yield from identifiers.commitment_format_problems(
            draft.commitment_format, (*path, "commitmentFormat")
        )
    if not SHORTEST_PAYMENT_DAYS <= draft.payment_days <= LONGEST_PAYMENT_DAYS:
        yield problem(
            "BDR-STR-008",
            (*path, "paymentDays"),
            value=draft.payment_days,
            least=SHORTEST_PAYMENT_DAYS,
            most=LONGEST_PAYMENT_DAYS,
        )


_STRUCTURE_CHECKS: tuple[Callable[[StructureDraft, Path], Iterable[Problem]], ...] = (
    _name_and_place,
    _forms,
    _belongings,
    _parameters,
)


def draft_of(source: Any, changes: Mapping[str, Any]) -> StructureDraft:
    """The structure as it would be once changed."""
    present = {name: getattr(source, name) for name in StructureDraft.__dataclass_fields__}
    return StructureDraft(**{**present, **changes})
