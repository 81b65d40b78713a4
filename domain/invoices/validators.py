"""The correction of a validator that was named by mistake."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.access import Actor
from domain.documents import Given
from domain.errors import Invalid, Problem
from domain.invoices.contract_rules import (
    direct_payment_problems,
    first_problems,
    second_of,
    second_problems,
)
from domain.invoices.draft import Draft, ValidatorRef
from domain.invoices.known import Known, id_of, known_of
from domain.invoices.models import Invoice
from domain.invoices.rules import errors, validator_problems
from domain.lifecycle import Step
from domain.money import amount_of
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType
from domain.reference.statuses import InvoiceStatus as S
from domain.rules_text import problem

_AT = ("validator", "identifier")


async def correct(invoice: Invoice, step: Step[Any], given: Given, actor: Actor) -> None:
    """Name another validator, in the place of the one that was wrong."""
    named: ValidatorRef = given.validator
    draft = replace(
        routing_draft(invoice),
        frame=Frame(invoice.frame),
        type=InvoiceType(invoice.type),
        total_net=amount_of(invoice.total_net_cents or 0),
        validator_1=named,
    ).normalised()
    known = await known_of(draft, own_id=invoice.id)
    assert draft.validator_1 is not None
    facts = known.facts
    assert facts.supplier is not None
    found = validator_problems(draft.validator_1, facts.validator_1, facts.supplier, ("validator",))
    is_first = step.to == S.A_VALIDER_1
    if not found:
        found += _same(invoice, known, draft.validator_1, is_first=is_first)
    if not found:
        found += _by_contract(invoice, draft, known, is_first=is_first)
    if refusals := errors(found):
        raise Invalid(*refusals)
    _name(invoice, draft.validator_1, known, is_first=is_first)


def routing_draft(invoice: Invoice) -> Draft:
    """As much of the deposited invoice as its destination depends on."""
    return Draft(
        supplier_id=invoice.supplier_id,
        number=invoice.number,
        recipient_siret=invoice.recipient_identifier,
        recipient_service_code=invoice.recipient_service_code,
        commitment_number=invoice.commitment_number,
        contract_number=invoice.contract_number,
    )


def _same(invoice: Invoice, known: Known, named: ValidatorRef, *, is_first: bool) -> list[Problem]:
    """Neither the other validator, nor the same one through the same service."""
    former, other = invoice.validator_1_id, invoice.validator_2_id
    service = invoice.validator_1_service_code
    if not is_first:
        former, other, service = other, former, invoice.validator_2_service_code
    assert known.validator_1 is not None
    # A contract in force says itself who comes second.
    is_free = is_first and invoice.contract_id is not None
    if known.validator_1["id"] == other and not is_free:
        return [problem("BDR-INV-107", _AT)]
    if (known.validator_1["id"], named.service_code) == (former, service):
        return [problem("BDR-CTR-053", _AT)]
    return []


def _by_contract(invoice: Invoice, draft: Draft, known: Known, *, is_first: bool) -> list[Problem]:
    """What the contract says of the validator, when the invoice was deposited on one in force."""
    contract = known.facts.contract
    if contract is None or not contract.is_in_force or invoice.contract_id != contract.id:
        return []
    named = str(id_of(known.validator_1))
    if not is_first:
        parties = {p.structure_id: p for p in contract.parties}
        first = parties.get(invoice.validator_1_id or "")
        return list(second_problems(contract, first, named, _AT))
    found = list(first_problems(draft.frame, contract, invoice.supplier_id, named, _AT))
    if draft.frame is Frame.A9 and not found:
        own = [p for p in contract.roles_of(invoice.supplier_id) if p.principal_id == named]
        found += direct_payment_problems(draft, own, known.facts.billed, ())
        first = next(
            p for p in contract.principals_of(invoice.supplier_id) if p.structure_id == named
        )
        second = second_of(first, contract)
        invoice.validator_2_id = second.structure_id if second else None
        invoice.validator_2_service_id = second.service_id if second else None
        invoice.validator_2_service_code = second.service_code if second else None
    return found


def _name(invoice: Invoice, named: ValidatorRef, known: Known, *, is_first: bool) -> None:
    validator, service = id_of(known.validator_1), id_of(known.validator_1_service)
    if is_first:
        invoice.validator_1_id = validator
        invoice.validator_1_service_id = service
        invoice.validator_1_service_code = named.service_code
    else:
        invoice.validator_2_id = validator
        invoice.validator_2_service_id = service
        invoice.validator_2_service_code = named.service_code
