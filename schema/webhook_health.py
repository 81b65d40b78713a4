"""How well an endpoint takes its messages, and how far the machine is, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import strawberry

from schema.context import Info
from schema.enums import shown_enum
from webhooks import health, words
from webhooks.models import EndpointStatus
from webhooks.outbound import ErrorKind

shown_enum(
    ErrorKind,
    "Échec. Why an attempt does not count. New values may appear.",
    words.ERROR_KINDS,
    name="WebhookErrorKind",
)

_TENTH = Decimal("0.1")


@strawberry.type(description="Dernier échec. The last attempt that did not count.")
class WebhookFailure:
    at: datetime = strawberry.field(description="Le. When the request was sent.")
    status: int | None = strawberry.field(description="Statut HTTP. Null when there was no answer.")
    error: ErrorKind = strawberry.field(description="Échec. Why it does not count.")
    excerpt: str = strawberry.field(description="Extrait. The beginning of the answer.")


@strawberry.type(
    description="Santé d'un point de réception. Its last 24 hours, to the hour, and what waits now."
    " Probes are not counted, nor attempts that a worker of ours cut short."
)
class WebhookEndpointHealth:
    found: strawberry.Private[health.Health]

    @strawberry.field(description="Tentatives sur 24 h. Requests whose end is known.")
    def attempts24h(self) -> int:
        return self.found.attempts

    @strawberry.field(
        description="Taux de succès sur 24 h. In percent of the attempts; null without any."
    )
    def success_rate24h(self) -> Decimal | None:
        if not self.found.attempts:
            return None
        share = Decimal(100 * self.found.delivered) / self.found.attempts
        return share.quantize(_TENTH, ROUND_HALF_UP)

    @strawberry.field(
        description="Latence médiane. Half the attempts of 24 hours took no longer, in ms; rounded"
        " up to 1, 2, 3, 5, 7, 10, 15, 20, 30, 50… Null without attempts."
    )
    def p50_ms(self) -> int | None:
        return self.found.p50_ms

    @strawberry.field(description="Latence de 95 %. The same for 95 attempts out of 100.")
    def p95_ms(self) -> int | None:
        return self.found.p95_ms

    @strawberry.field(description="Dernier échec. Null when every attempt kept was a success.")
    def last_failure(self) -> WebhookFailure | None:
        failure = self.found.last_failure
        if failure is None:
            return None
        return WebhookFailure(
            at=failure.at,
            status=failure.status,
            error=ErrorKind(failure.error),
            excerpt=failure.excerpt,
        )

    @strawberry.field(description="En attente. Messages not yet accepted, counted up to 10,000.")
    def pending(self) -> int:
        return self.found.pending

    @strawberry.field(
        description="Plus ancienne attente. When the oldest waiting message was dispatched, without"
        " what a replay sends; null when none waits."
    )
    def oldest_pending_at(self) -> datetime | None:
        return self.found.oldest_pending_at

    @strawberry.field(
        description="En attente de leur document. Those of `pending` for which your document is"
        " still to be run, counted up to 10,000."
    )
    def awaiting_document(self) -> int:
        return self.found.unwritten

    @strawberry.field(
        description="Budget des documents épuisé depuis. The documents of the structure, over all"
        " its endpoints, took all the time that they have in a minute: since then messages wait"
        " until it is given back, in order; nothing is lost. Null when none waits for that."
    )
    def document_budget_spent_since(self) -> datetime | None:
        return self.found.budget_spent_since

    @strawberry.field(description="Retard. Seconds that the oldest waiting message has waited.")
    def lag_seconds(self) -> int:
        return self.found.lag_seconds

    @strawberry.field(description="Abandons sur 24 h. Messages whose every attempt failed.")
    def exhausted24h(self) -> int:
        return self.found.exhausted


@strawberry.type(
    description="État du portail. How far the machine that tells the outside is; for"
    " administrators."
)
class SystemStatus:
    found: strawberry.Private[health.SystemStatus]

    @strawberry.field(description="Position du journal. The number of events committed.")
    def log_position(self) -> int:
        return self.found.log_position

    @strawberry.field(description="Position répartie. How far the log was dispatched.")
    def dispatched_position(self) -> int:
        return self.found.dispatched_position

    @strawberry.field(
        description="Retard de répartition. Seconds since the first event not dispatched yet."
    )
    def dispatch_lag_seconds(self) -> int:
        return self.found.dispatch_lag_seconds

    @strawberry.field(
        description="Silence des travailleurs. Seconds by which they let a turn pass that comes"
        " every few seconds: above a minute, none lives."
    )
    def workers_silent_seconds(self) -> int:
        return self.found.workers_silent_seconds

    @strawberry.field(
        description="Plus ancienne attente. Seconds that the oldest message has waited, among"
        " endpoints that are not paused."
    )
    def oldest_pending_seconds(self) -> int:
        return self.found.oldest_pending_seconds

    @strawberry.field(description="En attente. Deliveries not ended, counted up to 10,000.")
    def deliveries_pending(self) -> int:
        return self.found.deliveries_pending

    @strawberry.field(description="Points de réception actifs.")
    def active_endpoints(self) -> int:
        return self.found.endpoints.get(EndpointStatus.ACTIVE, 0)

    @strawberry.field(description="Points de réception dégradés. Tried by one message at a time.")
    def degraded_endpoints(self) -> int:
        return self.found.endpoints.get(EndpointStatus.DEGRADED, 0)

    @strawberry.field(description="Points de réception en pause.")
    def paused_endpoints(self) -> int:
        return self.found.endpoints.get(EndpointStatus.PAUSED, 0)


async def health_of(root: Any, info: Info) -> WebhookEndpointHealth:
    """The health of an endpoint, asked once for all endpoints of the operation."""
    found = await info.context.load.batch("webhook_health", health.figures, root.id)
    return WebhookEndpointHealth(found=found)
