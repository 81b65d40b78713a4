"""`sandboxAdvance` through the door: who moves the clock, and who does not even notice."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from domain import clock as times
from domain import events
from domain.invoices.models import Invoice
from domain.reference.statuses import InvoiceStatus as S
from settings import Settings, opened
from tests.api import Api, served
from tests.make import an_account
from tests.webhooks.receiver import Message, Receiver

CLOCK = "{ sandboxClock { now today realNow aheadSeconds isOpen } }"
ADVANCE = (
    "mutation($input: SandboxAdvanceInput!) { sandboxAdvance(input: $input) {"
    " clock { now aheadSeconds } steps replayed cursor userErrors { code rule path message } } }"
)
STATUS = "query($id: ID!) { invoice(by: {id: $id}) { status statusAt } }"
DAY = 86_400


async def moved(api: Api, by: str = "P45D", persona: str = "supplier") -> Any:
    answer = await api(persona)(ADVANCE, input={"by": by})
    assert answer.payload["userErrors"] == []
    return answer.payload


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("persona", ["supplier", "recipient", "validator", "erp", "administrator"])
async def test_whoever_acts_on_documents_moves_the_clock(api: Api, persona: str) -> None:
    before = read((await api("anonymous")(CLOCK)).payload["now"])
    invoice = api.world.invoices[S.A_VALIDER_1]

    done = await moved(api, persona=persona)

    shown = (await api("anonymous")(CLOCK)).payload
    answer = await api("administrator")(STATUS, id=invoice.id)
    assert answer.errors == []
    seen = answer.payload
    # The validator's silence agrees; the project manager of the works piece is warned of.
    assert (done["steps"], done["replayed"], done["cursor"] is None) == (2, False, False)
    assert done["clock"]["aheadSeconds"] == shown["aheadSeconds"] == 45 * DAY
    assert read(done["clock"]["now"]) >= before + timedelta(days=45)
    ahead = read(shown["now"]) - read(shown["realNow"])
    assert ahead.total_seconds() == pytest.approx(45 * DAY, abs=60)
    assert seen["status"] == "MISE_A_DISPOSITION"
    at = read(seen["statusAt"]) - invoice.status_at
    assert timedelta(days=15) <= at < timedelta(days=16)


async def test_who_acts_on_nothing_moves_no_clock(api: Api) -> None:
    nobody = api.signed((await an_account()).id, api.world.erp.id, frozenset({"account:self"}))
    before = await events.head()

    anonymous = await api("anonymous")(ADVANCE, input={"by": "P1D"})
    without = await api.http.post(
        "/graphql",
        json={"query": ADVANCE, "variables": {"input": {"by": "P1D"}}},
        headers={"authorization": f"Bearer {nobody}"},
    )

    assert anonymous.codes == ["UNAUTHENTICATED"]
    assert [e["extensions"]["code"] for e in without.json()["errors"]] == ["FORBIDDEN"]
    assert (await events.head(), times.ahead()) == (before, timedelta())


async def test_a_request_that_is_sent_again_moves_it_once(api: Api) -> None:
    wanted = {"by": "P10D", "idempotencyKey": "once"}

    first = (await api("supplier")(ADVANCE, input=wanted)).payload
    again = (await api("supplier")(ADVANCE, input=wanted)).payload

    # The warning of the works piece, on its seventh day.
    assert (first["steps"], first["replayed"]) == (1, False)
    assert (again["steps"], again["replayed"], again["cursor"]) == (None, True, first["cursor"])
    assert again["clock"]["aheadSeconds"] == 10 * DAY


async def test_the_credentials_of_before_still_open_the_door(api: Api) -> None:
    token = api.token("supplier")
    mine = "{ viewer { id } }"

    await moved(api, "P366D")

    answer = await api.http.post(
        "/graphql", json={"query": mine}, headers={"authorization": f"Bearer {token}"}
    )
    assert "errors" not in answer.json()
    assert (await api.http.get("/readyz")).json()["lag"] == 0


async def test_receivers_find_the_timestamp_right_and_the_event_in_its_day(
    database_url: str,
) -> None:
    receiver = Receiver()
    await receiver.start()
    create = (
        "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) {"
        " secret userErrors { rule } } }"
    )
    async with served(database_url, webhook_allow=("127.0.0.0/8",)) as api:
        supplier, invoice = api.world.parties.supplier.id, api.world.invoices[S.A_VALIDER_1]
        made = await api("supplier")(create, input={"structureId": supplier, "url": receiver.url})

        def told() -> list[Message]:
            return [m for m in receiver.messages if m.content["data"].get("id") == invoice.id]

        await moved(api)
        async with asyncio.timeout(30):
            while not told():  # noqa: ASYNC110 - the worker sends
                await asyncio.sleep(0.01)

        secret = made.payload["secret"]
        assert all(m.is_signed_by(secret) for m in receiver.messages)
        stamps = [int(m.headers["webhook-timestamp"]) for m in receiver.messages]
        assert max(abs(time.time() - stamp) for stamp in stamps) < 300
        assert {read(m.content["timestamp"]).date() for m in told()} == {
            (invoice.status_at + timedelta(days=15)).date()
        }
    await receiver.stop()


async def test_it_survives_a_restart_and_is_no_production_any_more(database_url: str) -> None:
    async with served(database_url) as api:
        await moved(api)
        invoice = api.world.invoices[S.MISE_A_DISPOSITION]
    closed = times.ahead()
    settings: dict[str, Any] = {
        "database_url": database_url,
        "secret_key": SecretStr("a secret for tests only, 32 bytes"),
    }
    production = Settings(
        environment="production",
        public_url="https://factures.example.test",
        smtp_url=SecretStr("smtp://127.0.0.1"),
        **settings,
    )

    async with opened(Settings(sandbox_clock="off", **settings)):
        reopened = times.ahead()
        kept = await Invoice.get(id=invoice.id)
    with pytest.raises(ValueError, match="ENVIRONMENT"):
        async with opened(production):
            pass

    assert (closed, reopened) == (timedelta(), timedelta(days=45))
    assert kept.status == S.MISE_A_DISPOSITION
    assert times.ahead() == timedelta()
    assert datetime.now(UTC) > kept.status_at


async def test_production_and_a_closed_clock_say_why(database_url: str) -> None:
    async with served(database_url, sandbox_clock="off") as api:
        shown = (await api("anonymous")(CLOCK)).payload
        refused = (await api("administrator")(ADVANCE, input={"by": "P1D"})).payload

    assert (shown["isOpen"], shown["aheadSeconds"]) == (False, 0)
    assert refused["clock"] is None
    assert [e["rule"] for e in refused["userErrors"]] == ["BDR-SBX-002"]
