"""Makes a demonstration database; run as a program, so that no test shares its state."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from auth import provisioning, technical
from domain import demonstration
from domain.migrate import migrate
from settings import Settings, opened

DIRECTORY = Path(__file__).parents[2] / "data" / "annuaire.csv.gz"


def silent(*done: int) -> None:
    """Show no progress."""


async def prepare(settings: Settings) -> str:
    """The credentials of every role, as JSON."""
    await migrate(settings.database_url)
    async with opened(settings):
        await demonstration.load(DIRECTORY, progress=silent)
        credentials = await demonstration.renew_credentials(
            set_password=provisioning.set_password,
            create_client=provisioning.create_client,
            create_account=technical.create,
        )
    return json.dumps(credentials)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(asyncio.run(prepare(Settings())))
