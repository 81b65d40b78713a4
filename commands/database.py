"""The database: its schema, the hashes of its events, its lives."""

from __future__ import annotations

import argparse

from commands.issuer import refuse_unknown_issuer
from commands.progress import bar
from domain.checkpoints import making
from domain.db import execute, fetch
from domain.events import transaction
from domain.migrate import migrate
from settings import Settings, opened, sealed


async def migrate_database(settings: Settings, asked: argparse.Namespace) -> int:
    """Apply what is missing; safe to repeat and to run from several machines at once."""
    done = await migrate(settings.database_url, report=lambda name: print(f"  {name}"))
    count = await seal(settings)
    print(f"{len(done)} migration(s) applied." if done or count else "Nothing to do.")
    return 0


async def seal(settings: Settings) -> int:
    """Give their hashes to the events written before the log had any; goes on where it stopped."""
    with bar(" events") as progress:
        count = await sealed(settings, progress)
    if count:
        print(f"{count} events sealed: the log is verifiable from its beginning.")
    return count


async def new_epoch(settings: Settings, asked: argparse.Namespace) -> int:
    """Readers that were ahead of the restored log are told so, instead of missing events."""
    async with opened(settings):
        await refuse_unknown_issuer(settings)
        async with transaction():
            await execute("UPDATE log_head SET epoch = epoch + 1 WHERE id = 1")
        epoch = (await fetch("SELECT epoch FROM log_head WHERE id = 1"))[0][0]
        # What was signed in the lost end of the log is contradicted in public, not in silence.
        await making.make(always=True)
    print(f"The log is in epoch {epoch}. Restart every server and worker.")
    return 0
