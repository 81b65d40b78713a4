"""Refund requests of energy tax as the API shows and takes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import strawberry

from domain.refunds import queries
from domain.refunds.draft import EnergyProduct, RefundDraft, TaxFamily
from domain.refunds.draft import RefundLine as DraftLine
from domain.refunds.queries import RefundCriteria
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
from schema.reading import CENTS, column, shows, to_many


@shows("refund_line", description="Achat. One line of a refund request.")
class RefundLine:
    number: int = column(description="Numéro. The place of the line, from 1.")
    product: EnergyProduct = column(description="Produit. What was bought.")
    invoice_number: str = column(
        description="Facture d'achat. The number of the supplier's invoice, kept as evidence."
    )
    quantity: Decimal = column(description="Quantité. Up to 4 decimals.")
    unit: str = column(description="Unité. LTR, KGM or MWH, as the product is counted.")
    amount: Decimal = column(
        "amount_cents", CENTS, description="Montant demandé. As declared, for this purchase."
    )


@shows(
    "refund",
    prefix="rfd",
    seen=queries.seen,
    description="Demande de remboursement. What a farm operator asks back of the tax on fuels or"
    " natural gas for one year (frame A21); the tax office validates it before it is paid.",
)
class Refund(Claim):
    farm_number: str | None = column(description="Numéro PACAGE. Nine digits.")
    consumption_year: int | None = column(
        description="Année de consommation. One request for each year and tax."
    )
    family: TaxFamily | None = column(description="Taxe. The tax that is asked back.")
    lines: list[RefundLine] = to_many(
        "refund_id", order=("number",), description="Achats. In the order given; at most 999."
    )
    available_actions: list[AvailableAction] = actions_of(queries.OPENINGS)


@strawberry.input(description="Achat. One line of a refund request.")
class RefundLineInput:
    product: EnergyProduct | None = optional("Produit. What was bought.")
    invoice_number: str | None = optional(
        "Facture d'achat. The number of the supplier's invoice; up to 50 characters."
    )
    quantity: Decimal | None = optional("Quantité. Up to 4 decimals.")
    unit: str | None = optional(
        "Unité. LTR for GNR and FOD, KGM for FL, MWH for GAZ_NATUREL (UN/ECE Recommendation 20)."
    )
    amount: Decimal | None = optional("Montant demandé. For this purchase.")


@strawberry.input(
    description="Demande de remboursement. Everything may be missing from a draft;"
    " `refundValidate` tells what is still needed."
)
class RefundInput(ClaimInput):
    farm_number: str | None = optional("Numéro PACAGE. Nine digits.")
    consumption_year: int | None = optional(
        "Année de consommation. This year or one of the three before it."
    )
    family: TaxFamily | None = optional("Taxe. One request for each.")
    lines: list[RefundLineInput] = strawberry.field(
        default_factory=list, description="Achats. At least one; at most 999."
    )
    total_requested: Decimal | None = optional("Total demandé. The sum of the lines.")

    def draft(self) -> RefundDraft:
        """The same for the domain."""
        values: dict[str, Any] = dict(vars(self))
        values["lines"] = tuple(DraftLine(**vars(line)) for line in self.lines)
        return RefundDraft(**values)


@strawberry.input(description="Enregistrer un brouillon. Only the form is checked.")
class RefundDraftSaveInput(ClaimDraftSave):
    refund: RefundInput = strawberry.field(description="Contenu. Replaces what was saved.")


@strawberry.input(description="Contrôler sans envoyer. Either a content or a saved draft.")
class RefundValidateInput(ClaimValidate):
    refund: RefundInput | None = optional("Contenu. What would be submitted.")


@strawberry.input(description="Envoyer. Either a content or a saved draft.")
class RefundSubmitInput(ClaimSubmit):
    refund: RefundInput | None = optional("Contenu. What to submit.")


@strawberry.input(
    description="Agir sur une demande. Choose among its `availableActions`, which say what to give."
)
class RefundMoveInput(ClaimMove):
    pass


@strawberry.input(
    description="Filtre de demandes. Every criterion given must hold; values of one are"
    " alternatives."
)
class RefundFilter(ClaimFilter):
    farm_number: str | None = optional("Numéro PACAGE. Exactly this one.")
    years: list[int] | None = optional("Années. For one of these years of consumption.")
    families: list[TaxFamily] | None = optional("Taxes. For one of these.")

    def criteria(self) -> RefundCriteria:
        """The same for the domain."""
        return RefundCriteria(
            **self.shared(),
            farm_number=self.farm_number,
            years=self.years or (),
            families=self.families or (),
        )
