"""Replays, as the API shows and takes them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain import cursors
from domain.feed import EVERYTHING
from schema.context import Info
from schema.enums import shown_enum
from schema.event_filters import EventFilterInput
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.reading import column, computed, shows, to_one
from schema.scalars import EventCursor
from webhooks import queries, replaying, replays, words
from webhooks.models import ReplayState

if TYPE_CHECKING:
    from schema.webhooks import WebhookEndpoint

LazyWebhookEndpoint = Annotated["WebhookEndpoint", strawberry.lazy("schema.webhooks")]

shown_enum(ReplayState, "État d'un rejeu.", words.REPLAY_STATES, name="WebhookReplayState")


def _from(row: Any) -> EventCursor:
    return EventCursor(cursors.event(row.from_position))


def _to(row: Any) -> EventCursor:
    return EventCursor(cursors.event(row.to_position))


def _is_counted(row: Any) -> bool:
    return bool(row.counted_position >= row.to_position)


@strawberry.type(description="Avancement d'un rejeu.")
class WebhookReplayProgress:
    queued: int = strawberry.field(description="Mis en file. Messages that were queued so far.")
    sent: int = strawberry.field(
        description="Envoyés. Those of them for which a request was made; of a cancelled replay,"
        " those that ended."
    )
    delivered: int = strawberry.field(description="Reçus. Those that the receiver accepted.")
    failed: int = strawberry.field(description="Abandonnés. Those that were given up.")


async def _progress(root: Any, info: Info) -> WebhookReplayProgress:
    """Asked once for all replays of the operation."""
    if root.closed_at is not None:
        ended = root.delivered + root.failed
        return WebhookReplayProgress(
            queued=root.queued, sent=ended, delivered=root.delivered, failed=root.failed
        )
    found = await info.context.load.batch("webhook_replay", _of_open, (root.id, root.queued))
    return WebhookReplayProgress(
        queued=root.queued, sent=found.sent, delivered=found.delivered, failed=found.failed
    )


async def _of_open(keys: list[tuple[str, int]]) -> list[replaying.Progress]:
    return await replaying.progress_of([key[0] for key in keys], [key[1] for key in keys])


@shows(
    "webhook_replay",
    prefix="whr",
    seen=queries.replays,
    description="Rejeu. Events of the past that are sent to an endpoint again. The events of one"
    " object go together, in order, and before what waits of it at that moment; `webhook-replay`"
    " tells them. A message that was sent before has the same `webhook-id` and the same body.",
)
class WebhookReplay(Node):
    endpoint: LazyWebhookEndpoint = to_one(
        "endpoint_id", description="Point de réception. Where it goes."
    )
    state: ReplayState = column(description="État. Where the replay stands.")
    frm: EventCursor = computed(
        _from, needs=("from_position",), description="Depuis. What follows this cursor is sent."
    )
    to: EventCursor = computed(
        _to, needs=("to_position",), description="Jusqu'à. The cursor of the last event of it."
    )
    max_per_second: int | None = column(
        "max_rate", description="Débit. The most messages a second; null when not bounded."
    )
    total: int = column(
        description="Total. Messages to send; see `isCounted`. Exactly those sent, once it is over."
    )
    is_counted: bool = computed(
        _is_counted,
        needs=("counted_position", "to_position"),
        description="Compté. False while the range is still being counted.",
    )
    created_at: datetime = column(description="Demandé le.")
    finished_at: datetime | None = column(description="Terminé le. Or cancelled; null until then.")
    progress: WebhookReplayProgress = strawberry.field(
        resolver=_progress, description="Avancement. How far it has come."
    )


_field: Any = WebhookReplay.__strawberry_definition__  # type: ignore[attr-defined]  # just set
next(f for f in _field.fields if f.python_name == "frm").graphql_name = "from"


@strawberry.type(description="Aperçu d'un rejeu. What it would send if it were started now.")
class WebhookReplayPreview:
    count: int = strawberry.field(description="Messages. How many would be sent.")
    bytes: int = strawberry.field(
        description="Octets. The size of their bodies; of those that a document has yet to make,"
        " judged by the first 20."
    )
    duplicates: int = strawberry.field(
        description="Doublons. Those of them that the receiver accepted already: it must know them"
        " by `webhook-id`."
    )
    already_waiting: int = strawberry.field(
        description="Déjà en attente. Events of the range that are about to be sent anyway; they"
        " are not counted and not sent twice."
    )
    estimated_seconds: int | None = strawberry.field(
        description="Durée estimée. At the rate given or at that of the endpoint, else as fast as"
        " it answered in the last 24 hours; null when nothing is known of it."
    )
    is_exact: bool = strawberry.field(
        description="Exact. False when the range is so long that only its beginning was read: the"
        " figures are then lower bounds."
    )


@strawberry.input(description="Borne. Either a cursor or an instant.")
class EventBoundInput:
    cursor: EventCursor | None = strawberry.field(
        default=None, description="Curseur. Just after this event."
    )
    at: datetime | None = strawberry.field(
        default=None, description="Instant. Just before the first event recorded at it or later."
    )

    def bound(self) -> replays.Bound:
        """The same for the domain."""
        return replays.Bound(self.cursor, self.at)


@strawberry.input(description="Rejeu. What to send again.")
class WebhookReplayInput:
    endpoint_id: strawberry.ID = strawberry.field(
        description="Point de réception. Where to; it must not be paused."
    )
    frm: EventBoundInput = strawberry.field(
        name="from",
        description="Depuis. May be before the endpoint was set up: its rights decide what it is"
        " told.",
    )
    to: EventBoundInput | None = strawberry.field(
        default=None, description="Jusqu'à. By default the last event dispatched."
    )
    filter: EventFilterInput | None = strawberry.field(
        default=None, description="Filtre. Of what the endpoint asks for, only what fits it."
    )
    max_per_second: int | None = strawberry.field(
        default=None, description="Débit. The most messages a second, from 1 to 1,000."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)

    def draft(self) -> replays.ReplayDraft:
        """The same for the domain."""
        return replays.ReplayDraft(
            endpoint_id=self.endpoint_id,
            start=self.frm.bound(),
            end=self.to.bound() if self.to else None,
            filter=self.filter.asked() if self.filter else EVERYTHING,
            max_rate=self.max_per_second,
        )


@strawberry.input(description="Annulation d'un rejeu.")
class WebhookReplayCancelInput:
    id: strawberry.ID = strawberry.field(description="Rejeu. Which one.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
