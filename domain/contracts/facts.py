"""What is known of a contract when something is deposited on it. No database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from domain.contracts.codes import (
    Ccag,
    ContractNature,
    ContractRole,
    ContractRoleStatus,
    ContractStatus,
    DirectPaymentStatus,
)
from domain.contracts.steps import HOLDERS, PRINCIPALS
from domain.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownParty:
    """A role in the terms of a contract."""

    id: str
    role: ContractRole
    structure_id: str
    identifier: str
    name: str
    status: ContractRoleStatus
    service_id: str | None = None
    service_code: str | None = None
    lot: str | None = None
    # Of a subcontractor: the structure that it works for, and its direct payment.
    principal_id: str | None = None
    ceiling: Decimal | None = None
    direct_payment: DirectPaymentStatus = DirectPaymentStatus.NOT_ASKED
    direct_payment_on: date | None = None

    @property
    def has_accepted(self) -> bool:
        return self.status is ContractRoleStatus.ACCEPTED

    @property
    def is_paid_directly(self) -> bool:
        return self.direct_payment is DirectPaymentStatus.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContract:
    """A contract and the roles in the terms that hold, or in the first ones while none do."""

    id: str
    number: str
    label: str
    nature: ContractNature
    ccag: Ccag | None
    status: ContractStatus
    status_at: datetime
    contracting_authority_id: str
    parties: tuple[KnownParty, ...]

    @property
    def is_in_force(self) -> bool:
        return self.status is ContractStatus.IN_FORCE

    @property
    def is_closed(self) -> bool:
        return self.status is ContractStatus.CLOSED

    @property
    def holder(self) -> KnownParty:
        """The holder, or the agent of the group that holds it."""
        return next(p for p in self.parties if p.role in HOLDERS)

    def one(self, role: ContractRole) -> KnownParty | None:
        """Who plays a role that is played once at most."""
        return next((p for p in self.parties if p.role is role), None)

    def roles_of(self, structure_id: str | None, *roles: ContractRole) -> tuple[KnownParty, ...]:
        """The roles of a structure, or those among the given ones."""
        return tuple(
            p
            for p in self.parties
            if p.structure_id == structure_id and (not roles or p.role in roles)
        )

    def principals_of(self, structure_id: str | None) -> tuple[KnownParty, ...]:
        """Those for whom the structure works as a subcontractor, each once."""
        named = {p.principal_id for p in self.roles_of(structure_id, ContractRole.SUBCONTRACTOR)}
        found = {
            p.structure_id: p
            for p in self.parties
            if p.structure_id in named and p.role in PRINCIPALS
        }
        return tuple(found.values())


def ceiling_of(parties: Iterable[KnownParty], principal_id: str) -> Decimal:
    """What may be paid directly at most, of the roles of one subcontractor for one principal."""
    admitted = (p for p in parties if p.principal_id == principal_id and p.is_paid_directly)
    return sum((p.ceiling or ZERO for p in admitted), ZERO)
