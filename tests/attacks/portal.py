"""A portal with a person logged in, and whoever wants to speak in that person's place."""

from __future__ import annotations

import asyncio
import html
import json
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from auth.provisioning import set_password
from domain.accounts.models import Account
from domain.db import fetch
from tests.api import Api, served
from tests.world import World

PASSWORD = "une phrase de passe longue"
PROTOCOL = "graphql-transport-ws"
WHO = "{ viewer { id kind } }"
OPEN_SERVICE = """mutation ($input: ServiceCreateInput!) {
  serviceCreate(input: $input) { service { id } userErrors { code } }
}"""
STREAM = "subscription { eventStream(heartbeatSeconds: 1) { __typename } }"
EVIL = "https://evil.test"


@dataclass
class Portal:
    """The product on a port of this machine, its pages, and one application of another origin."""

    api: Api
    url: str
    app: str
    cookie: str

    @property
    def world(self) -> World:
        return self.api.world

    @property
    def person(self) -> Account:
        return self.world.people["recipient"]

    @property
    def from_page(self) -> dict[str, str]:
        """What a browser adds to a request of our own page."""
        return {"origin": self.url, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}

    @property
    def from_app(self) -> dict[str, str]:
        """What a browser adds to a request of the allowed application."""
        return {"origin": self.app, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}

    def http(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, timeout=30)

    async def log_in(self, person: Account | None = None) -> str:
        """The value of the cookie after a log-in by the form."""
        person = person or self.person
        await set_password(person, PASSWORD)
        async with self.http() as http:
            page = await http.get("/oauth/login")
            answer = await http.post(
                "/oauth/login",
                data={**hidden(page.text), "email": person.email, "password": PASSWORD},
            )
            assert answer.status_code == 200, answer.text
            return str(http.cookies[self.cookie])

    def cookies(self, token: str) -> dict[str, str]:
        return {"cookie": f"{self.cookie}={token}"}

    async def ask(self, text: str, headers: Mapping[str, str], **variables: Any) -> httpx2.Response:
        """One operation, as a script posts it."""
        async with self.http() as http:
            return await http.post(
                "/graphql", json={"query": text, "variables": variables}, headers=headers
            )

    async def who(self, headers: Mapping[str, str]) -> str | None:
        """Whom the API sees behind these headers."""
        answer = await self.ask(WHO, headers)
        assert answer.status_code == 200, answer.text
        found = answer.json()["data"]["viewer"]["id"]
        return str(found) if found else None

    def deed(self, code: str = "ATTAQUE") -> dict[str, Any]:
        """The variables of a mutation that the person may do."""
        return {
            "input": {
                "structureId": self.world.parties.recipient.id,
                "code": code,
                "name": "Ouvert par un autre",
                "idempotencyKey": code,
            }
        }

    async def deeds(self) -> int:
        """How many services that mutation has opened."""
        rows = await fetch("SELECT count(*) FROM service WHERE code LIKE 'ATTAQUE%'")
        return int(rows[0][0])

    @asynccontextmanager
    async def socket(
        self, headers: Mapping[str, str], payload: Any = None, query: str = ""
    ) -> AsyncIterator[Speaker]:
        """A WebSocket that has said its first word."""
        sent = {n: v for n, v in headers.items() if n != "origin"}
        async with connect(
            f"{self.url.replace('http', 'ws', 1)}/graphql{query}",
            subprotocols=[PROTOCOL],  # type: ignore[list-item]  # a str is a Subprotocol
            origin=headers.get("origin"),  # type: ignore[arg-type]  # a str is an Origin
            additional_headers=sent,
        ) as connection:
            await connection.send(json.dumps({"type": "connection_init", "payload": payload}))
            speaker = Speaker(connection)
            assert (await speaker.hear())["type"] == "connection_ack"
            yield speaker


@dataclass
class Speaker:
    """One end of a WebSocket."""

    connection: ClientConnection

    async def hear(self) -> Any:
        """The next message that is not a ping."""
        while True:
            message = json.loads(await asyncio.wait_for(self.connection.recv(), 30))
            if message["type"] != "ping":
                return message

    async def ask(self, text: str, **variables: Any) -> Any:
        """The first answer to an operation: its payload."""
        payload = {"query": text, "variables": variables}
        await self.connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        return (await self.hear())["payload"]

    async def closed(self) -> tuple[int | None, str | None]:
        """Listen until the server closes, and say how it did."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.wait_for(self.connection.recv(), 30)
        return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def a_portal(
    database_url: str, app: str = "http://localhost:1", **changes: Any
) -> AsyncIterator[Portal]:
    """The product served for real, with its world."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    url = f"http://localhost:{port}"
    async with served(database_url, url=url, allowed_origins=(app,), **changes) as api:
        config = uvicorn.Config(
            api.application,
            log_config=None,
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield Portal(api, url, app, api.auth.session_cookie)
        finally:
            server.should_exit = True
            await running
            listener.close()


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a form."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}
