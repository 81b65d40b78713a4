"""The rows that are measured: lives that the product's own actions wrote, told again many times.

A few invoices are really deposited and moved. Every other one is a copy of their rows, event by
event, with identifiers, names, numbers and dates of its own: whatever the actions write, the
bench has.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from random import Random
from typing import Any

from pydantic import SecretStr

from auth.provisioning import create_client
from domain.access import Permission, Role
from domain.accounts.actions import attach
from domain.chain import form
from domain.clock import clock
from domain.db import fetch
from domain.demonstration import ALL_SPACES, STORIES
from domain.invoices import actions
from domain.invoices.draft import Draft, DraftLine
from domain.invoices.receipt import receipt_number
from domain.invoices.sums import line_net
from domain.lifecycle import Party
from domain.migrate import migrate
from domain.money import total
from domain.structures.models import Structure
from settings import Settings, opened
from tests.bench import databases
from tests.bench.databases import ROOT, SECRET, Bulk, Database
from tests.make import a_draft, a_public_structure, a_supplier, an_actor, some_parties
from webhooks import dispatch

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Size:
    """How much there is. Every caller is the machine of one supplier."""

    name: str
    invoices: int
    suppliers: int
    recipients: int
    callers: int = 16
    page: int = 50


QUICK = Size("quick", invoices=20_000, suppliers=150, recipients=200)
FULL = Size("full", invoices=200_000, suppliers=1_000, recipients=1_000)
SMOKE = Size("smoke", invoices=160, suppliers=2, recipients=2, callers=2)
SIZES = {size.name: size for size in (QUICK, FULL, SMOKE)}

# The demonstration's lives without a validator, by how often they are lived.
LIVES = {
    "available": 4, "taken": 3, "certified": 3, "ordered": 3, "at accountant": 2, "booked": 2,
    "paid": 12, "paid early": 6, "suspended": 1, "completed": 1, "completed, paid": 3,
    "rejected": 1, "to send again": 1, "sent again": 1,
}  # fmt: skip
LINES = (
    DraftLine(name="Conseil", quantity=Decimal(2), unit="HUR", unit_price=Decimal("100.00"),
              vat_rate=Decimal(20)),
    DraftLine(name="Manuels scolaires", reference="MAN-042", quantity=Decimal(10), unit="C62",
              unit_price=Decimal("5.50"), vat_rate=Decimal("5.5")),
    DraftLine(name="Ramettes de papier A4", quantity=Decimal("12.5"), unit="C62",
              unit_price=Decimal("3.9900"), discount=Decimal("4.90"), vat_rate=Decimal(20)),
    DraftLine(name="Livraison sur site", quantity=Decimal(1), unit_price=Decimal("35.00"),
              vat_rate=Decimal(20)),
    DraftLine(name="Reprise des palettes", quantity=Decimal(4), unit="C62",
              unit_price=Decimal("1.25"), vat_rate=Decimal(20)),
)  # fmt: skip
BEGINNING = datetime(2025, 1, 6, 7, 0, tzinfo=UTC)
SPAN = timedelta(days=280)
BATCH = 500
# Of the few that bill a lot: 4 % of the companies issue 43 % of the invoices.
LARGE, LARGE_SHARE = 0.04, 0.43


@dataclass(frozen=True)
class Caller:
    """The machine of one supplier, and some of the supplier's invoices."""

    supplier_id: str
    client_id: str
    secret: str
    invoices: list[str]


@dataclass(frozen=True)
class World:
    """What the measures need to know of a generated database."""

    size: str
    invoices: int
    events: int
    recipient_siret: str
    callers: list[Caller]


def settings_for(database: Database) -> Settings:
    """The settings under which the bench itself opens a database."""
    return Settings(database_url=database.url, secret_key=SecretStr(SECRET))


async def prepared_apart(database: Database, size: Size) -> World:
    """`prepared` in a process of its own: the ORM keeps the statements of one database."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, _prepared, database, size)


def _prepared(database: Database, size: Size) -> World:
    return asyncio.run(prepared(database, size, _show))


def _show(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{what}: {done:,} of {total:,}")
        sys.stderr.flush()


async def prepared(database: Database, size: Size, progress: Progress) -> World:
    """The world of the database, generated unless the one there is still right."""
    note = databases.FOLDER / f"{database.name}-{database.dialect}.json"
    fingerprint = f"{size.name} {_fingerprint()}"
    if note.exists() and await databases.exists(database):
        kept = json.loads(note.read_text())
        if kept["fingerprint"] == fingerprint:
            callers = [Caller(**caller) for caller in kept["world"].pop("callers")]
            return World(**kept["world"], callers=callers)
    note.unlink(missing_ok=True)
    world = await generate(database, size, progress)
    note.touch(mode=0o600)
    note.write_text(json.dumps({"fingerprint": fingerprint, "world": asdict(world)}))
    return world


_DECIDING = (
    "*/migrations/*.sql",
    "domain/invoices/*.py",
    "domain/documents.py",
    "domain/events.py",
    "domain/chain/form.py",
    "tests/bench/data.py",
)


def _fingerprint() -> str:
    """Changes with whatever decides which rows are written."""
    found = hashlib.sha256()
    for pattern in _DECIDING:
        for path in sorted(ROOT.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()


async def generate(database: Database, size: Size, progress: Progress) -> World:
    """A fresh database of that size; the same on every run but for keys and secrets."""
    chance = Random(size.name)
    await databases.create(database)
    await migrate(database.url)
    async with opened(settings_for(database)):
        clock.freeze(BEGINNING)
        try:
            suppliers, recipients = await _structures(size, progress)
            specimens = await _specimens(progress)
        finally:
            clock.release()
        machines = [await _machine(supplier) for supplier in suppliers[: size.callers]]
        position, previous = (await fetch("SELECT position, hash FROM log_head WHERE id = 1"))[0]
    writer = await databases.bulk(database)
    told = Telling(specimens, suppliers, recipients, chance, position, previous)
    for n, batch in enumerate(told.batches(size.invoices)):
        progress(f"invoices ({database.dialect})", min((n + 1) * BATCH, size.invoices),
                 size.invoices)  # fmt: skip
        await batch.write(writer)
    await writer.run(
        f"UPDATE log_head SET position = {told.position}, sealed = {told.position},"
        f" hash = '{told.previous}' WHERE id = 1"
    )
    # As where the product has been running: nothing of all this waits to be dispatched.
    await writer.run(
        "INSERT INTO webhook_bookmark (name, position)"
        f" VALUES ('{dispatch.BOOKMARK}', {told.position})"
    )
    await writer.close()
    return World(
        size.name,
        size.invoices,
        told.position,
        recipients[0].identifier,
        [Caller(*machine, told.samples[machine[0]]) for machine in machines],
    )


async def _structures(size: Size, progress: Progress) -> tuple[list[Structure], list[Structure]]:
    suppliers, recipients = [], []
    for n in range(size.suppliers):
        progress("suppliers", n + 1, size.suppliers)
        suppliers.append(await a_supplier(name=f"Fournitures du Forez {n:05}"))
    for n in range(size.recipients):
        progress("recipients", n + 1, size.recipients)
        recipients.append(await a_public_structure(name=f"Commune de Saint-Exemple {n:05}"))
    return suppliers, recipients


async def _machine(supplier: Structure) -> tuple[str, str, str]:
    scopes = [p.value for p in Permission if p is not Permission.ADMINISTER]
    made = await create_client("Bench", ["client_credentials"], scopes, structure_id=supplier.id)
    await attach(made.client.id, supplier.id, Role.TECHNICAL, ALL_SPACES)
    return supplier.id, made.client.id, made.secret or ""


# Specimens: what the actions write


@dataclass(frozen=True)
class Rows:
    """Rows of one table, and which of their columns name what differs in a copy."""

    table: str
    columns: tuple[str, ...]
    rows: list[list[Any]]

    def column(self, name: str) -> int:
        return self.columns.index(name)


@dataclass
class Specimen:
    """Everything that the life of one invoice left in the database."""

    weight: int
    begun: datetime
    words: dict[str, str]
    invoice: Rows
    parts: list[Rows]
    events: Rows
    audience: Rows


TIMES = re.compile(r"(\d{4}-\d\d-\d\d)(?:([T ]\d\d:\d\d:\d\d(?:\.\d+)?)(Z|\+00:00))?")


async def _specimens(progress: Progress) -> list[Specimen]:
    parties = await some_parties()
    found = []
    wanted = [(story, lines) for story in LIVES for lines in (1, 3, 5)]
    for n, (story, lines) in enumerate(wanted):
        progress("lives", n + 1, len(wanted))
        supplier = an_actor(parties.supplier)
        recipient = an_actor(parties.recipient)
        clock.freeze(BEGINNING)
        changes = asdict_of_sums(LINES[:lines])
        draft = a_draft(parties, number=f"SPECIMEN-{n:03}", commitment_number="4200001", **changes)
        invoice = (await actions.submit(supplier, draft)).invoice
        for move in STORIES[story]:
            clock.advance(timedelta(days=move.days, minutes=17))
            rows = invoice.lifecycle.rows(move.action, invoice.status)
            by = supplier if rows[0].by is Party.SUPPLIER else recipient
            invoice = await actions.move(by, invoice.id, move.action, move.given)
        found.append(await _specimen(invoice, LIVES[story]))
    return found


def asdict_of_sums(lines: Sequence[DraftLine]) -> dict[str, Any]:
    """The lines of a draft and its totals."""
    draft = Draft(lines=tuple(lines))
    vat = total(row.amount or Decimal(0) for row in actions.vat_rows(draft))
    net = total(line_net(line) for line in lines)
    return {
        "lines": tuple(lines),
        "total_net": net,
        "total_vat": vat,
        "total_gross": net + vat,
        "amount_to_pay": net + vat,
    }


async def _specimen(invoice: Any, weight: int) -> Specimen:
    found = await _rows("invoice", "id = $1", invoice.id)
    events = await _rows("event", "subject_id = $1 ORDER BY position", invoice.id)
    positions = [row[events.column("position")] for row in events.rows]
    return Specimen(
        weight=weight,
        begun=invoice.created_at,
        words={
            "id": invoice.id,
            "number": invoice.number,
            "receipt": invoice.receipt_number,
            "supplier_id": invoice.supplier_id,
            "supplier_name": invoice.supplier_name,
            "supplier_identifier": invoice.supplier_identifier,
            "supplier_siren": invoice.supplier_siren,
            "recipient_id": invoice.recipient_id,
            "recipient_name": invoice.recipient_name,
            "recipient_identifier": invoice.recipient_identifier,
        },
        invoice=found,
        parts=[
            await _rows("invoice_line", "invoice_id = $1 ORDER BY number", invoice.id),
            await _rows("invoice_vat", "invoice_id = $1 ORDER BY position", invoice.id),
        ],
        events=events,
        audience=await _rows(
            "event_audience",
            "position >= $1 AND position <= $2 ORDER BY position",
            positions[0],
            positions[-1],
        ),
    )


async def _rows(table: str, where: str, *params: Any) -> Rows:
    found = await fetch(f"SELECT * FROM {table} WHERE {where}", *params)
    return Rows(table, tuple(found[0].keys()), [list(row) for row in found])


# Copies


@dataclass
class Batch:
    """Rows to be written together, in an order that foreign keys allow."""

    tables: dict[str, tuple[tuple[str, ...], list[Sequence[Any]]]] = field(default_factory=dict)

    def add(self, rows: Rows, row: Sequence[Any]) -> None:
        self.tables.setdefault(rows.table, (rows.columns, []))[1].append(row)

    async def write(self, writer: Bulk) -> None:
        for table, (columns, rows) in self.tables.items():
            await writer.write(table, columns, rows)


class Telling:
    """Tells specimens again, one after the other, each with its events in their time."""

    def __init__(
        self,
        specimens: Sequence[Specimen],
        suppliers: Sequence[Structure],
        recipients: Sequence[Structure],
        chance: Random,
        position: int,
        previous: str,
    ) -> None:
        self.position = position
        self.previous = previous
        self.samples: dict[str, list[str]] = {}
        self._specimens = specimens
        self._lives = [s.weight for s in specimens]
        self._suppliers = suppliers
        self._shares = shares(len(suppliers))
        self._recipients = recipients
        self._chance = chance
        self._identifiers = 0
        # Events whose moment has not come: (when, which, the row, its audience, their columns).
        self._later: list[tuple[datetime, int, list[Any], list[list[Any]], Specimen]] = []

    def batches(self, count: int) -> Iterator[Batch]:
        """All of them, in batches, in the order of their deposit."""
        step = SPAN / count
        for start in range(0, count, BATCH):
            batch = Batch()
            for n in range(start, min(start + BATCH, count)):
                at = BEGINNING + timedelta(days=1) + step * n
                self._tell(n, at.replace(microsecond=at.microsecond // 1000 * 1000), batch)
            if start + BATCH >= count:
                self._release(None, batch)
            yield batch

    def _tell(self, n: int, at: datetime, batch: Batch) -> None:
        specimen = self._chance.choices(self._specimens, self._lives)[0]
        supplier = self._chance.choices(self._suppliers, self._shares)[0]
        recipient = self._chance.choice(self._recipients)
        identifier = self._new_id("inv", at)
        self.samples.setdefault(supplier.id, [])
        if len(self.samples[supplier.id]) < 40:
            self.samples[supplier.id].append(identifier)
        copy = Copy(
            at - specimen.begun,
            {
                specimen.words["id"]: identifier,
                specimen.words["number"]: f"FA-{n:08}",
                specimen.words["receipt"]: receipt_number(identifier, at),
                specimen.words["supplier_id"]: supplier.id,
                specimen.words["supplier_name"]: supplier.name,
                specimen.words["supplier_identifier"]: supplier.identifier,
                specimen.words["supplier_siren"]: supplier.siren or "",
                specimen.words["recipient_id"]: recipient.id,
                specimen.words["recipient_name"]: recipient.name,
                specimen.words["recipient_identifier"]: recipient.identifier,
            },
        )
        events = specimen.events
        for row in events.rows:
            copy.words[row[events.column("id")]] = self._new_id("evt", at)
        batch.add(specimen.invoice, copy.of(specimen.invoice.rows[0]))
        for part in specimen.parts:
            for row in part.rows:
                copied = copy.of(row)
                copied[part.column("id")] = self._new_id(row[part.column("id")][:3], at)
                batch.add(part, copied)
        self._plan(specimen, copy)
        self._release(at, batch)

    def _plan(self, specimen: Specimen, copy: Copy) -> None:
        events, audience = specimen.events, specimen.audience
        place, when = events.column("position"), events.column("recorded_at")
        of = audience.column("position")
        for row in events.rows:
            mine = [copy.of(a) for a in audience.rows if a[of] == row[place]]
            copied = copy.of(row)
            self._identifiers += 1
            heapq.heappush(
                self._later, (_instant(copied[when]), self._identifiers, copied, mine, specimen)
            )

    def _release(self, until: datetime | None, batch: Batch) -> None:
        """Give positions to the events whose moment has come: to all, when there is no end."""
        while self._later and (until is None or self._later[0][0] <= until):
            _, _, row, audience, specimen = heapq.heappop(self._later)
            self.position += 1
            row[specimen.events.column("position")] = self.position
            batch.add(specimen.events, self._sealed(specimen.events.columns, row))
            for opening in audience:
                opening[specimen.audience.column("position")] = self.position
                batch.add(specimen.audience, opening)

    def _sealed(self, columns: Sequence[str], row: Sequence[Any]) -> list[Any]:
        """The row with the hash that makes it follow the one before."""
        said = dict(zip(columns, row, strict=True))
        said["salts"], said["hash"] = form.seal(said, self.previous)
        self.previous = said["hash"]
        return list(said.values())

    def _new_id(self, prefix: str, at: datetime) -> str:
        """An identifier that sorts by time, and is the same on every run."""
        self._identifiers += 1
        value = int(at.timestamp() * 1000) << 80 | self._identifiers
        letters = "0123456789abcdefghjkmnpqrstvwxyz"
        text = "".join(letters[value >> shift & 31] for shift in range(125, -1, -5))
        return f"{prefix}_{text}"


class Copy:
    """One copy of a specimen: what is called otherwise, and how much later it happens."""

    def __init__(self, later: timedelta, words: dict[str, str]) -> None:
        self.words = words
        self._later = later
        self._days = timedelta(days=later.days)
        self._pattern: re.Pattern[str] | None = None

    def of(self, row: Sequence[Any]) -> list[Any]:
        """The row of the copy."""
        return [self._value(value) for value in row]

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value) if len(value) > 8 else value
        if isinstance(value, datetime):
            return value + self._later
        if isinstance(value, date):
            return value + self._days
        return value

    def _text(self, value: str) -> str:
        if self._pattern is None:
            # Longer words first: a SIREN is the beginning of a SIRET.
            named = "|".join(map(re.escape, sorted(self.words, key=len, reverse=True)))
            self._pattern = re.compile(f"{named}|{TIMES.pattern}")
        return self._pattern.sub(self._word, value)

    def _word(self, match: re.Match[str]) -> str:
        found = match[0]
        if found in self.words:
            return self.words[found]
        if match[2] is None:
            return (date.fromisoformat(match[1]) + self._days).isoformat()
        later = datetime.fromisoformat(match[1] + match[2]) + self._later
        if match[3] == "Z":
            return later.isoformat(timespec="milliseconds") + "Z"
        # As SQLite holds an instant.
        return later.isoformat(" ") + match[3]


def shares(count: int) -> list[float]:
    """How much each supplier bills: a few bill nearly half of it."""
    large = max(1, round(count * LARGE))
    return [LARGE_SHARE / large] * large + [(1 - LARGE_SHARE) / max(1, count - large)] * (
        count - large
    )


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
