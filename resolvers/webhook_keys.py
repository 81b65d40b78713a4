"""The public keys that verify webhooks."""

from __future__ import annotations

import strawberry

from resolvers.fields import query
from schema.webhook_auth import WebhookKey
from webhooks import queries, site_keys


@strawberry.type
class WebhookKeyQuery:
    @query(
        *queries.READ,
        description="Clés des webhooks. The public keys that verify `v1a` signatures at this"
        " moment, the newest first; up to a few, while one replaces another.",
    )
    async def webhook_keys(self) -> list[WebhookKey]:
        return [WebhookKey(key=key) for key in await site_keys.public_keys()]
