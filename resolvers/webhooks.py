"""Webhooks: set endpoints up, and see what came of every message."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.select import Select, equals
from resolvers.fields import Done, mutation, query, query_one, query_page
from schema.context import Info
from schema.pages import Connection
from schema.webhooks import (
    WebhookDelivery,
    WebhookDeliveryRedeliverInput,
    WebhookEndpoint,
    WebhookEndpointCreateInput,
    WebhookEndpointDeleteInput,
    WebhookEndpointPauseInput,
    WebhookEndpointPingInput,
    WebhookEndpointResumeInput,
    WebhookEndpointSecretRotateInput,
    WebhookEndpointUpdateInput,
    WebhookExplanation,
)
from webhooks import endpoints, explain, queries
from webhooks.models import Delivery, DeliveryState, Endpoint, EndpointStatus

SECRET = {
    "secret": (
        str,
        "Secret. Shown this once, never again: it verifies the signatures (Standard Webhooks).",
    )
}


def _endpoints(
    viewer: Actor,
    structure: Annotated[
        strawberry.ID | None, strawberry.argument(description="Structure. Only its endpoints.")
    ] = None,
    statuses: Annotated[
        list[EndpointStatus] | None, strawberry.argument(description="États. Only in these states.")
    ] = None,
) -> Select:
    return queries.endpoints(viewer, structure, statuses)


def _endpoint(
    viewer: Actor,
    id: Annotated[strawberry.ID, strawberry.argument(description="Identifiant. Which one.")],
) -> Select:
    return queries.endpoints(viewer).where(equals("id", id))


def _deliveries(
    viewer: Actor,
    endpoint: Annotated[
        strawberry.ID | None, strawberry.argument(description="Point de réception. Only to it.")
    ] = None,
    states: Annotated[
        list[DeliveryState] | None, strawberry.argument(description="États. Only in these states.")
    ] = None,
    event: Annotated[
        strawberry.ID | None, strawberry.argument(description="Évènement. Only of this event.")
    ] = None,
    subject: Annotated[
        strawberry.ID | None, strawberry.argument(description="Objet. Only about this object.")
    ] = None,
) -> Select:
    return queries.deliveries(viewer, endpoint, states, event, subject)


@strawberry.type
class WebhookQuery:
    webhook_endpoints: Connection[WebhookEndpoint] = query_page(
        _endpoints,
        *queries.READ,
        description="Points de réception. Those of your structures, the newest first.",
    )
    webhook_endpoint: WebhookEndpoint | None = query_one(
        _endpoint,
        *queries.READ,
        description="Point de réception. One endpoint; null when there is none that you may see.",
    )
    webhook_deliveries: Connection[WebhookDelivery] = query_page(
        _deliveries,
        *queries.READ,
        description="Envois. What was sent, is being sent or waits; the newest first.",
    )

    @query(
        *queries.READ,
        description="Expliquer un envoi. Why an event was sent to an endpoint, or was not, or not"
        " yet; null when there is no such event or endpoint for you.",
    )
    async def explain_delivery(
        self,
        info: Info,
        event: Annotated[strawberry.ID, strawberry.argument(description="Évènement.")],
        endpoint: Annotated[strawberry.ID, strawberry.argument(description="Point de réception.")],
    ) -> WebhookExplanation | None:
        found = await explain.explain(info.context.actor, event, endpoint)
        return WebhookExplanation(found=found) if found else None


@strawberry.type
class WebhookMutation:
    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Créer un point de réception. It is told what happens from now on, and what"
        " you may read of it today.",
        shows=("endpoint", WebhookEndpoint),
        model=Endpoint,
        more=SECRET,
    )
    async def webhook_endpoint_create(self, info: Info, input: WebhookEndpointCreateInput) -> Done:
        kept = await endpoints.create(info.context.actor, input.structure_id, input.draft())
        return Done(kept.endpoint, more={"secret": kept.secret})

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Modifier un point de réception. It holds from the next event dispatched, and"
        " for messages whose document is still to be run.",
        shows=("endpoint", WebhookEndpoint),
        model=Endpoint,
    )
    async def webhook_endpoint_update(
        self, info: Info, input: WebhookEndpointUpdateInput
    ) -> Endpoint:
        return await endpoints.update(info.context.actor, input.id, input.changes())

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Mettre en pause. Messages are kept, nothing is deleted.",
        shows=("endpoint", WebhookEndpoint),
        model=Endpoint,
    )
    async def webhook_endpoint_pause(
        self, info: Info, input: WebhookEndpointPauseInput
    ) -> Endpoint:
        return await endpoints.pause(info.context.actor, input.id)

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Reprendre. With all that waited, what came since a cursor, or nothing of it.",
        shows=("endpoint", WebhookEndpoint),
        model=Endpoint,
    )
    async def webhook_endpoint_resume(
        self, info: Info, input: WebhookEndpointResumeInput
    ) -> Endpoint:
        return await endpoints.resume(info.context.actor, input.id, input.start, input.cursor)

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Supprimer un point de réception. Its deliveries remain readable.",
        shows=("endpoint", WebhookEndpoint),
        model=Endpoint,
    )
    async def webhook_endpoint_delete(
        self, info: Info, input: WebhookEndpointDeleteInput
    ) -> Endpoint:
        return await endpoints.delete(info.context.actor, input.id)

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Changer le secret. The old one signs too until `previousSecretUntil`.",
        shows=("endpoint", WebhookEndpoint),
        model=Endpoint,
        more=SECRET,
    )
    async def webhook_endpoint_secret_rotate(
        self, info: Info, input: WebhookEndpointSecretRotateInput
    ) -> Done:
        kept = await endpoints.rotate_secret(info.context.actor, input.id)
        return Done(kept.endpoint, more={"secret": kept.secret})

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Essayer. Sends a `webhook.ping` to this endpoint alone.",
        shows=("endpoint", WebhookEndpoint),
        model=Endpoint,
    )
    async def webhook_endpoint_ping(self, info: Info, input: WebhookEndpointPingInput) -> Endpoint:
        return await endpoints.ping(info.context.actor, input.id)

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Renvoyer. The same body once more, at once and outside the order.",
        shows=("delivery", WebhookDelivery),
        model=Delivery,
    )
    async def webhook_delivery_redeliver(
        self, info: Info, input: WebhookDeliveryRedeliverInput
    ) -> Delivery:
        return await endpoints.redeliver(info.context.actor, input.id)
