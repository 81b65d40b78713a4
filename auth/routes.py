"""The addresses of the authorization server, and the one call that builds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from auth import issued, pages, registration
from auth import metadata as at
from auth.bearer import PROTECTED_RESOURCE, Bearer, InvalidToken, challenge
from auth.config import AuthSettings
from auth.keys import Keys
from auth.passwords import Pace, Paces, network_of
from auth.requests import BadRequest, bearer_of, credentials_of, json_of, oauth_form_of
from auth.server import Asked, Server, user_info
from auth.sessions import address_of, on_log_in_ended
from domain.accounts.actions import on_rights_changed
from domain.accounts.models import Account

Endpoint = Callable[[Request], Awaitable[Response]]

_STATIC = Path(__file__).parent / "static"
_PUBLIC_CACHE = {"Cache-Control": "public, max-age=300"}
# What anyone may ask for without proving who they are: each makes a row.
PER_NETWORK = Pace(free=30, longest_seconds=60)
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def build_auth(settings: AuthSettings) -> tuple[list[BaseRoute], Bearer]:
    """The routes of the server, and what authenticates the callers of everything else."""
    keys = Keys(settings)
    bearer = Bearer(settings, keys)
    on_rights_changed(bearer.forget)
    on_log_in_ended(bearer.forget)
    issued.on_denied(bearer.forget)
    server = Server(settings, keys, bearer)
    machines = Machines(settings, keys, server)
    return [*machines.routes(), *pages.routes(settings, server), _static()], bearer


class Machines:
    """The endpoints that programs call."""

    def __init__(self, settings: AuthSettings, keys: Keys, server: Server) -> None:
        self._settings = settings
        self._keys = keys
        self._server = server
        self._paces = Paces(settings.key("anonymous requests"))

    def routes(self) -> list[BaseRoute]:
        """Each address with its endpoint, open to the allowed origins."""
        described = self._document(at.server_metadata(self._settings))
        register = [("POST", at.REGISTER, self.register)]
        resource = self._document(at.resource_metadata(self._settings))
        # fmt: off
        table: list[tuple[str, str, Endpoint]] = [
            ("POST", at.TOKEN,      self.token),
            ("POST", at.REVOKE,     self.revoke),
            ("POST", at.INTROSPECT, self.introspect),
            ("POST", at.DEVICE_AUTHORIZATION, self.device_authorization),
            *(register if self._settings.registers_clients else []),
            ("GET",  at.USERINFO,   self.userinfo),
            ("GET",  at.JWKS,       self.jwks),
            ("GET",  "/.well-known/oauth-authorization-server", described),
            ("GET",  "/.well-known/openid-configuration",       described),
            ("GET",  "/.well-known/oauth-protected-resource",   resource),
            ("GET",  PROTECTED_RESOURCE,                        resource),
        ]
        # fmt: on
        return [self._open(method, path, endpoint) for method, path, endpoint in table]

    async def token(self, request: Request) -> Response:
        """Exchange a grant for tokens."""
        return await self._answer(request, self._server.create_token_response)

    async def revoke(self, request: Request) -> Response:
        """Revoke a token (RFC 7009)."""
        return await self._answer(request, self._endpoint("revocation"))

    async def introspect(self, request: Request) -> Response:
        """Describe a token (RFC 7662)."""
        return await self._answer(request, self._endpoint("introspection"))

    async def device_authorization(self, request: Request) -> Response:
        """Give a program without a browser its codes (RFC 8628)."""
        if seconds := await self._too_soon("devices", request):
            return _wait(seconds)
        return await self._answer(request, self._endpoint("device_authorization"))

    async def register(self, request: Request) -> Response:
        """Register a developer's client (RFC 7591)."""
        if seconds := await self._too_soon("registrations", request):
            return _wait(seconds)
        try:
            told = await registration.register(registration.wanted_in(await json_of(request)))
        except BadRequest as error:
            return _refusal("invalid_client_metadata", error.reason, error.status)
        except registration.NotRegistered as refusal:
            return _refusal(refusal.error, refusal.reason, refusal.status)
        return JSONResponse(told, 201, _NO_STORE)

    async def userinfo(self, request: Request) -> Response:
        """Say who the person is, as far as the scopes allow."""
        try:
            claims = await self._server.bearer.claims(bearer_of(request) or "")
            caller = await self._server.bearer(bearer_of(request) or "")
        except InvalidToken as error:
            return self._unauthorized(error.reason)
        account = await Account.get_or_none(id=caller.actor.id)
        if account is None or "openid" not in claims.scope.split():
            return self._unauthorized("The token is not one of a person with the scope openid.")
        return JSONResponse(user_info(account, claims.scope), headers=_NO_STORE)

    async def jwks(self, request: Request) -> Response:
        """The public keys."""
        return JSONResponse(await self._keys.published(), headers=_PUBLIC_CACHE)

    async def _answer(self, request: Request, respond: Callable[[Asked], Response]) -> Response:
        try:
            form = await oauth_form_of(request)
        except BadRequest as error:
            return _refusal("invalid_request", error.reason, error.status)
        asked = Asked("POST", {}, form, credentials_of(request))
        response = await self._server.run(asked, lambda: respond(asked))
        response.headers.update(_NO_STORE)
        return response

    async def _too_soon(self, what: str, request: Request) -> int:
        """The seconds that a network must wait before it asks for that again."""
        place = network_of(address_of(request))
        return await self._paces.admit({f"{what} {place}": PER_NETWORK})

    def _endpoint(self, name: str) -> Callable[[Asked], Response]:
        def respond(asked: Asked) -> Response:
            response: Response = self._server.create_endpoint_response(name, asked)
            return response

        return respond

    def _document(self, content: Mapping[str, Any]) -> Endpoint:
        async def document(_: Request) -> Response:
            return JSONResponse(content, headers=_PUBLIC_CACHE)

        return document

    def _unauthorized(self, reason: str) -> Response:
        body = {"error": "invalid_token", "error_description": reason}
        headers = {"WWW-Authenticate": challenge(self._settings, reason), **_NO_STORE}
        return JSONResponse(body, 401, headers)

    def _open(self, method: str, path: str, endpoint: Endpoint) -> Route:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=self._settings.allowed_origins,
            allow_methods=[method],
            allow_headers=["Authorization", "Content-Type"],
        )

        async def serve(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": f"{method}, OPTIONS"})
            return await endpoint(request)

        return Route(path, serve, methods=[method, "OPTIONS"], middleware=[cors])


def _refusal(error: str, reason: str, status: int) -> Response:
    return JSONResponse({"error": error, "error_description": reason}, status, _NO_STORE)


def _wait(seconds: int) -> Response:
    response = _refusal("temporarily_unavailable", f"Try again in {seconds} seconds.", 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _static() -> BaseRoute:
    return Mount(at.STATIC, StaticFiles(directory=_STATIC))
