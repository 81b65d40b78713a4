"""The security page: what a person sees and changes of the ways into their account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from auth.factors.actions import MOST
from auth.factors.models import Factor, RecoveryCode
from auth.models import Session
from auth.provisioning import set_password
from domain import events
from domain.accounts.actions import create_account
from domain.accounts.models import Account
from domain.clock import Clock
from domain.db import fetch
from tests.auth.factoring import (
    ACCOUNT,
    SECOND,
    SESSION_COOKIE,
    Application,
    a_key,
    an_application,
    an_email_factor,
    code_sent,
    codes_on,
    factors,
    forms,
    kinds_sent,
    logged_out,
    second_step,
    secret_on,
    submit,
)
from tests.auth.outside import PASSWORD, Browser, Site, sent_back

CONFIRM = f"{ACCOUNT}/confirm"
REMOVE, RENAME = f"{ACCOUNT}/remove", f"{ACCOUNT}/rename"
CODES, END = f"{ACCOUNT}/recovery-codes", f"{ACCOUNT}/log-ins/end"


@pytest.fixture
async def other(site: Site) -> AsyncIterator[Browser]:
    """Another browser."""
    async with site.http() as http:
        yield Browser(site, http)


async def told(browser: Browser) -> list[str]:
    """What happened to the person's account, in order."""
    return [event.kind for event in await events.of_subject(browser.site.person.id)]


async def test_nobody_sees_it_without_a_log_in_and_the_log_in_leads_back(browser: Browser) -> None:
    page = await browser.open(ACCOUNT)
    assert page.url.path == "/oauth/login"

    back = await browser.log_in(page)

    assert back.url.path == ACCOUNT
    assert "durand@example.fr" in back.text


async def test_it_shows_what_there_is_and_what_can_be_added(browser: Browser) -> None:
    await browser.log_in()

    page = await browser.open(ACCOUNT)

    assert "le mot de passe seul ouvre votre compte" in page.text
    for path in ("totp", "key", "email"):
        assert f'href="{ACCOUNT}/{path}"' in page.text
    for path in ("/oauth/password", "/oauth/email", "/oauth/logout"):
        assert f'href="{path}"' in page.text
    assert "<script" not in page.text


async def test_the_first_factor_brings_ten_recovery_codes_shown_once(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    page = await browser.open(f"{ACCOUNT}/totp")

    shown = await submit(
        browser, page, f"{ACCOUNT}/totp", code=Application(secret_on(page)).code(), name="Mobile"
    )

    codes = codes_on(shown)
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    assert shown.headers["cache-control"] == "no-store"
    account = await browser.open(ACCOUNT)
    assert "Il vous en reste 10" in account.text
    assert not any(code in account.text for code in codes)
    assert await told(browser) == ["account.factor_added"]
    assert await kinds_sent() == ["account_factor_added"]


async def test_the_second_factor_brings_no_further_codes(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_application(browser)
    before = [c.id for c in await RecoveryCode.all().order_by("id")]

    await a_key(browser)

    assert [c.id for c in await RecoveryCode.all().order_by("id")] == before


async def test_the_secret_of_an_application_is_never_stored_in_clear(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()

    application = await an_application(browser)

    assert application.secret not in str(await Factor.all().values())
    rows = await fetch("SELECT data FROM event")
    assert application.secret not in str([row[0] for row in rows])


async def test_an_application_is_added_once_it_shows_the_right_code(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    page = await browser.open(f"{ACCOUNT}/totp")
    assert "<svg" in page.text
    assert "style=" not in page.text

    wrong = await submit(browser, page, f"{ACCOUNT}/totp", code="000000", name="Mobile")

    assert wrong.status_code == 403
    assert secret_on(wrong) == secret_on(page)
    assert 'value="Mobile"' in wrong.text
    assert await factors(browser) == []
    added = await submit(
        browser, wrong, f"{ACCOUNT}/totp", code=Application(secret_on(wrong)).code(), name="Mobile"
    )
    assert added.status_code == 200
    assert [f.name for f in await Factor.all()] == ["Mobile"]


async def test_a_secret_that_was_proposed_is_good_for_one_factor_one_log_in_and_ten_minutes(
    browser: Browser, other: Browser, clock: Clock
) -> None:
    await browser.log_in()
    await other.log_in()
    page = await browser.open(f"{ACCOUNT}/totp")
    theirs = await other.open(f"{ACCOUNT}/totp")
    sealed = forms(page)[0][1]["secret"]
    application = Application(secret_on(page))

    stolen = await submit(other, theirs, f"{ACCOUNT}/totp", secret=sealed, code=application.code())
    forged = await submit(
        browser, page, f"{ACCOUNT}/totp", secret="AAAA" + sealed[4:], code=application.code()
    )
    await submit(browser, page, f"{ACCOUNT}/totp", code=application.code())
    again = await submit(
        browser,
        await browser.open(f"{ACCOUNT}/totp"),
        f"{ACCOUNT}/totp",
        secret=sealed,
        code=application.code(),
    )

    assert [r.status_code for r in (stolen, forged, again)] == [403, 403, 403]
    assert "Cette page a expiré" in again.text
    assert await factors(browser) == ["TOTP"]
    late = await browser.open(f"{ACCOUNT}/totp")
    clock.advance(timedelta(minutes=10))
    await _confirmed(browser)
    token = forms(await browser.open(f"{ACCOUNT}/totp"))[0][1]["form_token"]
    refused = await submit(
        browser,
        late,
        f"{ACCOUNT}/totp",
        form_token=token,
        code=Application(secret_on(late)).code(),
    )
    assert refused.status_code == 403
    assert await factors(browser) == ["TOTP"]


async def test_the_e_mail_address_is_added_once_its_code_comes_back(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    page = await browser.open(f"{ACCOUNT}/email")
    sent = await submit(browser, page, f"{ACCOUNT}/email")
    code = await code_sent()

    wrong = await submit(
        browser, sent, f"{ACCOUNT}/email", code="000000" if code != "000000" else "111111"
    )
    none_yet = await factors(browser)
    added = await submit(browser, wrong, f"{ACCOUNT}/email", code=code)

    assert (wrong.status_code, none_yet) == (403, [])
    assert len(codes_on(added)) == 10
    assert await factors(browser) == ["EMAIL"]


async def test_adding_a_factor_makes_the_log_in_a_strong_one_under_a_fresh_token(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    before = browser.http.cookies[SESSION_COOKIE]

    await an_application(browser)

    session = await Session.get()
    assert session.methods.split() == ["pwd", "otp", "mfa"]
    assert browser.http.cookies[SESSION_COOKIE] != before
    assert "code" in sent_back(await browser.authorize())


async def test_a_factor_is_renamed(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_application(browser, name="Mobile")
    page = await browser.open(ACCOUNT)

    shown = await submit(browser, page, RENAME, name="<b>Ancien</b> téléphone")
    refused = await submit(browser, shown, RENAME, name="a\u202eb")

    assert "&lt;b&gt;Ancien&lt;/b&gt; téléphone" in shown.text
    assert refused.status_code == 403
    assert [f.name for f in await Factor.all()] == ["<b>Ancien</b> téléphone"]
    assert await told(browser) == ["account.factor_added", "account.factor_renamed"]


async def test_a_factor_is_removed_and_the_codes_go_with_the_last_one(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    await an_application(browser)
    await an_email_factor(browser)

    page = await submit(browser, await browser.open(ACCOUNT), REMOVE, nth=0)
    one_left = await factors(browser), await RecoveryCode.all().count()
    await submit(browser, page, REMOVE)

    assert one_left == (["EMAIL"], 10)
    assert (await factors(browser), await RecoveryCode.all().count()) == ([], 0)
    assert await told(browser) == [
        "account.factor_added",
        "account.factor_added",
        "account.factor_removed",
        "account.factor_removed",
    ]
    assert (await kinds_sent()).count("account_factor_removed") == 2
    await logged_out(browser)
    assert "code" in sent_back(await browser.log_in(await browser.authorize()))


async def test_the_factor_of_somebody_else_is_not_found(
    browser: Browser, other: Browser, clock: Clock
) -> None:
    stranger = await create_account("martin@example.fr", "Paul Martin")
    await set_password(stranger, PASSWORD)
    await other.log_in(email="martin@example.fr")
    await a_key(other)
    theirs = await Factor.get()
    await browser.log_in()
    await an_application(browser)
    page = await browser.open(ACCOUNT)

    for action, filled in ((REMOVE, {}), (RENAME, {"name": "Volée"})):
        answer = await submit(browser, page, action, factor=theirs.id, **filled)
        assert answer.status_code == 403
        assert "Il n&#39;existe rien de tel pour vous" in answer.text

    await theirs.refresh_from_db()
    assert theirs.name == "Clé de sécurité ou clé d'accès"


async def test_there_are_at_most_ten_factors(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    for _ in range(MOST):
        await a_key(browser)
    page = await browser.open(f"{ACCOUNT}/totp")

    answer = await submit(
        browser, page, f"{ACCOUNT}/totp", code=Application(secret_on(page)).code()
    )

    assert answer.status_code == 403
    assert "au plus 10 seconds facteurs" in answer.text
    assert len(await factors(browser)) == MOST


async def test_new_recovery_codes_replace_the_others(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    page = await browser.open(f"{ACCOUNT}/totp")
    first = codes_on(
        await submit(browser, page, f"{ACCOUNT}/totp", code=Application(secret_on(page)).code())
    )

    second = codes_on(await submit(browser, await browser.open(ACCOUNT), CODES))

    assert len(second) == 10
    assert not set(first) & set(second)
    assert (await told(browser))[-1] == "account.recovery_codes_made"
    assert (await kinds_sent())[-1] == "account_recovery_codes_made"
    await logged_out(browser)
    await second_step(browser)
    for code, status in ((first[0], 403), (second[0], 303)):
        asked = await browser.open(SECOND, **{"with": "recovery"})
        assert (await submit(browser, asked, SECOND, code=code)).status_code == status


async def test_recovery_codes_stand_in_for_something(browser: Browser) -> None:
    await browser.log_in()
    token = forms(await browser.open("/oauth/logout"))[0][1]["form_token"]

    answer = await browser.http.post(CODES, data={"form_token": token})

    assert answer.status_code == 403
    assert not await RecoveryCode.exists()


# A fresh proof


@pytest.mark.parametrize("path", ["totp", "key", "email"])
async def test_an_old_log_in_proves_itself_again_before_it_adds_a_factor(
    browser: Browser, clock: Clock, path: str
) -> None:
    await browser.log_in()
    clock.advance(timedelta(minutes=10, seconds=1))

    page = await browser.open(f"{ACCOUNT}/{path}")
    assert page.url.path == CONFIRM
    added = await submit(browser, page, CONFIRM, code=PASSWORD)

    assert added.url.path == f"{ACCOUNT}/{path}"
    assert (await Session.get()).methods == "pwd"


async def test_an_old_log_in_changes_nothing_without_a_fresh_proof(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    await an_application(browser, name="Mobile")
    page = await browser.open(ACCOUNT)
    clock.advance(timedelta(minutes=10, seconds=1))

    for action in (REMOVE, RENAME, CODES):
        answer = await submit(browser, page, action, name="Volé")
        assert answer.url.path == CONFIRM

    assert [f.name for f in await Factor.all()] == ["Mobile"]
    assert await told(browser) == ["account.factor_added"]


async def test_a_wrong_password_confirms_nothing_and_is_slowed_down(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    clock.advance(timedelta(minutes=11))
    page = await browser.open(CONFIRM)

    for _ in range(5):
        wrong = await submit(browser, page, CONFIRM, code="wrong")
        assert wrong.status_code == 403
        assert "Mot de passe incorrect" in wrong.text
    refused = await submit(browser, page, CONFIRM, code=PASSWORD)

    assert refused.status_code == 429
    assert (await browser.open(f"{ACCOUNT}/totp")).url.path == CONFIRM


async def test_a_factor_confirms_as_well_as_the_password(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    application = await an_application(browser)
    key = await a_key(browser)
    before = browser.http.cookies[SESSION_COOKIE]
    clock.advance(timedelta(minutes=11))

    page = await browser.open(CONFIRM, then="totp", **{"with": "totp"})
    done = await submit(browser, page, CONFIRM, code=application.code())
    clock.advance(timedelta(minutes=11))
    page = await browser.open(CONFIRM, then="email", **{"with": "key"})
    again = await submit(browser, page, CONFIRM, credential=key.sign(page))

    assert (done.url.path, again.url.path) == (f"{ACCOUNT}/totp", f"{ACCOUNT}/email")
    assert browser.http.cookies[SESSION_COOKIE] != before
    assert await Session.all().count() == 1


async def test_an_account_without_password_nor_factor_confirms_by_e_mail(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()
    await Account.filter(id=browser.site.person.id).update(password_hash=None)
    clock.advance(timedelta(minutes=11))

    page = await submit(browser, await browser.open(CONFIRM, then="key"), CONFIRM)
    done = await submit(browser, page, CONFIRM, code=await code_sent())

    assert done.url.path == f"{ACCOUNT}/key"


@pytest.mark.parametrize("then", ["https://evil.test", "//evil.test", "../authorize", "", "nope"])
async def test_a_confirmation_leads_to_our_own_pages_only(
    browser: Browser, clock: Clock, then: str
) -> None:
    await browser.log_in()
    page = await browser.open(CONFIRM, then=then)

    done = await submit(browser, page, CONFIRM, code=PASSWORD)
    forced = await submit(browser, page, CONFIRM, code=PASSWORD, then=then)

    assert done.url.path == ACCOUNT
    assert "evil" not in str(forced.url)


# Forms and log-ins


@pytest.mark.parametrize("path", [REMOVE, RENAME, CODES, END, f"{ACCOUNT}/totp", f"{ACCOUNT}/key"])
async def test_every_change_needs_our_own_form(browser: Browser, clock: Clock, path: str) -> None:
    await browser.log_in()
    await an_application(browser)
    factor = await Factor.get()

    answer = await browser.http.post(
        path, data={"form_token": "0" * 64, "factor": factor.id, "name": "Volé"}
    )

    assert answer.status_code == 403
    assert await told(browser) == ["account.factor_added"]


async def test_other_log_ins_are_ended_one_by_one_or_together(
    browser: Browser, other: Browser, site: Site, clock: Clock
) -> None:
    await browser.log_in()
    await other.log_in()
    async with site.http() as third:
        await Browser(site, third).log_in()
        page = await browser.open(ACCOUNT)
        assert page.text.count('name="log_in"') == 3

        one_less = await submit(browser, page, END, nth=0)
        assert await Session.all().count() == 2
        await submit(browser, one_less, END, nth=-1)

    assert await Session.all().count() == 1
    assert (await browser.open(ACCOUNT)).url.path == ACCOUNT
    assert (await other.open(ACCOUNT)).url.path == "/oauth/login"


async def test_the_log_in_of_somebody_else_is_not_ended(browser: Browser, other: Browser) -> None:
    stranger = await create_account("martin@example.fr", "Paul Martin")
    await set_password(stranger, PASSWORD)
    await other.log_in(email="martin@example.fr")
    await browser.log_in()
    theirs = await Session.get(account_id=stranger.id)
    token = forms(await browser.open("/oauth/logout"))[0][1]["form_token"]

    answer = await browser.http.post(END, data={"form_token": token, "log_in": theirs.id})

    assert answer.status_code == 403
    assert await Session.exists(id=theirs.id)


async def test_what_happened_is_seen_by_its_owner_alone(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await an_application(browser)

    (event,) = await events.of_subject(browser.site.person.id)

    assert event.audience == [(browser.site.person.id, "account:self")]
    assert event.data == {"factor": {"id": (await Factor.get()).id, "kind": "TOTP"}}
    assert (event.actor_kind, event.actor_id) == ("PERSON", browser.site.person.id)


async def _confirmed(browser: Browser) -> None:
    page = await browser.open(CONFIRM, **{"with": "password"})
    assert (await submit(browser, page, CONFIRM, code=PASSWORD)).url.path == ACCOUNT
