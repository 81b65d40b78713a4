"""Pulling in groups as the API shows and takes it: consumers, leases, and the events handed out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain import cursors, events
from domain.clock import real_now
from domain.db import instant_of
from domain.events import visible
from domain.inbox import queries, words
from domain.inbox.models import Consumer, OnBlocked, Settling, Start
from domain.inbox.queries import Standing
from domain.inbox.rules import ConsumerDraft, Place
from domain.inbox.taking import Order
from domain.select import Select
from schema.context import Info
from schema.enums import shown_enum
from schema.event_filters import EventFilterInput, EventKind, WebhookFilter
from schema.events import Event, events_at, shown_event
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.pages import Connection
from schema.reading import Row, column, computed, connection, shows, to_one
from schema.scalars import EventCursor
from schema.structures import Structure
from webhooks import policy as webhooks
from webhooks.envelope import body_of

shown_enum(
    OnBlocked,
    "Blocage. What becomes of an event that comes back again and again.",
    words.ON_BLOCKED,
    name="EventConsumerOnBlocked",
)
shown_enum(Start, "Départ. From where a group reads.", words.STARTS, name="EventConsumerStart")
shown_enum(
    Settling,
    "Suite à donner. What becomes of an event that was set aside.",
    words.SETTLINGS,
    name="EventConsumerSettling",
)

# What a take is priced at, whatever it hands out: members ask again and again.
_PRICED_ITEMS = 20


def _filter(row: Any) -> EventConsumerFilter | None:
    stored = json.loads(row.wanted) if isinstance(row.wanted, str) else row.wanted
    return EventConsumerFilter(stored=stored) if stored else None


def _cursor(row: Any) -> EventCursor:
    return EventCursor(cursors.event(row.position))


def _is_out(row: Any) -> bool:
    return instant_of(row.lease_until) > real_now()


@strawberry.type(description="Filtre d'un groupe de relève. Every criterion given must hold.")
class EventConsumerFilter(WebhookFilter):
    @strawberry.field(description="Natures. Only these kinds.")
    def kinds(self) -> list[EventKind]:
        return [EventKind(text) for text in self.stored.get("kinds", ())]


@shows(
    "event_inbox_item",
    prefix="evi",
    seen=queries.items,
    description="Évènement relevé. An event that a group has read and not done.",
)
class EventInboxItem(Node):
    cursor: EventCursor = computed(
        _cursor,
        needs=("position",),
        description="Curseur. The place just after the event: it names it when you acknowledge.",
    )
    subject_id: strawberry.ID = column(description="Objet. What the event is about.")
    delivery_count: int = column(
        "deliveries",
        description="Remises. How often it was handed out, this time included: above 1, it may"
        " have been processed before.",
    )
    first_taken_at: datetime | None = column(
        description="Première remise. When it was first handed out."
    )
    set_aside_at: datetime | None = column(
        description="Mis à l'écart le. When it was given up; null unless it was."
    )

    @strawberry.field(
        description="Évènement. The event itself; null when you may not read it.",
        graphql_type=Event | None,
        metadata={"cost": 0},
    )
    async def event(root: Any, info: Info) -> Any:  # noqa: N805 - a row stands for it
        event = await info.context.load.batch("events_at", events_at, root.position)
        if event is None or not visible(event, info.context.actor):
            return None
        return shown_event(events.row_of(event))

    @strawberry.field(
        description="Corps de webhook. The very JSON text that a webhook of the structure carries"
        " for this event in the full payload: one parser serves push and pull. Null when you may"
        " not read it."
    )
    async def webhook_body(root: Any, info: Info) -> str | None:  # noqa: N805 - a row stands for it
        event = await info.context.load.batch("events_at", events_at, root.position)
        if event is None or not visible(event, info.context.actor):
            return None
        return body_of(event, root.structure_id, webhooks.current().environment).decode()


async def _items_of(leases: list[str]) -> list[list[Row]]:
    found = await queries.items_of(leases)
    return [[Row("event_inbox_item", row) for row in found[lease]] for lease in leases]


@shows(
    "event_lease",
    prefix="evl",
    seen=queries.leases,
    description="Bail. What one member of a group was handed at once, and until when nobody else"
    " is handed it.",
)
class EventLease(Node):
    member: str | None = column(description="Membre. The member's own word for itself.")
    taken_by: strawberry.ID = column(description="Pris par. The account or technical account.")
    taken_at: datetime = column(description="Pris le.")
    until: datetime = column(
        "lease_until",
        description="Jusqu'à. From then on what is left may be handed to another member.",
    )
    is_out: bool = computed(
        _is_out, needs=("lease_until",), description="En cours. Whether that time is still to come."
    )

    @strawberry.field(
        description="Évènements. What is left of it, in the order of the log; at most 100.",
        metadata={"bound": _PRICED_ITEMS},
    )
    async def items(root: Any, info: Info) -> list[EventInboxItem]:  # noqa: N805 - a row stands for it
        found: list[EventInboxItem] = await info.context.load.batch(
            "inbox_leases", _items_of, root.id
        )
        return found


@strawberry.type(description="Avancement. How far a group has come, and what is left to do.")
class EventConsumerStanding:
    found: strawberry.Private[Standing]

    @strawberry.field(
        description="Curseur. Everything up to here is done, or was set aside: a group started from"
        " this cursor misses nothing."
    )
    def cursor(self) -> EventCursor:
        return EventCursor(cursors.event(self.found.position))

    @strawberry.field(description="En cours. How many events are out under a lease.")
    def out_count(self) -> int:
        return self.found.out

    @strawberry.field(
        description="En attente. How many were read and wait: behind an earlier event of their"
        " object, or to be handed out again."
    )
    def waiting_count(self) -> int:
        return self.found.waiting

    @strawberry.field(
        description="À lire. How many follow in the log, counted up to 1,000; see"
        " `unreadCountIsExact`."
    )
    def unread_count(self) -> int:
        return self.found.unread

    @strawberry.field(description="Compte exact. False when more follow than were counted.")
    def unread_count_is_exact(self) -> bool:
        return self.found.is_exact

    @strawberry.field(description="À l'écart. How many were set aside and wait for a decision.")
    def set_aside_count(self) -> int:
        return self.found.set_aside

    @strawberry.field(
        description="Plus ancien. When the oldest event that is not done was recorded; null when"
        " all is done."
    )
    def oldest_at(self) -> datetime | None:
        return self.found.oldest_at

    @strawberry.field(description="Retard. The age of that event, in seconds; 0 when all is done.")
    def lag_seconds(self) -> int:
        oldest = self.found.oldest_at
        return 0 if oldest is None else max(0, int((real_now() - oldest).total_seconds()))


@shows(
    "event_consumer",
    prefix="evc",
    seen=queries.consumers,
    description="Groupe de relève. Members that share the work of pulling the events of a structure"
    " and acknowledge what they have done. Events of one object are handed out in order.",
)
class EventConsumer(Node):
    structure: Structure = to_one("structure_id", description="Structure. Whose events it pulls.")
    name: str = column(description="Nom. Unique among the groups of the structure.")
    filter: EventConsumerFilter | None = computed(
        _filter, needs=("wanted",), description="Filtre. Null when there is none."
    )
    on_blocked: OnBlocked = column(
        description="Blocage. What becomes of an event that comes back again and again."
    )
    max_deliveries: int = column(
        description="Remises au plus. With SKIP_AFTER, an event is set aside after so many."
    )
    lease_seconds: int = column(
        description="Durée d'un bail. In seconds, when a take asks for no other."
    )
    last_taken_at: datetime | None = column(description="Dernière relève.")
    created_at: datetime = column(description="Créé le.")
    updated_at: datetime = column(description="Modifié le.")
    leases: Connection[EventLease] = connection(
        "consumer_id", queries.leases, description="Baux. What is out, and to whom."
    )
    set_aside: Connection[EventInboxItem] = connection(
        "consumer_id",
        queries.set_aside,
        description="À l'écart. What was given up after `maxDeliveries`, in the order of the log.",
    )

    @strawberry.field(
        description="Avancement. How far it has come, and what is left to do.",
        metadata={"cost": 20},
    )
    async def standing(root: Any) -> EventConsumerStanding:  # noqa: N805 - a row stands for it
        consumer = await Consumer.get(id=root.id)
        return EventConsumerStanding(found=await queries.standing(consumer))


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


def _unchanged(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


_WHICH = "Groupe. Which one."
_NAME = "Nom. Unique among the groups of the structure; up to 100 characters."
_FILTER = "Filtre. Only what fits it."
_ON_BLOCKED = "Blocage. What becomes of an event that comes back again and again."
_MAX_DELIVERIES = "Remises au plus. From 1 to 100; counts with SKIP_AFTER."
_LEASE_SECONDS = "Durée d'un bail. In seconds, from 5 to 43,200 (12 hours)."
_START = "Départ. From where it reads."
_CURSOR = "Curseur. With CURSOR: of the last event that was processed, from any surface."
_AT = "Instant. With INSTANT."
_LEASE = "Bail. The identifier that the take answered."
_CURSORS = "Curseurs. Of these events of the lease only, at most 100; all of it when not given."


@strawberry.input(description="Nouveau groupe de relève.")
class EventConsumerCreateInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Whose events it pulls.")
    name: str = strawberry.field(description=_NAME)
    filter: EventFilterInput | None = _optional(_FILTER)
    start: Start = strawberry.field(default=Start.NOW, description=_START)
    cursor: EventCursor | None = _optional(_CURSOR)
    at: datetime | None = _optional(_AT)
    on_blocked: OnBlocked = strawberry.field(default=OnBlocked.SKIP_AFTER, description=_ON_BLOCKED)
    max_deliveries: int = strawberry.field(default=5, description=_MAX_DELIVERIES)
    lease_seconds: int = strawberry.field(default=60, description=_LEASE_SECONDS)
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> ConsumerDraft:
        """The same for the domain."""
        filter = self.filter or EventFilterInput()
        return ConsumerDraft(
            self.name, filter.asked(), self.on_blocked, self.max_deliveries, self.lease_seconds
        )

    def place(self) -> Place:
        """From where, for the domain."""
        return Place(self.start, self.cursor, self.at)


@strawberry.input(description="Modification. Only the fields given change.")
class EventConsumerUpdateInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    name: str | None = _unchanged(_NAME)
    filter: EventFilterInput | None = _unchanged("Filtre. Replaces the present one.")
    on_blocked: OnBlocked | None = _unchanged(_ON_BLOCKED)
    max_deliveries: int | None = _unchanged(_MAX_DELIVERIES)
    lease_seconds: int | None = _unchanged(_LEASE_SECONDS)
    idempotency_key: str | None = _optional(KEY)

    def changes(self) -> dict[str, Any]:
        """What is asked to change, for the domain."""
        names = ("name", "on_blocked", "max_deliveries", "lease_seconds")
        given = {k: v for k, v in vars(self).items() if v is not strawberry.UNSET}
        found = {name: given[name] for name in names if given.get(name) is not None}
        if "filter" in given:
            found["filter"] = (given["filter"] or EventFilterInput()).asked()
        return found


@strawberry.input(description="Déplacement.")
class EventConsumerSeekInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    start: Start = strawberry.field(description=_START)
    cursor: EventCursor | None = _optional(_CURSOR)
    at: datetime | None = _optional(_AT)
    idempotency_key: str | None = _optional(KEY)

    def place(self) -> Place:
        """From where, for the domain."""
        return Place(self.start, self.cursor, self.at)


@strawberry.input(description="Suppression.")
class EventConsumerDeleteInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Décision sur ce qui est à l'écart.")
class EventConsumerSettleInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    settling: Settling = strawberry.field(description="Suite à donner. To each of them.")
    cursors: list[EventCursor] | None = _optional(
        "Curseurs. Of these events only, at most 100; all that is set aside when not given."
    )
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Relève.")
class EventInboxTakeInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    first: int = strawberry.field(
        default=10, description="Nombre. How many events at most, from 1 to 100."
    )
    wait_seconds: int = strawberry.field(
        default=0,
        description="Attente. How long to wait when there is nothing to hand out, from 0 to 20"
        " seconds.",
    )
    lease_seconds: int | None = _optional(
        "Durée du bail. In seconds, from 5 to 43,200; that of the group when not given."
    )
    member: str | None = _optional(
        "Membre. Your own word for this process, shown with its lease; up to 100 characters."
    )
    idempotency_key: str | None = _optional(KEY + " Nothing handed out leaves the key free.")

    def order(self) -> Order:
        """The same for the domain."""
        return Order(
            self.first, self.wait_seconds, self.lease_seconds, self.member, self.idempotency_key
        )


@strawberry.input(description="Acquittement.")
class EventInboxAckInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    lease_id: strawberry.ID = strawberry.field(description=_LEASE)
    cursors: list[EventCursor] | None = _optional(_CURSORS)


@strawberry.input(description="Restitution.")
class EventInboxReturnInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    lease_id: strawberry.ID = strawberry.field(description=_LEASE)
    cursors: list[EventCursor] | None = _optional(
        _CURSORS + " What follows of the same objects is given back too."
    )
    has_failed: bool = strawberry.field(
        default=False,
        description="Échec. True when you tried: it counts as a delivery. False when you give back"
        " what you did not touch.",
    )
    pause_seconds: int = strawberry.field(
        default=0, description="Pause. Seconds before they may go again, from 0 to 43,200."
    )


@strawberry.input(description="Prolongation.")
class EventInboxExtendInput:
    consumer_id: strawberry.ID = strawberry.field(description=_WHICH)
    lease_id: strawberry.ID = strawberry.field(description=_LEASE)
    lease_seconds: int = strawberry.field(
        description="Durée. How long from now, in seconds; from 5 to 43,200."
    )


def consumers(
    viewer: Any,
    structure: Annotated[
        strawberry.ID | None, strawberry.argument(description="Structure. Only its groups.")
    ] = None,
) -> Select:
    """The root list of groups."""
    return queries.consumers(viewer, structure)
