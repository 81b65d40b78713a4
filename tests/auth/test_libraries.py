"""Client libraries that we did not write use the server over real HTTP, strictly."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import uvicorn

from auth.config import AuthSettings
from tests.auth.outside import CALLBACK, PASSWORD, Site

FOLDER = Path(__file__).parent / "libraries"
INSTALL_SECONDS = 180
RUN_SECONDS = 60


@pytest.fixture
def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@pytest.fixture
def settings(listening: socket.socket) -> AuthSettings:
    """The server under its real address, without TLS as on a developer's machine."""
    return AuthSettings(
        public_url=f"http://localhost:{listening.getsockname()[1]}", secret_key=b"k" * 32
    )


@pytest.fixture
async def served(site: Site, listening: socket.socket) -> AsyncIterator[Site]:
    server = uvicorn.Server(uvicorn.Config(site.app, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    yield site
    server.should_exit = True
    await running


@pytest.fixture(scope="session")
def node() -> str:
    """Node with the libraries installed. Missing: a skip that is seen, and a failure in CI."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        _missing("Node is not installed")
    # One process at a time: parallel tests share the folder.
    with (FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "node_modules" / "openid-client").exists():
            _install(npm)
    return found


async def test_openid_client_uses_every_grant(served: Site, node: str) -> None:
    seen = await run(node, "openid_client.js", served)

    machine = ["bearer", "invoice:issue", True, served.erp.id, False]
    assert seen == {
        "ClientSecretBasic": machine,
        "ClientSecretPost": machine,
        "code": {
            "subject": served.person.id,
            "email": "durand@example.fr",
            "scope": "openid email invoice:issue",
        },
        "renewed": True,
        "reused": "invalid_grant",
        "family": "invalid_grant",
        "replayed": "invalid_grant",
        "mixedUp": "OAUTH_INVALID_RESPONSE",
    }


async def test_oauth4webapi_accepts_our_answers_and_our_access_tokens(
    served: Site, node: str
) -> None:
    seen = await run(node, "oauth4webapi.js", served)

    issuer = served.settings.issuer
    assert seen == {
        "issuers": [issuer, issuer],
        "machine": [served.erp.id, served.erp.id],
        "person": [served.person.id, served.spa.id],
        "resource": [issuer],
    }


async def run(node: str, program: str, site: Site) -> Any:
    """What the program prints."""
    known = {
        "site": site.settings.issuer,
        "spa": site.spa.id,
        "erp": site.erp.id,
        "secret": site.erp_secret,
        "email": site.person.email,
        "password": PASSWORD,
        "callback": CALLBACK,
    }
    done = await asyncio.to_thread(
        subprocess.run,
        [node, program, json.dumps(known)],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}: the client libraries must run in CI")
    pytest.skip(f"THE OAUTH CLIENT LIBRARIES DID NOT RUN: {reason}")
