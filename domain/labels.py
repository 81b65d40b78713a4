"""Every code that a screen may show, in words: one way to read them, one list of them all."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from domain.access import ActorKind, Level, Permission, Role, Space
from domain.accounts.membership import AttachmentStatus, MemberAction
from domain.accounts.models import AccountStatus, SpaceStatus
from domain.catalogue import EVENT_KINDS
from domain.claims.circuit import CLAIM_ACTIONS, ClaimAction
from domain.connections import words as connections
from domain.connections.models import (
    ConnectionStatus,
    ConnectionType,
    DelegationStatus,
    TechnicalStatus,
)
from domain.connections.steps import ConnectionAction, ConnectionSide
from domain.contracts import words as contracts
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
from domain.described import DOCUMENT_KINDS, DocumentKind
from domain.dume.form import DUME_ROLES, DUME_SIZES, DumeRole, DumeSize
from domain.dume.prefill import DUME_SOURCES, DumeSource
from domain.dume.taxonomy import DUME_ANSWER_TYPES, DUME_PARTS, DumeAnswerType, DumePart
from domain.error_codes import ERROR_CODES
from domain.feed import Direction
from domain.identifiers import IdentifierType
from domain.invoices.lifecycle import InvoiceAction
from domain.invoices.words import INVOICE_ACTIONS, NEEDS
from domain.lifecycle import Need, Party
from domain.memos.draft import MISSION_KINDS, MissionKind
from domain.reference import deposits, frames, payment, reasons, statuses, vat
from domain.reference.countries import COUNTRIES
from domain.reference.currencies import CURRENCIES
from domain.reference.identifier_types import IDENTIFIER_TYPES
from domain.reference.units import UNITS
from domain.reference.words import Locale, Words
from domain.refunds.draft import ENERGY_PRODUCTS, TAX_FAMILIES, EnergyProduct, TaxFamily
from domain.structures.models import (
    BankReferenceKind,
    Nature,
    ServiceStatus,
    SiretChangeStatus,
    SizeCategory,
    StructureStatus,
)
from domain.works.draft import DEDUCTION_KINDS, DeductionKind
from domain.works.lifecycle import WorksAction
from domain.works.progress import SILENCES, TASKS, Silence, Task
from domain.works.words import WORKS_ACTIONS

NATURES: Mapping[Nature, Words] = {
    Nature.PUBLIC: Words("Structure publique", "Public structure"),
    Nature.PRIVATE: Words("Structure privée", "Private structure"),
}

STRUCTURE_STATUSES: Mapping[StructureStatus, Words] = {
    StructureStatus.ACTIVE: Words("Active", "Active"),
    StructureStatus.INACTIVE: Words("Inactive", "Inactive"),
    StructureStatus.ACTIVATION_IN_PROGRESS: Words(
        "En cours d'activation", "Activation in progress"
    ),
}

DIRECTIONS: Mapping[Direction, Words] = {
    Direction.ISSUED: Words("Émis", "Your structure issued it"),
    Direction.RECEIVED: Words("Reçu", "It is addressed to your structure"),
    Direction.TO_VALIDATE: Words("À valider", "Your structure validates it"),
    Direction.WORKS: Words("Travaux", "Your structure takes part in the works billing file"),
}

SERVICE_STATUSES: Mapping[ServiceStatus, Words] = {
    ServiceStatus.ACTIVE: Words("Actif", "Active"),
    ServiceStatus.INACTIVE: Words("Inactif", "Inactive"),
    ServiceStatus.DELETED: Words("Supprimé", "Deleted"),
}

SIZE_CATEGORIES: Mapping[SizeCategory, Words] = {
    SizeCategory.GE: Words("Grande entreprise", "Large company"),
    SizeCategory.ETI: Words("Entreprise de taille intermédiaire", "Mid-size company"),
    SizeCategory.PME: Words("Petite ou moyenne entreprise", "Small or medium company"),
    SizeCategory.TPE: Words("Micro-entreprise", "Micro company"),
}

BANK_REFERENCE_KINDS: Mapping[BankReferenceKind, Words] = {
    BankReferenceKind.IBAN: Words("IBAN", "IBAN"),
    BankReferenceKind.RIB: Words("RIB", "French bank reference (RIB)"),
}

PARTIES: Mapping[Party, Words] = {
    Party.SUPPLIER: Words("Fournisseur", "Supplier"),
    Party.RECIPIENT: Words("Destinataire", "Recipient"),
    Party.VALIDATOR_1: Words("Premier valideur", "First validator"),
    Party.VALIDATOR_2: Words("Second valideur", "Second validator"),
    Party.DEPOSITOR: Words("Déposant", "Depositor"),
    Party.HOLDER: Words("Titulaire", "Holder of the contract"),
    Party.PROJECT_MANAGER: Words("Maîtrise d'œuvre", "Project manager"),
    Party.CONTRACTING_AUTHORITY: Words("Maîtrise d'ouvrage", "Contracting authority"),
    Party.SYSTEM: Words("Portail", "Portal"),
}

ACTOR_KINDS: Mapping[ActorKind, Words] = {
    ActorKind.PERSON: Words("Personne", "Person"),
    ActorKind.CLIENT: Words("Compte technique", "Technical account"),
    ActorKind.SYSTEM: Words("Portail", "Portal"),
    ActorKind.ANONYMOUS: Words("Anonyme", "Anonymous"),
}

ROLES: Mapping[Role, Words] = {
    Role.MAIN_MANAGER: Words("Gestionnaire principal", "Main manager"),
    Role.SECONDARY_MANAGER: Words("Gestionnaire secondaire", "Secondary manager"),
    Role.USER: Words("Utilisateur", "User"),
    Role.TECHNICAL: Words("Compte technique", "Technical account"),
    Role.ADMINISTRATOR: Words("Administrateur du portail", "Administrator of the portal"),
}

SPACES: Mapping[Space, Words] = {
    Space.FACTURES_EMISES: Words("Factures émises", "Issued invoices"),
    Space.FACTURES_RECUES: Words("Factures reçues", "Received invoices"),
    Space.FACTURES_DE_TRAVAUX: Words("Factures de travaux", "Works invoices"),
    Space.FACTURES_A_VALIDER: Words("Factures à valider", "Invoices to validate"),
    Space.MEMOIRES_DE_FRAIS: Words("Mémoires de frais de justice", "Justice memos"),
    Space.DEMANDES_DE_REMBOURSEMENT: Words("Demandes de remboursement", "Refund requests"),
    Space.RACCORDEMENTS: Words("Raccordements EDI et API", "EDI and API connections"),
    Space.SOLLICITATIONS: Words("Sollicitations", "Tickets"),
}

SPACE_STATUSES: Mapping[SpaceStatus, Words] = {
    SpaceStatus.ACTIVE: Words("Ouvert", "Open"),
    SpaceStatus.SUPPRIME: Words("Fermé", "Closed"),
}

ATTACHMENT_STATUSES: Mapping[AttachmentStatus, Words] = {
    AttachmentStatus.EN_COURS_DE_VALIDATION: Words(
        "En cours de validation", "Waiting for a decision"
    ),
    AttachmentStatus.REFUSEE: Words("Refusé", "Refused"),
    AttachmentStatus.VALIDEE: Words("Validé", "Accepted"),
    AttachmentStatus.DESACTIVEE: Words("Désactivé", "Deactivated"),
    AttachmentStatus.SUPPRIMEE: Words("Supprimé", "Removed"),
}

MEMBER_ACTIONS: Mapping[MemberAction, Words] = {
    MemberAction.ACCEPT: Words("Accepter la demande", "Accept the request"),
    MemberAction.REFUSE: Words("Refuser la demande", "Refuse the request"),
    MemberAction.CANCEL: Words("Annuler ma demande", "Cancel my request"),
    MemberAction.CHANGE_ROLE: Words("Changer le rôle", "Change the role"),
    MemberAction.SET_SPACES: Words("Régler les espaces", "Set the spaces"),
    MemberAction.ASK_SPACES: Words("Demander des espaces", "Ask for spaces"),
    MemberAction.DEACTIVATE: Words("Désactiver", "Deactivate"),
    MemberAction.REACTIVATE: Words("Réactiver", "Reactivate"),
    MemberAction.REMOVE: Words("Supprimer le rattachement", "Remove"),
    MemberAction.LEAVE: Words("Quitter la structure", "Leave the structure"),
}

SIRET_CHANGE_STATUSES: Mapping[SiretChangeStatus, Words] = {
    SiretChangeStatus.DECLARE: Words("Déclaré", "Declared"),
    SiretChangeStatus.CONFIRME: Words("Confirmé", "Confirmed"),
    SiretChangeStatus.REFUSE: Words("Refusé", "Refused"),
}

LEVELS: Mapping[Level, Words] = {
    Level.CONSULTATION_UNIQUEMENT: Words("Consultation uniquement", "Read only"),
    Level.MODIFICATION: Words("Modification", "Modification"),
}

PERMISSIONS: Mapping[Permission, Words] = {
    Permission.READ_ISSUED: Words("Consulter les factures émises", "Read issued invoices"),
    Permission.ISSUE: Words("Émettre des factures", "Issue invoices"),
    Permission.READ_RECEIVED: Words("Consulter les factures reçues", "Read received invoices"),
    Permission.PROCESS: Words("Traiter les factures reçues", "Process received invoices"),
    Permission.READ_TO_VALIDATE: Words(
        "Consulter les factures à valider", "Read invoices to validate"
    ),
    Permission.VALIDATE: Words("Valider des factures", "Validate invoices"),
    Permission.READ_WORKS: Words("Consulter les factures de travaux", "Read works billing files"),
    Permission.ACT_ON_WORKS: Words(
        "Déposer et traiter des pièces de travaux", "Deposit and process works documents"
    ),
    Permission.READ_MEMOS: Words("Consulter les mémoires de frais", "Read court-cost memos"),
    Permission.ACT_ON_MEMOS: Words(
        "Déposer et traiter des mémoires de frais", "Deposit and process court-cost memos"
    ),
    Permission.READ_REFUNDS: Words(
        "Consulter les demandes de remboursement", "Read refund requests"
    ),
    Permission.ACT_ON_REFUNDS: Words(
        "Déposer et traiter des demandes de remboursement", "Deposit and process refund requests"
    ),
    Permission.READ_CONTRACTS: Words("Consulter les marchés", "Read contracts"),
    Permission.MANAGE_CONTRACTS: Words("Gérer les marchés", "Manage contracts"),
    Permission.READ_STRUCTURE: Words("Consulter la structure", "Read the structure"),
    Permission.MANAGE_STRUCTURE: Words("Gérer la structure", "Manage the structure"),
    Permission.SIGN_MANDATE: Words("Signer le mandat de facturation", "Sign the invoicing mandate"),
    Permission.READ_MEMBERS: Words(
        "Consulter les utilisateurs et l'historique", "Read members and the history of actions"
    ),
    Permission.MANAGE_MEMBERS: Words("Gérer les rattachements", "Manage members"),
    Permission.HAND_OVER: Words(
        "Transmettre la gestion principale", "Hand over the main management"
    ),
    Permission.READ_WEBHOOKS: Words("Consulter les raccordements", "Read webhooks"),
    Permission.MANAGE_WEBHOOKS: Words("Gérer les points de réception", "Manage webhooks"),
    Permission.MANAGE_CONNECTIONS: Words("Gérer les comptes techniques", "Manage connections"),
    Permission.OWN_ACCOUNT: Words("Gérer son propre compte", "Manage one's own account"),
    Permission.ADMINISTER: Words("Administrer le portail", "Administer the portal"),
}

ACCOUNT_STATUSES: Mapping[AccountStatus, Words] = {
    AccountStatus.PENDING: Words("À activer", "To be activated"),
    AccountStatus.AWAITING: Words("En attente d'approbation", "Waiting for approval"),
    AccountStatus.ACTIVE: Words("Actif", "Active"),
    AccountStatus.DISABLED: Words("Fermé", "Closed"),
    AccountStatus.ERASED: Words("Effacé", "Erased"),
}

# Every enum with its words. A member without words fails the tests.
ENUMS: Mapping[type[StrEnum], Mapping[Any, Words]] = {
    statuses.InvoiceStatus: {s: row.label for s, row in statuses.STATUSES.items()},
    statuses.StatusFamily: statuses.STATUS_FAMILIES,
    statuses.StatusSetter: statuses.STATUS_SETTERS,
    statuses.StatusTone: statuses.STATUS_TONES,
    frames.Frame: {f: row.label for f, row in frames.FRAMES.items()},
    frames.Depositor: frames.DEPOSITORS,
    frames.Addressee: frames.ADDRESSEES,
    frames.DepositKind: frames.DEPOSIT_KINDS,
    frames.PaymentRequestType: frames.PAYMENT_REQUEST_TYPES,
    frames.DocumentSpace: frames.DOCUMENT_SPACES,
    frames.WorksStage: frames.WORKS_STAGES,
    frames.AmountsMeaning: frames.AMOUNTS_MEANINGS,
    WorksAction: WORKS_ACTIONS,
    DeductionKind: DEDUCTION_KINDS,
    Task: TASKS,
    Silence: SILENCES,
    reasons.Reason: {r: row.label for r, row in reasons.REASONS.items()},
    reasons.ReasonGroup: reasons.REASON_GROUPS,
    reasons.PlatformReason: reasons.PLATFORM_REASONS,
    payment.InvoiceType: {t: row.label for t, row in payment.INVOICE_TYPES.items()},
    payment.PaymentMode: {m: row.label for m, row in payment.PAYMENT_MODES.items()},
    vat.VatType: vat.VAT_TYPES,
    deposits.DepositMode: {m: row.label for m, row in deposits.DEPOSIT_MODES.items()},
    deposits.Channel: deposits.CHANNELS,
    deposits.FlowState: {s: row.label for s, row in deposits.FLOW_STATES.items()},
    deposits.AttachmentType: {t: row.label for t, row in deposits.ATTACHMENT_TYPES.items()},
    InvoiceAction: INVOICE_ACTIONS,
    ClaimAction: CLAIM_ACTIONS,
    MissionKind: MISSION_KINDS,
    TaxFamily: TAX_FAMILIES,
    EnergyProduct: ENERGY_PRODUCTS,
    DumeAnswerType: DUME_ANSWER_TYPES,
    DumePart: DUME_PARTS,
    DumeRole: DUME_ROLES,
    DumeSize: DUME_SIZES,
    DumeSource: DUME_SOURCES,
    Need: NEEDS,
    Party: PARTIES,
    DocumentKind: DOCUMENT_KINDS,
    Direction: DIRECTIONS,
    ActorKind: ACTOR_KINDS,
    Role: ROLES,
    Space: SPACES,
    Level: LEVELS,
    SpaceStatus: SPACE_STATUSES,
    AttachmentStatus: ATTACHMENT_STATUSES,
    MemberAction: MEMBER_ACTIONS,
    SiretChangeStatus: SIRET_CHANGE_STATUSES,
    Permission: PERMISSIONS,
    AccountStatus: ACCOUNT_STATUSES,
    IdentifierType: {t: row.label for t, row in IDENTIFIER_TYPES.items()},
    Nature: NATURES,
    StructureStatus: STRUCTURE_STATUSES,
    ServiceStatus: SERVICE_STATUSES,
    SizeCategory: SIZE_CATEGORIES,
    BankReferenceKind: BANK_REFERENCE_KINDS,
    ConnectionType: connections.CONNECTION_TYPES,
    ConnectionStatus: connections.CONNECTION_STATUSES,
    ConnectionAction: connections.CONNECTION_ACTIONS,
    ConnectionSide: connections.SIDES,
    TechnicalStatus: connections.TECHNICAL_STATUSES,
    DelegationStatus: connections.DELEGATION_STATUSES,
    ContractNature: contracts.NATURES,
    Ccag: contracts.CCAGS,
    ContractRole: contracts.ROLES,
    ContractStatus: contracts.STATUSES,
    ContractVersionStatus: contracts.VERSION_STATUSES,
    ContractRoleStatus: contracts.ROLE_STATUSES,
    DirectPaymentStatus: contracts.DIRECT_PAYMENTS,
    ContractAction: contracts.ACTIONS,
    ContractRoleAction: contracts.ROLE_ACTIONS,
    ContractSide: contracts.SIDES,
}

# Code lists that are not enums: too long, or open.
LISTS: Mapping[str, Mapping[str, Words]] = {
    "Country": COUNTRIES,
    "Currency": {code: row.label for code, row in CURRENCIES.items()},
    "DocumentType": frames.DOCUMENT_TYPES,
    "ErrorCode": ERROR_CODES,
    "EventKind": {kind: Words(row.fr, row.en) for kind, row in EVENT_KINDS.items()},
    "Unit": UNITS,
    "VatExemptionReason": vat.EXEMPTION_REASONS,
}


def label(member: StrEnum, locale: Locale = "FR") -> str:
    """The label of a code."""
    return ENUMS[type(member)][member].in_(locale)


def all_label_sets(locale: Locale) -> dict[str, dict[str, str]]:
    """Every code list with its labels, by name, for `frontend_contract/labels.*.json`."""
    enums = {enum.__name__: words for enum, words in ENUMS.items()}
    return {
        name: {str(code): words.in_(locale) for code, words in by_code.items()}
        for name, by_code in sorted({**enums, **LISTS}.items())
    }
