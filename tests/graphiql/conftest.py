"""The explorer as the application mounts it, and the tools that only some machines have."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from starlette.applications import Starlette

from resolvers import graphiql
from tests.graphiql.served import Served, a_server

PUBLIC_URL = "https://bordereau.example"


@pytest.fixture
async def browser() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a server that has the explorer and nothing else."""
    routes = graphiql.routes(
        public_url=PUBLIC_URL,
        client_id="the-explorer",
        scopes=("invoice:issue", "account:self"),
        environment="sandbox",
    )
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running server with the demonstration data, shared by the tests of this folder."""
    with a_server(tmp_path_factory.mktemp("served")) as server:
        yield server


def tool(name: str) -> str:
    """Where a program is. A machine without it skips the test; a CI without it fails."""
    return shutil.which(name) or without(f"{name} is not installed")


def packages() -> None:
    """Install what drives the browser, where it is not there yet."""
    sources = graphiql.DIST.parent
    if (sources / "node_modules" / "playwright-core").exists():
        return
    installed = subprocess.run(
        [tool("npm"), "ci"], cwd=sources, capture_output=True, text=True, check=False
    )
    if installed.returncode != 0:
        without(f"the packages of the page cannot be installed: {installed.stderr[-500:]}")


def without(reason: str) -> str:
    """Skip loudly, except where a skip would hide a missing installation."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
