"""The directory as a CSV file: its columns, and every line read and checked."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TextIO

from domain import identifiers
from domain.errors import Problem
from domain.identifiers import IdentifierType
from domain.rules_text import problem
from domain.structures.models import Nature
from domain.structures.rules import TOWN_MAX, StructureDraft, camel, structure_problems

_GZIP_MAGIC = b"\x1f\x8b"
_CELL_MAX = 10_000


class UnreadableFile(ValueError):
    """The file is not a directory: no such file, or a column that must be there is not."""


@dataclass(frozen=True)
class Refusal:
    """One reason why one line was not imported."""

    line: int
    identifier: str
    problem: Problem


@dataclass(frozen=True)
class Refused:
    """A line that cannot be imported, with every reason."""

    refusals: tuple[Refusal, ...]

    @property
    def number(self) -> int:
        return self.refusals[0].line


@dataclass(frozen=True)
class Line:
    """A line that can be imported: attributes of the structure, and codes of its services."""

    number: int
    values: Mapping[str, Any]
    services: tuple[str, ...]

    @property
    def identifier(self) -> str:
        return str(self.values["identifier"])


def _text(value: str) -> str | None:
    return value.strip() or None


def _flag(value: str) -> bool:
    return {"0": False, "1": True, "": False}[value.strip()]


def _number(value: str) -> int | None:
    return int(value) if value.strip() else None


@dataclass(frozen=True)
class Column:
    """A column of the file and the attribute that it gives."""

    header: str
    attribute: str
    read: Callable[[str], Any] = _text
    required: bool = False


# fmt: off
COLUMNS: tuple[Column, ...] = (
    Column("siret",                    "identifier",   required=True),
    Column("designation",              "name",         required=True),
    Column("categorie",                "category"),
    Column("departement",              "department"),
    Column("code_postal",              "postal_code"),
    Column("commune",                  "town"),
    Column("code_insee",               "insee_code"),
    Column("adresse",                  "address"),
    Column("population",               "population",                     _number),
    Column("courriel",                 "email"),
    Column("telephone",                "phone"),
    Column("code_service_obligatoire", "service_required",               _flag),
    Column("engagement_obligatoire",   "commitment_required",            _flag),
    Column("service_ou_engagement",    "commitment_or_service_required", _flag),
    Column("format_engagement",        "commitment_format"),
    Column("delai_paiement",           "payment_days",                   _number),
)
# fmt: on
_HEADER_OF = {camel(c.attribute): c.header for c in COLUMNS}
_DRAFTED = frozenset(f.name for f in fields(StructureDraft))
_TOWN = re.compile(r"\bCOMMUNE (?:DE |DU |DES |D['’])(?P<town>.+)\Z")

Row = Mapping[str, str]
Keep = Callable[[Row], bool]


@contextmanager
def opened(path: Path) -> Iterator[tuple[TextIO, int]]:
    """The text of the file, compressed or not, and how many lines it has.

    Bytes that are not UTF-8 become surrogates, which the rules on texts refuse line by line.

    Raises:
        UnreadableFile
    """
    try:
        with path.open("rb") as raw:
            compressed = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        with gzip.open(path) if compressed else path.open("rb") as file:
            total = sum(1 for _ in file)
        with (
            gzip.open(path) if compressed else path.open("rb") as file,
            io.TextIOWrapper(file, "utf-8", errors="surrogateescape", newline="") as text,
        ):
            yield text, total
    except (OSError, EOFError) as error:
        raise UnreadableFile(f"{path}: {error}") from error


class Table:
    """The lines of an opened file, one after the other."""

    def __init__(self, file: TextIO, *, check_luhn: bool) -> None:
        head = file.readline(_CELL_MAX).lstrip("\ufeff")
        delimiter = ";" if head.count(";") > head.count(",") else ","
        cells = next(csv.reader([head], delimiter=delimiter), [])
        self._headers = [cell.strip().lower() for cell in cells]
        missing = [c.header for c in COLUMNS if c.required and c.header not in self._headers]
        if missing:
            raise UnreadableFile(f"the file lacks these columns: {', '.join(missing)}")
        self._columns = [c for c in COLUMNS if c.header in self._headers]
        self._reader = csv.reader(file, delimiter=delimiter)
        self._check_luhn = check_luhn
        self._seen: dict[str, int] = {}

    @property
    def position(self) -> int:
        """How many lines of the file were read."""
        return self._reader.line_num + 1

    def lines(self, keep: Keep) -> Iterator[Line | Refused]:
        """The lines whose row is kept."""
        for cells in self._reader:
            if not any(cells):
                continue
            if len(cells) != len(self._headers):
                found = problem(
                    "BDR-STR-013", ("line",), count=len(cells), expected=len(self._headers)
                )
                yield Refused((Refusal(self.position, cells[0], found),))
                continue
            row = dict(zip(self._headers, cells, strict=True))
            if keep(row):
                yield self._line(row)

    def _line(self, row: Row) -> Line | Refused:
        identifier = "".join(row["siret"].split())
        values, problems = self._values(row)
        values |= {"identifier": identifier, "siren": identifier[:9]}
        services = tuple(
            dict.fromkeys(filter(None, map(str.strip, row.get("services", "").split("|"))))
        )
        problems += self._problems(row, values, services)
        if first := self._seen.get(identifier):
            problems.append(problem("BDR-STR-012", ("siret",), identifier=identifier, line=first))
        if problems:
            return Refused(tuple(Refusal(self.position, identifier, p) for p in problems))
        self._seen[identifier] = self.position
        return Line(self.position, values, services)

    def _values(self, row: Row) -> tuple[dict[str, Any], list[Problem]]:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for column in self._columns:
            cell = row[column.header]
            try:
                values[column.attribute] = column.read(cell)
            except (KeyError, ValueError):
                allowed = "0, 1" if column.read is _flag else "0-9"
                problems.append(
                    problem("BDR-STR-003", (column.header,), value=cell, allowed=allowed)
                )
        if values.get("town") is None and (match := _TOWN.search(values.get("name") or "")):
            values["town"] = match["town"][:TOWN_MAX]
        return values, problems

    def _problems(
        self, row: Row, values: Mapping[str, Any], services: Iterable[str]
    ) -> list[Problem]:
        known = {k: v for k, v in values.items() if k in _DRAFTED and v is not None}
        draft = StructureDraft(
            **{"name": "", **known}, identifier_type=IdentifierType.SIRET, nature=Nature.PUBLIC
        )
        found = [_at_header(p) for p in structure_problems(draft, check_luhn=self._check_luhn)]
        siren = row.get("siren", "").strip()
        if siren and not draft.identifier.startswith(siren):
            found.append(problem("BDR-STR-002", ("siren",), siren=siren, siret=draft.identifier))
        for code in services:
            found += identifiers.service_code_problems(code, ("services",))
        return found


def _at_header(found: Problem) -> Problem:
    """The problem placed at a column of the file instead of a field of the API."""
    header = _HEADER_OF.get(found.path[-1], found.path[-1])
    return problem(found.rule, (header,), **found.params)
