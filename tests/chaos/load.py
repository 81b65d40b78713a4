"""Suppliers and public bodies at work: they deposit and move invoices, whatever falls meanwhile.

Each request has an idempotency key and is sent again with the same one until it is answered.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from time import monotonic
from typing import Any

import httpx2

from tests.chaos.history import Intended, Violation

CLIENTS = 6
PATIENCE_SECONDS = 8.0
# How long a request is sent again before it counts as unanswered.
PERSISTENCE_SECONDS = 120.0
# What a server in trouble may say; anything else is final, and of a valid request a violation.
TROUBLES = frozenset({"TIMEOUT", "UNAVAILABLE"})

INVOICE = "invoice { id status version } userErrors { rule path message severity } replayed"
SUBMIT = f"mutation($input: InvoiceSubmitInput!) {{ invoiceSubmit(input: $input) {{ {INVOICE} }} }}"
MOVE = f"mutation($input: InvoiceMoveInput!) {{ invoiceMove(input: $input) {{ {INVOICE} }} }}"


class Refused(Exception):
    """A valid request was answered with something else than its payload."""


@dataclass
class Client:
    """Someone with a token who knows every address of the site."""

    token: str
    urls: Sequence[str]
    random: Random
    http: httpx2.AsyncClient
    retries: Counter[str] = field(default_factory=Counter)

    async def do(self, document: str, input_: dict[str, Any]) -> dict[str, Any]:
        """The payload of one mutation, asked for until it is answered.

        Raises:
            Refused: it was answered with errors that no trouble explains, or never.
        """
        payload: dict[str, Any] = await self.ask(document, {"input": input_})
        errors = [e for e in payload["userErrors"] if e["severity"] == "ERROR"]
        if errors:
            raise Refused(f"{errors[0]['rule']} {errors[0]['path']}: {errors[0]['message']}")
        return payload

    async def ask(self, document: str, variables: dict[str, Any]) -> Any:
        """What the only root field of an operation answered."""
        end = monotonic() + PERSISTENCE_SECONDS
        place = self.random.randrange(len(self.urls))
        trouble = ""
        for attempt in count():
            if monotonic() > end:
                break
            try:
                answer = await self.http.post(
                    f"{self.urls[(place + attempt) % len(self.urls)]}/graphql",
                    json={"query": document, "variables": variables},
                    headers={"Authorization": f"Bearer {self.token}"},
                )
                body = answer.json()
            except (httpx2.HTTPError, ValueError) as error:
                trouble = type(error).__name__
            else:
                errors = body.get("errors") or []
                if not errors:
                    (one,) = body["data"].values()
                    return one
                trouble = errors[0].get("extensions", {}).get("code", "")
                if trouble not in TROUBLES:
                    raise Refused(f"{answer.status_code} {errors[0]}")
            self.retries[trouble] += 1
            await asyncio.sleep(self.random.uniform(0.1, 0.5))
        raise Refused(f"no answer in {PERSISTENCE_SECONDS:.0f} s, at last {trouble}")


@dataclass(frozen=True)
class Act:
    """One action on an invoice, by its supplier or its recipient, and the events it makes."""

    action: str
    by_supplier: bool = False
    events: int = 1
    given: dict[str, Any] = field(default_factory=dict)


DEPOSIT_EVENTS = 3
STORIES: tuple[tuple[Act, ...], ...] = (
    (
        Act("TAKE_INTO_ACCOUNT"),
        Act("CERTIFY_SERVICE"),
        Act("ORDER_PAYMENT"),
        Act("BOOK"),
        Act("PAY"),
    ),
    (
        Act("SUSPEND", given={"reason": "JUSTIF_ABS"}),
        Act("COMPLETE", by_supplier=True, given={"comment": "Bon de livraison joint."}),
        Act("TAKE_INTO_ACCOUNT"),
        Act("PAY"),
    ),
    (
        Act("REJECT", given={"reason": "DOUBLE_FACT"}),
        Act("ACKNOWLEDGE", by_supplier=True),
        Act("HANDLE_REJECTION", by_supplier=True),
    ),
    (
        Act("ASK_RETRANSMISSION", given={"reason": "EJ_ERR"}),
        Act(
            "RETRANSMIT",
            by_supplier=True,
            events=DEPOSIT_EVENTS,
            given={"routing": {"commitmentNumber": "4200042"}},
        ),
        Act("CERTIFY_SERVICE"),
    ),
    (Act("TAKE_INTO_ACCOUNT"),),
)


@dataclass(frozen=True)
class Party:
    """A structure of the demonstration."""

    id: str
    siret: str
    # Where the structure asks for one.
    service: str | None = None


@dataclass
class Load:
    """What the clients do until they are told to stop."""

    supplier: Client
    recipient: Client
    suppliers: Sequence[Party]
    recipients: Sequence[Party]
    random: Random
    pause: tuple[float, float] = (0.05, 0.4)
    most: int = 1_000_000
    intended: list[Intended] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    replayed: int = 0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Begin nothing new; what was begun is carried through."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped and everything begun is answered."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._work(Random(self.random.random())))

    async def _work(self, random: Random) -> None:
        while not self._stopping.is_set() and len(self.intended) < self.most:
            one = Intended(f"CHAOS-{len(self.intended) + 1:06}")
            self.intended.append(one)
            try:
                await self._live(one, random)
            except Refused as error:
                self.violations.append(Violation("refused", f"{one.number} ({one.id}): {error}"))
            await self._breathe(random)

    async def _live(self, one: Intended, random: Random) -> None:
        content = a_content(
            one.number, random.choice(self.suppliers), random.choice(self.recipients)
        )
        done = await self.supplier.do(SUBMIT, {"invoice": content, "idempotencyKey": _key(random)})
        one.id, one.events = done["invoice"]["id"], DEPOSIT_EVENTS
        self.replayed += done["replayed"]
        for act in random.choice(STORIES):
            if self._stopping.is_set():
                return
            await self._breathe(random)
            who = self.supplier if act.by_supplier else self.recipient
            given = {"id": one.id, "action": act.action, **act.given}
            done = await who.do(MOVE, {**given, "idempotencyKey": _key(random)})
            one.events += act.events
            self.replayed += done["replayed"]

    async def _breathe(self, random: Random) -> None:
        await asyncio.sleep(random.uniform(*self.pause))


def a_content(number: str, supplier: Party, recipient: Party) -> dict[str, Any]:
    """An invoice that nothing speaks against."""
    return {
        "supplierId": supplier.id,
        "number": number,
        "issuedOn": datetime.now(UTC).date().isoformat(),
        "recipientSiret": recipient.siret,
        "recipientServiceCode": recipient.service,
        "commitmentNumber": "4200001",
        "vatType": "TVA_SUR_ENCAISSEMENT",
        "paymentMode": "VIREMENT",
        "lines": [{"name": "Ramettes A4", "quantity": "10", "unitPrice": "4.00", "vatRate": "20"}],
        "totalNet": "40.00",
        "totalVat": "8.00",
        "totalGross": "48.00",
        "amountToPay": "48.00",
    }


def _key(random: Random) -> str:
    return f"{random.getrandbits(64):016x}"
