"""Pull and streams: two ways to read the one event log with the same cursor."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import strawberry

from domain import cursors, events
from domain.access import READ_INVOICES, Actor, Permission
from domain.events import Event
from domain.feed import EVERYTHING, visible_after, visible_events, visible_last
from domain.resuming import CursorRefused, position_of
from domain.select import Select, equals
from resolvers.fields import check, query, query_one, subscription
from resolvers.live import Hub
from schema.context import Info
from schema.event_filters import EventFilterInput
from schema.events import Event as ShownEvent
from schema.events import (
    EventFrame,
    EventPage,
    EventPageEdge,
    EventStreamFrame,
    StreamCursorExpired,
    StreamHeartbeat,
    StreamReady,
    shown_event,
)
from schema.pages import BadPage, max_size
from schema.payloads import UserError
from schema.scalars import EventCursor

READ_EVENTS = (
    *READ_INVOICES,
    Permission.READ_MEMOS,
    Permission.READ_REFUNDS,
    Permission.READ_STRUCTURE,
    Permission.READ_MEMBERS,
    Permission.READ_WEBHOOKS,
    Permission.OWN_ACCOUNT,
    Permission.ADMINISTER,
)
HEARTBEAT_SECONDS = (1, 300)
# A filter that fits nothing reads a thousand events, whatever the size of the page.
SEARCH_COST = 20
AFTER = ("after",)

hub = Hub()
# How many of the latest events are kept as frames.
_FRAMES = 256

After = Annotated[
    EventCursor | None,
    strawberry.argument(
        description="Après. Begin just after this cursor: from an event, a mutation, a webhook,"
        " `asOfCursor` or the last frame of a stream."
    ),
]
Filter = Annotated[
    EventFilterInput | None, strawberry.argument(description="Filtre. Only these events.")
]


def _event(
    viewer: Actor,
    id: Annotated[strawberry.ID, strawberry.argument(description="Identifiant. Which one.")],
) -> Select:
    return visible_events(viewer).where(equals("id", id))


@strawberry.type
class EventQuery:
    event: ShownEvent | None = query_one(
        _event,
        *READ_EVENTS,
        description="Évènement. One event by its identifier, as webhooks carry it; null when there"
        " is none that you may see.",
    )

    @query(
        *READ_EVENTS,
        description="Évènements. What happened after a cursor, oldest first: the pull reader of"
        " the log. Without a cursor, from the beginning.",
        metadata={"cost": SEARCH_COST},
    )
    async def events(
        self,
        info: Info,
        after: After = None,
        first: Annotated[
            int, strawberry.argument(description="Taille de page. From 1 to 100.")
        ] = 50,
        filter: Filter = None,
        last: Annotated[
            int | None,
            strawberry.argument(
                description="Derniers. Instead of `first`: the last ones of the log, from 1 to 100,"
                " looked for among its last 1,000; not together with `after`."
            ),
        ] = None,
    ) -> EventPage:
        size = first if last is None else last
        if not 1 <= size <= max_size():
            name = "first" if last is None else "last"
            raise BadPage(f"`{name}` must be between 1 and {max_size()}; it is {size}.")
        actor, wanted = info.context.actor, filter.filter() if filter else EVERYTHING
        if last is None:
            position = 0 if after is None else await position_of(after, AFTER)
            batch = await visible_after(actor, position, limit=first, filter=wanted)
            return _page(batch.events, position, batch.position, has_more=batch.has_more)
        if after is not None:
            raise BadPage("Give either `last` or `after`, not both.")
        end = await visible_last(actor, limit=last, filter=wanted)
        return _page(end.events, end.before, end.position, has_more=False)


def _page(found: Sequence[Event], start: int, end: int, *, has_more: bool) -> EventPage:
    nodes = [shown_event(events.row_of(e)) for e in found]
    edges = [
        EventPageEdge(cursor=_cursor(e.position), node=node)  # type: ignore[arg-type]  # a row is shown as an Event
        for e, node in zip(found, nodes, strict=True)
    ]
    return EventPage(
        edges=edges,
        nodes=nodes,  # type: ignore[arg-type]  # rows are shown as Events
        start_cursor=_cursor(start),
        end_cursor=_cursor(end),
        has_more=has_more,
    )


@strawberry.type
class EventSubscription:
    @subscription(
        *READ_EVENTS,
        description="Flux d'évènements. Every event after a cursor that you may see, in order,"
        " then those to come as they are committed. Without a cursor, from now on. Resume with"
        " the last cursor received; over SSE, `Last-Event-ID` does it by itself.",
    )
    async def event_stream(
        self,
        info: Info,
        after: After = None,
        filter: Filter = None,
        heartbeat_seconds: Annotated[
            int,
            strawberry.argument(
                description="Battement. Seconds of silence after which the cursor alone is sent;"
                " from 1 to 300."
            ),
        ] = 15,
    ) -> AsyncIterator[EventStreamFrame]:
        check(info, *READ_EVENTS)
        low, high = HEARTBEAT_SECONDS
        if not low <= heartbeat_seconds <= high:
            raise BadPage(f"`heartbeatSeconds` must be between {low} and {high}.")
        # An event source that reconnects by itself says where it was.
        resumed = info.context.last_event_id or after
        try:
            position = await (events.head() if resumed is None else position_of(resumed, AFTER))
        except CursorRefused as refused:
            if not refused.has_expired:
                raise
            yield StreamCursorExpired(
                oldest=EventCursor(refused.oldest), problem=UserError(problem=refused.problem)
            )
            return
        head = await events.head()
        yield StreamReady(cursor=_cursor(position), backlog=head - position)
        async for told in hub.follow(
            info.context.actor,
            position,
            filter.filter() if filter else EVERYTHING,
            heartbeat=heartbeat_seconds,
            renew=info.context.renew,
        ):
            if told.event is None:
                yield StreamHeartbeat(cursor=_cursor(told.position))
            else:
                yield _frame(told.event)


_frames: OrderedDict[str, EventFrame] = OrderedDict()


def _frame(event: Event) -> EventFrame:
    """The event as streams tell it, put together once for all who follow."""
    found = _frames.get(event.id)
    if found is None:
        row: Any = shown_event(events.row_of(event))
        found = EventFrame(cursor=_cursor(event.position), event=row, share_key=event.id)
        _frames[event.id] = found
        if len(_frames) > _FRAMES:
            _frames.popitem(last=False)
    return found


def _cursor(position: int) -> EventCursor:
    return EventCursor(cursors.event(position))
