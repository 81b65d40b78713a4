"""Security keys and passkeys: what a key in the right hands opens, and what others do not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from auth.factors import keys
from auth.factors.keys import NotProved, RelyingParty, relying_party
from auth.factors.models import Factor
from auth.models import Session
from auth.provisioning import set_password
from domain import events
from domain.accounts.actions import create_account
from domain.accounts.models import Account
from domain.clock import Clock
from tests.auth.authenticator import SecurityKey, encoded, options_of
from tests.auth.factoring import (
    ACCOUNT,
    SECOND,
    a_key,
    claims,
    factors,
    forms,
    kinds_sent,
    logged_out,
    second_step,
    submit,
)
from tests.auth.outside import PASSWORD, Browser, Pkce, Site, sent_back

PASSKEY = "/oauth/passkey"
TWO = "urn:bordereau:acr:2fa"


@pytest.fixture
async def other(site: Site) -> AsyncIterator[Browser]:
    """A browser of somebody else."""
    async with site.http() as http:
        yield Browser(site, http)


@pytest.fixture
async def key(browser: Browser, clock: Clock) -> SecurityKey:
    """The person has a key and is logged out."""
    await browser.log_in()
    key = await a_key(browser, name="Clé bleue")
    await logged_out(browser)
    return key


# Adding one


async def test_what_a_browser_is_asked_names_us_and_who_it_is_for(browser: Browser) -> None:
    await browser.log_in()

    options = options_of(await browser.open(f"{ACCOUNT}/key"))

    person = browser.site.person
    assert options["rp"] == {"id": "bordereau.test", "name": "Bordereau"}
    assert options["user"]["id"] == encoded(person.id.encode())
    assert options["user"]["name"] == person.email
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert len(options["challenge"]) >= 43


async def test_several_keys_are_kept_with_their_names(browser: Browser) -> None:
    await browser.log_in()
    await a_key(browser, name="Clé bleue")
    await a_key(browser, name="  Clé   du bureau ")
    await a_key(browser)

    page = await browser.open(ACCOUNT)

    names = [f.name for f in await Factor.all().order_by("id")]
    assert names == ["Clé bleue", "Clé   du bureau", "Clé de sécurité ou clé d'accès"]
    assert "Clé bleue" in page.text
    assert len(options_of(await browser.open(f"{ACCOUNT}/key"))["excludeCredentials"]) == 3


async def test_a_key_is_added_once(browser: Browser, other: Browser) -> None:
    await browser.log_in()
    key = await a_key(browser)
    page = await browser.open(f"{ACCOUNT}/key")

    again = await submit(browser, page, f"{ACCOUNT}/key", credential=key.make(page))

    assert again.status_code == 403
    assert "déjà un second facteur" in again.text
    assert await factors(browser) == ["KEY"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"origin": "https://bordereau.test.evil.test"}, {}),
        ({"origin": "http://bordereau.test"}, {}),
        ({"origin": "https://bordereau.test:8443"}, {}),
        ({"rp_id": "evil.test"}, {}),
        ({"rp_id": "test"}, {}),
        ({}, {"type": "webauthn.get"}),
    ],
)
async def test_a_key_made_for_others_is_not_kept(
    browser: Browser, changes: dict[str, str], said: dict[str, str]
) -> None:
    await browser.log_in()
    page = await browser.open(f"{ACCOUNT}/key")
    key = SecurityKey(**changes)

    answer = await submit(browser, page, f"{ACCOUNT}/key", credential=key.make(page, **said))

    assert answer.status_code == 403
    assert "La clé n’a pas été reconnue" in answer.text
    assert await factors(browser) == []


async def test_the_challenge_of_a_new_key_is_used_once(browser: Browser) -> None:
    await browser.log_in()
    page = await browser.open(f"{ACCOUNT}/key")
    await submit(browser, page, f"{ACCOUNT}/key", credential=SecurityKey().make(page))

    fields = {"form_token": _token(await browser.open(f"{ACCOUNT}/key"))}
    again = await browser.http.post(
        f"{ACCOUNT}/key", data={**fields, "credential": SecurityKey().make(page), "name": ""}
    )

    assert again.status_code == 403
    assert "Cette page a expiré" in again.text
    assert await factors(browser) == ["KEY"]


async def test_the_challenge_of_a_new_key_is_of_its_log_in_alone(
    browser: Browser, other: Browser
) -> None:
    await browser.log_in()
    await other.log_in()
    mine, theirs = [await b.open(f"{ACCOUNT}/key") for b in (browser, other)]

    answer = await submit(other, theirs, f"{ACCOUNT}/key", credential=SecurityKey().make(mine))

    assert answer.status_code == 403
    assert await factors(browser) == []


@pytest.mark.parametrize(
    "nonsense",
    ["", "{}", "[]", "null", "{", '{"id": 1}', "[" * 5_000, "\u00e9", '{"id":"a","rawId":"a"}'],
)
async def test_nonsense_is_refused_politely(
    browser: Browser, nonsense: str, key: SecurityKey
) -> None:
    second = await second_step(browser)
    alone = await browser.open(PASSKEY)

    answers = [
        await submit(browser, second, SECOND, credential=nonsense),
        await submit(browser, alone, PASSKEY, credential=nonsense),
    ]

    assert [a.status_code for a in answers] == [403, 403]
    assert all("La clé n’a pas été reconnue" in a.text for a in answers)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
async def test_an_answer_altered_anywhere_is_refused(
    browser: Browser, key: SecurityKey, part: str
) -> None:
    for value in ("", "AAAA", "é", "A" * 4_000):
        page = await second_step(browser)
        signed = json.loads(key.sign(page))
        signed["response"][part] = value

        answer = await submit(browser, page, SECOND, credential=json.dumps(signed))

        assert answer.status_code == 403
    assert await Session.all().count() == 1


# As the second proof


async def test_a_key_is_a_second_proof(browser: Browser, key: SecurityKey) -> None:
    key.verifies = False
    pkce = Pkce()
    page = await second_step(browser, code_challenge=pkce.challenge, scope="openid")

    answer = await submit(browser, page, SECOND, credential=key.sign(page))

    assert options_of(page)["userVerification"] == "discouraged"
    assert [c["id"] for c in options_of(page)["allowCredentials"]] == [encoded(key.credential_id)]
    said = await claims(browser, answer, pkce)
    assert (said["amr"], said["acr"]) == (["pwd", "hwk", "mfa"], TWO)
    assert (await Factor.get()).sign_count == 1


async def test_a_passkey_that_its_devices_share_is_called_what_it_is(browser: Browser) -> None:
    await browser.log_in()
    key = await a_key(browser, is_synced=True, counts=False)
    await logged_out(browser)
    pkce = Pkce()
    page = await second_step(browser, code_challenge=pkce.challenge, scope="openid")

    answer = await submit(browser, page, SECOND, credential=key.sign(page))

    assert (await claims(browser, answer, pkce))["amr"] == ["pwd", "swk", "user", "mfa"]


async def test_the_key_of_somebody_else_is_no_second_proof(
    browser: Browser, other: Browser, key: SecurityKey
) -> None:
    stranger = await create_account("martin@example.fr", "Paul Martin")
    await set_password(stranger, PASSWORD)
    await other.log_in(email="martin@example.fr")
    theirs = await a_key(other)
    page = await second_step(browser)

    answer = await submit(browser, page, SECOND, credential=theirs.sign(page))

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"origin": "https://bordereau-test.evil.test"}, {}),
        ({"origin": "http://bordereau.test"}, {}),
        ({"rp_id": "evil.test"}, {}),
        ({}, {"type": "webauthn.create"}),
        ({}, {"challenge": encoded(b"c" * 56)}),
        ({}, {"challenge": ""}),
    ],
)
async def test_a_proof_given_to_another_site_proves_nothing_to_us(
    browser: Browser, key: SecurityKey, changes: dict[str, str], said: dict[str, str]
) -> None:
    page = await second_step(browser)
    for name, value in changes.items():
        setattr(key, name, value)

    answer = await submit(browser, page, SECOND, credential=key.sign(page, **said))

    assert answer.status_code == 403
    assert await Session.all().count() == 1


async def test_a_key_is_not_slowed_down(browser: Browser, key: SecurityKey) -> None:
    page = await second_step(browser)
    for _ in range(8):
        await submit(browser, page, SECOND, credential="nonsense")

    answer = await submit(browser, page, SECOND, credential=key.sign(page))

    assert "code" in sent_back(answer)


async def test_a_challenge_is_answered_once(
    browser: Browser, key: SecurityKey, clock: Clock
) -> None:
    page = await second_step(browser)
    key.origin = "https://evil.test"
    assert (await submit(browser, page, SECOND, credential=key.sign(page))).status_code == 403
    key.origin = "https://bordereau.test"

    again = await submit(browser, page, SECOND, credential=key.sign(page))

    assert again.status_code == 403
    assert "Cette page a expiré" in again.text


async def test_a_challenge_expires(browser: Browser, key: SecurityKey, clock: Clock) -> None:
    page = await browser.open(PASSKEY)
    clock.advance(timedelta(minutes=10))

    answer = await submit(browser, page, PASSKEY, credential=key.sign(page))

    assert answer.status_code == 403
    assert "Cette page a expiré" in answer.text


async def test_a_challenge_is_of_its_browser_alone(
    browser: Browser, other: Browser, key: SecurityKey
) -> None:
    theirs, mine = await other.open(PASSKEY), await browser.open(PASSKEY)

    stolen = await submit(other, theirs, PASSKEY, credential=key.sign(mine))

    assert stolen.status_code == 403
    assert await Session.all().count() == 1


async def test_a_challenge_is_of_its_use_alone(browser: Browser, key: SecurityKey) -> None:
    """What was signed without a check of the user, as a second proof, is no passkey log-in."""
    second, alone = await second_step(browser), await browser.open(PASSKEY)

    answer = await submit(browser, alone, PASSKEY, credential=key.sign(second))

    assert answer.status_code == 403
    assert "Cette page a expiré" in answer.text


# Copies


async def test_a_copy_of_a_key_is_found_out_by_its_counter_and_the_key_is_blocked(
    browser: Browser, key: SecurityKey
) -> None:
    copy = key.copy()
    for _ in range(2):
        page = await second_step(browser)
        assert "code" in sent_back(await submit(browser, page, SECOND, credential=key.sign(page)))
        await logged_out(browser)

    page = await second_step(browser)
    refused = await submit(browser, page, SECOND, credential=copy.sign(page))
    owner = await browser.open(SECOND, **{"with": "key"})

    assert refused.status_code == 403
    assert "a peut-être été copiée" in refused.text
    assert "Code de secours" in owner.text
    assert "data-webauthn" not in owner.text
    assert (await kinds_sent())[-1] == "account_factor_suspected"
    assert [e.kind for e in await events.of_subject(browser.site.person.id)] == [
        "account.factor_added",
        "account.factor_suspected",
    ]


async def test_a_blocked_key_logs_nobody_in_alone_either(
    browser: Browser, key: SecurityKey
) -> None:
    copy = key.copy()
    page = await browser.open(PASSKEY)
    await submit(browser, page, PASSKEY, credential=key.sign(page))
    await logged_out(browser)
    page = await browser.open(PASSKEY)
    assert (await submit(browser, page, PASSKEY, credential=copy.sign(page))).status_code == 403

    page = await browser.open(PASSKEY)
    key.counter = 100
    answer = await submit(browser, page, PASSKEY, credential=key.sign(page))

    assert answer.status_code == 403
    assert await Session.all().count() == 2


async def test_a_forged_counter_casts_no_suspicion(browser: Browser, key: SecurityKey) -> None:
    """Whoever knows the password but not the key must not get the key blocked."""
    page = await second_step(browser)
    await submit(browser, page, SECOND, credential=key.sign(page))
    await logged_out(browser)
    page = await second_step(browser)
    forger = SecurityKey(credential_id=key.credential_id, rp_id="bordereau.test")

    answer = await submit(browser, page, SECOND, credential=forger.sign(page))

    assert answer.status_code == 403
    assert (await Factor.get()).suspected_at is None
    page = await second_step(browser)
    assert "code" in sent_back(await submit(browser, page, SECOND, credential=key.sign(page)))


async def test_a_key_that_does_not_count_is_no_copy(browser: Browser) -> None:
    await browser.log_in()
    key = await a_key(browser, counts=False)
    for _ in range(2):
        await logged_out(browser)
        page = await second_step(browser)
        assert "code" in sent_back(await submit(browser, page, SECOND, credential=key.sign(page)))


# Alone


async def test_a_passkey_that_knows_its_user_logs_in_without_a_password(
    browser: Browser, key: SecurityKey
) -> None:
    pkce = Pkce()
    login = await browser.authorize(pkce, scope="openid")
    assert f'href="{PASSKEY}?next=' in login.text
    page = await browser.open(PASSKEY, next=_next(login))

    answer = await submit(browser, page, PASSKEY, credential=key.sign(page))

    assert options_of(page)["userVerification"] == "required"
    assert options_of(page).get("allowCredentials", []) == []
    said = await claims(browser, answer, pkce)
    assert (said["amr"], said["acr"]) == (["hwk", "user", "mfa"], TWO)


async def test_a_key_that_did_not_check_its_user_logs_nobody_in_alone(
    browser: Browser, key: SecurityKey
) -> None:
    key.verifies = False
    page = await browser.open(PASSKEY)

    answer = await submit(browser, page, PASSKEY, credential=key.sign(page))

    assert answer.status_code == 403
    assert await Session.all().count() == 1


async def test_a_key_that_nobody_added_logs_nobody_in(browser: Browser) -> None:
    page = await browser.open(PASSKEY)

    answer = await submit(
        browser, page, PASSKEY, credential=SecurityKey(rp_id="bordereau.test").sign(page)
    )

    assert answer.status_code == 403
    assert "La clé n’a pas été reconnue" in answer.text


async def test_a_key_that_claims_another_account_logs_nobody_in(
    browser: Browser, key: SecurityKey
) -> None:
    key.user_handle = b"acc_of_somebody_else"
    page = await browser.open(PASSKEY)

    answer = await submit(browser, page, PASSKEY, credential=key.sign(page))

    assert answer.status_code == 403


@pytest.mark.parametrize("status", ["DISABLED", "AWAITING"])
async def test_a_passkey_opens_no_account_that_is_not_active(
    browser: Browser, key: SecurityKey, status: str
) -> None:
    page = await browser.open(PASSKEY)
    await Account.filter(id=browser.site.person.id).update(status=status)

    answer = await submit(browser, page, PASSKEY, credential=key.sign(page))

    assert answer.status_code == 403
    assert await Session.all().count() == 1


async def test_a_passkey_page_leads_nowhere_off_the_site(
    browser: Browser, key: SecurityKey
) -> None:
    page = await browser.open(PASSKEY, next="https://evil.test/")

    answer = await submit(browser, page, PASSKEY, credential=key.sign(page))

    assert answer.status_code == 200
    assert "Vous êtes connecté" in answer.text
    assert "evil.test" not in page.headers["content-security-policy"]


async def test_the_page_of_passkeys_runs_our_own_script_and_no_other(browser: Browser) -> None:
    page = await browser.open(PASSKEY)

    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.text.count("<script") == 1
    assert '<script src="/oauth/static/webauthn.js" defer></script>' in page.text
    assert (await browser.open("/oauth/static/webauthn.js")).status_code == 200
    assert "<script" not in (await browser.open("/oauth/login")).text


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://factures.example.org", ("factures.example.org", "https://factures.example.org")),
        ("https://example.org:8443/portail", ("example.org", "https://example.org:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("http://factures.example.org", None),
        ("https://192.0.2.7", None),
        ("http://127.0.0.1:8000", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_keys_know_us_by_the_public_address(address: str, party: tuple[str, str] | None) -> None:
    assert relying_party(address) == (RelyingParty(*party) if party else None)


def test_an_answer_that_cannot_be_read_is_not_proved() -> None:
    for read in (keys.challenge_of, keys.credential_of):
        with pytest.raises(NotProved):
            read("nonsense")


def _token(page: httpx2.Response) -> str:
    return forms(page)[0][1]["form_token"]


def _next(page: httpx2.Response) -> str:
    return forms(page)[0][1]["next"]
