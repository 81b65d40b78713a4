"""A program without a browser: it shows a code, a person types it elsewhere and answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from auth.models import Client, Consent, Device, RefreshToken
from auth.pages.device import GUESSES
from auth.provisioning import DEVICE, create_client
from auth.routes import PER_NETWORK
from domain import events
from domain.accounts.models import Account
from domain.clock import Clock
from tests.auth.outside import SITE, Browser, Site, refresh, token


@pytest.fixture
async def tool(site: Site) -> Client:
    """A command-line tool."""
    made = await create_client(
        "Outil en ligne",
        [DEVICE, "refresh_token"],
        ["invoice:read_issued", "invoice:issue", "openid"],
        is_confidential=False,
    )
    return made.client


async def ask(site: Site, client: Client, **changed: str) -> dict[str, Any]:
    """What the device is told when it begins."""
    async with site.http() as http:
        form = {"client_id": client.id, "scope": "invoice:issue"} | changed
        answer = await http.post("/oauth/device_authorization", data=form)
    return {"status": answer.status_code, **answer.json()}


async def poll(site: Site, client: Client, device_code: str) -> dict[str, Any]:
    """What the device is told when it asks for its tokens."""
    answer = await token(site, client_id=client.id, grant_type=DEVICE, device_code=device_code)
    return {"status": answer.status_code, **answer.json()}


async def allow(browser: Browser, user_code: str, decision: str = "accept") -> str:
    """A person types the code and answers; the text of the last page."""
    page = await browser.open("/oauth/device")
    if page.url.path == "/oauth/login":
        page = await browser.log_in(page)
    shown = await browser.send(page, user_code=user_code)
    assert "Outil en ligne" in shown.text, shown.text
    return (await browser.send(shown, decision=decision)).text


async def test_a_person_lets_a_device_act_within_what_it_asked_for(
    browser: Browser, tool: Client
) -> None:
    site = browser.site
    told = await ask(site, tool)
    waiting = await poll(site, tool, told["device_code"])

    text = await allow(browser, told["user_code"])
    given = await poll(site, tool, told["device_code"])

    assert waiting["error"] == "authorization_pending"
    assert "Vous pouvez retourner à votre appareil" in text
    assert (given["status"], given["scope"]) == (200, "invoice:issue")
    who = await site.who(given["access_token"])
    assert who["id"] == site.person.id
    assert who["rights"] == {site.structure.id: ["invoice:issue"]}
    assert (await refresh(site, given["refresh_token"], client_id=tool.id)).status_code == 200


async def test_what_the_device_is_told_is_complete(site: Site, tool: Client) -> None:
    told = await ask(site, tool)

    assert told["status"] == 200
    assert told["verification_uri"] == f"{SITE}/oauth/device"
    assert told["verification_uri_complete"].endswith(f"?user_code={told['user_code']}")
    assert (told["expires_in"], told["interval"]) == (600, 5)
    assert len(told["user_code"]) == 9
    kept = str(await Device.all().values())
    assert told["device_code"] not in kept
    assert told["user_code"] not in kept


async def test_the_code_may_be_typed_as_people_type(browser: Browser, tool: Client) -> None:
    told = await ask(browser.site, tool)

    await allow(browser, told["user_code"].replace("-", " ").lower())

    assert (await poll(browser.site, tool, told["device_code"]))["status"] == 200


async def test_a_link_with_the_code_logs_in_first_and_still_asks(
    browser: Browser, tool: Client
) -> None:
    told = await ask(browser.site, tool)

    login = await browser.open("/oauth/device", user_code=told["user_code"])
    page = await browser.log_in(login)

    assert login.url.path == "/oauth/login"
    assert page.url.path == "/oauth/device"
    assert f'value="{told["user_code"]}"' in page.text
    assert (await poll(browser.site, tool, told["device_code"]))["error"] == (
        "authorization_pending"
    )


async def test_a_person_may_refuse_a_device(browser: Browser, tool: Client) -> None:
    told = await ask(browser.site, tool)

    text = await allow(browser, told["user_code"], "refuse")

    assert "Vous avez refusé" in text
    assert (await poll(browser.site, tool, told["device_code"]))["error"] == "access_denied"
    assert not await Consent.exists()


async def test_a_device_that_asks_too_often_is_told_to_slow_down(
    site: Site, tool: Client, clock: Clock
) -> None:
    told = await ask(site, tool)

    async def said() -> str:
        return str((await poll(site, tool, told["device_code"]))["error"])

    assert await said() == "authorization_pending"
    clock.advance(timedelta(seconds=4))
    assert await said() == "slow_down"
    clock.advance(timedelta(seconds=9))
    assert await said() == "slow_down"
    clock.advance(timedelta(seconds=15))
    assert await said() == "authorization_pending"


async def test_a_request_ends_after_its_time(browser: Browser, tool: Client, clock: Clock) -> None:
    told = await ask(browser.site, tool)
    page = await browser.log_in(await browser.open("/oauth/device"))
    clock.advance(timedelta(seconds=600))

    shown = await browser.send(page, user_code=told["user_code"])

    assert shown.status_code == 404
    assert "inconnu ou a expiré" in shown.text
    assert (await poll(browser.site, tool, told["device_code"]))["error"] == "expired_token"


async def test_a_device_code_serves_once_and_its_replay_takes_everything_back(
    browser: Browser, tool: Client
) -> None:
    site = browser.site
    told = await ask(site, tool)
    await allow(browser, told["user_code"])
    given = await poll(site, tool, told["device_code"])
    assert (await site.who(given["access_token"]))["status"] == 200

    again = await poll(site, tool, told["device_code"])

    assert again["error"] == "invalid_grant"
    assert (await site.who(given["access_token"]))["status"] == 401
    assert not await RefreshToken.filter(revoked_at=None).exists()


async def test_a_device_code_is_of_no_use_to_another_client(browser: Browser, tool: Client) -> None:
    site = browser.site
    other = (
        await create_client("Autre", [DEVICE], ["invoice:issue"], is_confidential=False)
    ).client
    told = await ask(site, tool)
    await allow(browser, told["user_code"])

    stolen = await poll(site, other, told["device_code"])

    assert stolen["error"] == "unauthorized_client"
    assert (await poll(site, tool, told["device_code"]))["status"] == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "platform:administer"}, "invalid_scope"),
        ({"scope": "no:such"}, "invalid_scope"),
        ({"client_id": "cli_00000000000000000000000000"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"resource": "https://other.test"}, "invalid_target"),
    ],
)
async def test_a_wrong_request_of_a_device_is_refused(
    site: Site, tool: Client, changed: dict[str, str], error: str
) -> None:
    assert (await ask(site, tool, **changed))["error"] == error
    assert not await Device.exists()


async def test_a_client_without_the_grant_gets_no_code(site: Site) -> None:
    assert (await ask(site, site.spa))["error"] == "unauthorized_client"


async def test_an_unknown_device_code_gives_nothing(site: Site, tool: Client) -> None:
    assert (await poll(site, tool, "unknown"))["error"] == "invalid_grant"


async def test_an_answer_needs_our_own_form(browser: Browser, tool: Client) -> None:
    told = await ask(browser.site, tool)
    page = await browser.log_in(await browser.open("/oauth/device"))
    shown = await browser.send(page, user_code=told["user_code"])

    forged = await browser.send(shown, decision="accept", form_token="0" * 64)

    assert forged.status_code == 403
    assert (await poll(browser.site, tool, told["device_code"]))["error"] == (
        "authorization_pending"
    )


async def test_guessing_codes_is_slowed_down(browser: Browser, tool: Client, clock: Clock) -> None:
    told = await ask(browser.site, tool)
    page = await browser.log_in(await browser.open("/oauth/device"))
    for _ in range(GUESSES.free):
        assert (await browser.send(page, user_code="BBBB-BBBB")).status_code == 404

    slowed = await browser.send(page, user_code=told["user_code"])

    assert slowed.status_code == 429
    assert slowed.headers["retry-after"] == "1"
    clock.advance(timedelta(seconds=1))
    assert "Outil en ligne" in (await browser.send(page, user_code=told["user_code"])).text


async def test_one_address_cannot_fill_the_table_of_requests(
    site: Site, tool: Client, clock: Clock
) -> None:
    for _ in range(PER_NETWORK.free):
        assert (await ask(site, tool))["status"] == 200

    assert (await ask(site, tool))["status"] == 429
    assert await Device.all().count() == PER_NETWORK.free


async def test_an_answer_given_twice_holds_as_the_first(browser: Browser, tool: Client) -> None:
    told = await ask(browser.site, tool)
    page = await browser.log_in(await browser.open("/oauth/device"))
    shown = await browser.send(page, user_code=told["user_code"])
    await browser.send(shown, decision="refuse")

    second = await browser.send(shown, decision="accept")

    assert second.status_code == 404
    assert (await poll(browser.site, tool, told["device_code"]))["error"] == "access_denied"


async def test_the_device_learns_who_and_how_by_its_id_token(
    browser: Browser, tool: Client
) -> None:
    site = browser.site
    told = await ask(site, tool, scope="openid")
    await allow(browser, told["user_code"])

    given = await poll(site, tool, told["device_code"])
    async with site.http() as http:
        keys = KeySet.import_key_set((await http.get("/oauth/jwks.json")).json())

    claims = jwt.decode(given["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["sub"], claims["aud"], claims["amr"]) == (site.person.id, [tool.id], ["pwd"])


async def test_a_person_disabled_meanwhile_gives_the_device_nothing(
    browser: Browser, tool: Client
) -> None:
    told = await ask(browser.site, tool)
    await allow(browser, told["user_code"])
    await Account.filter(id=browser.site.person.id).update(status="DISABLED")

    assert (await poll(browser.site, tool, told["device_code"]))["error"] == "invalid_grant"


async def test_the_consent_to_a_device_is_kept_and_told(browser: Browser, tool: Client) -> None:
    told = await ask(browser.site, tool)
    await allow(browser, told["user_code"])

    consent = await Consent.get()
    event = (await events.after(0, limit=10))[-1]

    assert (consent.client_id, consent.scope) == (tool.id, "invoice:issue")
    assert (event.kind, event.subject_id) == ("consent.granted", consent.id)
    assert event.audience == [(browser.site.person.id, "account:self")]
