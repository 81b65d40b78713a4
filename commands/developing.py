"""What those who change the product run: its tests, its generated files, its settings."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from urllib.parse import urlsplit

from frontend_contract import generate
from settings import Settings

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
AMQP = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672")
# They want the machine for themselves, and bring servers and databases of their own.
ALONE = ("tests/graphiql", "tests/front_ends", "tests/sign_up", "tests/bench")


def write_contract(settings: Settings, asked: argparse.Namespace) -> int:
    """Generate the contract, or tell which of its files are stale."""
    stale = generate.differences(generate.FOLDER)
    if asked.check:
        for path in stale:
            print(f"stale: frontend_contract/{path}; run `make contract`", file=sys.stderr)
        return 1 if stale else 0
    generate.write(generate.FOLDER)
    print(f"{len(stale)} file(s) written.")
    return 0


def show_settings(settings: Settings, asked: argparse.Namespace) -> int:
    """The settings as the environment names them."""
    for name, field in Settings.model_fields.items():
        print(f"{name.upper()}  [{field.default!r}]\n    {field.description}")
    return 0


def run_tests(settings: Settings, asked: argparse.Namespace) -> int:
    """The same suite twice: embedded (SQLite), then PostgreSQL and Redis."""
    pytest = [sys.executable, "-m", "pytest"]
    shared = ["-n", "auto", *(f"--ignore={path}" for path in ALONE), *asked.arguments]
    embedded = {"DATABASE_URL": "", "BROKER_URL": ""}
    status = 0
    if not asked.arguments:
        # In the order written: they share one server, whose documents move on.
        alone = [*pytest, "-p", "no:randomly", *ALONE]
        status = _suite("A browser and the bench, alone", alone, embedded)
    status = _suite("SQLite, embedded", [*pytest, *shared], embedded) or status
    missing = [url for url in (POSTGRES, REDIS, AMQP) if not _answers(url)]
    if missing:
        print("\n" + "!" * 78)
        for url in missing:
            what = "its tests are" if url is AMQP else "the second suite is"
            print(f"!! {urlsplit(url).scheme} is not reachable: {what} SKIPPED")
        print("!" * 78)
        status = status or (1 if os.environ.get("CI") else 0)
    if not {POSTGRES, REDIS}.isdisjoint(missing):
        return status
    rabbit = {} if AMQP in missing else {"TEST_AMQP_URL": AMQP}
    scaled = {"DATABASE_URL": POSTGRES, "BROKER_URL": REDIS, **rabbit}
    return _suite("PostgreSQL and Redis", [*pytest, *shared], scaled) or status


def _suite(name: str, command: list[str], environment: dict[str, str]) -> int:
    print(f"\n=== {name} ===", flush=True)
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode  # noqa: S603 - our own interpreter


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2):
            return True
    except OSError:
        return False
