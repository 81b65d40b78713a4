"""Query, Mutation and Subscription put together: the table of contents of the API."""

from __future__ import annotations

import asyncio
from typing import Annotated, cast

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.accounts import AccountMutation, AccountQuery
from resolvers.connections import ConnectionMutation, ConnectionQuery
from resolvers.consents import ConsentMutation
from resolvers.contracts import ContractMutation, ContractQuery
from resolvers.dume import DumeMutation, DumeQuery
from resolvers.events import EventQuery, EventSubscription
from resolvers.factors import FactorMutation
from resolvers.fields import query, query_one
from resolvers.inbox import InboxMutation, InboxQuery
from resolvers.invoices import InvoiceMutation, InvoiceQuery
from resolvers.log_checkpoints import LogCheckpointQuery
from resolvers.members import MemberMutation, MemberQuery
from resolvers.memos import MemoMutation, MemoQuery
from resolvers.personal_data import PersonalDataMutation
from resolvers.reference import ReferenceQuery
from resolvers.refunds import RefundMutation, RefundQuery
from resolvers.sandbox import SandboxMutation, SandboxQuery
from resolvers.signatures import SignatureMutation, SignatureQuery
from resolvers.structures import StructureMutation, StructureQuery
from resolvers.webhook_health import WebhookHealthMutation, WebhookHealthQuery
from resolvers.webhook_keys import WebhookKeyQuery
from resolvers.webhook_payloads import WebhookPayloadMutation
from resolvers.webhook_replays import WebhookReplayMutation, WebhookReplayQuery
from resolvers.webhooks import WebhookMutation, WebhookQuery
from resolvers.works import WorksMutation, WorksQuery
from schema.context import Info
from schema.events import EVENT_TYPES
from schema.ids import MAX_NODES, Node, node_select, shown_for
from schema.pages import BadPage
from schema.rows import Row
from schema.scalars import SCALARS


@strawberry.type(description="Lectures. Everything that can be read.")
class Query(
    AccountQuery,
    StructureQuery,
    SignatureQuery,
    MemberQuery,
    InvoiceQuery,
    WorksQuery,
    MemoQuery,
    RefundQuery,
    EventQuery,
    LogCheckpointQuery,
    InboxQuery,
    WebhookQuery,
    WebhookKeyQuery,
    WebhookHealthQuery,
    WebhookReplayQuery,
    ConnectionQuery,
    ContractQuery,
    ReferenceQuery,
    SandboxQuery,
    DumeQuery,
):
    node: Node | None = query_one(
        node_select,
        description="Objet. Anything by its identifier; null when there is none that you may see.",
    )

    @query(
        description="Objets. Up to 100 of them by their identifiers, in the order asked; null in"
        " the place of what you may not see."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Identifiants. At most 100."),
        ],
    ) -> list[Node | None]:
        if len(ids) > MAX_NODES:
            raise BadPage(f"`ids` holds at most {MAX_NODES} identifiers; here are {len(ids)}.")
        found = await asyncio.gather(*(_node(info, identifier) for identifier in ids))
        return cast("list[Node | None]", found)


async def _node(info: Info, identifier: str) -> Row | None:
    shown = shown_for(identifier)
    if shown is None or shown.table is None:
        return None
    return await info.context.load.seen(shown.table, info.context.actor, identifier)


@strawberry.type(description="Écritures. Everything that can be done.")
class Mutation(
    AccountMutation,
    StructureMutation,
    MemberMutation,
    SignatureMutation,
    PersonalDataMutation,
    InvoiceMutation,
    WorksMutation,
    MemoMutation,
    RefundMutation,
    InboxMutation,
    WebhookMutation,
    WebhookPayloadMutation,
    WebhookHealthMutation,
    WebhookReplayMutation,
    ConsentMutation,
    FactorMutation,
    ConnectionMutation,
    SandboxMutation,
    ContractMutation,
    DumeMutation,
):
    pass


@strawberry.type(description="Flux. What is told as it happens.")
class Subscription(EventSubscription):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=EVENT_TYPES,
    config=StrawberryConfig(scalar_map=dict(SCALARS)),
)
