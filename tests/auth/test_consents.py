"""What a person allowed is asked once, and taken back at any moment."""

from __future__ import annotations

import pytest

from auth import consents
from auth.models import Client, Consent, RefreshToken
from auth.provisioning import create_client
from domain.access import Actor, ActorKind
from domain.accounts.actions import create_account
from domain.errors import NotFound
from tests.auth.outside import CALLBACK, Browser, Pkce, Site, exchange, refresh, sent_back

LOOPBACK = "http://127.0.0.1/callback"


@pytest.fixture
async def application(site: Site) -> Client:
    """A browser application that is not the site's own."""
    made = await create_client(
        "Comptable en ligne",
        ["authorization_code", "refresh_token"],
        ["invoice:read_issued", "invoice:issue"],
        [CALLBACK],
        is_confidential=False,
    )
    return made.client


def me(site: Site) -> Actor:
    return Actor(site.person.id, ActorKind.PERSON, site.person.display_name)


async def agreed(browser: Browser, client: Client, **changed: str) -> dict[str, str]:
    """The tokens of the application after a log-in and a consent, if they are asked for."""
    pkce = Pkce()
    code = await browser.code(pkce, client_id=client.id, **changed)
    answer = await exchange(browser.site, code, pkce, client_id=client.id)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_same_consent_is_not_asked_twice(browser: Browser, application: Client) -> None:
    await agreed(browser, application, scope="invoice:issue")

    again = await browser.authorize(client_id=application.id, scope="invoice:issue")

    assert "code" in sent_back(again)
    assert await Consent.all().count() == 1


async def test_more_than_was_allowed_is_asked(browser: Browser, application: Client) -> None:
    await agreed(browser, application, scope="invoice:issue")

    page = await browser.authorize(client_id=application.id, scope="invoice:read_issued")
    await browser.send(page, decision="accept")

    assert page.url.path == "/oauth/consent"
    assert (await Consent.get()).scope == "invoice:issue invoice:read_issued"
    both = await browser.authorize(client_id=application.id)
    assert "code" in sent_back(both)


async def test_the_application_may_ask_for_consent_again(
    browser: Browser, application: Client
) -> None:
    await agreed(browser, application)

    page = await browser.authorize(client_id=application.id, prompt="consent")

    assert page.url.path == "/oauth/consent"


async def test_an_application_that_shows_nothing_goes_on_with_a_consent_kept(
    browser: Browser, application: Client
) -> None:
    await agreed(browser, application)

    answer = await browser.authorize(client_id=application.id, prompt="none")

    assert "code" in sent_back(answer)


async def test_a_program_on_the_machine_is_asked_about_each_time(browser: Browser) -> None:
    """Any program of the machine could claim its address: RFC 8252 §8.6."""
    tool = (
        await create_client(
            "Outil", ["authorization_code"], ["invoice:issue"], [LOOPBACK], is_confidential=False
        )
    ).client
    page = await browser.authorize(client_id=tool.id, redirect_uri=LOOPBACK)
    page = await browser.log_in(page)
    await browser.send(page, decision="accept")

    again = await browser.authorize(client_id=tool.id, redirect_uri=LOOPBACK)

    assert again.url.path == "/oauth/consent"


async def test_a_consent_of_another_person_counts_for_nothing(
    browser: Browser, application: Client
) -> None:
    await agreed(browser, application)
    await Consent.all().update(account_id=(await other_person(browser.site)))

    page = await browser.authorize(client_id=application.id)

    assert page.url.path == "/oauth/consent"


async def other_person(site: Site) -> str:
    return (await create_account("autre@example.fr", "Autre")).id


async def test_a_consent_taken_back_ends_every_token_at_once(
    browser: Browser, application: Client
) -> None:
    site = browser.site
    issued = await agreed(browser, application)
    own = await browser.code(Pkce())
    assert (await site.who(issued["access_token"]))["status"] == 200

    withdrawn = await consents.withdraw(me(site), (await Consent.get()).id)

    assert withdrawn.withdrawn_at is not None
    assert (await site.who(issued["access_token"]))["status"] == 401
    renewed = await refresh(site, issued["refresh_token"], client_id=application.id)
    assert renewed.json()["error"] == "invalid_grant"
    assert (await browser.authorize(client_id=application.id)).url.path == "/oauth/consent"
    assert own


async def test_the_codes_under_way_fall_with_the_consent(
    browser: Browser, application: Client
) -> None:
    pkce = Pkce()
    code = await browser.code(pkce, client_id=application.id)

    await consents.withdraw(me(browser.site), (await Consent.get()).id)

    answer = await exchange(browser.site, code, pkce, client_id=application.id)
    assert answer.json()["error"] == "invalid_grant"
    assert not await RefreshToken.exists()


async def test_nobody_takes_back_the_consent_of_another(
    browser: Browser, application: Client
) -> None:
    await agreed(browser, application)
    stranger = Actor(await other_person(browser.site), ActorKind.PERSON, "Autre")

    with pytest.raises(NotFound):
        await consents.withdraw(stranger, (await Consent.get()).id)

    assert (await Consent.get()).withdrawn_at is None


async def test_a_consent_is_taken_back_once(browser: Browser, application: Client) -> None:
    await agreed(browser, application)
    consent = await Consent.get()
    await consents.withdraw(me(browser.site), consent.id)

    with pytest.raises(NotFound):
        await consents.withdraw(me(browser.site), consent.id)


async def test_the_site_s_own_applications_need_no_consent(browser: Browser) -> None:
    await browser.code(Pkce())

    assert not await Consent.exists()
