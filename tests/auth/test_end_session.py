"""Log-out asked for by an application: nobody is logged out or sent away by a mere link."""

from __future__ import annotations

import pytest

from auth.keys import Keys
from auth.models import Session
from domain.accounts.actions import create_account
from tests.auth.outside import CALLBACK, LOGGED_OUT, Browser, refresh, tokens


async def test_an_application_that_knows_who_is_logged_in_logs_them_out(browser: Browser) -> None:
    issued = await tokens(browser, scope="openid invoice:issue")

    answer = await browser.open(
        "/oauth/end-session",
        id_token_hint=issued["id_token"],
        post_logout_redirect_uri=LOGGED_OUT,
        state="s 1",
    )

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{LOGGED_OUT}?state=s+1"
    assert not await Session.exists()
    assert (await browser.site.who(issued["access_token"]))["status"] == 401
    renewed = await refresh(browser.site, issued["refresh_token"])
    assert renewed.json()["error"] == "invalid_grant"


async def test_the_hint_of_a_log_in_long_past_still_counts(browser: Browser) -> None:
    issued = await tokens(browser, scope="openid")
    await Keys(browser.site.settings).rotate()
    await Keys(browser.site.settings).rotate()

    answer = await browser.open("/oauth/end-session", id_token_hint=issued["id_token"])

    assert "Vous êtes déconnecté" in answer.text
    assert not await Session.exists()


@pytest.mark.parametrize("hint", ["", "forged", "a.b.c", "access token"])
async def test_anyone_else_must_be_confirmed_by_the_person(browser: Browser, hint: str) -> None:
    issued = await tokens(browser, scope="openid")
    given = issued["access_token"] if hint == "access token" else hint

    page = await browser.open(
        "/oauth/end-session",
        id_token_hint=given,
        client_id=browser.site.spa.id,
        post_logout_redirect_uri=LOGGED_OUT,
    )

    assert "Se déconnecter ?" in page.text
    assert await Session.exists()
    assert page.headers["content-security-policy"].endswith("form-action 'self' https://app.test")
    answer = await browser.send(page)
    assert answer.headers["location"] == LOGGED_OUT
    assert not await Session.exists()


async def test_the_confirmation_needs_our_own_form(browser: Browser) -> None:
    await browser.log_in()
    page = await browser.open("/oauth/end-session")

    answer = await browser.send(page, form_token="forged")

    assert answer.status_code == 403
    assert await Session.exists()


async def test_the_hint_of_another_person_logs_nobody_out(browser: Browser) -> None:
    issued = await tokens(browser, scope="openid")
    await Session.all().update(account_id=(await _other()))

    page = await browser.open("/oauth/end-session", id_token_hint=issued["id_token"])

    assert "Se déconnecter ?" in page.text
    assert await Session.exists()


async def _other() -> str:
    return (await create_account("autre@example.fr", "Autre")).id


@pytest.mark.parametrize(
    "astray",
    [
        "https://evil.test/",
        CALLBACK,
        f"{LOGGED_OUT}/",
        f"{LOGGED_OUT}?x=1",
        f"{LOGGED_OUT}#x",
        "//app.test/logged-out",
        "https://app.test@evil.test/logged-out",
    ],
)
async def test_a_log_out_never_leads_where_nobody_registered(browser: Browser, astray: str) -> None:
    issued = await tokens(browser, scope="openid")

    page = await browser.open(
        "/oauth/end-session", id_token_hint=issued["id_token"], post_logout_redirect_uri=astray
    )

    assert page.status_code == 400
    assert "location" not in page.headers
    assert await Session.exists()


async def test_a_hint_given_to_another_client_is_refused(browser: Browser) -> None:
    issued = await tokens(browser, scope="openid")

    page = await browser.open(
        "/oauth/end-session", id_token_hint=issued["id_token"], client_id=browser.site.erp.id
    )

    assert page.status_code == 400
    assert await Session.exists()


async def test_the_request_may_come_by_post(browser: Browser) -> None:
    answer = await browser.http.post("/oauth/end-session", data={"client_id": "x"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/oauth/end-session?client_id=x"


async def test_whoever_is_logged_out_already_is_sent_on(browser: Browser) -> None:
    answer = await browser.open(
        "/oauth/end-session",
        client_id=browser.site.spa.id,
        post_logout_redirect_uri=LOGGED_OUT,
        state="s",
    )

    assert answer.headers["location"] == f"{LOGGED_OUT}?state=s"
