"""What deposits ask of contracts: who plays which role, who agreed, what may still be billed.

Only the terms in force count here: nobody is bound by what was merely proposed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.contracts.codes import (
    Ccag,
    ContractNature,
    ContractRole,
    ContractRoleStatus,
    ContractStatus,
    DirectPaymentStatus,
)
from domain.contracts.facts import KnownContract, KnownParty
from domain.db import day_of, fetch, instant_of
from domain.money import amount_of
from domain.text import searchable


async def contract_for(
    number: str | None, recipient_id: str | None, depositor_id: str | None = None
) -> KnownContract | None:
    """The contract of that number in which the recipient is the authority or its finance service.

    One in force comes before one that is not; then the one in which the depositor plays a role. A
    contract that is only proposed is shown to who plays a role in it alone.
    """
    number = searchable(number)
    if number is None or recipient_id is None:
        return None
    rows = await fetch(
        f"{_SELECT} WHERE c.number = $1 AND c.status <> 'WITHDRAWN'"
        " AND (c.contracting_authority_id = $2 OR EXISTS (SELECT 1 FROM contract_party f"
        "  WHERE f.version_id = c.version_id AND f.role = 'FINANCE_SERVICE'"
        "  AND f.structure_id = $2)) ORDER BY p.id",
        number,
        recipient_id,
    )
    found = [
        contract
        for contract in _contracts(rows)
        if contract.status is not ContractStatus.PROPOSED or contract.roles_of(depositor_id)
    ]
    return min(found, key=lambda c: _rank(c, recipient_id, depositor_id), default=None)


async def contract_played(number: str | None, structure_id: str | None) -> KnownContract | None:
    """The contract of that number in which the structure plays a role; None when several are so.

    For who does not name the authority. One in force comes before one that is not.
    """
    number = searchable(number)
    if number is None or structure_id is None:
        return None
    rows = await fetch(
        f"{_SELECT} WHERE c.number = $1 AND c.status <> 'WITHDRAWN'"
        " AND EXISTS (SELECT 1 FROM contract_party f WHERE f.version_id = c.version_id"
        "  AND f.structure_id = $2) ORDER BY p.id",
        number,
        structure_id,
    )
    found = _contracts(rows)
    found = [c for c in found if c.is_in_force] or found
    return found[0] if len(found) == 1 else None


async def contract_by_id(contract_id: str | None) -> KnownContract | None:
    """The contract of that identifier, whatever its status."""
    if contract_id is None:
        return None
    rows = await fetch(f"{_SELECT} WHERE c.id = $1 ORDER BY p.id", contract_id)
    return next(iter(_contracts(rows)), None)


_ORDER = (ContractStatus.IN_FORCE, ContractStatus.CLOSED, ContractStatus.PROPOSED)


def _rank(
    contract: KnownContract, recipient_id: str, depositor_id: str | None
) -> tuple[int, bool, bool, str]:
    return (
        _ORDER.index(contract.status),
        not contract.roles_of(depositor_id),
        contract.contracting_authority_id != recipient_id,
        contract.id,
    )


# What counts against the ceilings of subcontractors

# The net cents that a kind of documents billed: of a contract, by a subcontractor, for whom it
# works, but for one document (what is judged now).
Counter = Callable[[str, str, str, str | None], Awaitable[int]]
_counters: list[Counter] = []


def counts(counter: Counter) -> Counter:
    """Let a kind of documents count against ceilings; called once by the module that has it."""
    _counters.append(counter)
    return counter


def turn(number: str) -> str:
    """What deposits that count against a ceiling take in turns: a name to `hold`."""
    return f"billed on contract {number}"


async def billed(
    contract_id: str, subcontractor_id: str, principal_id: str, *, but: str | None = None
) -> Decimal:
    """The net amount billed to direct payment, by every kind of documents, and not rejected."""
    total = 0
    for counter in _counters:
        total += await counter(contract_id, subcontractor_id, principal_id, but)
    return amount_of(total)


_SELECT = (
    "SELECT c.id AS contract_id, c.number, c.nature, c.status AS contract_status, c.status_at,"
    " c.contracting_authority_id AS authority_id, v.label, v.ccag,"
    " p.id, p.role, p.structure_id, p.service_id, p.service_code, p.lot, p.principal_id,"
    " p.ceiling_cents, p.direct_payment, p.direct_payment_on, p.status, s.identifier, s.name"
    " FROM contract c JOIN contract_version v ON v.id = c.version_id"
    " JOIN contract_party p ON p.version_id = c.version_id"
    " JOIN structure s ON s.id = p.structure_id"
)


def _contracts(rows: Sequence[Mapping[str, Any]]) -> list[KnownContract]:
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_id.setdefault(row["contract_id"], []).append(row)
    return [
        KnownContract(
            id=of[0]["contract_id"],
            number=of[0]["number"],
            label=of[0]["label"],
            nature=ContractNature(of[0]["nature"]),
            ccag=Ccag(of[0]["ccag"]) if of[0]["ccag"] else None,
            status=ContractStatus(of[0]["contract_status"]),
            status_at=instant_of(of[0]["status_at"]),
            contracting_authority_id=of[0]["authority_id"],
            parties=tuple(_party(row) for row in of),
        )
        for of in by_id.values()
    ]


def _party(row: Mapping[str, Any]) -> KnownParty:
    cents = row["ceiling_cents"]
    return KnownParty(
        id=row["id"],
        role=ContractRole(row["role"]),
        structure_id=row["structure_id"],
        identifier=row["identifier"],
        name=row["name"],
        status=ContractRoleStatus(row["status"]),
        service_id=row["service_id"],
        service_code=row["service_code"],
        lot=row["lot"],
        principal_id=row["principal_id"],
        ceiling=None if cents is None else amount_of(cents),
        direct_payment=DirectPaymentStatus(row["direct_payment"]),
        direct_payment_on=day_of(row["direct_payment_on"]),
    )
