"""Contracts in words."""

from __future__ import annotations

from collections.abc import Mapping

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
from domain.reference.words import Words

NATURES: Mapping[ContractNature, Words] = {
    ContractNature.TRAVAUX: Words("Travaux", "Works"),
    ContractNature.SERVICES: Words("Services", "Services"),
    ContractNature.FOURNITURES: Words("Fournitures", "Supplies"),
}

CCAGS: Mapping[Ccag, Words] = {
    Ccag.TRAVAUX: Words("CCAG Travaux", "Works"),
    Ccag.FCS: Words("CCAG Fournitures courantes et services", "Common supplies and services"),
    Ccag.PI: Words("CCAG Prestations intellectuelles", "Intellectual services"),
    Ccag.TIC: Words(
        "CCAG Techniques de l'information et de la communication",
        "Information and communication technologies",
    ),
    Ccag.MI: Words("CCAG Marchés industriels", "Industrial contracts"),
    Ccag.MOE: Words("CCAG Maîtrise d'œuvre", "Project management"),
}

ROLES: Mapping[ContractRole, Words] = {
    ContractRole.HOLDER: Words("Titulaire", "Holder"),
    ContractRole.GROUP_AGENT: Words("Mandataire du groupement", "Agent of the group"),
    ContractRole.CO_CONTRACTOR: Words("Cotraitant", "Co-contractor"),
    ContractRole.SUBCONTRACTOR: Words("Sous-traitant", "Subcontractor"),
    ContractRole.PROJECT_MANAGER: Words("Maîtrise d'œuvre (MOE)", "Project manager"),
    ContractRole.CONTRACTING_AUTHORITY: Words("Maîtrise d'ouvrage (MOA)", "Contracting authority"),
    ContractRole.FINANCE_SERVICE: Words("Service financier", "Finance service"),
}

STATUSES: Mapping[ContractStatus, Words] = {
    ContractStatus.PROPOSED: Words("Proposé", "Proposed: its roles are being agreed"),
    ContractStatus.IN_FORCE: Words("En vigueur", "In force"),
    ContractStatus.WITHDRAWN: Words("Retiré", "Withdrawn before it was in force"),
    ContractStatus.CLOSED: Words("Clos", "Closed by the contracting authority"),
}

VERSION_STATUSES: Mapping[ContractVersionStatus, Words] = {
    ContractVersionStatus.PROPOSED: Words("Proposée", "Proposed"),
    ContractVersionStatus.AGREED: Words("Convenue", "Agreed"),
    ContractVersionStatus.REPLACED: Words("Remplacée", "Replaced by a later one"),
    ContractVersionStatus.WITHDRAWN: Words("Retirée", "Withdrawn"),
}

ROLE_STATUSES: Mapping[ContractRoleStatus, Words] = {
    ContractRoleStatus.PROPOSED: Words("Proposé", "Proposed"),
    ContractRoleStatus.ACCEPTED: Words("Accepté", "Accepted"),
    ContractRoleStatus.DECLINED: Words("Décliné", "Declined"),
}

DIRECT_PAYMENTS: Mapping[DirectPaymentStatus, Words] = {
    DirectPaymentStatus.NOT_ASKED: Words("Non demandé", "Not asked"),
    DirectPaymentStatus.ASKED: Words("Demandé", "Asked"),
    DirectPaymentStatus.ACCEPTED: Words("Accepté", "Accepted by the contracting authority"),
    DirectPaymentStatus.REFUSED: Words("Refusé", "Refused by the contracting authority"),
}

ACTIONS: Mapping[ContractAction, Words] = {
    ContractAction.AMEND: Words("Proposer un avenant", "Propose an amendment"),
    ContractAction.WITHDRAW: Words("Retirer la proposition", "Withdraw the proposal"),
    ContractAction.WITHDRAW_AMENDMENT: Words("Retirer l'avenant", "Withdraw the amendment"),
    ContractAction.CLOSE: Words("Clore le marché", "Close the contract"),
}

ROLE_ACTIONS: Mapping[ContractRoleAction, Words] = {
    ContractRoleAction.ACCEPT: Words("Accepter le rôle", "Accept the role"),
    ContractRoleAction.DECLINE: Words("Décliner le rôle", "Decline the role"),
    ContractRoleAction.ADMIT: Words("Admettre au paiement direct", "Admit to direct payment"),
    ContractRoleAction.REFUSE_ADMISSION: Words(
        "Refuser le paiement direct", "Refuse direct payment"
    ),
}

SIDES: Mapping[ContractSide, Words] = {
    ContractSide.HOLDER: Words(
        "Titulaire ou mandataire du groupement", "The holder, or the agent of its group"
    ),
    ContractSide.CONTRACTING_AUTHORITY: Words("Maîtrise d'ouvrage", "The contracting authority"),
    ContractSide.PARTICIPANT: Words("Participant", "The structure whose role it is"),
}
