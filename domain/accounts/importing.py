"""Loading the accounts of a previous portal from a CSV file, as often as one likes.

One line is one person in one structure. Each batch of lines is one transaction that adds what is
missing and changes nothing of what is there: an import that was killed is started again and goes
on where it stopped, and a file imported twice invites nobody twice.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TextIO

from domain import db, events, identifiers
from domain.access import SYSTEM, Actor, Level, Permission, Role, Space
from domain.accounts import emails, life
from domain.accounts.actions import attach
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Account, AccountStatus, Attachment, SpaceStatus
from domain.clock import now
from domain.errors import Problem
from domain.files import batches, refusals
from domain.identifiers import IdentifierType
from domain.ids import new_id
from domain.rules_text import problem, text_problems

BATCH = 200
REQUIRED = ("email", "name", "identifier", "role")
# `identifier_type` is SIRET and `spaces` is nothing when their column is absent or empty.
OPTIONAL = ("identifier_type", "spaces")
ROLES = (Role.MAIN_MANAGER, Role.SECONDARY_MANAGER, Role.USER)
REPORT_HEADERS = ("line", "email", "column", "rule", "probleme", "remede", "problem", "remedy")
_NAME_MAX = 200
_CELL_MAX = 10_000

Progress = Callable[[int, int], None]
# Sends an activation link to an account that was created. Runs in the transaction of its line.
Invite = Callable[[Account], Awaitable[None]]


class UnreadableFile(ValueError):
    """The file is not a list of accounts: no such file, or a column is missing."""


@dataclass
class ImportReport:
    """What an import did, in numbers of lines; `created` counts accounts."""

    lines: int = 0
    created: int = 0
    attached: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Line:
    """A line that may be imported, as far as can be said without the database."""

    number: int
    email: str
    name: str
    identifier_type: IdentifierType
    identifier: str
    role: Role
    spaces: tuple[tuple[Space, Level], ...]


@dataclass(frozen=True)
class RefusedLine:
    """A line that cannot be imported, with every reason."""

    number: int
    email: str
    problems: tuple[Problem, ...]


@dataclass
class _Import:
    """The subject of the event that tells of an import."""

    kind: ClassVar[str] = "import"
    id: str
    event_count: int = 0


def _no_progress(_done: int, _total: int) -> None:
    pass


async def import_accounts(
    path: Path,
    *,
    invite: Invite | None,
    actor: Actor = SYSTEM,
    progress: Progress = _no_progress,
    report_path: Path | None = None,
    check_luhn: bool = True,
) -> ImportReport:
    """Create the accounts that are missing, PENDING, and attach them to their structures.

    `invite` writes to each person whose account was created; None writes to nobody.
    `progress(done, total)` counts lines. `report_path` gets a line per refused line and reason.

    Raises:
        UnreadableFile: the file is not a list of accounts.
    """
    report = ImportReport()
    with _opened(path) as (file, total), refusals(report_path, REPORT_HEADERS) as refuse:
        for batch in batches(_lines(file, check_luhn=check_luhn), BATCH):
            for refused in await _write(batch, report, actor, invite):
                refuse(refused.number, refused.email, refused.problems)
            progress(batch[-1].number, total)
    if report.created or report.attached:
        await _tell(report, path, actor)
    progress(total, total)
    return report


async def _write(
    batch: Sequence[Line | RefusedLine], report: ImportReport, actor: Actor, invite: Invite | None
) -> list[RefusedLine]:
    """One batch in one transaction; the lines of it that were refused."""
    done = Counter[str]()
    refused = [line for line in batch if isinstance(line, RefusedLine)]
    async with events.transaction():
        # Two imports at a time would both find an account missing, and both create it.
        await db.hold("accounts import")
        for line in batch:
            if isinstance(line, RefusedLine):
                continue
            outcome = await _take(line, actor, invite)
            if isinstance(outcome, RefusedLine):
                refused.append(outcome)
            else:
                done.update(outcome)
    # Counted once the transaction is there to stay.
    report.lines += len(batch)
    report.created += done["created"]
    report.attached += done["attached"]
    report.unchanged += done["unchanged"]
    report.refused += len(refused)
    report.refusals.update(p.rule for line in refused for p in line.problems)
    return sorted(refused, key=lambda line: line.number)


async def _take(line: Line, actor: Actor, invite: Invite | None) -> Sequence[str] | RefusedLine:
    """What the line adds; nothing that is there is changed."""
    account = await life.by_email(line.email)
    structure = await _structure(line)
    attachment = (
        await Attachment.get_or_none(member_id=account.id, structure_id=structure)
        if account and structure
        else None
    )
    if attachment is not None:
        return ["unchanged"]
    if problems := await _problems(line, account, structure):
        return RefusedLine(line.number, line.email, tuple(problems))
    assert structure is not None
    added = ["attached"]
    if account is None:
        account = await _create(line, actor)
        added.append("created")
        if invite is not None:
            await invite(account)
    await attach(account.id, structure, line.role, line.spaces)
    await _open_spaces(structure, line)
    return added


async def _problems(line: Line, account: Account | None, structure: str | None) -> list[Problem]:
    found = []
    if account is not None and account.status in (AccountStatus.DISABLED, AccountStatus.ERASED):
        found.append(problem("BDR-ACC-034", ("email",), value=line.email))
    if structure is None:
        shown = identifiers.masked(line.identifier_type, line.identifier)
        kind = line.identifier_type.value
        found.append(problem("BDR-ACC-032", ("identifier",), value=shown, kind=kind))
    elif line.role is Role.MAIN_MANAGER and await Attachment.exists(
        structure_id=structure, role=Role.MAIN_MANAGER, status=AttachmentStatus.VALIDEE
    ):
        shown = identifiers.masked(line.identifier_type, line.identifier)
        found.append(problem("BDR-ACC-033", ("role",), value=shown))
    return found


async def _create(line: Line, actor: Actor) -> Account:
    account = Account(
        id=new_id("acc"),
        email=line.email,
        display_name=line.name,
        status=AccountStatus.PENDING,
        created_at=now(),
        updated_at=now(),
    )
    life.tell("account.invited", account, actor)
    await account.save(force_create=True)
    return account


async def _structure(line: Line) -> str | None:
    rows = await db.fetch(
        "SELECT id FROM structure WHERE identifier_type = $1 AND identifier = $2",
        line.identifier_type.value,
        line.identifier,
    )
    return str(rows[0][0]) if rows else None


async def _open_spaces(structure_id: str, line: Line) -> None:
    """A space opens nothing to a member while it is not opened on the structure."""
    at = now()
    for space, _ in line.spaces:
        await db.execute(
            "INSERT INTO structure_space (id, structure_id, space, status, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING",
            new_id("spc"),
            structure_id,
            space.value,
            SpaceStatus.ACTIVE.value,
            at,
        )


# The file


@contextmanager
def _opened(path: Path) -> Iterator[tuple[TextIO, int]]:
    try:
        with path.open("rb") as raw:
            total = sum(1 for _ in raw)
        # Bytes that are not UTF-8 become surrogates, which the rules on texts refuse.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield text, total
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error


def _lines(file: TextIO, *, check_luhn: bool) -> Iterator[Line | RefusedLine]:
    head = file.readline(_CELL_MAX)
    delimiter = ";" if head.count(";") > head.count(",") else ","
    cells = next(csv.reader([head], delimiter=delimiter), [])
    headers = [cell.strip().lower().replace(" ", "_") for cell in cells]
    if missing := [name for name in REQUIRED if name not in headers]:
        raise UnreadableFile(f"the file lacks these columns: {', '.join(missing)}")
    reader = csv.reader(file, delimiter=delimiter)
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        number = reader.line_num + 1
        if len(row) != len(headers):
            wrong = problem("BDR-STR-013", ("line",), count=len(row), expected=len(headers))
            yield RefusedLine(number, row[0], (wrong,))
        else:
            yield _line(number, dict(zip(headers, row, strict=True)), check_luhn=check_luhn)


def _line(number: int, row: Mapping[str, str], *, check_luhn: bool) -> Line | RefusedLine:
    cells = {name: row.get(name, "").strip() for name in (*REQUIRED, *OPTIONAL)}
    kind, role = cells["identifier_type"].upper() or IdentifierType.SIRET, cells["role"].upper()
    found = emails.problems_of(cells["email"], ("email",))
    if not cells["name"]:
        found.append(problem("BDR-ACC-005", ("name",)))
    found += text_problems(cells["name"], ("name",), _NAME_MAX)
    if kind not in IdentifierType.__members__:
        found.append(problem("BDR-ACC-035", ("identifier_type",), value=kind))
    else:
        found += identifiers.problems_of(
            kind, cells["identifier"], ("identifier",), check_luhn=check_luhn
        )
    if role not in [r.value for r in ROLES]:
        found.append(problem("BDR-ACC-030", ("role",), value=cells["role"]))
    spaces, wrong = _spaces(cells["spaces"])
    found += [problem("BDR-ACC-031", ("spaces",), value=word) for word in wrong]
    if found:
        return RefusedLine(number, cells["email"], tuple(found))
    return Line(
        number,
        emails.normal(cells["email"]),
        cells["name"],
        IdentifierType(kind),
        identifiers.normal(kind, cells["identifier"]),
        Role(role),
        spaces,
    )


def _spaces(text: str) -> tuple[tuple[tuple[Space, Level], ...], list[str]]:
    """The spaces that a cell names, and the words of it that name none."""
    found: dict[Space, Level] = {}
    wrong = []
    for word in text.upper().replace("|", " ").split():
        space, _, level = word.partition(":")
        level = level or Level.MODIFICATION
        if space in Space.__members__ and level in Level.__members__:
            found[Space(space)] = Level(level)
        else:
            wrong.append(word)
    return tuple(found.items()), wrong


async def _tell(report: ImportReport, path: Path, actor: Actor) -> None:
    async with events.transaction():
        events.record(
            "accounts.imported",
            _Import(new_id("imp")),
            actor,
            audience=[(events.PLATFORM, Permission.ADMINISTER)],
            data={
                "file": path.name,
                "lines": report.lines,
                "created": report.created,
                "attached": report.attached,
                "unchanged": report.unchanged,
                "refused": report.refused,
            },
        )
