"""The second step of a log-in: nothing opens before it, and it cannot be walked around."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import httpx2
import pytest

from auth.factors import actions
from auth.factors.email_codes import TRIES as EMAIL_TRIES
from auth.factors.models import EmailCode, Factor, FactorKind, PendingLogin, RecoveryCode
from auth.factors.pace import PER_ACCOUNT, PER_ACCOUNT_AND_NETWORK, SENDING, FactorPaces
from auth.factors.pending import TRIES
from auth.factors.totp import step_of
from auth.models import AuthorizationCode, Session
from domain import vault
from domain.accounts.models import Account
from domain.clock import Clock, now
from tests.auth.factoring import (
    ACCOUNT,
    PENDING_COOKIE,
    SECOND,
    SESSION_COOKIE,
    Application,
    a_key,
    an_application,
    an_email_factor,
    claims,
    code_sent,
    codes_on,
    forms,
    kinds_sent,
    logged_out,
    second_step,
    secret_on,
    submit,
)
from tests.auth.outside import Browser, Pkce, Site, authorization, sent_back

ONE, TWO = "urn:bordereau:acr:1fa", "urn:bordereau:acr:2fa"


@pytest.fixture
async def other(site: Site) -> AsyncIterator[Browser]:
    """A browser of somebody else."""
    async with site.http() as http:
        yield Browser(site, http)


@pytest.fixture
async def application(browser: Browser, clock: Clock) -> Application:
    """The person has an authenticator application, and is logged out; its codes are fresh."""
    await browser.log_in()
    application = await an_application(browser)
    await logged_out(browser)
    clock.advance(timedelta(minutes=1))
    return application


async def test_without_a_factor_the_password_is_enough_and_the_id_token_says_so(
    browser: Browser,
) -> None:
    pkce = Pkce()

    page = await browser.log_in(await browser.authorize(pkce, scope="openid"))

    said = await claims(browser, page, pkce)
    assert (said["amr"], said["acr"]) == (["pwd"], ONE)


async def test_an_application_is_asked_for_after_the_password(
    browser: Browser, application: Application
) -> None:
    pkce = Pkce()

    page = await second_step(browser, code_challenge=pkce.challenge, scope="openid")
    before = await Session.all().count(), await AuthorizationCode.exists()
    answer = await submit(browser, page, SECOND, code=application.code())

    assert before == (1, False)
    said = await claims(browser, answer, pkce)
    assert (said["amr"], said["acr"]) == (["pwd", "otp", "mfa"], TWO)
    assert not await PendingLogin.exists()
    assert PENDING_COOKIE not in browser.http.cookies


async def test_a_code_typed_with_spaces_is_the_same_code(
    browser: Browser, application: Application
) -> None:
    code = application.code()

    answer = await submit(
        browser, await second_step(browser), SECOND, code=f" {code[:3]} {code[3:]} "
    )

    assert "code" in sent_back(answer)


@pytest.mark.parametrize(
    ("shift", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
async def test_the_clock_of_a_telephone_may_be_one_step_off(
    browser: Browser, application: Application, shift: int, is_right: bool
) -> None:
    page = await second_step(browser)

    answer = await submit(browser, page, SECOND, code=application.code(shift))

    assert ("location" in answer.headers) is is_right
    assert answer.status_code == (303 if is_right else 403)


async def test_a_code_of_an_application_is_used_once(
    browser: Browser, application: Application
) -> None:
    code = application.code()
    await submit(browser, await second_step(browser), SECOND, code=code)
    await logged_out(browser)

    again = await submit(browser, await second_step(browser), SECOND, code=code)

    assert again.status_code == 403
    assert "a déjà servi" in again.text
    assert "was used already" in again.text


async def test_the_code_that_added_the_application_logs_nobody_in(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    application = await an_application(browser)
    await logged_out(browser)

    answer = await submit(browser, await second_step(browser), SECOND, code=application.code())

    assert answer.status_code == 403


def test_a_step_before_the_last_one_used_is_never_accepted() -> None:
    secret, at = "JBSWY3DPEHPK3PXP" * 2, now()
    present = int(at.timestamp()) // 30
    previous = Application(secret).code(-1)

    assert step_of(secret, previous, at, None) == present - 1
    assert step_of(secret, previous, at, present - 2) == present - 1
    assert step_of(secret, previous, at, present - 1) is None
    assert step_of(secret, previous, at, present) is None


async def test_a_code_by_e_mail_is_sent_and_used_once(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_email_factor(browser)
    await logged_out(browser)
    page = await second_step(browser)

    sent = await submit(browser, page, SECOND)
    code = await code_sent()
    answer = await submit(browser, sent, SECOND, code=code)

    assert "Un code vient de vous être envoyé" in sent.text
    assert "code" in sent_back(answer)
    assert code not in str(await EmailCode.all().values())
    await logged_out(browser)
    page = await submit(browser, await second_step(browser), SECOND)
    assert (await submit(browser, page, SECOND, code=code)).status_code == 403


async def test_a_code_by_e_mail_expires_after_ten_minutes(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_email_factor(browser)
    await logged_out(browser)
    page = await second_step(browser)
    clock.advance(timedelta(minutes=1))
    sent = await submit(browser, page, SECOND)
    code = await code_sent()
    await EmailCode.all().update(expires_at=now() - timedelta(milliseconds=1))

    answer = await submit(browser, sent, SECOND, code=code)

    assert answer.status_code == 403
    assert "a expiré" in answer.text


async def test_a_code_by_e_mail_dies_of_a_few_wrong_guesses(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_email_factor(browser)
    await logged_out(browser)
    page = await submit(browser, await second_step(browser), SECOND)
    code = await code_sent()
    wrong = "000000" if code != "000000" else "111111"

    for _ in range(EMAIL_TRIES):
        await submit(browser, page, SECOND, nth=0, code=wrong)
        clock.advance(timedelta(minutes=1))

    assert not await EmailCode.exists()
    assert (await submit(browser, page, SECOND, nth=0, code=code)).status_code == 403


async def test_a_code_by_e_mail_is_of_no_use_to_another_log_in(
    browser: Browser, other: Browser, clock: Clock
) -> None:
    await browser.log_in()
    await an_email_factor(browser)
    await logged_out(browser)
    mine = await submit(browser, await second_step(browser), SECOND)
    code = await code_sent()
    theirs = await submit(other, await second_step(other), SECOND)
    assert await code_sent() != code

    stolen = await submit(other, theirs, SECOND, code=code)

    assert stolen.status_code == 403
    assert "code" in sent_back(await submit(browser, mine, SECOND, code=code))


async def test_messages_with_codes_are_not_sent_without_end(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_email_factor(browser)
    await logged_out(browser)
    page = await second_step(browser)
    for _ in range(SENDING.free - 1):
        page = await submit(browser, page, SECOND, nth=-1)

    refused = await submit(browser, page, SECOND, nth=-1)

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert (await kinds_sent()).count("second_factor_code") == SENDING.free


async def test_a_recovery_code_stands_in_for_a_lost_factor_once(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    page = await browser.open(f"{ACCOUNT}/totp")
    shown = await submit(browser, page, f"{ACCOUNT}/totp", code=Application(secret_on(page)).code())
    codes = codes_on(shown)
    await logged_out(browser)
    await second_step(browser)

    recovery = await browser.open(SECOND, **{"with": "recovery"})
    answer = await submit(browser, recovery, SECOND, code=codes[0].upper().replace("-", " "))

    assert len(set(codes)) == 10
    assert "code" in sent_back(answer)
    assert not {c.replace("-", "") for c in codes} & set(str(await RecoveryCode.all().values()))
    assert (await kinds_sent())[-1] == "account_recovery_code_used"
    await logged_out(browser)
    await second_step(browser)
    again = await submit(
        browser, await browser.open(SECOND, **{"with": "recovery"}), SECOND, code=codes[0]
    )
    assert again.status_code == 403


async def test_a_way_that_the_account_does_not_have_proves_nothing(
    browser: Browser, application: Application
) -> None:
    page = await second_step(browser)

    asked = await submit(browser, page, SECOND, way="email", do="send")
    typed = await submit(browser, page, SECOND, way="password", code="une phrase de passe")

    assert (asked.status_code, typed.status_code) == (403, 403)
    assert "second_factor_code" not in await kinds_sent()
    assert await Session.all().count() == 1


async def test_the_person_chooses_among_its_factors(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_application(browser)
    await an_email_factor(browser)
    await a_key(browser)
    await logged_out(browser)

    page = await second_step(browser)

    assert 'data-webauthn="get"' in page.text
    for way in ("totp", "email", "recovery"):
        assert f'href="{SECOND}?with={way}"' in page.text
    assert "Code à six chiffres" in (await browser.open(SECOND, **{"with": "totp"})).text


async def test_after_the_secret_key_was_changed_an_application_opens_nothing_and_breaks_nothing(
    browser: Browser, application: Application
) -> None:
    factor = await Factor.get()
    elsewhere = vault.seal(application.secret, factor.id, b"another key, of the former site..")
    await Factor.filter(id=factor.id).update(sealed_secret=elsewhere)

    answer = await submit(browser, await second_step(browser), SECOND, code=application.code())

    assert answer.status_code == 403
    assert f'href="{SECOND}?with=recovery"' in answer.text


# Walking around it


async def test_the_authorization_endpoint_gives_nothing_between_the_two_steps(
    browser: Browser, application: Application
) -> None:
    await second_step(browser)

    page = await browser.authorize()
    silent = await browser.authorize(prompt="none")

    assert page.url.path == "/oauth/login"
    assert sent_back(silent)["error"] == "login_required"
    assert not await AuthorizationCode.exists()
    assert SESSION_COOKIE not in browser.http.cookies


@pytest.mark.parametrize("path", [ACCOUNT, f"{ACCOUNT}/totp", "/oauth/password", "/oauth/email"])
async def test_no_page_of_the_account_opens_between_the_two_steps(
    browser: Browser, application: Application, path: str
) -> None:
    await second_step(browser)

    assert (await browser.open(path)).url.path == "/oauth/login"


async def test_the_second_step_adds_no_factor_to_an_account_that_has_one(
    browser: Browser, application: Application
) -> None:
    await second_step(browser)

    page = await browser.open(f"{SECOND}/totp")

    assert page.url.path == SECOND
    assert await Factor.all().count() == 1


async def test_a_log_in_from_before_the_first_factor_opens_nothing_any_more(
    browser: Browser, other: Browser, clock: Clock
) -> None:
    await other.log_in()
    await browser.log_in()

    await an_application(browser)

    assert (await other.authorize()).url.path == "/oauth/login"
    assert (await other.open(ACCOUNT)).url.path == "/oauth/login"
    assert "code" in sent_back(await browser.authorize())


async def test_the_token_of_a_waiting_log_in_is_no_log_in(
    browser: Browser, other: Browser, application: Application
) -> None:
    await second_step(browser)
    token = browser.http.cookies[PENDING_COOKIE]

    other.http.cookies.set(SESSION_COOKIE, token, domain="bordereau.test")

    assert (await other.authorize()).url.path == "/oauth/login"
    assert token not in str(await PendingLogin.all().values())


async def test_a_waiting_log_in_goes_on_in_its_own_browser_only(
    browser: Browser, other: Browser, application: Application
) -> None:
    page = await second_step(browser)
    await other.open("/oauth/login")

    stolen = await other.http.post(SECOND, data={**_hidden(page), "code": application.code()})
    planted = await other.open(SECOND)

    assert (stolen.status_code, planted.status_code) == (403, 403)
    assert "Cette connexion a expiré" in planted.text
    assert await Session.all().count() == 1


async def test_a_stolen_cookie_without_the_form_of_its_browser_is_not_enough(
    browser: Browser, other: Browser, application: Application
) -> None:
    page = await second_step(browser)
    await other.open("/oauth/login")
    other.http.cookies.set(
        PENDING_COOKIE, browser.http.cookies[PENDING_COOKIE], domain="bordereau.test"
    )

    stolen = await other.http.post(SECOND, data={**_hidden(page), "code": application.code()})

    assert stolen.status_code == 403
    assert "Cette page a expiré" in stolen.text
    assert await Session.all().count() == 1


async def test_a_waiting_log_in_opens_one_log_in(
    browser: Browser, other: Browser, application: Application
) -> None:
    page = await second_step(browser)
    kept = dict(browser.http.cookies)
    await submit(browser, page, SECOND, code=application.code())
    for name, value in kept.items():
        other.http.cookies.set(name, value, domain="bordereau.test")

    again = await other.http.post(SECOND, data={**_hidden(page), "code": application.code(1)})

    assert again.status_code == 403
    assert await Session.all().count() == 2


async def test_both_steps_open_a_log_in_under_a_fresh_token(
    browser: Browser, application: Application
) -> None:
    for cookie in (SESSION_COOKIE, PENDING_COOKIE):
        browser.http.cookies.set(cookie, "planted", domain="bordereau.test")
    page = await second_step(browser)
    pending = browser.http.cookies[PENDING_COOKIE]

    await submit(browser, page, SECOND, code=application.code())

    assert pending != "planted"
    assert browser.http.cookies[SESSION_COOKIE] not in ("planted", pending)


async def test_the_cookie_of_a_waiting_log_in_is_kept_from_scripts(
    browser: Browser, application: Application
) -> None:
    page = await browser.open("/oauth/login")

    answer = await browser.http.post(
        "/oauth/login",
        data={**_hidden(page), "email": "durand@example.fr", "password": "une phrase de passe"},
    )

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{PENDING_COOKIE}=")
    for attribute in ("HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=600"):
        assert attribute in cookie


async def test_a_waiting_log_in_ends_after_ten_minutes(
    browser: Browser, application: Application, clock: Clock
) -> None:
    page = await second_step(browser)
    clock.advance(timedelta(minutes=10))

    answer = await submit(browser, page, SECOND, code=application.code())

    assert answer.status_code == 403
    assert "Cette connexion a expiré" in answer.text
    clock.advance(timedelta(milliseconds=1))
    assert await actions.purge() == 1
    assert not await PendingLogin.exists()


async def test_an_account_disabled_meanwhile_gets_no_log_in(
    browser: Browser, application: Application
) -> None:
    page = await second_step(browser)
    await Account.filter(id=browser.site.person.id).update(status="DISABLED")

    answer = await submit(browser, page, SECOND, code=application.code())

    assert answer.status_code == 403
    assert await Session.all().count() == 1


async def test_factors_taken_away_meanwhile_leave_the_first_proof(
    browser: Browser, application: Application
) -> None:
    await second_step(browser)
    factor = await Factor.get()
    await actions.remove(browser.site.person.id, factor.id, is_required=False)

    answer = await browser.open(SECOND)

    assert "code" in sent_back(answer)


async def test_a_form_of_another_site_proves_nothing(
    browser: Browser, application: Application
) -> None:
    page = await second_step(browser)
    browser.http.headers["sec-fetch-site"] = "cross-site"

    answer = await submit(browser, page, SECOND, code=application.code())

    assert answer.status_code == 403
    assert await Session.all().count() == 1


async def test_the_page_of_the_second_step_runs_no_script_but_for_keys(
    browser: Browser, application: Application
) -> None:
    page = await second_step(browser)

    policy = page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "script-src" not in policy
    assert policy.endswith("form-action 'self' https://app.test")


# Guessing


async def test_guessing_a_code_is_slowed_down_and_the_owner_is_told(
    browser: Browser, application: Application, clock: Clock
) -> None:
    page = await second_step(browser)
    for _ in range(PER_ACCOUNT_AND_NETWORK.free):
        assert (await submit(browser, page, SECOND, code="000000")).status_code == 403

    refused = await submit(browser, page, SECOND, code=application.code())

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert "Réessayez dans 1 secondes" in refused.text
    for _ in range(PER_ACCOUNT_AND_NETWORK.free):
        clock.advance(timedelta(seconds=40))
        page = await second_step(browser) if not await PendingLogin.exists() else page
        await submit(browser, page, SECOND, code="000000")
    assert (await kinds_sent()).count("account_second_factor_guessed") == 1


async def test_a_slowed_factor_leaves_the_others_open(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_application(browser)
    key = await a_key(browser)
    await logged_out(browser)
    await second_step(browser)
    by_code = await browser.open(SECOND, **{"with": "totp"})
    for _ in range(PER_ACCOUNT_AND_NETWORK.free):
        await submit(browser, by_code, SECOND, code="000000")
    assert (await submit(browser, by_code, SECOND, code="000000")).status_code == 429

    page = await browser.open(SECOND)
    answer = await submit(browser, page, SECOND, credential=key.sign(page))

    assert "code" in sent_back(answer)


async def test_too_many_wrong_proofs_begin_again_at_the_password(
    browser: Browser, application: Application, clock: Clock
) -> None:
    page = await second_step(browser)
    for _ in range(TRIES):
        clock.advance(timedelta(seconds=40))
        last = await submit(browser, page, SECOND, code="000000")

    assert last.status_code == 403
    assert not await PendingLogin.exists()
    assert "Cette connexion a expiré" in (await browser.open(SECOND)).text


async def test_guesses_from_many_places_are_slowed_down_too(site: Site, clock: Clock) -> None:
    paces = FactorPaces(b"key")
    for place in range(PER_ACCOUNT.free):
        admitted = await paces.admit_guess("acc", "totp", f"192.0.2.{place}")
        assert (admitted.wait_seconds, admitted.count) == (0, place + 1)

    assert (await paces.admit_guess("acc", "totp", "198.51.100.1")).wait_seconds == 1
    assert (await paces.admit_guess("acc", "recovery", "198.51.100.1")).wait_seconds == 0
    assert (await paces.admit_guess("another", "totp", "198.51.100.1")).wait_seconds == 0


async def test_the_right_code_forgets_the_failures_of_its_network_and_no_others(
    site: Site, clock: Clock
) -> None:
    paces = FactorPaces(b"key")
    for _ in range(3):
        await paces.admit_guess("acc", "totp", "192.0.2.1")

    await paces.guessed_right("acc", "totp", "192.0.2.1")

    assert (await paces.admit_guess("acc", "totp", "192.0.2.1")).count == 3


# What applications ask


async def test_a_fresh_log_in_asked_by_the_application_takes_both_steps(
    browser: Browser, application: Application, clock: Clock
) -> None:
    await submit(browser, await second_step(browser), SECOND, code=application.code())
    clock.advance(timedelta(minutes=2))
    pkce = Pkce()

    for asked in ({"prompt": "login"}, {"max_age": "60"}):
        clock.advance(timedelta(minutes=2))
        page = await browser.log_in(await browser.authorize(pkce, scope="openid", **asked))
        assert page.url.path == SECOND
        answer = await submit(browser, page, SECOND, code=application.code())

        said = await claims(browser, answer, pkce)
        assert said["auth_time"] == int(now().timestamp())
        assert said["acr"] == TWO


async def test_asking_for_an_authentication_context_is_no_error(browser: Browser) -> None:
    pkce = Pkce()

    page = await browser.log_in(await browser.authorize(pkce, scope="openid", acr_values=TWO))

    assert (await claims(browser, page, pkce))["acr"] == ONE


async def test_the_authorization_request_is_kept_through_both_steps(
    browser: Browser, application: Application
) -> None:
    asked = authorization(browser.site, Pkce(), state="a state; with = signs & more")

    page = await browser.log_in(await browser.open(f"/oauth/authorize?{urlencode(asked)}"))
    answer = await submit(browser, page, SECOND, code=application.code())

    assert sent_back(answer)["state"] == "a state; with = signs & more"


async def test_an_e_mail_factor_is_one_however_often_it_is_added(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    await an_email_factor(browser)
    page = await submit(browser, await browser.open(f"{ACCOUNT}/email"), f"{ACCOUNT}/email", nth=-1)

    again = await submit(browser, page, f"{ACCOUNT}/email", code=await code_sent())

    assert again.status_code == 403
    assert "déjà un second facteur" in again.text
    assert await Factor.filter(kind=FactorKind.EMAIL).count() == 1


def _hidden(page: httpx2.Response) -> dict[str, str]:
    return forms(page)[0][1]
