"""Webhooks on a laptop: follows the stream of a portal and posts each event to this machine.

It knows the portal by HTTP alone. The cursor is written down after each answer of the receiver,
so that whatever ends the process, the next one goes on with the event that was not answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import IO, Any
from urllib.parse import urlsplit

import httpx2

from domain.clock import real_now
from webhooks.envelope import headers_of
from webhooks.signing import new_secret

HEARTBEAT_SECONDS = 15
# No frame for so long: the connection is dead, whatever the system says (sleep, changed network).
SILENCE_SECONDS = 3 * HEARTBEAT_SECONDS
# A quiet stream still moves the cursor, but need not be written down each time.
KEPT_EVERY_SECONDS = 60
PAUSES = (0.5, 1, 2, 5, 10, 30)
PRODUCT = "Bordereau-listen"

_STREAM = """subscription Listen($after: EventCursor, $filter: EventFilter, $structure: ID!) {
  eventStream(after: $after, filter: $filter, heartbeatSeconds: 15) {
    __typename
    ... on StreamReady { cursor }
    ... on StreamHeartbeat { cursor }
    ... on StreamCursorExpired { oldest problem { message(locale: EN) remedy(locale: EN) } }
    ... on EventFrame { cursor event { id webhookBody(structure: $structure) } }
  }
}"""
_STRUCTURES = "{ viewer { memberships { structure { id name } } } }"
_LAST = """query Last($last: Int!, $filter: EventFilter) {
  events(last: $last, filter: $filter) { startCursor }
}"""

Say = Callable[[str], None]


class Stopped(Exception):
    """It cannot go on, and the message says what to do."""


@dataclass(frozen=True)
class Wanted:
    """What is asked on the command line."""

    to: str
    portal: str = "http://localhost:8000"
    token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    structure: str | None = None
    after: str | None = None
    replay_last: int | None = None
    filter: Mapping[str, Any] = field(default_factory=dict)
    secret: str | None = None
    state: Path = Path(".listen")
    to_anywhere: bool = False
    timeout_seconds: float = 15


async def listen(wanted: Wanted, say: Say) -> None:
    """Forward until cancelled.

    Raises:
        Stopped
    """
    refuse_elsewhere(wanted)
    async with (
        httpx2.AsyncClient(timeout=httpx2.Timeout(10, read=SILENCE_SECONDS)) as web,
        # What goes to this machine goes through no proxy, and nowhere else by redirects.
        httpx2.AsyncClient(timeout=wanted.timeout_seconds, trust_env=False) as local,
    ):
        portal = Portal(wanted, web)
        structure = wanted.structure or await _only_structure(portal)
        with Notebook(wanted, structure) as notebook:
            secret = _secret(wanted, notebook, say)
            say(f"{wanted.portal}  {structure}  →  {wanted.to}    state: {notebook.path}")
            after = await _begin(wanted, portal, notebook)
            receiver = Receiver(wanted.to, secret, local, say)
            await _follow(wanted, portal, structure, notebook, after, receiver, say)


def refuse_elsewhere(wanted: Wanted) -> None:
    """Only this machine, unless told otherwise: what is forwarded are invoices of somebody.

    Raises:
        Stopped
    """
    parts = urlsplit(wanted.to)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Stopped(f"--to: {wanted.to!r} is no http:// or https:// address")
    if not wanted.to_anywhere and not _is_loopback(parts.hostname):
        raise Stopped(
            f"--to: {parts.hostname} is not this machine (127.0.0.0/8, ::1 or localhost);"
            " add --to-anywhere if you mean it"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _follow(
    wanted: Wanted,
    portal: Portal,
    structure: str,
    notebook: Notebook,
    after: str | None,
    receiver: Receiver,
    say: Say,
) -> None:
    """Read the stream, again and again from where it was."""
    variables: dict[str, Any] = {"filter": dict(wanted.filter) or None, "structure": structure}
    failures = 0
    while True:
        try:
            async for frame in portal.stream(_STREAM, {**variables, "after": after}):
                failures = 0
                after = await _taken(frame, notebook, receiver)
        except (httpx2.HTTPError, OSError) as error:
            if not failures:
                say(f"… the portal is out of reach ({type(error).__name__}); trying again")
            failures += 1
        await asyncio.sleep(_pause(failures))


async def _taken(frame: Mapping[str, Any], notebook: Notebook, receiver: Receiver) -> str:
    """Do what a frame asks for; the cursor from which to go on."""
    if frame["__typename"] == "StreamCursorExpired":
        told = frame["problem"]
        raise Stopped(f"{told['message']} {told['remedy']} (--after {frame['oldest']})")
    cursor = str(frame["cursor"])
    body = (frame.get("event") or {}).get("webhookBody")
    if body is None:
        # Nothing for this structure, but a place all the same.
        notebook.note(cursor)
        return cursor
    await receiver.forward(body.encode())
    notebook.keep(cursor)
    return cursor


async def _begin(wanted: Wanted, portal: Portal, notebook: Notebook) -> str | None:
    if wanted.after is not None:
        return wanted.after
    if wanted.replay_last is not None:
        variables = {"last": wanted.replay_last, "filter": dict(wanted.filter) or None}
        answer = await portal.ask(_LAST, variables)
        return str(answer["events"]["startCursor"])
    return notebook.cursor


async def _only_structure(portal: Portal) -> str:
    viewer = (await portal.ask(_STRUCTURES, {}))["viewer"]
    own = [m["structure"] for m in viewer["memberships"]]
    if len(own) == 1:
        return str(own[0]["id"])
    names = "".join(f"\n  {one['id']}  {one['name']}" for one in own)
    raise Stopped(f"--structure: which one?{names or ' You are attached to none.'}")


def _secret(wanted: Wanted, notebook: Notebook, say: Say) -> str:
    """The secret that signs: given, kept from before, or made and shown this once."""
    if wanted.secret:
        notebook.secret = wanted.secret
    if not notebook.secret:
        notebook.secret = new_secret()
        say(f"Secret, shown this once: {notebook.secret}")
    return notebook.secret


def _pause(failures: int) -> float:
    return PAUSES[min(failures, len(PAUSES) - 1)] * random.uniform(0.8, 1.2)  # noqa: S311 - a pause


class Receiver:
    """The one on this machine: each message in its turn, until it is accepted."""

    def __init__(self, url: str, secret: str, http: httpx2.AsyncClient, say: Say) -> None:
        self.url = url
        self._secret = secret
        self._http = http
        self._say = say

    async def forward(self, body: bytes) -> None:
        """Post the body as a webhook until the answer is 2xx."""
        event, attempt = json.loads(body), 0
        while True:
            attempt += 1
            begun = monotonic()
            told = await self._post(event, body, attempt)
            took = f"{(monotonic() - begun) * 1000:.0f} ms"
            if told.startswith("2"):
                self._say(f"{_line(event)}  {told}  {took}")
                return
            pause = _pause(attempt - 1)
            self._say(f"{_line(event)}  {told}  {took}  again in {pause:.1f} s")
            await asyncio.sleep(pause)

    async def _post(self, event: Mapping[str, Any], body: bytes, attempt: int) -> str:
        """The status of the answer, or why there was none."""
        headers = headers_of(
            event_id=event["id"],
            event_kind=event["type"],
            body=body,
            secrets=[self._secret],
            at=real_now(),
            attempt=attempt,
            request_id=f"listen.{event['id']}.{attempt}",
            environment=event["environment"],
            product=PRODUCT,
        )
        try:
            answer = await self._http.post(self.url, content=body, headers=headers)
        except (httpx2.HTTPError, OSError) as error:
            return type(error).__name__
        return str(answer.status_code)


def _line(event: Mapping[str, Any]) -> str:
    time = real_now().astimezone().strftime("%H:%M:%S")
    return f"{time}  {event['type']:<28} {event['subject']} #{event['subjectSequence']}"


class Portal:
    """The portal by HTTP, with a token that is renewed when there is a client to renew it."""

    def __init__(self, wanted: Wanted, http: httpx2.AsyncClient) -> None:
        self._wanted = wanted
        self._http = http
        self._url = wanted.portal.rstrip("/")
        self._token = wanted.token
        self._token_ends = float("inf")

    async def ask(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The data of one operation.

        Raises:
            Stopped: the portal refuses, or cannot be reached.
        """
        try:
            answer = await self._http.post(
                f"{self._url}/graphql",
                json={"query": text, "variables": dict(variables)},
                headers={"authorization": f"Bearer {await self._fresh_token()}"},
            )
            content = answer.json()
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise Stopped(f"{self._url}: no answer ({type(error).__name__})") from error
        _refuse_errors(content)
        return content["data"]

    async def stream(
        self, text: str, variables: Mapping[str, Any]
    ) -> AsyncIterator[Mapping[str, Any]]:
        """The frames of a subscription until the portal ends it.

        Raises:
            Stopped: the portal refuses for good.
        """
        headers = {
            "accept": "text/event-stream",
            "authorization": f"Bearer {await self._fresh_token()}",
        }
        asked = {"query": text, "variables": dict(variables)}
        request = self._http.stream("POST", f"{self._url}/graphql", json=asked, headers=headers)
        async with request as answer:
            if answer.status_code != httpx2.codes.OK:
                await answer.aread()
                self._refused(answer)
                return
            async for line in answer.aiter_lines():
                if line.startswith("data:") and (content := line[5:].strip()):
                    frame = self._frame(json.loads(content))
                    if frame is None:
                        return
                    yield frame

    def _frame(self, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The frame that an answer carries; None when another token is needed to go on."""
        if _codes(content) == {"UNAUTHENTICATED"} and self._can_renew:
            self._token_ends = 0
            return None
        _refuse_errors(content)
        frame: Mapping[str, Any] = content["data"]["eventStream"]
        return frame

    def _refused(self, answer: httpx2.Response) -> None:
        """A refusal of the whole request: for good, or until another time."""
        status = answer.status_code
        if status == httpx2.codes.UNAUTHORIZED and self._can_renew and self._token_ends:
            self._token_ends = 0
            return
        if status < 500 and status != httpx2.codes.TOO_MANY_REQUESTS:
            with contextlib.suppress(ValueError):
                _refuse_errors(answer.json())
            raise Stopped(f"{self._url}: {status}")
        raise httpx2.HTTPStatusError(str(status), request=answer.request, response=answer)

    @property
    def _can_renew(self) -> bool:
        return bool(self._wanted.client_id and self._wanted.client_secret)

    async def _fresh_token(self) -> str:
        if self._token is None or monotonic() >= self._token_ends:
            if not self._can_renew:
                raise Stopped("--token, or --client-id and --client-secret: none is given")
            await self._renew()
        return self._token or ""

    async def _renew(self) -> None:
        wanted = self._wanted
        answer = await self._http.post(
            f"{self._url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(wanted.client_id or "", wanted.client_secret or ""),
        )
        if answer.status_code >= 500:
            raise httpx2.HTTPStatusError("token", request=answer.request, response=answer)
        if answer.status_code != httpx2.codes.OK:
            raise Stopped(f"--client-id: the portal refuses it ({answer.text[:200]})")
        told = answer.json()
        self._token = told["access_token"]
        self._token_ends = monotonic() + 0.8 * told.get("expires_in", 600)


def _codes(content: Mapping[str, Any]) -> set[str]:
    return {e.get("extensions", {}).get("code", "") for e in content.get("errors", ())}


def _refuse_errors(content: Mapping[str, Any]) -> None:
    told = content.get("errors") or []
    if told:
        raise Stopped("; ".join(_words(error) for error in told))


def _words(error: Mapping[str, Any]) -> str:
    remedy = error.get("extensions", {}).get("remedy", "")
    return f"{error['message']} {remedy}".strip()


class Notebook:
    """What is written down between two runs: the cursor and the secret, for one set of choices."""

    def __init__(self, wanted: Wanted, structure: str) -> None:
        chosen = [wanted.portal, structure, wanted.to, wanted.filter]
        name = hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:12]
        folder = wanted.state
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / f"{name}.json"
        self._lock: IO[str] | None = None
        self._noted_at = 0.0
        self.cursor: str | None = None
        self.secret = ""

    def __enter__(self) -> Notebook:
        """Read it, for one process at a time.

        Raises:
            Stopped: another process does the same.
        """
        self._lock = self.path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Stopped(f"another listener does this already ({self.path})") from error
        if self.path.exists():
            kept = json.loads(self.path.read_text())
            self.cursor, self.secret = kept["cursor"], kept["secret"]
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave it to another process."""
        if self._lock is not None:
            self._lock.close()

    def keep(self, cursor: str) -> None:
        """Write the cursor down, whole or not at all."""
        self.cursor, self._noted_at = cursor, monotonic()
        draft = self.path.with_suffix(".new")
        with open(draft, "w", opener=_private) as file:
            json.dump({"cursor": cursor, "secret": self.secret}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def note(self, cursor: str) -> None:
        """Write it down if it is the first, or was not for a while: nothing was sent since."""
        if self.cursor is None or monotonic() - self._noted_at > KEPT_EVERY_SECONDS:
            self.keep(cursor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
