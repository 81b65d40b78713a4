"""Which invoices a caller may see, and how lists of them are asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.access import Actor
from domain.invoices.lifecycle import INVOICE
from domain.lifecycle import Party
from domain.select import (
    MAX_BRANCHES,
    Condition,
    Order,
    Select,
    all_of,
    among,
    any_of,
    at_least,
    at_most,
    below,
    equals,
    falling,
    is_null,
    not_null,
    rising,
    starts_with,
    unless,
)

COLUMN_OF = {
    Party.SUPPLIER: "supplier_id",
    Party.RECIPIENT: "recipient_id",
    Party.VALIDATOR_1: "validator_1_id",
    Party.VALIDATOR_2: "validator_2_id",
}
SERVICE_COLUMN_OF = {
    Party.SUPPLIER: "supplier_service_id",
    Party.RECIPIENT: "recipient_service_id",
    Party.VALIDATOR_1: "validator_1_service_id",
    Party.VALIDATOR_2: "validator_2_service_id",
}
_TO_ACKNOWLEDGE = ("REJETEE", "SUSPENDUE", "A_RECYCLER", "REFUSEE_1", "REFUSEE_2")


class InvoiceOrder(StrEnum):
    """The order of a list of invoices."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"
    LATEST_CHANGE_FIRST = "LATEST_CHANGE_FIRST"


_ORDERS: dict[InvoiceOrder, Order] = {
    InvoiceOrder.NEWEST_FIRST: falling("created_at"),
    InvoiceOrder.OLDEST_FIRST: rising("created_at"),
    InvoiceOrder.LATEST_CHANGE_FIRST: falling("status_at"),
}


@dataclass(frozen=True)
class InvoiceCriteria:
    """What a list is narrowed to; None and () ask nothing. Amounts are whole cents."""

    parties: Collection[Party] = ()
    structures: Collection[str] = ()
    counterparties: Collection[str] = ()
    statuses: Collection[str] = ()
    types: Collection[str] = ()
    frames: Collection[str] = ()
    number: str | None = None
    number_prefix: str | None = None
    commitment_number: str | None = None
    contract_number: str | None = None
    external_reference: str | None = None
    service_codes: Collection[str] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    deposited_from: datetime | None = None
    deposited_before: datetime | None = None
    due_before: date | None = None
    amount_from_cents: int | None = None
    amount_to_cents: int | None = None
    is_to_acknowledge: bool | None = None


def seen(actor: Actor) -> Select | None:
    """The invoices that the actor may see, to look some up; None when there can be none."""
    openings = [o for party in COLUMN_OF for o in _openings(actor, party, frozenset())]
    return Select("invoice").where(any_of(*openings)) if openings else None


def listed(actor: Actor, criteria: InvoiceCriteria, order: InvoiceOrder) -> Select | None:
    """The invoices that the actor may see and the criteria keep, in order."""
    openings = [
        opening
        for party in (criteria.parties or COLUMN_OF)
        for opening in _openings(actor, party, frozenset(criteria.structures))
    ]
    if not openings:
        return None
    select = Select("invoice").where(*_conditions(criteria)).by(_ORDERS[order])
    if len(openings) > MAX_BRANCHES:
        return select.where(any_of(*openings))
    return select.either(*openings)


def _openings(actor: Actor, party: Party, wanted: frozenset[str]) -> list[Condition]:
    """The conditions under which a part that the actor's structures play opens an invoice.

    Rights held on single services add to them; who holds none pays nothing for it.
    """
    of_services = _service_openings(actor, party, wanted)
    return [*_structure_openings(actor, party, wanted), *of_services]


def _service_openings(actor: Actor, party: Party, wanted: frozenset[str]) -> list[Condition]:
    services = actor.services(INVOICE.sees[party])
    if not services:
        return []
    column, hidden = SERVICE_COLUMN_OF[party], INVOICE.hidden.get(party)
    narrowed = [unless(among("status", hidden))] if hidden else []
    if wanted:
        narrowed.append(among(COLUMN_OF[party], wanted))
    if len(services) <= MAX_BRANCHES // len(COLUMN_OF):
        return [all_of(equals(column, s), *narrowed) for s in sorted(services)]
    return [all_of(among(column, services), *narrowed)]


def _structure_openings(actor: Actor, party: Party, wanted: frozenset[str]) -> list[Condition]:
    structures = actor.structures(INVOICE.sees[party])
    column = COLUMN_OF[party]
    hidden = INVOICE.hidden.get(party)
    shown = [unless(among("status", hidden))] if hidden else []
    if structures is None:
        if not wanted:
            return [all_of(not_null(column), *shown)]
        structures = wanted
    elif wanted:
        structures &= wanted
    if len(structures) <= MAX_BRANCHES // len(COLUMN_OF):
        return [all_of(equals(column, s), *shown) for s in sorted(structures)]
    return [all_of(among(column, structures), *shown)]


def _conditions(c: InvoiceCriteria) -> list[Condition | None]:
    return [
        any_of(*(among(column, c.counterparties) for column in COLUMN_OF.values()))
        if c.counterparties
        else None,
        among("status", c.statuses) if c.statuses else None,
        among("type", c.types) if c.types else None,
        among("frame", c.frames) if c.frames else None,
        equals("number", c.number) if c.number is not None else None,
        starts_with("number", c.number_prefix) if c.number_prefix else None,
        equals("commitment_number", c.commitment_number) if c.commitment_number else None,
        equals("contract_number", c.contract_number) if c.contract_number else None,
        equals("external_reference", c.external_reference) if c.external_reference else None,
        among("recipient_service_code", c.service_codes) if c.service_codes else None,
        at_least("issued_on", c.issued_from) if c.issued_from else None,
        at_most("issued_on", c.issued_to) if c.issued_to else None,
        at_least("deposited_at", c.deposited_from) if c.deposited_from else None,
        below("deposited_at", c.deposited_before) if c.deposited_before else None,
        all_of(below("due_on", c.due_before), is_null("clock_ended_at")) if c.due_before else None,
        at_least("amount_to_pay_cents", c.amount_from_cents)
        if c.amount_from_cents is not None
        else None,
        at_most("amount_to_pay_cents", c.amount_to_cents)
        if c.amount_to_cents is not None
        else None,
        _to_acknowledge(c.is_to_acknowledge),
    ]


def _to_acknowledge(wanted: bool | None) -> Condition | None:  # noqa: FBT001 - a criterion
    if wanted is None:
        return None
    waiting = all_of(among("status", _TO_ACKNOWLEDGE), is_null("acknowledged_at"))
    return waiting if wanted else unless(waiting)
