"""What shows how webhooks fare: attempts, probes, and the machine as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.select import Select
from resolvers.fields import mutation, query, query_page
from schema.context import Info
from schema.pages import Connection
from schema.webhook_health import SystemStatus
from schema.webhook_probes import WebhookEndpointProbeInput, WebhookProbe
from schema.webhooks import WebhookAttempt
from webhooks import health, probes, queries
from webhooks.models import Probe
from webhooks.outbound import ErrorKind


def _attempts(
    viewer: Actor,
    endpoint: Annotated[
        strawberry.ID, strawberry.argument(description="Point de réception. Made to it.")
    ],
    since: Annotated[
        datetime | None, strawberry.argument(description="Depuis. Only from this moment on.")
    ] = None,
    until: Annotated[
        datetime | None, strawberry.argument(description="Avant. Only before this moment.")
    ] = None,
    errors: Annotated[
        list[ErrorKind] | None,
        strawberry.argument(description="Échecs. Only those that failed so."),
    ] = None,
) -> Select:
    return queries.attempts_of(viewer, endpoint, since, until, errors)


def _probes(
    viewer: Actor,
    endpoint: Annotated[
        strawberry.ID | None, strawberry.argument(description="Point de réception. Only of it.")
    ] = None,
) -> Select:
    return queries.probes(viewer, endpoint)


@strawberry.type
class WebhookHealthQuery:
    webhook_attempts: Connection[WebhookAttempt] = query_page(
        _attempts,
        *queries.READ,
        description="Tentatives. Every request made to an endpoint, the newest first; kept for"
        " 90 days after their delivery ended, unless the site says otherwise.",
    )
    webhook_probes: Connection[WebhookProbe] = query_page(
        _probes,
        *queries.READ,
        description="Sondes de conformité. What they found, the newest first.",
    )

    @query(
        Permission.ADMINISTER,
        description="État du portail. How far behind the log the outside is, over all endpoints.",
    )
    async def system_status(self, info: Info) -> SystemStatus:
        return SystemStatus(found=await health.system_status())


@strawberry.type
class WebhookHealthMutation:
    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Sonder un point de réception. Sends good and bad messages, all marked and"
        " about nothing real; `webhook.probe_finished` tells the end.",
        shows=("probe", WebhookProbe),
        model=Probe,
    )
    async def webhook_endpoint_probe(self, info: Info, input: WebhookEndpointProbeInput) -> Probe:
        return await probes.ask(info.context.actor, input.id)
