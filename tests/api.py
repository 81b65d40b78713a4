"""The product in this process, asked over HTTP as anyone may ask it, by the personas of a world."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

import app
from auth.bearer import Authenticated
from auth.config import AuthSettings
from auth.keys import ALGORITHM, Keys
from domain.access import Actor, Permission
from domain.clock import now
from domain.ids import new_id
from domain.origin import Proof, origin_of
from resolvers.compiler import compile_operation
from resolvers.documents import StoredDocuments
from resolvers.http import Limits, Prepared, build_graphql
from resolvers.loaders import Loaders
from resolvers.root import schema
from schema.context import Context, locale_of
from settings import Settings
from tests.world import ERP_SCOPES, World, a_world
from webhooks import documents

URL = "http://bordereau.test"
# Far more than tests spend: what is bounded is tested for itself.
PLENTY = Limits(bucket=10_000_000, refill_per_second=1_000_000)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    data: Any
    errors: list[dict[str, Any]]
    extensions: Mapping[str, Any]

    @property
    def codes(self) -> list[str]:
        """The codes of the request errors."""
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def payload(self) -> Any:
        """What the only root field of the operation answered."""
        (one,) = (self.data or {None: None}).values()
        return one

    @property
    def user_errors(self) -> list[tuple[str, list[str]]]:
        """The code and the path of each problem of a mutation."""
        known = self.payload if isinstance(self.payload, dict) else {}
        return [(e["code"], e["path"]) for e in known.get("userErrors", ())]

    @property
    def cost(self) -> int:
        """What the operation was priced at."""
        return int(self.extensions["cost"]["requested"])


Ask = Callable[..., Awaitable[Answer]]


async def ask(
    http: httpx2.AsyncClient,
    text: str,
    variables: Mapping[str, Any],
    *,
    token: str | None = None,
    **headers: str,
) -> Answer:
    """Send one operation."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    response = await http.post(
        "/graphql", json={"query": text, "variables": dict(variables)}, headers=sent
    )
    body = response.json()
    return Answer(
        response.status_code, body.get("data"), body.get("errors", []), body.get("extensions", {})
    )


@dataclass
class Api:
    """The whole application with its world: `api("supplier")(QUERY, id=…)`."""

    world: World
    http: httpx2.AsyncClient
    auth: AuthSettings
    key: RSAKey
    application: Starlette

    def __call__(self, persona: str) -> Ask:
        token = self.token(persona)

        async def send(text: str, **variables: Any) -> Answer:
            return await ask(self.http, text, variables, token=token)

        return send

    def token(self, persona: str, scopes: frozenset[str] | None = None) -> str | None:
        """An access token as the authorization server issues it; none for nobody."""
        if persona == "anonymous":
            return None
        subject = self.world.erp.id if persona == "erp" else self.world.people[persona].id
        held = ERP_SCOPES if persona == "erp" else frozenset(Permission)
        return self.signed(subject, self.world.erp.id, scopes or frozenset(map(str, held)))

    def signed(self, subject: str, client_id: str, scopes: frozenset[str]) -> str:
        """The token of any subject."""
        at = int(now().timestamp())
        claims = {
            "iss": self.auth.issuer,
            "aud": self.auth.audience,
            "sub": subject,
            "client_id": client_id,
            "jti": new_id("jti"),
            "scope": " ".join(sorted(scopes)),
            "iat": at,
            "exp": at + 600,
        }
        if subject != client_id:
            claims |= {"amr": ["pwd"], "auth_time": at}
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key)


@asynccontextmanager
async def served(database_url: str, *, url: str = URL, **changes: Any) -> AsyncIterator[Api]:
    """The application started on a migrated database, with a world made in it."""
    settings = Settings(
        database_url=database_url,
        public_url=url,
        secret_key=SecretStr("a secret for tests only, 32 bytes"),
        broker_url="",
        **{
            "cost_bucket": PLENTY.bucket,
            "cost_refill_per_second": PLENTY.refill_per_second,
            **changes,
        },
    )
    application = app.build(settings)
    auth = app.auth_settings(settings)
    async with application.router.lifespan_context(application):
        world = await a_world(dispatched=False)
        key = await Keys(auth).signing()
        transport = httpx2.ASGITransport(app=application)
        async with httpx2.AsyncClient(transport=transport, base_url=url, timeout=30) as http:
            yield Api(world, http, auth, key, application)


@asynccontextmanager
async def door(actors: Mapping[str, Actor], *, compiled: bool = False) -> AsyncIterator[Ask]:
    """GraphQL over HTTP alone, nothing running beside it; a token is the name of an actor."""

    async def authenticate(token: str) -> Authenticated:
        proof = Proof(("pwd",), now(), token)
        return Authenticated(actors[token], datetime.now(UTC) + timedelta(hours=1), proof)

    documents.configure(StoredDocuments(schema, PLENTY, _compiled))
    routes = build_graphql(
        schema,
        context=_context,
        authenticate=authenticate,
        limits=PLENTY,
        fast_path=_compiled if compiled else None,
    )
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url=URL, timeout=30) as http:

        async def send(persona: str, text: str, variables: Mapping[str, Any]) -> Answer:
            token = None if persona == "anonymous" else persona
            return await ask(http, text, variables, token=token)

        yield send


def _context(connection: HTTPConnection, actor: Actor) -> Context:
    return Context(
        actor=actor,
        request_id=connection.state.request_id,
        make_loaders=Loaders,
        locale=locale_of(connection.headers.get("accept-language")),
        origin=origin_of(
            connection.client.host if connection.client else None,
            connection.headers.get("user-agent"),
            connection.state.proof,
        ),
    )


async def _compiled(prepared: Prepared, variables: Any, context: Context) -> bytes | None:
    plan = compile_operation(schema, prepared.document, prepared.operation)
    return await plan.run(variables, context) if plan else None
