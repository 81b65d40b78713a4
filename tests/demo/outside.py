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
# How often the same is asked again when the server says that it was too much.
TRIES = 5


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
        """The data of one operation, after as long as the server asks to wait.

        Raises:
            Failed: the answer holds errors.
        """
        for _ in range(TRIES):
            answer = await self.http.post(
                f"{self.base}/graphql",
                json={"query": document, "variables": variables},
                headers={"Authorization": f"Bearer {self.token}"},
            )
            if answer.status_code != httpx2.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(float(answer.headers["retry-after"]))
        body = answer.json()
        if body.get("errors"):
            raise Failed(f"{self.name}: {body['errors'][0]['message']}")
        return dict(body["data"])

    async def do(self, document: str, **input_: Any) -> dict[str, Any]:
        """The payload of one mutation with a fresh idempotency key."""
        input_.setdefault("idempotencyKey", secrets.token_hex(8))
        data = await self.ask(document, input=input_)
        return dict(next(iter(data.values())))


class Browser:
    """A person's browser, as far as plain pages go: it keeps cookies and fills forms in."""

    def __init__(self, base: str, http: httpx2.AsyncClient) -> None:
        self._base = base
        self._http = http

    async def open(self, address: str, **query: str) -> httpx2.Response:
        """The page at an address, wherever it leads."""
        return await self._http.get(
            urljoin(self._base, address), params=query or None, follow_redirects=True
        )

    async def send(self, page: httpx2.Response, **filled: str) -> httpx2.Response:
        """The first form of the page that has these fields, sent; not followed further."""
        for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL):
            known = re.findall(r'<(?:input|select|button)[^>]*name="([^"]+)"([^>]*)', form)
            if filled.keys() <= {name for name, _ in known}:
                break
        else:
            said = re.search(r'role="alert".*?<p[^>]*>(.*?)</p>', page.text, re.DOTALL)
            raise Failed(f"{page.url.path}: {said[1] if said else 'there is no such form'}")
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
        action = re.match(r'<form[^>]*action="([^"]+)"', form)
        return await self._http.post(
            urljoin(str(page.url), unescape(action[1]) if action else str(page.url)),
            data={**{name: unescape(value) for name, value in hidden.items()}, **filled},
            headers={"Origin": self._base, "Referer": str(page.url)},
        )

    async def until(self, answer: httpx2.Response, home: str) -> dict[str, list[str]]:
        """Follow redirections to the application at `home`; what its address then says."""
        for _ in range(6):
            location = answer.headers.get("location")
            if location is None:
                said = re.search(r'role="alert".*?<p[^>]*>(.*?)</p>', answer.text, re.DOTALL)
                words = said[1] if said else answer.text[:200]
                raise Failed(f"{answer.url.path} answered {answer.status_code}: {words}")
            location = urljoin(str(answer.url), location)
            if location.startswith(f"{home}?"):
                return parse_qs(urlsplit(location).query)
            answer = await self._http.get(location)
            if 'name="agreed"' in answer.text:
                # The terms of use come between, once.
                answer = await self.send(answer, agreed="yes")
        raise Failed("too many redirections")


class Application:
    """A single-page application that logs people in: authorization code with PKCE."""

    def __init__(self, base: str, config: dict[str, Any], http: httpx2.AsyncClient) -> None:
        self._base, self._config, self._http = base, config, http
        self._verifier = secrets.token_urlsafe(48)
        self._state = secrets.token_urlsafe(8)
        self.home: str = config["redirectUri"]

    @classmethod
    async def at(cls, base: str, http: httpx2.AsyncClient) -> Application:
        """The explorer of the server: a public client like any other."""
        return cls(base, (await http.get(f"{base}/graphiql/config.json")).json(), http)

    def request(self, **more: str) -> dict[str, str]:
        """The authorization request."""
        digest = hashlib.sha256(self._verifier.encode()).digest()
        return {
            "response_type": "code",
            "client_id": self._config["clientId"],
            "redirect_uri": self.home,
            "scope": " ".join(self._config["scopes"]),
            "state": self._state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **more,
        }

    async def caller(self, name: str, back: dict[str, list[str]]) -> Caller:
        """Exchange the code that came back for a token."""
        if back.get("state") != [self._state] or "code" not in back:
            raise Failed(f"{name} came back without a code: {back}")
        token = await self._http.post(
            f"{self._base}/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": back["code"][0],
                "redirect_uri": self.home,
                "client_id": self._config["clientId"],
                "code_verifier": self._verifier,
            },
        )
        return Caller(name, self._base, token.json()["access_token"], self._http)


async def log_in(base: str, email: str, password: str, http: httpx2.AsyncClient) -> Caller:
    """What a person does who has an account."""
    application = await Application.at(base, http)
    async with httpx2.AsyncClient(timeout=PATIENCE) as cookies:
        browser = Browser(base, cookies)
        page = await browser.open("/oauth/authorize", **application.request())
        answer = await browser.send(page, email=email, password=password)
        return await application.caller(email, await browser.until(answer, application.home))


@dataclass(frozen=True)
class Newcomer:
    """Someone who has no account yet."""

    email: str
    name: str
    company: str
    siret: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))


async def sign_up(base: str, who: Newcomer, http: httpx2.AsyncClient) -> Caller:
    """What a newcomer does, from the application and back to it: form, e-mail, link, password."""
    application = await Application.at(base, http)
    async with httpx2.AsyncClient(timeout=PATIENCE) as cookies:
        browser = Browser(base, cookies)
        page = await browser.open("/oauth/authorize", **application.request(prompt="create"))
        sent = await browser.send(page, email=who.email, identifier=who.siret)
        if sent.status_code != 200:
            raise Failed(f"sign-up answered {sent.status_code}")
        page = await browser.open(await _link_in_mailbox(base, who.email, http))
        answer = await browser.send(
            page,
            display_name=who.name,
            structure_name=who.company,
            password=who.password,
            password_again=who.password,
        )
        return await application.caller(who.name, await browser.until(answer, application.home))


async def verify(base: str, http: httpx2.AsyncClient, pdf: bytes) -> bool:
    """What anyone who holds a certificate does: give it to the public page."""
    answer = await http.post(
        f"{base}/verify",
        files={"file": ("certificat.pdf", pdf, "application/pdf")},
        headers={"Origin": base},
    )
    return answer.status_code == 200 and 'role="alert"' not in answer.text


async def _link_in_mailbox(base: str, email: str, http: httpx2.AsyncClient) -> str:
    answer = await http.get(f"{base}/mailbox", params={"to": email})
    link = re.search(r'href="([^"]*/oauth/activate[^"]*)"', answer.text)
    if link is None:
        raise Failed(
            "no activation e-mail at /mailbox, which only a sandbox on this machine without"
            f" SMTP_URL has (it answered {answer.status_code})"
        )
    return unescape(link[1])


def new_siret() -> str:
    """A SIRET with its keys, of a SIREN that was never given: they do not begin with 0."""
    siren = _keyed(f"0{secrets.randbelow(10**7):07}")
    return _keyed(f"{siren}0001")


def _keyed(digits: str) -> str:
    """The digits and their Luhn key."""
    doubled = [int(d) * (2 - n % 2) for n, d in enumerate(reversed(digits))]
    return digits + str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


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


ENDPOINT = """
query($id: ID!) {
  webhookEndpoint(id: $id) { url status health { pending lastFailure { error status } } }
  webhookDeliveries(endpoint: $id, states: [PENDING, EXHAUSTED], last: 1) {
    nodes { attempts { detail } }
  }
}
"""


async def endpoint_trouble(caller: Caller, endpoint: str) -> str:
    """How an endpoint stands, with its last failure: what to read when no message comes."""
    data = await caller.ask(ENDPOINT, id=endpoint)
    known, health = data["webhookEndpoint"], data["webhookEndpoint"]["health"]
    said = f"{known['url']} is {known['status']}, {health['pending']} waiting"
    failure = health["lastFailure"]
    if failure is None:
        return f"{said}; nothing failed: does a server or a worker send webhooks?"
    details = [a["detail"] for d in data["webhookDeliveries"]["nodes"] for a in d["attempts"]]
    words = [failure["error"], failure["status"], details[-1] if details else None]
    said += f"; the last attempt failed: {' '.join(str(w) for w in words if w is not None)}"
    if failure["error"] == "REFUSED_ADDRESS":
        said += " (servers and workers alike need WEBHOOK_ALLOW=127.0.0.0/8)"
    return said


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

    def of(self, subject: str) -> list[tuple[int, str]]:
        """The ranks of one document's events with the status that each leads to, or its kind."""
        return [
            (e["subjectSequence"], e["change"]["to"] if e["change"] else e["kind"])
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
                "kind": event["type"].replace(".", "_").upper(),
                "subjectId": event["subject"],
                "subjectSequence": event["subjectSequence"],
                "change": event.get("change"),
                "cursor": event["cursor"],
            }
        )
        return "204 No Content"
