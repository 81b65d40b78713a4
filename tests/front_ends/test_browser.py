"""Pages of four origins in a real browser: what works without a token, and what gets nothing."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.db import fetch
from tests.attacks.portal import PASSWORD, a_portal
from tests.front_ends.running import a_free_port, packages, run
from tests.graphiql.conftest import tool

SCRIPT = Path(__file__).with_name("browser.mjs")
# Answers of the API do not even enter the process of another page; those of forms are opaque.
OPAQUE = ["TypeError", "TypeError", "opaque", "opaque"]


@pytest.fixture
async def seen(database_url: str) -> AsyncIterator[dict[str, Any]]:
    """What the browser saw (see browser.mjs), and the services that exist afterwards."""
    node, chromium = tool("node"), tool("chromium")
    await packages(tool("npm"))
    app, sibling = (f"http://localhost:{a_free_port()}" for _ in range(2))
    async with a_portal(database_url, app=app) as portal:
        await portal.log_in()
        environment = {
            **os.environ,
            "PORTAL": portal.url,
            "APP": app,
            "SIBLING": sibling,
            "FOREIGN": f"http://127.0.0.1:{a_free_port()}",
            "EMAIL": portal.person.email,
            "PASSWORD": PASSWORD,
            "STRUCTURE": portal.world.parties.recipient.id,
            "CHROMIUM": chromium,
        }
        status, told, problems = await run(node, str(SCRIPT), env=environment)
        assert status == 0, problems
        found = json.loads(told)
        rows = await fetch("SELECT code FROM service WHERE name = 'Voirie' ORDER BY code")
        yield found | {
            "opened": [row[0] for row in rows if row[0] != portal.world.service.code],
            "person": portal.person,
            "app_url": app,
        }


async def test_a_page_without_a_token_works_and_a_page_of_others_gets_nothing(
    seen: dict[str, Any],
) -> None:
    assert seen.get("problem") is None
    person = seen["person"]
    works = {
        "post": {"data": {"viewer": {"name": person.display_name}}},
        "get": {"data": {"viewer": {"name": person.display_name}}},
        "events": {"data": {"eventStream": {"__typename": "StreamReady"}}},
        "socket": {"data": {"viewer": {"name": person.display_name}}},
    }

    # Before the log-in: nobody, and no error.
    assert seen["before"]["session"] is None
    assert seen["before"]["who"]["data"]["viewer"]["name"] == "anonymous"
    # The round trip ends on the very page that began it, and leaves nothing for scripts.
    assert seen["cameBackTo"] == f"{seen['app_url']}/factures?page=2#ligne"
    assert seen["session"]["session"]["account"]["email"] == person.email
    assert seen["kept"] == '[{},{},""]'
    # Every transport, for the allowed application and for a page of our own.
    for who, code in (("app", "NAVIGATEUR-1"), ("own", "NAVIGATEUR-2")):
        for way, expected in works.items():
            assert without_cost(seen[who][way]) == expected, (who, way)
        assert seen[who]["mutation"]["data"]["serviceCreate"]["service"] == {"code": code}
    assert without_cost(seen["library"]) == works["events"]
    # Nothing for the others, though the browser sends the cookie for one of them.
    for who in ("sibling", "foreign"):
        told = seen[who]
        assert [told[way] for way in ("post", "mutation", "get")] == ["TypeError"] * 3, who
        assert (told["events"], told["socket"]) == ("error", "closed 1006"), who
        assert (told["logOut"], told["read"]) == ("TypeError", "TypeError"), who
        assert told["simple"] == {"sent": OPAQUE, "picture": False}, who
        assert told["framed"] is False, who
        assert told["form"] == 415, who
    assert seen["opened"] == ["NAVIGATEUR-1", "NAVIGATEUR-2"]
    assert seen["afterAttacks"] == person.email
    # Logging out closes what is open.
    assert seen["ended"] == {
        "status": 204,
        "closed": [4403, "Session ended"],
        "refused": "UNAUTHENTICATED",
    }
    assert seen["after"]["session"] is None
    assert seen["after"]["who"]["data"]["viewer"]["name"] == "anonymous"


def without_cost(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without its price."""
    return {name: value for name, value in answer.items() if name != "extensions"}
