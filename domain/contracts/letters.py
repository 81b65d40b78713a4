"""The e-mails about contracts: to those who must answer for a role, and to those who asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from domain.contracts.codes import ContractRoleStatus
from domain.contracts.models import ContractParty, ContractVersion
from domain.contracts.queries import MANAGE
from domain.contracts.steps import ContractRoleAction
from domain.contracts.telling import Told
from domain.contracts.words import ROLES
from domain.mail.actions import post
from domain.reference.words import Locale, Words
from domain.structures.members import holders_of

# Which answers are written about: those that call for other terms.
_REFUSALS: Mapping[ContractRoleAction, str] = {
    ContractRoleAction.DECLINE: "contract_role_declined",
    ContractRoleAction.REFUSE_ADMISSION: "contract_subcontractor_refused",
}
_FOR = Words("pour {name}", "for {name}")


async def asked(of: Told, roles: Iterable[ContractParty]) -> None:
    """Write to those who must answer to the terms proposed now, once for all their roles.

    Who was asked the same by earlier terms is not asked again. Needs the transaction that
    proposes.
    """
    amends = of.contract.pending_id == of.version.id
    kind = "contract_amendment_proposed" if amends else "contract_role_proposed"
    awaited = [
        row
        for row in roles
        if row.status is ContractRoleStatus.PROPOSED and row.status_at == of.version.created_at
    ]
    for structure_id, own in _by_structure(awaited).items():
        await _write(kind, of, structure_id, own, comment=of.version.comment or "—")


async def refused(
    of: Told, row: ContractParty, action: ContractRoleAction, version_ids: Iterable[str]
) -> None:
    """Write to those who proposed the versions that the answer refuses, and to the one refused.

    Needs the transaction that answers.
    """
    if action not in _REFUSALS:
        return
    proposed = await ContractVersion.filter(id__in=sorted(set(version_ids)))
    # Who proposed terms without itself no longer reads the contract.
    readers = {v.proposed_by_id for v in proposed if v.proposed_by_id in of.structures}
    for structure_id in sorted((readers | {row.structure_id}) - {of.on_behalf_of}):
        await _write(
            _REFUSALS[action],
            of,
            structure_id,
            [row],
            participant=of.structures[row.structure_id].name,
            comment=row.status_comment,
        )


async def agreed(of: Told) -> None:
    """Write to the side that proposed what is in force now, and to those who leave with what was.

    Needs the transaction that agrees.
    """
    before = [row for row in of.rows if row.version_id != of.version.id]
    kind = "contract_amendment_in_force" if before else "contract_in_force"
    if of.version.proposed_by_id in of.structures:
        await _write(kind, of, of.version.proposed_by_id)
    staying = {row.structure_id for row in of.rows if row.version_id == of.version.id}
    for structure_id, own in _by_structure(before).items():
        if structure_id not in staying:
            await _write("contract_role_ended", of, structure_id, own)


def _by_structure(rows: Iterable[ContractParty]) -> dict[str, list[ContractParty]]:
    found: dict[str, list[ContractParty]] = {}
    for row in rows:
        found.setdefault(row.structure_id, []).append(row)
    return found


async def _write(
    kind: str,
    of: Told,
    structure_id: str,
    rows: Iterable[ContractParty] = (),
    **values: object,
) -> None:
    """To those who may answer for the structure, but for the one who acts."""
    for person in await holders_of(structure_id, MANAGE):
        if person.id == of.actor.id:
            continue
        locale = cast("Locale", person.locale)
        await post(
            kind,
            person.email,
            person.locale,
            structure=of.structures[structure_id].name,
            by=of.structures[of.on_behalf_of].name,
            contract=of.contract.id,
            number=of.contract.number,
            label=of.version.label,
            authority=of.structures[of.contract.contracting_authority_id].name,
            roles=", ".join(_role(row, of, locale) for row in rows),
            **values,
        )


def _role(row: ContractParty, of: Told, locale: Locale) -> str:
    """The role in words, with what tells it from another one of the same structure."""
    more = []
    if row.principal_id is not None:
        more.append(_FOR.in_(locale).format(name=of.structures[row.principal_id].name))
    if row.lot is not None:
        more.append(f"lot {row.lot}")
    role = ROLES[row.role].in_(locale)
    return f"{role} ({', '.join(more)})" if more else role
