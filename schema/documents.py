"""What the API shows of every kind of document: its status, its changes, what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import strawberry

from domain.lifecycle import Need, Party
from domain.reference.reasons import Reason, reasons_for
from domain.reference.statuses import STATUSES, InvoiceStatus, StatusTone
from domain.reference.words import Words
from domain.rules_text import problem
from schema.context import InLocale, Locale
from schema.enums import shown_enum
from schema.reading import column, computed, shows


class PaymentClockState(StrEnum):
    """Where the payment time stands."""

    NOT_STARTED = "NOT_STARTED"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    ENDED = "ENDED"


shown_enum(
    PaymentClockState,
    "État du délai de paiement. Where the payment time stands.",
    {
        PaymentClockState.NOT_STARTED: Words("Non commencé", "Not available to the recipient yet"),
        PaymentClockState.RUNNING: Words("En cours", "Running"),
        PaymentClockState.STOPPED: Words("Suspendu", "Stopped by a suspension"),
        PaymentClockState.ENDED: Words("Terminé", "Paid, rejected or withdrawn"),
    },
)


def _clock_state(row: Any) -> PaymentClockState:
    if row.clock_started_at is None:
        return PaymentClockState.NOT_STARTED
    if row.clock_ended_at is not None:
        return PaymentClockState.ENDED
    return PaymentClockState.STOPPED if row.clock_stopped_at else PaymentClockState.RUNNING


@shows(
    description="Délai global de paiement. Starts when the request is made available, stops while"
    " it is suspended, reopens when completed (Code de la commande publique, R. 2192-27)."
)
class PaymentClock:
    state: PaymentClockState = computed(
        _clock_state,
        needs=("clock_started_at", "clock_stopped_at", "clock_ended_at"),
        description="État. Where the payment time stands.",
    )
    days: int = column("payment_days", description="Jours. The payment time of the recipient.")
    started_at: datetime | None = column("clock_started_at", description="Début. First available.")
    stopped_at: datetime | None = column("clock_stopped_at", description="Arrêt. Suspended since.")
    ended_at: datetime | None = column("clock_ended_at", description="Fin. Paid or refused.")
    due_on: date | None = column(
        description="Échéance. The civil date by which payment is due; moves after a suspension."
    )


@shows(description="Changement récent. One of the last three changes of status, newest last.")
class RecentChange:
    at: str = column(description="Le. When, RFC 3339 in UTC.")
    frm: InvoiceStatus | None = column("from", description="Avant. The status before.")
    to: InvoiceStatus = column(description="Après. The status after.")
    reason: Reason | None = column(description="Motif. The reason given, if any.")
    party: Party = column(description="Partie. Which party did it.")


RecentChange.__strawberry_definition__.fields[1].graphql_name = "from"  # type: ignore[attr-defined]  # a Python keyword


@strawberry.type
class OfferedAction:
    """What the possible actions of every kind of document show; each kind adds its verb."""

    enabled: bool = strawberry.field(description="Permise. Whether you may do it now.")
    as_party: Party = strawberry.field(description="En tant que. The part in which you would act.")
    to: InvoiceStatus | None = strawberry.field(
        description="Statut d'arrivée. Null when the status stays."
    )
    needs: Need | None = strawberry.field(description="Saisie. What must be given with it.")
    reasons: list[Reason] = strawberry.field(
        description="Motifs. The reasons to choose from, when one is needed."
    )
    disabled_rule: str | None = strawberry.field(
        description="Règle. Which rule prevents it; null when enabled."
    )
    disabled_fr: strawberry.Private[str | None]
    disabled_en: strawberry.Private[str | None]
    words: strawberry.Private[Words]

    @strawberry.field(description="Libellé. The name of the action, for a button.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        return self.words.en if locale is Locale.EN else self.words.fr

    @strawberry.field(description="Raison. Why it is not permitted; null when enabled.")
    def disabled_reason(self, locale: InLocale = Locale.FR) -> str | None:
        return self.disabled_en if locale is Locale.EN else self.disabled_fr


# A list of documents shows the same few actions over and over.
@lru_cache(maxsize=2048)
def offered(step: Any, rule: str | None, words: Words) -> Mapping[str, Any]:
    """The values of an `OfferedAction` for a step and the rule against it."""
    why = rule and problem(rule, (), action=step.action, party=step.by.value)
    return {
        "enabled": rule is None,
        "as_party": step.by,
        "to": None if step.to is None else InvoiceStatus(step.to),
        "needs": step.needs,
        "reasons": list(reasons_for(InvoiceStatus(step.to))) if step.needs is Need.REASON else [],
        "disabled_rule": rule,
        "disabled_fr": why.fr if why else None,
        "disabled_en": why.en if why else None,
        "words": words,
    }


def status_label(row: Any, *, locale: InLocale = Locale.FR) -> str:
    """The name of the status in a row."""
    label = STATUSES[InvoiceStatus(row.status)].label
    return label.en if locale is Locale.EN else label.fr


def status_tone(row: Any) -> StatusTone:
    """How the status in a row should look."""
    return STATUSES[InvoiceStatus(row.status)].tone
