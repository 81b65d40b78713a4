"""A small real directory: some thousand bodies out of the one that is shipped."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

ANNUAIRE = Path(__file__).parents[2] / "data" / "annuaire.csv.gz"
DEPARTMENTS = frozenset({"01", "42", "69", "75"})
OTHERS = ("D'ŒUILLY", "D'Y", "MÉTROPOLE")


def is_city(row: dict[str, str]) -> bool:
    """Whether the body is a big city, a metropolis or the State."""
    is_big = int(row["population"] or 0) > 200_000
    return is_big or row["categorie"].startswith(("EPCI_MET", "ETAT"))


def rows_of_departments() -> list[dict[str, str]]:
    """The real bodies of some departments, the State, the cities and a few odd names."""
    with gzip.open(ANNUAIRE, "rt", encoding="utf-8", newline="") as file:
        return [
            row
            for row in csv.DictReader(file)
            if row["siren_reel"] == "1"
            and (
                row["departement"] in DEPARTMENTS
                or row["designation"].endswith(OTHERS)
                or is_city(row)
            )
        ]


def write_csv(path: Path, rows: Sequence[dict[str, str]], *, delimiter: str = ",") -> Path:
    """A directory file with these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def directory_rows() -> list[dict[str, str]]:
    """The rows of the small directory."""
    return rows_of_departments()


@pytest.fixture
def directory_file(directory_rows: list[dict[str, str]], tmp_path: Path) -> Path:
    """The small directory as a file."""
    return write_csv(tmp_path / "annuaire.csv", directory_rows)
