"""What every depositor of a claim asks for, before anything is known about it.

The figures, names and places of a claim are written as those of an invoice: `as_invoice` shows
them so, and the rules of invoices on form, sums and structures judge them.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Self, get_args, get_origin, get_type_hints

from domain.identifiers import unspaced
from domain.invoices.draft import Draft, ValidatorRef
from domain.money import plain
from domain.text import normal


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDraft:
    """What all claims have in common. Everything may be missing from a draft but its supplier."""

    supplier_id: str | None = None
    supplier_service_code: str | None = None
    bank_account_id: str | None = None
    number: str | None = None
    issued_on: date | None = None
    external_reference: str | None = None
    recipient_siret: str | None = None
    recipient_service_code: str | None = None
    comment: str | None = None

    @property
    def validator_service_code(self) -> str | None:
        """The service of the recipient that validates: the one addressed, unless told apart."""
        return self.recipient_service_code

    @property
    def amount(self) -> Decimal | None:
        """What is to be paid."""
        raise NotImplementedError

    def as_invoice(self) -> Draft:
        """What an invoice would say in the same fields, for the rules that both obey."""
        shared = {f.name: getattr(self, f.name) for f in fields(ClaimDraft)}
        return Draft(**shared)

    def looked_up(self) -> Draft:
        """What must be looked up: the structures and the services named."""
        validator = ValidatorRef(
            identifier=self.recipient_siret, service_code=self.validator_service_code
        )
        return replace(self.as_invoice(), validator_1=validator)

    def normalised(self) -> Self:
        """The same draft in one form: texts composed and trimmed, empty texts absent, numbers
        without spaces. Doing it again changes nothing.
        """
        texts = _composed(self)
        if self.comment is not None:
            texts["comment"] = normal(self.comment.replace("\r\n", "\n"))
        if self.recipient_siret is not None:
            texts["recipient_siret"] = normal(unspaced(self.recipient_siret))
        return replace(self, **texts)

    def fingerprint(self) -> str:
        """The same for two drafts that say the same, whatever their writing (SHA-256)."""
        said = json.dumps(self.normalised().as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Everything that was given, as JSON values; decimals as text."""
        return {name: _written(value) for name, value in asdict(self).items() if _says(value)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The draft that `as_json` wrote."""
        made: Self = _read(cls, values)
        return made


def _composed(given: Any) -> dict[str, Any]:
    """The texts of a draft or of a line in normal form, and the lines with theirs."""
    found: dict[str, Any] = {}
    for field in fields(given):
        match getattr(given, field.name):
            case StrEnum():
                pass
            case str() as text:
                found[field.name] = normal(text)
            case tuple() as rows:
                found[field.name] = tuple(replace(row, **_composed(row)) for row in rows)
    return found


def _says(value: Any) -> bool:
    return value is not None and value != ()


def _written(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case date():
            return value.isoformat()
        case dict():
            return {name: _written(inner) for name, inner in value.items() if _says(inner)}
        case tuple():
            return [_written(inner) for inner in value]
        case str():
            return str(value)
        case _:
            return value


def _read(type_: Any, value: Any) -> Any:
    """The value of the type that `_written` wrote."""
    if get_origin(type_) is types.UnionType:
        (type_,) = (inner for inner in get_args(type_) if inner is not types.NoneType)
    if get_origin(type_) is tuple:
        return tuple(_read(get_args(type_)[0], inner) for inner in value)
    if is_dataclass(type_) and isinstance(type_, type):
        hints = _hints(type_)
        return type_(**{name: _read(hints[name], inner) for name, inner in value.items()})
    if type_ is date:
        return date.fromisoformat(value)
    return type_(value) if type_ is Decimal or issubclass(type_, StrEnum) else value


_hints = cache(get_type_hints)
