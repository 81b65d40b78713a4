"""The life of a contract and of each role in it, as two tables. No database.

A contract is in force once those whom its version awaits accepted their roles; nobody takes that
step. What amends it leaves the terms in force as they are until it is agreed in its turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.contracts.codes import (
    ContractRole,
    ContractRoleStatus,
    ContractStatus,
    DirectPaymentStatus,
)


class ContractAction(StrEnum):
    """What can be done to a contract."""

    AMEND = "AMEND"
    WITHDRAW = "WITHDRAW"
    WITHDRAW_AMENDMENT = "WITHDRAW_AMENDMENT"
    CLOSE = "CLOSE"


class ContractRoleAction(StrEnum):
    """What can be answered about one role."""

    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    ADMIT = "ADMIT"
    REFUSE_ADMISSION = "REFUSE_ADMISSION"


class ContractSide(StrEnum):
    """Who takes a step: the holder's side, the contracting authority, or whose role it is."""

    HOLDER = "HOLDER"
    CONTRACTING_AUTHORITY = "CONTRACTING_AUTHORITY"
    PARTICIPANT = "PARTICIPANT"


R, S, A, RA = ContractRole, ContractStatus, ContractAction, ContractRoleAction

# Who plays the holder: the agent, when a group holds the contract.
HOLDERS = frozenset({R.HOLDER, R.GROUP_AGENT})
COMPANIES = HOLDERS | {R.CO_CONTRACTOR, R.SUBCONTRACTOR}
# For whom a subcontractor may work.
PRINCIPALS = HOLDERS | {R.CO_CONTRACTOR}
# No version enters into force without them.
AGREEING = HOLDERS | {R.PROJECT_MANAGER, R.CONTRACTING_AUTHORITY}
# Whoever amends, the other one of these agrees again, whatever changes.
CONTRACTING = HOLDERS | {R.CONTRACTING_AUTHORITY}
# Who sees every role with its amounts, and which roles everyone in the contract sees.
SEE_ALL = AGREEING | {R.FINANCE_SERVICE}
SHOWN_TO_ALL = SEE_ALL


@dataclass(frozen=True)
class ContractStep:
    """A row of the contract's table. `to` is None when the status stays."""

    action: ContractAction
    frm: frozenset[ContractStatus]
    to: ContractStatus | None
    by: ContractSide
    event: str
    # Only while an amendment waits.
    needs_pending: bool = False


@dataclass(frozen=True)
class RoleStep:
    """A row of a role's table: the answer of its structure, or that of the authority."""

    action: ContractRoleAction
    frm: frozenset[ContractRoleStatus | DirectPaymentStatus]
    to: ContractRoleStatus | DirectPaymentStatus
    by: ContractSide
    event: str
    needs_comment: bool = False


_HOLDER, _MOA, _PARTICIPANT = ContractSide
_LIVING = frozenset({S.PROPOSED, S.IN_FORCE})
_P, _D = ContractRoleStatus, DirectPaymentStatus

# fmt: off
STEPS: tuple[ContractStep, ...] = (
    ContractStep(A.AMEND,    _LIVING,                 None,        _HOLDER, "contract.amended"),
    ContractStep(A.AMEND,    _LIVING,                 None,        _MOA,    "contract.amended"),
    ContractStep(A.WITHDRAW, frozenset({S.PROPOSED}), S.WITHDRAWN, _HOLDER, "contract.withdrawn"),
    ContractStep(A.WITHDRAW, frozenset({S.PROPOSED}), S.WITHDRAWN, _MOA,    "contract.withdrawn"),
    ContractStep(A.WITHDRAW_AMENDMENT, frozenset({S.IN_FORCE}), None, _HOLDER,
                 "contract.amendment_withdrawn", needs_pending=True),
    ContractStep(A.WITHDRAW_AMENDMENT, frozenset({S.IN_FORCE}), None, _MOA,
                 "contract.amendment_withdrawn", needs_pending=True),
    ContractStep(A.CLOSE,    frozenset({S.IN_FORCE}), S.CLOSED,    _MOA,    "contract.closed"),
)

ROLE_STEPS: tuple[RoleStep, ...] = (
    RoleStep(RA.ACCEPT,  frozenset({_P.PROPOSED, _P.DECLINED}), _P.ACCEPTED, _PARTICIPANT,
             "contract.role_accepted"),
    RoleStep(RA.DECLINE, frozenset({_P.PROPOSED}),              _P.DECLINED, _PARTICIPANT,
             "contract.role_declined", needs_comment=True),
    # The direct payment of a subcontractor ("acte spécial", form DC4).
    RoleStep(RA.ADMIT,   frozenset({_D.ASKED, _D.REFUSED}),     _D.ACCEPTED, _MOA,
             "contract.subcontractor_admitted"),
    RoleStep(RA.REFUSE_ADMISSION, frozenset({_D.ASKED}),        _D.REFUSED,  _MOA,
             "contract.subcontractor_refused", needs_comment=True),
)
# fmt: on


@dataclass(frozen=True)
class ContractOffer:
    """A step that a side has, and the rule that forbids it now."""

    step: ContractStep
    refused_by: str | None


def offers(
    status: ContractStatus, sides: Iterable[ContractSide], *, has_pending: bool
) -> Iterator[ContractOffer]:
    """What the sides could do to the contract, each action once."""
    mine, seen = frozenset(sides), set[ContractAction]()
    for step in STEPS:
        if status in step.frm and step.by in mine and step.action not in seen:
            seen.add(step.action)
            blocked = step.needs_pending and not has_pending
            yield ContractOffer(step, "BDR-CTR-022" if blocked else None)


def role_offers(
    status: ContractRoleStatus,
    direct_payment: DirectPaymentStatus,
    sides: Iterable[ContractSide],
    *,
    is_open: bool,
) -> Iterator[RoleStep]:
    """What the sides could answer about a role."""
    mine = frozenset(sides)
    for step in ROLE_STEPS:
        if is_open and step.by in mine and from_of(step, status, direct_payment) in step.frm:
            yield step


def from_of(
    step: RoleStep, status: ContractRoleStatus, direct_payment: DirectPaymentStatus
) -> ContractRoleStatus | DirectPaymentStatus:
    """What the step starts from: the answer of the structure, or that of the authority."""
    return direct_payment if isinstance(step.to, DirectPaymentStatus) else status
