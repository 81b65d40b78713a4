"""Replays: see what would be sent, send it, stop."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.access import Actor, Permission
from domain.select import Select
from resolvers.fields import mutation, query_page
from schema.context import Info
from schema.pages import Connection
from schema.webhook_replays import (
    WebhookReplay,
    WebhookReplayCancelInput,
    WebhookReplayInput,
    WebhookReplayPreview,
)
from webhooks import queries, replays
from webhooks.models import Replay

# It reads up to 20,000 events, makes their bodies, and runs up to 20 documents.
PREVIEW_COST = 500


def _replays(
    viewer: Actor,
    endpoint: Annotated[
        strawberry.ID | None, strawberry.argument(description="Point de réception. Only to it.")
    ] = None,
) -> Select:
    return queries.replays(viewer, endpoint)


@strawberry.type
class WebhookReplayQuery:
    webhook_replays: Connection[WebhookReplay] = query_page(
        _replays,
        *queries.READ,
        description="Rejeux. Those to your endpoints, the newest first.",
    )


@strawberry.type
class WebhookReplayMutation:
    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Prévoir un rejeu. What `webhookReplayStart` would send, and writes nothing.",
        shows=("preview", WebhookReplayPreview),
        writes=False,
        words="L'aperçu. Null when the operation was refused.",
        cost=PREVIEW_COST,
    )
    async def webhook_replay_preview(
        self, info: Info, input: WebhookReplayInput
    ) -> WebhookReplayPreview:
        found = await replays.preview(info.context.actor, input.draft())
        return WebhookReplayPreview(
            count=found.count,
            bytes=found.bytes,
            duplicates=found.duplicates,
            already_waiting=found.waiting,
            estimated_seconds=found.seconds,
            is_exact=found.is_exact,
        )

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Rejouer. Sends events of the past again, in order within each object; one"
        " replay of an endpoint at a time.",
        shows=("replay", WebhookReplay),
        model=Replay,
    )
    async def webhook_replay_start(self, info: Info, input: WebhookReplayInput) -> Replay:
        return await replays.start(info.context.actor, input.draft())

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Annuler un rejeu. What is not sent yet will not be; what existed before is as"
        " it was.",
        shows=("replay", WebhookReplay),
        model=Replay,
    )
    async def webhook_replay_cancel(self, info: Info, input: WebhookReplayCancelInput) -> Replay:
        return await replays.cancel(info.context.actor, input.id)
