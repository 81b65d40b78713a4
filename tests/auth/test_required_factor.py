"""A site that asks everyone for a second factor: `SECOND_FACTOR=required`."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from auth.config import AuthSettings
from auth.factors import actions
from auth.factors.actions import Added
from auth.factors.models import Factor, FactorKind, PendingLogin
from auth.models import AuthorizationCode, Session
from auth.routes import build_auth
from domain.accounts.models import Account
from domain.clock import Clock
from domain.errors import Invalid
from domain.ids import new_id
from tests.auth.factoring import (
    ACCOUNT,
    SECOND,
    SESSION_COOKIE,
    Application,
    a_key,
    an_application,
    claims,
    codes_on,
    factors,
    second_step,
    secret_on,
    submit,
)
from tests.auth.outside import SITE, Browser, Pkce, Site, sent_back

TOTP = f"{SECOND}/totp"


@pytest.fixture
def settings() -> AuthSettings:
    return AuthSettings(
        public_url=SITE,
        secret_key=b"k" * 32,
        allowed_origins=("https://app.test",),
        second_factor="required",
    )


@pytest.fixture
async def other(site: Site) -> AsyncIterator[Browser]:
    """Another browser."""
    async with site.http() as http:
        yield Browser(site, http)


async def test_who_has_no_factor_adds_one_before_any_code_is_issued(
    browser: Browser, clock: Clock
) -> None:
    pkce = Pkce()
    choice = await second_step(browser, code_challenge=pkce.challenge, scope="openid")
    for kind in ("key", "totp", "email"):
        assert f'href="{SECOND}/{kind}"' in choice.text
    page = await browser.open(TOTP)
    before = await Session.exists(), await AuthorizationCode.exists()

    shown = await submit(browser, page, TOTP, code=Application(secret_on(page)).code())
    onward = shown.text.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    answer = await browser.open(onward)

    assert before == (False, False)
    assert len(codes_on(shown)) == 10
    assert (await claims(browser, answer, pkce))["amr"] == ["pwd", "otp", "mfa"]
    assert not await PendingLogin.exists()
    assert await factors(browser) == ["TOTP"]


async def test_a_key_and_the_e_mail_address_will_do_too(browser: Browser) -> None:
    await second_step(browser)
    await a_key(browser, base=SECOND)

    assert await factors(browser) == ["KEY"]
    assert (await Session.get()).methods.split() == ["pwd", "hwk", "mfa"]


async def test_nothing_opens_until_the_factor_is_there(browser: Browser, clock: Clock) -> None:
    await second_step(browser)

    assert (await browser.authorize()).url.path == "/oauth/login"
    assert (await browser.open(ACCOUNT)).url.path == "/oauth/login"
    assert SESSION_COOKIE not in browser.http.cookies
    page = await browser.http.post(SECOND, data={"way": "recovery", "code": "0" * 16})
    assert "Choisissez-en un" in page.text
    assert not await Session.exists()


async def test_two_browsers_that_wait_add_one_factor_between_them(
    browser: Browser, other: Browser, clock: Clock
) -> None:
    """Whoever knows the password must not add a factor beside the owner's."""
    await second_step(browser)
    await second_step(other)
    theirs = await other.open(TOTP)
    await an_application(browser, base=SECOND)

    late = await submit(other, theirs, TOTP, code=Application(secret_on(theirs)).code())

    assert late.url.path == SECOND
    assert "Code à six chiffres" in late.text
    assert await Factor.all().count() == 1
    assert await Session.all().count() == 1


async def test_the_last_factor_is_not_removed(browser: Browser, clock: Clock) -> None:
    await second_step(browser)
    await an_application(browser, base=SECOND)
    page = await browser.open(ACCOUNT)

    refused = await submit(browser, page, f"{ACCOUNT}/remove")

    assert refused.status_code == 403
    assert "le dernier ne se retire pas" in refused.text
    assert await factors(browser) == ["TOTP"]
    await a_key(browser)
    await submit(browser, await browser.open(ACCOUNT), f"{ACCOUNT}/remove", nth=0)
    assert await factors(browser) == ["KEY"]


async def test_a_log_in_from_before_the_rule_opens_nothing_any_more(
    site: Site, settings: AuthSettings
) -> None:
    routes, _ = build_auth(replace(settings, second_factor="optional"))
    before = replace(site, app=Starlette(routes=routes))
    async with before.http() as http:
        await Browser(before, http).log_in()
        cookie = http.cookies[SESSION_COOKIE]
    async with site.http() as http:
        http.cookies.set(SESSION_COOKIE, cookie, domain="bordereau.test")

        page = await Browser(site, http).authorize()

    assert page.url.path == "/oauth/login"


async def test_an_account_disabled_meanwhile_adds_nothing(browser: Browser, clock: Clock) -> None:
    await second_step(browser)
    page = await browser.open(TOTP)
    await Account.filter(id=browser.site.person.id).update(status="DISABLED")

    answer = await submit(browser, page, TOTP, code=Application(secret_on(page)).code())

    assert answer.status_code == 403
    assert not await Factor.exists()


async def test_a_passkey_alone_is_two_factors(browser: Browser) -> None:
    await second_step(browser)
    key = await a_key(browser, base=SECOND)
    browser.http.cookies.clear()
    login = await browser.authorize()
    page = await browser.open("/oauth/passkey", next=_next(login.text))

    answer = await submit(browser, page, "/oauth/passkey", credential=key.sign(page))

    assert "code" in sent_back(answer)


def _next(text: str) -> str:
    return html.unescape(text.split('name="next" value="')[1].split('"', maxsplit=1)[0])


async def test_of_two_first_factors_added_at_the_same_time_one_is_kept(site: Site) -> None:
    """The page asks first; the action asks again, under the lock of the account."""
    names = ("Mobile", "Celui d'un autre")

    done = await asyncio.gather(*(_first(site, name) for name in names), return_exceptions=True)

    refused = [problem for problem in done if isinstance(problem, Invalid)]
    assert [p.rule for r in refused for p in r.problems] == ["BDR-ACC-055"]
    assert await Factor.all().count() == 1


async def _first(site: Site, name: str) -> Added:
    return await actions.add(
        site.person.id,
        FactorKind.EMAIL if name == "Mobile" else FactorKind.TOTP,
        name,
        identifier=new_id("fac"),
        only_first=True,
        **({} if name == "Mobile" else {"sealed_secret": "sealed"}),
    )
