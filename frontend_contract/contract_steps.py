"""The steps of a contract and of its roles as a diagram and tables, from the rows enforced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.contracts.codes import ContractRoleStatus, ContractStatus, DirectPaymentStatus
from domain.contracts.steps import ROLE_STEPS, STEPS
from domain.contracts.words import (
    ACTIONS,
    DIRECT_PAYMENTS,
    ROLE_ACTIONS,
    ROLE_STATUSES,
    SIDES,
    STATUSES,
)
from domain.rules_text import RULES


def contract_steps() -> Iterator[str]:
    """The section of `lifecycles.md` on contracts."""
    yield "## Contract and its roles"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"  {status}: {words.fr}" for status, words in STATUSES.items())
    yield f"  [*] --> {ContractStatus.PROPOSED}: Proposer un marché"
    agreed = f"  {ContractStatus.PROPOSED} --> {ContractStatus.IN_FORCE}"
    yield f"{agreed}: Rôles attendus acceptés"
    yield from dict.fromkeys(_arrows())
    yield "```"
    yield ""
    yield "An amendment is a version of its own; the terms in force stay until it is agreed."
    yield ""
    yield "| action | libellé | label | from | to | by | event | condition |"
    yield "|---|---|---|---|---|---|---|---|"
    for step in STEPS:
        words = ACTIONS[step.action]
        condition = "BDR-CTR-022" if step.needs_pending else ""
        frm, to = _codes(s for s in ContractStatus if s in step.frm), step.to
        shown = (f"`{step.action}`", words.fr, words.en, frm, f"`{to}`" if to else "—")
        yield _row(*shown, SIDES[step.by].en.lower(), f"`{step.event}`", condition)
    yield ""
    yield f"- BDR-CTR-022: {RULES['BDR-CTR-022'].en}"
    yield ""
    yield "What is answered about one role, with `contractRoleAnswer`:"
    yield ""
    yield "| answer | libellé | label | from | to | by | comment | event |"
    yield "|---|---|---|---|---|---|---|---|"
    every = (*ContractRoleStatus, *DirectPaymentStatus)
    for answer in ROLE_STEPS:
        words = ROLE_ACTIONS[answer.action]
        frm = ", ".join(_status(s) for s in every if _is_from(s, answer.frm))
        shown = (f"`{answer.action}`", words.fr, words.en, frm, _status(answer.to))
        needed = "needed" if answer.needs_comment else ""
        yield _row(*shown, SIDES[answer.by].en.lower(), needed, f"`{answer.event}`")
    yield ""


def _arrows() -> Iterator[str]:
    for step in STEPS:
        if step.to is not None:
            words = ACTIONS[step.action].fr
            yield from (f"  {frm} --> {step.to}: {words}" for frm in sorted(step.frm))


def _is_from(
    status: ContractRoleStatus | DirectPaymentStatus,
    frm: Iterable[ContractRoleStatus | DirectPaymentStatus],
) -> bool:
    """The two lists have codes in common: their kinds tell them apart."""
    return any(status is one for one in frm)


def _status(status: ContractRoleStatus | DirectPaymentStatus) -> str:
    if isinstance(status, DirectPaymentStatus):
        return f"`{status}` ({DIRECT_PAYMENTS[status].en.lower()}, direct payment)"
    return f"`{status}` ({ROLE_STATUSES[status].en.lower()})"


def _codes(statuses: Iterable[ContractStatus]) -> str:
    return ", ".join(f"`{status}`" for status in statuses)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
