"""How payment requests come in: deposit modes, states of a flow, kinds of attachment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.reference.words import Words


class Channel(StrEnum):
    """The way by which a deposit arrives."""

    PORTAL = "PORTAL"
    API = "API"
    EDI = "EDI"


class DepositMode(StrEnum):
    """How a payment request was deposited. Published codes."""

    SAISIE_PORTAIL = "SAISIE_PORTAIL"
    SAISIE_API = "SAISIE_API"
    DEPOT_PDF_PORTAIL = "DEPOT_PDF_PORTAIL"
    DEPOT_PDF_SIGNE_PORTAIL = "DEPOT_PDF_SIGNE_PORTAIL"
    DEPOT_PDF_API = "DEPOT_PDF_API"
    DEPOT_PDF_SIGNE_API = "DEPOT_PDF_SIGNE_API"
    UPLOAD_PORTAIL = "UPLOAD_PORTAIL"
    UPLOAD_API = "UPLOAD_API"
    EDI = "EDI"
    EDI_XML_STRUCT = "EDI_XML_STRUCT"
    EDI_MIXTE = "EDI_MIXTE"
    EDI_PDF_ARCHIVE = "EDI_PDF_ARCHIVE"
    EDI_NUMERISATION = "EDI_NUMERISATION"
    SAISIE_WEB = "SAISIE_WEB"
    PORTAIL_PDF = "PORTAIL_PDF"


@dataclass(frozen=True, slots=True)
class DepositModeRow:
    """A deposit mode. `is_typed`: its content is typed field by field, so it has lines."""

    label: Words
    channel: Channel
    is_typed: bool = False
    is_current: bool = True


M, _C = DepositMode, Channel

DEPOSIT_MODES: Mapping[DepositMode, DepositModeRow] = {
    M.SAISIE_PORTAIL: DepositModeRow(
        Words("Saisie manuelle", "Typed on the portal"), _C.PORTAL, is_typed=True
    ),
    M.SAISIE_API: DepositModeRow(
        Words("Saisie par API", "Typed through the API"), _C.API, is_typed=True
    ),
    M.DEPOT_PDF_PORTAIL: DepositModeRow(
        Words("Dépôt PDF non signé", "Unsigned PDF on the portal"), _C.PORTAL
    ),
    M.DEPOT_PDF_SIGNE_PORTAIL: DepositModeRow(
        Words("Dépôt PDF signé", "Signed PDF on the portal"), _C.PORTAL
    ),
    M.DEPOT_PDF_API: DepositModeRow(
        Words("Dépôt PDF non signé par API", "Unsigned PDF through the API"), _C.API
    ),
    M.DEPOT_PDF_SIGNE_API: DepositModeRow(
        Words("Dépôt PDF signé par API", "Signed PDF through the API"), _C.API
    ),
    M.UPLOAD_PORTAIL: DepositModeRow(
        Words("Dépôt d'un fichier structuré", "Structured file on the portal"), _C.PORTAL
    ),
    M.UPLOAD_API: DepositModeRow(Words("Dépôt d'un flux", "Flow through the API"), _C.API),
    M.EDI: DepositModeRow(Words("Flux EDI", "EDI flow"), _C.EDI),
    M.EDI_XML_STRUCT: DepositModeRow(Words("EDI structuré", "Structured EDI"), _C.EDI),
    M.EDI_MIXTE: DepositModeRow(Words("EDI mixte", "Mixed EDI"), _C.EDI),
    M.EDI_PDF_ARCHIVE: DepositModeRow(Words("EDI PDF archive", "EDI PDF archive"), _C.EDI),
    M.EDI_NUMERISATION: DepositModeRow(Words("Numérisation", "Scanned paper"), _C.EDI),
    M.SAISIE_WEB: DepositModeRow(
        Words("Saisie (ancien portail)", "Typed (old portal)"), _C.PORTAL, is_current=False
    ),
    M.PORTAIL_PDF: DepositModeRow(
        Words("Dépôt PDF (ancien portail)", "PDF (old portal)"), _C.PORTAL, is_current=False
    ),
}

TYPED_MODES: tuple[DepositMode, ...] = tuple(m for m, row in DEPOSIT_MODES.items() if row.is_typed)

CHANNELS: Mapping[Channel, Words] = {
    _C.PORTAL: Words("Portail", "Portal"),
    _C.API: Words("API", "API"),
    _C.EDI: Words("EDI", "EDI"),
}


class FlowState(StrEnum):
    """Where a deposited flow stands. Published codes."""

    IN_RECU = "IN_RECU"
    IN_TRAITE_SE_CPP = "IN_TRAITE_SE_CPP"
    IN_EN_ATTENTE_TRAITEMENT_CPP = "IN_EN_ATTENTE_TRAITEMENT_CPP"
    IN_EN_COURS_TRAITEMENT_CPP = "IN_EN_COURS_TRAITEMENT_CPP"
    IN_EN_ATTENTE_RETRAITEMENT_CPP = "IN_EN_ATTENTE_RETRAITEMENT_CPP"
    IN_INCIDENTE = "IN_INCIDENTE"
    QP_RECEVABLE = "QP_RECEVABLE"
    QP_RECEVABLE_AVEC_ERREUR = "QP_RECEVABLE_AVEC_ERREUR"
    QP_IRRECEVABLE = "QP_IRRECEVABLE"
    IN_REJETE = "IN_REJETE"
    IN_INTEGRE = "IN_INTEGRE"
    IN_INTEGRE_PARTIEL = "IN_INTEGRE_PARTIEL"


@dataclass(frozen=True, slots=True)
class FlowStateRow:
    """A state of a flow."""

    label: Words
    meaning: Words
    is_final: bool = False


E = FlowState

FLOW_STATES: Mapping[FlowState, FlowStateRow] = {
    E.IN_RECU: FlowStateRow(
        Words("Reçu", "Received"),
        Words("Le flux est arrivé.", "The flow has arrived."),
    ),
    E.IN_TRAITE_SE_CPP: FlowStateRow(
        Words("Traité", "Passed on"),
        Words("Le flux a traversé la couche d'échange.", "The flow went through the exchange."),
    ),
    E.IN_EN_ATTENTE_TRAITEMENT_CPP: FlowStateRow(
        Words("En attente de traitement", "Waiting"),
        Words("Le flux attend son tour.", "The flow waits for its turn."),
    ),
    E.IN_EN_COURS_TRAITEMENT_CPP: FlowStateRow(
        Words("En cours de traitement", "Running"),
        Words("Les demandes du flux sont contrôlées.", "Its requests are being checked."),
    ),
    E.IN_EN_ATTENTE_RETRAITEMENT_CPP: FlowStateRow(
        Words("En attente de retraitement", "Waiting for an operator"),
        Words("Le flux est bloqué ; un opérateur intervient.", "Blocked; an operator steps in."),
    ),
    E.IN_INCIDENTE: FlowStateRow(
        Words("Incidenté", "Failed"),
        Words(
            "Le flux n'est pas traité ; renvoyez-le entier.", "Not processed; send it again whole."
        ),
        is_final=True,
    ),
    E.QP_RECEVABLE: FlowStateRow(
        Words("Recevable", "Admissible"),
        Words("L'enveloppe est acceptée.", "The envelope is accepted."),
    ),
    E.QP_RECEVABLE_AVEC_ERREUR: FlowStateRow(
        Words("Recevable avec erreur", "Admissible with remarks"),
        Words("L'enveloppe est acceptée, avec des remarques.", "Accepted, with remarks."),
    ),
    E.QP_IRRECEVABLE: FlowStateRow(
        Words("Irrecevable", "Inadmissible"),
        Words("L'enveloppe est refusée.", "The envelope is refused."),
        is_final=True,
    ),
    E.IN_REJETE: FlowStateRow(
        Words("Rejeté", "Rejected"),
        Words("Toutes les demandes sont refusées.", "All its requests are refused."),
        is_final=True,
    ),
    E.IN_INTEGRE: FlowStateRow(
        Words("Intégré", "Integrated"),
        Words("Toutes les demandes sont déposées.", "All its requests are deposited."),
        is_final=True,
    ),
    E.IN_INTEGRE_PARTIEL: FlowStateRow(
        Words("Intégré partiellement", "Partly integrated"),
        Words("Seules les demandes correctes sont déposées.", "Only correct ones are deposited."),
        is_final=True,
    ),
}


class AttachmentType(StrEnum):
    """What an attached file is."""

    INVOICE_PDF = "INVOICE_PDF"
    BANK_DETAILS = "BANK_DETAILS"
    PURCHASE_ORDER = "PURCHASE_ORDER"
    DELIVERY_SLIP = "DELIVERY_SLIP"
    FOLLOW_UP_SLIP = "FOLLOW_UP_SLIP"
    INSTALMENT_STATEMENT = "INSTALMENT_STATEMENT"
    DIRECT_PAYMENT_INVOICE = "DIRECT_PAYMENT_INVOICE"
    GROUP_RECAP = "GROUP_RECAP"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class AttachmentTypeRow:
    """A kind of attachment and the description of the 2026 reform that it pairs with."""

    label: Words
    reform_code: str | None


A = AttachmentType

ATTACHMENT_TYPES: Mapping[AttachmentType, AttachmentTypeRow] = {
    A.INVOICE_PDF: AttachmentTypeRow(Words("Facture PDF", "Invoice PDF"), "LISIBLE"),
    A.BANK_DETAILS: AttachmentTypeRow(Words("Relevé d'identité bancaire", "Bank details"), "RIB"),
    A.PURCHASE_ORDER: AttachmentTypeRow(Words("Bon de commande", "Purchase order"), "BON_COMMANDE"),
    A.DELIVERY_SLIP: AttachmentTypeRow(Words("Bon de livraison", "Delivery slip"), "BON_LIVRAISON"),
    A.FOLLOW_UP_SLIP: AttachmentTypeRow(
        Words("Bordereau de suivi", "Follow-up slip"), "BORDEREAU_SUIVI"
    ),
    A.INSTALMENT_STATEMENT: AttachmentTypeRow(
        Words("État d'acompte", "Instalment statement"), "ETAT_ACOMPTE"
    ),
    A.DIRECT_PAYMENT_INVOICE: AttachmentTypeRow(
        Words("Facture de paiement direct", "Direct payment invoice"), "FACTURE_PAIEMENT_DIRECT"
    ),
    A.GROUP_RECAP: AttachmentTypeRow(
        Words("Récapitulatif de cotraitance", "Summary of the group"), "RECAPITULATIF_COTRAITANCE"
    ),
    A.OTHER: AttachmentTypeRow(Words("Autre pièce", "Other document"), "DOCUMENT_ANNEXE"),
}
