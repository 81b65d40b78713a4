"""What root fields declare, what scopes say, what may be registered."""

from __future__ import annotations

import pytest
import strawberry

from auth.models import Client, ClientSecret
from auth.provisioning import create_client, is_safe_redirect, set_password
from auth.requires import missing, public, requires
from auth.scopes import SCOPES
from domain.access import ANONYMOUS, Actor, ActorKind, Permission
from domain.accounts.models import Account
from domain.errors import Denied, Unauthenticated


@strawberry.type
class Query:
    @strawberry.field(directives=[requires(Permission.READ_ISSUED, Permission.READ_RECEIVED)])
    def invoices(self) -> str:
        return ""

    @strawberry.field(directives=[public()])
    def version(self) -> str:
        return ""


def test_the_sdl_shows_what_a_root_field_requires() -> None:
    sdl = strawberry.Schema(Query).as_str()

    assert "directive @requires(anyOf: [String!]!) on FIELD_DEFINITION" in sdl
    assert (
        'invoices: String! @requires(anyOf: ["invoice:read_issued", "invoice:read_received"])'
        in sdl
    )
    assert "version: String! @public" in sdl


def test_a_field_open_to_all_says_so_on_purpose() -> None:
    with pytest.raises(ValueError, match=r"public\(\)"):
        requires()


def test_what_is_missing_depends_on_the_caller() -> None:
    issuer = Actor("a", ActorKind.PERSON, "A", {"str_1": frozenset({Permission.ISSUE})})

    assert missing(issuer, [Permission.ISSUE]) is None
    assert missing(issuer, [Permission.PROCESS, Permission.ISSUE]) is None
    assert missing(ANONYMOUS, []) is None
    assert isinstance(missing(ANONYMOUS, [Permission.ISSUE]), Unauthenticated)
    denied = missing(issuer, [Permission.PROCESS])
    assert isinstance(denied, Denied)
    assert denied.permissions == ("invoice:process",)


def test_every_permission_is_a_scope_in_words() -> None:
    assert set(SCOPES) == {*Permission, "openid", "profile", "email"}


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.fr/callback",
        "https://app.example.fr:8443/callback?tenant=1",
        "http://localhost:3000/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:3000/callback",
        "fr.example.app:/callback",
    ],
)
def test_a_safe_redirect_uri_is_registered(uri: str) -> None:
    assert is_safe_redirect(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/callback",
        "https://",
        "http://app.example.fr/callback",
        "https://app.example.fr/callback#x",
        "https://app.example.fr/#",
        "https://*.example.fr/callback",
        "https://user@app.example.fr/",
        "https://app.example.fr/a b",
        "https://app.example.fr/\u00e9",
        "https://[::1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp:/callback",
    ],
)
def test_an_unsafe_redirect_uri_is_not(uri: str) -> None:
    assert not is_safe_redirect(uri)


SPA = {"grants": ["authorization_code"], "scopes": ["invoice:issue"]}


@pytest.mark.parametrize(
    ("registration", "reason"),
    [
        ({**SPA, "redirect_uris": ["javascript:x"]}, "Unsafe redirect URI"),
        ({**SPA}, "needs a redirect URI"),
        ({**SPA, "scopes": []}, "needs a scope"),
        ({**SPA, "scopes": ["invoice:eat"]}, "Unknown scope"),
        ({**SPA, "grants": []}, "needs a grant"),
        ({**SPA, "grants": ["password"]}, "Unknown grant"),
        (
            {**SPA, "grants": ["client_credentials"], "is_confidential": False},
            "cannot act in its own name",
        ),
    ],
)
async def test_a_registration_that_makes_no_sense_is_refused(
    database: str, registration: dict, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        await create_client("Client", **registration)

    assert not await Client.exists()


async def test_a_secret_is_shown_once_and_kept_as_a_hash(database: str) -> None:
    client, secret = await create_client("ERP", ["client_credentials"], ["invoice:issue"])

    assert secret is not None
    assert len(secret) == 64
    assert secret not in str(await ClientSecret.all().values())
    assert client.id.startswith("cli_")


async def test_a_password_has_a_reasonable_length(database: str) -> None:
    for password in ("court", "x" * 1025):
        with pytest.raises(ValueError, match="12 to 1024"):
            await set_password(Account(id="acc_x"), password)
