"""A site with a structure, a person, a browser application and an ERP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from auth.bearer import Bearer, InvalidToken, challenge
from auth.config import AuthSettings
from auth.provisioning import create_client, set_password
from auth.routes import build_auth
from domain.access import Level, Permission, Role, Space
from domain.accounts.actions import attach, create_account
from domain.clock import now
from domain.events import transaction
from domain.ids import new_id
from domain.structures.models import Nature, Structure
from tests.auth.outside import CALLBACK, LOGGED_OUT, PASSWORD, SITE, Browser, Site

SPA_SCOPES = (Permission.READ_ISSUED, Permission.ISSUE, Permission.OWN_ACCOUNT)


@pytest.fixture
def settings() -> AuthSettings:
    return AuthSettings(
        public_url=SITE,
        secret_key=b"k" * 32,
        allowed_origins=("https://app.test",),
        registers_clients=True,
    )


@pytest.fixture
async def site(database: str, settings: AuthSettings) -> Site:
    """A site with one structure, a person and an ERP that may deposit for it."""
    async with transaction():
        structure = await Structure.create(
            id=new_id("str"),
            identifier_type="SIRET",
            identifier="73282932000074",
            siren="732829320",
            name="Maçonnerie Durand",
            nature=Nature.PRIVATE,
            status="ACTIVE",
            created_at=now(),
            updated_at=now(),
        )
    person = await create_account("Durand@Example.fr", "Jeanne Durand")
    await set_password(person, PASSWORD)
    await attach(person.id, structure.id, Role.USER, [(Space.FACTURES_EMISES, Level.MODIFICATION)])
    spa, _ = await create_client(
        "Portail",
        ["authorization_code", "refresh_token"],
        [*SPA_SCOPES, "openid", "profile", "email"],
        [CALLBACK],
        is_confidential=False,
        is_trusted=True,
        post_logout_redirect_uris=[LOGGED_OUT],
    )
    erp, secret = await create_client(
        "ERP Durand",
        ["client_credentials"],
        [Permission.READ_ISSUED, Permission.ISSUE, Permission.READ_WEBHOOKS],
        structure_id=structure.id,
    )
    await attach(
        erp.id, structure.id, Role.TECHNICAL, [(Space.FACTURES_EMISES, Level.MODIFICATION)]
    )
    routes, bearer = build_auth(settings)
    app = Starlette(routes=[*routes, Route("/who", _who(settings, bearer))])
    return Site(app, settings, bearer, structure, person, spa, erp, secret or "")


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[Browser]:
    async with site.http() as http:
        yield Browser(site, http)


def _who(settings: AuthSettings, bearer: Bearer) -> Any:
    async def who(request: Request) -> JSONResponse:
        try:
            caller = await bearer(request.headers["authorization"].removeprefix("Bearer "))
        except InvalidToken as error:
            headers = {"WWW-Authenticate": challenge(settings, error.reason)}
            return JSONResponse({"reason": error.reason}, 401, headers)
        actor = caller.actor
        rights = {on: sorted(held) for on, held in actor.rights.items() if on != actor.id}
        return JSONResponse({"id": actor.id, "kind": actor.kind, "rights": rights})

    return who
