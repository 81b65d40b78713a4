"""Migrates the database of DATABASE_URL, loads the demonstration and prints its credentials.

A process of its own: the product keeps the choices of one site only.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from auth import provisioning, technical
from commands.serving import DIRECTORY
from domain import demonstration
from domain.migrate import migrate
from settings import Settings, opened


async def prepared() -> dict[str, Any]:
    """The credentials of a database that is ready."""
    settings = Settings()
    await migrate(settings.database_url)
    with tempfile.TemporaryDirectory() as folder:
        async with opened(settings):
            bodies = _bodies(Path(folder) / "annuaire.csv")
            await demonstration.load(bodies, progress=_silent)
            return await demonstration.renew_credentials(
                set_password=provisioning.set_password,
                create_client=provisioning.create_client,
                create_account=technical.create,
            )


def _silent(_done: int, _total: int) -> None:
    """Nobody looks."""


def _bodies(path: Path) -> Path:
    """The directory, cut down to the real bodies that the demonstration names."""
    named = {*demonstration.PARAMETERS, *demonstration.SERVICES}
    with gzip.open(DIRECTORY, "rt", encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        rows = [row for row in reader if row["siret"] in named]
        assert reader.fieldnames is not None
        with path.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, reader.fieldnames)
            writer.writeheader()
            writer.writerows(rows)
    return path


if __name__ == "__main__":
    json.dump(asyncio.run(prepared()), sys.stdout)
