"""What every payment request keeps beside its content: where its payment stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tortoise import fields

from domain.documents import Document, Given
from domain.lifecycle import Step
from domain.payments.clock import PaymentClock
from domain.payments.steps import TO_ACKNOWLEDGE, PaymentAction
from domain.reference.statuses import InvoiceStatus as S


class PaymentRequest(Document):
    """A document that ends in a payment, by the recipient's simple life cycle."""

    deposited_at = fields.DatetimeField(null=True)
    available_at = fields.DatetimeField(null=True)
    payment_days = fields.IntField(default=30)
    clock_started_at = fields.DatetimeField(null=True)
    clock_stopped_at = fields.DatetimeField(null=True)
    clock_ended_at = fields.DatetimeField(null=True)
    due_on = fields.DateField(null=True)
    payment_order_number = fields.CharField(max_length=50, null=True)
    free_status_order = fields.BooleanField(default=False)
    payment_reported = fields.BooleanField(default=True)
    acknowledged_at = fields.DatetimeField(null=True)
    rejection_handled_at = fields.DatetimeField(null=True)

    class Meta:
        abstract = True

    @property
    def payment_clock(self) -> PaymentClock:
        """Where the payment time stands."""
        return PaymentClock(
            self.payment_days,
            self.clock_started_at,
            self.clock_stopped_at,
            self.clock_ended_at,
            self.due_on,
        )

    def entered(self, step: Step[Any], given: Given, at: datetime) -> None:
        """Dates, marks and the payment time that follow from a step."""
        match step.to:
            case S.DEPOSEE:
                self.deposited_at = self.deposited_at or at
            case S.MISE_A_DISPOSITION:
                self.available_at = self.available_at or at
        if step.action == PaymentAction.ACKNOWLEDGE:
            self.acknowledged_at = at
        elif step.action == PaymentAction.HANDLE_REJECTION:
            self.rejection_handled_at = at
        elif step.to in TO_ACKNOWLEDGE:
            self.acknowledged_at = self.rejection_handled_at = None
        if given.payment_order_number:
            self.payment_order_number = given.payment_order_number
        if step.to is not None:
            self._keep(_clock_after(self.payment_clock, S(step.to), step.action, at))

    def _keep(self, clock: PaymentClock) -> None:
        self.clock_started_at = clock.started_at
        self.clock_stopped_at = clock.stopped_at
        self.clock_ended_at = clock.ended_at
        self.due_on = clock.due_on


def _clock_after(clock: PaymentClock, status: S, action: str, at: datetime) -> PaymentClock:
    match status:
        case S.MISE_A_DISPOSITION if action == PaymentAction.LIFT_SUSPENSION:
            return clock.lift()
        case S.MISE_A_DISPOSITION | S.COMPLETEE:
            return clock.start(at)
        case S.SUSPENDUE:
            return clock.stop(at)
        case S.A_RECYCLER:
            return clock.restart()
        case S.MISE_EN_PAIEMENT | S.REJETEE | S.ABANDONNEE:
            return clock.end(at)
        case _:
            return clock
