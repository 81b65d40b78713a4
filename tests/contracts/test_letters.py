"""Who must answer for a role is written to, and who asked learns what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.access import Role
from domain.accounts.models import Account
from domain.clock import Clock
from domain.contracts import actions
from domain.contracts.actions import Answer
from domain.contracts.codes import ContractRole, ContractStatus
from domain.contracts.models import Contract, ContractParty
from domain.contracts.steps import ContractRoleAction
from domain.errors import Refused
from domain.events import transaction
from domain.mail.actions import opened
from domain.mail.models import Mail
from domain.mail.texts import Letter
from domain.structures.models import Structure
from tests.contracts.kit import (
    Circle,
    a_circle,
    a_proposal,
    accept,
    changed,
    in_force,
    of_a_group,
    role,
    roles_of,
)
from tests.make import actor_of, an_account, an_actor

R = ContractRole
DECLINE = Answer(ContractRoleAction.DECLINE, comment="Pas avant mars.")
People = Mapping[str, Account]


async def people_of(circle: Circle) -> dict[str, Account]:
    """A manager of each structure; one reads English; and a user without rights."""
    manages = Role.SECONDARY_MANAGER
    found = {
        part: await an_account(
            structure, role=manages, locale="EN" if part == "subcontractor" else "FR"
        )
        for part, structure in circle.all().items()
    }
    return {**found, "user": await an_account(circle.holder, role=Role.USER)}


async def written(people: People) -> dict[str, list[str]]:
    """Who was written to, by kind of letter; then forgotten."""
    names = {account.email: name for name, account in people.items()}
    found: dict[str, list[str]] = {}
    for mail in await Mail.filter(recipient__in=list(names)):
        found.setdefault(mail.kind, []).append(names[mail.recipient])
    async with transaction():
        await Mail.all().delete()
    return {kind: sorted(readers) for kind, readers in found.items()}


async def letter_to(person: Account, kind: str) -> Letter:
    """The one letter of that kind to the person."""
    found = opened(await Mail.get(kind=kind, recipient=person.email))
    assert found is not None
    return found


async def one_role(contract: Contract, structure: Structure) -> ContractParty:
    return next(r for r in await roles_of(contract) if r.structure_id == structure.id)


async def test_whoever_must_answer_for_a_role_is_written_to(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)

    contract = await a_proposal(of_a_group(circle), circle.authority, "2026-042")

    french = await letter_to(people["holder"], "contract_role_proposed")
    english = await letter_to(people["subcontractor"], "contract_role_proposed")
    assert french.subject == "Marché 2026-042 : un rôle attend votre réponse"
    assert english.subject == "Contract 2026-042: a role awaits your answer"
    for letter, structure in ((french, circle.holder), (english, circle.subcontractor)):
        for said in (circle.authority.name, structure.name, "Réfection de la voirie", contract.id):
            assert said in letter.body
    assert "Rôle : Mandataire du groupement\n" in french.body
    assert f"Role: Subcontractor (for {circle.holder.name})\n" in english.body
    assert await written(people) == {
        "contract_role_proposed": [
            "co_contractor",
            "finance",
            "holder",
            "manager",
            "other",
            "subcontractor",
        ]
    }


async def test_the_roles_of_one_structure_are_in_one_letter(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    twice = role(R.SUBCONTRACTOR, circle.subcontractor, circle.co_contractor)

    terms = changed(of_a_group(circle), parties=[*of_a_group(circle).parties, twice])
    await a_proposal(terms, circle.authority)

    letter = await letter_to(people["subcontractor"], "contract_role_proposed")
    roles = f"Subcontractor (for {circle.holder.name}), Subcontractor (for "
    assert f"{roles}{circle.co_contractor.name})" in letter.body


async def test_whoever_acts_is_not_written_to(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    both = await an_account(circle.authority, circle.holder, role=Role.SECONDARY_MANAGER)

    contract = await a_proposal(of_a_group(circle), circle.authority)
    assert await Mail.filter(recipient=both.email).count() == 1
    await written(people)
    terms = changed(of_a_group(circle), label="Voirie et trottoirs")
    await actions.amend(await actor_of(both), contract.id, terms)

    # The one who amends could answer for the other side too, and knows.
    assert await Mail.filter(recipient=both.email).count() == 0


async def test_a_refused_proposal_is_written_to_nobody(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)

    with pytest.raises(Refused):
        await a_proposal(replace(of_a_group(circle), label=None), circle.authority)

    assert await written(people) == {}


async def test_an_amendment_is_written_to_whom_it_asks_something(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    contract = await in_force(circle)
    await written(people)

    terms = changed(of_a_group(circle, ceiling="12000.00"), label="Voirie et trottoirs")
    await actions.amend(
        an_actor(circle.holder), contract.id, terms, comment="Trottoirs ajoutés au lot."
    )

    letter = await letter_to(people["authority"], "contract_amendment_proposed")
    assert f"{circle.holder.name} propose un avenant" in letter.body
    assert "(Voirie et trottoirs)" in letter.body
    assert "Commentaire : Trottoirs ajoutés au lot.\n" in letter.body
    # The other side, and whose role changed.
    asked = ["authority", "subcontractor"]
    assert await written(people) == {"contract_amendment_proposed": asked}


async def test_who_was_asked_the_same_before_is_not_asked_again(
    database: str, clock: Clock
) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    contract = await a_proposal(of_a_group(circle), circle.authority)
    await written(people)

    clock.advance(timedelta(days=1))
    terms = of_a_group(circle, ceiling="12000.00")
    await actions.amend(an_actor(circle.authority), contract.id, terms)

    # Nothing is in force yet: these are the terms of the contract, not an amendment.
    asked = ["holder", "subcontractor"]
    assert await written(people) == {"contract_role_proposed": asked}


async def test_a_role_declined_is_told_to_the_side_that_proposed_it(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    contract = await a_proposal(of_a_group(circle), circle.holder, "2026-042")
    await written(people)

    row = await one_role(contract, circle.subcontractor)
    await actions.answer(an_actor(circle.subcontractor), row.id, DECLINE)

    letter = await letter_to(people["holder"], "contract_role_declined")
    assert letter.subject == "Marché 2026-042 : un rôle est décliné"
    assert f"{circle.subcontractor.name} décline son rôle" in letter.body
    assert f"Rôle : Sous-traitant (pour {circle.holder.name})\n" in letter.body
    assert "Raison : Pas avant mars.\n" in letter.body
    assert await written(people) == {"contract_role_declined": ["holder"]}


async def test_a_role_that_both_sides_proposed_is_declined_to_both(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    contract = await a_proposal(of_a_group(circle), circle.authority)
    contract = await accept(contract, circle.holder, circle.manager)
    terms = changed(of_a_group(circle), label="Voirie et trottoirs")
    await actions.amend(an_actor(circle.holder), contract.id, terms)
    await written(people)

    row = await one_role(contract, circle.subcontractor)
    await actions.answer(an_actor(circle.subcontractor), row.id, DECLINE)

    assert await written(people) == {"contract_role_declined": ["authority", "holder"]}


async def test_a_direct_payment_refused_is_told_to_who_asked_and_who_is_refused(
    database: str,
) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    contract = await a_proposal(of_a_group(circle), circle.holder)
    await written(people)

    row = await one_role(contract, circle.subcontractor)
    refusal = Answer(ContractRoleAction.REFUSE_ADMISSION, comment="Garantie absente.")
    await actions.answer(an_actor(circle.authority), row.id, refusal)

    letter = await letter_to(people["subcontractor"], "contract_subcontractor_refused")
    assert f"{circle.authority.name} does not admit {circle.subcontractor.name}" in letter.body
    assert "Reason: Garantie absente.\n" in letter.body
    asked = ["holder", "subcontractor"]
    assert await written(people) == {"contract_subcontractor_refused": asked}


async def test_the_side_that_proposed_learns_that_a_contract_is_in_force(database: str) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    contract = await a_proposal(of_a_group(circle), circle.authority, "2026-042")
    await written(people)

    contract = await accept(contract, circle.subcontractor, circle.holder)
    before = await written(people)
    contract = await accept(contract, circle.manager)

    assert (before, contract.status) == ({}, ContractStatus.IN_FORCE)
    letter = await letter_to(people["authority"], "contract_in_force")
    assert letter.subject == "Marché 2026-042 : en vigueur"
    assert f"{circle.manager.name} en dernier" in letter.body
    assert await written(people) == {"contract_in_force": ["authority"]}


async def test_an_amendment_in_force_is_told_to_who_proposed_it_and_who_leaves(
    database: str,
) -> None:
    circle = await a_circle()
    people = await people_of(circle)
    contract = await in_force(circle)
    terms = of_a_group(circle)
    without = changed(terms, parties=[p for p in terms.parties if p.ceiling != Decimal(5000)])
    await actions.amend(an_actor(circle.holder), contract.id, without)
    await written(people)

    await accept(contract, circle.authority)

    letter = await letter_to(people["other"], "contract_role_ended")
    assert f"Rôle jusqu'ici : Sous-traitant (pour {circle.co_contractor.name})\n" in letter.body
    assert await written(people) == {
        "contract_amendment_in_force": ["holder"],
        "contract_role_ended": ["other"],
    }
