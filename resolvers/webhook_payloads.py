"""What an integrator tries before it sets an endpoint up."""

from __future__ import annotations

import strawberry

from domain.access import Permission
from resolvers.documents import MOST_POINTS
from resolvers.fields import mutation
from schema.context import Info
from schema.webhook_payloads import WebhookDocumentPreviewInput, WebhookPreview
from webhooks.preview import preview


@strawberry.type
class WebhookPayloadMutation:
    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Aperçu d'un message. The body that an endpoint of yours would be sent for a"
        " past event, or every problem of its document. Nothing is written or sent.",
        shows=("preview", WebhookPreview),
        writes=False,
        cost=MOST_POINTS,
    )
    async def webhook_document_preview(
        self, info: Info, input: WebhookDocumentPreviewInput
    ) -> WebhookPreview:
        return WebhookPreview(found=await preview(info.context.actor, input.draft()))
