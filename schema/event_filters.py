"""Which events a reader wants: the one filter of pull, streams and webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import strawberry

from domain.catalogue import EVENT_KINDS, SUBJECTS
from domain.errors import Invalid
from domain.feed import Direction, EventFilter, filter_problems
from domain.labels import DIRECTIONS
from domain.reference.deposits import DepositMode
from domain.reference.statuses import InvoiceStatus
from domain.reference.words import Words
from schema.enums import shown_enum


class EventKind(StrEnum):
    """Every kind of event; the value is the name in webhooks."""

    # Filled from the catalogue, which is the one list of kinds.
    _ignore_ = ["_kind"]
    for _kind in EVENT_KINDS:
        locals()[_kind.replace(".", "_").upper()] = _kind


class EventSubjectKind(StrEnum):
    """Every kind of object that events are about."""

    _ignore_ = ["_kind"]
    for _kind in SUBJECTS:
        locals()[_kind.upper()] = _kind


shown_enum(
    EventKind,
    "Nature d'évènement. The value of the same name in webhooks is lower case with dots.",
    {EventKind(kind): Words(row.fr, row.en) for kind, row in EVENT_KINDS.items()},
)
shown_enum(
    EventSubjectKind,
    "Nature d'objet. What events are about; asks for all their kinds, those to come included.",
    {EventSubjectKind(kind): Words(*words) for kind, words in SUBJECTS.items()},
)
shown_enum(
    Direction,
    "Sens. The part of your structure in the document that an event is about.",
    DIRECTIONS,
    name="EventDirection",
)

# The words of each criterion, for what is asked and what is shown.
WORDS = {
    "subject_kinds": "Natures d'objets. Only what is about these kinds of objects: INVOICE asks for"
    " every kind of event of invoices, those to come included.",
    "subjects": "Objets. Only what is about these objects; at most 250.",
    "structures": "Structures. Only what concerns these structures; at most 250.",
    "services": "Services destinataires. Only documents addressed to one of these services, by"
    " identifier; at most 250.",
    "statuses": "Statuts. Only changes to one of these statuses; at most 250.",
    "deposit_modes": "Modes de dépôt. Only documents that reached the portal so.",
    "directions": "Sens. Only documents in which your structure has one of these parts: with"
    " `structures`, one of these.",
    "total_from": "Total TTC minimal. Only documents of at least this total, after discount, in"
    " their own currency.",
    "total_to": "Total TTC maximal. Only documents of at most this total.",
}


def _asked(name: str) -> Any:
    return strawberry.field(default=None, description=WORDS[name])


@strawberry.input(description="Critères. What the filters of all readers have in common.")
class EventCriteria:
    subject_kinds: list[EventSubjectKind] | None = _asked("subject_kinds")
    subjects: list[strawberry.ID] | None = _asked("subjects")
    structures: list[strawberry.ID] | None = _asked("structures")
    services: list[strawberry.ID] | None = _asked("services")
    statuses: list[InvoiceStatus] | None = _asked("statuses")
    deposit_modes: list[DepositMode] | None = _asked("deposit_modes")
    directions: list[Direction] | None = _asked("directions")
    total_from: Decimal | None = _asked("total_from")
    total_to: Decimal | None = _asked("total_to")

    def asked(self) -> EventFilter:
        """The same for the domain, unchecked."""
        given: dict[str, Any] = {
            name: frozenset(map(str, value)) if isinstance(value, list) else value
            for name, value in vars(self).items()
            if value is not None
        }
        return EventFilter(**given)


_HOLDS = (
    " Every criterion given must hold; values of one are alternatives. An event of which a"
    " criterion says nothing (the total of `ACCOUNT_ACTIVATED`) does not fit."
)


@strawberry.input(name="EventFilter", description=f"Filtre d'évènements.{_HOLDS}")
class EventFilterInput(EventCriteria):
    kinds: list[EventKind] | None = strawberry.field(
        default=None, description="Natures. Only these kinds."
    )

    def filter(self) -> EventFilter:
        """The same for the domain.

        Raises:
            Invalid: every problem of the filter.
        """
        asked = self.asked()
        if problems := filter_problems(asked, ("filter",)):
            raise Invalid(*problems)
        return asked


@strawberry.input(
    name="WebhookFilterInput",
    description=f"Filtre d'un point de réception. Beside the kinds of `events`.{_HOLDS}",
)
class WebhookFilterInput(EventCriteria):
    def criteria(self) -> dict[str, Any]:
        """The same for the domain, as it is stored."""
        return self.asked().stored()


@strawberry.type(description=f"Filtre d'un point de réception.{_HOLDS}")
class WebhookFilter:
    stored: strawberry.Private[Mapping[str, Any]]

    @strawberry.field(description=WORDS["subject_kinds"])
    def subject_kinds(self) -> list[EventSubjectKind]:
        return [EventSubjectKind(text) for text in self.stored.get("subject_kinds", ())]

    @strawberry.field(description=WORDS["subjects"])
    def subjects(self) -> list[strawberry.ID]:
        return [strawberry.ID(text) for text in self.stored.get("subjects", ())]

    @strawberry.field(description=WORDS["structures"])
    def structures(self) -> list[strawberry.ID]:
        return [strawberry.ID(text) for text in self.stored.get("structures", ())]

    @strawberry.field(description=WORDS["services"])
    def services(self) -> list[strawberry.ID]:
        return [strawberry.ID(text) for text in self.stored.get("services", ())]

    @strawberry.field(description=WORDS["statuses"])
    def statuses(self) -> list[InvoiceStatus]:
        return [InvoiceStatus(text) for text in self.stored.get("statuses", ())]

    @strawberry.field(description=WORDS["deposit_modes"])
    def deposit_modes(self) -> list[DepositMode]:
        return [DepositMode(text) for text in self.stored.get("deposit_modes", ())]

    @strawberry.field(description=WORDS["directions"])
    def directions(self) -> list[Direction]:
        return [Direction(text) for text in self.stored.get("directions", ())]

    @strawberry.field(description=WORDS["total_from"])
    def total_from(self) -> Decimal | None:
        return _amount(self.stored.get("total_from"))

    @strawberry.field(description=WORDS["total_to"])
    def total_to(self) -> Decimal | None:
        return _amount(self.stored.get("total_to"))


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
