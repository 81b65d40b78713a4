"""The log-in page: forms of our own, guesses slowed down, nobody sent astray."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from auth.models import Session
from auth.pages.authorize import after_login
from auth.pages.shell import form_target
from auth.passwords import PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, Guesses, network_of, pause
from domain.accounts.models import Account
from domain.clock import Clock
from tests.auth.outside import PASSWORD, SITE, Browser, Site, sent_back


async def test_a_right_password_opens_a_log_in_kept_from_scripts(browser: Browser) -> None:
    page = await browser.open("/oauth/login")
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))

    answer = await browser.http.post(
        "/oauth/login", data={**fields, "email": "DURAND@example.fr ", "password": PASSWORD}
    )

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-bordereau-session=")
    for attribute in ("HttpOnly", "Path=/", "SameSite=lax", "Secure"):
        assert attribute in cookie
    assert cookie.split("=")[1].split(";")[0] not in str(await Session.all().values())


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("durand@example.fr", "wrong"),
        ("durand@example.fr", ""),
        ("durand@example.fr", "a" * 5_000),
        ("nobody@example.fr", PASSWORD),
        ("", PASSWORD),
        ("\u202edurand@example.fr", PASSWORD),
    ],
)
async def test_every_wrong_log_in_gets_the_same_answer(
    browser: Browser, email: str, password: str
) -> None:
    page = await browser.log_in(email=email, password=password)

    assert page.status_code == 403
    assert "Adresse électronique ou mot de passe incorrect." in page.text
    assert "Wrong e-mail address or password." in page.text
    assert not await Session.exists()


@pytest.mark.parametrize("status", ["PENDING", "DISABLED"])
async def test_an_account_that_is_not_active_cannot_log_in(browser: Browser, status: str) -> None:
    await Account.filter(id=browser.site.person.id).update(status=status)

    page = await browser.log_in()

    assert page.status_code == 403
    assert "mot de passe incorrect" in page.text


async def test_an_account_without_a_password_cannot_log_in(browser: Browser) -> None:
    await Account.filter(id=browser.site.person.id).update(password_hash=None)

    page = await browser.log_in(password="")

    assert page.status_code == 403


async def test_a_form_that_is_not_ours_logs_nobody_in(browser: Browser) -> None:
    for forged in ("", "0" * 64, "\u00e9"):
        page = await browser.log_in(form_token=forged)
        assert page.status_code == 403
        assert "Ce formulaire a expiré" in page.text

    assert not await Session.exists()


async def test_a_form_sent_by_another_site_logs_nobody_in(browser: Browser) -> None:
    browser.http.headers["sec-fetch-site"] = "cross-site"

    page = await browser.log_in()

    assert page.status_code == 403
    assert not await Session.exists()


async def test_the_form_of_one_browser_is_of_no_use_in_another(site: Site) -> None:
    async with site.http() as mine, site.http() as theirs:
        page = await Browser(site, mine).open("/oauth/login")
        await Browser(site, theirs).open("/oauth/login")

        answer = await Browser(site, theirs).log_in(page)

    assert answer.status_code == 403


async def test_a_session_planted_beforehand_is_replaced(browser: Browser) -> None:
    browser.http.cookies.set("__Host-bordereau-session", "planted", domain="bordereau.test")

    await browser.log_in()

    assert browser.http.cookies["__Host-bordereau-session"] != "planted"


async def test_logging_in_again_ends_the_previous_log_in_of_the_browser(browser: Browser) -> None:
    await browser.log_in()
    await browser.log_in()

    assert await Session.all().count() == 1


async def test_logging_out_needs_our_own_form(browser: Browser) -> None:
    await browser.log_in()

    page = await browser.send(await browser.open("/oauth/logout"), form_token="forged")

    assert page.status_code == 403
    assert await Session.exists()


@pytest.mark.parametrize(
    "astray",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "javascript:alert(1)",
        "/oauth/authorize?redirect_uri=https://evil.test",
        "client_id=x&redirect_uri=https%3A%2F%2Fevil.test&response_type=code",
        "a=b\r\nLocation: https://evil.test",
        "%0d%0aLocation:%20https://evil.test",
        "\0",
        "caf\u00e9",
    ],
)
async def test_a_log_in_never_leads_off_the_site(browser: Browser, astray: str) -> None:
    page = await browser.open("/oauth/login", next=astray)

    answer = await browser.log_in(page)

    assert "location" not in answer.headers
    assert str(answer.url).startswith(SITE)


async def test_pages_hold_no_script_and_forbid_any(browser: Browser) -> None:
    page = await browser.authorize(login_hint='"><script>alert(1)</script>')

    policy = page.headers["content-security-policy"]
    assert page.url.path == "/oauth/login"
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("form-action 'self' https://app.test")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_a_hint_fills_the_address_in(browser: Browser) -> None:
    page = await browser.authorize(login_hint="durand@example.fr")

    assert 'value="durand@example.fr"' in page.text


async def test_the_policy_of_a_page_does_not_repeat_an_address_nobody_registered(
    browser: Browser,
) -> None:
    page = await browser.open(
        "/oauth/login",
        next=f"client_id={browser.site.spa.id}&redirect_uri=https%3A%2F%2Fevil.test",
    )

    assert "evil.test" not in page.headers["content-security-policy"]


async def test_the_style_sheet_is_our_own(browser: Browser) -> None:
    page = await browser.open("/oauth/login")
    linked = re.findall(r'<(?:link|img|script)[^>]* (?:href|src)="([^"]+)"', page.text)

    assert len(linked) == 3
    for address in linked:
        assert address.startswith("/oauth/static/")
        assert (await browser.open(address)).status_code == 200


async def test_guessing_is_slowed_down_for_the_guesser_alone(
    browser: Browser, clock: Clock
) -> None:
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        await browser.log_in(password="wrong")

    refused = await browser.log_in()
    owner = await Guesses(browser.site.settings.key("guesses")).admit(
        "durand@example.fr", "192.0.2.7"
    )

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert "Réessayez dans 1 secondes" in refused.text
    assert owner == 0
    clock.advance(timedelta(seconds=1))
    assert (await browser.log_in()).status_code == 200


async def test_a_success_forgets_the_failures(browser: Browser, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(PER_ACCOUNT_AND_ADDRESS.free - 1):
            assert (await browser.log_in(password="wrong")).status_code == 403
        assert (await browser.log_in()).status_code == 200


async def test_failures_are_forgotten_after_an_hour(site: Site, clock: Clock) -> None:
    guesses = Guesses(b"key")
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        await guesses.admit("a@b.fr", "192.0.2.1")
    assert await guesses.admit("a@b.fr", "192.0.2.1") == 1

    clock.advance(timedelta(hours=1, seconds=1))

    assert await guesses.admit("a@b.fr", "192.0.2.1") == 0


async def test_one_address_cannot_try_every_account(site: Site, clock: Clock) -> None:
    guesses = Guesses(b"key")
    for number in range(PER_ADDRESS.free):
        assert await guesses.admit(f"{number}@b.fr", "2001:db8::1") == 0

    assert await guesses.admit("new@b.fr", "2001:db8::2") == 1
    assert await guesses.admit("new@b.fr", "2001:db8:0:1::1") == 0


def test_the_pause_doubles_up_to_its_limit() -> None:
    seconds = [pause(n, PER_ACCOUNT_AND_ADDRESS).total_seconds() for n in range(4, 18)]

    assert seconds == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_a_subscriber_of_ipv6_is_one_caller() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") == "2001:db8::/64"
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("testclient") == "testclient"


@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [
        ("https://app.test/callback?x=1", "https://app.test"),
        ("http://127.0.0.1:8400/cb", "http://127.0.0.1:8400"),
        ("http://[::1]:8400/cb", "http:"),
        ("fr.example.app:/cb", "fr.example.app:"),
    ],
)
def test_the_policy_lets_a_form_end_at_the_application(redirect_uri: str, source: str) -> None:
    assert form_target(redirect_uri) == source


def test_a_fresh_log_in_is_not_demanded_twice() -> None:
    asked = {"client_id": "x", "prompt": "login consent", "max_age": "0"}

    assert after_login(asked) == {"client_id": "x", "prompt": "consent"}


async def test_an_answer_to_the_application_is_not_kept(browser: Browser) -> None:
    answer = await browser.log_in(await browser.authorize())

    assert "code" in sent_back(answer)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
