"""Pull in groups: take under a lease, acknowledge what is done, give back what is not."""

from __future__ import annotations

from time import monotonic
from typing import Annotated, Any

import strawberry

from domain.access import Actor, Permission
from domain.inbox import actions, queries, taking
from domain.inbox.models import Consumer
from domain.inbox.rules import WAIT_SECONDS
from domain.inbox.taking import Order, Taken
from domain.select import Select, equals
from resolvers.events import hub
from resolvers.fields import Done, mutation, query_one, query_page
from resolvers.http.patience import allow
from resolvers.live import PULSE_SECONDS
from schema import inbox as shown
from schema.context import Info
from schema.inbox import EventConsumer, EventLease
from schema.pages import Connection
from schema.scalars import EventCursor

CONSUMER: Any = {
    "consumer": (EventConsumer, "Groupe. The group; null when the operation was refused.")
}


def _consumer(
    viewer: Actor,
    id: Annotated[strawberry.ID, strawberry.argument(description="Identifiant. Which one.")],
) -> Select:
    return queries.consumers(viewer).where(equals("id", id))


@strawberry.type
class InboxQuery:
    event_consumers: Connection[EventConsumer] = query_page(
        shown.consumers,
        *queries.READ,
        description="Groupes de relève. Those of your structures, the newest first.",
    )
    event_consumer: EventConsumer | None = query_one(
        _consumer,
        *queries.READ,
        description="Groupe de relève. One of them, its standing and what it has out; null when"
        " there is none that you may see.",
    )


@strawberry.type
class InboxMutation:
    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Créer un groupe de relève. It is handed what you may read today of the"
        " structure's events; whoever takes from it must hold the same rights.",
        shows=("consumer", EventConsumer),
        model=Consumer,
    )
    async def event_consumer_create(
        self, info: Info, input: shown.EventConsumerCreateInput
    ) -> Consumer:
        return await actions.create(
            info.context.actor, input.structure_id, input.draft(), input.place()
        )

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Modifier un groupe de relève. A filter holds for what is read from now on.",
        shows=("consumer", EventConsumer),
        model=Consumer,
    )
    async def event_consumer_update(
        self, info: Info, input: shown.EventConsumerUpdateInput
    ) -> Consumer:
        return await actions.update(info.context.actor, input.consumer_id, input.changes())

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Déplacer un groupe de relève. To any place of the log, back or forth; what is"
        " out is let go, and leases end.",
        shows=("consumer", EventConsumer),
        model=Consumer,
    )
    async def event_consumer_seek(
        self, info: Info, input: shown.EventConsumerSeekInput
    ) -> Consumer:
        return await actions.seek(info.context.actor, input.consumer_id, input.place())

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Supprimer un groupe de relève. With all that it has out or set aside.",
        shows=("consumer", EventConsumer),
        model=Consumer,
    )
    async def event_consumer_delete(
        self, info: Info, input: shown.EventConsumerDeleteInput
    ) -> Consumer:
        return await actions.delete(info.context.actor, input.consumer_id)

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Décider de ce qui est à l'écart. Hand it out again, or be done with it.",
        shows=("consumer", EventConsumer),
        model=Consumer,
    )
    async def event_consumer_settle(
        self, info: Info, input: shown.EventConsumerSettleInput
    ) -> Consumer:
        return await actions.settle(
            info.context.actor, input.consumer_id, input.settling, input.cursors
        )

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Relever des évènements. The next ones in order, yours until the end of the"
        " lease; null when there is nothing. Acknowledge what you have done: the rest is handed out"
        " again. Events of one object never go to two members at once.",
        shows=("lease", EventLease),
        words="Bail. What you were handed; null when there is nothing, or you were refused.",
        writes=False,
        more=CONSUMER,
    )
    async def event_inbox_take(self, info: Info, input: shown.EventInboxTakeInput) -> Done:
        allow(min(max(input.wait_seconds, 0), WAIT_SECONDS[1]))
        taken = await _taken(info.context.actor, input.consumer_id, input.order())
        return Done(taken.lease, more={"consumer": taken.consumer}, is_replayed=taken.is_replayed)

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Acquitter. These events are done, in any order; again changes nothing.",
        shows=("consumer", EventConsumer),
        words="Groupe. Null when the operation was refused.",
        more={
            "acknowledged": (int, "Acquittés. How many were done by this request."),
            "lost": (
                list[EventCursor],
                "Perdus. At most 100: those named that were handed to another member meanwhile, or"
                " wait to be: they are not done. Without `cursors` none is named: compare"
                " `acknowledged` with what you were handed.",
            ),
        },
    )
    async def event_inbox_ack(self, info: Info, input: shown.EventInboxAckInput) -> Done:
        done = await taking.acknowledge(
            info.context.actor, input.consumer_id, input.lease_id, input.cursors
        )
        return Done(done.consumer, more={"acknowledged": done.count, "lost": list(done.lost)})

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Rendre. Let others have events before the end of the lease.",
        shows=("consumer", EventConsumer),
    )
    async def event_inbox_return(self, info: Info, input: shown.EventInboxReturnInput) -> Consumer:
        return await taking.give_back(
            info.context.actor,
            input.consumer_id,
            input.lease_id,
            input.cursors,
            has_failed=input.has_failed,
            pause_seconds=input.pause_seconds,
        )

    @mutation(
        Permission.MANAGE_WEBHOOKS,
        description="Prolonger. Keep what is left of a lease for longer.",
        shows=("lease", EventLease),
    )
    async def event_inbox_extend(self, info: Info, input: shown.EventInboxExtendInput) -> Any:
        return await taking.extend(
            info.context.actor, input.consumer_id, input.lease_id, input.lease_seconds
        )


async def _taken(actor: Actor, consumer_id: str, order: Order) -> Taken:
    """What there is to take, as soon as there is something or the wait is over."""
    taken = await _looked_through(actor, consumer_id, order)
    if taken.lease is not None or not order.wait_seconds:
        return taken
    end = monotonic() + order.wait_seconds
    with hub.registered(taking.reader(taken.consumer)) as follower:
        while taken.lease is None and monotonic() < end and not hub.stopping:
            # What other members free is told by no event: hence the pulse.
            follower.is_concerned = False
            if await taking.may_have(consumer_id):
                taken = await _looked_through(actor, consumer_id, order)
            if taken.lease is None:
                await follower.wait(min(PULSE_SECONDS, end - monotonic()))
    return taken


async def _looked_through(actor: Actor, consumer_id: str, order: Order) -> Taken:
    """What there is to take in all of the log: a filter may leave most of it out."""
    taken = await taking.take(actor, consumer_id, order)
    while taken.lease is None and taken.has_more:
        taken = await taking.take(actor, consumer_id, order)
    return taken
