"""oidc-provider, which we did not write, run by Node on this machine, and a person who uses it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import pytest

FOLDER = Path(__file__).parent / "openid_provider"
INSTALL_SECONDS = 180
START_SECONDS = 30


def node_with_provider() -> str:
    """Node with the provider installed. Missing: a skip that is seen, and a failure in CI."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        _missing("Node is not installed")
    # One process at a time: parallel tests share the folder.
    with (FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "node_modules" / "oidc-provider").exists():
            _install(npm)
    return found


@asynccontextmanager
async def running(node: str, chosen: Mapping[str, Any]) -> AsyncIterator[str]:
    """The provider's issuer, while it runs."""
    process = await asyncio.create_subprocess_exec(
        node,
        "server.js",
        json.dumps(chosen),
        cwd=FOLDER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        yield line.decode().strip()
    finally:
        process.terminate()
        await process.wait()


async def agree(address: str, login: str, callback: str) -> dict[str, str]:
    """A person logs in at the provider and agrees; what their browser brings to the callback."""
    async with httpx2.AsyncClient() as http:
        page = await _follow(http, await http.get(address), callback)
        page = await _send(http, page, callback, prompt="login", login=login, password="any")
        if not page.is_redirect:
            page = await _send(http, page, callback, prompt="consent")
    return dict(httpx2.URL(page.headers["location"]).params)


async def decline(address: str, callback: str) -> dict[str, str]:
    """A person turns back at the provider's door."""
    async with httpx2.AsyncClient() as http:
        page = await _follow(http, await http.get(address), callback)
        abort = re.search(r'href="([^"]+/abort)"', page.text)
        assert abort, page.text
        page = await _follow(http, await http.get(page.url.join(abort[1])), callback)
    return dict(httpx2.URL(page.headers["location"]).params)


async def _send(
    http: httpx2.AsyncClient, page: httpx2.Response, callback: str, **filled: str
) -> httpx2.Response:
    action = re.search(r'action="([^"]+)"', page.text)
    assert action, page.text
    target = page.url.join(action[1])
    return await _follow(http, await http.post(target, data=filled), callback)


async def _follow(
    http: httpx2.AsyncClient, response: httpx2.Response, callback: str
) -> httpx2.Response:
    for _ in range(10):
        target = response.headers.get("location", "")
        if not response.is_redirect or target.startswith(callback):
            return response
        response = await http.get(response.url.join(target))
    raise AssertionError("redirected in circles")


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
        _missing(f"it could not be installed: {done.stderr[-500:]}")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}: the independent provider must run in CI")
    pytest.skip(f"THE INDEPENDENT OPENID PROVIDER DID NOT RUN: {reason}")
