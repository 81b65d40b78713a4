"""What tests of second factors share: adding them through the pages, and the codes they show."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

import httpx2
import pyotp

from auth.factors.models import Factor
from domain.clock import now
from domain.mail import actions as mail
from tests.auth.authenticator import SecurityKey, decoded
from tests.auth.outside import Browser, Pkce, exchange, sent_back

SECOND = "/oauth/second-factor"
ACCOUNT = "/oauth/account"
SESSION_COOKIE = "__Host-bordereau-session"
PENDING_COOKIE = "__Host-bordereau-pending"


@dataclass
class Application:
    """An authenticator application that scanned the image."""

    secret: str

    def code(self, shift: int = 0) -> str:
        """The code of now, or of some steps of thirty seconds before or after."""
        return pyotp.TOTP(self.secret).generate_otp(int(now().timestamp()) // 30 + shift)


def forms(page: httpx2.Response) -> list[tuple[str, dict[str, str]]]:
    """Every form of the page: where it goes, and its hidden fields."""
    found = re.findall(r'<form method="post" action="([^"]+)"(.*?)</form>', page.text, re.DOTALL)
    hidden = r'<input type="hidden" name="([^"]+)" value="([^"]*)"'
    return [(a, {n: html.unescape(v) for n, v in re.findall(hidden, body)}) for a, body in found]


async def submit(
    browser: Browser, page: httpx2.Response, action: str, *, nth: int = 0, **filled: str
) -> httpx2.Response:
    """Send the form of the page that goes to `action`."""
    fields = [fields for target, fields in forms(page) if target == action][nth]
    return await browser._follow(await browser.http.post(action, data=fields | filled))


def secret_on(page: httpx2.Response) -> str:
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.text)
    assert found, page.text
    return found[1].replace(" ", "")


def codes_on(page: httpx2.Response) -> list[str]:
    """The recovery codes that the page shows."""
    return re.findall(r"<li><code>([0-9a-z-]+)</code></li>", page.text)


async def an_application(browser: Browser, base: str = ACCOUNT, name: str = "") -> Application:
    """Add an authenticator application by its page."""
    page = await browser.open(f"{base}/totp")
    application = Application(secret_on(page))
    added = await submit(browser, page, f"{base}/totp", code=application.code(), name=name)
    assert added.status_code == 200, added.text
    return application


async def a_key(
    browser: Browser, base: str = ACCOUNT, name: str = "", **changes: Any
) -> SecurityKey:
    """Add a security key by its page."""
    key = SecurityKey(**changes)
    page = await browser.open(f"{base}/key")
    added = await submit(browser, page, f"{base}/key", credential=key.make(page), name=name)
    assert added.status_code == 200, added.text
    return key


async def an_email_factor(browser: Browser, base: str = ACCOUNT) -> None:
    """Add the address of the account by its page."""
    page = await browser.open(f"{base}/email")
    sent = await submit(browser, page, f"{base}/email")
    added = await submit(browser, sent, f"{base}/email", code=await code_sent())
    assert added.status_code == 200, added.text


async def code_sent() -> str:
    """The code of the newest message."""
    for message, words in await mail.latest():
        if message.kind == "second_factor_code":
            return re.findall(r"\b[0-9]{6}\b", words.body)[0]
    raise AssertionError("no code was sent")


async def kinds_sent() -> list[str]:
    """What messages were sent about, the oldest first."""
    return [message.kind for message, _ in reversed(await mail.latest())]


async def second_step(browser: Browser, **changed: str) -> httpx2.Response:
    """The page that asks for the second proof, after the right password."""
    page = await browser.log_in(await browser.authorize(**changed))
    assert page.url.path == SECOND, page.text
    return page


async def logged_out(browser: Browser) -> None:
    """Forget every cookie, as another browser would."""
    browser.http.cookies.clear()


async def claims(browser: Browser, page: httpx2.Response, pkce: Pkce) -> dict[str, Any]:
    """What the id_token says after a log-in that ended at the application."""
    answer = await exchange(browser.site, sent_back(page)["code"], pkce)
    assert answer.status_code == 200, answer.text
    # Its signature is what tests/auth/test_browsers.py is about.
    return dict(json.loads(decoded(answer.json()["id_token"].split(".")[1])))


async def factors(browser: Browser) -> list[str]:
    """The kinds of factors that the person has."""
    rows = await Factor.filter(account_id=browser.site.person.id).order_by("id")
    return [row.kind.value for row in rows]
