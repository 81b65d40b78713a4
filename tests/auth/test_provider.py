"""Log-in by a provider that we did not write, over real HTTP: discovery, PKCE, nonce, user info."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from auth.config import AuthSettings, ExternalSettings
from auth.models import Identity, Session
from domain import policy
from domain.accounts.models import Account, AccountStatus, Attachment
from domain.structures.models import Structure
from tests.auth import openid
from tests.auth.outside import SITE, Browser, Pkce, exchange, sent_back

CALLBACK = f"{SITE}/oauth/external/callback"
PEOPLE: dict[str, dict[str, Any]] = {
    "nadia": {
        "email": "nadia@example.fr",
        "email_verified": True,
        "given_name": "Nadia",
        "usual_name": "Nouvelle",
        "siret": "73282932000074",
    },
    "paul": {"email": "paul@example.fr", "email_verified": False, "given_name": "Paul"},
    "jeanne": {"email": "durand@example.fr", "email_verified": True},
}
# Each kind of provider in one: how it knows us, and how it answers about people.
KINDS = {
    "plain": {"signed": False, "method": "client_secret_basic"},
    "signed": {"signed": True, "method": "client_secret_post"},
}


@pytest.fixture(scope="session")
def node() -> str:
    return openid.node_with_provider()


@pytest.fixture(params=KINDS)
async def issuer(request: pytest.FixtureRequest, node: str) -> AsyncIterator[str]:
    chosen = {
        "client": {"id": "bordereau", "secret": "s" * 40},
        "callback": CALLBACK,
        "loggedOut": f"{SITE}/oauth/login",
        "people": PEOPLE,
        **KINDS[request.param],
    }
    async with openid.running(node, chosen) as issuer:
        yield issuer


@pytest.fixture
def settings(issuer: str) -> AuthSettings:
    external = ExternalSettings(
        issuer=issuer,
        client_id="bordereau",
        client_secret="s" * 40,
        label="ProConnect",
        scopes=("openid", "email", "profile", "siret"),
    )
    return AuthSettings(public_url=SITE, secret_key=b"k" * 32, external=external)


@pytest.fixture(autouse=True)
def rules(database: str) -> None:
    policy.configure(policy.Policy(public_url=SITE, key=b"k" * 32))


async def go_round(browser: Browser, login: str, **parameters: str) -> Any:
    answer = await browser.http.get("/oauth/external/start", params=parameters)
    back = await openid.agree(answer.headers["location"], login, CALLBACK)
    return await browser.open("/oauth/external/callback", **back)


async def test_a_person_is_let_in_with_their_structure_and_on_to_the_application(
    browser: Browser,
) -> None:
    site, pkce = browser.site, Pkce()
    login = await browser.authorize(pkce)

    page = await go_round(browser, "nadia", next=login.url.params["next"])
    page = await browser.past_terms(page)
    issued = (await exchange(site, sent_back(page)["code"], pkce)).json()

    account = await Account.get(email="nadia@example.fr")
    structure = await Structure.get(identifier="73282932000074")
    attachment = await Attachment.get(member_id=account.id)
    assert (account.status, account.display_name) == (AccountStatus.ACTIVE, "Nadia Nouvelle")
    assert (attachment.structure_id, attachment.status) == (structure.id, "VALIDEE")
    who = await site.who(issued["access_token"])
    assert who["id"] == account.id
    assert structure.id in who["rights"]


async def test_the_second_log_in_opens_the_same_account(browser: Browser) -> None:
    await go_round(browser, "nadia")
    first = (await Session.get()).account_id
    await Session.all().delete()

    await go_round(browser, "nadia")

    assert (await Session.get()).account_id == first
    assert await Identity.all().count() == 1


async def test_an_address_that_the_provider_does_not_vouch_for_must_be_confirmed(
    browser: Browser,
) -> None:
    page = await go_round(browser, "paul")

    assert page.url.path == "/oauth/external/email"
    assert not await Account.exists(email="paul@example.fr")


async def test_the_address_of_an_account_asks_for_that_account(browser: Browser) -> None:
    page = await go_round(browser, "jeanne")

    assert "Vous avez déjà un compte" in page.text
    assert not await Identity.exists()


async def test_a_person_may_turn_back_at_the_provider(browser: Browser) -> None:
    answer = await browser.http.get("/oauth/external/start")
    back = await openid.decline(answer.headers["location"], CALLBACK)

    page = await browser.open("/oauth/external/callback", **back)

    assert back["error"] == "access_denied"
    assert page.status_code == 403
    assert not await Session.exists()


async def test_the_code_of_one_person_is_of_no_use_in_another_browser(browser: Browser) -> None:
    site = browser.site
    async with site.http() as http:
        attacker = Browser(site, http)
        mine = await attacker.http.get("/oauth/external/start")
        theirs = await browser.http.get("/oauth/external/start")
        own, stolen = await asyncio.gather(
            openid.agree(mine.headers["location"], "paul", CALLBACK),
            openid.agree(theirs.headers["location"], "nadia", CALLBACK),
        )

        page = await attacker.open("/oauth/external/callback", **(own | {"code": stolen["code"]}))

    assert page.status_code == 403
    assert not await Session.exists()
