"""The composition root of the server: all that depends on the environment is built here."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from functools import partial

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from auth.bearer import challenge
from auth.config import AuthSettings, ExternalSettings
from auth.last_use import LastUse
from auth.log_ins import LogIns
from auth.provisioning import ensure_explorer
from auth.routes import build_auth
from domain import events
from domain.access import Actor, ActorKind, Permission
from domain.migrate import pending
from domain.origin import origin_of
from resolvers import catalogue, graphiql, log_checkpoints
from resolvers.compiler import compile_operation
from resolvers.documents import StoredDocuments
from resolvers.events import hub
from resolvers.http import Limits, Prepared, Statuses, build_graphql, set_on_signal
from resolvers.loaders import Loaders
from resolvers.reference import describe_server
from resolvers.root import schema
from schema import pages
from schema.context import Context, locale_of
from settings import Settings, listening, opened
from webhooks import checking, documents, health, site_keys, tasks

VERSION = "0.1.0"
GRAPHIQL_CLIENT = "graphiql"


def build(settings: Settings | None = None) -> Starlette:
    """The application. `uvicorn app:build --factory` serves it too."""
    settings = settings or Settings()
    callers = auth_settings(settings)
    auth_routes, authenticate = build_auth(callers)
    stopping = asyncio.Event()
    last_use = LastUse()

    bounds = limits(settings)
    language = stored_documents(settings)
    documents.configure(language)
    pages.configure(settings.max_page)
    describe_server(VERSION, settings.environment, asdict(bounds))
    graphql_routes = build_graphql(
        schema,
        context=partial(_context, last_use),
        authenticate=authenticate,
        challenge=partial(challenge, callers),
        limits=bounds,
        statuses=Statuses(validation=settings.validation_status, partial=settings.partial_status),
        fast_path=_compiled if settings.compiled_reads else None,
        allowed_origins=[callers.origins.own, *settings.allowed_origins],
        stopping=stopping,
        log_ins=LogIns(callers),
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened(settings), listening(settings):
            await ensure_explorer(GRAPHIQL_CLIENT, f"{settings.url}/graphiql")
            await site_keys.ensure()
            await checking.warn(language)
            await hub.start()
            worker = await tasks.start(settings.broker_url)
            forget = events.on_commit(hub.wake)
            # What was loaded stays: collections need not look at it again (a quarter of a request).
            gc.collect()
            gc.freeze()
            try:
                with set_on_signal(stopping):
                    yield
            finally:
                stopping.set()
                forget()
                await hub.stop()
                await worker.stop()
                await last_use.stop()

    return Starlette(
        routes=[
            *graphql_routes,
            *auth_routes,
            *graphiql.routes(
                public_url=settings.url,
                client_id=GRAPHIQL_CLIENT,
                scopes=[p.value for p in Permission],
                environment=settings.environment,
            ),
            *catalogue.routes(settings.url),
            Route("/", _home),
            Route("/.well-known/webhook-keys.json", _webhook_keys),
            *log_checkpoints.routes(),
            Route("/healthz", _healthz),
            Route("/readyz", _readyz(settings.database_url, settings.ready_max_lag_seconds)),
        ],
        lifespan=lifespan,
    )


def auth_settings(settings: Settings) -> AuthSettings:
    """What the authorization server is told."""
    return AuthSettings(
        public_url=settings.url,
        secret_key=settings.key,
        allowed_origins=settings.allowed_origins,
        code_seconds=settings.code_seconds,
        access_token_seconds=settings.access_token_seconds,
        refresh_token_seconds=settings.refresh_token_seconds,
        session_seconds=settings.session_seconds,
        session_idle_seconds=settings.session_idle_seconds,
        has_mailbox=settings.has_mailbox,
        device_code_seconds=settings.device_code_seconds,
        registers_clients=settings.client_registration == "open"
        and settings.environment == "sandbox",
        second_factor=settings.second_factor,
        external=external_provider(settings),
    )


def external_provider(settings: Settings) -> ExternalSettings | None:
    """The provider that people may log in with, if the site has one."""
    if not settings.oidc_issuer:
        return None
    return ExternalSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        label=settings.oidc_label,
        scopes=settings.oidc_scopes,
        siret_claim=settings.oidc_siret_claim,
        timeout_seconds=settings.oidc_timeout_seconds,
    )


def limits(settings: Settings) -> Limits:
    """What bounds a request, a caller and a connection."""
    return Limits(
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        tokens=settings.max_tokens,
        body_bytes=settings.max_body_bytes,
        page=settings.max_page,
        cost=settings.max_cost,
        bucket=settings.cost_bucket,
        refill_per_second=settings.cost_refill_per_second,
        execution_seconds=settings.execution_seconds,
        document_seconds=settings.webhook_document_seconds,
        subscriptions=settings.max_subscriptions,
        connections=settings.max_connections_per_caller,
    )


def stored_documents(settings: Settings) -> StoredDocuments:
    """Who reads and runs the documents of webhook endpoints."""
    fast_path = _compiled if settings.compiled_reads else None
    return StoredDocuments(schema, limits(settings), fast_path)


def _context(last_use: LastUse, connection: HTTPConnection, actor: Actor) -> Context:
    address = connection.client.host if connection.client else None
    if actor.kind is ActorKind.CLIENT:
        last_use.note(actor.id, address)
    return Context(
        actor=actor,
        request_id=connection.state.request_id,
        make_loaders=Loaders,
        locale=locale_of(connection.headers.get("accept-language")),
        last_event_id=connection.state.last_event_id,
        origin=origin_of(
            address,
            connection.headers.get("user-agent"),
            connection.state.proof,
        ),
        reauthenticate=connection.state.reauthenticate,
    )


async def _compiled(
    prepared: Prepared, variables: dict[str, object], context: Context
) -> bytes | None:
    """Answer by the compiled read path; None when it cannot express the operation."""
    if prepared.plan is None:
        prepared.plan = compile_operation(schema, prepared.document, prepared.operation) or False
    return await prepared.plan.run(variables, context) if prepared.plan else None


async def _home(request: Request) -> Response:
    return RedirectResponse("/graphiql")


async def _webhook_keys(request: Request) -> Response:
    """The public keys that verify webhooks, for anyone and any page."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return JSONResponse(await site_keys.published(), headers=headers)


async def _healthz(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _readyz(
    database_url: str, most_seconds_behind: int
) -> Callable[[Request], Awaitable[Response]]:
    async def readyz(request: Request) -> Response:
        try:
            missing = await pending(database_url)
            behind = 0 if missing else await health.lag_seconds()
        except Exception:  # noqa: BLE001 - whatever is wrong, the answer is "not ready"
            return JSONResponse({"status": "database unavailable"}, status_code=503)
        if missing:
            return JSONResponse({"status": "migrations pending"}, status_code=503)
        if 0 < most_seconds_behind < behind:
            return JSONResponse({"status": "webhooks behind", "lag": behind}, status_code=503)
        return JSONResponse({"status": "ready", "lag": behind})

    return readyz
