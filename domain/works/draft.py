"""What someone asks to deposit in a works billing file, before anything is known about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.identifiers import unspaced
from domain.invoices.draft import DraftVat, ValidatorRef
from domain.lifecycle import Party
from domain.money import plain
from domain.reference.currencies import EURO
from domain.reference.frames import Frame
from domain.reference.words import Words
from domain.text import normal, searchable

# A structure named by its identifier, with one of its services.
PartyRef = ValidatorRef


class DeductionKind(StrEnum):
    """Why less is to be paid than was billed."""

    RETENUE_DE_GARANTIE = "RETENUE_DE_GARANTIE"
    AVANCE = "AVANCE"
    PENALITES = "PENALITES"
    ACOMPTES_VERSES = "ACOMPTES_VERSES"
    AUTRE = "AUTRE"


DEDUCTION_KINDS: Mapping[DeductionKind, Words] = {
    DeductionKind.RETENUE_DE_GARANTIE: Words("Retenue de garantie", "Retention money"),
    DeductionKind.AVANCE: Words("Remboursement d'avance", "Repayment of an advance"),
    DeductionKind.PENALITES: Words("Pénalités", "Penalties"),
    DeductionKind.ACOMPTES_VERSES: Words("Acomptes déjà versés", "Instalments already paid"),
    DeductionKind.AUTRE: Words("Autre", "Other"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """An amount, VAT included, taken off the gross total."""

    kind: DeductionKind = DeductionKind.AUTRE
    label: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceDraft:
    """A piece as its depositor describes it. Only the frame and the depositor are sure."""

    frame: Frame
    depositor_id: str | None = None
    previous_id: str | None = None
    replaces_id: str | None = None
    attached_ids: tuple[str, ...] = ()
    number: str | None = None
    issued_on: date | None = None
    currency: str = EURO
    external_reference: str | None = None
    contract_number: str | None = None
    commitment_number: str | None = None
    period_from: date | None = None
    period_to: date | None = None
    comment: str | None = None
    bank_account_id: str | None = None
    holder: PartyRef | None = None
    project_manager: PartyRef | None = None
    contracting_authority: PartyRef | None = None
    finance: PartyRef | None = None
    vat_breakdown: tuple[DraftVat, ...] = ()
    total_net: Decimal | None = None
    total_vat: Decimal | None = None
    total_gross: Decimal | None = None
    deductions: tuple[Deduction, ...] = ()
    amount_to_pay: Decimal | None = None

    def named(self) -> Mapping[Party, PartyRef]:
        """The parties that the draft names."""
        given = {party: getattr(self, name) for party, name in PARTY_FIELDS.items()}
        return {party: ref for party, ref in given.items() if ref is not None}

    def normalised(self) -> PieceDraft:
        """The same draft in one form: texts trimmed, empty ones absent, SIRETs without spaces."""
        texts: dict[str, Any] = {name: normal(getattr(self, name)) for name in _TEXTS}
        parties: dict[str, Any] = {n: _party(getattr(self, n)) for n in PARTY_FIELDS.values()}
        return replace(
            self,
            **texts,
            **parties,
            comment=normal(self.comment and self.comment.replace("\r\n", "\n")),
            currency=self.currency.strip().upper(),
            attached_ids=tuple(dict.fromkeys(self.attached_ids)),
            deductions=tuple(replace(d, label=normal(d.label)) for d in self.deductions),
        )

    def as_json(self) -> dict[str, Any]:
        """Everything that was given, as JSON values; decimals as text."""
        return {name: _json(v) for name, v in asdict(self).items() if v not in (None, ())}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PieceDraft:
        """The draft that `as_json` wrote."""
        read: dict[str, Any] = {
            name: _READERS[name](value) if name in _READERS else value
            for name, value in values.items()
        }
        return cls(**read)

    def fingerprint(self) -> str:
        """The same for two drafts that say the same, whatever their writing (SHA-256)."""
        said = json.dumps(self.normalised().as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()


PARTY_FIELDS: Mapping[Party, str] = {
    Party.HOLDER: "holder",
    Party.PROJECT_MANAGER: "project_manager",
    Party.CONTRACTING_AUTHORITY: "contracting_authority",
    Party.RECIPIENT: "finance",
}
_TEXTS = (
    "depositor_id",
    "previous_id",
    "replaces_id",
    "number",
    "external_reference",
    "contract_number",
    "commitment_number",
    "bank_account_id",
)


def _party(ref: PartyRef | None) -> PartyRef | None:
    if ref is None:
        return None
    identifier, service = normal(ref.identifier), normal(ref.service_code)
    if identifier and unspaced(identifier).isdecimal():
        identifier = unspaced(identifier)
    return PartyRef(identifier=identifier, service_code=service) if identifier or service else None


def searchable_party(ref: PartyRef) -> PartyRef:
    """The same reference, asking only for what could exist."""
    return PartyRef(
        identifier=searchable(ref.identifier), service_code=searchable(ref.service_code)
    )


def _json(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case date():
            return value.isoformat()
        case dict():
            return {name: _json(v) for name, v in value.items() if v is not None}
        case tuple() | list():
            return [_json(row) for row in value]
        case str():
            return str(value)
        case _:
            return value


def _rows(make: Callable[..., Any], readers: Mapping[str, Callable[[Any], Any]]) -> Any:
    def read(rows: list[dict[str, Any]]) -> tuple[Any, ...]:
        return tuple(
            make(**{name: readers.get(name, str)(v) for name, v in row.items()}) for row in rows
        )

    return read


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "frame": Frame,
    "issued_on": date.fromisoformat,
    "period_from": date.fromisoformat,
    "period_to": date.fromisoformat,
    "attached_ids": tuple,
    "holder": lambda v: PartyRef(**v),
    "project_manager": lambda v: PartyRef(**v),
    "contracting_authority": lambda v: PartyRef(**v),
    "finance": lambda v: PartyRef(**v),
    "vat_breakdown": _rows(DraftVat, dict.fromkeys(("rate", "base", "amount"), Decimal)),
    "deductions": _rows(Deduction, {"kind": DeductionKind, "amount": Decimal}),
    "total_net": Decimal,
    "total_vat": Decimal,
    "total_gross": Decimal,
    "amount_to_pay": Decimal,
}
