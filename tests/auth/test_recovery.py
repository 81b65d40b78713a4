"""Forgotten and changed passwords, changed and contested addresses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest

from auth import recovery
from auth.models import Link, RefreshToken, Session
from auth.passwords import PER_DEVICE
from domain import events, policy
from domain.accounts.actions import create_account, make_administrator
from domain.accounts.models import Account, AccountStatus
from domain.clock import Clock
from domain.db import fetch
from tests.auth.letters import kinds_to, letter_to, link_to, token_of
from tests.auth.outside import PASSWORD, SITE, Browser, Site, refresh, sent_back, tokens
from tests.statements import _VALUE, counted

NEW = "lavande tournesol brouette"
OTHER = "nouvelle.adresse@example.fr"


@pytest.fixture(autouse=True)
def policy_of_the_site(database: str) -> Iterator[None]:
    """Links of e-mails lead to the site."""
    policy.configure(policy.Policy(public_url=SITE, key=b"k" * 32))
    yield
    policy.configure(policy.Policy())


async def forget(browser: Browser, email: str, **opened: str) -> httpx2.Response:
    return await browser.send(await browser.open("/oauth/forgotten", **opened), email=email)


async def choose(browser: Browser, link: str, password: str = NEW) -> httpx2.Response:
    page = await browser.open(link)
    return await browser.send(page, password=password, password_again=password)


async def change(browser: Browser, present: str = PASSWORD, new: str = NEW) -> httpx2.Response:
    page = await browser.open("/oauth/password")
    return await browser.send(page, present_password=present, password=new, password_again=new)


async def move(browser: Browser, email: str = OTHER, present: str = PASSWORD) -> httpx2.Response:
    page = await browser.open("/oauth/email")
    return await browser.send(page, email=email, present_password=present)


async def kinds_of(account: Account) -> list[str]:
    return [event.kind for event in await events.of_subject(account.id)]


# Forgotten


async def test_a_forgotten_password_is_replaced_and_all_that_was_open_ends(
    browser: Browser,
) -> None:
    site = browser.site
    issued = await tokens(browser)

    sent = await forget(browser, "DURAND@example.fr ")
    link = await link_to(site.person.email)
    done = await choose(browser, link)

    assert (sent.status_code, done.status_code) == (200, 200)
    assert 'href="/oauth/login"' in done.text
    assert not await Session.exists()
    assert await RefreshToken.filter(revoked_at=None).count() == 0
    assert (await site.who(issued["access_token"]))["status"] == 401
    assert (await refresh(site, issued["refresh_token"])).status_code == 400
    assert (await browser.log_in()).status_code == 403
    assert (await browser.log_in(password=NEW)).status_code == 200
    assert await kinds_to(site.person.email) == ["password_reset", "password_changed"]
    (told,) = await events.of_subject(site.person.id)
    assert (told.kind, told.data["byLink"]) == ("account.password_changed", True)
    assert (await browser.open(link)).status_code == 410


async def test_the_reset_leads_back_to_the_application_that_was_waiting(browser: Browser) -> None:
    login = await browser.authorize()
    await forget(browser, browser.site.person.email, next=login.url.params["next"])

    done = await choose(browser, await link_to(browser.site.person.email))

    again = done.text.partition('href="/oauth/login?')[2].partition('"')[0].replace("&amp;", "&")
    page = await browser.open(f"/oauth/login?{again}")
    assert "code" in sent_back(await browser.log_in(page, password=NEW))


async def test_forgetting_answers_and_works_the_same_whatever_is_known_of_the_address(
    browser: Browser,
) -> None:
    said = {
        None: "password_reset_unknown",
        AccountStatus.ACTIVE: "password_reset",
        AccountStatus.PENDING: "account_activation",
        AccountStatus.AWAITING: "account_awaiting",
        AccountStatus.DISABLED: "account_closed",
    }
    await forget(browser, "first@example.fr")
    seen = []
    for number, (status, kind) in enumerate(said.items()):
        email = f"personne{number}@example.fr"
        if status is not None:
            await create_account(email, "Quelqu'un", status=status)
        before = (await fetch("SELECT COUNT(*) FROM auth_link"))[0][0]
        async with counted() as statements:
            answer = await forget(browser, email)
        grown = (await fetch("SELECT COUNT(*) FROM auth_link"))[0][0] - before
        work = sorted(_VALUE.sub("?", sql) for sql in statements)
        seen.append((answer.status_code, answer.text.replace(email, "@"), grown, work))
        assert await kinds_to(email) == [kind]

    for (status, _), one in zip(said.items(), seen, strict=True):
        assert one == seen[0], status


async def test_a_link_to_reset_is_used_once_within_the_hour_and_replaced_by_the_next(
    browser: Browser, clock: Clock
) -> None:
    email = browser.site.person.email
    await forget(browser, email)
    replaced = await link_to(email)
    await forget(browser, email)
    link = await link_to(email)

    assert (await browser.open(replaced)).status_code == 410
    assert (await browser.open(link)).status_code == 200
    clock.advance(timedelta(hours=1))
    gone = await browser.open(link)
    assert gone.status_code == 410
    assert 'href="/oauth/forgotten"' in gone.text


async def test_a_refused_password_keeps_the_link(browser: Browser) -> None:
    await forget(browser, browser.site.person.email)
    link = await link_to(browser.site.person.email)

    refused = await choose(browser, link, "Jeanne Durand")

    assert refused.status_code == 422
    assert (await choose(browser, link)).status_code == 200


async def test_a_link_sent_before_the_address_changed_opens_nothing(browser: Browser) -> None:
    email = browser.site.person.email
    await forget(browser, email)
    link = await link_to(email)
    await Account.filter(id=browser.site.person.id).update(email=OTHER)

    answer = await choose(browser, link)

    assert answer.status_code == 422
    assert "a déjà servi, a expiré" in answer.text
    assert (await browser.log_in(email=OTHER)).status_code == 200


async def test_the_link_of_one_account_changes_no_other(browser: Browser) -> None:
    other = await create_account("autre@example.fr", "Autre Personne")
    await forget(browser, other.email)

    await choose(browser, await link_to(other.email))

    assert (await browser.log_in()).status_code == 200
    assert (await browser.log_in(email=other.email, password=NEW)).status_code == 200


async def test_a_closed_account_is_not_reopened_by_a_link(browser: Browser) -> None:
    email = browser.site.person.email
    await forget(browser, email)
    link = await link_to(email)
    await Account.filter(id=browser.site.person.id).update(status=AccountStatus.DISABLED)

    assert (await choose(browser, link)).status_code == 422
    assert (await browser.log_in(password=NEW)).status_code == 403


# Changed by who is logged in


async def test_a_password_is_changed_by_who_knows_the_present_one(site: Site) -> None:
    async with site.http() as here, site.http() as there:
        await Browser(site, here).log_in()
        issued = await tokens(Browser(site, there))
        token = here.cookies["__Host-bordereau-session"]

        done = await change(Browser(site, here))

        assert done.status_code == 200
        assert here.cookies["__Host-bordereau-session"] != token
        assert (await Browser(site, here).open("/oauth/password")).url.path == "/oauth/password"
        assert (await Browser(site, there).open("/oauth/password")).url.path == "/oauth/login"
        assert (await site.who(issued["access_token"]))["status"] == 401
        assert (await refresh(site, issued["refresh_token"])).status_code == 400
    assert await kinds_to(site.person.email) == ["password_changed"]
    assert await kinds_of(site.person) == ["account.password_changed"]


async def test_without_the_present_password_nothing_changes_and_guesses_are_counted(
    browser: Browser, clock: Clock
) -> None:
    await browser.log_in()

    for _ in range(PER_DEVICE.free):
        page = await change(browser, "wrong")
        assert page.status_code == 422
        assert "Le mot de passe actuel n&#39;est pas celui-là." in page.text

    refused = await change(browser)
    assert refused.status_code == 429
    assert await kinds_to(browser.site.person.email) == []


async def test_nobody_changes_a_password_or_an_address_without_a_log_in(browser: Browser) -> None:
    for path in ("/oauth/password", "/oauth/email"):
        page = await browser.open(path)
        answer = await browser.http.post(path, data={"password": NEW, "email": OTHER})

        assert page.url.path == "/oauth/login"
        assert answer.headers["location"] == "/oauth/login"


async def test_a_form_of_another_site_changes_nothing(browser: Browser) -> None:
    await browser.log_in()
    for path, said in (
        ("/oauth/password", {"password": NEW, "password_again": NEW}),
        ("/oauth/email", {"email": OTHER}),
    ):
        page = await browser.open(path)

        answer = await browser.send(page, present_password=PASSWORD, form_token="0" * 64, **said)

        assert answer.status_code == 403
    assert (await browser.log_in()).status_code == 200
    assert not await Link.exists()


async def test_an_account_without_a_password_is_led_to_choose_one_by_e_mail(
    browser: Browser,
) -> None:
    await browser.log_in()
    await Account.filter(id=browser.site.person.id).update(password_hash=None)

    page = await browser.open("/oauth/password")

    assert "n’a pas de mot de passe" in page.text
    assert 'href="/oauth/forgotten"' in page.text


# Addresses


async def test_an_address_changes_once_the_new_one_confirmed_and_the_former_is_told(
    browser: Browser,
) -> None:
    person = browser.site.person
    await browser.log_in()

    sent = await move(browser, "Nouvelle.Adresse@EXAMPLE.fr")
    link = await link_to(OTHER)
    page = await browser.open(link)

    assert sent.status_code == 200
    assert (await Account.get(id=person.id)).email == "durand@example.fr"
    assert "Jeanne Durand" in page.text
    done = await browser.send(page)
    assert done.status_code == 200
    assert (await Account.get(id=person.id)).email == OTHER
    assert await kinds_to("durand@example.fr") == ["email_change_notice", "email_changed"]
    assert await kinds_to(OTHER) == ["email_change", "email_changed"]
    assert await kinds_of(person) == ["account.email_change_asked", "account.email_changed"]
    assert (await browser.open(link)).status_code == 410
    assert (await browser.log_in()).status_code == 403
    assert (await browser.log_in(email=OTHER)).status_code == 200


async def test_looking_at_the_link_of_an_address_changes_nothing(browser: Browser) -> None:
    await browser.log_in()
    await move(browser)
    confirm, keep = await link_to(OTHER), await link_to("durand@example.fr")

    for link in (confirm, keep, confirm, keep):
        assert (await browser.open(link)).status_code == 200

    account = await Account.get(id=browser.site.person.id)
    assert account.email == "durand@example.fr"
    assert account.password_hash is not None


@pytest.mark.parametrize(
    ("email", "present", "words"),
    [
        (OTHER, "wrong", "n&#39;est pas celui-là"),
        ("durand@example.fr", PASSWORD, "déjà votre adresse"),
        ("nobody", PASSWORD, "pas une adresse"),
        ("dur\u0430nd@example.fr", PASSWORD, "Avant l&#39;arobase"),
    ],
)
async def test_what_is_wrong_with_a_change_of_address_is_said(
    browser: Browser, email: str, present: str, words: str
) -> None:
    await browser.log_in()

    page = await move(browser, email, present)

    assert page.status_code == 422
    assert words in page.text
    assert not await Link.exists()


async def test_an_address_that_has_an_account_gets_no_link_and_the_asker_no_hint(
    browser: Browser,
) -> None:
    await create_account(OTHER, "Quelqu'un d'autre")
    await browser.log_in()

    taken = await move(browser)
    free = await move(browser, "libre@example.fr")

    assert taken.text.replace(OTHER, "@") == free.text.replace("libre@example.fr", "@")
    assert await kinds_to(OTHER) == ["email_taken"]
    assert "token" not in (await letter_to(OTHER)).body


async def test_an_address_taken_meanwhile_is_not_taken_over(browser: Browser) -> None:
    await browser.log_in()
    await move(browser)
    page = await browser.open(await link_to(OTHER))
    await create_account(OTHER, "Plus rapide")

    answer = await browser.send(page)

    assert answer.status_code == 410
    assert (await Account.get(id=browser.site.person.id)).email == "durand@example.fr"


async def test_the_owner_of_the_former_address_cancels_a_change_it_did_not_ask_for(
    site: Site,
) -> None:
    async with site.http() as thief, site.http() as owner:
        await Browser(site, thief).log_in()
        await move(Browser(site, thief))
        confirm, keep = await link_to(OTHER), await link_to("durand@example.fr")

        done = await Browser(site, owner).send(await Browser(site, owner).open(keep))

        assert done.status_code == 200
        assert 'href="/oauth/forgotten"' in done.text
        assert (await Browser(site, thief).open(confirm)).status_code == 410
        assert (await Browser(site, thief).open("/oauth/email")).url.path == "/oauth/login"
        assert (await Browser(site, thief).log_in()).status_code == 403
    account = await Account.get(id=site.person.id)
    assert (account.email, account.status) == ("durand@example.fr", AccountStatus.ACTIVE)
    assert account.password_hash is None
    assert (await kinds_to("durand@example.fr"))[-1] == "email_kept"


async def test_a_change_contested_afterwards_closes_the_account_until_someone_looks(
    browser: Browser, clock: Clock
) -> None:
    admin = await create_account("admin@example.fr", "Agnès Admin")
    await make_administrator(admin.id)
    person = browser.site.person
    await browser.log_in()
    await move(browser)
    keep = await link_to("durand@example.fr")
    await browser.send(await browser.open(await link_to(OTHER)))
    clock.advance(timedelta(days=6))

    done = await browser.send(await browser.open(keep))

    assert "Le compte est fermé" in done.text
    account = await Account.get(id=person.id)
    assert (account.email, account.status) == ("durand@example.fr", AccountStatus.DISABLED)
    assert account.password_hash is None
    assert not await Session.exists()
    assert await kinds_to("admin@example.fr") == ["email_contested"]
    last = (await events.of_subject(person.id))[-1]
    assert (last.kind, last.data["wasChanged"]) == ("account.email_kept", True)


async def test_an_objection_comes_within_a_week(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    await move(browser)
    keep = await link_to("durand@example.fr")
    clock.advance(recovery.OBJECTION)

    assert (await browser.open(keep)).status_code == 410


async def test_a_reset_withdraws_the_change_of_address_a_thief_had_asked_for(
    browser: Browser,
) -> None:
    await browser.log_in()
    await move(browser)
    confirm = await link_to(OTHER)
    await forget(browser, browser.site.person.email)

    await choose(browser, await link_to(browser.site.person.email))

    assert (await browser.open(confirm)).status_code == 410


async def test_the_token_of_a_link_is_not_repeated_in_other_messages(browser: Browser) -> None:
    await browser.log_in()
    await move(browser)

    confirm, keep = token_of(await link_to(OTHER)), token_of(await link_to("durand@example.fr"))

    assert confirm != keep
