"""Identifiers: what is accepted, what is refused, and by which rule."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identifiers import (
    IdentifierType as T,
)
from domain.identifiers import (
    bic_problems,
    commitment_format_problems,
    commitment_problems,
    has_format,
    iban_problems,
    is_invoice_number,
    masked,
    normal,
    problems_of,
    service_code_problems,
    siren_of,
    siren_problems,
    siret_problems,
    vat_number_of,
    vat_number_problems,
)

VECTORS = Path(__file__).parent.parent / "data" / "siret_vectors.csv"
AT = ("structure", "identifier")


def _rules(problems: list) -> list[str]:
    return [p.rule for p in problems]


def _vectors() -> list[tuple[str, bool]]:
    with VECTORS.open(encoding="utf-8", newline="") as file:
        return [(row["siret"], row["valide"] == "1") for row in csv.DictReader(file)]


@pytest.mark.parametrize(("siret", "is_valid"), _vectors())
def test_every_known_siret_is_judged_as_published(siret: str, is_valid: bool) -> None:
    assert (siret_problems(siret, AT) == []) is is_valid


@pytest.mark.parametrize(
    ("siret", "rule"),
    [
        ("2142021860001", "BDR-ID-001"),
        ("", "BDR-ID-001"),
        ("２１４２０２１８６０００１８", "BDR-ID-001"),
        ("٢١٤٢٠٢١٨٦٠٠٠١٨", "BDR-ID-001"),
        ("2" * 10_000_000, "BDR-ID-001"),
        ("21420218600019", "BDR-ID-002"),
        ("00000000000000", "BDR-ID-002"),
    ],
)
def test_a_wrong_siret_names_its_rule_and_its_place(siret: str, rule: str) -> None:
    (found,) = siret_problems(siret, AT)

    assert (found.rule, found.path) == (rule, AT)
    assert len(found.fr) < 300


def test_a_site_may_do_without_the_key_of_siret_numbers() -> None:
    assert siret_problems("21420218600019", AT, check_luhn=False) == []
    assert _rules(siret_problems("00000000000000", AT, check_luhn=False)) == ["BDR-ID-002"]


def test_a_siret_is_kept_without_its_spaces() -> None:
    assert normal(T.SIRET, "214 202 186\u00a000018") == "21420218600018"
    assert siren_of("21420218600018") == "214202186"


@pytest.mark.parametrize(
    ("siren", "rules"),
    [
        ("214202186", []),
        ("214 202 186", []),
        ("356000000", []),
        ("214202187", ["BDR-ID-004"]),
        ("000000000", ["BDR-ID-004"]),
        ("21420218", ["BDR-ID-003"]),
        ("", ["BDR-ID-003"]),
    ],
)
def test_a_siren_has_nine_digits_and_a_key(siren: str, rules: list[str]) -> None:
    assert _rules(siren_problems(siren, AT)) == rules


@pytest.mark.parametrize(
    ("kind", "identifier", "rules"),
    [
        (T.SIRET, "21420218600018", []),
        (T.SIRET, "21420218600019", ["BDR-ID-002"]),
        (T.UE_HORS_FRANCE, "BE 0403.170.701", []),
        (T.UE_HORS_FRANCE, "DE136695976", []),
        (T.UE_HORS_FRANCE, "EL094259216", []),
        (T.UE_HORS_FRANCE, "DE136695977", ["BDR-ID-005"]),
        (T.UE_HORS_FRANCE, "FR39356000000", ["BDR-ID-006"]),
        (T.UE_HORS_FRANCE, "CH123456789", ["BDR-ID-006"]),
        (T.UE_HORS_FRANCE, "", ["BDR-ID-006"]),
        (T.HORS_UE, "CHNESTLE", []),
        (T.HORS_UE, "WFSOCIETE DE WALLI", []),
        (T.HORS_UE, "CH", ["BDR-ID-007"]),
        (T.HORS_UE, "CHNOM BEAUCOUP TROP LONG", ["BDR-ID-007"]),
        (T.HORS_UE, "DENOM", ["BDR-ID-007"]),
        (T.HORS_UE, "FRNOM", ["BDR-ID-007"]),
        (T.HORS_UE, "ZZNOM", ["BDR-ID-007"]),
        (T.HORS_UE, "CHNOM\u202e", ["BDR-ID-007"]),
        (T.RIDET, "1234567890", []),
        (T.RIDET, "123456789", []),
        (T.RIDET, "12345678", ["BDR-ID-008"]),
        (T.TAHITI, "A12345678", []),
        (T.TAHITI, "A123456", ["BDR-ID-009"]),
        (T.EN_COURS_IMMATRICULATION, "dossier-2026-001", []),
        (T.EN_COURS_IMMATRICULATION, "dossier n° 1", ["BDR-ID-010"]),
        (T.EN_COURS_IMMATRICULATION, "a" * 19, ["BDR-ID-010"]),
        (T.PARTICULIER, "1850175056DUPONTJEAN", []),
        (T.PARTICULIER, "3850175056DUPONTJEAN", ["BDR-ID-011"]),
        (T.PARTICULIER, "1851375056DUPONTJEAN", ["BDR-ID-011"]),
        (T.PARTICULIER, "1850175056", ["BDR-ID-011"]),
    ],
)
def test_each_type_of_identifier_has_its_form(kind: T, identifier: str, rules: list[str]) -> None:
    assert _rules(problems_of(kind, identifier, AT)) == rules


@pytest.mark.parametrize("kind", list(T))
@pytest.mark.parametrize("text", ["\x00", "x" * 1_000_000, "\u202e", "\ud800", "  ", "🧾"])
def test_no_type_of_identifier_accepts_hostile_text(kind: T, text: str) -> None:
    assert len(problems_of(kind, text, AT)) == 1


def test_a_private_person_is_neither_repeated_nor_shown() -> None:
    (found,) = problems_of(T.PARTICULIER, "1851375056DUPONTJEAN", AT)

    assert "DUPONT" not in found.fr + found.en + str(dict(found.params))
    assert masked(T.PARTICULIER, "1850175056DUPONTJEAN") == "1*********"
    assert masked(T.SIRET, "21420218600018") == "21420218600018"


@pytest.mark.parametrize("siren", ["214202186", "356000000", "110002011"])
def test_the_vat_number_of_a_french_company_follows_from_its_siren(siren: str) -> None:
    assert vat_number_problems(vat_number_of(siren), AT) == []


@pytest.mark.parametrize("number", ["FR01214202186", "XX123", "", "FR", "FR" + "1" * 40, "ＦＲ39"])
def test_a_wrong_vat_number_is_refused(number: str) -> None:
    assert _rules(vat_number_problems(number, AT)) == ["BDR-ID-005"]


@pytest.mark.parametrize(
    ("iban", "is_valid"),
    [
        ("FR76 3000 6000 0112 3456 7890 189", True),
        ("fr7630006000011234567890189", True),
        ("DE89370400440532013000", True),
        ("FR7630006000011234567890188", False),
        ("FR76300060000112345678901", False),
        ("ZZ8937040044053201300", False),
        ("", False),
        ("FR76３0006000011234567890189", False),
    ],
)
def test_an_iban_has_the_length_of_its_country_and_a_key(iban: str, is_valid: bool) -> None:
    found = iban_problems(iban, AT)

    assert (found == []) is is_valid
    assert all(not p.params for p in found), "bank details stay out of messages"


@pytest.mark.parametrize(
    ("bic", "is_valid"),
    [
        ("AGRIFRPP", True),
        ("AGRIFRPP882", True),
        ("AGRIFRP", False),
        ("", False),
        ("1GRIFRPP", False),
    ],
)
def test_a_bic_has_eight_or_eleven_characters(bic: str, is_valid: bool) -> None:
    assert (bic_problems(bic, AT) == []) is is_valid


@pytest.mark.parametrize("code", ["", "   ", "A\nB", "A\x00", "x" * 101, "A\u202eB"])
def test_a_service_code_is_short_and_readable(code: str) -> None:
    assert _rules(service_code_problems(code, AT)) == ["BDR-ID-014"]
    assert service_code_problems("FACTURES_PUBLIQUES", AT) == []


@pytest.mark.parametrize("number", ["", " ", "x" * 51, "1\x00"])
def test_a_commitment_number_is_short_and_readable(number: str) -> None:
    assert _rules(commitment_problems(number, AT)) == ["BDR-ID-015"]
    assert commitment_problems("4500012345", AT) == []


@pytest.mark.parametrize(
    ("pattern", "number", "fits"),
    [
        ("^[0-9]{7}$", "1234567", True),
        ("^[0-9]{7}$", "12345678", False),
        ("^[0-9]{7}$", "123 4567", False),
        (r"\d{4}-[A-Z]{2}", "2026-AB", True),
        (r"\d{4}-[A-Z]{2}", "٢٠٢٦-AB", False),
        ("45[0-9]+", "4500012345", True),
    ],
)
def test_a_commitment_number_follows_the_format_of_its_recipient(
    pattern: str, number: str, fits: bool
) -> None:
    assert commitment_format_problems(pattern, AT) == []
    assert has_format(number, pattern) is fits


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "a|b",
        "[0-9",
        "",
        "a*b*c*d*",
        r"\1",
        "[z-a]",
        "x" * 101,
        "(?=a)",
        "a{2}{3}",
        "[a--b]",
    ],
)
def test_a_commitment_format_that_could_be_slow_or_wrong_is_refused(pattern: str) -> None:
    assert _rules(commitment_format_problems(pattern, AT)) == ["BDR-ID-016"]


@given(st.text(max_size=60))
def test_no_text_breaks_the_judgement_of_commitment_formats(pattern: str) -> None:
    assert commitment_format_problems(pattern, AT) or has_format("", pattern) in (True, False)


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [
        ("F2026-001", True),
        ("2026/03_7+b", True),
        ("A" * 20, True),
        ("A" * 21, False),
        ("", False),
        ("F 1", False),
        ("É1", False),
        ("F1\n", False),
        ("F.1", False),
    ],
)
def test_an_invoice_number_is_made_of_plain_characters(number: str, is_valid: bool) -> None:
    assert is_invoice_number(number) is is_valid
