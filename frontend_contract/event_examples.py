"""An example of every body, made from its schema, so that it cannot contradict it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

# By name, where any text would do: what one would really find there.
_TEXTS: Mapping[str, str] = {
    "name": "Ville de Saint-Étienne",
    "memberName": "Camille Durand",
    "formerMemberName": "Dominique Martin",
    "number": "F2026-0042",
    "identifier": "21420218400018",
    "currency": "EUR",
    "serviceCode": "VOIRIE",
    "code": "VOIRIE",
    "url": "https://erp.example.fr/bordereau",
    "description": "ERP de production",
    "comment": "Le bon de livraison manque.",
    "label": "Justificatif absent",
    "cursor": "2yYv8mJ0c1qk3AAAAAEAAAAAAAAAKg",
    "eventCursor": "2yYv8mJ0c1qk3AAAAAEAAAAAAAAAKg",
    "eventType": "invoice.status_changed",
    "application": "Mon ERP",
    "file": "annuaire.csv",
    "issuer": "https://idp.example.fr",
    "commitmentNumber": "EJ20260001",
    "contractNumber": "M2026-07",
    "originalInvoiceNumber": "F2026-0031",
    "externalReference": "erp-4711",
    "caseNumber": "24/01234",
    "from": "2026-11-01",
    "to": "2026-11-20",
    "clientId": "cli_01k9z3q5w7x8y2a4b6c8d0e2f4",
    "clientName": "Mon ERP",
    "scopes": "invoice:read_issued",
    "subject": "inv_01k9z3q5w7x8y2a4b6c8d0e2f4",
    "version": "2026-11",
    "message": "Cannot query field 'colour' on type 'Invoice'.",
    "factorName": "Affacturage de l'Ouest",
    "lastError": "TIMEOUT",
}
_UNIQUE = "01k9z3q5w7x8y2a4b6c8d0e2f4"
_TEXT_OF_PATTERN: Mapping[str, str] = {
    "^[0-9]{14}$": "21420218400018",
    "^[0-9]{9}$": "042001234",
    "^[0-9A-Z]{4}$": "0185",
    "^[0-9a-f]{64}$": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    r"^-?[0-9]+\.[0-9]{2}$": "1240.50",
    "^CERT(-[0-9A-Z]{4}){4}$": "CERT-7K2M-Q9XA-04TB-H8WD",
    "^[0-9A-Za-z_-]+$": "2yYv8mJ0c1qk3AAAAAEAAAAAAAAAKg",
}
_TEXT_OF_FORMAT = {"date": "2026-11-20", "date-time": "2026-11-20T09:15:22.123Z"}


def example_of(schema: Schema, name: str = "") -> Any:
    """A value that the schema admits.

    Raises:
        KeyError: a pattern has no example here: give it one.
    """
    for keyword in ("const", "enum", "examples", "anyOf"):
        if keyword in schema:
            value = schema[keyword]
            first = value if keyword == "const" else value[0]
            return example_of(first, name) if keyword == "anyOf" else first
    match schema.get("type"):
        case "object":
            return {key: example_of(inner, key) for key, inner in _properties(schema)}
        case "array":
            return [example_of(schema["items"], name)] if "items" in schema else []
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
    return _text(schema, name)


def _properties(schema: Schema) -> list[tuple[str, Schema]]:
    return list(schema.get("properties", {}).items())


def _text(schema: Schema, name: str) -> str:
    if schema.get("format") in _TEXT_OF_FORMAT:
        return _TEXT_OF_FORMAT[schema["format"]]
    pattern = schema.get("pattern")
    if pattern is None:
        return _TEXTS.get(name, "texte")
    if pattern.startswith("^("):
        return f"{pattern[2:].split(')')[0].split('|')[0]}_{_UNIQUE}"
    return _TEXT_OF_PATTERN[pattern]


def text_of(schema: Schema) -> str:
    """A schema as it is published."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
