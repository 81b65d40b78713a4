"""Connections, technical accounts and delegations, in words."""

from __future__ import annotations

from collections.abc import Mapping

from domain.connections.models import (
    ConnectionStatus,
    ConnectionType,
    DelegationStatus,
    TechnicalStatus,
)
from domain.connections.steps import ConnectionAction, ConnectionSide
from domain.reference.words import Words

CONNECTION_TYPES: Mapping[ConnectionType, Words] = {
    ConnectionType.API: Words("Interface de programmation (API)", "By the API"),
}

CONNECTION_STATUSES: Mapping[ConnectionStatus, Words] = {
    ConnectionStatus.REQUESTED: Words("Demandé", "Waits for the administrator of the site"),
    ConnectionStatus.REFUSED: Words("Refusé", "Refused by the administrator of the site"),
    ConnectionStatus.ACCEPTED: Words("Accepté", "Accepted; it has no technical account yet"),
    ConnectionStatus.ACTIVE: Words("Actif", "Active"),
    ConnectionStatus.SUSPENDED: Words("Suspendu", "Suspended: its technical accounts are refused"),
    ConnectionStatus.CLOSED: Words("Clos", "Closed for good"),
}

CONNECTION_ACTIONS: Mapping[ConnectionAction, Words] = {
    ConnectionAction.ACCEPT: Words("Accepter", "Accept"),
    ConnectionAction.REFUSE: Words("Refuser", "Refuse"),
    ConnectionAction.ACTIVATE: Words("Activer", "Activate"),
    ConnectionAction.SUSPEND: Words("Suspendre", "Suspend"),
    ConnectionAction.RESUME: Words("Reprendre", "Resume"),
    ConnectionAction.CLOSE: Words("Clore", "Close"),
}

SIDES: Mapping[ConnectionSide, Words] = {
    ConnectionSide.STRUCTURE: Words("Structure", "The managers of the structure"),
    ConnectionSide.SITE: Words("Administrateur du portail", "The administrator of the site"),
    ConnectionSide.PLATFORM: Words("Portail", "The platform by itself"),
}

TECHNICAL_STATUSES: Mapping[TechnicalStatus, Words] = {
    TechnicalStatus.ACTIVE: Words("Actif", "Active"),
    TechnicalStatus.SUSPENDED: Words("Suspendu", "Suspended with its connection"),
    TechnicalStatus.REVOKED: Words("Révoqué", "Revoked for good"),
}

DELEGATION_STATUSES: Mapping[DelegationStatus, Words] = {
    DelegationStatus.ACTIVE: Words("En vigueur", "In force"),
    DelegationStatus.WITHDRAWN: Words("Retirée", "Withdrawn"),
    DelegationStatus.EXPIRED: Words("Échue", "Ended by its date"),
}
