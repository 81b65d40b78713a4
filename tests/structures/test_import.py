"""Importing a directory: complete, repeatable, resumable, and honest about what it refuses."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from domain import events
from domain.access import ANONYMOUS
from domain.db import fetch
from domain.structures.actions import update_structure
from domain.structures.directory_file import UnreadableFile
from domain.structures.importing import BATCH, REPORT_HEADERS, import_structures
from domain.structures.models import Nature, Service, Structure
from domain.structures.search import Search, find
from tests.make import a_supplier, an_actor, an_administrator
from tests.structures.conftest import ANNUAIRE, write_csv

# The whole directory takes minutes on a small machine: FULL_DIRECTORY=1 asks for it.
FULL = bool(os.environ.get("FULL_DIRECTORY"))

SAINT_ETIENNE = {
    "siret": "21420218600018",
    "siren": "214202186",
    "categorie": "COMMUNE",
    "designation": "COMMUNE DE SAINT-ÉTIENNE",
    "departement": "42",
    "code_postal": "42000",
    "code_service_obligatoire": "0",
    "engagement_obligatoire": "1",
    "service_ou_engagement": "0",
    "services": "FACTURES_PUBLIQUES",
}


class Killed(Exception):
    """What stops an import half-way."""


def one(tmp_path: Path, **changes: str) -> Path:
    """A directory of one body."""
    return write_csv(tmp_path / "one.csv", [SAINT_ETIENNE | changes])


async def counts() -> tuple[int, int, int]:
    """How many structures, services and events there are."""
    tables = ("structure", "service", "event")
    structures, services, told = [
        int((await fetch(f"SELECT count(*) FROM {table}"))[0][0]) for table in tables
    ]
    return structures, services, told


async def test_a_body_is_imported_with_its_parameters_its_place_and_its_services(
    database: str, tmp_path: Path
) -> None:
    report = await import_structures(one(tmp_path))

    structure = await Structure.get(identifier="21420218600018")
    service = await Service.get(structure_id=structure.id)
    assert (report.created, report.services_opened, report.refused) == (1, 1, 0)
    assert (structure.name, structure.town) == ("COMMUNE DE SAINT-ÉTIENNE", "SAINT-ÉTIENNE")
    assert (structure.siren, structure.nature) == ("214202186", Nature.PUBLIC)
    assert (structure.commitment_required, structure.service_required) == (True, False)
    assert (service.code, service.is_system) == ("FACTURES_PUBLIQUES", True)


async def test_a_directory_imported_twice_changes_nothing(
    database: str, directory_rows: list[dict[str, str]], directory_file: Path
) -> None:
    file = ANNUAIRE if FULL else directory_file

    first = await import_structures(file)
    before = await counts()
    second = await import_structures(file)

    assert first.created == (96_000 if FULL else len(directory_rows)) == second.unchanged
    assert (second.created, second.updated, second.refused, second.services_opened) == (0, 0, 0, 0)
    assert await counts() == before


async def test_an_import_that_was_killed_goes_on_where_it_stopped(
    database: str, directory_rows: list[dict[str, str]], directory_file: Path
) -> None:
    def kill(done: int, total: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        await import_structures(directory_file, progress=kill)
    assert (await counts())[0] == BATCH

    report = await import_structures(directory_file)

    assert (report.created, report.unchanged) == (len(directory_rows) - BATCH, BATCH)
    expected = sum(len(r["services"].split("|")) for r in directory_rows if r["services"])
    assert (await counts())[1] == expected


async def test_an_import_is_told_once_to_administrators(
    database: str, directory_file: Path
) -> None:
    report = await import_structures(directory_file)

    (event,) = await events.after(0, limit=10)
    assert (event.kind, event.data["created"]) == ("structures.imported", report.created)
    assert event.data["file"] == "annuaire.csv"
    assert events.visible(event, an_administrator())
    assert not events.visible(event, ANONYMOUS)
    assert not events.visible(event, an_actor(await Structure.first() or ""))


async def test_progress_counts_the_lines_of_the_file(database: str, directory_file: Path) -> None:
    told: list[tuple[int, int]] = []

    await import_structures(directory_file, progress=lambda done, total: told.append((done, total)))

    total = len(directory_file.read_text(encoding="utf-8").splitlines())
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


async def test_a_changed_parameter_is_told_to_the_members(database: str, tmp_path: Path) -> None:
    await import_structures(one(tmp_path))
    structure = await Structure.get(identifier="21420218600018")
    head = await events.head()

    report = await import_structures(one(tmp_path, code_service_obligatoire="1"))

    updated, imported = await events.after(head, limit=10)
    assert (report.updated, report.unchanged) == (1, 0)
    assert (updated.kind, updated.subject_id) == ("structure.updated", structure.id)
    assert updated.data["changes"] == {"serviceRequired": [False, True]}
    assert updated.data["structure"]["version"] == 1
    assert imported.kind == "structures.imported"
    assert (await Structure.get(id=structure.id)).service_required is True


async def test_what_the_file_does_not_speak_of_stays(database: str, tmp_path: Path) -> None:
    await import_structures(one(tmp_path))
    structure = await Structure.get(identifier="21420218600018")
    changes: dict[str, Any] = {"commitment_format": "^[0-9]{7}$", "email": "mairie@example.fr"}
    await update_structure(an_administrator(), structure.id, changes)

    report = await import_structures(one(tmp_path))

    await structure.refresh_from_db()
    assert report.unchanged == 1
    assert (structure.commitment_format, structure.email) == ("^[0-9]{7}$", "mairie@example.fr")


async def test_services_are_opened_when_listed_and_never_closed(
    database: str, tmp_path: Path
) -> None:
    await import_structures(one(tmp_path, services="A|B"))
    head = await events.head()

    report = await import_structures(one(tmp_path, services="B|C"))

    codes = await Service.all().order_by("code").values_list("code", flat=True)
    told = [
        e.data["service"]["code"]
        for e in await events.after(head, limit=10)
        if e.kind == "service.opened"
    ]
    assert (list(codes), told, report.services_opened) == (["A", "B", "C"], ["C"], 1)


async def test_a_supplier_that_the_directory_names_becomes_public(
    database: str, tmp_path: Path
) -> None:
    await a_supplier(identifier="21420218600018", name="Ville de Saint-Étienne")

    report = await import_structures(one(tmp_path))

    structure = await Structure.get(identifier="21420218600018")
    assert (report.created, report.updated, structure.nature) == (0, 1, Nature.PUBLIC)
    assert [r["name"] for r in await find(ANONYMOUS, Search(text="saint etienne"), 5)] == [
        "COMMUNE DE SAINT-ÉTIENNE"
    ]


# One wrong line each: what is changed, then the column and the rule of the refusal.
WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"siret": "2142021860001", "siren": ""}, "siret", "BDR-ID-001"),
    ({"siret": "21420218600019"}, "siret", "BDR-ID-002"),
    ({"siret": "", "siren": ""}, "siret", "BDR-ID-001"),
    ({"siren": "217500016"}, "siren", "BDR-STR-002"),
    ({"designation": "  "}, "designation", "BDR-STR-001"),
    ({"designation": "X" * 201}, "designation", "BDR-TXT-001"),
    ({"designation": "VILLE\x07"}, "designation", "BDR-TXT-002"),
    ({"designation": "VILLE \u202edrocaL"}, "designation", "BDR-TXT-003"),
    ({"code_postal": "4200"}, "code_postal", "BDR-STR-004"),
    ({"departement": "420"}, "departement", "BDR-STR-014"),
    ({"categorie": "commune !"}, "categorie", "BDR-STR-014"),
    ({"engagement_obligatoire": "oui"}, "engagement_obligatoire", "BDR-STR-003"),
    ({"services": "A|" + "X" * 101}, "services", "BDR-ID-014"),
]


async def test_refused_lines_are_reported_and_stop_nothing(database: str, tmp_path: Path) -> None:
    right = SAINT_ETIENNE | {"siret": "21750001600019", "siren": "217500016"}
    file = write_csv(tmp_path / "d.csv", [*(SAINT_ETIENNE | w for w, _, _ in WRONG), right])
    report_path = tmp_path / "refused.csv"

    report = await import_structures(file, report_path=report_path)

    with report_path.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert (report.created, report.refused) == (1, len(WRONG))
    assert tuple(rows[0]) == REPORT_HEADERS
    for number, (_, column, rule) in enumerate(WRONG, start=2):
        reasons = [r for r in rows if r["ligne"] == str(number)]
        assert [(r["champ"], r["regle"]) for r in reasons] == [(column, rule)]
        assert all(r["probleme"] and r["remede"] and r["problem"] and r["remedy"] for r in reasons)
    assert report.refusals["BDR-STR-014"] == 2


async def test_every_reason_of_a_line_is_reported(database: str, tmp_path: Path) -> None:
    file = one(tmp_path, siret="1", designation="", code_service_obligatoire="2", siren="")
    report_path = tmp_path / "refused.csv"

    await import_structures(file, report_path=report_path)

    with report_path.open(encoding="utf-8", newline="") as opened:
        rules = {row["regle"] for row in csv.DictReader(opened)}
    assert rules == {"BDR-ID-001", "BDR-STR-001", "BDR-STR-003"}


async def test_the_second_line_of_a_structure_is_refused(database: str, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "d.csv", [SAINT_ETIENNE, SAINT_ETIENNE | {"designation": "AUTRE"}])

    report = await import_structures(file)

    assert (report.created, dict(report.refusals)) == (1, {"BDR-STR-012": 1})
    assert (await Structure.get()).name == "COMMUNE DE SAINT-ÉTIENNE"


async def test_malformed_lines_and_bytes_are_refused_by_their_number(
    database: str, tmp_path: Path
) -> None:
    file = tmp_path / "d.csv"
    file.write_bytes(
        b"siret,designation\n"
        b"21420218600018,SAINT-ETIENNE,EXTRA\n"
        b"21750001600019,PARIS \xff\xfe\n"
        b"\n"
        b'21690123100011,"VILLE, DE LYON"\n'
    )
    report_path = tmp_path / "refused.csv"

    report = await import_structures(file, report_path=report_path)

    with report_path.open(encoding="utf-8", newline="") as opened:
        rows = [(r["ligne"], r["regle"]) for r in csv.DictReader(opened)]
    assert rows == [("2", "BDR-STR-013"), ("3", "BDR-TXT-004")]
    assert (report.created, (await Structure.get()).name) == (1, "VILLE, DE LYON")


async def test_compressed_files_semicolons_and_byte_order_marks_are_read(
    database: str, tmp_path: Path
) -> None:
    plain = write_csv(tmp_path / "d.csv", [SAINT_ETIENNE], delimiter=";")
    packed = tmp_path / "d.csv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes()))

    report = await import_structures(packed)

    assert report.created == 1


async def test_the_key_of_a_siret_is_not_asked_for_where_the_site_says_so(
    database: str, tmp_path: Path
) -> None:
    report = await import_structures(one(tmp_path, siret="21420218600019"), check_luhn=False)

    assert report.created == 1


async def test_what_is_not_a_directory_is_refused_whole(database: str, tmp_path: Path) -> None:
    headless = tmp_path / "d.csv"
    headless.write_text("nom,siren\nX,214202186\n", encoding="utf-8")
    broken = tmp_path / "d.csv.gz"
    broken.write_bytes(b"\x1f\x8bnot gzip")

    for file in (headless, broken, tmp_path / "missing.csv", tmp_path):
        with pytest.raises(UnreadableFile):
            await import_structures(file)

    assert await counts() == (0, 0, 0)
