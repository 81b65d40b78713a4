"""What the tests of bad input send, and what they look at to know that nothing was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from domain.clock import today
from domain.db import fetch
from tests.api import Answer, Api

_numbers = count(1)
TABLES = (
    "structure", "service", "bank_account", "mandate", "invoice", "invoice_line", "invoice_vat",
    "webhook_endpoint", "idempotency_key",
)  # fmt: skip

_INVOICE = "invoice { id number status version } userErrors { code rule path severity message"
SUBMIT = (
    "mutation($input: InvoiceSubmitInput!) { invoiceSubmit(input: $input) {"
    f" {_INVOICE} params {{ key value }} }} replayed cursor }} }}"
)
MOVE = (
    "mutation($input: InvoiceMoveInput!) { invoiceMove(input: $input) {"
    f" {_INVOICE} }} replayed cursor }} }}"
)
SAVE = (
    "mutation($input: InvoiceDraftSaveInput!) { invoiceDraftSave(input: $input) {"
    f" {_INVOICE} }} replayed cursor }} }}"
)
VALIDATE = (
    "mutation($input: InvoiceValidateInput!) { invoiceValidate(input: $input) {"
    " userErrors { code rule path severity } } }"
)


# What the platform notes by itself meanwhile, such as the end of a probe, is nobody's request.
_ASKED_FOR = "SELECT COUNT(*) FROM event WHERE actor_kind <> 'SYSTEM'"


async def everything_stored() -> dict[str, int]:
    """How many facts callers made, and the rows of each table that a request may write."""
    counts = ", ".join(f"(SELECT COUNT(*) FROM {t}) AS {t}" for t in TABLES)
    row = (await fetch(f"SELECT ({_ASKED_FOR}) AS event, {counts}"))[0]
    return {name: row[name] for name in ("event", *TABLES)}


def an_invoice_input(api: Api, **changes: Any) -> dict[str, Any]:
    """An invoice of the supplier of the world to its recipient, right but for the changes."""
    content = {
        "supplierId": api.world.parties.supplier.id,
        "number": f"B{next(_numbers):06}",
        "issuedOn": today().isoformat(),
        "recipientSiret": api.world.parties.recipient.identifier,
        "vatType": "TVA_SUR_DEBIT",
        "paymentMode": "VIREMENT",
        "lines": [{"name": "Conseil", "quantity": "2", "unitPrice": "100.00", "vatRate": "20"}],
        "totalNet": "200.00",
        "totalVat": "40.00",
        "totalGross": "240.00",
        "amountToPay": "240.00",
    }
    return {**content, **changes}


def a_key() -> str:
    """An idempotency key never used before."""
    return f"key-{next(_numbers)}"


async def submit(
    api: Api, content: Mapping[str, Any], *, persona: str = "supplier", key: str | None = None
) -> Answer:
    """Deposit."""
    return await api(persona)(SUBMIT, input={"invoice": content, "idempotencyKey": key or a_key()})


async def move(api: Api, persona: str, identifier: str, action: str, **given: Any) -> Answer:
    """One action of the life cycle."""
    given.setdefault("idempotencyKey", a_key())
    return await api(persona)(MOVE, input={"id": identifier, "action": action, **given})


async def post(
    api: Api,
    body: bytes | str | Any,
    *,
    persona: str = "supplier",
    token: str | None = None,
    **headers: str,
) -> tuple[int, Any]:
    """A request written by hand, so that anything at all can be sent: its status and answer."""
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    sent = {
        "content-type": "application/json",
        "accept": "application/graphql-response+json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if token := token or api.token(persona):
        sent["authorization"] = f"Bearer {token}"
    response = await api.http.post("/graphql", content=content, headers=sent)
    return response.status_code, response.json()


def rules_of(answer: Answer) -> list[str]:
    """The rules that refused."""
    found = (answer.payload or {}).get("userErrors", [])
    return [e["rule"] for e in found if e["severity"] == "ERROR"]
