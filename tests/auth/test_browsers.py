"""A person lets a browser application act for them: log-in, consent, code, tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import ASGITransport
from joserfc import jwt
from joserfc.jwk import KeySet

from auth.factors.actions import add
from auth.factors.models import FactorKind
from auth.models import AuthorizationCode, RefreshToken
from auth.provisioning import ensure_explorer
from domain.accounts.models import Account
from domain.clock import Clock
from domain.ids import new_id
from tests.auth.outside import (
    CALLBACK,
    PASSWORD,
    SITE,
    Browser,
    Pkce,
    exchange,
    refresh,
    sent_back,
    tokens,
)


async def test_a_person_logs_in_and_the_application_acts_within_their_rights(
    browser: Browser,
) -> None:
    issued = await tokens(browser)

    who = await browser.site.who(issued["access_token"])

    assert who == {
        "status": 200,
        "id": browser.site.person.id,
        "kind": "PERSON",
        "rights": {browser.site.structure.id: ["invoice:issue", "invoice:read_issued"]},
    }


async def test_an_independent_client_library_completes_the_flow(browser: Browser) -> None:
    site, pkce = browser.site, Pkce()
    client = AsyncOAuth2Client(
        site.spa.id,
        redirect_uri=CALLBACK,
        scope="invoice:read_issued",
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
        transport=ASGITransport(app=site.app),
    )

    async with client:
        address, state = client.create_authorization_url(
            f"{SITE}/oauth/authorize", code_verifier=pkce.verifier
        )
        answer = await browser.log_in(await browser.open(address.removeprefix(SITE)))
        await client.fetch_token(
            f"{SITE}/oauth/token",
            authorization_response=answer.headers["location"],
            state=state,
            code_verifier=pkce.verifier,
        )
        who = await client.get(f"{SITE}/who")
        await client.refresh_token(f"{SITE}/oauth/token")
        again = await client.get(f"{SITE}/who")

    assert who.json() == again.json()
    assert who.json()["rights"] == {site.structure.id: ["invoice:read_issued"]}


async def test_the_site_s_own_explorer_logs_people_in_at_the_address_where_it_is_served(
    browser: Browser,
) -> None:
    pkce, explorer = Pkce(), {"client_id": "graphiql", "redirect_uri": f"{CALLBACK}/graphiql"}
    await ensure_explorer("graphiql", "https://old.test/graphiql")
    await ensure_explorer(**explorer)

    answer = await exchange(browser.site, await browser.code(pkce, **explorer), pkce, **explorer)

    assert (await browser.site.who(answer.json()["access_token"]))["status"] == 200


async def test_the_answer_names_its_issuer_and_returns_the_state(browser: Browser) -> None:
    answer = sent_back(await browser.log_in(await browser.authorize()))

    assert (answer["iss"], answer["state"]) == (SITE, "a state")


async def test_a_second_application_needs_no_second_log_in(browser: Browser) -> None:
    await tokens(browser)

    answer = await browser.authorize()

    assert "code" in sent_back(answer)


async def test_an_application_that_is_not_ours_needs_consent(browser: Browser) -> None:
    site, pkce = browser.site, Pkce()
    site.spa.is_trusted = False
    await site.spa.save()

    page = await browser.log_in(await browser.authorize(pkce, scope="invoice:issue openid"))

    assert page.url.path == "/oauth/consent"
    assert "Portail" in page.text
    assert "durand@example.fr" in page.text
    assert "Déposer des factures et avoirs" in page.text
    assert "Consulter les factures émises" not in page.text
    agreed = await browser.send(page, decision="accept")
    issued = (await exchange(site, sent_back(agreed)["code"], pkce)).json()
    assert issued["scope"] == "invoice:issue openid"


async def test_a_person_may_refuse(browser: Browser) -> None:
    browser.site.spa.is_trusted = False
    await browser.site.spa.save()
    page = await browser.log_in(await browser.authorize())

    answer = sent_back(await browser.send(page, decision="refuse"))

    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "a state", SITE)
    assert not await AuthorizationCode.exists()


async def test_consent_needs_our_own_form(browser: Browser) -> None:
    browser.site.spa.is_trusted = False
    await browser.site.spa.save()
    page = await browser.log_in(await browser.authorize())

    again = await browser.send(page, decision="accept", form_token="0" * 64)

    assert again.url.path == "/oauth/consent"
    assert not await AuthorizationCode.exists()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "platform:administer"}, "invalid_scope"),
        ({"scope": "no:such"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_wrong_request_is_sent_back_to_the_application(
    browser: Browser, changed: dict[str, str], error: str
) -> None:
    answer = sent_back(await browser.authorize(**changed))

    assert (answer["error"], answer["state"], answer["iss"]) == (error, "a state", SITE)
    assert not await AuthorizationCode.exists()


@pytest.mark.parametrize("is_confidential", [True, False])
async def test_pkce_is_needed_whatever_the_kind_of_client(
    browser: Browser, *, is_confidential: bool
) -> None:
    browser.site.spa.auth_method = "client_secret_basic" if is_confidential else "none"
    await browser.site.spa.save()

    answer = sent_back(await browser.authorize(code_challenge="", code_challenge_method=""))

    assert answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.test/callback"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?a=b"},
        {"redirect_uri": f"{CALLBACK}#fragment"},
        {"redirect_uri": "https://app.test:443/callback"},
        {"redirect_uri": "https://app.test@evil.test/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://é.test"},
        {"redirect_uri": 'https://app.test/"'},
        {"client_id": "cli_00000000000000000000000000"},
        {"client_id": "nobody"},
        {"client_id": ""},
        {"response_type": 'co"de'},
        {"state": "caf\u00e9"},
        {"scope": "a\0b"},
    ],
)
async def test_a_request_from_nowhere_known_is_never_sent_back(
    browser: Browser, changed: dict[str, str]
) -> None:
    page = await browser.authorize(**changed)

    assert page.status_code == 400
    assert "location" not in page.headers
    assert "demande incorrecte" in page.text


async def test_a_parameter_given_twice_is_refused(browser: Browser) -> None:
    page = await browser.open(f"/oauth/authorize?client_id={browser.site.spa.id}&client_id=x")

    assert page.status_code == 400


async def test_the_request_may_come_by_post(browser: Browser) -> None:
    shown = await browser.http.post("/oauth/authorize", data={"client_id": "x"})

    assert shown.status_code == 303
    assert shown.headers["location"] == "/oauth/authorize?client_id=x"


async def test_a_fresh_log_in_can_be_demanded(browser: Browser, clock: Clock) -> None:
    await tokens(browser)
    clock.advance(timedelta(minutes=10))

    for demanded in ({"prompt": "login"}, {"max_age": "60"}, {"prompt": "select_account"}):
        page = await browser.authorize(**demanded)
        assert page.url.path == "/oauth/login", demanded
    assert "code" in sent_back(await browser.log_in(page))
    assert "code" in sent_back(await browser.authorize(max_age="3600"))


async def test_an_application_that_shows_nothing_cannot_obtain_consent(browser: Browser) -> None:
    browser.site.spa.is_trusted = False
    await browser.site.spa.save()
    await browser.log_in()

    answer = sent_back(await browser.authorize(prompt="none"))

    assert answer["error"] == "consent_required"


async def test_a_code_serves_once_and_its_replay_revokes_what_came_from_it(
    browser: Browser,
) -> None:
    site, pkce = browser.site, Pkce()
    code = await browser.code(pkce)
    issued = (await exchange(site, code, pkce)).json()
    assert (await site.who(issued["access_token"]))["status"] == 200

    replay = await exchange(site, code, pkce)

    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert (await site.who(issued["access_token"]))["status"] == 401
    assert (await refresh(site, issued["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"redirect_uri": "https://app.test/other"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_client"),
    ],
)
async def test_a_code_presented_wrongly_gives_nothing(
    browser: Browser, changed: dict[str, str], error: str
) -> None:
    pkce = Pkce()
    code = await browser.code(pkce)

    answer = await exchange(browser.site, code, pkce, **changed)

    assert answer.json()["error"] == error
    assert not await RefreshToken.exists()


async def test_a_code_is_of_no_use_to_another_client(browser: Browser) -> None:
    site, pkce = browser.site, Pkce()
    site.erp.grant_types = "client_credentials authorization_code"
    await site.erp.save()
    code = await browser.code(pkce)

    stolen = await exchange(site, code, pkce, client_id=site.erp.id, client_secret=site.erp_secret)

    assert stolen.json()["error"] == "invalid_grant"
    assert (await exchange(site, code, pkce)).status_code == 200


async def test_a_code_ends_after_a_minute(browser: Browser, clock: Clock) -> None:
    pkce = Pkce()
    code = await browser.code(pkce)
    clock.advance(timedelta(seconds=60))

    answer = await exchange(browser.site, code, pkce)

    assert answer.json()["error"] == "invalid_grant"


async def test_a_refresh_token_is_exchanged_at_each_use(browser: Browser) -> None:
    site = browser.site
    first = await tokens(browser)

    second = (await refresh(site, first["refresh_token"])).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert (await site.who(second["access_token"]))["status"] == 200


async def test_a_refresh_token_used_twice_revokes_the_whole_family(browser: Browser) -> None:
    site = browser.site
    first = await tokens(browser)
    second = (await refresh(site, first["refresh_token"])).json()
    assert (await site.who(second["access_token"]))["status"] == 200

    reused = await refresh(site, first["refresh_token"])

    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(site, second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await site.who(second["access_token"]))["status"] == 401
    assert (await site.who(first["access_token"]))["status"] == 401


async def test_another_log_in_survives_the_revocation_of_a_family(browser: Browser) -> None:
    site = browser.site
    first, other = await tokens(browser), await tokens(browser)
    await refresh(site, first["refresh_token"])

    await refresh(site, first["refresh_token"])

    assert (await refresh(site, other["refresh_token"])).status_code == 200


async def test_a_refresh_token_is_of_no_use_to_another_client(browser: Browser) -> None:
    site = browser.site
    site.erp.grant_types = "client_credentials refresh_token"
    await site.erp.save()
    issued = await tokens(browser)

    stolen = await refresh(
        site, issued["refresh_token"], client_id=site.erp.id, client_secret=site.erp_secret
    )

    assert stolen.json()["error"] == "invalid_grant"
    assert (await refresh(site, issued["refresh_token"])).status_code == 200


async def test_a_refresh_may_narrow_the_access_but_not_widen_it(browser: Browser) -> None:
    site = browser.site
    issued = await tokens(browser, scope="invoice:read_issued invoice:issue")

    wider = await refresh(site, issued["refresh_token"], scope="account:self")
    narrower = (await refresh(site, issued["refresh_token"], scope="invoice:issue")).json()
    next_one = (await refresh(site, narrower["refresh_token"])).json()

    assert wider.json()["error"] == "invalid_scope"
    assert narrower["scope"] == "invoice:issue"
    assert next_one["scope"] == "invoice:read_issued invoice:issue"


async def test_a_refresh_never_gives_scopes_that_were_not_granted(browser: Browser) -> None:
    site = browser.site
    issued = await tokens(browser, scope="invoice:issue")
    site.spa.scope = "invoice:read_issued"
    await site.spa.save()

    answer = await refresh(site, issued["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"


async def test_a_refresh_token_ends(browser: Browser, clock: Clock) -> None:
    issued = await tokens(browser)
    clock.advance(timedelta(days=14))

    answer = await refresh(browser.site, issued["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"


async def test_a_disabled_person_loses_access_and_refresh(browser: Browser) -> None:
    site = browser.site
    issued = await tokens(browser)
    await Account.filter(id=site.person.id).update(status="DISABLED")

    answer = await refresh(site, issued["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"
    assert (await site.who(issued["access_token"]))["status"] == 401
    assert (await browser.authorize()).url.path == "/oauth/login"


async def test_an_openid_client_learns_who_the_person_is(browser: Browser) -> None:
    site = browser.site

    issued = await tokens(browser, scope="openid email", nonce="n-1")
    async with site.http() as http:
        keys = KeySet.import_key_set((await http.get("/oauth/jwks.json")).json())
        bearer = {"Authorization": f"Bearer {issued['access_token']}"}
        info = await http.get("/oauth/userinfo", headers=bearer)

    claims = jwt.decode(issued["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (SITE, [site.spa.id], "n-1")
    assert info.json() == {"sub": site.person.id, "email": "durand@example.fr"}
    assert claims["amr"] == ["pwd"]
    # An id_token is no credential for the API.
    assert (await site.who(issued["id_token"]))["status"] == 401


async def test_userinfo_needs_the_scope_openid(browser: Browser) -> None:
    issued = await tokens(browser, scope="invoice:issue")

    async with browser.site.http() as http:
        bearer = {"Authorization": f"Bearer {issued['access_token']}"}
        with_token = await http.get("/oauth/userinfo", headers=bearer)
        without = await http.get("/oauth/userinfo")

    assert (with_token.status_code, without.status_code) == (401, 401)


async def test_logging_out_ends_the_applications_opened_from_the_browser(
    browser: Browser,
) -> None:
    site = browser.site
    issued = await tokens(browser)
    assert (await site.who(issued["access_token"]))["status"] == 200

    page = await browser.send(await browser.open("/oauth/logout"))

    assert "Vous êtes déconnecté" in page.text
    assert (await site.who(issued["access_token"]))["status"] == 401
    assert (await refresh(site, issued["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await browser.authorize()).url.path == "/oauth/login"


async def test_a_log_in_ends(browser: Browser, clock: Clock) -> None:
    await browser.log_in()
    clock.advance(timedelta(hours=12))

    page = await browser.authorize()

    assert page.url.path == "/oauth/login"


async def test_what_is_stored_opens_nothing(browser: Browser) -> None:
    pkce = Pkce()
    code = await browser.code(pkce)
    issued = (await exchange(browser.site, code, pkce)).json()

    stored = [*(await AuthorizationCode.all().values()), *(await RefreshToken.all().values())]
    account = await Account.get(id=browser.site.person.id)

    assert code not in str(stored)
    assert issued["refresh_token"] not in str(stored)
    assert PASSWORD not in str(account.password_hash)
    assert str(account.password_hash).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_refresh_token_from_before_a_second_factor_renews_nothing(
    browser: Browser,
) -> None:
    known = await tokens(browser)

    await add(browser.site.person.id, FactorKind.EMAIL, "", identifier=new_id("fac"))
    answer = await refresh(browser.site, known["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
