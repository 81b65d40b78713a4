"""The naive peer: Strawberry and Tortoise put together as in their tutorials.

Relations are prefetched, so it is not the worst there is; nothing else is tuned. It answers the
questions of the bench in its own words and in our shape.
"""

# Strawberry reads the annotations of this module: they are not postponed.

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Annotated, Any

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from strawberry.asgi import GraphQL
from tortoise import Tortoise

from domain.db import engine
from tests.bench.peers import naive_models as models

_subscribers: set["asyncio.Queue[dict[str, Any]]"] = set()


def instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat("T", "milliseconds")[:23] + "Z"


def amount(cents: int | None) -> str | None:
    return None if cents is None else f"{cents // 100}.{cents % 100:02d}"


@strawberry.type
class Structure:
    id: strawberry.ID
    name: str
    identifier: str
    postal_code: str | None
    town: str | None


@strawberry.type
class Totals:
    net: str | None
    vat: str | None
    gross: str | None
    global_discount: str | None
    gross_after_discount: str | None
    amount_to_pay: str | None


@strawberry.type
class Line:
    number: int
    reference: str | None
    name: str
    quantity: str
    unit: str | None
    unit_price: str
    discount: str
    vat_rate: str

    @strawberry.field
    def net(self) -> str | None:
        return amount(self.net_cents)  # type: ignore[attr-defined]  # a row of the ORM


@strawberry.type
class Vat:
    rate: str

    @strawberry.field
    def base(self) -> str | None:
        return amount(self.base_cents)  # type: ignore[attr-defined]  # a row of the ORM

    @strawberry.field
    def amount(self) -> str | None:
        return amount(self.amount_cents)  # type: ignore[attr-defined]  # a row of the ORM


@strawberry.type
class Clock:
    days: int
    started_at: str | None
    stopped_at: str | None
    ended_at: str | None
    due_on: date | None


@strawberry.type
class Change:
    at: str | None
    frm: str | None = strawberry.field(name="from")
    to: str
    reason: str | None
    party: str | None = None
    comment: str | None = None


@strawberry.type
class Event:
    id: strawberry.ID
    subject_sequence: int

    @strawberry.field
    def kind(self) -> str:
        return str(self.kind).replace(".", "_").upper()

    @strawberry.field
    def occurred_at(self) -> str | None:
        return instant(self.occurred_at)  # type: ignore[arg-type]  # a row of the ORM

    @strawberry.field
    def change(self) -> Change | None:
        return _change(self)


def _change(event: Any) -> Change | None:
    if event.change_to is None:
        return None
    return Change(
        at=instant(event.occurred_at),
        frm=event.change_from,
        to=event.change_to,
        reason=event.reason,
        party=event.party,
        comment=event.comment,
    )


@strawberry.type
class History:
    nodes: list[Event]


@strawberry.type
class Invoice:
    id: strawberry.ID
    number: str | None
    type: str
    frame: str
    deposit_mode: str
    issued_on: date | None
    currency: str
    external_reference: str | None
    status: str
    reason: str | None
    status_comment: str | None
    commitment_number: str | None
    contract_number: str | None
    vat_type: str | None
    payment_mode: str | None
    original_invoice_number: str | None
    comment: str | None
    payment_order_number: str | None
    receipt_number: str | None
    receipt_sha256: str | None
    refused_by_validator: bool
    supplier: Structure
    recipient: Structure | None

    @strawberry.field
    def version(self) -> int:
        return int(self.event_count)  # type: ignore[attr-defined]  # a row of the ORM

    @strawberry.field
    def status_at(self) -> str | None:
        return instant(self.status_at)  # type: ignore[arg-type]  # a row of the ORM

    @strawberry.field
    def created_at(self) -> str | None:
        return instant(self.created_at)  # type: ignore[arg-type]  # a row of the ORM

    @strawberry.field
    def deposited_at(self) -> str | None:
        return instant(self.deposited_at)  # type: ignore[arg-type]  # a row of the ORM

    @strawberry.field
    def available_at(self) -> str | None:
        return instant(self.available_at)  # type: ignore[arg-type]  # a row of the ORM

    @strawberry.field
    def totals(self) -> Totals:
        row: Any = self
        return Totals(
            net=amount(row.total_net_cents),
            vat=amount(row.total_vat_cents),
            gross=amount(row.total_gross_cents),
            global_discount=amount(row.global_discount_cents),
            gross_after_discount=amount(row.total_gross_after_discount_cents),
            amount_to_pay=amount(row.amount_to_pay_cents),
        )

    @strawberry.field
    def lines(self) -> list[Line]:
        return list(self.invoice_lines)  # type: ignore[attr-defined]  # a row of the ORM

    @strawberry.field
    def vat_breakdown(self) -> list[Vat]:
        return list(self.vat_rows)  # type: ignore[attr-defined]  # a row of the ORM

    @strawberry.field
    def payment_clock(self) -> Clock:
        row: Any = self
        return Clock(
            days=row.payment_days,
            started_at=instant(row.clock_started_at),
            stopped_at=instant(row.clock_stopped_at),
            ended_at=instant(row.clock_ended_at),
            due_on=row.due_on,
        )

    @strawberry.field
    def recent_changes(self) -> list[Change]:
        row: Any = self
        changes = [_change(event) for event in row.events]
        return [change for change in changes if change is not None][-3:]

    @strawberry.field
    def history(self, first: int) -> History:
        row: Any = self
        return History(nodes=list(row.events)[:first])


@strawberry.type
class Page:
    nodes: list[Invoice]


@strawberry.type
class Query:
    @strawberry.field
    async def invoices(self, supplier: strawberry.ID, first: int) -> Page:
        found = (
            await models.Invoice.filter(supplier_id=supplier)
            .order_by("-created_at", "-id")
            .limit(first)
            .prefetch_related("supplier", "recipient", "events")
        )
        return Page(nodes=found)  # type: ignore[arg-type]  # rows of the ORM

    @strawberry.field
    async def invoice(self, id: strawberry.ID) -> Invoice | None:
        found = await models.Invoice.get_or_none(id=id).prefetch_related(
            "supplier", "recipient", "invoice_lines", "vat_rows", "events"
        )
        return found  # type: ignore[return-value]  # a row of the ORM


@strawberry.type
class StreamReady:
    cursor: str


@strawberry.type
class Moved:
    frm: str | None = strawberry.field(name="from")
    to: str
    reason: str | None


@strawberry.type
class Told:
    id: strawberry.ID
    kind: str
    occurred_at: str
    subject_id: strawberry.ID
    subject_sequence: int
    change: Moved | None


@strawberry.type
class EventFrame:
    cursor: str
    event: Told


Frame = Annotated[StreamReady | EventFrame, strawberry.union("Frame")]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def event_stream(self) -> AsyncGenerator[Frame, None]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        _subscribers.add(queue)
        try:
            yield StreamReady(cursor="start")
            while True:
                event = dict(await queue.get())
                change = event.pop("change")
                told = Told(**event, change=change and Moved(**change))
                yield EventFrame(cursor="next", event=told)
        finally:
            _subscribers.discard(queue)


async def publish(request: Request) -> Response:
    """Tell every subscriber; the answer says when that began."""
    event = await request.json()
    at = time.time()
    for queue in _subscribers:
        queue.put_nowait(event)
    return JSONResponse({"at": at})


async def ready(_request: Request) -> Response:
    return PlainTextResponse("ready")


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    _, connection = engine(os.environ["DATABASE_URL"])
    await Tortoise.init(
        config={
            "connections": {"default": connection},
            "apps": {"models": {"models": ["tests.bench.peers.naive_models"]}},
            "use_tz": True,
            "timezone": "UTC",
        },
        _enable_global_fallback=True,
    )
    try:
        yield
    finally:
        await Tortoise.close_connections()


def build() -> Starlette:
    """The application."""
    schema = strawberry.Schema(Query, subscription=Subscription)
    return Starlette(
        routes=[
            Route("/readyz", ready),
            Route("/publish", publish, methods=["POST"]),
            Mount("/graphql", GraphQL[None, None](schema)),
        ],
        lifespan=_lifespan,
    )


if __name__ == "__main__":
    uvicorn.run(
        build(),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
