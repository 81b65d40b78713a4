"""Versions of the terms: what is written for one, and which answers it keeps of the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.clock import now, today
from domain.contracts.codes import (
    ContractRole,
    ContractRoleStatus,
    ContractVersionStatus,
    DirectPaymentStatus,
)
from domain.contracts.draft import Terms
from domain.contracts.models import Contract, ContractLot, ContractParty, ContractVersion
from domain.contracts.rules import Facts, StructureFacts
from domain.contracts.steps import AGREEING, CONTRACTING
from domain.db import day_of, fetch
from domain.ids import new_id
from domain.money import cents
from domain.text import searchable


@dataclass(frozen=True)
class Written:
    """A version with its lots and roles."""

    version: ContractVersion
    lots: tuple[ContractLot, ...]
    parties: tuple[ContractParty, ...]

    def said(self) -> dict[str, Any]:
        """What it says, part by part, as the API names the parts."""
        version = self.version
        return {
            "label": version.label,
            "ccag": version.ccag,
            "notifiedOn": version.notified_on,
            "amount": version.amount_cents,
            "lots": [(lot.number, lot.label, lot.amount_cents) for lot in self.lots],
            "parties": {party.terms() for party in self.parties},
        }

    async def save(self) -> None:
        """Write what is new: the version, its lots, its roles."""
        await self.version.save(force_create=True)
        for row in (*self.lots, *self.parties):
            await row.save(force_create=True)


async def read(version_id: str) -> Written:
    """A version as it was written."""
    return Written(
        await ContractVersion.get(id=version_id),
        tuple(await ContractLot.filter(version_id=version_id).order_by("position")),
        tuple(await ContractParty.filter(version_id=version_id).order_by("id")),
    )


async def facts_of(terms: Terms) -> Facts:
    """What the database knows of the structures and services that the terms name."""
    named = {searchable(p.identifier) for p in terms.parties} - {None}
    structures = {row["identifier"]: row for row in await _structures(sorted(map(str, named)))}
    asked = {
        (structures[p.identifier]["id"], code)
        for p in terms.parties
        if p.identifier in structures and (code := searchable(p.service_code)) is not None
    }
    services = await _services(sorted(asked))
    return Facts(
        structures={
            identifier: StructureFacts(
                id=row["id"],
                name=row["name"],
                is_active=row["status"] == "ACTIVE",
                is_public=row["nature"] == "PUBLIC",
            )
            for identifier, row in structures.items()
        },
        services={
            (str(p.identifier), str(p.service_code)): services[found, str(p.service_code)]
            for p in terms.parties
            if p.identifier in structures
            and (found := structures[p.identifier]["id"], p.service_code) in services
        },
    )


async def _structures(named: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    if not named:
        return []
    marks = ", ".join(f"${n}" for n in range(1, len(named) + 1))
    # A SIRET wins over another kind of identifier that happens to be written the same.
    return list(
        await fetch(
            f"SELECT * FROM structure WHERE identifier IN ({marks})"
            " ORDER BY CASE identifier_type WHEN 'SIRET' THEN 1 ELSE 0 END",
            *named,
        )
    )


async def _services(asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The identifiers of the active services, by structure and code."""
    if not asked:
        return {}
    pairs = " OR ".join(
        f"(structure_id = ${2 * n + 1} AND code = ${2 * n + 2})" for n in range(len(asked))
    )
    rows = await fetch(
        f"SELECT * FROM service WHERE ({pairs}) AND status = 'ACTIVE'",
        *(value for pair in asked for value in pair),
    )
    return {(r["structure_id"], r["code"]): r["id"] for r in rows if _is_valid(r, today())}


def _is_valid(row: Mapping[str, Any], on: date) -> bool:
    since, until = day_of(row["valid_from"]), day_of(row["valid_until"])
    return (since is None or since <= on) and (until is None or on <= until)


def written(
    contract: Contract,
    terms: Terms,
    facts: Facts,
    *,
    number: int,
    proposed_by: str,
    comment: str | None = None,
    base: Written | None = None,
) -> Written:
    """The rows of new terms. Roles that say what those of `base` say keep their answers."""
    at = now()
    version = ContractVersion(
        id=new_id("ctv"),
        contract_id=contract.id,
        number=number,
        status=ContractVersionStatus.PROPOSED,
        status_at=at,
        proposed_by_id=proposed_by,
        label=terms.label,
        ccag=terms.ccag,
        notified_on=terms.notified_on,
        amount_cents=_cents(terms.amount),
        comment=comment,
        created_at=at,
    )
    lots = tuple(
        ContractLot(
            id=new_id("ctl"),
            version_id=version.id,
            position=n,
            number=lot.number,
            label=lot.label,
            amount_cents=_cents(lot.amount),
        )
        for n, lot in enumerate(terms.lots, start=1)
    )
    parties = tuple(_party_rows(contract, version, terms, facts, at))
    for row in parties:
        _answered(row, proposed_by, base, at)
    return Written(version, lots, parties)


def _party_rows(
    contract: Contract, version: ContractVersion, terms: Terms, facts: Facts, at: datetime
) -> list[ContractParty]:
    ids = {identifier: found.id for identifier, found in facts.structures.items()}
    return [
        ContractParty(
            id=new_id("ctp"),
            contract_id=contract.id,
            version_id=version.id,
            contracting_authority_id=contract.contracting_authority_id,
            role=party.role,
            structure_id=ids[str(party.identifier)],
            service_id=facts.services.get((str(party.identifier), str(party.service_code))),
            service_code=party.service_code,
            lot=party.lot,
            principal_id=ids[party.principal] if party.principal else None,
            ceiling_cents=_cents(party.ceiling),
            direct_payment=DirectPaymentStatus.NOT_ASKED
            if party.ceiling is None
            else DirectPaymentStatus.ASKED,
            status=ContractRoleStatus.PROPOSED,
            status_at=at,
            is_awaited=party.role in AGREEING,
        )
        for party in terms.parties
    ]


def _answered(row: ContractParty, proposed_by: str, base: Written | None, at: datetime) -> None:
    """Who proposes agrees; who had agreed to the same need not again, but for the other side."""
    known = {other.terms(): other for other in base.parties} if base else {}
    same = known.get(row.terms())
    if same is not None:
        row.direct_payment, row.direct_payment_on = same.direct_payment, same.direct_payment_on
        if row.role not in CONTRACTING:
            row.status, row.status_at = same.status, same.status_at
            row.status_comment = same.status_comment
    elif base is not None and _had_agreed(row, base):
        row.is_awaited = True
    if row.structure_id == proposed_by:
        row.status, row.status_at = ContractRoleStatus.ACCEPTED, at


def _had_agreed(row: ContractParty, base: Written) -> bool:
    """Whether the structure agreed to another form of its role: it agrees to this one too."""
    return any(
        (other.role, other.structure_id) == (row.role, row.structure_id)
        and other.status is ContractRoleStatus.ACCEPTED
        for other in base.parties
    )


def holder_of(rows: Sequence[ContractParty]) -> str:
    """The structure that plays the holder in a version."""
    return next(
        str(r.structure_id)
        for r in rows
        if r.role in (ContractRole.HOLDER, ContractRole.GROUP_AGENT)
    )


def is_agreed(rows: Sequence[ContractParty]) -> bool:
    """Whether everyone accepted for whom the version waits."""
    return all(row.status is ContractRoleStatus.ACCEPTED for row in rows if row.is_awaited)


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else cents(amount)
