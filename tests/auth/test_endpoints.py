"""Revocation, introspection, discovery: what programs ask the server about."""

from __future__ import annotations

import asyncio

import pytest
from authlib.oauth2 import rfc9207
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from auth.models import RefreshToken
from tests.auth.outside import SITE, Browser, Pkce, Site, exchange, refresh, token, tokens


async def ask(site: Site, path: str, auth: tuple[str, str] | None = None, **form: str) -> dict:
    async with site.http() as http:
        answer = await http.post(f"/oauth/{path}", data=form, auth=auth)
    return {"status": answer.status_code, **answer.json()}


async def erp_token(site: Site) -> str:
    answer = await token(site, (site.erp.id, site.erp_secret), grant_type="client_credentials")
    return str(answer.json()["access_token"])


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "something_else", ""])
async def test_a_revoked_access_token_is_refused_at_once(site: Site, hint: str) -> None:
    issued = await erp_token(site)
    assert (await site.who(issued))["status"] == 200

    answer = await ask(
        site, "revoke", (site.erp.id, site.erp_secret), token=issued, token_type_hint=hint
    )

    assert answer["status"] == 200
    assert await site.who(issued) == {"status": 401, "reason": "The token was revoked."}


async def test_revoking_a_refresh_token_revokes_its_family(browser: Browser) -> None:
    site = browser.site
    issued = await tokens(browser)
    assert (await site.who(issued["access_token"]))["status"] == 200

    answer = await ask(site, "revoke", client_id=site.spa.id, token=issued["refresh_token"])

    assert answer == {"status": 200}
    assert (await refresh(site, issued["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await site.who(issued["access_token"]))["status"] == 401


async def test_a_client_cannot_revoke_the_tokens_of_another(browser: Browser) -> None:
    site = browser.site
    issued = await tokens(browser)

    for stolen in (issued["refresh_token"], issued["access_token"]):
        await ask(site, "revoke", (site.erp.id, site.erp_secret), token=stolen)

    assert (await site.who(issued["access_token"]))["status"] == 200
    assert (await refresh(site, issued["refresh_token"])).status_code == 200


async def test_revoking_what_is_no_token_changes_nothing(site: Site) -> None:
    for text in ("nothing", "a.b.c"):
        answer = await ask(site, "revoke", (site.erp.id, site.erp_secret), token=text)
        assert answer == {"status": 200}


@pytest.mark.parametrize("path", ["revoke", "introspect"])
async def test_the_asking_client_proves_who_it_is(site: Site, path: str) -> None:
    wrong = await ask(site, path, (site.erp.id, "wrong"), token="x")
    none = await ask(site, path, token="x")
    empty = await ask(site, path, (site.erp.id, site.erp_secret))

    assert (wrong["status"], wrong["error"]) == (401, "invalid_client")
    assert (none["status"], none["error"]) == (401, "invalid_client")
    assert (empty["status"], empty["error"]) == (400, "invalid_request")


async def test_a_client_introspects_its_own_token(site: Site) -> None:
    issued = await erp_token(site)
    credentials = (site.erp.id, site.erp_secret)

    answer = await ask(site, "introspect", credentials, token=issued)

    assert answer.pop("exp") - answer.pop("iat") == 600
    assert answer.pop("jti")
    assert answer == {
        "status": 200,
        "active": True,
        "token_type": "Bearer",
        "iss": SITE,
        "aud": f"{SITE}/graphql",
        "sub": site.erp.id,
        "client_id": site.erp.id,
        "scope": "invoice:read_issued invoice:issue webhook:read",
    }
    await ask(site, "revoke", credentials, token=issued)
    assert await ask(site, "introspect", credentials, token=issued) == {
        "status": 200,
        "active": False,
    }


async def test_a_client_learns_nothing_of_the_tokens_of_another(browser: Browser) -> None:
    site = browser.site
    issued = await tokens(browser)

    for foreign in (issued["access_token"], issued["refresh_token"], "nothing", "a.b.c"):
        answer = await ask(site, "introspect", (site.erp.id, site.erp_secret), token=foreign)
        assert answer == {"status": 200, "active": False}


async def test_of_two_clients_that_present_a_code_at_once_one_gets_tokens(
    browser: Browser,
) -> None:
    pkce = Pkce()
    code = await browser.code(pkce)

    answers = await asyncio.gather(*(exchange(browser.site, code, pkce) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 5
    # The replays revoked it: whoever was first cannot be known to be the right one.
    assert await RefreshToken.filter(revoked_at=None).count() == 0


async def test_of_two_uses_of_a_refresh_token_at_once_one_succeeds(browser: Browser) -> None:
    issued = await tokens(browser)

    answers = await asyncio.gather(
        *(refresh(browser.site, issued["refresh_token"]) for _ in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 5
    assert await RefreshToken.filter(revoked_at=None).count() == 0


async def test_many_machines_get_their_tokens_at_once(site: Site) -> None:
    answers = await asyncio.gather(*(erp_token(site) for _ in range(30)))

    assert len(set(answers)) == 30


@pytest.mark.parametrize("name", ["oauth-authorization-server", "openid-configuration"])
async def test_the_server_describes_itself(site: Site, name: str) -> None:
    async with site.http() as http:
        answer = await http.get(f"/.well-known/{name}")

    told = answer.json()
    AuthorizationServerMetadata(told).validate([rfc9207.AuthorizationServerMetadata])
    OpenIDProviderMetadata(told).validate()
    assert told["issuer"] == SITE
    assert told["token_endpoint"] == f"{SITE}/oauth/token"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "invoice:issue" in told["scopes_supported"]
    assert answer.headers["cache-control"] == "public, max-age=300"


async def test_every_endpoint_it_describes_exists(site: Site) -> None:
    async with site.http() as http:
        told = (await http.get("/.well-known/oauth-authorization-server")).json()
        for name, address in told.items():
            if name.endswith("_endpoint") or name == "jwks_uri":
                answer = await http.get(address)
                assert answer.status_code != 404, name


@pytest.mark.parametrize("path", ["", "/graphql"])
async def test_the_resource_describes_itself(site: Site, path: str) -> None:
    async with site.http() as http:
        told = (await http.get(f"/.well-known/oauth-protected-resource{path}")).json()

    assert told["resource"] == f"{SITE}/graphql"
    assert told["authorization_servers"] == [SITE]


async def test_only_allowed_origins_may_call_from_a_browser(site: Site) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    async with site.http() as http:
        ours = await http.options("/oauth/token", headers={"Origin": "https://app.test", **asked})
        theirs = await http.options(
            "/oauth/token", headers={"Origin": "https://evil.test", **asked}
        )
        told = await http.get(
            "/.well-known/openid-configuration", headers={"Origin": "https://app.test"}
        )
        page = await http.get("/oauth/login", headers={"Origin": "https://app.test"})

    assert ours.headers["access-control-allow-origin"] == "https://app.test"
    assert theirs.status_code == 400
    assert "access-control-allow-origin" not in theirs.headers
    assert told.headers["access-control-allow-origin"] == "https://app.test"
    assert "access-control-allow-origin" not in page.headers


async def test_tokens_are_never_given_by_get(site: Site) -> None:
    async with site.http() as http:
        answer = await http.get("/oauth/token")

    assert answer.status_code == 405
