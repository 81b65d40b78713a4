"""What a page does with the log-in of its browser, and for how long."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import datetime, timedelta

import httpx2
import pytest

from auth.models import RefreshToken, Session, hashed
from auth.sessions import Sessions, end_all_log_ins
from domain.access import Permission
from domain.accounts.actions import tell_rights_changed
from domain.accounts.models import Account, Attachment
from domain.clock import Clock
from domain.events import transaction
from tests.attacks.portal import OPEN_SERVICE, STREAM, WHO, Portal, hidden
from tests.auth.letters import letter_to


async def test_a_page_works_with_the_cookie_alone(portal: Portal, token: str) -> None:
    for page in (portal.from_page, portal.from_app):
        headers = page | portal.cookies(token)
        assert await portal.who(headers) == portal.person.id

    done = await portal.ask(OPEN_SERVICE, portal.from_app | portal.cookies(token), **portal.deed())

    assert done.json()["data"]["serviceCreate"]["userErrors"] == []
    assert await portal.deeds() == 1
    assert done.headers["access-control-allow-origin"] == portal.app
    assert done.headers["access-control-allow-credentials"] == "true"
    assert "origin" in done.headers["vary"].lower()


async def test_a_log_in_holds_every_permission_of_its_person(portal: Portal, token: str) -> None:
    text = "{ viewer { scopes memberships { permissions } } }"

    answer = await portal.ask(text, portal.from_page | portal.cookies(token))

    viewer = answer.json()["data"]["viewer"]
    assert viewer["scopes"] is None
    assert Permission.PROCESS in viewer["memberships"][0]["permissions"]


async def test_a_native_event_source_follows_events(portal: Portal, token: str) -> None:
    for page in ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, portal.from_app):
        headers = page | portal.cookies(token) | {"accept": "text/event-stream"}
        async with (
            portal.http() as http,
            http.stream("GET", "/graphql", params={"query": STREAM}, headers=headers) as answer,
        ):
            first = await anext(answer.aiter_text())
        assert answer.status_code == 200
        assert "StreamReady" in first
        assert answer.headers["cache-control"] == "no-store"


async def test_a_socket_opens_with_the_cookie_of_its_handshake(portal: Portal, token: str) -> None:
    for page in (portal.from_page, portal.from_app):
        headers = page | portal.cookies(token) | {"sec-fetch-mode": "websocket"}
        async with portal.socket(headers) as speaker:
            seen = await speaker.ask(WHO)
        assert seen["data"]["viewer"]["id"] == portal.person.id


async def test_a_socket_may_leave_the_cookie_aside(portal: Portal, token: str) -> None:
    headers = {"origin": portal.url, **portal.cookies(token)}

    async with portal.socket(headers, payload={"Authorization": None}) as speaker:
        seen = await speaker.ask(WHO)

    assert seen["data"]["viewer"]["id"] is None


async def test_a_token_wins_over_the_cookie_everywhere(portal: Portal, token: str) -> None:
    other = portal.world.people["supplier"]
    bearer = {"authorization": f"Bearer {portal.api.token('supplier')}"}
    headers = portal.from_page | portal.cookies(token)

    async with portal.socket(
        {"origin": portal.url, **portal.cookies(token)}, payload=bearer
    ) as speaker:
        over_socket = await speaker.ask(WHO)

    assert await portal.who(headers | bearer) == other.id
    assert over_socket["data"]["viewer"]["id"] == other.id
    refused = await portal.ask(WHO, headers | {"authorization": "Bearer forged"})
    assert refused.status_code == 401


async def test_a_page_is_told_why_its_log_in_opened_nothing(portal: Portal, token: str) -> None:
    text = "{ events(first: 1) { hasMore } }"

    ignored = await portal.ask(text, portal.cookies(token))
    ended = await portal.ask(text, portal.from_page | portal.cookies("x" * 43))
    none = await portal.ask(text, portal.from_page)

    assert [a.status_code for a in (ignored, ended, none)] == [401, 401, 401]
    reasons = [a.json()["errors"][0]["extensions"].get("reason") for a in (ignored, ended, none)]
    assert reasons == ["cookie_ignored", "session_ended", None]


async def test_the_front_end_learns_who_is_logged_in_without_using_the_log_in(
    portal: Portal, token: str
) -> None:
    async with portal.http() as http:
        known = await http.get("/oauth/session", headers=portal.from_app | portal.cookies(token))
        nobody = await http.get("/oauth/session", headers=portal.from_app)
        foreign = await http.get(
            "/oauth/session",
            headers=portal.cookies(token)
            | {"origin": "https://evil.test", "sec-fetch-mode": "cors"},
        )

    person, session = portal.person, await a_session(token)
    shown = known.json()["session"]
    assert shown["account"] == {
        "id": person.id,
        "name": person.display_name,
        "email": person.email,
        "locale": "FR",
    }
    assert shown["methods"] == ["pwd"]
    assert datetime.fromisoformat(shown["expiresAt"]) == session.expires_at
    assert datetime.fromisoformat(shown["idleUntil"]) == session.idle_until
    assert known.json()["loginUrl"] == f"{portal.url}/oauth/login"
    assert known.headers["cache-control"] == "no-store"
    assert known.headers["access-control-allow-origin"] == portal.app
    assert known.headers["access-control-allow-credentials"] == "true"
    assert nobody.json()["session"] is None
    assert foreign.json()["session"] is None
    assert "access-control-allow-origin" not in foreign.headers


async def test_a_page_logs_out_by_json_and_every_way_closes(portal: Portal, token: str) -> None:
    headers = portal.from_app | portal.cookies(token)
    assert await portal.who(headers) == portal.person.id

    async with portal.http() as http:
        done = await http.post("/oauth/logout", json={}, headers=headers)

    assert done.status_code == 204
    assert done.headers["set-cookie"].startswith(f"{portal.cookie}=")
    assert await portal.who(headers) is None
    assert not await Session.exists(account_id=portal.person.id)


async def test_open_streams_close_when_the_log_in_ends(portal: Portal, token: str) -> None:
    page = portal.from_page | portal.cookies(token)
    source = portal.from_app | portal.cookies(token) | {"accept": "text/event-stream"}

    async with (
        portal.socket({"origin": portal.url, **portal.cookies(token)}) as quiet,
        portal.socket({"origin": portal.url, **portal.cookies(token)}) as busy,
        portal.http() as http,
        http.stream("GET", "/graphql", params={"query": STREAM}, headers=source) as answer,
    ):
        assert (await busy.ask(STREAM))["data"]["eventStream"]["__typename"] == "StreamReady"
        await http.post("/oauth/logout", json={}, headers=page)
        async with asyncio.timeout(20):
            closed = [await quiet.closed(), await busy.closed()]
            told = "".join([text async for text in answer.aiter_text()])

    assert closed == [(4403, "Session ended")] * 2
    assert "UNAUTHENTICATED" in told
    assert told.endswith("event: complete\ndata:\n\n")


async def test_rights_withdrawn_end_at_once_on_a_socket_too(portal: Portal, token: str) -> None:
    headers = portal.from_page | portal.cookies(token)
    async with portal.socket({"origin": portal.url, **portal.cookies(token)}) as speaker:
        assert (await speaker.ask(WHO))["data"]["viewer"]["id"] == portal.person.id
        await speaker.hear()
        assert await portal.who(headers) == portal.person.id
        async with transaction():
            await Attachment.filter(member_id=portal.person.id).update(status="DESACTIVEE")
        tell_rights_changed(portal.person.id)

        by_socket = await speaker.ask(OPEN_SERVICE, **portal.deed())
        by_http = await portal.ask(OPEN_SERVICE, headers, **portal.deed())

    assert by_socket[0]["extensions"]["code"] == "FORBIDDEN"
    assert by_http.status_code == 403
    assert await portal.deeds() == 0


async def test_the_log_in_of_a_closed_account_opens_nothing(portal: Portal, token: str) -> None:
    headers = portal.from_page | portal.cookies(token)
    assert await portal.who(headers) == portal.person.id
    await Account.filter(id=portal.person.id).update(status="DISABLED")

    tell_rights_changed(portal.person.id)

    assert await portal.who(headers) is None


async def test_a_log_in_ends_when_it_is_not_used(portal: Portal, token: str, clock: Clock) -> None:
    clock.release()
    headers = portal.from_page | portal.cookies(token)
    idle = timedelta(seconds=portal.api.auth.session_idle_seconds)

    clock.advance(idle - timedelta(seconds=1))
    assert await portal.who(headers) == portal.person.id
    clock.advance(idle - timedelta(seconds=1))
    assert await portal.who(headers) == portal.person.id
    clock.advance(idle + timedelta(seconds=1))
    assert await portal.who(headers) is None


async def test_a_log_in_ends_however_much_it_is_used(
    portal: Portal, token: str, clock: Clock
) -> None:
    clock.release()
    headers = portal.from_page | portal.cookies(token)
    until = (await a_session(token)).expires_at

    step = timedelta(seconds=portal.api.auth.session_idle_seconds) / 2
    while clock.now() + step < until:
        clock.advance(step)
        assert await portal.who(headers) == portal.person.id
    clock.advance(step)

    assert await portal.who(headers) is None


async def test_use_is_written_down_once_a_minute(portal: Portal, token: str, clock: Clock) -> None:
    clock.release()
    headers = portal.from_page | portal.cookies(token)
    first = (await a_session(token)).last_seen_at

    clock.advance(timedelta(seconds=50))
    await portal.who(headers)
    before = (await a_session(token)).last_seen_at
    clock.advance(timedelta(seconds=15))
    await portal.who(headers)
    after = (await a_session(token)).last_seen_at

    assert before == first
    assert after >= first + timedelta(seconds=65)


async def test_neither_asking_who_it_is_nor_an_open_stream_keeps_a_log_in_alive(
    portal: Portal, token: str, clock: Clock
) -> None:
    clock.release()
    async with portal.socket({"origin": portal.url, **portal.cookies(token)}) as speaker:
        assert (await speaker.ask(STREAM))["data"]["eventStream"]["__typename"] == "StreamReady"
        clock.advance(timedelta(seconds=portal.api.auth.session_idle_seconds - 60))
        async with portal.http() as http:
            headers = portal.from_page | portal.cookies(token)
            assert (await http.get("/oauth/session", headers=headers)).json()["session"]
        clock.advance(timedelta(seconds=61))
        async with asyncio.timeout(20):
            closed = await speaker.closed()

    assert closed == (4403, "Session ended")


async def test_a_new_password_ends_every_other_log_in(portal: Portal, token: str) -> None:
    elsewhere = await portal.log_in()
    mine = await a_session(token)
    assert await portal.who(portal.from_page | portal.cookies(elsewhere)) == portal.person.id

    await end_all_log_ins(portal.person.id, portal.api.auth, but=mine.id)
    renewed = await Sessions(portal.api.auth).renew(mine)

    pages = [portal.from_page | portal.cookies(value) for value in (elsewhere, token, renewed)]
    assert [await portal.who(page) for page in pages] == [None, None, portal.person.id]


async def test_a_log_in_renewed_by_one_more_method_says_so(portal: Portal, token: str) -> None:
    session = await a_session(token)

    renewed = await Sessions(portal.api.auth).renew(session, ["otp", "pwd"])

    async with portal.http() as http:
        headers = portal.from_page | portal.cookies(renewed)
        shown = (await http.get("/oauth/session", headers=headers)).json()["session"]
    assert shown["methods"] == ["pwd", "otp"]
    assert await Session.filter(account_id=portal.person.id).count() == 1


async def test_a_log_in_leads_back_to_the_page_that_asked(portal: Portal) -> None:
    back = f"{portal.app}/factures?page=2#ligne"
    await portal.log_in()
    async with portal.http() as http:
        page = await http.get("/oauth/login", params={"return_to": back})
        wrong = await http.post(
            "/oauth/login", data=hidden(page.text) | {"email": "x@y.fr", "password": "wrong"}
        )
        answer = await http.post(
            "/oauth/login",
            data=hidden(wrong.text)
            | {"email": portal.person.email, "password": "une phrase de passe longue"},
        )
        again = await http.get("/oauth/login", params={"return_to": back})

    assert page.headers["content-security-policy"].endswith(f"form-action 'self' {portal.app}")
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert (again.status_code, again.headers["location"]) == (303, back)


async def test_logging_out_ends_the_tokens_that_came_from_the_log_in(
    portal: Portal, token: str
) -> None:
    session = await a_session(token)
    until = session.expires_at
    async with transaction():
        await RefreshToken.create(
            id="rft_1", token_hash="0" * 64, family="fam_1", client_id=portal.world.erp.id,
            account_id=portal.person.id, session_id=session.id, scope="x", methods="pwd",
            authenticated_at=until, issued_at=until, expires_at=until,
        )  # fmt: skip

    async with portal.http() as http:
        await http.post("/oauth/logout", json={}, headers=portal.from_page | portal.cookies(token))

    assert (await RefreshToken.get(id="rft_1")).revoked_at is not None


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://localhost:2"])
async def test_cors_lets_only_named_origins_send_cookies(portal: Portal, origin: str) -> None:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    async with portal.http() as http:
        for path in ("/graphql", "/oauth/session", "/oauth/logout"):
            refused = await http.options(path, headers=asked)
            allowed = await http.options(path, headers=asked | {"origin": portal.app})
            _says(refused, None, None)
            _says(allowed, portal.app, "true")


async def a_session(token: str) -> Session:
    """The log-in behind a cookie."""
    return await Session.get(token_hash=hashed(token))


def _says(answer: httpx2.Response, origin: str | None, credentials: str | None) -> None:
    assert answer.headers.get("access-control-allow-origin") == origin
    assert answer.headers.get("access-control-allow-credentials") == credentials


async def test_a_new_person_comes_back_to_the_page_that_sent_it(portal: Portal) -> None:
    back, email = f"{portal.app}/factures?page=2#ligne", "nouvelle@example.fr"
    phrase = "cheval agrafe batterie correcte"
    async with portal.http() as http:
        log_in = await http.get("/oauth/login", params={"return_to": back})
        (sign_up,) = re.findall(r'href="(/oauth/sign-up[^"]*)"', log_in.text)
        form = hidden((await http.get(html.unescape(sign_up))).text)
        asked = {"email": email, "identifier": portal.world.parties.supplier.identifier}
        await http.post("/oauth/sign-up", data=form | asked | {"identifier_type": "SIRET"})
        letter = await letter_to(email)
        (link,) = re.findall(r"https?://\S+token=\S+", letter.body)
        page = await http.get(link)
        said = {"display_name": "Nina Nouvelle", "password": phrase, "password_again": phrase}
        opened = await http.post("/oauth/activate", data=hidden(page.text) | said)
        terms = await http.get(opened.headers["location"])
        accepted = await http.post("/oauth/terms", data=hidden(terms.text) | {"agreed": "yes"})
        session = await http.get("/oauth/session", headers=portal.from_app)

    for shown in (page, terms):
        assert shown.headers["content-security-policy"].endswith(portal.app)
    assert (accepted.status_code, accepted.headers["location"]) == (303, back)
    assert session.json()["session"]["account"]["email"] == email
