"""What a contract in force says of the invoices that name it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.contracts import actions as contracts
from domain.contracts.actions import Answer
from domain.contracts.codes import ContractRole, ContractStatus
from domain.contracts.known import billed, contract_by_id, contract_for
from domain.contracts.models import Contract
from domain.contracts.steps import ContractAction, ContractRoleAction
from domain.errors import Invalid, Refused
from domain.invoices import actions
from domain.invoices.actions import Deposited
from domain.invoices.draft import ValidatorRef
from domain.invoices.lifecycle import InvoiceAction as A
from domain.invoices.models import Invoice
from domain.money import vat_on
from domain.reference.frames import Frame
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus as S
from domain.structures.models import Structure
from tests.api import door
from tests.contracts.kit import (
    Circle,
    a_circle,
    a_proposal,
    accept,
    admit,
    changed,
    in_force,
    of_a_group,
    role,
    roles_of,
)
from tests.make import Parties, a_draft, a_service, a_supplier, an_actor

R = ContractRole


async def deposit(
    circle: Circle,
    supplier: Structure,
    contract: Contract | None,
    *,
    net: str = "200.00",
    to: Structure | None = None,
    **changes: Any,
) -> Deposited:
    """An invoice of a direct-payment subcontractor that names no validator of its own."""
    parties = Parties(supplier, to or circle.authority, circle.holder, circle.holder)
    amount = Decimal(net)
    vat = vat_on(amount, Decimal(20))
    values: dict[str, Any] = {
        "frame": Frame.A9,
        "validator_1": None,
        "contract_number": contract.number if contract else None,
        "total_net": amount,
        "total_vat": vat,
        "total_gross": amount + vat,
        "amount_to_pay": amount + vat,
    }
    draft = a_draft(parties, **(values | changes))
    lines = (replace(draft.lines[0], quantity=Decimal(1), unit_price=amount),)
    return await actions.submit(an_actor(supplier), replace(draft, lines=lines))


async def refusal(circle: Circle, supplier: Structure, contract: Contract, **changes: Any) -> Any:
    """The rules and the fields by which the deposit is refused."""
    before = await Invoice.all().count()
    with pytest.raises(Invalid) as refused:
        await deposit(circle, supplier, contract, **changes)
    assert await Invoice.all().count() == before
    return [(p.rule, ".".join(p.path[1:])) for p in refused.value.problems]


def advice(done: Deposited) -> list[str]:
    return [p.rule for p in done.advice]


def named(structure: Structure) -> ValidatorRef:
    return ValidatorRef(identifier=structure.identifier)


# Validators come from the contract


async def test_a_subcontractor_of_the_agent_is_validated_by_it_alone(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)

    done = await deposit(circle, circle.subcontractor, contract)

    invoice = done.invoice
    assert (invoice.validator_1_id, invoice.validator_2_id) == (circle.holder.id, None)
    assert (invoice.contract_id, invoice.status, advice(done)) == (contract.id, "A_VALIDER_1", [])


async def test_a_subcontractor_of_a_co_contractor_is_validated_by_both(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)

    done = await deposit(circle, circle.other, contract)
    only_first = await deposit(
        circle, circle.other, contract, validator_1=named(circle.co_contractor)
    )

    for invoice in (done.invoice, only_first.invoice):
        assert invoice.validator_1_id == circle.co_contractor.id
        assert invoice.validator_2_id == circle.holder.id


async def test_a_co_contractor_is_validated_by_the_agent(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)

    done = await deposit(circle, circle.co_contractor, contract, frame=Frame.A12)

    assert (done.invoice.validator_1_id, advice(done)) == (circle.holder.id, [])


async def test_the_service_of_the_validator_comes_from_the_contract_too(database: str) -> None:
    circle = await a_circle()
    service = await a_service(circle.holder, code="TRAVAUX")
    terms = of_a_group(circle)
    parties = [
        replace(p, service_code="TRAVAUX") if p.role is R.GROUP_AGENT else p for p in terms.parties
    ]
    contract = await in_force(circle, changed(terms, parties))

    invoice = (await deposit(circle, circle.subcontractor, contract)).invoice

    assert (invoice.validator_1_service_id, invoice.validator_1_service_code) == (
        service.id,
        "TRAVAUX",
    )


async def test_the_finance_service_receives_on_the_contract_of_its_authority(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)

    done = await deposit(circle, circle.subcontractor, contract, to=circle.finance)

    assert done.invoice.contract_id == contract.id
    assert done.invoice.validator_1_id == circle.holder.id


async def test_the_api_prefills_and_controls_what_is_only_validated(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    asked = {
        "supplierId": circle.subcontractor.id,
        "recipientSiret": circle.authority.identifier,
        "frame": "A9",
        "contractNumber": contract.number,
        "number": "F-1",
    }
    text = """mutation($input: InvoiceValidateInput!) { invoiceValidate(input: $input) {
      userErrors { rule path } } }"""
    async with door({"sub": an_actor(circle.subcontractor)}) as ask:
        own = await ask("sub", text, {"input": {"invoice": asked}})
        wrong = {"validator1": {"identifier": circle.co_contractor.identifier}}
        other = await ask("sub", text, {"input": {"invoice": asked | wrong}})

    def rules(answer: Any) -> set[str]:
        found = {e["rule"] for e in answer.payload["userErrors"]}
        return {r for r in found if r.startswith("BDR-CTR") or r == "BDR-INV-100"}

    assert rules(own) == set()
    assert rules(other) == {"BDR-CTR-047"}


# What is refused


async def test_who_is_not_declared_is_refused_in_the_frames_of_a_contract(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    stranger = await a_supplier()
    holder = {"validator_1": named(circle.holder)}

    as_subcontractor = await refusal(circle, stranger, contract, **holder)
    as_co_contractor = await refusal(circle, stranger, contract, frame=Frame.A12, **holder)

    assert as_subcontractor == [("BDR-CTR-042", "contractNumber")]
    assert as_co_contractor == [("BDR-CTR-043", "contractNumber")]


async def test_the_role_is_accepted_before_the_first_request(database: str) -> None:
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.authority)
    await admit(contract, circle.authority)
    contract = await accept(contract, circle.manager, circle.holder)
    assert contract.status is ContractStatus.IN_FORCE

    before = await refusal(circle, circle.subcontractor, contract)
    co_contractor = await refusal(circle, circle.co_contractor, contract, frame=Frame.A12)
    await accept(contract, circle.subcontractor)
    done = await deposit(circle, circle.subcontractor, contract)

    assert before == co_contractor == [("BDR-CTR-044", "contractNumber")]
    assert done.invoice.status == S.A_VALIDER_1


@pytest.mark.parametrize("answer", ["none", "refused", "not asked"])
async def test_no_direct_payment_without_the_acceptance_of_the_authority(
    database: str, answer: str
) -> None:
    circle = await a_circle()
    terms = of_a_group(circle)
    if answer == "not asked":
        terms = changed(terms, [replace(p, ceiling=None) for p in terms.parties])
    contract = await a_proposal(terms, circle.authority)
    contract = await accept(contract, *circle.all().values())
    if answer == "refused":
        row = next(r for r in await roles_of(contract) if r.structure_id == circle.subcontractor.id)
        given = Answer(ContractRoleAction.REFUSE_ADMISSION, comment="Capacités insuffisantes.")
        await contracts.answer(an_actor(circle.authority), row.id, given)

    assert await refusal(circle, circle.subcontractor, contract) == [
        ("BDR-CTR-045", "contractNumber")
    ]


async def test_the_first_validator_is_whom_one_works_for(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    stranger = await a_supplier()

    subcontractor = await refusal(
        circle, circle.subcontractor, contract, validator_1=named(circle.co_contractor)
    )
    co_contractor = await refusal(
        circle, circle.co_contractor, contract, frame=Frame.A12, validator_1=named(stranger)
    )

    assert subcontractor == [("BDR-CTR-047", "validator1.identifier")]
    assert co_contractor == [("BDR-CTR-048", "validator1.identifier")]


async def test_the_second_validator_is_the_agent_after_a_co_contractor_alone(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    stranger = named(await a_supplier())

    other = await refusal(circle, circle.other, contract, validator_2=stranger)
    subcontractor = await refusal(circle, circle.subcontractor, contract, validator_2=stranger)

    assert other == [("BDR-CTR-049", "validator2")]
    assert subcontractor == [("BDR-CTR-050", "validator2")]


async def test_who_works_for_two_says_for_which(database: str) -> None:
    circle = await a_circle()
    terms = of_a_group(circle)
    second = role(R.SUBCONTRACTOR, circle.other, circle.holder, ceiling=Decimal("300.00"))
    contract = await in_force(circle, changed(terms, [*terms.parties, second]))

    silent = await refusal(circle, circle.other, contract)
    done = await deposit(circle, circle.other, contract, validator_1=named(circle.holder))
    # Each principal has its own ceiling.
    above = await refusal(
        circle, circle.other, contract, net="101.00", validator_1=named(circle.holder)
    )
    apart = await deposit(
        circle, circle.other, contract, net="101.00", validator_1=named(circle.co_contractor)
    )

    assert silent == [("BDR-INV-100", "validator1")]
    assert done.invoice.validator_2_id is None
    assert above == [("BDR-CTR-046", "totalNet")]
    assert apart.invoice.validator_2_id == circle.holder.id


async def test_requests_stay_within_the_ceiling_of_direct_payment(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle, of_a_group(circle, ceiling="1000.00"))
    sub = circle.subcontractor

    first = await deposit(circle, sub, contract, net="600.00")
    above = await refusal(circle, sub, contract, net="400.01")
    exact = await deposit(circle, sub, contract, net="400.00")
    none_left = await refusal(circle, sub, contract, net="0.01")
    # What comes to nothing gives back what it took.
    await actions.move(an_actor(sub), exact.invoice.id, A.WITHDRAW, actions.Given())
    again = await deposit(circle, sub, contract, net="400.00")

    assert above == none_left == [("BDR-CTR-046", "totalNet")]
    assert first.invoice.contract_id == again.invoice.contract_id == contract.id
    assert await billed(contract.id, sub.id, circle.holder.id) == Decimal("1000.00")
    assert await billed(contract.id, sub.id, circle.holder.id, but=first.invoice.id) == 400


async def test_two_requests_at_once_do_not_exceed_the_ceiling_together(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle, of_a_group(circle, ceiling="1000.00"))

    done = await asyncio.gather(
        *(deposit(circle, circle.subcontractor, contract, net="600.00") for _ in range(3)),
        return_exceptions=True,
    )

    refused = [found for found in done if isinstance(found, Refused)]
    assert [[p.rule for p in found.problems] for found in refused] == [["BDR-CTR-046"]] * 2
    assert await Invoice.all().count() == 1


async def test_nothing_is_asked_for_on_a_contract_that_is_closed(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    await contracts.move(an_actor(circle.authority), contract.id, ContractAction.CLOSE)
    holder = {"validator_1": named(circle.holder)}

    assert await refusal(circle, circle.subcontractor, contract, **holder) == [
        ("BDR-CTR-041", "contractNumber")
    ]


# What is only advised


async def test_an_unknown_contract_is_advice(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    holder = {"validator_1": named(circle.holder)}
    unknown = Contract(number="AUTRE-1")

    done = await deposit(circle, circle.subcontractor, unknown, **holder)
    silent = await deposit(circle, circle.subcontractor, None, **holder)
    elsewhere = await a_circle()
    other = await deposit(elsewhere, circle.subcontractor, contract, **holder)

    assert advice(done) == advice(other) == ["BDR-CTR-040"]
    assert advice(silent) == []
    assert done.invoice.contract_id is other.invoice.contract_id is None


async def test_a_contract_that_is_only_proposed_binds_nobody(database: str) -> None:
    """Else who proposes one under any number could stop the requests of others."""
    circle = await a_circle()
    contract = await a_proposal(of_a_group(circle), circle.holder)
    stranger = await a_supplier()
    holder = {"validator_1": named(circle.holder)}

    done = await deposit(circle, stranger, contract, **holder)

    assert advice(done) == ["BDR-CTR-040"]
    assert done.invoice.contract_id is None
    # It is not even known to who plays no role in it.
    assert await contract_for(contract.number, circle.authority.id, stranger.id) is None
    seen = await contract_for(contract.number, circle.authority.id, circle.holder.id)
    assert seen is not None
    assert (seen.id, seen.is_in_force) == (contract.id, False)


async def test_an_ordinary_invoice_on_a_contract_is_advised(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    ordinary = {"frame": Frame.A1}

    stranger = await deposit(circle, await a_supplier(), contract, **ordinary)
    subcontractor = await deposit(circle, circle.subcontractor, contract, **ordinary)
    holder = await deposit(circle, circle.holder, contract, **ordinary)

    assert advice(stranger) == ["BDR-CTR-051"]
    assert advice(subcontractor) == ["BDR-CTR-052"]
    assert advice(holder) == []
    assert holder.invoice.status == S.MISE_A_DISPOSITION
    # An ordinary invoice is no direct payment.
    assert await billed(contract.id, circle.subcontractor.id, circle.holder.id) == 0


# A validator that was named by mistake


def reported() -> actions.Given:
    return actions.Given(comment="Ce n'est pas nous.")


async def test_each_validator_may_be_corrected_and_the_request_goes_on(database: str) -> None:
    """Without a contract: first the one, then the other, by whoever named them."""
    circle = await a_circle()
    wrong = [await a_supplier(has_mandate=False) for _ in range(2)]
    refs = {"validator_1": named(wrong[0]), "validator_2": named(wrong[1])}
    invoice = (await deposit(circle, circle.other, None, **refs)).invoice

    async def move(by: Structure, action: A, **given: Any) -> Invoice:
        return await actions.move(an_actor(by), invoice.id, action, actions.Given(**given))

    first = await move(wrong[0], A.REPORT_WRONG_VALIDATOR)
    assert (first.status, first.reason) == (
        S.ERREUR_FOURNISSEUR_SUR_VALIDEUR,
        Reason.ERR_VALIDEUR,
    )
    corrected = await move(circle.other, A.CORRECT_VALIDATOR, validator=named(circle.co_contractor))
    assert (corrected.status, corrected.validator_1_id) == (
        S.A_VALIDER_1,
        circle.co_contractor.id,
    )
    assert (await move(circle.co_contractor, A.VALIDATE)).status == S.A_VALIDER_2
    second = await move(wrong[1], A.REPORT_WRONG_VALIDATOR)
    assert second.status == S.ERREUR_COTRAITANT_SUR_VALIDEUR
    # The co-contractor named the agent; the supplier does not name it for it.
    with pytest.raises(Refused):
        await move(circle.other, A.CORRECT_VALIDATOR, validator=named(circle.holder))
    again = await move(circle.co_contractor, A.CORRECT_VALIDATOR, validator=named(circle.holder))
    assert (again.status, again.validator_2_id) == (S.A_VALIDER_2, circle.holder.id)
    done = await move(circle.holder, A.VALIDATE)

    assert (done.status, done.refused_by_validator) == (S.MISE_A_DISPOSITION, False)


async def test_the_same_validator_is_not_named_again_but_another_of_its_services_is(
    database: str,
) -> None:
    circle = await a_circle()
    await a_service(circle.holder, code="TRAVAUX")
    refs = {"validator_1": named(circle.holder), "validator_2": named(circle.co_contractor)}
    invoice = (await deposit(circle, circle.other, None, **refs)).invoice
    await actions.move(
        an_actor(circle.holder), invoice.id, A.REPORT_WRONG_VALIDATOR, actions.Given()
    )

    async def correct(validator: ValidatorRef) -> Invoice:
        given = actions.Given(validator=validator)
        return await actions.move(an_actor(circle.other), invoice.id, A.CORRECT_VALIDATOR, given)

    for validator, rule in (
        (named(circle.holder), "BDR-CTR-053"),
        (named(circle.co_contractor), "BDR-INV-107"),
    ):
        with pytest.raises(Invalid) as refused:
            await correct(validator)
        assert [p.rule for p in refused.value.problems] == [rule]
    done = await correct(replace(named(circle.holder), service_code="TRAVAUX"))

    assert (done.status, done.validator_1_service_code) == (S.A_VALIDER_1, "TRAVAUX")


async def test_a_correction_follows_the_contract_as_it_was_amended(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    invoice = (await deposit(circle, circle.subcontractor, contract)).invoice
    holder, sub = an_actor(circle.holder), an_actor(circle.subcontractor)
    await actions.move(holder, invoice.id, A.REPORT_WRONG_VALIDATOR, reported())
    given = actions.Given(validator=named(circle.co_contractor))

    with pytest.raises(Invalid) as refused:
        await actions.move(sub, invoice.id, A.CORRECT_VALIDATOR, given)
    terms = of_a_group(circle)
    parties = [
        replace(p, principal=circle.co_contractor.identifier)
        if p.identifier == circle.subcontractor.identifier
        else p
        for p in terms.parties
    ]
    amended = await contracts.amend(holder, contract.id, changed(terms, parties))
    amended = await admit(amended, circle.authority)
    await accept(amended, circle.authority, circle.subcontractor)
    corrected = await actions.move(sub, invoice.id, A.CORRECT_VALIDATOR, given)

    assert [p.rule for p in refused.value.problems] == ["BDR-CTR-047"]
    # After a co-contractor comes the agent.
    assert (corrected.validator_1_id, corrected.validator_2_id) == (
        circle.co_contractor.id,
        circle.holder.id,
    )


async def test_a_second_validator_is_corrected_to_the_agent_alone(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    invoice = (await deposit(circle, circle.other, contract)).invoice
    first = an_actor(circle.co_contractor)
    await actions.move(first, invoice.id, A.VALIDATE, actions.Given())
    await actions.move(an_actor(circle.holder), invoice.id, A.REPORT_WRONG_VALIDATOR, reported())

    with pytest.raises(Invalid) as refused:
        given = actions.Given(validator=named(await a_supplier()))
        await actions.move(first, invoice.id, A.CORRECT_VALIDATOR, given)

    assert [(p.rule, p.path) for p in refused.value.problems] == [
        ("BDR-CTR-049", ("validator", "identifier"))
    ]


# What other kinds of documents ask


async def test_what_is_known_of_a_contract_is_its_terms_in_force(database: str) -> None:
    circle = await a_circle()
    contract = await in_force(circle)
    amended = changed(of_a_group(circle, ceiling="1.00"), label="Avenant")
    await contracts.amend(an_actor(circle.authority), contract.id, amended)

    known = await contract_by_id(contract.id)

    assert known is not None
    assert (known.label, known.holder.structure_id) == ("Réfection de la voirie", circle.holder.id)
    (own,) = known.roles_of(circle.subcontractor.id, R.SUBCONTRACTOR)
    assert (own.ceiling, own.has_accepted, own.is_paid_directly) == (10000, True, True)
    assert [p.structure_id for p in known.principals_of(circle.other.id)] == [
        circle.co_contractor.id
    ]
    manager = known.one(R.PROJECT_MANAGER)
    assert manager is not None
    assert manager.structure_id == circle.manager.id
    assert await contract_by_id(None) is None
