"""Log-in by an external provider: what is believed, what is not, and whose account it opens."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from joserfc import jwt
from starlette.applications import Starlette
from starlette.responses import JSONResponse

from auth.config import AuthSettings, ExternalSettings
from auth.external import _LOOK_AGAIN_SECONDS, NotProven, Provider, Said, Secrets, Unreachable
from auth.models import ExternalArrival, ExternalFlow, Identity, Link, Session
from auth.pages.external import PER_NETWORK
from auth.routes import build_auth
from domain import events, policy
from domain.accounts.actions import create_account
from domain.accounts.models import Account, AccountStatus, Attachment
from domain.clock import Clock, now
from domain.mail import actions as mail
from domain.structures.models import Structure
from tests.auth.outside import SITE, Browser, Pkce, Site, exchange, sent_back
from tests.auth.provider import (
    CLIENT,
    SECRET,
    FakeProvider,
    a_key,
    dripping,
    elsewhere,
    encoded,
    huge,
    packed,
    running,
)
from tests.make import a_siret, a_supplier

CALLBACK = f"{SITE}/oauth/external/callback"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def external(listening: socket.socket) -> ExternalSettings:
    return ExternalSettings(
        issuer=f"http://127.0.0.1:{listening.getsockname()[1]}",
        client_id=CLIENT,
        client_secret=SECRET,
        label="AgentConnect",
        timeout_seconds=5,
    )


@pytest.fixture
def settings(external: ExternalSettings) -> AuthSettings:
    return AuthSettings(public_url=SITE, secret_key=b"k" * 32, external=external)


@pytest.fixture
async def fake(listening: socket.socket) -> AsyncIterator[FakeProvider]:
    async with running(FakeProvider(listening.getsockname()[1]), listening) as provider:
        yield provider


@pytest.fixture
def rules(database: str) -> None:
    """The links of e-mails lead to the site, whose key seals them."""
    policy.configure(policy.Policy(public_url=SITE, key=b"k" * 32))


pytestmark = pytest.mark.usefixtures("rules")


async def leave(browser: Browser, **parameters: str) -> str:
    """The address to which the site sends the person."""
    answer = await browser.http.get("/oauth/external/start", params=parameters)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def come_back(browser: Browser, answer: dict[str, str]) -> httpx2.Response:
    return await browser.open("/oauth/external/callback", **answer)


async def go_round(browser: Browser, fake: FakeProvider, **parameters: str) -> httpx2.Response:
    """To the provider and back; the page where that ends."""
    return await come_back(browser, fake.authorize(await leave(browser, **parameters)))


async def letters(kind: str) -> list[str]:
    """The words of the e-mails of that kind."""
    return [words.body for one, words in await mail.latest() if one.kind == kind]


def link_in(text: str) -> str:
    found = re.search(r"https://\S+", text.split("\n\n", 1)[1])
    assert found, text
    return found[0].removeprefix(SITE)


# A person whom nobody knows here


async def test_a_person_known_to_the_provider_gets_an_account(
    browser: Browser, fake: FakeProvider
) -> None:
    await go_round(browser, fake)

    account = await Account.get(email="nouvelle@example.fr")
    identity = await Identity.get()
    assert (account.status, account.display_name) == (AccountStatus.ACTIVE, "Nadia Nouvelle")
    assert account.password_hash is None
    assert (identity.subject, identity.account_id) == ("person-1", account.id)
    assert (await Session.get()).methods == "ext"
    assert not await ExternalFlow.exists()


async def test_the_authorization_request_goes_on_to_its_code(
    browser: Browser, fake: FakeProvider
) -> None:
    site, pkce = browser.site, Pkce()
    login = await browser.authorize(pkce)
    link = re.search(r'href="(/oauth/external/start\?[^"]+)"', login.text)
    assert link
    assert "Continuer" in login.text
    assert "AgentConnect" in login.text
    answer = await browser.http.get(link[1].replace("&amp;", "&"))

    page = await come_back(browser, fake.authorize(answer.headers["location"]))
    page = await browser.past_terms(page)
    issued = (await exchange(site, sent_back(page)["code"], pkce)).json()

    who = await site.who(issued["access_token"])
    assert who["id"] == (await Account.get(email="nouvelle@example.fr")).id


async def test_the_second_time_the_same_account_opens(browser: Browser, fake: FakeProvider) -> None:
    await go_round(browser, fake)
    fake.person["email"] = "renommee@example.fr"

    await go_round(browser, fake)

    assert await Account.filter(email__contains="example.fr").count() == 2
    assert (await Identity.get()).email == "renommee@example.fr"
    assert (await Account.get(id=(await Identity.get()).account_id)).email == "nouvelle@example.fr"


async def test_the_person_and_the_log_are_told(browser: Browser, fake: FakeProvider) -> None:
    await go_round(browser, fake)

    told = await events.after(0, limit=10)
    account = await Account.get(email="nouvelle@example.fr")
    linked = next(e for e in told if e.kind == "account.identity_linked")
    assert linked.audience == [(account.id, "account:self")]
    identity = await Identity.get()
    assert linked.data == {"identity": {"id": identity.id, "issuer": fake.issuer}}
    assert "account.activated" in {e.kind for e in told}
    assert "127.0.0.1" in (await letters("identity_linked"))[0]


async def test_several_factors_at_the_provider_count_as_several(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.claims["amr"] = ["pwd", "mfa", "otp"]

    await go_round(browser, fake)

    assert (await Session.get()).methods == "ext mfa"


async def test_an_account_may_wait_for_its_approval(browser: Browser, fake: FakeProvider) -> None:
    policy.configure(policy.Policy(public_url=SITE, key=b"k" * 32, account_approval=True))
    fake.person["siret"] = a_siret()

    page = await go_round(browser, fake)
    again = await go_round(browser, fake)

    account = await Account.get(email="nouvelle@example.fr")
    assert account.status == AccountStatus.AWAITING
    assert "attend l’approbation" in page.text
    assert "attend l’approbation" in again.text
    assert not await Session.exists()
    assert not await Attachment.filter(member_id=account.id).exists()


# The structure that the provider vouches for


async def test_a_siret_attaches_to_the_structure_at_once(
    browser: Browser, fake: FakeProvider
) -> None:
    structure = await a_supplier(has_mandate=False)
    fake.person["siret"] = structure.identifier

    await go_round(browser, fake)

    account = await Account.get(email="nouvelle@example.fr")
    attachment = await Attachment.get(member_id=account.id)
    assert (attachment.structure_id, attachment.status) == (structure.id, "VALIDEE")


async def test_an_unknown_siret_makes_a_structure_with_its_manager(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.person["siret"] = a_siret()

    await go_round(browser, fake)

    account = await Account.get(email="nouvelle@example.fr")
    structure = await Structure.get(identifier=fake.person["siret"])
    attachment = await Attachment.get(member_id=account.id)
    assert (attachment.structure_id, attachment.role) == (structure.id, "MAIN_MANAGER")


@pytest.mark.parametrize("siret", ["73282932000075", "123", "not a siret"])
async def test_a_siret_that_cannot_exist_is_refused_clearly(
    browser: Browser, fake: FakeProvider, siret: str
) -> None:
    fake.person["siret"] = siret

    page = await go_round(browser, fake)

    assert page.status_code == 422
    assert "SIRET" in page.text
    assert not await Account.exists(email="nouvelle@example.fr")
    assert not await Identity.exists()
    assert not await Session.exists()
    assert await mail.latest() == []


async def test_a_person_removed_from_a_structure_is_not_put_back_at_each_log_in(
    browser: Browser, fake: FakeProvider
) -> None:
    structure = await a_supplier(has_mandate=False)
    fake.person["siret"] = structure.identifier
    await go_round(browser, fake)
    await Attachment.all().update(status="SUPPRIMEE")

    await go_round(browser, fake)

    assert not await Attachment.exists(status="VALIDEE")
    account = await Account.get(email="nouvelle@example.fr")
    assert (await Attachment.get(member_id=account.id)).status == "SUPPRIMEE"


async def test_a_person_who_changed_structures_is_attached_to_the_new_one(
    browser: Browser, fake: FakeProvider
) -> None:
    first, second = await a_supplier(has_mandate=False), await a_supplier(has_mandate=False)
    for structure in (first, second):
        fake.person["siret"] = structure.identifier
        await go_round(browser, fake)

    account = await Account.get(email="nouvelle@example.fr")
    found = await Attachment.filter(member_id=account.id).values_list("structure_id", flat=True)
    assert set(found) == {first.id, second.id}


async def test_a_wrong_siret_does_not_lock_out_whoever_is_known(
    browser: Browser, fake: FakeProvider
) -> None:
    await go_round(browser, fake)
    fake.person["siret"] = "123"
    await Session.all().delete()

    await go_round(browser, fake)

    assert (await Session.get()).account_id == (await Identity.get()).account_id


# An address that has an account already


async def test_an_existing_account_is_never_linked_in_silence(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.person["email"] = browser.site.person.email

    page = await go_round(browser, fake)

    assert "Connectez-vous à ce compte une" in page.text
    assert not await Identity.exists()
    assert not await Session.exists()


async def test_it_is_linked_by_whoever_logs_in_to_it_once(
    browser: Browser, fake: FakeProvider
) -> None:
    site = browser.site
    fake.person["email"] = site.person.email
    pkce = Pkce()
    login = await browser.authorize(pkce)
    goes_on = dict(parse_qsl(urlsplit(str(login.url)).query))["next"]
    await go_round(browser, fake, next=goes_on)

    page = await browser.log_in(await browser.open("/oauth/external/link"))
    assert page.url.path == "/oauth/external/link"
    assert not await Identity.exists()
    answer = await browser.send(page, decision="accept")

    assert (await Identity.get()).account_id == site.person.id
    assert (await exchange(site, sent_back(answer)["code"], pkce)).status_code == 200
    assert len(await letters("identity_linked")) == 1
    await Session.all().delete()
    await go_round(browser, fake)
    assert (await Session.get()).account_id == site.person.id


async def test_whoever_does_not_agree_links_nothing(browser: Browser, fake: FakeProvider) -> None:
    fake.person["email"] = browser.site.person.email
    await go_round(browser, fake)
    page = await browser.log_in(await browser.open("/oauth/external/link"))

    await browser.send(page, decision="refuse")

    assert not await Identity.exists()
    assert not await ExternalArrival.exists()


async def test_another_account_that_logs_in_is_not_linked(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.person["email"] = browser.site.person.email
    await go_round(browser, fake)
    other = await create_account("autre@example.fr", "Autre")
    await browser.log_in()
    await Session.all().update(account_id=other.id)

    page = await browser.open("/oauth/external/link")

    assert page.status_code == 403
    assert not await Identity.exists()


async def test_linking_needs_our_own_form(browser: Browser, fake: FakeProvider) -> None:
    fake.person["email"] = browser.site.person.email
    await go_round(browser, fake)
    page = await browser.log_in(await browser.open("/oauth/external/link"))

    answer = await browser.send(page, decision="accept", form_token="0" * 64)

    assert answer.status_code == 403
    assert not await Identity.exists()


async def test_the_proof_must_come_within_ten_minutes(browser: Browser, fake: FakeProvider) -> None:
    fake.person["email"] = browser.site.person.email
    await go_round(browser, fake)
    await ExternalArrival.all().update(expires_at=now() - timedelta(seconds=1))

    page = await browser.log_in(await browser.open("/oauth/login"))
    page = await browser.open("/oauth/external/link")

    assert page.status_code == 400


async def test_the_arrival_of_one_browser_is_of_no_use_in_another(
    site: Site, fake: FakeProvider
) -> None:
    fake.person["email"] = site.person.email
    async with site.http() as mine, site.http() as theirs:
        await go_round(Browser(site, mine), fake)
        victim = Browser(site, theirs)
        await victim.log_in()

        page = await victim.open("/oauth/external/link")

    assert page.status_code == 400


@pytest.mark.parametrize("status", ["DISABLED", "AWAITING"])
async def test_a_closed_account_is_not_opened_by_its_address(
    browser: Browser, fake: FakeProvider, status: str
) -> None:
    fake.person["email"] = browser.site.person.email
    await Account.filter(id=browser.site.person.id).update(status=status)

    await go_round(browser, fake)

    assert not await Identity.exists()
    assert not await Session.exists()


async def test_a_closed_account_is_not_opened_by_its_identity(
    browser: Browser, fake: FakeProvider
) -> None:
    await go_round(browser, fake)
    await Session.all().delete()
    await Account.filter(email="nouvelle@example.fr").update(status="DISABLED")

    page = await go_round(browser, fake)

    assert page.status_code == 403
    assert not await Session.exists()


# An address that the provider does not vouch for


@pytest.mark.parametrize(
    "email",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email_verified": None},
        {"email": None},
        {"email": "not an address"},
        {"email": ["nouvelle@example.fr"]},
    ],
)
async def test_an_address_that_is_not_vouched_for_opens_nothing(
    browser: Browser, fake: FakeProvider, email: dict[str, Any]
) -> None:
    fake.person |= email

    page = await go_round(browser, fake)

    assert page.url.path == "/oauth/external/email"
    assert not await Account.exists(email="nouvelle@example.fr")
    assert not await Session.exists()


async def test_a_verified_address_of_the_id_token_does_not_vouch_for_another(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.claims |= {"email": "vraie@example.fr", "email_verified": True}
    fake.person |= {"email": "autre@example.fr", "email_verified": None}

    page = await go_round(browser, fake)

    assert page.url.path == "/oauth/external/email"


async def test_it_is_confirmed_by_a_link_in_the_same_browser(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.person["email_verified"] = False
    page = await go_round(browser, fake)

    sent = await browser.send(page, email="nouvelle@example.fr")
    link = link_in((await letters("external_confirm"))[0])
    shown = await browser.open(link)
    assert not await Account.exists(email="nouvelle@example.fr")
    await browser.send(shown)

    assert "nouvelle@example.fr" in sent.text
    account = await Account.get(email="nouvelle@example.fr")
    assert (await Identity.get()).account_id == account.id
    assert (await Session.get()).account_id == account.id
    assert (await browser.open(link)).status_code == 410


async def test_the_link_alone_confirms_nothing_in_another_browser(
    site: Site, fake: FakeProvider
) -> None:
    fake.person |= {"email": "victime@example.fr", "email_verified": False}
    async with site.http() as attacker, site.http() as victim:
        page = await go_round(Browser(site, attacker), fake)
        await Browser(site, attacker).send(page, email="victime@example.fr")

        opened = await Browser(site, victim).open(link_in((await letters("external_confirm"))[0]))

    assert opened.status_code == 410
    assert not await Account.exists(email="victime@example.fr")


async def test_an_address_that_is_taken_gets_the_same_answer_and_another_letter(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.person["email_verified"] = False
    page = await go_round(browser, fake)

    free = await browser.send(page, email="libre@example.fr")
    taken = await browser.send(page, email=browser.site.person.email)

    assert free.text.replace("libre@example.fr", "X") == taken.text.replace(
        browser.site.person.email, "X"
    )
    assert len(await letters("account_exists")) == 1
    old = await browser.open(link_in((await letters("external_confirm"))[0]))
    assert old.status_code == 410


async def test_an_address_taken_meanwhile_is_not_taken_over(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.person["email_verified"] = False
    await browser.send(await go_round(browser, fake), email="nouvelle@example.fr")
    shown = await browser.open(link_in((await letters("external_confirm"))[0]))
    await create_account("nouvelle@example.fr", "Entre-temps")

    answer = await browser.send(shown)

    assert answer.status_code == 409
    assert not await Identity.exists()


async def test_an_account_carried_over_is_opened_by_its_mailbox(
    browser: Browser, fake: FakeProvider
) -> None:
    carried = await create_account("nouvelle@example.fr", "Ancienne", status=AccountStatus.PENDING)
    page = await go_round(browser, fake)
    assert page.url.path == "/oauth/external/email"
    assert (await Account.get(id=carried.id)).status == AccountStatus.PENDING

    await browser.send(page, email="nouvelle@example.fr")
    await browser.send(await browser.open(link_in((await letters("external_confirm"))[0])))

    assert (await Account.get(id=carried.id)).status == AccountStatus.ACTIVE
    assert (await Identity.get()).account_id == carried.id


# From an activation link


async def sign_up(browser: Browser, email: str = "inscrite@example.fr", siret: str = "") -> str:
    """Sign up; the token of the link that was sent."""
    page = await browser.open("/oauth/sign-up")
    await browser.send(page, email=email, identifier=siret or a_siret())
    text = (await letters("account_activation"))[0]
    return dict(parse_qsl(urlsplit(link_in(text)).query))["token"]


async def test_an_activation_link_ends_at_the_provider(
    browser: Browser, fake: FakeProvider
) -> None:
    token = await sign_up(browser)
    page = await browser.open("/oauth/activate", token=token)
    assert "/oauth/external/start?link=" in page.text

    await go_round(browser, fake, link=token)

    account = await Account.get(email="inscrite@example.fr")
    assert (await Session.get()).account_id == account.id
    assert (await Identity.get()).account_id == account.id
    assert (await Link.get()).used_at is not None


async def test_the_link_of_someone_else_opens_no_account_for_them(
    site: Site, fake: FakeProvider
) -> None:
    """An attacker signs up, and has the victim go on with the victim's own identity."""
    async with site.http() as theirs, site.http() as mine:
        token = await sign_up(Browser(site, theirs), "attaquant@example.fr")

        await go_round(Browser(site, mine), fake, link=token)

    assert not await Account.exists(email="attaquant@example.fr")
    account = await Account.get(email="nouvelle@example.fr")
    assert (await Identity.get()).account_id == account.id
    assert (await Link.get()).used_at is None


# Attacks on the way back


async def test_a_state_serves_once(browser: Browser, fake: FakeProvider) -> None:
    answer = fake.authorize(await leave(browser))
    await come_back(browser, answer)
    await Session.all().delete()

    again = await come_back(browser, answer)

    assert again.status_code == 400
    assert not await Session.exists()


@pytest.mark.parametrize(
    "changed", [{"state": "forged"}, {"state": ""}, {"state": "a" * 9_000}, {"state": "é"}]
)
async def test_a_forged_state_is_refused(
    browser: Browser, fake: FakeProvider, changed: dict[str, str]
) -> None:
    answer = fake.authorize(await leave(browser)) | changed

    page = await come_back(browser, answer)

    assert page.status_code == 400
    assert "/token" not in fake.asked


async def test_the_answer_of_another_browser_is_refused(site: Site, fake: FakeProvider) -> None:
    """An attacker has a victim come back with the attacker's own answer."""
    async with site.http() as attacker, site.http() as victim:
        answer = fake.authorize(await leave(Browser(site, attacker)))
        own = await leave(Browser(site, victim))

        page = await come_back(Browser(site, victim), answer)
        none = await come_back(Browser(site, site.http()), answer)

    assert own
    assert (page.status_code, none.status_code) == (400, 400)
    assert not await Session.exists()
    assert "/token" not in fake.asked


async def test_a_code_of_another_log_in_is_refused(site: Site, fake: FakeProvider) -> None:
    """A stolen code is injected into the attacker's own return: PKCE stops it."""
    async with site.http() as victim, site.http() as attacker:
        stolen = fake.authorize(await leave(Browser(site, victim)))
        own = fake.authorize(await leave(Browser(site, attacker)))

        page = await come_back(Browser(site, attacker), own | {"code": stolen["code"]})

    assert page.status_code == 403
    assert not await Session.exists()


async def test_a_nonce_of_another_log_in_is_refused(browser: Browser, fake: FakeProvider) -> None:
    """Even a provider that forgets PKCE cannot be made to give one person's token to another."""
    first = dict(parse_qsl(urlsplit(await leave(browser)).query))
    fake.claims["nonce"] = first["nonce"]

    page = await go_round(browser, fake)

    assert page.status_code == 403
    assert not await Session.exists()


@pytest.mark.parametrize("iss", ["https://evil.test", "", None])
async def test_the_answer_of_another_issuer_is_refused(
    browser: Browser, fake: FakeProvider, iss: str | None
) -> None:
    answer = fake.authorize(await leave(browser))
    given = {k: v for k, v in (answer | {"iss": iss}).items() if v is not None}

    page = await come_back(browser, given)

    assert page.status_code == 403
    assert "/token" not in fake.asked


async def test_a_provider_that_does_not_name_itself_in_answers_may_still_be_used(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.description["authorization_response_iss_parameter_supported"] = None
    answer = fake.authorize(await leave(browser))
    del answer["iss"]

    await come_back(browser, answer)

    assert await Session.exists()


async def test_a_return_that_is_late_is_refused(browser: Browser, fake: FakeProvider) -> None:
    answer = fake.authorize(await leave(browser))
    await ExternalFlow.all().update(expires_at=now() - timedelta(seconds=1))

    assert (await come_back(browser, answer)).status_code == 400


async def test_a_person_who_declined_is_told_so(browser: Browser, fake: FakeProvider) -> None:
    answer = fake.authorize(await leave(browser))

    page = await come_back(
        browser,
        {"state": answer["state"], "iss": answer["iss"], "error": "access_denied",
         "error_description": "<script>alert(1)</script>"},
    )  # fmt: skip

    assert page.status_code == 403
    assert "AgentConnect ne vous a pas reconnu" in page.text
    assert "script" not in page.text


async def test_the_cookie_is_kept_from_scripts_and_the_secrets_from_the_database(
    browser: Browser, fake: FakeProvider
) -> None:
    answer = await browser.http.get("/oauth/external/start")

    cookie = answer.headers["set-cookie"]
    given = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    kept = str(await ExternalFlow.all().values())
    assert cookie.startswith("__Host-bordereau-external=")
    for attribute in ("HttpOnly", "Path=/", "SameSite=lax", "Secure"):
        assert attribute in cookie
    for secret in (given["state"], given["nonce"], cookie.split("=")[1].split(";")[0]):
        assert secret not in kept
    assert given["redirect_uri"] == CALLBACK
    assert given["scope"] == "openid email profile"


@pytest.mark.parametrize(
    "astray",
    ["https://evil.test/", "return_to=https%3A%2F%2Fevil.test%2F", "//evil.test", "é", "a\r\nb"],
)
async def test_a_log_in_by_the_provider_never_leads_off_the_site(
    browser: Browser, fake: FakeProvider, astray: str
) -> None:
    page = await go_round(browser, fake, next=astray)

    assert "location" not in page.headers
    assert str(page.url).startswith(SITE)


# What is signed, and how


def hs256(fake: FakeProvider) -> Callable[[dict[str, Any]], str]:
    """Our public key used as a shared secret."""

    def sign(claims: dict[str, Any]) -> str:
        text = f"{encoded({'alg': 'HS256', 'kid': fake.key.kid})}.{encoded(claims)}"
        digest = hmac.digest(fake.key.as_pem(private=False), text.encode(), hashlib.sha256)
        return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    return sign


def unsigned(claims: dict[str, Any]) -> str:
    return f"{encoded({'alg': 'none'})}.{encoded(claims)}."


def by(key: Any, **header: Any) -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode({"alg": "RS256", **header}, claims, key)


THEIRS = a_key("theirs")
FORGERIES: dict[str, Callable[[FakeProvider], Callable[[dict[str, Any]], str]]] = {
    "no algorithm": lambda _: unsigned,
    "no algorithm, named loudly": lambda _: (
        lambda c: unsigned(c).replace(encoded({"alg": "none"}), encoded({"alg": "NONE"}))
    ),
    "the public key as a shared secret": hs256,
    "another key under the same name": lambda fake: by(THEIRS, kid=fake.key.kid),
    "another key without a name": lambda _: by(THEIRS),
    "an unknown key": lambda _: by(THEIRS, kid="theirs"),
    "a key inside the header": lambda _: by(THEIRS, kid="x"),
    "an algorithm that the provider does not use": lambda fake: (
        lambda c: jwt.encode(
            {"alg": "PS256", "kid": fake.key.kid}, c, fake.key, algorithms=["PS256"]
        )
    ),
    "no token": lambda _: lambda _claims: "nothing",
    "a cut signature": lambda fake: lambda c: fake.signed(c)[:-5],
}


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("where", ["id_token", "user info"])
async def test_a_forged_token_opens_nothing(
    browser: Browser, fake: FakeProvider, forgery: str, where: str
) -> None:
    sign = FORGERIES[forgery](fake)
    if where == "id_token":
        fake.sign = sign
    else:
        fake.sign_user_info = sign

    page = await go_round(browser, fake)

    assert page.status_code == 403
    assert "n’a pas pu être vérifiée" in page.text
    assert not await Session.exists()
    assert not await Identity.exists()


async def test_weak_algorithms_are_refused_even_where_the_provider_announces_them(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.description["id_token_signing_alg_values_supported"] = ["none", "HS256", "RS256"]
    for sign in (unsigned, hs256(fake)):
        fake.sign = sign
        assert (await go_round(browser, fake)).status_code == 403
    assert not await Session.exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"aud": None},
        {"aud": {}},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"iat": None},
        {"iat": 32_503_680_000},
        {"nbf": 32_503_680_000},
        {"nonce": None},
        {"nonce": "another"},
        {"nonce": ["x"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 256},
        {"sub": "person-2"},
        {"at_hash": "another"},
        {"at_hash": 3},
    ],
    ids=str,
)
async def test_an_id_token_that_says_otherwise_opens_nothing(
    browser: Browser, fake: FakeProvider, claims: dict[str, Any]
) -> None:
    fake.claims = claims

    page = await go_round(browser, fake)

    assert page.status_code == 403
    assert not await Session.exists()
    assert not await Identity.exists()


async def test_an_id_token_that_has_just_expired_has_no_grace(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.claims["exp"] = int(time.time())

    assert (await go_round(browser, fake)).status_code == 403


@pytest.mark.parametrize(
    "told",
    [{"sub": "person-2"}, {"sub": None}, {"iss": "https://evil.test"}, {"aud": "x"}, {"exp": 1}],
    ids=str,
)
async def test_signed_user_info_that_says_otherwise_opens_nothing(
    browser: Browser, fake: FakeProvider, told: dict[str, Any]
) -> None:
    fake.sign_user_info = lambda said: fake.signed(
        {k: v for k, v in (said | told).items() if v is not None}
    )

    assert (await go_round(browser, fake)).status_code == 403
    assert not await Session.exists()


async def test_signed_user_info_is_believed(browser: Browser, fake: FakeProvider) -> None:
    fake.sign_user_info = fake.signed

    await go_round(browser, fake)

    assert await Account.exists(email="nouvelle@example.fr")


async def test_user_info_about_another_person_opens_nothing(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.instead["/userinfo"] = _another_person

    assert (await go_round(browser, fake)).status_code == 403
    assert not await Session.exists()


def _another_person() -> Any:
    return JSONResponse({"sub": "person-2", "email": "x@example.fr", "email_verified": True})


# A provider that is slow, large or elsewhere


@pytest.mark.parametrize("lie", [huge, dripping, elsewhere, packed], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "where", ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"]
)
async def test_an_answer_that_does_not_end_or_leads_elsewhere_is_given_up(
    site: Site, fake: FakeProvider, external: ExternalSettings, where: str, lie: Any
) -> None:
    impatient = dataclasses.replace(external, timeout_seconds=0.5)
    provider, drawn = Provider(impatient, CALLBACK), Secrets("s", "n", "v" * 43)
    if where == "/.well-known/openid-configuration":
        fake.instead[where] = lie
        with pytest.raises(Unreachable):
            await provider.address(drawn)
        return
    answer = fake.authorize(await provider.address(drawn))
    fake.instead[where] = lie

    with pytest.raises((Unreachable, NotProven)):
        await provider.said(answer, drawn)


async def test_a_provider_that_is_away_is_said_to_be(browser: Browser, fake: FakeProvider) -> None:
    fake.instead["/.well-known/openid-configuration"] = elsewhere

    page = await browser.open("/oauth/external/start")

    assert page.status_code == 502
    assert "AgentConnect ne répond pas" in page.text
    assert not await ExternalFlow.exists()


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://evil.test"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://evil.test/token"},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"jwks_uri": 7},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
async def test_a_description_that_is_unsafe_is_refused(
    browser: Browser, fake: FakeProvider, description: dict[str, Any]
) -> None:
    fake.description = description

    assert (await browser.open("/oauth/external/start")).status_code == 502


async def test_a_provider_without_user_info_is_believed_by_its_token(
    browser: Browser, fake: FakeProvider
) -> None:
    fake.description["userinfo_endpoint"] = None
    fake.claims |= {"email": "jeton@example.fr", "email_verified": True}

    await go_round(browser, fake)

    assert await Account.exists(email="jeton@example.fr")
    assert "/userinfo" not in fake.asked


async def test_unknown_keys_are_looked_for_once_in_a_while(
    site: Site, fake: FakeProvider, external: ExternalSettings
) -> None:
    ticks = [0.0]
    provider = Provider(external, CALLBACK, lambda: ticks[0])

    async def said() -> Said:
        drawn = Secrets("s", "n", "v" * 43)
        return await provider.said(fake.authorize(await provider.address(drawn)), drawn)

    await said()
    fake.key = a_key("two")
    for _ in range(3):
        with pytest.raises(NotProven):
            await said()
    assert fake.asked.count("/jwks") == 1
    ticks[0] = _LOOK_AGAIN_SECONDS
    assert (await said()).subject == "person-1"
    assert fake.asked.count("/jwks") == 2
    assert fake.asked.count("/.well-known/openid-configuration") == 1


async def test_keys_for_other_uses_prove_nothing(browser: Browser, fake: FakeProvider) -> None:
    private = fake.key.as_dict(private=True)
    for changed in ({"use": "enc"}, {"alg": "PS256"}):
        fake.published = [type(fake.key).import_key(private | changed)]
        assert (await go_round(browser, fake)).status_code == 403


async def test_starting_is_slowed_down_for_one_network(
    browser: Browser, fake: FakeProvider, clock: Clock
) -> None:
    for _ in range(PER_NETWORK.free):
        await leave(browser)

    assert (await browser.open("/oauth/external/start")).status_code == 429


# From the account's own page


async def test_a_person_links_and_unlinks_their_account(
    browser: Browser, fake: FakeProvider
) -> None:
    site = browser.site
    await browser.log_in()
    fake.person["email"] = "autre-adresse@example.fr"

    page = await go_round(browser, fake, **{"for": "link"})
    assert page.url.path == "/oauth/external/link"
    assert "autre-adresse@example.fr" in page.text
    done = await browser.send(page, decision="accept")
    assert done.url.path == "/oauth/external"
    assert (await Identity.get()).account_id == site.person.id
    gone = await browser.send(done)

    assert gone.url.path == "/oauth/external"
    assert not await Identity.exists()
    kinds = [e.kind for e in await events.after(0, limit=20)]
    assert kinds[-2:] == ["account.identity_linked", "account.identity_unlinked"]
    assert len(await letters("identity_unlinked")) == 1


async def test_the_only_way_in_is_not_taken_away(browser: Browser, fake: FakeProvider) -> None:
    await go_round(browser, fake)

    page = await browser.send(await browser.open("/oauth/external"))

    assert page.status_code == 409
    assert "mot de passe" in page.text
    assert await Identity.exists()


async def test_one_identity_opens_one_account(browser: Browser, fake: FakeProvider) -> None:
    await go_round(browser, fake)
    await browser.log_in()

    page = await browser.send(await go_round(browser, fake, **{"for": "link"}), decision="accept")

    assert page.status_code == 422
    assert (await Identity.get()).account_id != browser.site.person.id


async def test_an_account_has_one_identity_of_the_provider(
    browser: Browser, fake: FakeProvider
) -> None:
    await browser.log_in()
    await browser.send(await go_round(browser, fake, **{"for": "link"}), decision="accept")
    fake.person["sub"] = "person-2"

    page = await browser.send(await go_round(browser, fake, **{"for": "link"}), decision="accept")

    assert page.status_code == 422
    assert await Identity.all().count() == 1


async def test_linking_from_a_log_out_is_no_linking(browser: Browser, fake: FakeProvider) -> None:
    await browser.log_in()
    address = await leave(browser, **{"for": "link"})
    await Session.all().delete()

    page = await come_back(browser, fake.authorize(address))

    assert page.status_code == 400
    assert not await Identity.exists()


async def test_unlinking_needs_our_own_form_and_one_s_own_identity(
    browser: Browser, fake: FakeProvider
) -> None:
    await go_round(browser, fake)
    identity = await Identity.get()
    await Session.all().delete()
    await browser.log_in()
    page = await browser.open("/oauth/external")
    form = re.search(
        r'name="form_token" value="([^"]+)"', (await browser.open("/oauth/logout")).text
    )
    assert form

    forged = await browser.http.post(
        "/oauth/external/unlink", data={"identity": identity.id, "form_token": "x"}
    )
    foreign = await browser.http.post(
        "/oauth/external/unlink", data={"identity": identity.id, "form_token": form[1]}
    )

    assert "n’est lié à rien" in page.text
    assert (forged.status_code, foreign.status_code) == (403, 409)
    assert await Identity.exists()


async def test_a_site_without_a_provider_shows_none(
    database: str, settings: AuthSettings, browser: Browser
) -> None:
    routes, _ = build_auth(dataclasses.replace(settings, external=None))
    site = dataclasses.replace(browser.site, app=Starlette(routes=routes))
    async with site.http() as http:
        page = await http.get("/oauth/login")
        start = await http.get("/oauth/external/start")

    assert "external" not in page.text
    assert start.status_code == 404
