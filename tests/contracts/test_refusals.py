"""What is refused of a contract that exists, each by its rule, and nothing is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.clock import today
from domain.contracts import actions
from domain.contracts.actions import Answer
from domain.contracts.codes import ContractNature, ContractRole
from domain.contracts.draft import ContractDraft, LotDraft, PartyDraft, Terms
from domain.contracts.models import Contract, ContractParty
from domain.contracts.rules import MOST_LOTS, MOST_PARTIES, Facts, terms_problems
from domain.contracts.steps import ContractAction, ContractRoleAction
from domain.errors import Refused
from domain.events import head
from domain.structures.models import Structure
from tests.contracts.kit import (
    Circle,
    a_circle,
    a_proposal,
    changed,
    in_force,
    of_a_group,
    roles_of,
)
from tests.make import an_actor

R, RA = ContractRole, ContractRoleAction
Act = Callable[[Circle, Contract], Awaitable[object]]


def propose(by: Callable[[Circle], Structure]) -> Act:
    async def act(circle: Circle, contract: Contract) -> object:
        draft = ContractDraft(
            number=contract.number, nature=ContractNature.TRAVAUX, terms=of_a_group(circle)
        )
        return await actions.propose(an_actor(by(circle)), by(circle).id, draft)

    return act


def amend(by: Callable[[Circle], Structure], terms: Callable[[Circle], Terms]) -> Act:
    async def act(circle: Circle, contract: Contract) -> object:
        return await actions.amend(an_actor(by(circle)), contract.id, terms(circle))

    return act


def move(action: ContractAction, by: Callable[[Circle], Structure]) -> Act:
    async def act(circle: Circle, contract: Contract) -> object:
        return await actions.move(an_actor(by(circle)), contract.id, action)

    return act


def elsewhere(circle: Circle) -> Terms:
    """The terms of the circle under another authority."""
    terms = of_a_group(circle)
    parties = [
        replace(p, identifier=circle.finance.identifier) if p.role is R.CONTRACTING_AUTHORITY else p
        for p in terms.parties
        if p.role is not R.FINANCE_SERVICE
    ]
    return changed(terms, parties=parties)


def renamed(circle: Circle) -> Terms:
    return changed(of_a_group(circle), label="Autre objet")


REFUSALS: dict[str, tuple[Act, str, str]] = {
    "another authority": (amend(lambda c: c.holder, elsewhere), "BDR-CTR-002", "identifier"),
    "the same number": (propose(lambda c: c.holder), "BDR-CTR-003", "number"),
    "proposed by a stranger": (propose(lambda c: c.manager), "BDR-CTR-021", "structureId"),
    "no amendment waits": (
        move(ContractAction.WITHDRAW_AMENDMENT, lambda c: c.holder),
        "BDR-CTR-022",
        "action",
    ),
    "the same terms": (amend(lambda c: c.holder, of_a_group), "BDR-CTR-025", "terms"),
    "an amendment without terms": (
        move(ContractAction.AMEND, lambda c: c.holder),
        "BDR-CTR-027",
        "action",
    ),
    "amended by the project manager": (
        amend(lambda c: c.manager, renamed),
        "BDR-CTR-028",
        "action",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_what_is_refused_of_a_contract_in_force_says_why(case: str, database: str) -> None:
    act, rule, field = REFUSALS[case]
    circle = await a_circle()
    contract = await in_force(circle)
    before = await head()

    with pytest.raises(Refused) as refused:
        await act(circle, contract)

    assert [(p.rule, p.path[-1]) for p in refused.value.problems] == [(rule, field)]
    assert await head() == before
    assert await Contract.all().count() == 1


async def refused_answer(by: Structure, row: ContractParty, given: Answer) -> list[str]:
    """The rules against an answer."""
    before = await head()
    with pytest.raises(Refused) as refused:
        await actions.answer(an_actor(by), row.id, given)
    assert await head() == before
    return [p.rule for p in refused.value.problems]


async def subcontracted(contract: Contract) -> ContractParty:
    """The role of a subcontractor."""
    return next(r for r in await roles_of(contract) if r.role is R.SUBCONTRACTOR)


async def test_an_answer_is_refused_by_its_rule(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    row = await subcontracted(contract)
    tomorrow = today() + timedelta(days=1)

    by_another = await refused_answer(circle.holder, row, Answer(RA.ADMIT))
    too_soon = await refused_answer(circle.authority, row, Answer(RA.ADMIT, on=tomorrow))
    dated = await refused_answer(circle.subcontractor, row, Answer(RA.ACCEPT, on=today()))

    assert (by_another, too_soon, dated) == (["BDR-CTR-028"], ["BDR-CTR-023"], ["BDR-CTR-029"])


async def test_a_role_is_answered_while_its_terms_may_be(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    replaced = await subcontracted(contract)
    await actions.amend(an_actor(circle.holder), contract.id, renamed(circle))
    withdrawn = await subcontracted(contract)
    said = [await refused_answer(circle.subcontractor, replaced, Answer(RA.ACCEPT))]
    await actions.move(an_actor(circle.authority), contract.id, ContractAction.WITHDRAW)

    said.append(await refused_answer(circle.subcontractor, withdrawn, Answer(RA.ACCEPT)))

    assert said == [["BDR-CTR-026"], ["BDR-CTR-026"]]


def test_a_contract_has_so_many_lots_and_parties() -> None:
    lot, party = LotDraft(number="1"), PartyDraft(role=R.SUBCONTRACTOR, identifier="1")

    for terms in (
        Terms(label="x", lots=(lot,) * (MOST_LOTS + 1)),
        Terms(label="x", parties=(party,) * (MOST_PARTIES + 1)),
    ):
        assert [p.rule for p in terms_problems(terms, Facts())] == ["BDR-CTR-019"]
    most = Terms(label="x", lots=(lot,) * MOST_LOTS, parties=(party,) * MOST_PARTIES)
    assert "BDR-CTR-019" not in {p.rule for p in terms_problems(most, Facts())}
