"""The verbs of contracts: propose, amend, answer about a role, withdraw, close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.access import Actor
from domain.clock import now, today
from domain.contracts import letters, versions
from domain.contracts.codes import (
    ContractRole,
    ContractStatus,
    ContractVersionStatus,
    DirectPaymentStatus,
)
from domain.contracts.draft import ContractDraft, Terms
from domain.contracts.models import Contract, ContractParty, ContractVersion
from domain.contracts.queries import MANAGE, READ, readers_of, role_sides_of, sides_of
from domain.contracts.rules import (
    admission_problems,
    comment_problems,
    contract_problems,
    terms_problems,
)
from domain.contracts.steps import (
    CONTRACTING,
    HOLDERS,
    ROLE_STEPS,
    STEPS,
    ContractAction,
    ContractRoleAction,
    ContractSide,
    ContractStep,
    RoleStep,
    from_of,
    offers,
    role_offers,
)
from domain.contracts.telling import Told, tell, tell_role, told
from domain.contracts.versions import Written
from domain.db import execute, hold
from domain.errors import Duplicate, Forbidden, Invalid, NotFound, WrongStatus
from domain.events import check_version, transaction
from domain.ids import findable, new_id
from domain.rules_text import problem
from domain.text import normal

Path = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What is answered about a role: `on` is the date of the authority's act of admission."""

    action: ContractRoleAction
    on: date | None = None
    comment: str | None = None


async def propose(actor: Actor, structure_id: str, draft: ContractDraft) -> Contract:
    """Propose a contract for a structure, which is its holder's side or its authority.

    Raises:
        NotFound, Forbidden, Invalid, Duplicate
    """
    actor.require(MANAGE, on=structure_id, path=("structureId",))
    terms = draft.terms.normalised()
    at = now()
    async with transaction():
        facts = await versions.facts_of(terms)
        if found := contract_problems(replace(draft, terms=terms), facts):
            raise Invalid(*found)
        playing = {p.role: facts.structures[str(p.identifier)].id for p in terms.parties}
        if structure_id not in {playing[role] for role in playing.keys() & CONTRACTING}:
            raise Forbidden(problem("BDR-CTR-021", ("structureId",)))
        contract = Contract(
            id=new_id("ctr"),
            number=normal(draft.number),
            nature=draft.nature,
            contracting_authority_id=playing[ContractRole.CONTRACTING_AUTHORITY],
            holder_id=next(playing[role] for role in playing if role in HOLDERS),
            status=ContractStatus.PROPOSED,
            status_at=at,
            version_id="",
            created_at=at,
            updated_at=at,
        )
        await _refuse_duplicate(contract)
        new = versions.written(contract, terms, facts, number=1, proposed_by=structure_id)
        contract.version_id = new.version.id
        of = await told(contract, new.version, new.parties, actor, structure_id)
        tell("contract.proposed", of)
        await contract.save(force_create=True)
        await new.save()
        await letters.asked(of, new.parties)
    return contract


async def amend(
    actor: Actor,
    contract_id: str,
    terms: Terms,
    *,
    comment: str | None = None,
    expected_version: int | None = None,
) -> Contract:
    """Propose the terms that the contract would have; those in force stay until they are agreed.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid, Conflict
    """
    terms = terms.normalised()
    async with transaction():
        contract, rows = await _locked(actor, contract_id, expected_version)
        step, acting = _step(contract, ContractAction.AMEND, actor)
        facts = await versions.facts_of(terms)
        found = [*comment_problems(comment, is_needed=False), *terms_problems(terms, facts)]
        if found:
            raise Invalid(*found)
        base = await versions.read(contract.version_id)
        new = versions.written(
            contract,
            terms,
            facts,
            number=1 + await ContractVersion.filter(contract_id=contract.id).count(),
            proposed_by=acting,
            comment=normal(comment),
            base=base,
        )
        _refuse_other_authority(contract, new)
        changed = _changed(base, new)
        await new.save()
        await _supersede(contract, new)
        living = [*(r for r in rows if r.version_id == base.version.id), *new.parties]
        of = await told(contract, new.version, living, actor, acting)
        tell(step.event, of, changed=changed)
        await letters.asked(of, new.parties)
        contract.updated_at = now()
        await contract.save()
    return contract


async def answer(actor: Actor, party_id: str, given: Answer) -> Contract:
    """Accept or decline a role, or say as the authority whether its direct payment is accepted.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid
    """
    at = now()
    async with transaction():
        named = await ContractParty.filter(id=findable(party_id)).first()
        if named is None:
            raise NotFound(problem("BDR-REQ-001", ("party",)))
        contract, rows = await _locked(actor, named.contract_id, path=("party",))
        row = next((r for r in rows if r.id == party_id), None)
        if row is None:
            raise WrongStatus(problem("BDR-CTR-026", ("party",)))
        if not any(actor.may(READ, reader) for reader in readers_of(row, rows)):
            raise NotFound(problem("BDR-REQ-001", ("party",)))
        step, acting = _role_step(row, given.action, actor)
        _check_answer(step, given)
        version = await ContractVersion.get(id=row.version_id)
        of = await told(contract, version, rows, actor, acting)
        # What stands in force and in an amendment alike is answered once.
        alike = [r for r in rows if r.is_open and r.terms() == row.terms() and _stands(r, step)]
        for each in alike:
            _write(each, step, given)
            await each.save()
        tell_role(step.event, of, row)
        await letters.refused(of, row, step.action, [each.version_id for each in alike])
        if version.status is ContractVersionStatus.PROPOSED:
            await _agree(of, version, [r for r in rows if r.version_id == version.id])
        contract.updated_at = at
        await contract.save()
    return contract


async def move(
    actor: Actor,
    contract_id: str,
    action: ContractAction,
    *,
    comment: str | None = None,
    expected_version: int | None = None,
) -> Contract:
    """Withdraw a proposal or an amendment, or close the contract.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid, Conflict
    """
    if found := comment_problems(comment, is_needed=False):
        raise Invalid(*found)
    if action is ContractAction.AMEND:
        raise Invalid(problem("BDR-CTR-027", ("action",)))
    at = now()
    async with transaction():
        contract, rows = await _locked(actor, contract_id, expected_version)
        step, acting = _step(contract, action, actor)
        version = await ContractVersion.get(id=contract.pending_id or contract.version_id)
        if version.status is ContractVersionStatus.PROPOSED:
            await _end(version, ContractVersionStatus.WITHDRAWN)
        if step.to is not None:
            contract.status, contract.status_at = step.to, at
            await _shut(contract)
        if contract.pending_id is not None:
            await _hide(contract.pending_id)
            contract.pending_id = None
        of = await told(contract, version, rows, actor, acting)
        tell(step.event, of, comment=normal(comment))
        contract.updated_at = at
        await contract.save()
    return contract


async def _refuse_duplicate(contract: Contract) -> None:
    """One at a time for the same number of the same authority."""
    await hold(f"contract {contract.contracting_authority_id} {contract.number}")
    taken = Contract.filter(
        contracting_authority_id=contract.contracting_authority_id, number=contract.number
    )
    if await taken.exclude(status=ContractStatus.WITHDRAWN).exists():
        raise Duplicate(problem("BDR-CTR-003", ("number",), number=contract.number))


async def _locked(
    actor: Actor, contract_id: str, expected_version: int | None = None, path: Path = ("id",)
) -> tuple[Contract, list[ContractParty]]:
    """The contract, held for this transaction, and its living roles; for those who see it."""
    contract = await Contract.filter(id=findable(contract_id)).select_for_update().first()
    rows = await ContractParty.filter(contract_id=findable(contract_id), is_live=True).order_by(
        "id"
    )
    if contract is None or not any(actor.may(READ, row.structure_id) for row in rows):
        raise NotFound(problem("BDR-REQ-001", path))
    check_version(contract, expected_version)
    return contract, list(rows)


def _step(contract: Contract, action: ContractAction, actor: Actor) -> tuple[ContractStep, str]:
    """The row that the action takes, and the structure in whose name."""
    authority, holder = contract.contracting_authority_id, contract.holder_id
    acting = {ContractSide.HOLDER: holder, ContractSide.CONTRACTING_AUTHORITY: authority}
    sides = sides_of(actor, authority, holder)
    for offer in offers(contract.status, sides, has_pending=contract.pending_id is not None):
        if offer.step.action is action:
            if offer.refused_by:
                raise WrongStatus(problem(offer.refused_by, ("action",)))
            return offer.step, str(acting[offer.step.by])
    if any(s.action is action and contract.status in s.frm for s in STEPS):
        raise Forbidden(problem("BDR-CTR-028", ("action",), action=action.value))
    raise WrongStatus(
        problem("BDR-LIF-001", ("action",), action=action.value, status=contract.status.value)
    )


def _role_step(
    row: ContractParty, action: ContractRoleAction, actor: Actor
) -> tuple[RoleStep, str]:
    """The row that the answer takes, and the structure in whose name."""
    if not row.is_open:
        raise WrongStatus(problem("BDR-CTR-026", ("party",)))
    acting = {
        ContractSide.PARTICIPANT: row.structure_id,
        ContractSide.CONTRACTING_AUTHORITY: row.contracting_authority_id,
    }
    sides = role_sides_of(actor, row.structure_id, row.contracting_authority_id)
    for step in role_offers(row.status, row.direct_payment, sides, is_open=row.is_open):
        if step.action is action:
            return step, str(acting[step.by])
    if any(s.action is action and _stands(row, s) for s in ROLE_STEPS):
        raise Forbidden(problem("BDR-CTR-028", ("action",), action=action.value))
    wanted = next(s for s in ROLE_STEPS if s.action is action)
    status = from_of(wanted, row.status, row.direct_payment)
    if status is DirectPaymentStatus.NOT_ASKED:
        raise WrongStatus(problem("BDR-CTR-030", ("action",)))
    raise WrongStatus(problem("BDR-LIF-001", ("action",), action=action.value, status=status.value))


def _stands(row: ContractParty, step: RoleStep) -> bool:
    return from_of(step, row.status, row.direct_payment) in step.frm


def _check_answer(step: RoleStep, given: Answer) -> None:
    found = comment_problems(given.comment, is_needed=step.needs_comment)
    if step.action is ContractRoleAction.ADMIT:
        found += admission_problems(given.on, today())
    elif given.on is not None:
        found.append(problem("BDR-CTR-029", ("on",)))
    if found:
        raise Invalid(*found)


def _write(row: ContractParty, step: RoleStep, given: Answer) -> None:
    if isinstance(step.to, DirectPaymentStatus):
        row.direct_payment = step.to
        admitted = step.to is DirectPaymentStatus.ACCEPTED
        row.direct_payment_on = (given.on or today()) if admitted else None
    else:
        row.status, row.status_at = step.to, now()
    row.status_comment = normal(given.comment)


async def _agree(of: Told, version: ContractVersion, rows: Sequence[ContractParty]) -> None:
    """Once all those accepted for whom it waits, the version is in force."""
    if not versions.is_agreed(rows):
        return
    contract, at = of.contract, now()
    version.agreed_at = at
    await _end(version, ContractVersionStatus.AGREED)
    if contract.pending_id == version.id:
        before = await ContractVersion.get(id=contract.version_id)
        await _end(before, ContractVersionStatus.REPLACED)
        await _hide(before.id)
        contract.version_id, contract.pending_id = version.id, None
    contract.holder_id = versions.holder_of(rows)
    if contract.status is ContractStatus.PROPOSED:
        contract.status, contract.status_at = ContractStatus.IN_FORCE, at
    # Those who leave with the terms before are told that they were replaced.
    agreed = await told(contract, version, of.rows, of.actor, of.on_behalf_of)
    tell("contract.agreed", agreed)
    await letters.agreed(agreed)


async def _supersede(contract: Contract, new: Written) -> None:
    """The new terms take the place of those that nobody agreed to yet."""
    former: str | None
    if contract.status is ContractStatus.PROPOSED:
        former = contract.version_id
        contract.version_id = new.version.id
        contract.holder_id = versions.holder_of(new.parties)
    else:
        former = contract.pending_id
        contract.pending_id = new.version.id
    if former is not None:
        await _end(await ContractVersion.get(id=former), ContractVersionStatus.REPLACED)
        await _hide(former)


async def _end(version: ContractVersion, status: ContractVersionStatus) -> None:
    version.status, version.status_at = status, now()
    await version.save()


async def _hide(version_id: str) -> None:
    """Whoever plays a role in these terms alone no longer sees the contract."""
    await execute(
        "UPDATE contract_party SET is_live = $2, is_open = $2 WHERE version_id = $1",
        version_id,
        False,
    )


async def _shut(contract: Contract) -> None:
    await execute(
        "UPDATE contract_party SET is_open = $2 WHERE contract_id = $1", contract.id, False
    )


def _changed(base: Written, new: Written) -> list[str]:
    """The parts of the terms that differ; none is no amendment."""
    before, after = base.said(), new.said()
    changed = [name for name, value in after.items() if value != before[name]]
    if not changed:
        raise Invalid(problem("BDR-CTR-025", ("terms",)))
    return changed


def _refuse_other_authority(contract: Contract, new: Written) -> None:
    for n, row in enumerate(new.parties):
        is_authority = row.role is ContractRole.CONTRACTING_AUTHORITY
        if is_authority and row.structure_id != contract.contracting_authority_id:
            path = ("terms", "parties", str(n), "identifier")
            raise Invalid(problem("BDR-CTR-002", path))
