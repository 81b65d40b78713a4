"""Where an answer may be sent, and for which resource a token may be asked."""

from __future__ import annotations

import pytest

from auth.models import Client
from auth.provisioning import DEVICE, create_client
from tests.auth.outside import SITE, Browser, Pkce, exchange, refresh, sent_back, token, tokens


def client(*uris: str, is_public: bool = True, is_trusted: bool = False) -> Client:
    return Client(
        id="cli_x",
        name="x",
        auth_method="none" if is_public else "client_secret_basic",
        redirect_uris=" ".join(uris),
        is_trusted=is_trusted,
    )


@pytest.mark.parametrize(
    ("registered", "asked", "is_accepted"),
    [
        ("https://app.test/cb", "https://app.test/cb", True),
        ("https://app.test/cb", "https://app.test:8443/cb", False),
        ("https://app.test/cb", "https://app.test/cb/", False),
        ("https://app.test/cb", "https://app.test/cb?x=1", False),
        ("https://app.test/cb", "https://APP.test/cb", False),
        ("https://app.test/cb", "http://app.test/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:54321/cb", True),
        ("http://127.0.0.1:8400/cb", "http://127.0.0.1:1/cb", True),
        ("http://127.0.0.1:8400/cb", "http://127.0.0.1/cb", True),
        ("http://[::1]/cb", "http://[::1]:54321/cb", True),
        ("http://127.0.0.1/cb", "http://127.0.0.1:54321/other", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:54321/cb?x=1", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:54321/cb#x", False),
        ("http://127.0.0.1/cb", "https://127.0.0.1:54321/cb", False),
        ("http://127.0.0.1/cb", "http://[::1]:54321/cb", False),
        ("http://127.0.0.1/cb", "http://localhost:54321/cb", False),
        ("http://localhost:8000/cb", "http://localhost:8001/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.test/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1.evil.test/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:54321evil.test/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:\u0664/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:54321/cb\n", False),
        ("https://app.test/cb http://127.0.0.1/cb", "http://127.0.0.1:9/cb", True),
    ],
)
def test_addresses_are_exact_but_for_the_port_of_a_program_on_the_machine(
    registered: str, asked: str, *, is_accepted: bool
) -> None:
    assert client(*registered.split()).check_redirect_uri(asked) is is_accepted


@pytest.mark.parametrize(("is_public", "is_trusted"), [(False, False), (True, True)])
def test_the_port_is_exact_for_clients_that_need_no_consent_or_hold_a_secret(
    *, is_public: bool, is_trusted: bool
) -> None:
    one = client("http://127.0.0.1:8400/cb", is_public=is_public, is_trusted=is_trusted)

    assert one.check_redirect_uri("http://127.0.0.1:8400/cb")
    assert not one.check_redirect_uri("http://127.0.0.1:8401/cb")


async def test_a_program_on_the_machine_listens_on_any_port(browser: Browser) -> None:
    made = await create_client(
        "Outil",
        ["authorization_code"],
        ["invoice:issue"],
        ["http://127.0.0.1/cb"],
        is_confidential=False,
    )
    pkce, uri = Pkce(), "http://127.0.0.1:54321/cb"
    page = await browser.log_in(
        await browser.authorize(pkce, client_id=made.client.id, redirect_uri=uri)
    )
    answer = await browser.send(page, decision="accept")
    code = answer.headers["location"].split("code=")[1].split("&")[0]

    wrong = await exchange(
        browser.site, code, pkce, client_id=made.client.id, redirect_uri="http://127.0.0.1:1/cb"
    )
    right = await exchange(browser.site, code, pkce, client_id=made.client.id, redirect_uri=uri)

    assert answer.headers["location"].startswith(f"{uri}?")
    assert page.headers["content-security-policy"].endswith("http://127.0.0.1:54321")
    assert wrong.json()["error"] == "invalid_grant"
    assert right.status_code == 200


@pytest.mark.parametrize("resource", [SITE, f"{SITE}/", f"{SITE}/graphql"])
async def test_a_token_for_this_api_may_be_asked_by_name(browser: Browser, resource: str) -> None:
    issued = await tokens(browser, resource=resource)

    assert (await browser.site.who(issued["access_token"]))["status"] == 200


async def test_nobody_gets_a_token_for_another_resource(browser: Browser) -> None:
    site, other = browser.site, "https://other.test/api"
    issued = await tokens(browser)
    credentials = (site.erp.id, site.erp_secret)

    asked = sent_back(await browser.authorize(resource=other))
    machine = await token(site, credentials, grant_type="client_credentials", resource=other)
    renewed = await refresh(site, issued["refresh_token"], resource=other)

    assert (asked["error"], asked["iss"]) == ("invalid_target", SITE)
    assert machine.json()["error"] == "invalid_target"
    assert renewed.json()["error"] == "invalid_target"
    assert (await refresh(site, issued["refresh_token"])).status_code == 200


async def test_the_server_tells_all_that_it_can_do(browser: Browser) -> None:
    async with browser.site.http() as http:
        told = (await http.get("/.well-known/openid-configuration")).json()

    assert told["device_authorization_endpoint"] == f"{SITE}/oauth/device_authorization"
    assert told["end_session_endpoint"] == f"{SITE}/oauth/end-session"
    assert told["registration_endpoint"] == f"{SITE}/oauth/register"
    assert DEVICE in told["grant_types_supported"]
    assert told["authorization_response_iss_parameter_supported"] is True
