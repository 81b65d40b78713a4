"""The terms of a contract as they are proposed, before anything is known about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.contracts.codes import Ccag, ContractNature, ContractRole
from domain.identifiers import unspaced
from domain.text import normal


@dataclass(frozen=True, slots=True, kw_only=True)
class LotDraft:
    """A lot: its number, what it is about, its net amount."""

    number: str | None
    label: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDraft:
    """A role: who plays it; for a subcontractor also for whom, and up to which net amount."""

    role: ContractRole
    identifier: str | None
    service_code: str | None = None
    lot: str | None = None
    principal: str | None = None
    ceiling: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed; amounts are net of VAT."""

    label: str | None
    ccag: Ccag | None = None
    notified_on: date | None = None
    amount: Decimal | None = None
    lots: tuple[LotDraft, ...] = ()
    parties: tuple[PartyDraft, ...] = ()

    def normalised(self) -> Terms:
        """The same in one form: texts composed and trimmed, empty ones absent."""
        return replace(
            self,
            label=normal(self.label),
            lots=tuple(
                replace(lot, number=normal(lot.number), label=normal(lot.label))
                for lot in self.lots
            ),
            parties=tuple(
                replace(
                    party,
                    identifier=_identifier(party.identifier),
                    service_code=normal(party.service_code),
                    lot=normal(party.lot),
                    principal=_identifier(party.principal),
                )
                for party in self.parties
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDraft:
    """A contract as it is proposed."""

    number: str | None
    nature: ContractNature
    terms: Terms


def _identifier(text: str | None) -> str | None:
    kept = normal(text)
    return unspaced(kept) if kept and unspaced(kept).isdecimal() else kept
