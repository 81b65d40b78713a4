"""A new person's way in a real browser, alone: from the sign-up to a first deposit."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from domain.clock import today
from tests.demo.outside import new_siret
from tests.graphiql.conftest import packages, tool
from tests.graphiql.served import Served

SCRIPT = Path(__file__).with_name("newcomer.mjs")
# A real city of the demonstration that asks for a service, and one of its services.
PARIS = "21750001600019"
INVOICE = {
    "recipientSiret": PARIS,
    "recipientServiceCode": "VOIRIE",
    "number": "PREMIERE-1",
    "vatType": "TVA_SUR_DEBIT",
    "paymentMode": "VIREMENT",
    "lines": [{"name": "Ramettes A4", "quantity": "10", "unitPrice": "4.20", "vatRate": "20"}],
    "totalNet": "42.00",
    "totalVat": "8.40",
    "totalGross": "50.40",
    "amountToPay": "50.40",
}


@pytest.fixture(scope="module")
def seen(served: Served) -> dict[str, Any]:
    """What a browser saw: see newcomer.mjs."""
    node, chromium = tool("node"), tool("chromium")
    packages()
    environment = {
        **os.environ,
        "BASE_URL": served.url,
        "CHROMIUM": chromium,
        "EMAIL": "nina@papeterie.example",
        "SIRET": new_siret(),
        "COMPANY": "Papeterie Nouvelle",
        "NAME": "Nina Nouvelle",
        "PASSWORD": "quatre chevaux bleus dorment",
        "INVOICE": json.dumps({**INVOICE, "issuedOn": today().isoformat()}),
    }
    run = subprocess.run(
        [node, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    told = dict(json.loads(run.stdout))
    print("seconds in a browser:", told["seconds"])  # noqa: T201 - shown with `pytest -s`
    return told


def test_the_way_is_without_an_error(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    assert seen["violations"] == []


def test_a_password_is_judged_while_it_is_typed(seen: dict[str, Any]) -> None:
    assert seen["strength"].strip()


def test_it_leads_back_to_the_application_logged_in(seen: dict[str, Any]) -> None:
    assert seen["where"].endswith("/graphiql")
    assert seen["who"] == "Nina Nouvelle"
    assert "eyJ" not in seen["kept"]


def test_the_newcomer_manages_the_structure_and_signs_its_mandate(seen: dict[str, Any]) -> None:
    (membership,) = seen["viewer"]["data"]["viewer"]["memberships"]

    assert membership["structure"]["name"] == "Papeterie Nouvelle"
    assert seen["mandate"]["data"]["mandateSign"] == {
        "mandate": {"isInForce": True},
        "userErrors": [],
    }


def test_the_first_invoice_is_at_its_recipient(seen: dict[str, Any]) -> None:
    deposited = seen["deposit"]["data"]["invoiceSubmit"]

    assert deposited["userErrors"] == []
    assert deposited["invoice"]["status"] == "MISE_A_DISPOSITION"
