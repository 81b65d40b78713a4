"""GraphQL over WebSocket: the protocol `graphql-transport-ws` and no other."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from enum import IntEnum
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from graphql import OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from auth.bearer import InvalidToken
from domain.clock import instant_text, real_now
from domain.errors import Unauthenticated
from resolvers.http.answers import Answer, encode
from resolvers.http.callers import NOBODY, Caller, caller_of, visitor_of
from resolvers.http.engine import Params
from resolvers.http.errors import (
    Code,
    Refusal,
    failure_of,
    invalid_token,
    traceback_of,
)
from resolvers.http.requests import holds_token, new_request_id, params_from
from resolvers.http.sessions import Service, address_of
from resolvers.http.statuses import Outcome

log = structlog.get_logger(__name__)

PROTOCOL = "graphql-transport-ws"
# An id can be repeated in the reason of a close, which holds 123 bytes.
_ID = re.compile(r"[!-~]{1,64}\Z")


class Close(IntEnum):
    """The close codes that clients can meet."""

    TOO_BIG = 1009
    RESTART = 1012
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    BAD_PROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY = 4429
    FAILED = 4500


class Closed(Exception):
    """The connection ends, for a reason that the client is told."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """Accepts the connections."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        allowed = same_origin(websocket, self._service.allowed_origins)
        if not allowed or holds_token(scope):
            await websocket.close()
            return
        if PROTOCOL not in scope.get("subprotocols", ()):
            await websocket.accept()
            await websocket.close(Close.BAD_PROTOCOL, f"Only {PROTOCOL} is spoken here")
            return
        await websocket.accept(PROTOCOL)
        await Connection(self._service, websocket).live()


def same_origin(websocket: WebSocket, allowed: tuple[str, ...]) -> bool:
    """Whether the page that connects may: browsers do not apply CORS to WebSocket."""
    origin = websocket.headers.get("origin")
    if origin is None or origin in allowed or "*" in allowed:
        return True
    return urlsplit(origin).netloc == websocket.headers.get("host")


class Connection:
    """One connection and the operations that run on it."""

    def __init__(self, service: Service, websocket: WebSocket) -> None:
        self._service = service
        self._engine = service.engine
        self._limits = service.engine.limits
        self._websocket = websocket
        self._caller: Caller = NOBODY
        self._key = ""
        # Done with the init, then forgotten: thousands of connections wait for something else.
        self._greeting = asyncio.get_running_loop().create_future()
        self._is_ready = False
        self._asked_init = False
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def live(self) -> None:
        """Until the client leaves or a reason ends it."""
        reading = asyncio.create_task(self._read())
        try:
            await self._watch(reading)
        except WebSocketDisconnect:
            log.debug("graphql.client_left")
        except Closed as closed:
            await self._leave(reading)
            await self._close(closed.code, closed.reason)
        except Exception as error:  # noqa: BLE001 - the edge: logged and masked
            await self._leave(reading)
            log.error("graphql.socket_failed", exception=traceback_of(error))
            await self._close(Close.FAILED, "Internal error")
        finally:
            await self._leave(reading)

    async def _leave(self, reading: asyncio.Task[None]) -> None:
        """End everything that runs for the connection."""
        tasks = [reading, *self._operations.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._is_ready:
            self._is_ready = False
            self._service.connections.one_less(self._key)

    async def _close(self, code: Close, reason: str) -> None:
        try:
            await self._websocket.close(code, reason)
        except (RuntimeError, WebSocketDisconnect):
            log.debug("graphql.socket_already_closed")

    async def _watch(self, reading: asyncio.Task[None]) -> None:
        """Wait for the init, then ping, until the client, the token or the server ends.

        Raises:
            Closed, WebSocketDisconnect
        """
        stop = self._service.ending()
        await self._ends_within(self._limits.init_seconds, reading, stop, self._greeting)
        if not self._is_ready:
            raise Closed(Close.INIT_TIMEOUT, "Connection initialisation timeout")
        while True:
            await self._ends_within(self._caller.pause(self._limits.ping_seconds), reading, stop)
            await self._ask_again()
            await self._send({"type": "ping"})

    async def _ends_within(
        self,
        seconds: float,
        reading: asyncio.Task[None],
        stop: asyncio.Future[None],
        *others: asyncio.Future[None],
    ) -> None:
        ends = {reading, stop, *others}
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            reading.result()
        if stop.done():
            raise Closed(Close.RESTART, "Server is stopping")

    async def _ask_again(self) -> None:
        ended = "Session ended" if self._caller.is_by_log_in else "Token expired"
        try:
            self._caller = await self._caller.by_now()
        except Unauthenticated as error:
            raise Closed(Close.FORBIDDEN, ended) from error
        if self._caller.seconds_left() <= 0:
            raise Closed(Close.FORBIDDEN, ended)

    async def _read(self) -> None:
        """Raise Closed at the first message that breaks the protocol."""
        while True:
            # No name for the message: it would be kept until the next one comes.
            await self._take(await self._next_message())

    async def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._init(message)
            case "subscribe":
                self._subscribe(message)
            case "complete":
                self._complete(message)
            case "ping":
                await self._send({"type": "pong", **_payload(message)})
            case "pong":
                return
            case _:
                raise Closed(Close.BAD_MESSAGE, "Unknown type of message")

    async def _next_message(self) -> dict[str, Any]:
        received = await self._websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        if text is None:
            raise Closed(Close.BAD_MESSAGE, "Messages are text")
        if len(text) > self._limits.body_bytes:
            raise Closed(Close.TOO_BIG, "Message too big")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise Closed(Close.BAD_MESSAGE, "Messages are JSON") from error
        if not isinstance(message, dict):
            raise Closed(Close.BAD_MESSAGE, "Messages are JSON objects")
        return message

    async def _init(self, message: dict[str, Any]) -> None:
        if self._asked_init:
            raise Closed(Close.TOO_MANY, "Too many initialisation requests")
        self._asked_init = True
        self._caller = await self._authenticate(message.get("payload"))
        self._key = self._caller.key(address_of(self._websocket.scope))
        try:
            self._service.connections.one_more(self._key)
        except Refusal as refusal:
            raise Closed(Close.TOO_MANY, "Too many connections") from refusal
        self._is_ready = True
        self._greeting.set_result(None)
        await self._send({"type": "connection_ack", "payload": self._terms()})

    async def _authenticate(self, payload: Any) -> Caller:
        given = payload if isinstance(payload, dict) else {}
        name = "Authorization" if "Authorization" in given else "authorization"
        if name not in given:
            # The cookie of the handshake: whoever sends null in its place leaves it aside.
            return await visitor_of(self._websocket.scope, self._service.log_ins)
        authorization = given[name]
        if authorization is not None and not isinstance(authorization, str):
            raise Closed(Close.BAD_MESSAGE, "Authorization must be a string")
        try:
            return await caller_of(authorization, self._service.authenticate)
        except InvalidToken as error:
            raise Closed(Close.FORBIDDEN, "Token refused") from error

    def _terms(self) -> dict[str, Any]:
        expires_at = self._caller.expires_at
        return {
            "expiresAt": instant_text(expires_at) if expires_at else None,
            "serverTime": instant_text(real_now()),
            "maxSubscriptions": self._limits.subscriptions,
        }

    def _subscribe(self, message: dict[str, Any]) -> None:
        if not self._is_ready:
            raise Closed(Close.UNAUTHORIZED, "Unauthorized")
        identifier = _identifier(message)
        if identifier in self._operations:
            raise Closed(Close.DUPLICATE_ID, f"Subscriber for {identifier} already exists")
        try:
            params = params_from(message.get("payload"))
        except Refusal as refusal:
            raise Closed(Close.BAD_MESSAGE, refusal.message) from refusal
        has_room = len(self._operations) < self._limits.subscriptions
        task = asyncio.create_task(self._operate(identifier, params, has_room=has_room))
        self._operations[identifier] = task

    def _complete(self, message: dict[str, Any]) -> None:
        if task := self._operations.pop(_identifier(message), None):
            task.cancel()

    async def _operate(self, identifier: str, params: Params, *, has_room: bool) -> None:
        request_id = new_request_id()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            if not has_room:
                raise self._too_many_operations()
            await self._run(identifier, params, request_id)
            ending: dict[str, Any] = {"type": "complete", "id": identifier}
        except Refusal as refusal:
            ending = _error(identifier, refusal, request_id)
        except Exception as error:  # noqa: BLE001 - the edge: logged and masked
            log.error("graphql.failed", request_id=request_id, exception=traceback_of(error))
            ending = _error(identifier, failure_of(error), request_id)
        self._operations.pop(identifier, None)
        await self._send(ending)

    async def _run(self, identifier: str, params: Params, request_id: str) -> None:
        caller = await self._at_work()
        prepared = self._engine.prepare(params, self._key)
        admitted = self._engine.admit(prepared, params, caller.actor, self._key)
        context = self._service.context(self._websocket.scope, caller, request_id)
        head = b'{"id":' + encode(identifier) + b',"type":"next","payload":'
        if prepared.kind is not OperationType.SUBSCRIPTION:
            await self._next(head, await self._engine.run(admitted, context))
            return
        async with aclosing(self._engine.stream(admitted, context)) as answers:
            async for answer in answers:
                await self._next(head, answer)
                del answer  # The next one may be long in coming.

    async def _at_work(self) -> Caller:
        """Who asks, with the rights of this moment: a connection may last for hours."""
        try:
            return await self._caller.by_now(is_use=True)
        except Unauthenticated as error:
            raise invalid_token(str(error)) from error

    def _too_many_operations(self) -> Refusal:
        message = f"At most {self._limits.subscriptions} operations may run on a connection."
        return Refusal(Outcome.RATE_LIMITED, Code.RATE_LIMITED, message)

    async def _next(self, head: bytes, answer: Answer) -> None:
        await self._send_text((head + answer.body() + b"}").decode())

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(encode(message).decode())

    async def _send_text(self, text: str) -> None:
        try:
            await self._websocket.send({"type": "websocket.send", "text": text})
        except (RuntimeError, WebSocketDisconnect):
            log.debug("graphql.client_left")


def _identifier(message: dict[str, Any]) -> str:
    identifier = message.get("id")
    if not isinstance(identifier, str) or not _ID.match(identifier):
        raise Closed(Close.BAD_MESSAGE, "id must be a string of 1 to 64 visible characters")
    return identifier


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    return {"payload": message["payload"]} if "payload" in message else {}


def _error(identifier: str, refusal: Refusal, request_id: str) -> dict[str, Any]:
    return {"type": "error", "id": identifier, "payload": refusal.shown(request_id)}
