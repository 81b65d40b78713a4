"""Everything the demonstration knows of the server: its public addresses, as any client would."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from standardwebhooks import Webhook
from websockets.asyncio.client import connect

PATIENCE = 20.0


class Failed(Exception):
    """A step did not do what it promised."""


@dataclass
class Caller:
    """Someone with a token: a person who logged in, or a machine."""

    name: str
    base: str
    token: str
    http: httpx2.AsyncClient

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of one operation.

        Raises:
            Failed: the answer holds errors.
        """
        answer = await self.http.post(
            f"{self.base}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        body = answer.json()
        if body.get("errors"):
            raise Failed(f"{self.name}: {body['errors'][0]['message']}")
        return dict(body["data"])

    async def do(self, document: str, **input_: Any) -> dict[str, Any]:
        """The payload of one mutation with a fresh idempotency key."""
        input_.setdefault("idempotencyKey", secrets.token_hex(8))
        data = await self.ask(document, input=input_)
        return dict(next(iter(data.values())))


async def log_in(base: str, email: str, password: str, http: httpx2.AsyncClient) -> Caller:
    """What a browser application does: authorization code with PKCE, through the log-in page."""
    config = (await http.get(f"{base}/graphiql/config.json")).json()
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    state = secrets.token_urlsafe(8)
    asked = {
        "response_type": "code",
        "client_id": config["clientId"],
        "redirect_uri": config["redirectUri"],
        "scope": " ".join(config["scopes"]),
        "state": state,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    async with httpx2.AsyncClient(timeout=PATIENCE) as browser:
        page = await browser.get(f"{base}/oauth/authorize", params=asked, follow_redirects=True)
        form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        form = {name: unescape(value) for name, value in form.items()}
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        target = urljoin(str(page.url), unescape(action[1]) if action else str(page.url))
        answer = await browser.post(
            target,
            data={**form, "email": email, "password": password},
            headers={"Origin": base, "Referer": str(page.url)},
        )
        for _ in range(5):
            location = answer.headers.get("location")
            if location is None:
                raise Failed(f"log-in of {email} answered {answer.status_code}")
            location = urljoin(str(answer.url), location)
            if location.startswith(config["redirectUri"] + "?"):
                break
            answer = await browser.get(location)
    back = parse_qs(urlsplit(location).query)
    if back.get("state") != [state] or "code" not in back:
        raise Failed(f"log-in of {email} came back without a code")
    token = await http.post(
        f"{base}/oauth/token",
        data={
            "grant_type": "authorization_code",
            "code": back["code"][0],
            "redirect_uri": config["redirectUri"],
            "client_id": config["clientId"],
            "code_verifier": verifier,
        },
    )
    return Caller(email, base, token.json()["access_token"], http)


async def connect_machine(
    base: str, client_id: str, secret: str, http: httpx2.AsyncClient
) -> Caller:
    """What an ERP does: client credentials."""
    answer = await http.post(
        f"{base}/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
    )
    if answer.status_code != 200:
        raise Failed(f"client credentials answered {answer.status_code}: {answer.text}")
    return Caller("ERP", base, answer.json()["access_token"], http)


STREAM = """
subscription Stream($after: EventCursor) {
  eventStream(after: $after, heartbeatSeconds: 5) {
    __typename
    ... on StreamReady { cursor backlog }
    ... on StreamHeartbeat { cursor }
    ... on EventFrame {
      cursor
      event { id kind subjectId subjectSequence change { from to } }
    }
  }
}
"""


@dataclass
class Reader:
    """What one reader of the event log received."""

    name: str
    events: list[dict[str, Any]] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    problem: str | None = None

    def of(self, subject: str) -> list[tuple[int, str | None]]:
        """The sequence numbers and statuses of one document, in the order received."""
        return [
            (e["subjectSequence"], (e["change"] or {}).get("to"))
            for e in self.events
            if e["subjectId"] == subject
        ]

    def take(self, frame: dict[str, Any]) -> None:
        """One frame of a stream."""
        if frame["__typename"] == "StreamReady":
            self.ready.set()
        elif frame["__typename"] == "EventFrame":
            self.events.append(frame["event"])


async def follow_by_websocket(caller: Caller, reader: Reader) -> None:
    """Subscribe over graphql-transport-ws until cancelled."""
    address = caller.base.replace("http", "ws", 1) + "/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]  # a name is a subprotocol
        hello = {"type": "connection_init", "payload": {"Authorization": f"Bearer {caller.token}"}}
        await socket.send(json.dumps(hello))
        await socket.send(
            json.dumps({"id": "1", "type": "subscribe", "payload": {"query": STREAM}})
        )
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "next":
                reader.take(message["payload"]["data"]["eventStream"])
            elif message["type"] == "ping":
                await socket.send('{"type": "pong"}')
            elif message["type"] == "error":
                reader.problem = str(message["payload"])
                return


async def follow_by_sse(caller: Caller, reader: Reader) -> None:
    """Subscribe over server-sent events until cancelled."""
    async for frame in _frames(caller):
        reader.take(frame)


async def _frames(caller: Caller) -> AsyncIterator[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {caller.token}", "Accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(timeout=None) as http,
        http.stream(
            "POST", f"{caller.base}/graphql", json={"query": STREAM}, headers=headers
        ) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data:") and (body := line[5:].strip()):
                data = json.loads(body).get("data")
                if data:
                    yield data["eventStream"]


class Receiver:
    """An ERP's webhook receiver: a plain HTTP server that verifies every signature."""

    def __init__(self) -> None:
        self.reader = Reader("webhooks")
        self.secret: str | None = None
        self.refused = 0
        self._server: asyncio.Server | None = None
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/bordereau"

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                headers: dict[str, str] = {}
                while (header := (await reader.readline()).decode().strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status = self._receive(line.decode(), headers, body)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _receive(self, request: str, headers: dict[str, str], body: bytes) -> str:
        try:
            event = Webhook(self.secret or "").verify(body.decode(), headers)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the message is refused
            self.refused += 1
            return "401 Unauthorized"
        self.reader.events.append(
            {
                "id": event["id"],
                "kind": event["type"],
                "subjectId": event["subject"],
                "subjectSequence": event["subjectSequence"],
                "change": event.get("change"),
                "cursor": event["cursor"],
            }
        )
        return "204 No Content"
