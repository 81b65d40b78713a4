"""The mailbox of a sandbox: a development aid that cannot be exposed by accident."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from auth.config import AuthSettings
from auth.pages.mailbox import is_this_machine, linked
from auth.routes import build_auth
from domain.events import transaction
from domain.mail import actions
from settings import Settings

SANDBOX = "http://localhost:8000"
KEY = SecretStr("a secret for tests only, 32 bytes")


async def post(to: str, **values: object) -> None:
    async with transaction():
        await actions.post("account_activation", to, "FR", email=to, minutes=60, **values)


async def open_mailbox(address: str, *, has_mailbox: bool = True, **query: str) -> httpx2.Response:
    settings = AuthSettings(public_url=SANDBOX, secret_key=b"k" * 32, has_mailbox=has_mailbox)
    routes, _ = build_auth(settings)
    transport = httpx2.ASGITransport(app=Starlette(routes=routes), client=(address, 1))
    async with httpx2.AsyncClient(transport=transport, base_url=SANDBOX) as http:
        return await http.get("/mailbox", params=query)


async def test_messages_are_shown_on_this_machine_the_newest_first(queue: None) -> None:
    await post("a@example.test", link="http://localhost:8000/oauth/activate?token=one")
    await post("b@example.test", link="http://localhost:8000/oauth/activate?token=two")

    page = await open_mailbox("127.0.0.1")
    one = await open_mailbox("127.0.0.1", to="A@example.test")

    assert page.status_code == 200
    assert "Aide au développement" in page.text
    assert page.text.index("token=two") < page.text.index("token=one")
    assert '<a href="http://localhost:8000/oauth/activate?token=one">' in page.text
    assert "token=one" in one.text
    assert "token=two" not in one.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "2001:db8::1", "", "testclient"]
)
async def test_nobody_else_sees_them(queue: None, address: str) -> None:
    await post("a@example.test", link="http://localhost/secret")

    page = await open_mailbox(address)

    assert page.status_code == 404
    assert "secret" not in page.text
    assert "a@example.test" not in page.text


async def test_where_it_is_not_wanted_the_page_does_not_exist(queue: None) -> None:
    assert (await open_mailbox("127.0.0.1", has_mailbox=False)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "has_mailbox"),
    [
        ({}, True),
        ({"public_url": "http://127.0.0.1:8001"}, True),
        ({"public_url": "https://bordereau.example.org"}, False),
        ({"public_url": "http://192.168.1.5:8000"}, False),
        ({"smtp_url": SecretStr("smtp://localhost:2525")}, False),
        (
            {
                "environment": "production",
                "public_url": "https://localhost",
                "smtp_url": SecretStr("smtp://localhost:2525"),
            },
            False,
        ),
    ],
)
def test_only_a_sandbox_of_this_machine_without_a_mail_server_has_one(
    changes: dict[str, Any], *, has_mailbox: bool
) -> None:
    assert Settings(secret_key=KEY, **changes).has_mailbox is has_mailbox


def test_production_needs_a_mail_server() -> None:
    with pytest.raises(ValueError, match="SMTP_URL: production needs a server"):
        Settings(secret_key=KEY, environment="production", public_url="https://bordereau.test")


@pytest.mark.parametrize(
    ("address", "answer"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("192.0.2.1", False), ("", False)],
)
def test_this_machine_is_told_from_others(address: str, *, answer: bool) -> None:
    assert is_this_machine(address) is answer


def test_the_words_of_a_message_are_text_and_its_addresses_links() -> None:
    html = linked('<b>x</b> https://a.test/?b=1&c="><script>alert(1)</script>\n(http://b.test)')

    assert "<b>" not in html
    assert "<script>" not in html
    assert '<a href="http://b.test">http://b.test</a>)' in html
