"""The /graphql endpoint over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
import structlog
from graphql import OperationType
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.bearer import InvalidToken
from auth.cross_site import is_origin
from auth.log_ins import LogIns
from resolvers.http.answers import Answer, encode
from resolvers.http.callers import NOBODY, Authenticate, Caller, caller_of, visitor_of
from resolvers.http.engine import Admitted, Engine, FastPath, Params
from resolvers.http.errors import (
    Code,
    Headers,
    Refusal,
    failure_of,
    invalid_token,
    traceback_of,
    unheard,
)
from resolvers.http.events import answer_once, follow
from resolvers.http.limits import Limits
from resolvers.http.prepared import Prepared
from resolvers.http.requests import accepted, headers_of, media_for, params_of, request_id_of
from resolvers.http.sessions import Challenge, MakeContext, Service, address_of
from resolvers.http.socket import Socket
from resolvers.http.statuses import TABLE, Media, Outcome, Statuses

log = structlog.get_logger(__name__)

METHODS = b"GET, POST, OPTIONS"
_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in Media}
_REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "GraphQL-Cost",
    "X-Request-Id",
    "Last-Event-ID",
)
_ANSWER_HEADERS = (
    "X-Request-Id",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "WWW-Authenticate",
)
_PREFLIGHT_SECONDS = 600


def build_graphql(
    schema: strawberry.Schema,
    *,
    context: MakeContext,
    authenticate: Authenticate,
    limits: Limits | None = None,
    statuses: Statuses | None = None,
    fast_path: FastPath | None = None,
    allowed_origins: Sequence[str] = (),
    stopping: asyncio.Event | None = None,
    challenge: Challenge | None = None,
    log_ins: LogIns | None = None,
    path: str = "/graphql",
) -> list[BaseRoute]:
    """The routes that serve a schema over HTTP, server-sent events and WebSocket."""
    service = Service(
        engine=Engine(schema, limits or Limits(), fast_path),
        make_context=context,
        authenticate=authenticate,
        statuses=statuses or Statuses(),
        allowed_origins=tuple(allowed_origins),
        stopping=stopping or asyncio.Event(),
        challenge=challenge or _plain_challenge,
        log_ins=log_ins,
    )
    return [
        Route(path, WithCors(View(service), allowed_origins)),
        WebSocketRoute(path, Socket(service)),
    ]


class WithCors:
    """The application, readable by the pages of these origins. Others pay nothing for it.

    Only pages of an origin named to the letter may send the cookie of a log-in; `*` lets anyone
    read what a token opens.
    """

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        self._app = app
        named = [origin for origin in allowed_origins if is_origin(origin)]
        self._named = frozenset(origin.encode() for origin in named)
        self._for_named = with_cors(app, named, with_cookies=True)
        self._for_others = with_cors(app, allowed_origins, with_cookies=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        if origin is None:
            await self._app(scope, receive, send)
        else:
            one = self._for_named if origin in self._named else self._for_others
            await one(scope, receive, send)


def with_cors(app: ASGIApp, allowed_origins: Sequence[str], *, with_cookies: bool) -> ASGIApp:
    """The rules of cross-origin reading."""
    return CORSMiddleware(
        app,
        allow_origins=list(allowed_origins),
        allow_credentials=with_cookies,
        allow_methods=["GET", "POST"],
        allow_headers=list(_REQUEST_HEADERS),
        expose_headers=list(_ANSWER_HEADERS),
        max_age=_PREFLIGHT_SECONDS,
    )


@dataclass(slots=True)
class Exchange:
    """One request and the means to answer it."""

    scope: Scope
    receive: Receive
    send: Send
    headers: dict[bytes, bytes]
    request_id: str
    wanted: tuple[Media, ...]
    started: bool = False

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    async def start(self, status: int, media: Media, headers: Headers, length: int | None) -> None:
        self.started = True
        lines = [
            (b"content-type", _CONTENT_TYPES[media]),
            (b"cache-control", b"no-store"),
            # Nothing of it is a script, an image or a frame of any page.
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"x-request-id", self.request_id.encode()),
            *headers,
        ]
        if length is not None:
            lines.append((b"content-length", b"%d" % length))
        await self.send({"type": "http.response.start", "status": status, "headers": lines})

    async def reply(self, status: int, media: Media, body: bytes, headers: Headers) -> None:
        await self.start(status, media, headers, len(body))
        await self.send({"type": "http.response.body", "body": body})


class View:
    """Answers HTTP requests, by one answer or by a stream of events."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._engine = service.engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        request_id = request_id_of(headers)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        exchange = Exchange(scope, receive, send, headers, request_id, accepted(headers))
        try:
            await self._serve(exchange)
        except Refusal as refusal:
            await self._refuse(exchange, refusal)
        except ClientDisconnect:
            log.debug("graphql.client_left")
        except Exception as error:  # noqa: BLE001 - the edge: logged and masked
            log.error("graphql.failed", request_id=request_id, exception=traceback_of(error))
            if not exchange.started:
                await self._refuse(exchange, failure_of(error))

    async def _serve(self, exchange: Exchange) -> None:
        _check_method(exchange)
        if not exchange.wanted:
            media_for((), subscription=False)
        params = await params_of(
            exchange.scope, exchange.receive, exchange.headers, self._engine.limits.body_bytes
        )
        caller = await self._caller(exchange)
        key = caller.key(address_of(exchange.scope))
        prepared = self._engine.prepare(params, key)
        if exchange.method == "GET" and prepared.kind is OperationType.MUTATION:
            raise _wrong_method("A mutation is sent by POST.", b"POST")
        media = media_for(exchange.wanted, subscription=prepared.kind is OperationType.SUBSCRIPTION)
        quote = exchange.headers.get(b"graphql-cost", b"").strip().lower() == b"quote"
        admitted = self._admitted(prepared, params, caller, key, quote=quote)
        if quote:
            await self._reply(exchange, self._engine.quote(admitted), Media.JSON)
            return
        await self._execute(exchange, admitted, caller, media)

    async def _execute(
        self, exchange: Exchange, admitted: Admitted, caller: Caller, media: Media
    ) -> None:
        last = exchange.headers.get(b"last-event-id", b"").decode("utf-8", "replace") or None
        context = self._service.context(exchange.scope, caller, exchange.request_id, last)
        if admitted.prepared.kind is OperationType.SUBSCRIPTION:
            await self._stream(exchange, admitted, caller, context)
            return
        answer = await self._engine.run(admitted, context)
        await self._reply(exchange, answer, media)

    async def _stream(
        self, exchange: Exchange, admitted: Admitted, caller: Caller, context: Any
    ) -> None:
        self._service.refuse_when_stopping()
        with self._service.streams.held(admitted.caller):
            headers = self._engine.rate_headers(admitted.caller)
            await exchange.start(200, Media.EVENTS, [*headers, *_STREAM_HEADERS], None)
            answers = self._engine.stream(admitted, context)
            await follow(
                answers,
                exchange.receive,
                exchange.send,
                caller=caller,
                request_id=exchange.request_id,
                stop=self._service.ending(),
                heartbeat=self._engine.limits.heartbeat_seconds,
            )

    async def _caller(self, exchange: Exchange) -> Caller:
        """By its token when there is one, whatever the cookie says; else by its log-in."""
        authorization = exchange.headers.get(b"authorization")
        if authorization is None:
            if b"cookie" not in exchange.headers:
                return NOBODY
            return await visitor_of(exchange.scope, self._service.log_ins)
        try:
            return await caller_of(authorization.decode("latin-1"), self._service.authenticate)
        except InvalidToken as error:
            raise invalid_token(error.reason) from error

    def _admitted(
        self, prepared: Prepared, params: Params, caller: Caller, key: str, *, quote: bool
    ) -> Admitted:
        try:
            return self._engine.admit(prepared, params, caller.actor, key, quote=quote)
        except Refusal as refusal:
            if caller.unheard and refusal.outcome is Outcome.UNAUTHENTICATED:
                raise unheard(caller.unheard) from refusal
            raise

    async def _reply(
        self, exchange: Exchange, answer: Answer, media: Media, reason: str | None = None
    ) -> None:
        headers = answer.headers
        if answer.outcome is Outcome.UNAUTHENTICATED:
            challenge = self._service.challenge(reason).encode("latin-1", "replace")
            headers = [*headers, (b"www-authenticate", challenge)]
        if answer.outcome is Outcome.UNAVAILABLE:
            headers = [*headers, (b"retry-after", b"1")]
        status = self._service.statuses.of(answer.outcome, media)
        if media is Media.EVENTS:
            await exchange.start(status, media, [*headers, *_STREAM_HEADERS], None)
            await answer_once(exchange.send, answer)
        else:
            await exchange.reply(status, media, answer.body(), headers)

    async def _refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        best = exchange.wanted[0] if exchange.wanted else Media.JSON
        if best is Media.EVENTS and not TABLE[refusal.outcome].streamed:
            best = Media.JSON
        errors = encode(refusal.shown(exchange.request_id))
        answer = Answer(
            refusal.outcome,
            errors=errors,
            extensions=refusal.extensions,
            headers=refusal.headers,
        )
        reason = refusal.message if "reason" in refusal.details else None
        await self._reply(exchange, answer, best, reason)


_STREAM_HEADERS: Headers = [(b"x-accel-buffering", b"no")]


def _check_method(exchange: Exchange) -> None:
    if exchange.method not in ("GET", "POST"):
        raise _wrong_method("Send GET or POST.", METHODS)


def _plain_challenge(reason: str | None) -> str:
    """What a protected resource says of a missing or wrong token (RFC 6750)."""
    if reason is None:
        return "Bearer"
    return f'Bearer error="invalid_token", error_description="{reason}"'


def _wrong_method(message: str, allowed: bytes) -> Refusal:
    return Refusal(
        Outcome.WRONG_METHOD,
        Code.METHOD_NOT_ALLOWED,
        message,
        headers=[(b"allow", allowed)],
    )
