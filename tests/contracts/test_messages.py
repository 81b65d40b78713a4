"""What is wrong with a contract is said once, in words that its reader understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from domain.contracts import actions
from domain.contracts.actions import Answer
from domain.contracts.codes import ContractRole, DirectPaymentStatus
from domain.contracts.draft import LotDraft, PartyDraft, Terms
from domain.contracts.models import Contract
from domain.contracts.steps import ContractRoleAction
from domain.errors import Invalid, WrongStatus
from domain.events import head
from tests.contracts.kit import Circle, a_circle, a_proposal, changed, of_a_group, roles_of
from tests.make import an_actor

R = ContractRole


def _nameless(role: ContractRole, principal: str | None = None) -> PartyDraft:
    return PartyDraft(role=role, identifier=None, principal=principal)


def _with(circle: Circle, *more: PartyDraft) -> Terms:
    terms = of_a_group(circle)
    return changed(terms, parties=[*terms.parties, *more])


NOBODY: Mapping[str, tuple[Callable[[Circle], Terms], list[tuple[str, str]]]] = {
    "lots without a number": (
        lambda c: replace(of_a_group(c), lots=(LotDraft(number=None), LotDraft(number=" "))),
        [
            ("BDR-CTR-001", "terms.lots.0.number"),
            ("BDR-CTR-001", "terms.lots.1.number"),
        ],
    ),
    "participants without a name": (
        lambda c: _with(
            c,
            _nameless(R.CO_CONTRACTOR),
            _nameless(R.CO_CONTRACTOR),
            _nameless(R.SUBCONTRACTOR, c.holder.identifier),
        ),
        [("BDR-CTR-001", f"terms.parties.{n}.identifier") for n in (7, 8, 9)],
    ),
}


@pytest.mark.parametrize("case", NOBODY)
async def test_what_has_no_name_is_told_so_and_nothing_else(database: str, case: str) -> None:
    circle = await a_circle()
    terms, expected = NOBODY[case]

    with pytest.raises(Invalid) as refused:
        await a_proposal(terms(circle), circle.authority)

    assert [(p.rule, ".".join(p.path)) for p in refused.value.problems] == expected
    assert await Contract.all().count() == 0


@pytest.mark.parametrize("action", ["ADMIT", "REFUSE_ADMISSION"])
async def test_a_role_without_a_ceiling_has_no_direct_payment_to_decide(
    database: str, action: str
) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    row = next(r for r in await roles_of(contract) if r.role is R.PROJECT_MANAGER)
    before = await head()

    with pytest.raises(WrongStatus) as refused:
        given = Answer(ContractRoleAction(action), comment="Voici.")
        await actions.answer(an_actor(circle.authority), row.id, given)

    assert [(p.rule, p.path) for p in refused.value.problems] == [("BDR-CTR-030", ("action",))]
    await row.refresh_from_db()
    assert row.direct_payment is DirectPaymentStatus.NOT_ASKED
    assert await head() == before
