"""How structures, accounts, services and documents are identified: normal form and checks.

A `…_problems` function returns every rule that a text breaks; an empty list means that the
`normal` form of the text is the value to keep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from stdnum import bic, iban
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from domain.errors import Problem
from domain.reference.countries import (
    COUNTRIES,
    EUROPEAN_UNION,
    FRANCE,
    FRENCH_WITH_SIRET,
    VAT_PREFIXES,
)
from domain.rules_text import problem
from domain.text import faults

Path = tuple[str, ...]

LA_POSTE = "356000000"
SERVICE_CODE_LONGEST = 100
COMMITMENT_LONGEST = 50
COMMITMENT_FORMAT_LONGEST = 100
# Longer than any identifier with its spaces: nothing beyond is worth reading.
_LONGEST_TYPED = 200

_SPACES = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_SIRET = re.compile(r"[0-9]{14}")
_SIREN = re.compile(r"[0-9]{9}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z+*.]{2,16}")
_OUTSIDE_UNION = re.compile(r"[A-Z]{2}.{1,16}")
_TERRITORY = re.compile(r"[0-9A-Z]{9,10}")
_WAITING = re.compile(r"[0-9A-Za-z-]{1,18}")
_PERSON = re.compile(r"[12][0-9]{2}(?:0[1-9]|1[0-2])[0-9]{5}[A-Z]{2,70}")
_DOUBLED = str.maketrans("0123456789", "0246813579")
_INVOICE_NUMBER = re.compile(r"[A-Za-z0-9_/+-]{1,20}")

# A commitment format is a plain sequence: without groups, alternatives or many variable parts, no
# text can make it slow.
_ATOM = r"(?:\[\^?[A-Za-z0-9 _./-]+\]|\\[dw./-]|[A-Za-z0-9 _/.-])"
_VARIABLE = r"(?:\{[0-9]{1,2},[0-9]{0,2}\}|[?+*])"
_FORMAT = re.compile(rf"\^?(?:{_ATOM}(?:\{{[0-9]{{1,2}}\}}|{_VARIABLE})?)+\$?")
_VARIABLE_PARTS = re.compile(_VARIABLE)
MOST_VARIABLE_PARTS = 3


class IdentifierType(StrEnum):
    """How a structure is identified. Published codes."""

    SIRET = "SIRET"
    UE_HORS_FRANCE = "UE_HORS_FRANCE"
    HORS_UE = "HORS_UE"
    RIDET = "RIDET"
    TAHITI = "TAHITI"
    EN_COURS_IMMATRICULATION = "EN_COURS_IMMATRICULATION"
    PARTICULIER = "PARTICULIER"


def unspaced(text: str) -> str:
    """The text without any kind of space."""
    return _SPACES.sub("", text)


def compact(text: str) -> str:
    """The text without any kind of space, in capitals."""
    return unspaced(text).upper()


def normal(kind: str, text: str) -> str:
    """The form in which an identifier of that type is kept and compared."""
    return _TYPES[kind].normal(text)


def problems_of(kind: str, text: str, path: Path, *, check_luhn: bool = True) -> list[Problem]:
    """Every rule that an identifier of that type breaks."""
    if kind == IdentifierType.SIRET:
        return siret_problems(text, path, check_luhn=check_luhn)
    # Beyond that length the text has no chance, and its beginning is enough to say so.
    return _TYPES[kind].check(text[:_LONGEST_TYPED], path)


def masked(kind: str, identifier: str) -> str:
    """The identifier as others may see it: that of a private person hides who it is."""
    return f"{identifier[:1]}{'*' * 9}" if kind == IdentifierType.PARTICULIER else identifier


def siret_problems(text: str, path: Path, *, check_luhn: bool = True) -> list[Problem]:
    """The rules that a SIRET breaks. Spaces are forgiven; other than ASCII digits are not."""
    digits = unspaced(text) if len(text) <= _LONGEST_TYPED else text
    if not _SIRET.fullmatch(digits):
        return [problem("BDR-ID-001", path, value=text)]
    if not int(digits) or (check_luhn and not _has_siret_key(digits)):
        return [problem("BDR-ID-002", path, value=digits)]
    return []


def siren_problems(text: str, path: Path, *, check_luhn: bool = True) -> list[Problem]:
    """The rules that a SIREN breaks."""
    digits = unspaced(text) if len(text) <= _LONGEST_TYPED else text
    if not _SIREN.fullmatch(digits):
        return [problem("BDR-ID-003", path, value=text)]
    if not int(digits) or (check_luhn and not _has_key(digits)):
        return [problem("BDR-ID-004", path, value=digits)]
    return []


def siren_of(siret: str) -> str:
    """The company of an establishment."""
    return siret[:9]


def vat_number_of(siren: str) -> str:
    """The French VAT number of a company."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def vat_number_problems(text: str, path: Path) -> list[Problem]:
    """The rules that a VAT number of the Union, France included, breaks."""
    number = compact(text) if len(text) <= _LONGEST_TYPED else ""
    if not _VAT_NUMBER.fullmatch(number) or not _is_vat_number(number):
        return [problem("BDR-ID-005", path, value=text)]
    return []


def iban_problems(text: str, path: Path) -> list[Problem]:
    """The rules that an IBAN breaks. It is never repeated in the message."""
    number = compact(text) if len(text) <= _LONGEST_TYPED else ""
    if not number.isascii() or not _passes(iban.validate, number):
        return [problem("BDR-ID-012", path)]
    return []


def bic_problems(text: str, path: Path) -> list[Problem]:
    """The rules that a BIC breaks."""
    code = compact(text) if len(text) <= _LONGEST_TYPED else ""
    if not code.isascii() or not _passes(bic.validate, code):
        return [problem("BDR-ID-013", path, value=text)]
    return []


def service_code_problems(text: str, path: Path) -> list[Problem]:
    """The rules that the code of a service breaks."""
    if not text.strip() or faults(text, SERVICE_CODE_LONGEST):
        return [problem("BDR-ID-014", path, value=text)]
    return []


def commitment_problems(text: str, path: Path) -> list[Problem]:
    """The rules that a commitment number breaks, whatever the recipient."""
    if not text.strip() or faults(text, COMMITMENT_LONGEST):
        return [problem("BDR-ID-015", path, value=text)]
    return []


def commitment_format_problems(pattern: str, path: Path) -> list[Problem]:
    """The rules that the commitment format of a structure breaks."""
    if _format_of(pattern) is None:
        return [problem("BDR-ID-016", path, value=pattern)]
    return []


def has_format(number: str, pattern: str) -> bool:
    """Whether a commitment number has the form asked; a form that cannot be used asks nothing."""
    form = _format_of(pattern)
    return form is None or form.fullmatch(number) is not None


def is_invoice_number(text: str) -> bool:
    """1 to 20 plain letters, digits, hyphens, underscores, slashes or pluses."""
    return _INVOICE_NUMBER.fullmatch(text) is not None


@lru_cache(maxsize=256)
def _format_of(pattern: str) -> re.Pattern[str] | None:
    if len(pattern) > COMMITMENT_FORMAT_LONGEST or not _FORMAT.fullmatch(pattern):
        return None
    # "--" in a set of characters is kept by the language for another meaning.
    if len(_VARIABLE_PARTS.findall(pattern)) > MOST_VARIABLE_PARTS or "--" in pattern:
        return None
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        return None


def _has_siret_key(digits: str) -> bool:
    # La Poste ran out of keys: its establishments only have a digit sum that is a multiple of 5.
    if digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0:
        return True
    return _has_key(digits) and _has_key(digits[:9])


def _has_key(digits: str) -> bool:
    """The algorithm of Luhn, on ASCII digits: a directory is checked by the hundred thousand."""
    doubled = digits[-2::-2].translate(_DOUBLED)
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


def _passes(validate: Callable[[str], str], text: str) -> bool:
    try:
        validate(text)
    except ValidationError:
        return False
    return True


def _is_vat_number(number: str) -> bool:
    return _passes(vat.validate, number)


def _country_of_vat(number: str) -> str:
    return VAT_PREFIXES.get(number[:2], number[:2])


def _other_member_state_problems(text: str, path: Path) -> list[Problem]:
    country = _country_of_vat(compact(text))
    if country == FRANCE or country not in EUROPEAN_UNION:
        return [problem("BDR-ID-006", path, value=text)]
    return vat_number_problems(text, path)


def _outside_union_problems(text: str, path: Path) -> list[Problem]:
    identifier = text.strip()
    country = identifier[:2]
    inside = country in EUROPEAN_UNION or country in FRENCH_WITH_SIRET
    well_formed = _OUTSIDE_UNION.fullmatch(identifier) and not faults(identifier, 18)
    if inside or country not in COUNTRIES or not well_formed:
        return [problem("BDR-ID-007", path, value=text)]
    return []


def _shape(pattern: re.Pattern[str], rule: str, form: Callable[[str], str]) -> _Check:
    def check(text: str, path: Path) -> list[Problem]:
        return [] if pattern.fullmatch(form(text)) else [problem(rule, path, value=text)]

    return check


def _person_problems(text: str, path: Path) -> list[Problem]:
    return [] if _PERSON.fullmatch(compact(text)) else [problem("BDR-ID-011", path)]


_Check = Callable[[str, Path], list[Problem]]


@dataclass(frozen=True, slots=True)
class _Type:
    normal: Callable[[str], str]
    check: _Check


_TYPES: Mapping[str, _Type] = {
    IdentifierType.SIRET: _Type(unspaced, siret_problems),
    IdentifierType.UE_HORS_FRANCE: _Type(compact, _other_member_state_problems),
    IdentifierType.HORS_UE: _Type(str.strip, _outside_union_problems),
    IdentifierType.RIDET: _Type(compact, _shape(_TERRITORY, "BDR-ID-008", compact)),
    IdentifierType.TAHITI: _Type(compact, _shape(_TERRITORY, "BDR-ID-009", compact)),
    IdentifierType.EN_COURS_IMMATRICULATION: _Type(
        str.strip, _shape(_WAITING, "BDR-ID-010", str.strip)
    ),
    IdentifierType.PARTICULIER: _Type(compact, _person_problems),
}
