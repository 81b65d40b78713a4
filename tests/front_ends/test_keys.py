"""Passkeys in a real browser, with an authenticator that Chromium plays."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from auth.factors.models import Factor
from auth.provisioning import set_password
from tests.attacks.portal import PASSWORD, a_portal
from tests.front_ends.running import a_free_port, packages, run
from tests.graphiql.conftest import tool

SCRIPT = Path(__file__).with_name("keys.mjs")


@pytest.fixture
async def seen(database_url: str) -> AsyncIterator[dict[str, Any]]:
    """What the browser saw (see keys.mjs), and what is kept of the key."""
    node, chromium = tool("node"), tool("chromium")
    await packages(tool("npm"))
    async with a_portal(database_url, app=f"http://localhost:{a_free_port()}") as portal:
        await set_password(portal.person, PASSWORD)
        environment = {
            **os.environ,
            "PORTAL": portal.url,
            "EMAIL": portal.person.email,
            "PASSWORD": PASSWORD,
            "CHROMIUM": chromium,
        }
        status, told, problems = await run(node, str(SCRIPT), env=environment)
        assert status == 0, problems
        kept = await Factor.filter(account_id=portal.person.id).values("name", "kind", "transports")
        yield json.loads(told) | {"kept": kept}


async def test_a_passkey_is_added_and_logs_in_alone_or_after_the_password(
    seen: dict[str, Any],
) -> None:
    assert (seen["errors"], seen["violations"], seen["foreign"]) == ([], [], [])
    # Added, by the keyboard alone, with its recovery codes.
    assert len(set(seen["codes"])) == 10
    assert seen["factors"] == ["Cet ordinateur"]
    assert seen["credentials"] == [{"rpId": "localhost", "isResidentCredential": True}]
    assert seen["kept"] == [{"name": "Cet ordinateur", "kind": "KEY", "transports": "internal"}]
    # Two factors either way, and no script where passwords are typed.
    assert seen["alone"] == ["hwk", "user", "mfa"]
    assert seen["second"] == ["pwd", "hwk", "mfa"]
    assert seen["loginScripts"] == 0
    # A refusal is said, and leads nowhere.
    assert seen["alertBefore"] == 0
    assert "La clé n’a pas répondu" in seen["alert"]
    assert seen["again"] == ["hwk", "user", "mfa"]
    assert "Les clés ont besoin de JavaScript" in seen["withoutScript"]
