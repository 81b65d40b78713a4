"""An OpenID Connect provider of our own, to lie in every way that a rival of one could."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

CLIENT, SECRET = "bordereau", "a secret for the provider"


def a_key(kid: str) -> RSAKey:
    key = RSAKey.generate_key(2048, private=True)
    return RSAKey.import_key(key.as_dict(private=True) | {"kid": kid})


@dataclass
class FakeProvider:
    """Right by default; a test changes what it lies about."""

    port: int
    key: RSAKey = field(default_factory=lambda: a_key("one"))
    # What the provider says of the person.
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "person-1",
            "email": "nouvelle@example.fr",
            "email_verified": True,
            "given_name": "Nadia",
            "usual_name": "Nouvelle",
        }
    )
    # Changes to the id_token and to the description; None takes a claim away.
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    # How the id_token is made from its claims, when not by the key.
    sign: Callable[[dict[str, Any]], str] | None = None
    sign_user_info: Callable[[dict[str, Any]], str] | None = None
    # What is answered in the place of an endpoint, by its name.
    instead: dict[str, Callable[[], Response]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    published: list[RSAKey] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def authorize(self, address: str) -> dict[str, str]:
        """The person agrees: what the browser brings back to the callback."""
        assert address.startswith(f"{self.issuer}/authorize?"), address
        given = dict(parse_qsl(urlsplit(address).query))
        assert given["response_type"] == "code"
        assert given["client_id"] == CLIENT
        assert given["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        return {"code": code, "state": given["state"], "iss": self.issuer}

    def app(self) -> Starlette:
        table = {
            "/.well-known/openid-configuration": self.describe,
            "/jwks": self.keys,
            "/token": self.token,
            "/userinfo": self.user_info,
        }
        return Starlette(
            routes=[
                Route(path, self._perhaps(path, one), methods=["GET", "POST"])
                for path, one in table.items()
            ]
        )

    async def describe(self, request: Request) -> Response:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse(without_nulls(told | self.description))

    async def keys(self, request: Request) -> Response:
        published = self.published if self.published is not None else [self.key]
        return JSONResponse({"keys": [key.as_dict(private=False) for key in published]})

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.codes.pop(str(form.get("code")), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        at, access = int(time.time()), secrets.token_urlsafe(16)
        claims = {
            "iss": self.issuer,
            "sub": self.person["sub"],
            "aud": CLIENT,
            "iat": at,
            "exp": at + 60,
            "nonce": asked["nonce"],
            "at_hash": create_half_hash(access, "RS256").decode(),
        }
        said = without_nulls(claims | self.claims)
        # As short as that of ProConnect.
        given = {"access_token": access, "token_type": "Bearer", "expires_in": 60}
        return JSONResponse({**given, "id_token": (self.sign or self.signed)(said)})

    async def user_info(self, request: Request) -> Response:
        if self.sign_user_info is None:
            return JSONResponse(self.person)
        said = {"iss": self.issuer, "aud": CLIENT, **self.person}
        return Response(self.sign_user_info(said), media_type="application/jwt")

    def signed(self, claims: Mapping[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, dict(claims), self.key)

    def _perhaps(self, path: str, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            self.asked.append(path)
            lie = self.instead.get(path)
            return lie() if lie else await endpoint(request)

        return answer


def without_nulls(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def encoded(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def elsewhere() -> Response:
    return RedirectResponse("http://127.0.0.1:9/", 302)


def huge() -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"padding": "'
        # More than anyone takes; not for ever, since a server does not see that nobody reads.
        for _ in range(64):
            yield b"a" * 65_536
            await asyncio.sleep(0)

    return StreamingResponse(chunks(), media_type="application/json")


def dripping() -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield b" "
            await asyncio.sleep(0.05)

    return StreamingResponse(chunks(), media_type="application/json")


def packed() -> Response:
    return Response(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})


@asynccontextmanager
async def running(provider: FakeProvider, listening: Any) -> AsyncIterator[FakeProvider]:
    """The provider over real HTTP on this machine."""
    config = uvicorn.Config(
        provider.app(), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield provider
    finally:
        server.should_exit = True
        await task
