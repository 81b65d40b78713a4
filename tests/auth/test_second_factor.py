"""The second step of a log-in: nothing opens before it, and it cannot be walked around."""

from __future__ import annotations

from datetime import timedelta

from auth.factors.models import PendingLogin
from auth.models import AuthorizationCode, Session
from domain.clock import Clock
from tests.auth.factoring import (
    PENDING_COOKIE,
    SECOND,
    an_application,
    claims,
    logged_out,
    second_step,
    submit,
)
from tests.auth.outside import Browser, Pkce

ONE, TWO = "urn:bordereau:acr:1fa", "urn:bordereau:acr:2fa"


async def test_without_a_factor_the_password_is_enough_and_the_id_token_says_so(
    browser: Browser,
) -> None:
    pkce = Pkce()

    page = await browser.log_in(await browser.authorize(pkce, scope="openid"))

    said = await claims(browser, page, pkce)
    assert (said["amr"], said["acr"]) == (["pwd"], ONE)


async def test_an_application_is_asked_for_after_the_password(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    application = await an_application(browser)
    await logged_out(browser)
    clock.advance(timedelta(minutes=1))
    pkce = Pkce()

    page = await second_step(browser, code_challenge=pkce.challenge, scope="openid")
    before = await Session.all().count(), await AuthorizationCode.exists()
    answer = await submit(browser, page, SECOND, code=application.code())

    assert before == (1, False)
    said = await claims(browser, answer, pkce)
    assert (said["amr"], said["acr"]) == (["pwd", "otp", "mfa"], TWO)
    assert not await PendingLogin.exists()
    assert PENDING_COOKIE not in browser.http.cookies
