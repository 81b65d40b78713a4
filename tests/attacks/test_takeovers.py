"""Ways into somebody's account that lead round its door."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx2

from auth import recovery
from auth.factors import actions as factors
from auth.factors.models import FactorKind, PendingLogin
from auth.models import Session, hashed
from auth.provisioning import set_password
from auth.sessions import Sessions
from domain.access import Actor
from domain.accounts.models import Account
from domain.events import transaction
from domain.ids import new_id
from domain.mail.actions import post
from tests.attacks.portal import PASSWORD, Portal, hidden

OVER = "Cette connexion a expiré"
SECOND = "/oauth/second-factor"


async def test_a_page_that_lends_its_name_to_this_machine_does_not_read_the_mailbox(
    portal: Portal,
) -> None:
    async with transaction():
        await post("account_exists", "paul@example.fr", "FR", email="paul@example.fr", link="x")
    port = urlsplit(portal.url).port

    async with portal.http() as http:
        ours = await http.get("/mailbox")
        theirs = [
            await http.get("/mailbox", headers={"host": name})
            for name in (f"evil.test:{port}", "127.0.0.1.evil.test", "localhost.evil.test", "[::2]")
        ]

    assert "paul@example.fr" in ours.text
    for answer in theirs:
        assert answer.status_code == 404
        assert "paul@" not in answer.text


async def test_a_first_proof_given_with_the_former_password_waits_for_nothing(
    portal: Portal,
) -> None:
    person = portal.person
    await _with_a_second_factor(portal)
    async with portal.http() as thief:
        waiting = await _first_proof(portal, thief)
        assert OVER not in waiting.text

        await recovery.change_password(person, "une tout autre phrase", None, log_in="")
        page = await thief.get(SECOND)

    assert (page.status_code, OVER in page.text) == (403, True)
    assert not await PendingLogin.exists()


async def test_factors_reset_end_the_log_ins_of_this_process_at_once(portal: Portal) -> None:
    token = await portal.log_in()
    await factors.add(portal.person.id, FactorKind.EMAIL, "", identifier=new_id("fac"))
    session = await Session.get(token_hash=hashed(token))
    proved = await Sessions(portal.api.auth).renew(session, ["otp", "mfa"])
    headers = portal.from_page | portal.cookies(proved)
    assert await portal.who(headers) == portal.person.id

    await factors.reset(await _administrator(portal), portal.person.id)

    assert await portal.who(headers) is None


async def test_a_log_in_from_before_a_second_factor_opens_nothing_by_cookie(
    portal: Portal,
) -> None:
    token = await portal.log_in()
    headers = portal.from_page | portal.cookies(token)
    assert await portal.who(headers) == portal.person.id

    await factors.add(portal.person.id, FactorKind.EMAIL, "", identifier=new_id("fac"))

    assert await portal.who(headers) is None


async def test_the_first_proof_alone_opens_nothing(portal: Portal) -> None:
    await _with_a_second_factor(portal)
    async with portal.http() as thief:
        await _first_proof(portal, thief)
        cookies = "; ".join(f"{c.name}={c.value}" for c in thief.cookies.jar)
        # What waits for the second proof, under the name of what has given it.
        waiting = next(c.value for c in thief.cookies.jar if "pending" in c.name)
        session = await thief.get("/oauth/session", headers=portal.from_page)
        account = await thief.get("/oauth/account")

    assert session.json()["session"] is None
    assert "/oauth/login" in account.headers["location"]
    assert await portal.who(portal.from_page | {"cookie": cookies}) is None
    assert await portal.who(portal.from_page | portal.cookies(str(waiting))) is None


async def _with_a_second_factor(portal: Portal) -> None:
    await set_password(portal.person, PASSWORD)
    await factors.add(portal.person.id, FactorKind.EMAIL, "", identifier=new_id("fac"))


async def _first_proof(portal: Portal, http: httpx2.AsyncClient) -> httpx2.Response:
    """The page that asks for the second proof, in a browser that knows the password."""
    page = await http.get("/oauth/login")
    known = {"email": portal.person.email, "password": PASSWORD}
    answer = await http.post("/oauth/login", data=hidden(page.text) | known)
    assert answer.headers["location"] == SECOND
    return await http.get(SECOND)


async def _administrator(portal: Portal) -> Actor:
    account = await Account.get(id=portal.world.people["administrator"].id)
    return factors.themselves(account)
