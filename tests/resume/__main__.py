"""`python -m tests.resume`: whether readers that are cut again and again are told everything."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from tests.resume.run import Options, run


def main() -> int:
    """One run; 0 when every reader was told exactly what the log holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.resume", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=100, help="cuts of each reader")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=900, help="longest run")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    database = os.environ.get("DATABASE_URL", "")
    dialect = database.split(":")[0] or "sqlite"
    say(
        f"{asked.events} events, {asked.writers} writers, {asked.kills} cuts of each reader,"
        f" on {dialect}"
    )
    options = Options(
        events=asked.events,
        kills=asked.kills,
        writers=asked.writers,
        seconds=asked.seconds,
        seed=asked.seed,
        database_url=database,
        say=say,
    )
    outcome = asyncio.run(run(options))
    say(outcome.line)
    return 1 if outcome.wrong else 0


def say(line: str) -> None:
    """Show a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
