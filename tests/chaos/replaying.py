"""A replay in the middle of the kills: of events that were all accepted when it began."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from tests.chaos.history import Replayed
from tests.chaos.load import Client
from tests.chaos.observers import PULL
from tests.chaos.receivers import Receiver

RETRY_SECONDS = 0.3
LEAST = 4

_ERRORS = "userErrors { rule path message severity }"
PREVIEW = (
    "mutation($input: WebhookReplayInput!) { webhookReplayPreview(input: $input)"
    f" {{ preview {{ count alreadyWaiting }} {_ERRORS} }} }}"
)
START = (
    "mutation($input: WebhookReplayInput!) { webhookReplayStart(input: $input)"
    f" {{ replay {{ id }} {_ERRORS} }} }}"
)


@dataclass
class Replaying:
    """Who asks for it, and where it goes."""

    client: Client
    receiver: Receiver
    cursor: str
    after: str = ""
    upto: str = ""
    previewed: int = 0
    # What the receiver had accepted when it began.
    before: int = 0

    async def start(self) -> str:
        """Begin as soon as the receiver has accepted something, and nothing of it waits."""
        while True:
            page = await self.client.ask(PULL, {"after": self.cursor})
            accepted = set(self.receiver.accepted)
            edges = [edge for edge in page["edges"] if edge["node"]["id"] in accepted]
            if len(edges) >= LEAST and await self._started(edges[0], edges[-1]):
                return f"a replay of {self.previewed} events began"
            await asyncio.sleep(RETRY_SECONDS)

    async def _started(self, first: dict[str, Any], last: dict[str, Any]) -> bool:
        asked = {
            "endpointId": self.receiver.endpoint,
            "from": {"cursor": first["cursor"]},
            "to": {"cursor": last["cursor"]},
        }
        preview = (await self.client.do(PREVIEW, asked))["preview"]
        if preview["alreadyWaiting"]:
            return False
        self.after, self.upto = first["node"]["id"], last["node"]["id"]
        self.previewed, self.before = preview["count"], len(self.receiver.accepted)
        key = f"{self.client.random.getrandbits(64):016x}"
        await self.client.do(START, {**asked, "idempotencyKey": key})
        return True

    def ended(self, endpoint: str, state: str, total: int, delivered: int) -> Replayed:
        """What came of it, with the figures that the product keeps."""
        return Replayed(
            endpoint,
            self.after,
            self.upto,
            self.previewed,
            state,
            total,
            delivered,
            self.receiver.accepted[self.before :],
        )
