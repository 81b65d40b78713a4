"""The outside of a site: its callers, and a browser that runs no script."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from starlette.applications import Starlette

from auth.bearer import Bearer
from auth.config import AuthSettings
from auth.models import Client
from domain.accounts.models import Account
from domain.structures.models import Structure

SITE = "https://bordereau.test"
CALLBACK = "https://app.test/callback"
LOGGED_OUT = "https://app.test/logged-out"
PASSWORD = "une phrase de passe"


@dataclass(frozen=True)
class Site:
    """The server under test, and the callers it knows."""

    app: Starlette
    settings: AuthSettings
    bearer: Bearer
    structure: Structure
    person: Account
    spa: Client
    erp: Client
    erp_secret: str

    def http(self, **options: Any) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url=SITE, **options
        )

    async def who(self, token: str) -> dict[str, Any]:
        """What the protected resource answers to this token."""
        async with self.http() as http:
            answer = await http.get("/who", headers={"Authorization": f"Bearer {token}"})
        return {"status": answer.status_code, **answer.json()}


@dataclass
class Pkce:
    """The two halves of a PKCE exchange."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Browser:
    """Follows links inside the site, keeps cookies, fills in forms, runs no script."""

    site: Site
    http: httpx2.AsyncClient

    async def open(self, path: str, **parameters: str) -> httpx2.Response:
        return await self._follow(await self.http.get(path, params=parameters or None))

    async def send(self, page: httpx2.Response, **filled: str) -> httpx2.Response:
        """Submit the only form of the page."""
        action = re.search(r'<form method="post"(?: action="([^"]*)")?', page.text)
        assert action, page.text
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        fields = {name: html.unescape(value) for name, value in hidden}
        target = action[1] or str(page.url)
        return await self._follow(await self.http.post(target, data=fields | filled))

    async def log_in(self, page: httpx2.Response | None = None, **filled: str) -> httpx2.Response:
        shown = page or await self.open("/oauth/login")
        known = {"email": self.site.person.email, "password": PASSWORD}
        return await self.send(shown, **(known | filled))

    async def authorize(self, pkce: Pkce | None = None, **changed: str) -> httpx2.Response:
        return await self.open("/oauth/authorize", **authorization(self.site, pkce, **changed))

    async def code(self, pkce: Pkce, **changed: str) -> str:
        """A code, after whatever log-in and consent are needed."""
        page = await self.authorize(pkce, **changed)
        if page.url.path == "/oauth/login":
            page = await self.log_in(page)
        if page.url.path == "/oauth/consent":
            page = await self.send(page, decision="accept")
        return sent_back(page)["code"]

    async def past_terms(self, page: httpx2.Response) -> httpx2.Response:
        """Where the person gets after accepting the terms, if they are asked to."""
        return await self.send(page, agreed="yes") if page.url.path == "/oauth/terms" else page

    async def _follow(self, response: httpx2.Response) -> httpx2.Response:
        for _ in range(10):
            target = response.headers.get("location", "")
            if not response.is_redirect or not target.startswith(("/", SITE)):
                return response
            response = await self.http.get(target)
        raise AssertionError("redirected in circles")


def authorization(site: Site, pkce: Pkce | None = None, **changed: str) -> dict[str, str]:
    """The parameters of a right authorization request; an empty value leaves one out."""
    asked = {
        "response_type": "code",
        "client_id": site.spa.id,
        "redirect_uri": CALLBACK,
        "state": "a state",
        "code_challenge": (pkce or Pkce()).challenge,
        "code_challenge_method": "S256",
    } | changed
    return {name: value for name, value in asked.items() if value}


def sent_back(response: httpx2.Response) -> dict[str, str]:
    """What the client receives at its redirect URI."""
    location = response.headers["location"]
    assert location.startswith(CALLBACK), location
    return dict(parse_qsl(urlsplit(location).query))


async def exchange(site: Site, code: str, pkce: Pkce, /, **changed: str) -> httpx2.Response:
    """Present a code at the token endpoint as the browser application does."""
    form = {
        "grant_type": "authorization_code",
        "client_id": site.spa.id,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": pkce.verifier,
    } | changed
    return await token(site, **{name: value for name, value in form.items() if value})


async def token(site: Site, auth: tuple[str, str] | None = None, **form: str) -> httpx2.Response:
    async with site.http() as http:
        return await http.post("/oauth/token", data=form, auth=auth)


async def tokens(browser: Browser, **changed: str) -> dict[str, Any]:
    """The tokens of the browser application for the person of the site."""
    pkce = Pkce()
    answer = await exchange(browser.site, await browser.code(pkce, **changed), pkce)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refresh(site: Site, refresh_token: str, **changed: str) -> httpx2.Response:
    form = {
        "grant_type": "refresh_token",
        "client_id": site.spa.id,
        "refresh_token": refresh_token,
    }
    return await token(site, **(form | changed))
