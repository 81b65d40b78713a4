"""What a contract in force says of a works piece that bills it: pure.

Roles are agreed before the first piece: who plays which part, for whom a subcontractor works, how
much of it is paid directly. A piece without a known contract is deposited all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from domain.contracts.codes import ContractRole
from domain.contracts.facts import KnownContract, KnownParty
from domain.contracts.steps import HOLDERS
from domain.errors import Problem
from domain.invoices.contract_rules import direct_payment_problems
from domain.invoices.draft import Draft
from domain.lifecycle import Party
from domain.reference.frames import Depositor, Frame
from domain.rules_text import problem
from domain.works import circuits
from domain.works.draft import PieceDraft

Path = tuple[str, ...]
Problems = Iterator[Problem]
R = ContractRole

_ROLES: Mapping[Depositor, frozenset[ContractRole]] = {
    Depositor.HOLDER: HOLDERS,
    Depositor.SUBCONTRACTOR: frozenset({R.SUBCONTRACTOR}),
    Depositor.CO_CONTRACTOR: frozenset({R.CO_CONTRACTOR}),
    Depositor.PROJECT_MANAGER: frozenset({R.PROJECT_MANAGER}),
    Depositor.CONTRACTING_AUTHORITY: frozenset({R.CONTRACTING_AUTHORITY}),
}
_UNDECLARED: Mapping[Depositor, str] = {
    Depositor.SUBCONTRACTOR: "BDR-CTR-042",
    Depositor.CO_CONTRACTOR: "BDR-CTR-043",
}
_ONE: Mapping[Party, ContractRole] = {
    Party.PROJECT_MANAGER: R.PROJECT_MANAGER,
    Party.CONTRACTING_AUTHORITY: R.CONTRACTING_AUTHORITY,
    Party.RECIPIENT: R.FINANCE_SERVICE,
}


def expected(
    contract: KnownContract, frame: Frame, depositor_id: str | None
) -> Mapping[Party, tuple[KnownParty, ...]]:
    """Who may play each part of the file, as the contract has it; a part that it lacks is absent.

    The request of a subcontractor is validated by whomever it works for.
    """
    found: dict[Party, tuple[KnownParty, ...]] = {
        party: (known,) for party, role in _ONE.items() if (known := contract.one(role)) is not None
    }
    principals = contract.principals_of(depositor_id) if circuits.row(frame).joins else ()
    found[Party.HOLDER] = principals or (contract.holder,)
    return found


def contract_problems(
    draft: PieceDraft,
    contract: KnownContract | None,
    *,
    named: Mapping[Party, str],
    billed: Mapping[str, Decimal],
    path: Path,
) -> Problems:
    """What the contract refuses. `named` are the parts of the file, `billed` is by principal."""
    if contract is None or draft.depositor_id is None:
        return
    at = (*path, "contractNumber")
    opens = draft.previous_id is None and draft.replaces_id is None
    if contract.is_closed and opens:
        date = contract.status_at.date()
        yield problem("BDR-CTR-041", at, number=contract.number, date=date)
    if not contract.is_in_force:
        return
    depositor = circuits.row(draft.frame).depositor
    own = contract.roles_of(draft.depositor_id, *_ROLES[depositor])
    if not own:
        rule = _UNDECLARED.get(depositor, "BDR-WRK-054")
        yield problem(rule, at, number=contract.number, holder=contract.holder.name)
        return
    if not any(role.has_accepted for role in own):
        yield problem("BDR-CTR-044", at, number=contract.number)
    may_be = expected(contract, draft.frame, draft.depositor_id)
    for party, structure_id in named.items():
        known = may_be.get(party, ())
        if opens and known and structure_id not in {k.structure_id for k in known}:
            names = ", ".join(f"{k.name} ({k.identifier})" for k in known)
            field = circuits.FIELDS[party]
            yield problem("BDR-WRK-055", (*path, field), number=contract.number, expected=names)
    if circuits.row(draft.frame).joins:
        holder = named.get(Party.HOLDER)
        own = tuple(role for role in own if holder in (None, role.principal_id))
        asked = Draft(frame=Frame.A9, contract_number=contract.number, total_net=draft.total_net)
        yield from direct_payment_problems(asked, own, billed, path)
