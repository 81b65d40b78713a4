"""The payment time of an invoice ("délai global de paiement"): starts, stops and due date.

It starts when the invoice is made available to its recipient and stops when the recipient
suspends it. Once completed, a new time opens: 30 days, or what was left at the suspension when
that was more (Code de la commande publique, R. 2192-27 to R. 2192-29). It ends when the payment
is ordered or the invoice is refused. Report only: nothing depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.clock import PARIS

REOPENED_DAYS = 30


@dataclass(frozen=True)
class PaymentClock:
    """Where the payment time stands. `days` is the recipient's, 30 unless the law gives more."""

    days: int
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    ended_at: datetime | None = None
    due_on: date | None = None

    def start(self, at: datetime) -> PaymentClock:
        """Begin, or go on after a stop. Does nothing when it already runs."""
        if self.due_on is None or self.started_at is None:
            return replace(self, started_at=at, due_on=_civil(at) + timedelta(days=self.days))
        if self.stopped_at is None:
            return self
        left = max(self.due_on - _civil(self.stopped_at), timedelta(days=REOPENED_DAYS))
        return replace(self, stopped_at=None, due_on=_civil(at) + left)

    def lift(self) -> PaymentClock:
        """Forget the stop: the suspension was lifted by the one who made it."""
        return replace(self, stopped_at=None)

    def stop(self, at: datetime) -> PaymentClock:
        """Stand still until the supplier has completed the invoice."""
        return self if self.started_at is None or self.stopped_at else replace(self, stopped_at=at)

    def end(self, at: datetime) -> PaymentClock:
        """Paid or refused: nothing runs any more."""
        return self if self.started_at is None else replace(self, ended_at=at)

    def restart(self) -> PaymentClock:
        """As if never available: the invoice goes to another recipient or service."""
        return PaymentClock(self.days)


def _civil(at: datetime) -> date:
    return at.astimezone(PARIS).date()
