"""Two receivers to be probed: one as it should be, one as they too often are."""

from __future__ import annotations

import json

from standardwebhooks import Webhook, WebhookVerificationError

from tests.webhooks.receiver import Message, Receiver, Reply

KNOWN = frozenset({"webhook.ping", "invoice.submitted", "invoice.status_changed"})


def a_good_receiver(secret: str) -> Receiver:
    """Verifies, deduplicates, and accepts what it does not know."""
    seen: set[str] = set()

    def reply(message: Message) -> Reply:
        try:
            Webhook(secret).verify(message.body, dict(message.headers))
        except WebhookVerificationError:
            return Reply(401)
        seen.add(message.id)
        return Reply(204, body=b"")

    return Receiver(reply)


def a_naive_receiver() -> Receiver:
    """Believes everybody, chokes on what is large, and on kinds that it does not know."""

    def reply(message: Message) -> Reply:
        if len(message.body) > 64 * 1024:
            return Reply(413)
        return Reply(200 if json.loads(message.body)["type"] in KNOWN else 500)

    return Receiver(reply)
