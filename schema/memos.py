"""Memos of court costs as the API shows and takes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.memos import queries
from domain.memos.draft import MemoDraft, MissionKind
from domain.memos.draft import MemoLine as DraftLine
from domain.memos.queries import MemoCriteria
from schema.claim_inputs import (
    ClaimDraftSave,
    ClaimFilter,
    ClaimInput,
    ClaimMove,
    ClaimSubmit,
    ClaimValidate,
    optional,
)
from schema.claims import AvailableAction, Claim, actions_of
from schema.reading import CENTS, column, part, shows, to_many


@shows("memo_line", description="Dépense. One line of a memo.")
class MemoLine:
    number: int = column(description="Numéro. The place of the line, from 1.")
    name: str = column(description="Nature de la dépense. What is claimed.")
    quantity: Decimal = column(description="Quantité. Up to 4 decimals.")
    unit_price: Decimal = column(description="Montant unitaire HT. Net price of one unit.")
    vat_rate: Decimal = column(description="Taux de TVA. In percent.")
    net: Decimal = column(
        "net_cents", CENTS, description="Montant HT. Quantity × unit price, half up to cents."
    )


@shows(description="Montants totaux. Exact decimals with two digits; null in a draft without them.")
class MemoTotals:
    net: Decimal | None = column("total_net_cents", CENTS, description="Montant HT.")
    vat: Decimal | None = column("total_vat_cents", CENTS, description="Montant TVA.")
    gross: Decimal | None = column("amount_cents", CENTS, description="Montant TTC. To be paid.")


@shows(
    "memo",
    prefix="mem",
    seen=queries.seen,
    description="Mémoire de frais de justice. What a justice provider claims of a jurisdiction for"
    " one mission (frame A3); its registry certifies it before it is paid.",
)
class Memo(Claim):
    case_number: str | None = column(
        description="Numéro d'affaire. Of the case, or that the public prosecutor gave it."
    )
    mission: MissionKind | None = column(description="Mission. What was asked of the provider.")
    ordered_on: date | None = column(
        description="Date de la réquisition ou de l'ordonnance. When the mission was ordered."
    )
    mission_ended_on: date | None = column(
        description="Fin de la mission. The memo is submitted within one year of it."
    )
    totals: MemoTotals = part(description="Montants totaux.")
    lines: list[MemoLine] = to_many(
        "memo_id", order=("number",), description="Dépenses. In the order given; at most 250."
    )
    available_actions: list[AvailableAction] = actions_of(queries.OPENINGS)


@strawberry.input(description="Dépense. One line of a memo.")
class MemoLineInput:
    name: str | None = optional("Nature de la dépense. Up to 255 characters.")
    quantity: Decimal | None = optional("Quantité. Up to 4 decimals.")
    unit_price: Decimal | None = optional("Montant unitaire HT. Up to 6 decimals.")
    vat_rate: Decimal | None = optional("Taux de TVA. In percent; 0 when no VAT is due.")


@strawberry.input(
    description="Mémoire de frais de justice. Everything may be missing from a draft;"
    " `memoValidate` tells what is still needed. Totals agree with the lines to the cent."
)
class MemoInput(ClaimInput):
    registry_service_code: str | None = optional(
        "Greffe. The service of the jurisdiction that certifies the memo."
    )
    case_number: str | None = optional("Numéro d'affaire. Up to 50 characters.")
    mission: MissionKind | None = optional("Mission. What was asked of you.")
    ordered_on: date | None = optional("Date de la réquisition ou de l'ordonnance.")
    mission_ended_on: date | None = optional(
        "Fin de la mission. A memo is submitted within one year of it."
    )
    lines: list[MemoLineInput] = strawberry.field(
        default_factory=list, description="Dépenses. At least one; at most 250."
    )
    total_net: Decimal | None = optional("Montant HT.")
    total_vat: Decimal | None = optional("Montant TVA.")
    total_gross: Decimal | None = optional("Montant TTC. What is to be paid.")

    def draft(self) -> MemoDraft:
        """The same for the domain."""
        values: dict[str, Any] = dict(vars(self))
        values["lines"] = tuple(DraftLine(**vars(line)) for line in self.lines)
        return MemoDraft(**values)


@strawberry.input(description="Enregistrer un brouillon. Only the form is checked.")
class MemoDraftSaveInput(ClaimDraftSave):
    memo: MemoInput = strawberry.field(description="Contenu. Replaces what was saved.")


@strawberry.input(description="Contrôler sans envoyer. Either a content or a saved draft.")
class MemoValidateInput(ClaimValidate):
    memo: MemoInput | None = optional("Contenu. What would be submitted.")


@strawberry.input(description="Envoyer. Either a content or a saved draft.")
class MemoSubmitInput(ClaimSubmit):
    memo: MemoInput | None = optional("Contenu. What to submit.")


@strawberry.input(
    description="Agir sur un mémoire. Choose among its `availableActions`, which say what to give."
)
class MemoMoveInput(ClaimMove):
    pass


@strawberry.input(
    description="Filtre de mémoires. Every criterion given must hold; values of one are"
    " alternatives."
)
class MemoFilter(ClaimFilter):
    case_number: str | None = optional("Numéro d'affaire. Exactly this one.")
    missions: list[MissionKind] | None = optional("Missions. For one of these.")

    def criteria(self) -> MemoCriteria:
        """The same for the domain."""
        return MemoCriteria(
            **self.shared(), case_number=self.case_number, missions=self.missions or ()
        )
