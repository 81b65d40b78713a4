"""Pieces of works billing files as the API takes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.documents import Given, Routing
from domain.invoices.draft import DraftVat
from domain.lifecycle import Party
from domain.reference.frames import Frame, WorksStage
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus
from domain.works.draft import Deduction, DeductionKind, PartyRef, PieceDraft
from domain.works.lifecycle import WorksAction
from domain.works.queries import BillingFileCriteria, WorksPieceCriteria
from schema.invoice_inputs import KEY, VERSION, InvoiceVatInput, RoutingInput, ValidatorInput


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="Acteur d'un dossier. A structure named by its identifier.")
class WorksPartyInput:
    identifier: str | None = _optional("Identifiant. Its SIRET or other official identifier.")
    service_code: str | None = _optional("Service. One of its services, if it works by one.")

    def ref(self) -> PartyRef:
        """The same for the domain."""
        return PartyRef(identifier=self.identifier, service_code=self.service_code)


@strawberry.input(description="Retenue. An amount, VAT included, taken off the gross total.")
class WorksDeductionInput:
    kind: DeductionKind = strawberry.field(
        default=DeductionKind.AUTRE, description="Nature. Why it is taken off."
    )
    label: str | None = _optional("Libellé. In your words; up to 100 characters.")
    amount: Decimal | None = _optional("Montant. Without a sign, to the cent.")


@strawberry.input(
    description="Pièce de facturation de travaux. It opens a file, or follows a piece of one"
    " (`previousId`). A piece that follows inherits the actors, contract and period of the file;"
    " one that opens a file names every actor that comes after it."
)
class WorksPieceInput:
    frame: Frame = strawberry.field(
        description="Cadre de facturation. A4 to A8, A10, A11, A13 to A20, A22 to A25."
    )
    depositor_id: strawberry.ID | None = _optional("Déposant. Your structure; always needed.")
    previous_id: strawberry.ID | None = _optional("Pièce précédente. The piece that it follows.")
    replaces_id: strawberry.ID | None = _optional(
        "Pièce refaite. Your refused piece that it does again, in the same file."
    )
    attached_requests: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Demandes jointes. The validated requests of your subcontractors that it"
        " carries to payment; at most 50.",
    )
    number: str | None = _optional(
        "Numéro. 1 to 20 letters, digits, `-`, `_`, `/` or `+`. Advised: the holder's number,"
        " followed by -EA or -EAV."
    )
    issued_on: date | None = _optional("Date de la pièce.")
    currency: str = strawberry.field(default="EUR", description="Devise. ISO 4217.")
    external_reference: str | None = _optional("Référence externe. Your own key, unique.")
    contract_number: str | None = _optional("Numéro de marché. Up to 50 characters.")
    commitment_number: str | None = _optional("Numéro d'engagement. Up to 50 characters.")
    period_from: date | None = _optional("Début de période. Of the works billed.")
    period_to: date | None = _optional("Fin de période. Of the works billed.")
    comment: str | None = _optional(
        "Commentaire. Up to 2,000 characters; needed when the amount differs from the piece"
        " before: a correction is explained."
    )
    bank_account_id: strawberry.ID | None = _optional("Références bancaires. One on file.")
    holder: WorksPartyInput | None = _optional(
        "Titulaire. Or the agent of the group; not needed when it deposits."
    )
    project_manager: WorksPartyInput | None = _optional("Maîtrise d'œuvre (MOE).")
    contracting_authority: WorksPartyInput | None = _optional("Maîtrise d'ouvrage (MOA).")
    finance: WorksPartyInput | None = _optional(
        "Service financier. The contracting authority itself when absent."
    )
    vat_breakdown: list[InvoiceVatInput] = strawberry.field(
        default_factory=list, description="Détail de TVA. Optional; agrees with the totals."
    )
    total_net: Decimal | None = _optional("Montant HT.")
    total_vat: Decimal | None = _optional("Montant TVA.")
    total_gross: Decimal | None = _optional("Montant TTC. Net plus VAT.")
    deductions: list[WorksDeductionInput] = strawberry.field(
        default_factory=list, description="Retenues. Retention money, advance, penalties…"
    )
    amount_to_pay: Decimal | None = _optional("Net à payer. The gross total less deductions.")

    def draft(self) -> PieceDraft:
        """The same for the domain."""
        values = dict(vars(self))
        values["attached_ids"] = tuple(values.pop("attached_requests"))
        for name in ("holder", "project_manager", "contracting_authority", "finance"):
            values[name] = (v := values[name]) and v.ref()
        values["vat_breakdown"] = tuple(DraftVat(**vars(row)) for row in self.vat_breakdown)
        values["deductions"] = tuple(Deduction(**vars(row)) for row in self.deductions)
        return PieceDraft(**values)


@strawberry.input(description="Enregistrer un brouillon de pièce. Only the form is checked.")
class WorksPieceDraftSaveInput:
    piece: WorksPieceInput = strawberry.field(description="Contenu. Replaces what was saved.")
    idempotency_key: str = strawberry.field(description=KEY)
    draft: strawberry.ID | None = _optional("Brouillon. The draft to replace; a new one if absent.")
    expected_version: int | None = _optional(VERSION)


@strawberry.input(description="Contrôler une pièce sans la déposer. A content or a saved draft.")
class WorksPieceValidateInput:
    piece: WorksPieceInput | None = _optional("Contenu. What would be submitted.")
    draft: strawberry.ID | None = _optional("Brouillon. A saved draft.")


@strawberry.input(description="Déposer une pièce. Either a content or a saved draft.")
class WorksPieceSubmitInput:
    idempotency_key: str = strawberry.field(description=KEY)
    piece: WorksPieceInput | None = _optional("Contenu. What to deposit.")
    draft: strawberry.ID | None = _optional("Brouillon. The saved draft to deposit.")
    expected_version: int | None = _optional(VERSION)


@strawberry.input(
    description="Agir sur une pièce. Choose among its `availableActions`, which say what to give."
)
class WorksPieceMoveInput:
    id: strawberry.ID = strawberry.field(description="Pièce. The piece to act on.")
    action: WorksAction = strawberry.field(description="Action. What to do.")
    idempotency_key: str = strawberry.field(description=KEY)
    reason: Reason | None = _optional("Motif. For a refusal, a suspension or a rejection.")
    comment: str | None = _optional("Commentaire. Up to 2,000 characters, shown to all parties.")
    routing: RoutingInput | None = _optional(
        "Acheminement. With CORRECT_PARTY and REROUTE: the right actor, its service or the right"
        " commitment."
    )
    validator: ValidatorInput | None = _optional("Valideur. With CORRECT_VALIDATOR.")
    payment_order_number: str | None = _optional("Numéro de mandat. With ORDER_PAYMENT or PAY.")
    expected_version: int | None = _optional(VERSION)

    def given(self) -> Given:
        """The same for the domain."""
        asked = self.routing
        routing = asked and Routing(
            asked.recipient_siret, asked.recipient_service_code, asked.commitment_number
        )
        return Given(
            reason=self.reason and self.reason.value,
            comment=self.comment,
            routing=routing or None,
            validator=self.validator and self.validator.ref(),
            payment_order_number=self.payment_order_number,
            expected_version=self.expected_version,
        )


@strawberry.input(
    description="Filtre de pièces. Every criterion given must hold; values of one are alternatives."
)
class WorksPieceFilter:
    parties: list[Party] | None = _optional("Parties. What your structures are in the piece.")
    structures: list[strawberry.ID] | None = _optional("Structures. Of yours, only these.")
    statuses: list[InvoiceStatus] | None = _optional("Statuts. In one of these statuses.")
    frames: list[Frame] | None = _optional("Cadres. In one of these billing frames.")
    stages: list[WorksStage] | None = _optional("Moments. In progress, at the end, tacit.")
    file_id: strawberry.ID | None = _optional("Dossier. The pieces of this file.")
    number: str | None = _optional("Numéro. Exactly this one.")
    contract_number: str | None = _optional("Numéro de marché. Exactly this one.")
    external_reference: str | None = _optional("Référence externe. Exactly this one.")
    issued_from: date | None = _optional("Datée du. From this day on.")
    issued_to: date | None = _optional("Datée au. Until this day.")
    is_unattached: bool | None = _optional(
        "À joindre. Validated requests of subcontractors that no piece carries to payment yet."
    )
    awaiting: list[strawberry.ID] | None = _optional(
        "En attente de. Pieces that wait for one of these structures: a work list."
    )

    def criteria(self) -> WorksPieceCriteria:
        """The same for the domain."""
        return WorksPieceCriteria(
            parties=self.parties or (),
            structures=self.structures or (),
            statuses=self.statuses or (),
            frames=self.frames or (),
            stages=self.stages or (),
            file_id=self.file_id,
            number=self.number,
            contract_number=self.contract_number,
            external_reference=self.external_reference,
            issued_from=self.issued_from,
            issued_to=self.issued_to,
            is_unattached=self.is_unattached,
            awaiting=self.awaiting or (),
        )


@strawberry.input(
    description="Filtre de dossiers. Every criterion given must hold; values of one are"
    " alternatives."
)
class BillingFileFilter:
    structures: list[strawberry.ID] | None = _optional("Structures. Of yours, only these.")
    stages: list[WorksStage] | None = _optional("Moments. In progress, at the end, tacit.")
    contract_number: str | None = _optional("Numéro de marché. Exactly this one.")
    is_over: bool | None = _optional("Terminés. Those where nothing is waited for, or the others.")
    awaiting: list[strawberry.ID] | None = _optional(
        "En attente de. Files that wait for one of these structures: a work list."
    )

    def criteria(self) -> BillingFileCriteria:
        """The same for the domain."""
        return BillingFileCriteria(
            structures=self.structures or (),
            stages=self.stages or (),
            contract_number=self.contract_number,
            is_over=self.is_over,
            awaiting=self.awaiting or (),
        )
