"""Official codes as GraphQL enums: their words come from the product's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

import strawberry

from domain.access import ActorKind, Level, Role, Space
from domain.accounts.membership import AttachmentStatus, MemberAction
from domain.accounts.models import AccountStatus, SpaceStatus
from domain.claims.circuit import ClaimAction
from domain.connections.models import (
    ConnectionStatus,
    ConnectionType,
    DelegationStatus,
    TechnicalStatus,
)
from domain.connections.steps import ConnectionAction, ConnectionSide
from domain.contracts.codes import (
    Ccag,
    ContractNature,
    ContractRole,
    ContractRoleStatus,
    ContractStatus,
    ContractVersionStatus,
    DirectPaymentStatus,
)
from domain.contracts.steps import ContractAction, ContractRoleAction, ContractSide
from domain.dume.form import DumeRole, DumeSize
from domain.dume.prefill import DumeSource
from domain.dume.taxonomy import DumeAnswerType, DumePart
from domain.identifiers import IdentifierType
from domain.invoices.lifecycle import InvoiceAction
from domain.labels import ENUMS
from domain.lifecycle import Need, Party
from domain.memos.draft import MissionKind
from domain.reference.deposits import DepositMode
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.reasons import Reason, ReasonGroup
from domain.reference.statuses import InvoiceStatus, StatusTone
from domain.reference.vat import VatType
from domain.reference.words import Words
from domain.refunds.draft import EnergyProduct, TaxFamily
from domain.structures.models import (
    BankReferenceKind,
    Nature,
    ServiceStatus,
    SiretChangeStatus,
    SizeCategory,
    StructureStatus,
)

E = TypeVar("E", bound=Enum)


def shown_enum(
    members: type[E],
    description: str,
    words: Mapping[E, Words] | None = None,
    *,
    name: str | None = None,
) -> type[E]:
    """Show an enum of the domain; each value is described by its French label, then English.

    The words are those of `domain.labels` unless given.

    Raises:
        KeyError: a member has no words.
    """
    words = ENUMS[members] if words is None else words  # type: ignore[index]  # keyed by enum
    strawberry.enum(members, name=name or members.__name__, description=description)
    definition: Any = members.__strawberry_definition__  # type: ignore[attr-defined]  # just set
    for value in definition.values:
        label = words[members(value.value)]
        value.description = f"{label.fr}. {label.en}."
    return members


# Declared here, before any type uses them: a type that met one first would show it bare.
# fmt: off
shown_enum(AccountStatus, "Statut de compte. Where the account of a person stands.")
shown_enum(ActorKind, "Nature de l'auteur. What kind of caller acted.")
shown_enum(AttachmentStatus, "État du rattachement. Only an accepted one opens anything.")
shown_enum(BankReferenceKind, "Type de références bancaires. How the account was given.")
shown_enum(Ccag, "CCAG. The general administrative conditions that a contract refers to; published codes.")
shown_enum(ClaimAction, "Action. What can be done to a memo or a refund request; see `availableActions`.")
shown_enum(ConnectionAction, "Action. What can be done to a connection; see `availableActions`.")
shown_enum(ConnectionSide, "Partie. Who takes a step of a connection.")
shown_enum(ConnectionStatus, "Statut du raccordement. Where a connection stands.")
shown_enum(ConnectionType, "Type de raccordement. How an application is connected. New values may appear.")
shown_enum(ContractAction, "Action. What can be done to a contract; see `availableActions`.")
shown_enum(ContractNature, "Nature du marché. What is bought.")
shown_enum(ContractRole, "Rôle. The part that a structure plays in a contract.")
shown_enum(ContractRoleAction, "Réponse. What can be answered about a role; see `availableActions`.")
shown_enum(ContractRoleStatus, "Statut du rôle. Whether a structure agreed to its role.")
shown_enum(ContractSide, "Partie. Who takes a step of a contract.")
shown_enum(ContractStatus, "Statut du marché. Where a contract stands.")
shown_enum(ContractVersionStatus, "Statut des termes. Where one version of the terms stands.")
shown_enum(DelegationStatus, "Statut de la délégation. Whether anyone still acts by it.")
shown_enum(DepositMode, "Mode de dépôt. How the document reached the portal.")
shown_enum(DirectPaymentStatus, "Paiement direct. Whether a subcontractor is paid by the contracting authority.")
shown_enum(DumeAnswerType, "Type de réponse. What answers a question of the European form; published codes of ESPD-EDM.")
shown_enum(DumePart, "Partie du formulaire. Where a criterion stands in the European form.")
shown_enum(DumeRole, "Rôle dans la candidature. The part of the company in the bid; published codes.")
shown_enum(DumeSize, "Taille de l'entreprise. As the European form says it; published codes.")
shown_enum(DumeSource, "Origine. Where a value that is filled in beforehand comes from.")
shown_enum(EnergyProduct, "Produit énergétique. What was consumed. New values may appear.")
shown_enum(Frame, "Cadre de facturation. Who deposits what, and who validates it.")
shown_enum(IdentifierType, "Type d'identifiant. How a structure is identified.")
shown_enum(InvoiceAction, "Action. What can be done to an invoice; see `availableActions`.")
shown_enum(InvoiceStatus, "Statut. Official codes as published; `enumInfo` gives labels. New values may appear.")
shown_enum(InvoiceType, "Type. An invoice or a credit note.")
shown_enum(Level, "Niveau d'habilitation. How a space was subscribed.")
shown_enum(MemberAction, "Action sur un rattachement. See `availableActions`.")
shown_enum(MissionKind, "Mission. What a jurisdiction asked of a provider. New values may appear.")
shown_enum(Nature, "Nature. Only public structures receive invoices.")
shown_enum(Need, "Saisie attendue. What must be given with an action.", name="ActionInput")
shown_enum(Party, "Partie. The part that a structure plays in a document.")
shown_enum(PaymentMode, "Mode de règlement. How the supplier wants to be paid.")
shown_enum(Reason, "Motif. Why a document was suspended, rejected or refused; official codes.")
shown_enum(ReasonGroup, "Famille de motifs. The group of a reason.")
shown_enum(Role, "Rôle. The role of a member in a structure, or on the whole site.")
shown_enum(ServiceStatus, "État du service. Only an active service may be billed.")
shown_enum(SiretChangeStatus, "État du changement de SIRET. Where the declaration stands.")
shown_enum(SizeCategory, "Catégorie de taille. It sets the date of the obligation.")
shown_enum(Space, "Espace. What a member may work in; opened on a structure or on a service.")
shown_enum(SpaceStatus, "État de l'espace. Whether it is open.")
shown_enum(StatusTone, "Ton. How a status should look on a screen.")
shown_enum(StructureStatus, "Statut de structure. Deposits need active structures on both sides.")
shown_enum(TaxFamily, "Taxe. The tax that is asked back.")
shown_enum(TechnicalStatus, "Statut du compte technique. Whether it may log in.", name="TechnicalAccountStatus")
shown_enum(VatType, "Type de TVA. When VAT is due, or why there is none.")
# fmt: on
