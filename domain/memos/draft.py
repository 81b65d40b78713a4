"""A memo of court costs as its provider describes it, before anything is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.claims.draft import ClaimDraft
from domain.invoices.draft import Draft, DraftLine
from domain.reference.words import Words


class MissionKind(StrEnum):
    """What a jurisdiction asked of a provider."""

    EXPERTISE = "EXPERTISE"
    EXPERTISE_MEDICALE = "EXPERTISE_MEDICALE"
    INTERPRETARIAT = "INTERPRETARIAT"
    TRADUCTION = "TRADUCTION"
    ENQUETE_SOCIALE = "ENQUETE_SOCIALE"
    MEDIATION = "MEDIATION"
    SIGNIFICATION = "SIGNIFICATION"
    REQUISITION_TECHNIQUE = "REQUISITION_TECHNIQUE"
    GARDE_SCELLES = "GARDE_SCELLES"
    AUTRE = "AUTRE"


M = MissionKind
MISSION_KINDS: Mapping[MissionKind, Words] = {
    M.EXPERTISE: Words("Expertise", "Expert report"),
    M.EXPERTISE_MEDICALE: Words("Expertise médicale", "Medical expert report"),
    M.INTERPRETARIAT: Words("Interprétariat", "Interpreting"),
    M.TRADUCTION: Words("Traduction", "Translation"),
    M.ENQUETE_SOCIALE: Words("Enquête sociale", "Social inquiry"),
    M.MEDIATION: Words("Médiation", "Mediation"),
    M.SIGNIFICATION: Words("Signification par commissaire de justice", "Service of documents"),
    M.REQUISITION_TECHNIQUE: Words("Réquisition technique", "Technical requisition"),
    M.GARDE_SCELLES: Words("Garde de scellés", "Keeping of exhibits"),
    M.AUTRE: Words("Autre mission", "Another mission"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoLine:
    """One expense: its nature, how much of it, at which net price and VAT rate."""

    name: str | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    vat_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoDraft(ClaimDraft):
    """What a provider claims for one mission. The recipient is the jurisdiction."""

    registry_service_code: str | None = None
    case_number: str | None = None
    mission: MissionKind | None = None
    ordered_on: date | None = None
    mission_ended_on: date | None = None
    lines: tuple[MemoLine, ...] = ()
    total_net: Decimal | None = None
    total_vat: Decimal | None = None
    total_gross: Decimal | None = None

    @property
    def validator_service_code(self) -> str | None:
        """The registry: a service of its own, not the one that pays."""
        return self.registry_service_code

    @property
    def amount(self) -> Decimal | None:
        """What is to be paid."""
        return self.total_gross

    def as_invoice(self) -> Draft:
        """The figures too are written as those of an invoice."""
        lines = (
            DraftLine(
                number=n,
                name=line.name,
                quantity=line.quantity,
                unit_price=line.unit_price,
                vat_rate=line.vat_rate,
            )
            for n, line in enumerate(self.lines, start=1)
        )
        return replace(
            ClaimDraft.as_invoice(self),
            lines=tuple(lines),
            total_net=self.total_net,
            total_vat=self.total_vat,
            total_gross=self.total_gross,
        )
