"""What the contract that an invoice names says of it: pure.

A contract in force binds its direct-payment requests (A9) and co-contractors' invoices (A12); where
none is known, they are deposited all the same, and advised. An ordinary invoice is only advised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from domain.contracts.codes import ContractRole
from domain.contracts.facts import KnownContract, KnownParty, ceiling_of
from domain.errors import Problem
from domain.invoices.draft import Draft, ValidatorRef
from domain.money import ZERO
from domain.reference.frames import VALIDATED_FRAMES, Frame
from domain.rules_text import problem

Path = tuple[str, ...]
Problems = Iterator[Problem]
R = ContractRole

# The role that each frame is deposited in.
ROLE_OF: Mapping[Frame, ContractRole] = {Frame.A9: R.SUBCONTRACTOR, Frame.A12: R.CO_CONTRACTOR}
_FRAME_OF = {role: frame for frame, role in ROLE_OF.items()}


def with_validators(draft: Draft, contract: KnownContract | None, supplier_id: str | None) -> Draft:
    """The draft with the validators that the contract gives, where it names none."""
    if contract is None or not contract.is_in_force or draft.frame not in VALIDATED_FRAMES:
        return draft
    if not contract.roles_of(supplier_id, ROLE_OF[draft.frame]):
        return draft
    if draft.validator_1 is None:
        firsts = firsts_of(draft.frame, contract, supplier_id)
        # Who works for two says for which.
        if len(firsts) != 1:
            return draft
        draft = replace(draft, validator_1=_ref(firsts[0]))
    if draft.frame is Frame.A9 and draft.validator_2 is None and draft.validator_1 is not None:
        named = next(
            (
                p
                for p in firsts_of(draft.frame, contract, supplier_id)
                if p.identifier == draft.validator_1.identifier
            ),
            None,
        )
        if second := second_of(named, contract):
            draft = replace(draft, validator_2=_ref(second))
    return draft


def firsts_of(
    frame: Frame, contract: KnownContract, supplier_id: str | None
) -> tuple[KnownParty, ...]:
    """Who may validate first: those for whom a subcontractor works, or the group's agent."""
    if frame is Frame.A9:
        return contract.principals_of(supplier_id)
    return (contract.holder,)


def second_of(first: KnownParty | None, contract: KnownContract) -> KnownParty | None:
    """Who validates after a co-contractor: the agent of its group."""
    return contract.holder if first is not None and first.role is R.CO_CONTRACTOR else None


def contract_problems(
    draft: Draft,
    contract: KnownContract | None,
    *,
    supplier_id: str | None,
    validator_1_id: str | None,
    validator_2_id: str | None,
    billed: Mapping[str, Decimal],
    path: Path,
) -> Problems:
    """What the contract refuses or advises. `billed` is by principal, without this document."""
    at = (*path, "contractNumber")
    if draft.frame not in VALIDATED_FRAMES:
        yield from _ordinary(draft, contract, supplier_id, at)
        return
    if draft.contract_number is None or supplier_id is None:
        return
    number = draft.contract_number
    if contract is None or not (contract.is_in_force or contract.is_closed):
        yield problem("BDR-CTR-040", at, number=number)
        return
    if contract.is_closed:
        yield problem("BDR-CTR-041", at, number=number, date=contract.status_at.date())
        return
    own = contract.roles_of(supplier_id, ROLE_OF[draft.frame])
    if not own:
        rule = "BDR-CTR-042" if draft.frame is Frame.A9 else "BDR-CTR-043"
        yield problem(rule, at, number=number, holder=contract.holder.name)
        return
    first = (*path, "validator1", "identifier")
    yield from first_problems(draft.frame, contract, supplier_id, validator_1_id, first)
    principal = next((p for p in contract.parties if p.structure_id == validator_1_id), None)
    if draft.frame is Frame.A9 and principal in contract.principals_of(supplier_id):
        own = tuple(r for r in own if r.principal_id == validator_1_id)
        yield from second_problems(contract, principal, validator_2_id, (*path, "validator2"))
    if not any(r.has_accepted for r in own):
        yield problem("BDR-CTR-044", at, number=number)
    if draft.frame is Frame.A9:
        yield from direct_payment_problems(draft, own, billed, path)


def first_problems(
    frame: Frame,
    contract: KnownContract,
    supplier_id: str,
    validator_id: str | None,
    path: Path,
) -> Problems:
    """Whether the first validator is the one that the contract says; unknown ones are said."""
    expected = firsts_of(frame, contract, supplier_id)
    if validator_id is None or validator_id in {p.structure_id for p in expected}:
        return
    rule = "BDR-CTR-047" if frame is Frame.A9 else "BDR-CTR-048"
    yield problem(rule, path, number=contract.number, expected=_names(expected))


def second_problems(
    contract: KnownContract, first: KnownParty | None, validator_id: str | None, path: Path
) -> Problems:
    """Whether the agent comes second, after a co-contractor, and nobody after the holder."""
    expected = second_of(first, contract)
    if expected is None:
        if validator_id is not None:
            yield problem("BDR-CTR-050", path, number=contract.number)
    elif validator_id != expected.structure_id:
        yield problem("BDR-CTR-049", path, number=contract.number, expected=_names([expected]))


def direct_payment_problems(
    draft: Draft, own: Iterable[KnownParty], billed: Mapping[str, Decimal], path: Path
) -> Problems:
    """Whether the authority pays the subcontractor directly, and this much."""
    own = list(own)
    if not any(r.is_paid_directly for r in own):
        yield problem("BDR-CTR-045", (*path, "contractNumber"), number=draft.contract_number)
        return
    principals = {str(r.principal_id) for r in own}
    if draft.is_credit_note or draft.total_net is None or len(principals) != 1:
        return
    (principal,) = principals
    ceiling, before = ceiling_of(own, principal), billed.get(principal, ZERO)
    if before + draft.total_net > ceiling:
        yield problem(
            "BDR-CTR-046",
            (*path, "totalNet"),
            given=draft.total_net,
            billed=before,
            ceiling=ceiling,
            left=max(ceiling - before, ZERO),
        )


def _ordinary(
    draft: Draft, contract: KnownContract | None, supplier_id: str | None, at: Path
) -> Problems:
    if contract is None or not contract.is_in_force or supplier_id is None:
        return
    roles = {p.role for p in contract.roles_of(supplier_id)}
    if not roles:
        yield problem("BDR-CTR-051", at, number=contract.number)
    elif roles <= _FRAME_OF.keys():
        frame = _FRAME_OF[min(roles)]
        yield problem("BDR-CTR-052", at, number=contract.number, frame=frame.value)


def _ref(party: KnownParty) -> ValidatorRef:
    return ValidatorRef(identifier=party.identifier, service_code=party.service_code)


def _names(parties: Iterable[KnownParty]) -> str:
    return ", ".join(f"{p.name} ({p.identifier})" for p in parties)
