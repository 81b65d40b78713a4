"""Requests forged by pages of others, with the cookie that the browser adds by itself."""

from __future__ import annotations

import json
import secrets
from itertools import product
from urllib.parse import urlencode, urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from auth.models import Session
from domain.accounts.models import Account
from tests.attacks.portal import (
    EVIL,
    OPEN_SERVICE,
    PASSWORD,
    STREAM,
    WHO,
    Portal,
    hidden,
)
from tests.attacks.test_rule import ADMITTED, LOOK_ALIKES
from tests.attacks.test_rule import APP as APP_OF_RULE
from tests.attacks.test_rule import OWN as OWN_OF_RULE

# fmt: off
FROM_A_FORM = {"origin": EVIL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
FROM_NO_CORS = {"origin": EVIL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
FROM_A_SCRIPT = {"origin": EVIL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
FROM_OLD_FORM = {"origin": EVIL}
FROM_OUR_FORM = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"}
SENDERS = {"form": FROM_A_FORM, "no-cors fetch": FROM_NO_CORS, "script": FROM_A_SCRIPT,
           "form of an old browser": FROM_OLD_FORM, "form without an origin": {},
           "form injected into our own page": FROM_OUR_FORM}
# What a page can send to another site without asking first, and what tries to look like it.
SIMPLE = ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x", "text/plain; application/json",
          "application/x-www-form-urlencoded; x=application/json",
          "text/plain,application/json", ""]
# fmt: on


async def test_a_form_of_another_site_does_nothing(portal: Portal, token: str) -> None:
    body = json.dumps({"query": OPEN_SERVICE, "variables": portal.deed()})
    contents = (body, f"{body}=", urlencode({"query": OPEN_SERVICE}), f"--x\r\n\r\n{body}")

    async with portal.http() as http:
        for sender, kind, content in product(SENDERS.values(), SIMPLE, contents):
            said = {"content-type": kind} if kind else {}
            headers = sender | portal.cookies(token) | said
            answer = await http.post("/graphql", content=content, headers=headers)
            assert answer.status_code == 415, (sender, kind)
            assert "access-control-allow-origin" not in answer.headers

    assert await portal.deeds() == 0


async def test_json_of_another_page_is_that_of_nobody(portal: Portal, token: str) -> None:
    for sender, page in SENDERS.items():
        headers = page | portal.cookies(token)
        answer = await portal.ask(OPEN_SERVICE, headers, **portal.deed())
        assert answer.status_code == 401, sender
        assert "access-control-allow-origin" not in answer.headers
        assert await portal.who(headers) is None

    assert await portal.deeds() == 0


async def test_the_rule_is_that_of_the_door(portal: Portal, token: str) -> None:
    for name, *row, over_http, over_socket in ADMITTED:
        headers = _said(portal, *row) | portal.cookies(token)
        assert (await portal.who(headers) is not None) is over_http, name
        assert await _seen_by_socket(portal, headers) is over_socket, name
        if not over_http:
            answer = await portal.ask(OPEN_SERVICE, headers, **portal.deed())
            assert answer.status_code == 401, name

    assert await portal.deeds() == 0


def _said(portal: Portal, origin: str | None, site: str | None, mode: str | None) -> dict[str, str]:
    """The headers of a row of the rule's table, with the origins of this portal."""
    known = {OWN_OF_RULE: portal.url, APP_OF_RULE: portal.app}
    said = {
        "origin": known.get(origin or "", origin),
        "sec-fetch-site": site,
        "sec-fetch-mode": mode,
    }
    return {n: v for n, v in said.items() if v is not None}


async def _seen_by_socket(portal: Portal, headers: dict[str, str]) -> bool:
    """Whether a socket opened with these headers is that of the person logged in."""
    try:
        async with portal.socket(headers) as speaker:
            return (await speaker.ask(WHO))["data"]["viewer"]["id"] is not None
    except InvalidStatus as refusal:
        return refusal.response.status_code != 403


async def test_a_link_or_an_image_never_changes_anything(portal: Portal, token: str) -> None:
    asked = {"query": OPEN_SERVICE, "variables": json.dumps(portal.deed())}
    override = {"x-http-method-override": "POST", "x-method-override": "POST"}

    pages = (portal.from_page, portal.from_app, FROM_A_FORM, FROM_NO_CORS)
    async with portal.http() as http:
        for page, method in product(pages, ("GET", "HEAD", "PUT", "DELETE", "PATCH")):
            headers = page | override | portal.cookies(token)
            answer = await http.request(method, "/graphql", params=asked, headers=headers)
            assert answer.status_code == 405

    assert await portal.deeds() == 0


@pytest.mark.parametrize("sender", ["script", "no-cors fetch", "form without an origin"])
async def test_another_page_reads_nothing_by_get(portal: Portal, token: str, sender: str) -> None:
    headers = SENDERS[sender] | portal.cookies(token)

    async with portal.http() as http:
        answer = await http.get("/graphql", params={"query": WHO}, headers=headers)
        source = headers | {"accept": "text/event-stream"}
        async with http.stream(
            "GET", "/graphql", params={"query": STREAM}, headers=source
        ) as stream:
            pass
        session = await http.get("/oauth/session", headers=headers)

    assert answer.json()["data"]["viewer"] == {"id": None, "kind": "ANONYMOUS"}
    assert stream.status_code == 401
    assert session.json()["session"] is None
    for one in (answer, stream, session):
        assert "access-control-allow-origin" not in one.headers
        assert one.headers["cross-origin-resource-policy"] == "same-origin"
        assert one.headers["x-content-type-options"] == "nosniff"


async def test_a_socket_of_another_origin_is_not_even_accepted(portal: Portal, token: str) -> None:
    alike = [origin for origin in LOOK_ALIKES if origin.isascii() and origin == origin.strip()]

    for origin in [EVIL, "http://localhost", *alike]:
        with pytest.raises(InvalidStatus) as refusal:
            async with portal.socket({"origin": origin, **portal.cookies(token)}):
                pass
        assert refusal.value.response.status_code == 403, origin


async def test_a_socket_without_an_origin_has_no_log_in(portal: Portal, token: str) -> None:
    async with portal.socket(portal.cookies(token)) as speaker:
        seen = await speaker.ask(WHO)

    assert seen["data"]["viewer"]["id"] is None


async def test_a_page_that_made_our_host_its_own_has_no_log_in(portal: Portal, token: str) -> None:
    # DNS rebinding: the name of the attacker leads to us, so that Host and Origin agree.
    port = urlsplit(portal.url).port
    rebound = {"host": f"evil.test:{port}", "origin": f"http://evil.test:{port}"}
    headers = rebound | portal.cookies(token) | {"sec-fetch-site": "same-origin"}

    assert await portal.who(headers) is None
    answer = await portal.ask(OPEN_SERVICE, headers, **portal.deed())

    assert answer.status_code == 401
    assert await portal.deeds() == 0


async def test_a_referer_proves_nothing(portal: Portal, token: str) -> None:
    headers = {"referer": f"{portal.url}/graphiql", **portal.cookies(token)}

    assert await portal.who(headers) is None


async def test_a_cookie_under_another_name_opens_nothing(portal: Portal, token: str) -> None:
    names = ("__Host-bordereau-session", "bordereau-session-1", "bordereau-session", "session")

    for name in names:
        assert await portal.who(portal.from_page | {"cookie": f"{name}={token}"}) is None


async def test_a_cookie_tossed_beside_the_real_one_takes_nobody_over(
    portal: Portal, token: str
) -> None:
    attacker = await portal.log_in(portal.world.people["supplier"])

    for first, second in ((attacker, token), (token, attacker)):
        tossed = f"{portal.cookie}={first}; {portal.cookie}={second}"
        headers = portal.from_page | {"cookie": tossed}
        assert await portal.who(headers) is None
        async with portal.http() as http:
            page = await http.get("/oauth/logout", headers=headers)
            assert "@" not in page.text


async def test_a_session_fixed_beforehand_is_worth_nothing_afterwards(portal: Portal) -> None:
    planted = secrets.token_urlsafe(32)
    attacker = await portal.log_in(portal.world.people["supplier"])
    person = portal.person
    await portal.log_in()

    for fixed in (planted, attacker):
        async with portal.http() as http:
            http.cookies.set(portal.cookie, fixed, domain="localhost.local")
            page = await http.get("/oauth/login", headers=portal.cookies(fixed))
            answer = await http.post(
                "/oauth/login",
                data=hidden(page.text) | {"email": person.email, "password": PASSWORD},
                headers=portal.cookies(fixed),
            )
        assert answer.headers["set-cookie"].startswith(f"{portal.cookie}=")
        assert fixed not in answer.headers["set-cookie"]
        assert await portal.who(portal.from_page | portal.cookies(fixed)) is None


async def test_another_site_cannot_log_a_person_out(portal: Portal, token: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    plain = {"content-type": "text/plain"}

    async with portal.http() as http:
        for page in SENDERS.values():
            sent = page | portal.cookies(token)
            answers = [
                await http.post("/oauth/logout", json={}, headers=sent),
                await http.post("/oauth/logout", headers=sent | form),
                await http.post("/oauth/logout", data={"form_token": "0" * 64}, headers=sent),
                await http.post("/oauth/logout", content="{}", headers=sent | plain),
                await http.get("/oauth/logout", headers=sent),
            ]
            assert [a.status_code for a in answers] == [403, 403, 403, 400, 200]

    assert await portal.who(portal.from_page | portal.cookies(token)) == portal.person.id


async def test_another_site_cannot_log_a_person_in_as_someone_else(portal: Portal) -> None:
    attacker = portal.world.people["supplier"]
    await portal.log_in(attacker)
    known = await Session.all().count()
    async with portal.http() as theirs, portal.http() as victim:
        page = await theirs.get("/oauth/login")
        fields = hidden(page.text) | {"email": attacker.email, "password": PASSWORD}
        answer = await victim.post("/oauth/login", data=fields, headers=FROM_A_FORM)

    assert answer.status_code == 403
    assert portal.cookie not in answer.headers.get("set-cookie", "")
    assert await Session.all().count() == known


ASTRAY = [
    EVIL,
    "//evil.test",
    "https://evil.test/{app}",
    "{app}@evil.test/",
    "{app}.evil.test/",
    "{app}\\@evil.test/",
    "{app}/\\evil.test",
    "{app}0/",
    "https:evil.test",
    "javascript:alert(1)",
    "{app}/\r\nSet-Cookie: a=b",
    "{app}/\u2028",
    "/graphiql",
    "",
]


async def test_a_log_in_leads_nobody_astray(portal: Portal) -> None:
    await portal.log_in()
    person = {"email": portal.person.email, "password": PASSWORD}

    for address in ASTRAY:
        astray = address.format(app=portal.app)
        async with portal.http() as http:
            page = await http.get("/oauth/login", params={"return_to": astray})
            assert page.status_code == 400, address
            assert "location" not in page.headers
    for tampered in (
        urlencode({"return_to": EVIL}),
        urlencode({"return_to": portal.app, "x": "1"}),
        urlencode({"return_to": portal.app}) + f"&return_to={EVIL}",
        f"return_to=//evil.test&client_id={EVIL}",
        EVIL,
    ):
        async with portal.http() as http:
            form = hidden((await http.get("/oauth/login")).text) | person
            answer = await http.post("/oauth/login", data=form | {"next": tampered})
        where = urlsplit(answer.headers.get("location", "/oauth/login"))
        assert (where.scheme, where.netloc) == ("", ""), tampered


async def test_an_authorization_request_cannot_smuggle_a_way_back(portal: Portal) -> None:
    await portal.log_in()
    asked = {"client_id": "graphiql", "response_type": "code", "return_to": portal.app}
    smuggled = urlencode(asked)

    async with portal.http() as http:
        page = await http.get("/oauth/login")
        answer = await http.post(
            "/oauth/login",
            data=hidden(page.text)
            | {"email": portal.person.email, "password": PASSWORD, "next": smuggled},
        )

    assert answer.headers["location"].startswith("/oauth/authorize?client_id=graphiql")
    assert "return_to" not in answer.headers["location"]


async def test_no_answer_is_kept_by_a_cache(portal: Portal, token: str) -> None:
    page = portal.from_page | portal.cookies(token)
    async with portal.http() as http:
        answers = [
            await http.get("/graphql", params={"query": WHO}, headers=page),
            await http.post("/graphql", json={"query": WHO}, headers=page),
            await http.post("/graphql", json={"query": "{"}, headers=page),
            await http.get("/graphql", params={"query": STREAM}, headers=page),
            await http.post("/graphql", json={"query": OPEN_SERVICE}, headers=portal.from_page),
            await http.get("/oauth/session", headers=page),
            await http.post("/oauth/logout", json={}, headers=portal.from_page),
            await http.get("/oauth/login"),
        ]

    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


async def test_a_token_in_an_address_is_refused(portal: Portal) -> None:
    bearer = portal.api.token("recipient") or ""
    asked = {"query": WHO, "access_token": bearer}
    async with portal.http() as http:
        by_get = await http.get("/graphql", params=asked)
        by_post = await http.post(f"/graphql?access_token={bearer}", json={"query": WHO})

    for answer in (by_get, by_post):
        assert answer.status_code == 400
        assert "Authorization: Bearer" in answer.json()["errors"][0]["message"]
        assert bearer not in answer.text
    with pytest.raises(InvalidStatus):
        async with portal.socket({"origin": portal.url}, query=f"?access_token={bearer}"):
            pass


async def test_a_token_of_another_page_acts_for_its_own_person_only(
    portal: Portal, token: str
) -> None:
    bearer = {"authorization": f"Bearer {portal.api.token('plain')}"}
    both = FROM_A_SCRIPT | portal.cookies(token) | bearer

    answer = await portal.ask(OPEN_SERVICE, both, **portal.deed())

    assert await portal.who(both) == portal.world.people["plain"].id
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert await portal.deeds() == 0


async def test_a_wrong_authorization_is_never_replaced_by_the_cookie(
    portal: Portal, token: str
) -> None:
    for authorization in ("", "Bearer", "Bearer x", "Basic eDp5", "x"):
        headers = portal.from_page | portal.cookies(token) | {"authorization": authorization}
        answer = await portal.ask(OPEN_SERVICE, headers, **portal.deed())
        assert answer.status_code == 401, authorization

    assert await portal.deeds() == 0


async def test_no_page_of_ours_can_be_framed(portal: Portal, token: str) -> None:
    async with portal.http() as http:
        for path in ("/oauth/login", "/oauth/logout", "/oauth/login?return_to=https://evil.test"):
            page = await http.get(path, headers=portal.cookies(token))
            assert page.headers["x-frame-options"] == "DENY"
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_a_cookie_that_was_seen_opens_nothing_after_the_log_out(
    portal: Portal, token: str
) -> None:
    page = portal.from_page | portal.cookies(token)
    assert await portal.who(page) == portal.person.id
    async with portal.http() as http:
        await http.post("/oauth/logout", json={}, headers=page)

    assert await portal.who(page) is None
    async with portal.socket({"origin": portal.url, **portal.cookies(token)}) as speaker:
        assert (await speaker.ask(WHO))["data"]["viewer"]["id"] is None


async def test_what_is_stored_is_not_what_the_cookie_holds(portal: Portal, token: str) -> None:
    rows = str(await Session.all().values())

    assert token not in rows
    assert str(await Account.all().values()).count(PASSWORD) == 0
