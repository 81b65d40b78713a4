"""A small portal to compare the two roads on: invoices, their lines, parties and history."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import asyncpg
import strawberry
from strawberry.extensions.field_extension import FieldExtension
from strawberry.schema.config import StrawberryConfig

from domain.access import Actor, ActorKind
from domain.db import numbered, plain
from domain.select import Select, among, at_least, equals, falling, rising
from resolvers.loaders import Loaders
from schema.ids import Node, node_select
from schema.pages import Connection
from schema.reading import (
    CENTS,
    column,
    computed,
    connection,
    json_column,
    one,
    page,
    part,
    seen_one,
    shows,
    shows_one_of,
    to_many,
    to_one,
)
from schema.scalars import SCALARS, Siret


@strawberry.enum(description="Status.")
class Status(StrEnum):
    DEPOSEE = "DEPOSEE"
    SUSPENDUE = "SUSPENDUE"
    PAYEE = "MISE_EN_PAIEMENT"


@strawberry.enum(description="Language.")
class Language(StrEnum):
    FR = "FR"
    EN = "EN"


@dataclass
class Context:
    actor: Any
    load: Any


def events_of(viewer: Actor, *, newest_first: bool = False) -> Select:
    order = falling if newest_first else rising
    return Select("toy_event", key="position").by(order("position"))


def services_of(viewer: Actor, contains: str | None = None) -> Select:
    kept = Select("toy_service").by(rising("code"))
    return kept if contains is None else kept.where(at_least("code", contains))


def visible(viewer: Actor) -> Select:
    everything = Select("toy_invoice")
    if viewer.id == "all":
        return everything
    return everything.either(equals("supplier_id", viewer.id), equals("recipient_id", viewer.id))


@shows("toy_service", description="Service.")
class Service:
    code: str = column(description="Code.")
    name: str | None = column(description="Name.")
    structure: Annotated[Structure, strawberry.lazy("tests.compiler.toy")] = to_one(
        "structure_id", description="Owner."
    )


@shows(description="Address.")
class Address:
    town: str = column(description="Town.")
    postal_code: str | None = column(description="Code.")


def label(row: Any, language: Language = Language.FR) -> str:
    return f"{row.name} ({language.value})"


@shows("toy_structure", prefix="tst", seen=lambda _: Select("toy_structure"), description="Party.")
class Structure(Node):
    siret: Siret | None = column(description="Siret.")
    name: str = column(description="Name.")
    is_public: bool = column(description="Public.")
    population: int | None = column(description="Population.")
    address: Address | None = part(when="town", description="Address.")
    label: str = computed(label, needs=["name"], description="Label.")
    services: Connection[Service] = connection("structure_id", services_of, description="Services.")
    parent: Annotated[Structure, strawberry.lazy("tests.compiler.toy")] | None = to_one(
        "parent_id", description="Parent."
    )


@shows("toy_line", description="Line.")
class Line:
    number: int = column(description="Number.")
    name: str = column(description="Name.")
    quantity: Decimal = column(description="Quantity.")
    amount: Decimal = column("amount_cents", CENTS, description="Amount.")


@shows_one_of(
    "toy_event",
    "kind",
    {"moved": "Moved", "noted": "Noted"},
    key="position",
    description="Event.",
)
class Event:
    kind: str = column(description="Kind.")
    occurred_at: datetime = column(description="When.")


@shows("toy_event", key="position", description="Moved.")
class Moved(Event):
    to: Status = column("change_to", description="To.")


@shows("toy_event", key="position", description="Noted.")
class Noted(Event):
    comment: str | None = column(description="Comment.")


@shows(description="A change kept in the row.")
class RecentChange:
    to: Status = column(description="To.")
    at: datetime = column(description="When.")
    note: str | None = column(description="Note.")


@strawberry.type(description="Something that can be done.")
class Action:
    code: str = strawberry.field(description="Code.")
    reason: str | None = strawberry.field(description="Why not.")
    target: Status | None = strawberry.field(description="Target.")
    fee: Decimal = strawberry.field(description="Fee.")

    @strawberry.field(description="Label.")
    def label(self, language: Language = Language.FR) -> str:
        return f"{self.code}/{language.value}"


def actions(row: Any, viewer: Actor) -> list[Action]:
    mine = row.supplier_id == viewer.id
    return [
        Action(
            code=f"{row.status}-{n}",
            reason=None if mine else "not yours",
            target=Status.PAYEE if n else None,
            fee=Decimal("1.50"),
        )
        for n in range(2 if row.status == "DEPOSEE" else 1)
    ]


@shows("toy_invoice", prefix="tin", seen=visible, description="Invoice.")
class Invoice(Node):
    number: str = column(description="Number.")
    status: Status = column(description="Status.")
    total_net: Decimal = column("total_net_cents", CENTS, description="Total.")
    rate: Decimal | None = column(description="Rate.")
    deposited_at: datetime = column(description="When.")
    due_on: date | None = column(description="Due.")
    is_late: bool = column(description="Late.")
    supplier: Structure = to_one("supplier_id", description="Supplier.")
    recipient: Structure | None = to_one("recipient_id", description="Recipient.")
    previous: Annotated[Invoice, strawberry.lazy("tests.compiler.toy")] | None = seen_one(
        "previous_id", description="The one before, if one may see it."
    )
    lines: list[Line] = to_many("invoice_id", order=("number",), description="Lines.")
    first_lines: list[Line] = to_many(
        "invoice_id", order=("number",), limit=2, description="First lines."
    )
    history: Connection[Event] = connection("subject_id", events_of, description="History.")
    recent: list[RecentChange] = json_column("recent_changes", description="Recent.")
    tags: list[str] = json_column(description="Tags.")
    available_actions: list[Action] = computed(
        actions, needs=["status", "supplier_id"], description="Actions."
    )


@strawberry.input(description="Filter.")
class InvoiceFilter:
    statuses: list[Status] | None = None
    deposited_from: datetime | None = None
    number: str | None = None


@strawberry.enum(description="Order.")
class InvoiceOrder(StrEnum):
    NEWEST = "NEWEST"
    NUMBER = "NUMBER"


def invoices(
    viewer: Actor,
    filter: InvoiceFilter | None = None,
    order: InvoiceOrder = InvoiceOrder.NEWEST,
) -> Select:
    by = {InvoiceOrder.NEWEST: (falling("deposited_at"),), InvoiceOrder.NUMBER: (rising("number"),)}
    select = visible(viewer).by(*by[order])
    if filter is None:
        return select
    if filter.statuses:
        select = select.each_of("status", filter.statuses)
    return select.where(
        at_least("deposited_at", filter.deposited_from) if filter.deposited_from else None,
        equals("number", filter.number) if filter.number else None,
    )


def invoice(viewer: Actor, id: strawberry.ID) -> Select:
    return visible(viewer).where(equals("id", id))


def structures(viewer: Actor, ids: list[strawberry.ID] | None = None) -> Select:
    select = Select("toy_structure")
    return select if ids is None else select.where(among("id", ids))


class Door(FieldExtension):
    """Lets everyone in but the stranger."""

    def admits(self, context: Context) -> bool:
        return bool(context.actor.id != "stranger")

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        if not self.admits(info.context):
            raise PermissionError("not for you")
        return await next_(source, info, **kwargs)


@strawberry.type(description="What a resolver of its own answers.")
class Greeting:
    text: str = strawberry.field(description="Text.")
    events: list[Event] = strawberry.field(description="Rows, shown as usual.")

    @strawberry.field(description="Who asks.")
    def viewer(self, info: strawberry.Info[Context, None]) -> str:
        return str(info.context.actor.id)

    @strawberry.field(description="What must be waited for.")
    async def later(self) -> str:
        return "later"


@strawberry.type
class Query:
    invoices: Connection[Invoice] = page(invoices, description="Invoices.", extensions=[Door()])
    invoice: Invoice | None = one(invoice, description="An invoice.")
    structures: Connection[Structure] = page(structures, description="Structures.")
    node: Node | None = one(node_select, description="Anything.")

    @strawberry.field(description="A root with its own resolver.")
    async def greeting(
        self, info: strawberry.Info[Context, None], name: str = "you"
    ) -> Greeting | None:
        found = await info.context.load.rows(Select("toy_event", key="position"), 2)
        return Greeting(text=f"hello {name}", events=found) if name else None

    @strawberry.field(description="A root that fails.")
    def failing(self) -> str:
        raise RuntimeError("it fails")


schema = strawberry.Schema(
    Query,
    types=[Moved, Noted],
    config=StrawberryConfig(scalar_map=dict(SCALARS)),
)


def context(viewer: str = "all") -> Context:
    return Context(Actor(viewer, ActorKind.PERSON, viewer), Loaders())


TABLES = """
CREATE TABLE toy_structure (id {id} PRIMARY KEY, siret TEXT, name TEXT NOT NULL,
  is_public {bool} NOT NULL, population INTEGER, town TEXT, postal_code TEXT, parent_id {id});
CREATE TABLE toy_service (id {id} PRIMARY KEY, structure_id {id} NOT NULL, code TEXT NOT NULL,
  name TEXT);
CREATE INDEX toy_service_structure ON toy_service (structure_id, code, id);
CREATE TABLE toy_invoice (id {id} PRIMARY KEY, number TEXT NOT NULL, status TEXT NOT NULL,
  total_net_cents BIGINT NOT NULL, rate TEXT, deposited_at {instant} NOT NULL, due_on DATE,
  is_late {bool} NOT NULL, supplier_id {id} NOT NULL, recipient_id {id},
  previous_id {id}, recent_changes {json} NOT NULL, tags {json} NOT NULL);
CREATE INDEX toy_invoice_deposited ON toy_invoice (deposited_at DESC, id DESC);
CREATE INDEX toy_invoice_supplier ON toy_invoice (supplier_id, deposited_at DESC, id DESC);
CREATE INDEX toy_invoice_recipient ON toy_invoice (recipient_id, deposited_at DESC, id DESC);
CREATE TABLE toy_line (id {id} PRIMARY KEY, invoice_id {id} NOT NULL, number INTEGER NOT NULL,
  name TEXT NOT NULL, quantity TEXT NOT NULL, amount_cents BIGINT NOT NULL);
CREATE INDEX toy_line_invoice ON toy_line (invoice_id, number);
CREATE TABLE toy_event (position BIGINT PRIMARY KEY, subject_id {id} NOT NULL, kind TEXT NOT NULL,
  occurred_at {instant} NOT NULL, change_to TEXT, comment TEXT);
CREATE INDEX toy_event_subject ON toy_event (subject_id, position);
CREATE TABLE log_head (id INTEGER PRIMARY KEY, position BIGINT NOT NULL, epoch INTEGER NOT NULL)
"""
TYPES = {
    "sqlite": {"id": "TEXT", "bool": "INT", "instant": "TIMESTAMP", "json": "JSON"},
    "postgres": {
        "id": 'TEXT COLLATE "C"',
        "bool": "BOOLEAN",
        "instant": "TIMESTAMPTZ",
        "json": "JSONB",
    },
}
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def an_id(prefix: str, n: int) -> str:
    return f"{prefix}_{n:026d}"


def rows(invoices: int, structures: int = 12, seed: int = 7) -> dict[str, list[tuple[Any, ...]]]:
    """The same data every time, with the edges that a shaper could get wrong."""
    pick = random.Random(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    out: dict[str, list[tuple[Any, ...]]] = {
        f"toy_{name}": [] for name in ("structure", "service", "invoice", "line", "event")
    }
    out["log_head"] = [(1, 41, 1)]
    for n in range(structures):
        out["toy_structure"].append(
            (
                an_id("tst", n),
                f"{n:014d}" if n % 3 else None,
                f"Mairie d'Évry n° {n} \u202e\"\\ 🏛",
                n % 2 == 0,
                n * 1000 if n % 4 else None,
                f"Ville {n}" if n % 3 else None,
                f"{n:05d}" if n % 2 else None,
                an_id("tst", n - 1) if n % 4 == 1 else None,
            )
        )
        for s in range(n % 5):
            out["toy_service"].append(
                (an_id("svc", n * 100 + s), an_id("tst", n), f"S{s}", f"Service {s}" if s else None)
            )
    position = 0
    for n in range(invoices):
        at = start + timedelta(seconds=pick.randrange(10**7), microseconds=pick.choice([0, 123456]))
        status = pick.choice(["DEPOSEE", "SUSPENDUE", "MISE_EN_PAIEMENT"])
        changes = [
            f'{{"to":"{status}","at":"2026-02-0{1 + i}T10:00:00.5+00:00"'
            + (',"note":"é"}' if i % 2 else "}")
            for i in range(n % 4)
        ]
        out["toy_invoice"].append(
            (
                an_id("tin", n),
                f"F-{n:05d}",
                status,
                pick.choice([0, 5, -5, -123456, 99, 100, 10**14, pick.randrange(10**6)]),
                pick.choice([None, "0.200", "20", "1234567.00000001", "-0.5"]),
                at,
                date(2026, 1, 1) + timedelta(days=n % 300) if n % 5 else None,
                n % 7 == 0,
                an_id("tst", pick.randrange(structures)),
                an_id("tst", pick.randrange(structures)) if n % 6 else None,
                an_id("tin", n - 1) if n % 5 else None,
                f"[{','.join(changes)}]",
                '["a","b"]' if n % 2 else "[]",
            )
        )
        for line in range(n % 5):
            out["toy_line"].append(
                (
                    an_id("lin", n * 10 + line),
                    an_id("tin", n),
                    line + 1,
                    f"Ligne {line}",
                    pick.choice(["1", "2.5", "0.00000001"]),
                    pick.randrange(-1000, 10**6),
                )
            )
        for step in range(n % 6):
            position += 1
            moved = step % 2 == 0
            out["toy_event"].append(
                (
                    position,
                    an_id("tin", n),
                    "moved" if moved else "noted",
                    at + timedelta(minutes=step),
                    status if moved else None,
                    None if moved else f"note {step}",
                )
            )
    return out


class Portal:
    """The tables and their rows in a database of their own."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def fill(self, invoices: int) -> None:
        for statement in TABLES.split(";"):
            if statement.strip():
                await self.write(statement)
        for table, found in rows(invoices).items():
            marks = ", ".join(f"${n}" for n in range(1, len(found[0]) + 1))
            await self.write(f"INSERT INTO {table} VALUES ({marks})", found)

    async def write(self, sql: str, values: list[tuple[Any, ...]] | None = None) -> None:
        """Run one statement, once for each row of values."""
        if self.url.startswith("sqlite"):
            self._write_sqlite(sql, values)
            return
        connection = await asyncpg.connect(self.url.replace("postgres://", "postgresql://", 1))
        if values is None:
            await connection.execute(_typed(sql, "postgres"))
        else:
            await connection.executemany(sql, values)
        await connection.close()

    def _write_sqlite(self, sql: str, values: list[tuple[Any, ...]] | None) -> None:
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
            if values is None:
                connection.execute(_typed(sql, "sqlite"))
            else:
                plainly = [[plain(value) for value in row] for row in values]
                connection.executemany(numbered(sql), plainly)
            connection.commit()


def _typed(sql: str, name: str) -> str:
    return sql.format(**TYPES[name]) if sql.lstrip().startswith("CREATE") else sql
