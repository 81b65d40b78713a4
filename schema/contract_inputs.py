"""What is sent about contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.contracts.actions import Answer
from domain.contracts.codes import Ccag, ContractNature, ContractRole, ContractStatus
from domain.contracts.draft import ContractDraft, LotDraft, PartyDraft, Terms
from domain.contracts.queries import ContractCriteria
from domain.contracts.steps import ContractAction, ContractRoleAction
from schema.invoice_inputs import KEY

_VERSION = "Version attendue. Refuses when the contract changed since you read it."


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="Lot. A part of the contract.")
class ContractLotInput:
    number: str = strawberry.field(description="Numéro. Up to 20 characters.")
    label: str | None = _optional("Intitulé. Up to 200 characters.")
    amount: Decimal | None = _optional("Montant HT. Net of VAT.")


@strawberry.input(description="Participant. A structure in a role.")
class ContractPartyInput:
    role: ContractRole = strawberry.field(description="Rôle. The part that it plays.")
    identifier: str = strawberry.field(description="SIRET. Or another identifier of the structure.")
    service_code: str | None = _optional("Code service. Through which it plays the role.")
    lot: str | None = _optional("Lot. Its number, for a co-contractor or a subcontractor.")
    principal: str | None = _optional(
        "Donneur d'ordre. For a subcontractor: the SIRET of the holder, agent or co-contractor for"
        " which it works."
    )
    ceiling: Decimal | None = _optional(
        "Montant maximum des prestations payées directement. For a subcontractor, net of VAT: asks"
        " the authority to admit it to direct payment."
    )


@strawberry.input(description="Termes. Everything that is agreed; amounts are net of VAT.")
class ContractTermsInput:
    label: str = strawberry.field(description="Objet. Up to 200 characters.")
    ccag: Ccag | None = _optional("CCAG. The conditions it refers to, if it does.")
    notified_on: date | None = _optional("Notifié le. When the contract was notified.")
    amount: Decimal | None = _optional("Montant HT. The sum of the lots, when each has its own.")
    lots: list[ContractLotInput] = strawberry.field(
        default_factory=list, description="Lots. At most 100."
    )
    parties: list[ContractPartyInput] = strawberry.field(
        description="Participants. One contracting authority; one holder, or the agent of a group"
        " and its co-contractors; at most one project manager and one finance service; at most 250"
        " in all."
    )

    def terms(self) -> Terms:
        """The same for the domain."""
        return Terms(
            label=self.label,
            ccag=self.ccag,
            notified_on=self.notified_on,
            amount=self.amount,
            lots=tuple(LotDraft(**vars(lot)) for lot in self.lots),
            parties=tuple(PartyDraft(**vars(party)) for party in self.parties),
        )


@strawberry.input(description="Proposition de marché.")
class ContractProposeInput:
    structure_id: strawberry.ID = strawberry.field(
        description="Structure. For which you propose: the holder, the agent or the authority. It"
        " agrees to its own roles by proposing."
    )
    number: str = strawberry.field(
        description="Numéro. Up to 50 characters, unique at the contracting authority."
    )
    nature: ContractNature = strawberry.field(description="Nature. What is bought.")
    terms: ContractTermsInput = strawberry.field(description="Termes. Who does what, for how much.")
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> ContractDraft:
        """The same for the domain."""
        return ContractDraft(number=self.number, nature=self.nature, terms=self.terms.terms())


@strawberry.input(
    description="Avenant. The terms as they will be, whole; those in force stay until the new ones"
    " are agreed."
)
class ContractAmendInput:
    id: strawberry.ID = strawberry.field(description="Marché. Which one.")
    terms: ContractTermsInput = strawberry.field(
        description="Termes. All of them, as they will be."
    )
    comment: str | None = _optional("Commentaire. Why; up to 500 characters.")
    expected_version: int | None = _optional(_VERSION)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Réponse à un rôle.")
class ContractRoleAnswerInput:
    party: strawberry.ID = strawberry.field(
        description="Rôle. The `id` of a party of the `terms` or of the `amendment`; one answer"
        " holds for a role that is the same in both."
    )
    action: ContractRoleAction = strawberry.field(
        description="Réponse. One of the `availableActions` of the role."
    )
    on: date | None = _optional(
        "Date de l'acte spécial (DC4). With ADMIT alone; today when not given."
    )
    comment: str | None = _optional(
        "Commentaire. Why; required with DECLINE and REFUSE_ADMISSION, up to 500 characters."
    )
    idempotency_key: str | None = _optional(KEY)

    def answer(self) -> Answer:
        """The same for the domain."""
        return Answer(self.action, self.on, self.comment)


@strawberry.input(description="Étape d'un marché.")
class ContractMoveInput:
    id: strawberry.ID = strawberry.field(description="Marché. Which one.")
    action: ContractAction = strawberry.field(
        description="Action. WITHDRAW, WITHDRAW_AMENDMENT or CLOSE, when it is enabled."
    )
    comment: str | None = _optional("Commentaire. Why; up to 500 characters.")
    expected_version: int | None = _optional(_VERSION)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Filtre de marchés. Everything given must hold.")
class ContractFilter:
    structures: list[strawberry.ID] | None = _optional(
        "Structures. Of yours: only contracts in which one of these plays a role."
    )
    roles: list[ContractRole] | None = _optional(
        "Rôles. Only contracts in which your structures play one of these."
    )
    statuses: list[ContractStatus] | None = _optional("Statuts. Only in these statuses.")
    natures: list[ContractNature] | None = _optional("Natures. Only of these.")
    number: str | None = _optional("Numéro. Exactly this one.")
    number_prefix: str | None = _optional("Début du numéro. Numbers that begin so.")
    contracting_authority_id: strawberry.ID | None = _optional("Maîtrise d'ouvrage. Of this one.")
    holder_id: strawberry.ID | None = _optional("Titulaire. Held by this one, or by its group.")

    def criteria(self) -> ContractCriteria:
        """The same for the domain."""
        return ContractCriteria(
            structures=tuple(map(str, self.structures or ())),
            roles=tuple(self.roles or ()),
            statuses=tuple(self.statuses or ()),
            natures=tuple(self.natures or ()),
            number=self.number,
            number_prefix=self.number_prefix,
            contracting_authority_id=self.contracting_authority_id,
            holder_id=self.holder_id,
        )
