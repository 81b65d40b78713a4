"""What events say of contracts, and to whom: nobody is told of a role that it may not read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain import events
from domain.access import Actor
from domain.contracts.models import Contract, ContractParty, ContractVersion
from domain.contracts.queries import READ, readers_of
from domain.money import decimal_text
from domain.structures.models import Structure


@dataclass(frozen=True)
class Told:
    """What every fact about a contract is told with. `rows` are its roles."""

    contract: Contract
    version: ContractVersion
    rows: tuple[ContractParty, ...]
    structures: Mapping[str, Structure]
    actor: Actor
    on_behalf_of: str


async def told(
    contract: Contract,
    version: ContractVersion,
    rows: Iterable[ContractParty],
    actor: Actor,
    on_behalf_of: str,
) -> Told:
    """The same, with the names of the structures that play a role."""
    rows = tuple(rows)
    ids = {row.structure_id for row in rows} | {contract.contracting_authority_id}
    found = await Structure.filter(id__in=sorted(ids | {contract.holder_id}))
    return Told(contract, version, rows, {s.id: s for s in found}, actor, on_behalf_of)


def tell(kind: str, of: Told, **details: Any) -> None:
    """Record a fact about the whole contract, for all who play a role. The caller saves it."""
    readers = {row.structure_id for row in of.rows if row.is_live}
    _record(kind, of, readers, **details)


def tell_role(kind: str, of: Told, row: ContractParty) -> None:
    """Record a fact about one role, for those who see it. The caller saves the contract."""
    _record(kind, of, readers_of(row, of.rows), party=card_of_party(row, of.structures))


def _record(kind: str, of: Told, readers: Iterable[str], **details: Any) -> None:
    events.record(
        kind,
        of.contract,
        of.actor,
        audience=[(structure, READ) for structure in readers],
        on_behalf_of=of.on_behalf_of,
        data={"contract": card_of(of), **details},
    )


def card_of(of: Told) -> dict[str, Any]:
    """The contract in short: nothing of its roles but the two that make it."""
    contract = of.contract
    return {
        "id": contract.id,
        "number": contract.number,
        "label": of.version.label,
        "nature": contract.nature.value,
        "status": contract.status.value,
        "version": contract.event_count + 1,
        "termsNumber": of.version.number,
        "contractingAuthority": _structure(of.structures[contract.contracting_authority_id]),
        "holder": _structure(of.structures[contract.holder_id]),
    }


def card_of_party(row: ContractParty, structures: Mapping[str, Structure]) -> dict[str, Any]:
    """A role in short."""
    return {
        "id": row.id,
        "role": row.role.value,
        "structure": _structure(structures[row.structure_id]),
        "serviceCode": row.service_code,
        "lot": row.lot,
        "principalId": row.principal_id,
        "ceiling": decimal_text(row.ceiling_cents),
        "directPayment": row.direct_payment.value,
        "directPaymentOn": row.direct_payment_on.isoformat() if row.direct_payment_on else None,
        "status": row.status.value,
        "comment": row.status_comment,
    }


def _structure(structure: Structure) -> dict[str, Any]:
    return {
        "id": structure.id,
        "identifier": structure.identifier,
        "name": structure.name,
    }
