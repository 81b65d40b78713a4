"""A real server with the demonstration data, and its callers."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


@dataclass(frozen=True)
class Served:
    """Where the server is and who may log in."""

    url: str
    users: Mapping[str, Mapping[str, str]]
    clients: Mapping[str, Mapping[str, str]]

    async def token(self, role: str) -> str:
        """An access token: the ERP's in its own name, a person's by log-in."""
        async with httpx2.AsyncClient(base_url=self.url, timeout=30) as http:
            answer = await (self._of_machine if role == "erp" else self._of_person)(http, role)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def _of_machine(self, http: httpx2.AsyncClient, role: str) -> httpx2.Response:
        client = self.clients[role]
        credentials = (client["clientId"], client["clientSecret"])
        return await http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=credentials
        )

    async def _of_person(self, http: httpx2.AsyncClient, role: str) -> httpx2.Response:
        config = (await http.get("/graphiql/config.json")).json()
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": config["clientId"],
            "redirect_uri": config["redirectUri"],
            "scope": " ".join(config["scopes"]),
            "state": "a state",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        page = await self._followed(http, await http.get(config["authorizeUrl"], params=asked))
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        filled = {name: html.unescape(value) for name, value in hidden}
        filled |= {name: self.users[role][name] for name in ("email", "password")}
        back = await self._followed(http, await http.post("/oauth/login", data=filled))
        return await http.post(
            config["tokenUrl"],
            data={
                "grant_type": "authorization_code",
                "client_id": config["clientId"],
                "redirect_uri": config["redirectUri"],
                "code": parse_qs(urlsplit(back.headers["location"]).query)["code"][0],
                "code_verifier": verifier,
            },
        )

    async def _followed(self, http: httpx2.AsyncClient, page: httpx2.Response) -> httpx2.Response:
        """Where the redirections inside the authorization server end."""
        while page.headers.get("location", "").startswith("/"):
            page = await http.get(page.headers["location"])
        return page


@contextmanager
def a_server(folder: Path) -> Iterator[Served]:
    """A server on a free port, with a database of its own in the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": url,
        "DATABASE_URL": f"sqlite:///{folder / 'served.db'}",
        "BROKER_URL": "",
    }
    environment: dict[str, Any] = {**os.environ, **settings}
    kept = folder / "credentials.json"
    prepare = [sys.executable, "-m", "tests.graphiql.prepare", str(kept)]
    subprocess.run(prepare, cwd=ROOT, env=environment, check=True)
    credentials = json.loads(kept.read_text())
    serve = [sys.executable, "manage.py", "serve"]
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_until_ready(url, process)
            yield Served(url, credentials["users"], credentials["clients"])
        finally:
            process.terminate()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx2.get(f"{url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("the server did not start; see server.log")
