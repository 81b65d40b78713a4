"""Guessing from many places slows guessers down, and never shuts the owner out."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from starlette.requests import Request

from auth.devices import Devices
from auth.passwords import (
    PER_ACCOUNT,
    PER_ACCOUNT_AND_ADDRESS,
    PER_ADDRESS,
    PER_DEVICE,
    Guesses,
    Trickle,
)
from auth.provisioning import set_password
from domain.accounts.actions import create_account
from domain.accounts.models import Account
from domain.clock import Clock
from tests.auth.outside import PASSWORD, SITE, Browser, Site

COOKIE = "__Host-bordereau-device"


def _from(site: Site, address: str) -> httpx2.AsyncClient:
    """A browser elsewhere."""
    transport = httpx2.ASGITransport(app=site.app, client=(address, 1))
    return httpx2.AsyncClient(transport=transport, base_url=SITE)


async def besiege(site: Site) -> None:
    """Guess at the account from one network after the other, until none is let in."""
    guesses = Guesses(site.settings.key("guesses"))
    for number in range(PER_ACCOUNT.free):
        assert await guesses.admit(site.person.email, f"198.51.{number}.7") == 0


async def test_guesses_from_many_networks_count_together(site: Site, clock: Clock) -> None:
    await besiege(site)

    async with _from(site, "203.0.113.9") as elsewhere:
        refused = await Browser(site, elsewhere).log_in(password="wrong")

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"


async def test_however_long_the_siege_the_pause_stays_short(site: Site, clock: Clock) -> None:
    guesses, longest = Guesses(b"key"), 0
    for number in range(PER_ACCOUNT.free + 40):
        while wait := await guesses.admit("a@b.fr", f"2001:db8:{number:x}::1"):
            longest = max(longest, wait)
            clock.advance(timedelta(seconds=wait))

    assert longest == PER_ACCOUNT.longest_seconds == 300


async def test_the_owner_gets_in_from_a_browser_it_used_before(site: Site, clock: Clock) -> None:
    async with _from(site, "192.0.2.5") as own:
        assert (await Browser(site, own).log_in()).status_code == 200
        clock.advance(timedelta(days=30))
        await besiege(site)

        answer = await Browser(site, own).log_in()

    assert answer.status_code == 200


async def test_the_owner_gets_in_behind_the_same_address_as_the_guesser(
    site: Site, clock: Clock
) -> None:
    async with _from(site, "192.0.2.5") as own, _from(site, "192.0.2.5") as guesser:
        await Browser(site, own).log_in()
        for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
            await Browser(site, guesser).log_in(password="wrong")

        refused = await Browser(site, guesser).log_in(password="wrong")
        answer = await Browser(site, own).log_in()

    assert (refused.status_code, answer.status_code) == (429, 200)


async def test_the_owner_gets_in_although_its_network_tried_every_account(
    site: Site, clock: Clock
) -> None:
    async with _from(site, "192.0.2.5") as own:
        await Browser(site, own).log_in()
        guesses = Guesses(site.settings.key("guesses"))
        for number in range(PER_ADDRESS.free):
            await guesses.admit(f"p{number}@example.fr", "192.0.2.5")
        assert await guesses.admit("one.more@example.fr", "192.0.2.5") == 1

        assert (await Browser(site, own).log_in()).status_code == 200


async def test_the_owner_may_always_choose_a_new_password_by_e_mail(
    site: Site, clock: Clock
) -> None:
    await besiege(site)

    async with _from(site, "203.0.113.9") as elsewhere:
        browser = Browser(site, elsewhere)
        refused = await browser.log_in()
        page = await browser.open("/oauth/forgotten")
        sent = await browser.send(page, email=site.person.email)

    assert 'href="/oauth/forgotten"' in refused.text
    assert sent.status_code == 200


async def test_a_known_browser_is_slowed_down_by_its_own_failures_alone(
    site: Site, clock: Clock
) -> None:
    async with _from(site, "192.0.2.5") as own:
        await Browser(site, own).log_in()
        for _ in range(PER_DEVICE.free):
            assert (await Browser(site, own).log_in(password="wrong")).status_code == 403

        refused = await Browser(site, own).log_in()

    assert refused.status_code == 429


async def test_the_success_of_the_owner_gives_a_guesser_no_new_start(
    site: Site, clock: Clock
) -> None:
    guesses = Guesses(b"key")
    for number in range(PER_ACCOUNT.free - 1):
        await guesses.admit("a@b.fr", f"198.51.{number}.7")
    await guesses.admit("a@b.fr", "192.0.2.1")
    clock.advance(timedelta(seconds=2))
    await guesses.succeeded("a@b.fr", "192.0.2.1")

    assert await guesses.admit("a@b.fr", "198.51.100.1") == 0
    assert await guesses.admit("a@b.fr", "198.51.101.1") == 1


async def test_a_mark_is_of_no_use_for_another_account_nor_after_the_password_changed(
    site: Site, clock: Clock
) -> None:
    other = await create_account("autre@example.fr", "Autre")
    await set_password(other, PASSWORD)
    devices = Devices(site.settings)
    async with _from(site, "192.0.2.5") as own:
        await Browser(site, own).log_in()
        request = _asking(own.cookies[COOKIE])
        assert devices.known(request, await Account.get(id=site.person.id)) is not None
        assert devices.known(request, other) is None
        assert devices.known(request, None) is None

    await set_password(site.person, "une autre phrase de passe")

    assert devices.known(request, await Account.get(id=site.person.id)) is None


@pytest.mark.parametrize("forged", ["", ".", "0" * 80, "x" * 80, "0" * 4_000, "é" * 80])
async def test_a_forged_mark_is_none(site: Site, forged: str) -> None:
    account = await Account.get(id=site.person.id)

    assert Devices(site.settings).known(_asking(forged), account) is None


async def test_a_browser_shared_by_a_few_people_knows_them_all(site: Site) -> None:
    people = [site.person]
    for number in range(4):
        person = await create_account(f"p{number}@example.fr", "Collègue")
        await set_password(person, PASSWORD)
        people.append(person)
    devices = Devices(site.settings)
    async with _from(site, "192.0.2.5") as shared:
        for person in people:
            await Browser(site, shared).log_in(email=person.email)
        request = _asking(shared.cookies[COOKIE])

    known = [devices.known(request, await Account.get(id=p.id)) is not None for p in people]
    assert known == [False, True, True, True, True]


async def test_the_mark_is_kept_from_scripts_and_says_nothing(site: Site) -> None:
    async with _from(site, "192.0.2.5") as own:
        page = await Browser(site, own).open("/oauth/login")
        answer = await Browser(site, own).log_in(page)

    marked = next(c for c in answer.headers.get_list("set-cookie") if COOKIE in c)
    for attribute in ("HttpOnly", "SameSite=lax", "Secure", "Path=/", "Max-Age=31536000"):
        assert attribute in marked
    assert site.person.id not in marked
    assert site.person.email not in marked


def test_a_trickle_lets_a_burst_through_then_some_per_second() -> None:
    at = [0.0]
    trickle = Trickle(burst=3, per_second=2, monotonic=lambda: at[0])

    assert [trickle.admits("a") for _ in range(4)] == [True, True, True, False]
    assert trickle.admits("b")
    at[0] = 0.5
    assert [trickle.admits("a") for _ in range(2)] == [True, False]


def test_a_trickle_remembers_a_bounded_number_of_callers() -> None:
    trickle = Trickle(burst=1, per_second=1, monotonic=lambda: 0.0)

    for number in range(10_000):
        trickle.admits(str(number))

    assert len(trickle._left) == Trickle._MOST_CALLERS


def _asking(cookie: str) -> Request:
    header = f"{COOKIE}={cookie}".encode()
    return Request({"type": "http", "headers": [(b"cookie", header)]})
