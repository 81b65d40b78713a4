"""What is asked of every target, in the words of our schema."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import count
from random import Random
from typing import Any

import orjson

from domain.invoices.draft import DraftLine
from tests.bench.data import LINES, Caller, asdict_of_sums
from tests.bench.load import graphql, request

R1 = """
query R1($supplier: ID!) {
  invoices(filter: {parties: [SUPPLIER], structures: [$supplier]}, first: 50) {
    nodes {
      id number issuedOn currency status statusAt depositedAt
      supplier { id name }
      recipient { id name }
      totals { net vat grossAfterDiscount amountToPay }
      recentChanges { at from to reason party }
    }
  }
}
"""

R2 = """
query R2($id: ID!) {
  invoice(by: {id: $id}) {
    id number type frame depositMode issuedOn currency externalReference status statusAt reason
    statusComment version createdAt depositedAt availableAt commitmentNumber contractNumber
    vatType paymentMode originalInvoiceNumber comment paymentOrderNumber receiptNumber
    receiptSha256 refusedByValidator
    supplier { id name identifier postalCode town }
    recipient { id name identifier postalCode town }
    totals { net vat gross globalDiscount grossAfterDiscount amountToPay }
    lines { number reference name quantity unit unitPrice discount vatRate net }
    vatBreakdown { rate base amount }
    paymentClock { days startedAt stoppedAt endedAt dueOn }
    history(first: 20) {
      nodes { id kind occurredAt subjectSequence change { from to reason comment } }
    }
  }
}
"""

SUBMIT = """
mutation Submit($input: InvoiceSubmitInput!) {
  invoiceSubmit(input: $input) {
    invoice { id number status depositedAt receiptNumber }
    userErrors { rule path message }
    cursor
  }
}
"""

MOVE = """
mutation Move($input: InvoiceMoveInput!) {
  invoiceMove(input: $input) { invoice { id status } userErrors { rule path message } cursor }
}
"""

STREAM = """
subscription Stream {
  eventStream(heartbeatSeconds: 300) {
    __typename
    ... on StreamReady { cursor }
    ... on EventFrame {
      cursor
      event { id kind occurredAt subjectId subjectSequence change { from to reason } }
    }
  }
}
"""


def chosen(requests: list[bytes], seed: int) -> Callable[[], bytes]:
    """One of the requests at random, the same sequence on every run."""
    chance = Random(seed)
    return lambda: chance.choice(requests)


def deposit(caller: Caller, recipient_siret: str, number: str, *, lines: int = 3) -> dict[str, Any]:
    """The input of a deposit dated today."""
    sums = asdict_of_sums(LINES[:lines])
    return {
        "idempotencyKey": number,
        "invoice": {
            "supplierId": caller.supplier_id,
            "number": number,
            "issuedOn": date.today().isoformat(),  # noqa: DTZ011 - of this machine
            "recipientSiret": recipient_siret,
            "commitmentNumber": "4200001",
            "vatType": "TVA_SUR_DEBIT",
            "paymentMode": "VIREMENT",
            "lines": [_line(line) for line in LINES[:lines]],
            "totalNet": str(sums["total_net"]),
            "totalVat": str(sums["total_vat"]),
            "totalGross": str(sums["total_gross"]),
            "amountToPay": str(sums["amount_to_pay"]),
        },
    }


def _line(line: DraftLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "reference": line.reference,
        "quantity": str(line.quantity),
        "unit": line.unit,
        "unitPrice": str(line.unit_price),
        "discount": str(line.discount or 0),
        "vatRate": str(line.vat_rate),
    }


class Deposits:
    """Requests that deposit, by these callers in turn, each under a number of its own.

    The text of a request is made once for each caller; only its number differs.
    """

    _mark = "@number@"

    def __init__(
        self, callers: Sequence[Caller], tokens: Mapping[str, str], recipient_siret: str
    ) -> None:
        self._numbers = count(1)
        self._run = secrets.token_hex(3)
        self._texts = []
        for caller in callers:
            given = deposit(caller, recipient_siret, self._mark)
            content = {"query": SUBMIT, "variables": {"input": given}}
            token = tokens[caller.client_id]
            self._texts.append((token, *(self._parts(c) for c in (content, given))))

    def ours(self) -> bytes:
        """The next one through our GraphQL."""
        number, (token, parts, _) = self._next()
        return request("POST", "/graphql", body=number.join(parts), token=token)

    def floor(self) -> bytes:
        """The next one for the floor."""
        number, (_, _, parts) = self._next()
        return request("POST", "/deposit", body=number.join(parts))

    def _next(self) -> tuple[bytes, Any]:
        number = next(self._numbers)
        return f"B{self._run}-{number:07}".encode(), self._texts[number % len(self._texts)]

    def _parts(self, content: Any) -> list[bytes]:
        return orjson.dumps(content).split(self._mark.encode())


def page_of(caller: Caller, token: str) -> bytes:
    """R1 for one caller."""
    return graphql(R1, {"supplier": caller.supplier_id}, token=token)


def one_of(identifier: str, token: str) -> bytes:
    """R2 for one invoice."""
    return graphql(R2, {"id": identifier}, token=token)


# The same questions to the naive peer: its arguments are plain, the rest is alike.
NAIVE_R1 = R1.replace(
    "invoices(filter: {parties: [SUPPLIER], structures: [$supplier]}, first: 50)",
    "invoices(supplier: $supplier, first: 50)",
)
NAIVE_R2 = R2.replace("invoice(by: {id: $id})", "invoice(id: $id)")
NAIVE_STREAM = STREAM.replace("eventStream(heartbeatSeconds: 300)", "eventStream")
