"""What is served under /graphiql."""

from __future__ import annotations

import gzip
import hashlib
import json
import re

import httpx2
import pytest

from resolvers.graphiql import DIST, PERSONAS, content_security_policy

PACKAGE = DIST.parent / "package.json"


async def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await browser.get("/graphiql")

    assert answer.headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self' wss://bordereau.example",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


def test_the_policy_names_the_plain_websocket_of_a_local_server() -> None:
    policy = content_security_policy("http://localhost:8000")

    assert "connect-src 'self' ws://localhost:8000;" in policy


async def test_the_page_loads_only_its_own_files(browser: httpx2.AsyncClient) -> None:
    page = (await browser.get("/graphiql")).text

    loaded = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert [(await browser.get(path)).status_code for path in loaded] == [200, 200, 200]
    assert "://" not in page
    assert not re.search(r"<style|<script[^>]*>[^<]|\son\w+=|style=", page)


async def test_files_named_by_their_content_are_kept_for_good(browser: httpx2.AsyncClient) -> None:
    for path in (DIST / "assets").iterdir():
        answer = await browser.get(f"/graphiql/assets/{path.name}")

        digest = hashlib.sha256(answer.content).hexdigest()
        assert path.stem.endswith(digest[:12])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_page_is_asked_for_again_and_answered_shortly_when_it_has_not_changed(
    browser: httpx2.AsyncClient,
) -> None:
    first = await browser.get("/graphiql")
    again = await browser.get("/graphiql", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


async def test_files_travel_zipped_to_browsers_that_take_them_so(
    browser: httpx2.AsyncClient,
) -> None:
    script = next((DIST / "assets").glob("*.js"))
    path = f"/graphiql/assets/{script.name}"

    plain = await browser.get(path, headers={"Accept-Encoding": "identity"})
    async with browser.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        zipped = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert plain.content == gzip.decompress(zipped) == script.read_bytes()
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["missing.js", "..%2Findex.html", "%2e%2e", "NOTICE"])
async def test_nothing_else_is_served(browser: httpx2.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/graphiql/assets/{name}")).status_code == 404


async def test_the_address_with_a_slash_leads_to_the_one_without(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await browser.get("/graphiql/")

    assert (answer.status_code, answer.headers["location"]) == (308, "/graphiql")


async def test_the_page_learns_where_it_is_from_a_small_document(
    browser: httpx2.AsyncClient,
) -> None:
    config = (await browser.get("/graphiql/config.json")).json()

    del config["examples"]
    assert config == {
        "graphqlUrl": "/graphql",
        "clientId": "the-explorer",
        "authorizeUrl": "/oauth/authorize",
        "tokenUrl": "/oauth/token",
        "revokeUrl": "/oauth/revoke",
        "redirectUri": "https://bordereau.example/graphiql",
        "scopes": ["invoice:issue", "account:self"],
        "environment": "sandbox",
    }


async def test_every_persona_has_examples_with_a_title_in_both_languages(
    browser: httpx2.AsyncClient,
) -> None:
    examples = (await browser.get("/graphiql/config.json")).json()["examples"]

    assert list(dict.fromkeys(example["persona"] for example in examples)) == list(PERSONAS)
    for example in examples:
        assert all(example["title"][language] for language in ("fr", "en")), example["name"]


def test_the_notice_names_every_package_that_the_page_contains() -> None:
    notice = (DIST / "NOTICE").read_text("utf-8")

    for name, version in json.loads(PACKAGE.read_text())["dependencies"].items():
        assert f"\n{name} {version} (" in notice


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (DIST.parent / "package-lock.json").read_text()
