"""An ERP obtains a token in its own name and acts within its rights."""

from __future__ import annotations

import base64

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import ASGITransport
from joserfc import jwt
from joserfc.jwk import KeySet

from domain.accounts.models import Attachment
from tests.auth.outside import SITE, Site, token

GRANT = {"grant_type": "client_credentials"}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_an_independent_client_library_gets_a_token_by_either_method(
    site: Site, method: str
) -> None:
    client = AsyncOAuth2Client(
        site.erp.id,
        site.erp_secret,
        token_endpoint_auth_method=method,
        transport=ASGITransport(app=site.app),
    )

    async with client:
        await client.fetch_token(f"{SITE}/oauth/token", grant_type="client_credentials")
        answer = await client.get(f"{SITE}/who")

    assert answer.json() == {
        "id": site.erp.id,
        "kind": "CLIENT",
        "rights": {
            site.structure.id: ["invoice:issue", "invoice:read_issued"],
        },
    }


async def test_no_scope_asked_is_all_that_the_client_may_have(site: Site) -> None:
    answer = await token(site, (site.erp.id, site.erp_secret), **GRANT)

    assert answer.status_code == 200
    assert answer.json()["scope"] == "invoice:read_issued invoice:issue webhook:read"
    assert answer.json()["expires_in"] == 600
    assert "refresh_token" not in answer.json()
    assert answer.headers["cache-control"] == "no-store"


async def test_a_narrower_scope_narrows_the_rights(site: Site) -> None:
    answer = await token(site, (site.erp.id, site.erp_secret), scope="invoice:read_issued", **GRANT)

    who = await site.who(answer.json()["access_token"])

    assert who["rights"] == {site.structure.id: ["invoice:read_issued"]}


async def test_a_scope_does_not_give_a_right_that_the_member_lacks(site: Site) -> None:
    await Attachment.filter(member_id=site.erp.id).update(status="DESACTIVEE")
    answer = await token(site, (site.erp.id, site.erp_secret), **GRANT)

    who = await site.who(answer.json()["access_token"])

    assert who["rights"] == {}


async def test_a_scope_that_the_client_may_not_have_is_refused(site: Site) -> None:
    answer = await token(site, (site.erp.id, site.erp_secret), scope="platform:administer", **GRANT)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        ("right", "wrong"),
        ("right", ""),
        ("cli_00000000000000000000000000", "right"),
        ("cli\0", "right"),
        ("' OR 1=1", "right"),
    ],
)
async def test_wrong_credentials_are_refused(site: Site, client_id: str, secret: str) -> None:
    given = (
        site.erp.id if client_id == "right" else client_id,
        site.erp_secret if secret == "right" else secret,
    )

    answer = await token(site, given, **GRANT)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_secret_that_is_not_text_is_refused(site: Site) -> None:
    unreadable = base64.b64encode(b"\xff\xfe:\xff").decode()

    async with site.http() as http:
        answer = await http.post(
            "/oauth/token", data=GRANT, headers={"Authorization": f"Basic {unreadable}"}
        )

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_public_client_cannot_act_in_its_own_name(site: Site) -> None:
    answer = await token(site, client_id=site.spa.id, **GRANT)

    assert answer.json()["error"] == "invalid_client"


async def test_a_closed_client_gets_no_token_and_its_tokens_end(site: Site) -> None:
    issued = (await token(site, (site.erp.id, site.erp_secret), **GRANT)).json()
    site.erp.is_active = False
    await site.erp.save()

    again = await token(site, (site.erp.id, site.erp_secret), **GRANT)

    assert again.json()["error"] == "invalid_client"
    assert (await site.who(issued["access_token"]))["status"] == 401


async def test_anyone_can_verify_the_signature_with_the_published_keys(site: Site) -> None:
    issued = (await token(site, (site.erp.id, site.erp_secret), **GRANT)).json()

    async with site.http() as http:
        published = (await http.get("/oauth/jwks.json")).json()
    read = jwt.decode(
        issued["access_token"], KeySet.import_key_set(published), algorithms=["RS256"]
    )

    assert read.header["typ"] == "at+jwt"
    assert read.claims["iss"] == SITE
    assert read.claims["aud"] == f"{SITE}/graphql"
    assert read.claims["sub"] == read.claims["client_id"] == site.erp.id
    assert set(published["keys"][0]) == {"alg", "e", "kid", "kty", "n", "use"}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 400),
        (b"grant_type=%ff", "application/x-www-form-urlencoded", 400),
        (b"grant_type=a%00b", "application/x-www-form-urlencoded", 400),
        (b"grant_type=caf%C3%A9", "application/x-www-form-urlencoded", 400),
        (b"grant_type=%22", "application/x-www-form-urlencoded", 400),
        (b"grant_type=a&grant_type=b", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % i for i in range(99)), "application/x-www-form-urlencoded", 400),
        (b"grant_type=" + b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"\xff", "application/x-www-form-urlencoded", 400),
    ],
)
@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
async def test_an_unreadable_request_is_invalid(
    site: Site, path: str, body: bytes, content_type: str, status: int
) -> None:
    async with site.http() as http:
        answer = await http.post(
            f"/oauth/{path}", content=body, headers={"Content-Type": content_type}
        )

    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")


async def test_an_unknown_grant_is_named_as_such(site: Site) -> None:
    answer = await token(site, (site.erp.id, site.erp_secret), grant_type="password")

    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
