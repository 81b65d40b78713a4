"""Sign-up in a real browser: its policies, its scripts, and no script at all."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from auth.provisioning import create_client
from domain.access import Permission
from domain.accounts.models import Account, AccountStatus
from domain.structures.models import Structure
from tests.attacks.portal import a_portal
from tests.auth.outside import Pkce
from tests.front_ends.running import a_free_port, packages, run
from tests.graphiql.conftest import tool
from tests.make import a_siret

SCRIPT = Path(__file__).parent / "browser.mjs"


@pytest.fixture
async def seen(database_url: str) -> AsyncIterator[dict[str, Any]]:
    """What two new people saw (see browser.mjs), and what came of it."""
    node, chromium = tool("node"), tool("chromium")
    await packages(tool("npm"))
    app, pkce, sirets = f"http://localhost:{a_free_port()}", Pkce(), [a_siret(), a_siret()]
    async with a_portal(database_url, app=app) as portal:
        client, _ = await create_client(
            "Application",
            ["authorization_code"],
            [Permission.OWN_ACCOUNT],
            [f"{app}/callback"],
            is_confidential=False,
            is_trusted=True,
        )
        environment = {
            **os.environ,
            "PORTAL": portal.url,
            "APP": app,
            "CLIENT": client.id,
            "CHALLENGE": pkce.challenge,
            "SIRETS": " ".join(sirets),
            "CHROMIUM": chromium,
        }
        status, told, problems = await run(node, str(SCRIPT), env=environment)
        assert status == 0, problems
        found = json.loads(told)
        async with httpx2.AsyncClient(base_url=portal.url) as http:
            for person in found.values():
                if isinstance(person, dict):
                    form = {
                        "grant_type": "authorization_code",
                        "client_id": client.id,
                        "code": person["back"]["code"],
                        "redirect_uri": f"{app}/callback",
                        "code_verifier": pkce.verifier,
                    }
                    person["token"] = (await http.post("/oauth/token", data=form)).status_code
        people = ["plain@example.test", "script@example.test"]
        accounts = await Account.filter(email__in=people)
        found["accounts"] = sorted((a.email, a.status) for a in accounts)
        found["structures"] = await Structure.filter(identifier__in=sirets).count()
        yield found


async def test_a_new_person_gets_from_the_application_and_back_with_and_without_scripts(
    seen: dict[str, Any],
) -> None:
    assert seen.get("problem") is None
    for name in ("scripted", "plain"):
        told = seen[name]
        assert (told["first"], told["link"]) == ("/oauth/sign-up", "/oauth/activate"), name
        assert told["types"] == 7
        assert "se devine trop facilement" in told["refused"]
        assert "too easy to guess" in told["refused"]
        assert told["back"]["state"] == "a state"
        assert told["token"] == 200
        # A refused form is an answer 422, which browsers mention; a broken policy would be another.
        assert all("422" in complaint for complaint in told["complaints"]), told["complaints"]
    assert seen["scripted"]["weak"]["value"] < 3
    assert seen["scripted"]["weak"]["words"].startswith("Faible.")
    assert "Weak." in seen["scripted"]["weak"]["words"]
    assert seen["scripted"]["good"] == {"words": "Très bon.\nVery good.", "value": 4}
    assert seen["accounts"] == [
        ("plain@example.test", AccountStatus.ACTIVE),
        ("script@example.test", AccountStatus.ACTIVE),
    ]
    assert seen["structures"] == 2
