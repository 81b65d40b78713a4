"""A refund request of energy tax as the farm operator describes it, before anything is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.claims.draft import ClaimDraft
from domain.reference.words import Words


class TaxFamily(StrEnum):
    """The tax that is asked back."""

    TIC = "TIC"
    TICGN = "TICGN"


class EnergyProduct(StrEnum):
    """What was consumed."""

    GNR = "GNR"
    FOD = "FOD"
    FL = "FL"
    GAZ_NATUREL = "GAZ_NATUREL"


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product: the tax on it, and the unit in which it is counted (UN/ECE Rec. 20)."""

    words: Words
    family: TaxFamily
    unit: str


P, T = EnergyProduct, TaxFamily
# fmt: off
PRODUCTS: Mapping[EnergyProduct, ProductRow] = {
    P.GNR:         ProductRow(Words("Gazole non routier", "Off-road diesel"), T.TIC,   "LTR"),
    P.FOD:         ProductRow(Words("Fioul domestique",   "Heating oil"),     T.TIC,   "LTR"),
    P.FL:          ProductRow(Words("Fioul lourd",        "Heavy fuel oil"),  T.TIC,   "KGM"),
    P.GAZ_NATUREL: ProductRow(Words("Gaz naturel",        "Natural gas"),     T.TICGN, "MWH"),
}
TAX_FAMILIES: Mapping[TaxFamily, Words] = {
    T.TIC:   Words("Taxe sur les carburants (TIC)",   "Tax on fuels (TIC)"),
    T.TICGN: Words("Taxe sur le gaz naturel (TICGN)", "Tax on natural gas (TICGN)"),
}
ENERGY_PRODUCTS: Mapping[EnergyProduct, Words] = {p: row.words for p, row in PRODUCTS.items()}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """What one purchase invoice proves, and the amount asked back for it."""

    product: EnergyProduct | None = None
    invoice_number: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDraft(ClaimDraft):
    """What an operator asks back for one year. The recipient is the tax office."""

    farm_number: str | None = None
    consumption_year: int | None = None
    family: TaxFamily | None = None
    lines: tuple[RefundLine, ...] = ()
    total_requested: Decimal | None = None

    @property
    def amount(self) -> Decimal | None:
        """What is to be paid."""
        return self.total_requested
