"""The words of contracts as codes: natures, roles, statuses."""

from __future__ import annotations

from enum import StrEnum


class ContractNature(StrEnum):
    """What is bought: the three kinds of public contracts."""

    TRAVAUX = "TRAVAUX"
    SERVICES = "SERVICES"
    FOURNITURES = "FOURNITURES"


class Ccag(StrEnum):
    """The general administrative conditions ("CCAG") that a contract refers to."""

    TRAVAUX = "TRAVAUX"
    FCS = "FCS"
    PI = "PI"
    TIC = "TIC"
    MI = "MI"
    MOE = "MOE"


class ContractRole(StrEnum):
    """The part that a structure plays in a contract."""

    HOLDER = "HOLDER"
    GROUP_AGENT = "GROUP_AGENT"
    CO_CONTRACTOR = "CO_CONTRACTOR"
    SUBCONTRACTOR = "SUBCONTRACTOR"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    CONTRACTING_AUTHORITY = "CONTRACTING_AUTHORITY"
    FINANCE_SERVICE = "FINANCE_SERVICE"


class ContractStatus(StrEnum):
    """Where a contract stands."""

    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    WITHDRAWN = "WITHDRAWN"
    CLOSED = "CLOSED"


class ContractVersionStatus(StrEnum):
    """Where one version of the terms stands."""

    PROPOSED = "PROPOSED"
    AGREED = "AGREED"
    REPLACED = "REPLACED"
    WITHDRAWN = "WITHDRAWN"


class ContractRoleStatus(StrEnum):
    """Whether a structure agreed to its role."""

    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


class DirectPaymentStatus(StrEnum):
    """Whether the contracting authority pays a subcontractor directly."""

    NOT_ASKED = "NOT_ASKED"
    ASKED = "ASKED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
