"""Loading a directory of public structures from a CSV file, as often as one likes.

Each batch of lines is one transaction that compares the lines with what is there and writes the
difference. So an import that was killed is started again and goes on where it stopped, and a
file imported twice changes nothing the second time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from domain import db, events
from domain.access import SYSTEM, Actor, Permission
from domain.clock import now
from domain.files import Refuse, batches, refusals
from domain.identifiers import IdentifierType
from domain.ids import new_id
from domain.select import Statement
from domain.structures import actions, names, search
from domain.structures.directory_file import COLUMNS, Keep, Line, Refused, Row, Table, opened
from domain.structures.models import Nature, Service, ServiceStatus, Structure, StructureStatus
from domain.structures.rules import PUBLIC_INVOICES_SERVICE, STANDARD_PAYMENT_DAYS

BATCH = 1_000
# Two imports at a time would both find a structure missing, and both create it.
_LOCK_KEY = 0x616E6E75  # "annu"

SERVICE_NAMES: Mapping[str, str] = {
    PUBLIC_INVOICES_SERVICE: "Factures publiques",
    "COMPTABILITE": "Comptabilité",
    "TECHNIQUE": "Services techniques",
    "SCOLAIRE": "Affaires scolaires",
}
REPORT_HEADERS = (
    "ligne",
    "identifiant",
    "champ",
    "regle",
    "probleme",
    "remede",
    "problem",
    "remedy",
)
_DERIVED_FROM = ("name", "category", "town", "postal_code", "department", "population")
_COMPARED = tuple(
    dict.fromkeys(
        [
            *(c.attribute for c in COLUMNS),
            *("siren", "nature", "search_terms", "search_core", "search_town", "prominence"),
        ]
    )
)

Progress = Callable[[int, int], None]


@dataclass
class ImportReport:
    """What an import did, in numbers of lines."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    services_opened: int = 0
    seconds: float = 0.0
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """The lines that were read."""
        return self.created + self.updated + self.unchanged + self.refused

    @property
    def changed_something(self) -> bool:
        """Whether the database is not as it was."""
        return bool(self.created or self.updated or self.services_opened)


@dataclass
class _Import:
    """The subject of the event that tells of an import."""

    kind: ClassVar[str] = "import"
    id: str
    event_count: int = 0


def _no_progress(_done: int, _total: int) -> None:
    pass


def _every_row(_row: Row) -> bool:
    return True


async def import_structures(
    path: Path,
    *,
    actor: Actor = SYSTEM,
    progress: Progress = _no_progress,
    report_path: Path | None = None,
    check_luhn: bool = True,
    keep: Keep = _every_row,
) -> ImportReport:
    """Bring the public directory to what the file says; structures it does not name stay.

    `progress(done, total)` counts lines of the file. `report_path` gets one line per refused line
    and reason. `keep` chooses among the rows of the file.

    Raises:
        UnreadableFile: the file is not a directory.
    """
    started = time.monotonic()
    report = ImportReport()
    with opened(path) as (file, total), refusals(report_path, REPORT_HEADERS) as refuse:
        table = Table(file, check_luhn=check_luhn)
        known_words = await search.known_words()
        ahead = batches(table.lines(keep), BATCH)
        batch = await asyncio.to_thread(next, ahead, None)
        while batch is not None:
            # The next lines are read and checked while the database writes these.
            following = asyncio.create_task(asyncio.to_thread(next, ahead, None))
            try:
                _refuse(batch, report, refuse)
                lines = [line for line in batch if isinstance(line, Line)]
                await _write(lines, report, actor, known_words)
                progress(batch[-1].number, total)
            finally:
                batch = await following
    if report.changed_something:
        await _tell(report, path, actor)
    if report.created >= BATCH:
        await search.refresh_statistics()
    progress(total, total)
    report.seconds = time.monotonic() - started
    return report


def _refuse(batch: Sequence[Line | Refused], report: ImportReport, write: Refuse) -> None:
    for line in batch:
        if isinstance(line, Refused):
            write(line.number, line.refusals[0].identifier, [r.problem for r in line.refusals])
            report.refused += 1
            report.refusals.update({r.problem.rule for r in line.refusals})


async def _write(
    lines: Sequence[Line], report: ImportReport, actor: Actor, known_words: set[str]
) -> None:
    """Write the difference between the lines and the database."""
    async with events.transaction():
        if db.dialect() == "postgres":
            await db.fetch("SELECT pg_advisory_xact_lock($1)", _LOCK_KEY)
        given = len(lines)
        existing = await _existing([line.identifier for line in lines])
        # A file that is late names a structure by the SIRET it gave up: nothing new in that.
        former = await _given_up([x.identifier for x in lines if x.identifier not in existing])
        lines = [line for line in lines if line.identifier not in former]
        created = await _create([x for x in lines if x.identifier not in existing], known_words)
        changed = 0
        for line in lines:
            row = existing.get(line.identifier)
            if row is not None and (changes := _changes(row, line)):
                await _update(str(row["id"]), changes, actor)
                await search.learn([str(line.values["name"])], known_words)
                changed += 1
        ids = created | {identifier: str(row["id"]) for identifier, row in existing.items()}
        opened_services = await _open_services(lines, ids, frozenset(created.values()), actor)
    # Counted once the transaction is there to stay.
    report.created += len(created)
    report.updated += changed
    report.unchanged += given - len(created) - changed
    report.services_opened += opened_services


async def _existing(sirets: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    to = Statement(db.dialect())
    rows = await db.fetch(
        f"SELECT id, {', '.join(_COMPARED)} FROM structure"
        f" WHERE identifier_type = 'SIRET' AND {to.among('identifier', sirets)}",
        *to.params,
    )
    return {row["identifier"]: row for row in rows}


async def _given_up(sirets: Sequence[str]) -> frozenset[str]:
    """Those of the SIRETs that structures had before a change."""
    if not sirets:
        return frozenset()
    to = Statement(db.dialect())
    rows = await db.fetch(
        "SELECT old_siret FROM siret_change"
        f" WHERE status = 'CONFIRME' AND {to.among('old_siret', sirets)}",
        *to.params,
    )
    return frozenset(row[0] for row in rows)


async def _create(lines: Sequence[Line], known_words: set[str]) -> dict[str, str]:
    """Create the structures of the lines; their ids by identifier."""
    if not lines:
        return {}
    at = now()
    rows = []
    for line in lines:
        row = {
            "id": new_id("str"),
            "identifier_type": IdentifierType.SIRET.value,
            "nature": Nature.PUBLIC.value,
            "status": StructureStatus.ACTIVE.value,
            "payment_days": STANDARD_PAYMENT_DAYS,
            **{k: v for k, v in line.values.items() if v is not None},
            "created_at": at,
            "updated_at": at,
        }
        searched: Any = {k: row.get(k) for k in _DERIVED_FROM}
        rows.append(row | names.search_columns(**searched))
    columns = sorted(set().union(*rows))
    await search.add_many(columns, [[row.get(c) for c in columns] for row in rows])
    await search.learn([row["name"] for row in rows], known_words)
    return {row["identifier"]: row["id"] for row in rows}


def _changes(row: Mapping[str, Any], line: Line) -> dict[str, Any]:
    """What the line changes of the structure in the row."""
    after = {k: row[k] for k in _COMPARED}
    after |= {k: v for k, v in line.values.items() if v is not None or k != "payment_days"}
    after["nature"] = Nature.PUBLIC.value
    after |= names.search_columns(**{k: after[k] for k in _DERIVED_FROM})
    return {k: v for k, v in after.items() if v != row[k]}


async def _update(structure_id: str, changes: Mapping[str, Any], actor: Actor) -> None:
    structure = await Structure.filter(id=structure_id).select_for_update().get()
    await actions.change(structure, changes, actor)


async def _open_services(
    lines: Iterable[Line], ids: Mapping[str, str], new: frozenset[str], actor: Actor
) -> int:
    """Open the services that the lines name and that are not there; none is ever closed here."""
    wanted = [(ids[line.identifier], code) for line in lines for code in line.services]
    known = await _services_of({structure_id for structure_id, _ in wanted} - new)
    missing = [pair for pair in wanted if pair not in known]
    at = now()
    rows = [
        {
            "id": new_id("svc"),
            "structure_id": structure_id,
            "code": code,
            "name": SERVICE_NAMES.get(code, code),
            "status": ServiceStatus.ACTIVE.value,
            "is_system": code == PUBLIC_INVOICES_SERVICE,
            "created_at": at,
            "updated_at": at,
        }
        for structure_id, code in missing
    ]
    if rows:
        columns = list(rows[0])
        await search.insert_rows("service", columns, [list(row.values()) for row in rows])
    for row in rows:
        if row["structure_id"] not in new:
            await _tell_opened(str(row["id"]), actor)
    return len(rows)


async def _tell_opened(service_id: str, actor: Actor) -> None:
    service = await Service.get(id=service_id)
    structure = await Structure.filter(id=service.structure_id).select_for_update().get()
    actions.tell_service("service.opened", structure, service, actor)
    await structure.save()


async def _services_of(structure_ids: Iterable[str]) -> set[tuple[str, str]]:
    to = Statement(db.dialect())
    among = to.among("structure_id", sorted(structure_ids))
    rows = await db.fetch(f"SELECT structure_id, code FROM service WHERE {among}", *to.params)
    return {(row["structure_id"], row["code"]) for row in rows}


async def _tell(report: ImportReport, path: Path, actor: Actor) -> None:
    """One event for the administrators, not one per structure created."""
    async with events.transaction():
        events.record(
            "structures.imported",
            _Import(new_id("imp")),
            actor,
            audience=[(events.PLATFORM, Permission.ADMINISTER)],
            data={
                "file": path.name,
                "lines": report.lines,
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "refused": report.refused,
                "servicesOpened": report.services_opened,
            },
        )
