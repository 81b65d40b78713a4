"""Contracts as the API shows them: the terms, who plays which role, what may be done."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

import strawberry

from domain import feed
from domain.access import Actor
from domain.contracts import queries
from domain.contracts.codes import (
    Ccag,
    ContractNature,
    ContractRole,
    ContractRoleStatus,
    ContractStatus,
    ContractVersionStatus,
    DirectPaymentStatus,
)
from domain.contracts.queries import role_sides_of, sides_of
from domain.contracts.steps import (
    ContractAction,
    ContractRoleAction,
    ContractSide,
    ContractStep,
    RoleStep,
    offers,
    role_offers,
)
from domain.contracts.words import ACTIONS, ROLE_ACTIONS, ROLES, STATUSES
from domain.rules_text import problem
from domain.select import Select
from schema.codecs import CODE, FLAG, TEXT
from schema.context import InLocale, Locale
from schema.events import Event
from schema.ids import Node
from schema.pages import Connection
from schema.reading import CENTS, column, computed, connection, shows, to_many, to_one
from schema.structures import Service, Structure


@strawberry.type(
    description="Action possible. Generated from the same table that the mutations enforce."
)
class AvailableContractAction:
    step: strawberry.Private[ContractStep]
    rule: strawberry.Private[str | None]

    @strawberry.field(description="Action. `contractAmend` for AMEND, else `contractMove`.")
    def action(self) -> ContractAction:
        return self.step.action

    @strawberry.field(description="Permise. Whether you may do it now.")
    def enabled(self) -> bool:
        return self.rule is None

    @strawberry.field(description="En tant que. The side for which you would act.")
    def as_side(self) -> ContractSide:
        return self.step.by

    @strawberry.field(description="Statut d'arrivée. Null when the status stays.")
    def to(self) -> ContractStatus | None:
        return self.step.to

    @strawberry.field(description="Libellé. The name of the action, for a button.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        return ACTIONS[self.step.action].in_(locale.value)

    @strawberry.field(description="Raison. Why it is not permitted; null when enabled.")
    def disabled_reason(self, locale: InLocale = Locale.FR) -> str | None:
        if self.rule is None:
            return None
        why = problem(self.rule)
        return why.en if locale is Locale.EN else why.fr


@strawberry.type(
    description="Réponse possible. Generated from the same table that `contractRoleAnswer`"
    " enforces; what is not listed would be refused."
)
class AvailableRoleAction:
    step: strawberry.Private[RoleStep]

    @strawberry.field(description="Réponse. Pass it to `contractRoleAnswer`.")
    def action(self) -> ContractRoleAction:
        return self.step.action

    @strawberry.field(description="En tant que. The side for which you would answer.")
    def as_side(self) -> ContractSide:
        return self.step.by

    @strawberry.field(description="Commentaire obligatoire. Whether a comment must be given.")
    def needs_comment(self) -> bool:
        return self.step.needs_comment

    @strawberry.field(description="Libellé. The name of the answer, for a button.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        return ROLE_ACTIONS[self.step.action].in_(locale.value)


@lru_cache(maxsize=64)
def _shown_action(step: ContractStep, rule: str | None) -> AvailableContractAction:
    return AvailableContractAction(step=step, rule=rule)


@lru_cache(maxsize=64)
def _shown_role_action(step: RoleStep) -> AvailableRoleAction:
    return AvailableRoleAction(step=step)


def available_actions(row: Any, viewer: Actor) -> list[AvailableContractAction]:
    """What the viewer could do to the contract, and what prevents it."""
    sides = sides_of(viewer, row.contracting_authority_id, row.holder_id)
    has_pending = row.pending_id is not None
    found = offers(ContractStatus(row.status), sides, has_pending=has_pending)
    return [_shown_action(offer.step, offer.refused_by) for offer in found]


def available_role_actions(row: Any, viewer: Actor) -> list[AvailableRoleAction]:
    """What the viewer could answer about the role."""
    found = role_offers(
        ContractRoleStatus(row.status),
        DirectPaymentStatus(row.direct_payment),
        role_sides_of(viewer, row.structure_id, row.contracting_authority_id),
        is_open=bool(row.is_open),
    )
    return [_shown_role_action(step) for step in found]


def _role_label(row: Any, *, locale: InLocale = Locale.FR) -> str:
    return ROLES[ContractRole(row.role)].in_(locale.value)


def _status_label(row: Any, *, locale: InLocale = Locale.FR) -> str:
    return STATUSES[ContractStatus(row.status)].in_(locale.value)


@shows("contract_lot", description="Lot. A part of the contract.")
class ContractLot:
    number: str = column(description="Numéro. Of the lot, in its contract.")
    label: str | None = column(description="Intitulé. What the lot is about.")
    amount: Decimal | None = column("amount_cents", CENTS, description="Montant HT. Net of VAT.")


@shows(
    "contract_party",
    description="Participant. A structure in its role, on the terms of one version.",
)
class ContractParty:
    id: strawberry.ID = column(description="Identifiant. Pass it to `contractRoleAnswer`.")
    role: ContractRole = column(description="Rôle. The part that the structure plays.")
    role_label: str = computed(_role_label, needs=("role",), description="Libellé du rôle.")
    structure: Structure = to_one("structure_id", description="Structure. Who plays it.")
    service: Service | None = to_one(
        "service_id", description="Service. The one through which it does, if it named one."
    )
    service_code: str | None = column(description="Code service. That of the service.")
    lot: str | None = column(description="Lot. The number of the lot it works on, if on one.")
    principal: Structure | None = to_one(
        "principal_id", description="Donneur d'ordre. For whom a subcontractor works."
    )
    ceiling: Decimal | None = column(
        "ceiling_cents",
        CENTS,
        description="Montant maximum des prestations payées directement. Net of VAT.",
    )
    direct_payment: DirectPaymentStatus = column(
        description="Paiement direct. Asked when a ceiling was given, accepted by the authority."
    )
    direct_payment_on: date | None = column(
        description="Date de l'acte spécial (DC4). When direct payment was accepted."
    )
    status: ContractRoleStatus = column(description="Statut. Whether the structure agreed.")
    status_at: datetime = column(description="Depuis. When it answered, or was asked.")
    status_comment: str | None = column(description="Commentaire. What was said with the answer.")
    is_awaited: bool = column(
        description="Attendu. Whether the terms enter into force only once it accepted."
    )
    available_actions: list[AvailableRoleAction] = computed(
        available_role_actions,
        needs={
            "status": CODE,
            "direct_payment": CODE,
            "structure_id": TEXT,
            "contracting_authority_id": TEXT,
            "is_open": FLAG,
        },
        description="Réponses possibles. What you could answer now; at most 4.",
    )


def _parties(
    viewer: Actor,
    roles: Annotated[
        list[ContractRole] | None,
        strawberry.argument(description="Rôles. Only these; all of them when not given."),
    ] = None,
) -> Select:
    return queries.parties(viewer, roles)


@shows(
    "contract_version",
    description="Termes. A version of the terms of a contract: the first one, then amendments.",
)
class ContractTerms:
    id: strawberry.ID = column(description="Identifiant. That of this version of the terms.")
    number: int = column(description="Numéro. 1 for the first terms, then one more each time.")
    status: ContractVersionStatus = column(description="Statut. Proposed, agreed, or replaced.")
    status_at: datetime = column(description="Depuis. When it came there.")
    proposed_by: Structure = to_one("proposed_by_id", description="Proposés par. Which structure.")
    label: str = column(description="Objet. What the contract is about.")
    ccag: Ccag | None = column(description="CCAG. The conditions it refers to, if it does.")
    notified_on: date | None = column(description="Notifié le. When the contract was notified.")
    amount: Decimal | None = column("amount_cents", CENTS, description="Montant HT. Net of VAT.")
    comment: str | None = column(description="Commentaire. What was said with the amendment.")
    agreed_at: datetime | None = column(
        description="Convenus le. When all those whose agreement they need had accepted."
    )
    created_at: datetime = column(description="Proposés le. When they were proposed.")
    lots: list[ContractLot] = to_many(
        "version_id", order=("position",), description="Lots. In the order given; at most 100."
    )
    parties: Connection[ContractParty] = connection(
        "version_id",
        _parties,
        description="Participants. In the order given. The holder's side, the project manager,"
        " the authority and its finance service see them all; the others see these, themselves,"
        " and those whom they work with.",
    )


def _versions(viewer: Actor) -> Select:
    return queries.versions(viewer)


def _history(viewer: Actor) -> Select:
    return feed.visible_events(viewer)


@shows(
    "contract",
    prefix="ctr",
    seen=queries.seen,
    description="Marché. A public contract, and who agreed to play which role in it.",
)
class Contract(Node):
    number: str = column(description="Numéro de marché. Unique at its authority (BT-12).")
    nature: ContractNature = column(description="Nature. What is bought.")
    status: ContractStatus = column(description="Statut. Where the contract stands.")
    status_label: str = computed(
        _status_label, needs=("status",), description="Libellé du statut. For people."
    )
    status_at: datetime = column(description="Statut depuis. When it took its present status.")
    contracting_authority: Structure = to_one(
        "contracting_authority_id", description="Maîtrise d'ouvrage. Who buys."
    )
    holder: Structure = to_one(
        "holder_id", description="Titulaire. Or the agent of the group that holds it."
    )
    terms: ContractTerms = to_one(
        "version_id", description="Termes. Those in force, or the first ones while none are."
    )
    amendment: ContractTerms | None = to_one(
        "pending_id", description="Avenant. What is proposed and not agreed yet, if anything is."
    )
    versions: Connection[ContractTerms] = connection(
        "contract_id", _versions, description="Versions. All terms ever proposed, the latest first."
    )
    version: int = column(
        "event_count",
        description="Version. Pass it as `expectedVersion` to detect a change made meanwhile.",
    )
    created_at: datetime = column(description="Créé le. When it was proposed.")
    updated_at: datetime = column(description="Modifié le. When something last happened to it.")
    available_actions: list[AvailableContractAction] = computed(
        available_actions,
        needs=("status", "contracting_authority_id", "holder_id", "pending_id"),
        description="Actions possibles. What you could do, and what prevents it; at most 4.",
    )
    history: Connection[Event] = connection(
        "subject_id",
        _history,
        description="Historique. The events of this contract that you may see, oldest first.",
    )
