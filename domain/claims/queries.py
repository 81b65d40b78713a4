"""Which claims a caller may see, and how lists of them are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.access import Actor
from domain.lifecycle import Lifecycle, Party
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
)


def openings(table: str, lifecycle: Lifecycle[Any]) -> Openings:
    """How the claims of a table open themselves: the validator is in the recipient."""
    return Openings(
        table,
        lifecycle,
        {
            Party.SUPPLIER: Columns("supplier_id", "supplier_service_id"),
            Party.RECIPIENT: Columns("recipient_id", "recipient_service_id"),
            Party.VALIDATOR_1: Columns("recipient_id", "validator_service_id"),
        },
    )


class ClaimOrder(StrEnum):
    """The order of a list of claims."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"
    LATEST_CHANGE_FIRST = "LATEST_CHANGE_FIRST"


_ORDERS: dict[ClaimOrder, Order] = {
    ClaimOrder.NEWEST_FIRST: falling("created_at"),
    ClaimOrder.OLDEST_FIRST: rising("created_at"),
    ClaimOrder.LATEST_CHANGE_FIRST: falling("status_at"),
}


@dataclass(frozen=True, kw_only=True)
class ClaimCriteria:
    """What a list is narrowed to; None and () ask nothing. Amounts are whole cents."""

    parties: Collection[Party] = ()
    structures: Collection[str] = ()
    counterparties: Collection[str] = ()
    statuses: Collection[str] = ()
    number: str | None = None
    external_reference: str | None = None
    service_codes: Collection[str] = ()
    deposited_from: datetime | None = None
    deposited_before: datetime | None = None
    due_before: date | None = None
    amount_from_cents: int | None = None
    amount_to_cents: int | None = None
    is_to_acknowledge: bool | None = None

    def own(self) -> Iterable[Condition | None]:
        """What only one kind of claim is asked."""
        return ()


def listed(
    opened: Openings, actor: Actor, criteria: ClaimCriteria, order: ClaimOrder
) -> Select | None:
    """The claims that the actor may see and the criteria keep, in order."""
    return opened.listed(
        actor,
        parties=criteria.parties,
        structures=criteria.structures,
        criteria=[*_conditions(criteria), *criteria.own()],
        order=_ORDERS[order],
    )


def _conditions(c: ClaimCriteria) -> list[Condition | None]:
    parties = ("supplier_id", "recipient_id")
    services = ("recipient_service_code", "validator_service_code")
    return [
        any_of(*(among(p, c.counterparties) for p in parties)) if c.counterparties else None,
        among("status", c.statuses) if c.statuses else None,
        equals("number", c.number) if c.number is not None else None,
        equals("external_reference", c.external_reference) if c.external_reference else None,
        any_of(*(among(s, c.service_codes) for s in services)) if c.service_codes else None,
        at_least("deposited_at", c.deposited_from) if c.deposited_from else None,
        below("deposited_at", c.deposited_before) if c.deposited_before else None,
        overdue(c.due_before),
        at_least("amount_cents", c.amount_from_cents) if c.amount_from_cents is not None else None,
        at_most("amount_cents", c.amount_to_cents) if c.amount_to_cents is not None else None,
        to_acknowledge(c.is_to_acknowledge),
    ]
