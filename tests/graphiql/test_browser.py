"""The explorer in a real browser: it works, under its policy, with nothing from elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from resolvers.graphiql import read_examples
from tests.graphiql.conftest import packages, tool
from tests.graphiql.served import Served

SCRIPT = Path(__file__).with_name("browser.mjs")


@pytest.fixture(scope="module")
def seen(served: Served) -> dict[str, Any]:
    """What a browser saw: see browser.mjs."""
    node, chromium = tool("node"), tool("chromium")
    packages()
    person = served.users["supplier"]
    environment = {
        **os.environ,
        "BASE_URL": served.url,
        "EMAIL": person["email"],
        "PASSWORD": person["password"],
        "CHROMIUM": chromium,
    }
    run = subprocess.run(
        [node, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def test_the_whole_visit_raises_no_error(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []


def test_nothing_breaks_the_policy_and_nothing_comes_from_elsewhere(seen: dict[str, Any]) -> None:
    assert seen["violations"] == []
    assert seen["foreign"] == []


def test_the_schema_and_every_example_are_shown(seen: dict[str, Any]) -> None:
    assert seen["schema"]
    assert seen["examples"] == len(read_examples())


def test_a_person_logs_in_and_out(seen: dict[str, Any]) -> None:
    assert seen["who"] == "Camille Fournier"
    assert seen["afterLogOut"] == "Anonymous"


def test_no_token_is_kept_by_the_browser(seen: dict[str, Any]) -> None:
    assert "eyJ" not in seen["kept"]
    assert "token" not in seen["kept"]


def test_the_tab_key_leads_out_of_the_editor(seen: dict[str, Any]) -> None:
    assert seen["focus"] == "Execute query (Ctrl-Enter)"


def test_an_example_gives_an_answer_and_its_price(seen: dict[str, Any]) -> None:
    answer = json.loads(seen["answer"])

    assert answer["data"]["structures"]["nodes"]
    assert "Coût : " in seen["price"]
    assert "HTTP\u00a0200" in seen["price"]


def test_a_subscription_shows_what_happens_in_another_tab(seen: dict[str, Any]) -> None:
    deposited = json.loads(seen["deposit"])["data"]["invoiceSubmit"]["invoice"]
    told = [entry["data"]["eventStream"] for entry in json.loads(seen["stream"])["newestFirst"]]

    assert [e["event"]["invoice"]["number"] for e in told if "event" in e][-1] == deposited[
        "number"
    ]
    assert told[-1]["__typename"] == "StreamReady"
