"""Developers register clients by themselves in a sandbox: such a client is never trusted."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from auth import registration
from auth.issued import purge
from auth.models import Client, Registration
from auth.registration import MAX_CLIENTS
from auth.routes import PER_NETWORK, build_auth
from domain.clock import Clock, now
from domain.events import transaction
from tests.auth.outside import CALLBACK, SITE, Browser, Pkce, Site, exchange, refresh, token

RIGHT: dict[str, Any] = {
    "client_name": "Mon essai",
    "redirect_uris": [CALLBACK],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "invoice:issue openid",
}


async def register(site: Site, **changed: Any) -> dict[str, Any]:
    described = {k: v for k, v in (RIGHT | changed).items() if v is not None}
    async with site.http() as http:
        answer = await http.post("/oauth/register", json=described)
    return {"status": answer.status_code, **answer.json()}


async def test_a_developer_registers_a_client_and_a_person_uses_it(browser: Browser) -> None:
    site, pkce = browser.site, Pkce()
    told = await register(site)
    chosen = {"client_id": told["client_id"], "redirect_uri": CALLBACK}

    page = await browser.log_in(await browser.authorize(pkce, **chosen))
    answer = await browser.send(page, decision="accept")
    code = answer.headers["location"].split("code=")[1].split("&")[0]
    issued = (await exchange(site, code, pkce, **chosen)).json()

    assert told["status"] == 201
    assert "client_secret" not in told
    assert told["response_types"] == ["code"]
    assert "Cette application a été enregistrée par un développeur" in page.text
    assert issued["scope"] == "invoice:issue openid"
    assert (await refresh(site, issued["refresh_token"], **chosen)).status_code == 200


async def test_a_confidential_client_gets_its_secret_once(site: Site) -> None:
    told = await register(site, token_endpoint_auth_method=None)

    wrong = await token(
        site, (told["client_id"], told["client_secret"]), grant_type="client_credentials"
    )

    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["client_secret_expires_at"] == 0
    assert wrong.json()["error"] == "unauthorized_client"


async def test_such_a_client_is_never_trusted_and_never_administers(site: Site) -> None:
    told = await register(site, scope=None)

    client = await Client.get(id=told["client_id"])

    assert not client.is_trusted
    assert client.structure_id is None
    assert "invoice:issue" in client.scopes
    assert "platform:administer" not in client.scopes
    assert told["scope"] == client.scope


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": ["authorization_code", "client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"grant_types": "authorization_code"}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": 3}, "invalid_client_metadata"),
        ({"scope": "no:such"}, "invalid_client_metadata"),
        ({"scope": "platform:administer"}, "invalid_client_metadata"),
        ({"scope": ["invoice:issue"]}, "invalid_client_metadata"),
        ({"client_name": None}, "invalid_client_metadata"),
        ({"client_name": "  "}, "invalid_client_metadata"),
        ({"client_name": "a" * 101}, "invalid_client_metadata"),
        ({"client_name": "moc\u202e.evil"}, "invalid_client_metadata"),
        ({"client_name": 7}, "invalid_client_metadata"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.test/callback"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["data:text/html,x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.test/#fragment"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://user@app.test/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.test/*"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.test/a b"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.test/" + "a" * 500]}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"{CALLBACK}/{n}" for n in range(11)]}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK, 3]}, "invalid_client_metadata"),
        ({"post_logout_redirect_uris": ["javascript:x"]}, "invalid_redirect_uri"),
    ],
)
async def test_what_such_a_client_may_not_be_is_refused(
    site: Site, changed: dict[str, Any], error: str
) -> None:
    told = await register(site, **changed)

    assert (told["status"], told["error"]) == (400, error)
    assert not await Registration.exists()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b"null", "application/json", 400),
        (b"client_name=x", "application/x-www-form-urlencoded", 400),
        (json.dumps({"client_name": "a" * 70_000}).encode(), "application/json", 413),
    ],
)
async def test_what_cannot_be_read_registers_nothing(
    site: Site, body: bytes, kind: str, status: int
) -> None:
    async with site.http() as http:
        answer = await http.post("/oauth/register", content=body, headers={"content-type": kind})

    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_client_metadata")
    assert not await Registration.exists()


async def test_what_we_do_not_know_in_a_description_is_ignored(site: Site) -> None:
    told = await register(
        site, is_trusted=True, structure_id="str_x", jwks_uri="http://10.0.0.1/", logo_uri="x"
    )

    assert told["status"] == 201
    assert not (await Client.get(id=told["client_id"])).is_trusted


async def test_a_site_that_registers_nobody_has_no_such_address(site: Site) -> None:
    closed = dataclasses.replace(site.settings, registers_clients=False)
    routes, _ = build_auth(closed)
    shut = dataclasses.replace(site, app=Starlette(routes=routes))

    async with shut.http() as http:
        answer = await http.post("/oauth/register", json=RIGHT)
        told = (await http.get("/.well-known/oauth-authorization-server")).json()
        open_one = await site.http().get("/.well-known/oauth-authorization-server")

    assert answer.status_code == 404
    assert "registration_endpoint" not in told
    assert open_one.json()["registration_endpoint"] == f"{SITE}/oauth/register"


async def test_registering_is_slowed_down_for_one_address(site: Site, clock: Clock) -> None:
    for _ in range(PER_NETWORK.free):
        assert (await register(site))["status"] == 201

    assert (await register(site))["status"] == 429


async def test_there_are_only_so_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    at = now()
    async with transaction():
        for number in range(MAX_CLIENTS - 1):
            name = f"cli_{number}"
            await Client.create(
                id=name, name="x", auth_method="none", grant_types="", scope="", redirect_uris="",
                created_at=at, updated_at=at,
            )  # fmt: skip
            await Registration.create(client_id=name, registered_at=at, last_used_at=at)
    assert (await register(site))["status"] == 201

    told = await register(site)

    assert (told["status"], told["error"]) == (503, "temporarily_unavailable")


async def test_a_client_that_nobody_uses_is_closed(site: Site, clock: Clock) -> None:
    unused, used = await register(site), await register(site)
    clock.advance(timedelta(days=29))
    await registration.note_use(used["client_id"])
    clock.advance(timedelta(days=2))

    await purge()

    assert not await Client.exists(id=unused["client_id"])
    assert await Client.exists(id=used["client_id"])
    assert await Client.exists(id=site.spa.id)


async def test_tokens_count_as_use(browser: Browser, clock: Clock) -> None:
    told, pkce = await register(browser.site), Pkce()
    clock.advance(timedelta(days=20))
    chosen = {"client_id": told["client_id"]}
    code = await browser.code(pkce, **chosen)

    await exchange(browser.site, code, pkce, **chosen)

    assert (await Registration.get()).last_used_at == now()
