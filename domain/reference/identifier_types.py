"""The seven ways to identify a structure, with their numbers in flows and in the 2026 reform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.identifiers import IdentifierType
from domain.reference.words import Words

T = IdentifierType


@dataclass(frozen=True, slots=True)
class IdentifierTypeRow:
    """One type of identifier.

    `api_code` is the word of the published API (AUTRE for a structure being registered),
    `flow_code` the number in flows, `reform_scheme` the ICD scheme of XP Z12-012.
    """

    label: Words
    form: Words
    api_code: str
    flow_code: int
    longest: int
    reform_scheme: str | None


IDENTIFIER_TYPES: Mapping[IdentifierType, IdentifierTypeRow] = {
    T.SIRET: IdentifierTypeRow(
        Words("SIRET", "SIRET"),
        Words("14 chiffres, avec clé de contrôle", "14 digits, with a check digit"),
        "SIRET",
        1,
        14,
        "0009",
    ),
    T.UE_HORS_FRANCE: IdentifierTypeRow(
        Words("Structure européenne hors France", "European structure outside France"),
        Words("Numéro de TVA intracommunautaire", "Intra-community VAT number"),
        "UE_HORS_FRANCE",
        2,
        18,
        "0223",
    ),
    T.HORS_UE: IdentifierTypeRow(
        Words("Structure hors Union européenne", "Structure outside the European Union"),
        Words(
            "Code pays puis les 16 premiers caractères de la raison sociale",
            "Country code, then the first 16 characters of the company name",
        ),
        "HORS_UE",
        3,
        18,
        "0227",
    ),
    T.RIDET: IdentifierTypeRow(
        Words("RIDET (Nouvelle-Calédonie)", "RIDET (New Caledonia)"),
        Words("9 ou 10 caractères", "9 or 10 characters"),
        "RIDET",
        4,
        10,
        "0228",
    ),
    T.TAHITI: IdentifierTypeRow(
        Words("Numéro TAHITI (Polynésie française)", "TAHITI number (French Polynesia)"),
        Words("9 ou 10 caractères", "9 or 10 characters"),
        "TAHITI",
        5,
        10,
        "0229",
    ),
    T.EN_COURS_IMMATRICULATION: IdentifierTypeRow(
        Words("Structure en cours d'immatriculation", "Structure being registered"),
        Words(
            "1 à 18 lettres, chiffres ou tirets ; un SIRET le remplacera",
            "1 to 18 letters, digits or hyphens; a SIRET will replace it",
        ),
        "AUTRE",
        6,
        18,
        None,
    ),
    T.PARTICULIER: IdentifierTypeRow(
        Words("Particulier", "Private person"),
        Words(
            "Sexe, année, mois et lieu de naissance (10 chiffres), puis nom et prénom",
            "Sex, year, month and place of birth (10 digits), then last and first names",
        ),
        "PARTICULIER",
        7,
        80,
        "0226",
    ),
}
