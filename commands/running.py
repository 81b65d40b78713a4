"""One command with the settings of the environment, and what its failure says."""

from __future__ import annotations

import argparse
import asyncio
import sys

from pydantic import ValidationError

from domain.migrate import MigrationError
from settings import Settings, problems_of


def status_of(asked: argparse.Namespace) -> int:
    """The exit status of the command that was asked for."""
    try:
        settings = Settings()
        result = asked.command(settings, asked)
        return int(asyncio.run(result) if asyncio.iscoroutine(result) else result)
    except ValidationError as error:
        for problem in problems_of(error):
            print(f"error: {problem}", file=sys.stderr)
        return 2
    except (MigrationError, ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
