"""A small schema with one field for each behaviour that the transports must have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from starlette.requests import HTTPConnection

from auth.bearer import Authenticated, InvalidToken
from auth.requires import requires
from domain.access import Actor, ActorKind, Permission
from domain.cursors import BadCursor
from domain.errors import NotFound, Problem, Unauthenticated

SECRET = "the password of the database"
ALICE = Actor("acc_alice", ActorKind.PERSON, "Alice", {"str_1": frozenset({Permission.ISSUE})})
BOB = Actor("acc_bob", ActorKind.CLIENT, "Bob")

closed_streams: list[str] = []


@dataclass
class Context:
    actor: Actor
    request_id: str
    last_event_id: str | None
    reauthenticate: Any
    loads: list[int] = field(default_factory=list)
    generation: int = 0

    def fresh(self) -> None:
        self.generation += 1


Info = strawberry.Info[Context, None]


def make_context(connection: HTTPConnection, actor: Actor) -> Context:
    state = connection.state
    return Context(actor, state.request_id, state.last_event_id, state.reauthenticate)


class Tokens:
    """Tokens by name, some of which end."""

    def __init__(self) -> None:
        self.known = {"alice": ALICE, "bob": BOB}
        self.ends: dict[str, datetime] = {}

    async def __call__(self, token: str) -> Authenticated:
        name = token.partition(".")[0]
        if name not in self.known:
            raise InvalidToken("The token is malformed or its signature is wrong.")
        ends = self.ends.get(token, datetime.now(UTC) + timedelta(hours=1))
        return Authenticated(self.known[name], ends)


@strawberry.type
class Line:
    label: str = "line"


@strawberry.type
class Money:
    __cost__ = 0

    amount: str = "12.50"


@strawberry.type
class Invoice:
    number: str = "F1"

    @strawberry.field
    def lines(self) -> list[Line]:
        return [Line(), Line()]

    @strawberry.field(metadata={"bound": 3})
    def last_events(self) -> list[Line]:
        return [Line()]

    @strawberry.field
    def total(self) -> Money:
        return Money()

    @strawberry.field
    def supplier(self) -> Invoice:
        return Invoice()

    @strawberry.field
    def credits(self, first: int = 20) -> list[Invoice]:
        return []


@strawberry.type
class InvoiceEdge:
    cursor: str = "c"
    node: Invoice = strawberry.field(default_factory=Invoice)


@strawberry.type
class PageInfo:
    has_next_page: bool = False


@strawberry.type
class InvoicePage:
    edges: list[InvoiceEdge]
    nodes: list[Invoice]
    page_info: PageInfo = strawberry.field(default_factory=PageInfo)


@strawberry.input
class LineInput:
    label: str
    tags: list[str] | None = None


def _problem() -> Problem:
    return Problem("NOT_FOUND", ("id",), "BDR-REQ-001", "Introuvable.", "Not found.", "", "")


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def who(self, info: Info) -> str:
        return info.context.actor.id

    @strawberry.field
    def request_id(self, info: Info) -> str:
        return info.context.request_id

    @strawberry.field
    def me(self) -> Query:
        return Query()

    @strawberry.field
    async def invoices(self, first: int | None = None, last: int | None = None) -> InvoicePage:
        size = first or last or 2
        return InvoicePage(
            edges=[InvoiceEdge() for _ in range(size)], nodes=[Invoice() for _ in range(size)]
        )

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Invoice | None]:
        return [Invoice() for _ in ids]

    @strawberry.field
    def echo(self, line: LineInput) -> str:
        return line.label

    @strawberry.field
    async def broken(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    async def away(self) -> str:
        try:
            raise ConnectionRefusedError(SECRET)
        except ConnectionRefusedError as error:
            raise RuntimeError(SECRET) from error

    @strawberry.field
    def broken_serialisation(self) -> int | None:
        return SECRET  # type: ignore[return-value]  # on purpose

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound(_problem())

    @strawberry.field
    def bad_cursor(self) -> str | None:
        raise BadCursor("the cursor belongs to another list")

    @strawberry.field
    def said(self) -> str | None:
        raise GraphQLError("Give one or the other.", extensions={"code": "BAD_USER_INPUT"})

    @strawberry.field
    def uncoded(self) -> str | None:
        raise GraphQLError(SECRET)

    @strawberry.field
    def private(self) -> str:
        raise Unauthenticated

    @strawberry.field(directives=[requires(Permission.ISSUE)])
    def guarded(self) -> str:
        return "inside"

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "late"

    @strawberry.field
    def odd_text(self) -> str:
        return "\ud800"


@strawberry.type
class Mutation:
    counter = 0

    @strawberry.mutation
    def rename(self, name: str) -> Invoice:
        Mutation.counter += 1
        return Invoice(number=name)


@strawberry.type
class Frame:
    cursor: str
    number: int
    loaders: int


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(
        self,
        info: Info,
        to: Annotated[int, strawberry.argument(description="Last number.")],
        after: str | None = None,
        pause: float = 0,
    ) -> AsyncIterator[Frame]:
        start = int((info.context.last_event_id or after or "c0").removeprefix("c"))
        try:
            for number in range(start + 1, to + 1):
                yield Frame(cursor=f"c{number}", number=number, loaders=info.context.generation)
                await asyncio.sleep(pause)
        finally:
            closed_streams.append(info.context.request_id)

    @strawberry.subscription
    async def failing(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError(SECRET)

    @strawberry.subscription
    async def never_starting(self, info: Info) -> AsyncIterator[int]:
        raise RuntimeError(SECRET)
        yield 1

    @strawberry.subscription(directives=[requires(Permission.ISSUE)])
    async def guarded(self) -> AsyncIterator[int]:
        yield 1

    @strawberry.subscription
    async def silent(self, info: Info) -> AsyncIterator[int]:
        try:
            await asyncio.sleep(60)
            yield 1
        finally:
            closed_streams.append(info.context.request_id)

    @strawberry.subscription
    async def revoked(self, info: Info) -> AsyncIterator[str]:
        while True:
            yield (await info.context.reauthenticate()).id
            await asyncio.sleep(0.01)


schema = strawberry.Schema(Query, Mutation, Subscription)
