"""What a supplier asks to deposit, before anything is known about it.

Everything is optional but what has an obvious default: a draft may be saved unfinished. Names are
those of the API in Python spelling; amounts are exact decimals, identifiers as given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from domain.identifiers import unspaced
from domain.money import ZERO, plain
from domain.reference.currencies import EURO
from domain.reference.deposits import DepositMode
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.vat import VatType
from domain.text import normal, searchable


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorRef:
    """The structure asked to validate, by its identifier, and its service."""

    identifier: str | None = None
    service_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """One line: what was sold, how much of it, at which net price and VAT rate."""

    number: int | None = None
    reference: str | None = None
    name: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    vat_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftVat:
    """The net base and the VAT at one rate."""

    rate: Decimal | None = None
    base: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An invoice or a credit note as its supplier describes it."""

    supplier_id: str | None = None
    supplier_service_code: str | None = None
    bank_account_id: str | None = None
    number: str | None = None
    issued_on: date | None = None
    type: InvoiceType = InvoiceType.FACTURE
    frame: Frame = Frame.A1
    deposit_mode: DepositMode = DepositMode.SAISIE_API
    currency: str = EURO
    recipient_siret: str | None = None
    recipient_service_code: str | None = None
    commitment_number: str | None = None
    contract_number: str | None = None
    vat_type: VatType | None = None
    vat_exemption_reason: str | None = None
    payment_mode: PaymentMode | None = None
    original_invoice_number: str | None = None
    comment: str | None = None
    external_reference: str | None = None
    validator_1: ValidatorRef | None = None
    validator_2: ValidatorRef | None = None
    lines: tuple[DraftLine, ...] = ()
    vat_breakdown: tuple[DraftVat, ...] = ()
    total_net: Decimal | None = None
    total_vat: Decimal | None = None
    total_gross: Decimal | None = None
    global_discount: Decimal | None = None
    global_discount_reason: str | None = None
    total_gross_after_discount: Decimal | None = None
    amount_to_pay: Decimal | None = None

    @property
    def is_credit_note(self) -> bool:
        return self.type == InvoiceType.AVOIR

    @property
    def discount(self) -> Decimal:
        """The global discount, none when not given."""
        return self.global_discount or ZERO

    @property
    def gross_after_discount(self) -> Decimal | None:
        """The gross total after discount, deduced when not given."""
        if self.total_gross_after_discount is not None or self.total_gross is None:
            return self.total_gross_after_discount
        return self.total_gross - self.discount

    def normalised(self) -> Draft:
        """The same draft in one form: texts composed and trimmed, empty texts absent, SIRET
        without spaces, lines numbered in their order. Doing it again changes nothing.
        """
        texts: dict[str, Any] = {name: normal(getattr(self, name)) for name in _TEXTS}
        return replace(
            self,
            **texts,
            comment=normal(self.comment and self.comment.replace("\r\n", "\n")),
            currency=self.currency.strip().upper(),
            recipient_siret=_identifier(self.recipient_siret),
            validator_1=_validator(self.validator_1),
            validator_2=_validator(self.validator_2),
            lines=tuple(_line(line, n) for n, line in enumerate(self.lines, start=1)),
        )

    def searchable(self) -> Draft:
        """The same draft, asking only for what could exist: no database is asked for a NUL."""
        names: dict[str, Any] = {name: searchable(getattr(self, name)) for name in _LOOKED_UP}
        return replace(
            self,
            **names,
            validator_1=_searchable_validator(self.validator_1),
            validator_2=_searchable_validator(self.validator_2),
        )

    def fingerprint(self) -> str:
        """The same for two drafts that say the same, whatever their writing (SHA-256)."""
        said = json.dumps(self.normalised().as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Everything that was given, as JSON values; decimals as text."""
        return _as_json(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Draft:
        """The draft that `as_json` wrote."""
        return cls(**_read(values, _DRAFT_READERS))


_TEXTS = (
    "supplier_id",
    "supplier_service_code",
    "bank_account_id",
    "number",
    "recipient_service_code",
    "commitment_number",
    "contract_number",
    "vat_exemption_reason",
    "original_invoice_number",
    "external_reference",
    "global_discount_reason",
)

# What the draft names of the things that a database knows.
_LOOKED_UP = (
    "supplier_id",
    "supplier_service_code",
    "bank_account_id",
    "number",
    "recipient_siret",
    "recipient_service_code",
    "contract_number",
    "original_invoice_number",
    "external_reference",
)


def _identifier(text: str | None) -> str | None:
    return normal(unspaced(text)) if text is not None else None


def _validator(given: ValidatorRef | None) -> ValidatorRef | None:
    if given is None:
        return None
    kept = ValidatorRef(
        identifier=normal(given.identifier), service_code=normal(given.service_code)
    )
    if kept.identifier and unspaced(kept.identifier).isdecimal():
        kept = replace(kept, identifier=unspaced(kept.identifier))
    return kept if kept.identifier or kept.service_code else None


def _searchable_validator(given: ValidatorRef | None) -> ValidatorRef | None:
    if given is None:
        return None
    return ValidatorRef(
        identifier=searchable(given.identifier), service_code=searchable(given.service_code)
    )


def _line(line: DraftLine, position: int) -> DraftLine:
    return replace(
        line,
        number=position if line.number is None else line.number,
        reference=normal(line.reference),
        name=normal(line.name),
        unit=normal(line.unit),
    )


def _as_json(given: Draft | DraftLine | DraftVat | ValidatorRef) -> dict[str, Any]:
    values = {f.name: getattr(given, f.name) for f in fields(given)}
    return {name: _json_value(v) for name, v in values.items() if v is not None and v != ()}


def _json_value(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case date():
            return value.isoformat()
        case tuple():
            return [_as_json(row) for row in value]
        case Draft() | DraftLine() | DraftVat() | ValidatorRef():
            return _as_json(value)
        case str():
            return str(value)
        case _:
            return value


_Readers = Mapping[str, Callable[[Any], Any]]


def _read(values: Mapping[str, Any], readers: _Readers) -> dict[str, Any]:
    return {name: readers[name](v) if name in readers else v for name, v in values.items()}


def _validator_of(values: Mapping[str, Any]) -> ValidatorRef:
    return ValidatorRef(**values)


_LINE_READERS: _Readers = dict.fromkeys(("quantity", "unit_price", "discount", "vat_rate"), Decimal)
_VAT_READERS: _Readers = dict.fromkeys(("rate", "base", "amount"), Decimal)
_DRAFT_READERS: _Readers = {
    "issued_on": date.fromisoformat,
    "type": InvoiceType,
    "frame": Frame,
    "deposit_mode": DepositMode,
    "vat_type": VatType,
    "payment_mode": PaymentMode,
    "validator_1": _validator_of,
    "validator_2": _validator_of,
    "lines": lambda rows: tuple(DraftLine(**_read(row, _LINE_READERS)) for row in rows),
    "vat_breakdown": lambda rows: tuple(DraftVat(**_read(row, _VAT_READERS)) for row in rows),
    "total_net": Decimal,
    "total_vat": Decimal,
    "total_gross": Decimal,
    "global_discount": Decimal,
    "total_gross_after_discount": Decimal,
    "amount_to_pay": Decimal,
}
