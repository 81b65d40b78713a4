"""The clock of a sandbox, as the API shows and moves it."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from domain import clock
from domain.sandbox.travel import why_closed
from schema.invoice_inputs import KEY


def _now() -> datetime:
    return clock.now()


def _real_now() -> datetime:
    return clock.real_now()


def _today() -> date:
    return clock.today()


def _ahead_seconds() -> int:
    return int(clock.ahead().total_seconds())


def _is_open() -> bool:
    return why_closed() is None


@strawberry.type(
    description="Horloge. The time that the business of this site lives by, and that of its"
    " machines. They differ in a sandbox that was moved ahead, and nowhere else."
)
class SandboxClock:
    now: datetime = strawberry.field(
        resolver=_now,
        description="Instant présent. That of statuses, delays, due dates and of what happened.",
    )
    today: date = strawberry.field(
        resolver=_today, description="Date du jour. The present civil date of the business, Paris."
    )
    real_now: datetime = strawberry.field(
        resolver=_real_now,
        description="Instant réel. That of tokens, log-ins, leases, retries, signatures of webhooks"
        " and of `recordedAt`.",
    )
    ahead_seconds: int = strawberry.field(
        resolver=_ahead_seconds, description="Avance. Seconds between the two; never fewer."
    )
    is_open: bool = strawberry.field(
        resolver=_is_open,
        description="Ouverte. Whether `sandboxAdvance` moves it: never in production, nor where the"
        " operator closed it.",
    )


@strawberry.input(description="Saisie. By how much the clock of the sandbox is moved.")
class SandboxAdvanceInput:
    by: str = strawberry.field(
        description="Durée. ISO 8601, in weeks, days, hours, minutes and seconds, such as P45D or"
        " PT12H: from one second to 366 days."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
