"""Which invoices a caller may see, and how lists of them are asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.access import Actor
from domain.invoices.lifecycle import INVOICE
from domain.lifecycle import Party
from domain.openings import Columns, Openings
from domain.payments.queries import overdue, to_acknowledge
from domain.select import (
    Condition,
    Order,
    Select,
    among,
    any_of,
    at_least,
    at_most,
    below,
    equals,
    falling,
    rising,
    starts_with,
)

INVOICES = Openings(
    "invoice",
    INVOICE,
    {
        Party.SUPPLIER: Columns("supplier_id", "supplier_service_id"),
        Party.RECIPIENT: Columns("recipient_id", "recipient_service_id"),
        Party.VALIDATOR_1: Columns("validator_1_id", "validator_1_service_id"),
        Party.VALIDATOR_2: Columns("validator_2_id", "validator_2_service_id"),
    },
)


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
    return INVOICES.seen(actor)


def listed(actor: Actor, criteria: InvoiceCriteria, order: InvoiceOrder) -> Select | None:
    """The invoices that the actor may see and the criteria keep, in order."""
    return INVOICES.listed(
        actor,
        parties=criteria.parties,
        structures=criteria.structures,
        criteria=_conditions(criteria),
        order=_ORDERS[order],
    )


def _conditions(c: InvoiceCriteria) -> list[Condition | None]:
    return [
        any_of(
            *(
                among(column, c.counterparties)
                for column in (c.structure for c in INVOICES.columns.values())
            )
        )
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
        overdue(c.due_before),
        at_least("amount_to_pay_cents", c.amount_from_cents)
        if c.amount_from_cents is not None
        else None,
        at_most("amount_to_pay_cents", c.amount_to_cents)
        if c.amount_to_cents is not None
        else None,
        to_acknowledge(c.is_to_acknowledge),
    ]
