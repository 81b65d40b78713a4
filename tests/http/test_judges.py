"""Programs that we did not write judge our answers: the audit suite, and three public clients."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

from domain.catalogue import EVENT_KINDS
from frontend_contract.event_schemas import FORMS
from frontend_contract.generate import FOLDER as CONTRACT
from tests.http.conftest import Served

FOLDER = Path(__file__).parent / "audit"
INSTALL_SECONDS = 180
RUN_SECONDS = 60


@pytest.fixture(scope="session")
def node() -> str:
    """Node with the judges installed. Missing: a skip that is seen, and a failure in CI."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        _missing("Node is not installed")
    # One process at a time: parallel tests share the folder.
    with (FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "node_modules" / "ajv").exists():
            _install(npm)
    return found


def _install(npm: str) -> None:
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        _missing(f"they could not be installed: {done.stderr[-500:]}")


async def test_the_audit_suite_finds_no_error_and_no_warning(served: Served, node: str) -> None:
    results = run(node, "audit.js", served.url)

    failed = [one for one in results if one["status"] in ("error", "warn")]
    assert failed == []
    assert len(results) > 50
    assert sum(one["status"] == "ok" for one in results) >= len(results) - 4


async def test_public_clients_follow_a_subscription_and_see_the_same(
    served: Served, node: str
) -> None:
    seen = run(node, "clients.js", served.url, "alice")

    numbers = [{"data": {"count": {"number": n}}} for n in (1, 2, 3)]
    assert seen["ws"] == numbers
    assert seen["sse"] == numbers
    assert seen["eventSource"] == [{"id": f"c{n}", **one} for n, one in enumerate(numbers, start=1)]
    assert seen["wsQuery"][0]["data"] == seen["sseQuery"][0]["data"] == {"who": "acc_alice"}
    assert seen["wsInvalid"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    (invalid,) = seen["sseInvalid"]
    assert invalid["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_the_catalogue_of_events_is_right_for_programs_of_others(node: str) -> None:
    """AsyncAPI by the JSON Schema of its authors; every schema and its example by Ajv."""
    found = run(node, "asyncapi.js", str(CONTRACT))

    assert found["wrong"] == []
    assert found["count"] == len(EVENT_KINDS) + len(FORMS)


def run(node: str, program: str, *arguments: str) -> Any:
    """What the program prints."""
    done = subprocess.run(
        [node, program, *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}: the judges must run in CI")
    pytest.skip(f"THE JUDGES OF GRAPHQL OVER HTTP DID NOT RUN: {reason}")
