"""Several servers of one sandbox: its clock is one, for all of them and at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx2
import pytest
from pydantic import SecretStr

from settings import Settings, opened
from tests.conftest import an_empty_database
from tests.test_processes import SECRET, Place, an_invoice_input, erp, serving
from tests.world import a_world

CLOCK = "{ sandboxClock { now realNow aheadSeconds } }"
ADVANCE = (
    "mutation($input: SandboxAdvanceInput!) { sandboxAdvance(input: $input) {"
    " clock { now aheadSeconds } steps userErrors { rule message } } }"
)
SUBMIT = (
    "mutation($input: InvoiceSubmitInput!) { invoiceSubmit(input: $input) {"
    " invoice { statusAt } userErrors { rule message } } }"
)
DAY = 86_400


@pytest.fixture
async def place(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    url = await an_empty_database(template_url, tmp_path_factory.mktemp("sandbox"))
    async with opened(Settings(database_url=url, secret_key=SecretStr(SECRET))):
        world = await a_world(dispatched=False)
    return Place(url, world)


async def test_what_one_server_was_told_the_other_lives_by(place: Place) -> None:
    addresses = {
        "PUBLIC_URL": "http://bordereau.test",
        "WAKE_UPS": "none",
        # The world has invoices that wait for an answer: days later they would block deposits.
        "ACKNOWLEDGE_WITHIN_DAYS": "0",
    }
    async with (
        httpx2.AsyncClient(timeout=30) as http,
        serving(place.url, **addresses) as one,
        serving(place.url, **addresses) as other,
    ):
        callers = [await erp(server, place, http) for server in (one, other)]
        for n in range(4):
            mover, follower = callers[n % 2], callers[(n + 1) % 2]

            moved = await mover.do(ADVANCE, by="P10D")
            done = await follower.do(SUBMIT, invoice=an_invoice_input(place, f"AFTER-{n}"))
            shown = (await follower.ask(CLOCK))["sandboxClock"]

            assert moved["userErrors"] == done["userErrors"] == []
            assert shown["aheadSeconds"] == moved["clock"]["aheadSeconds"] == (n + 1) * 10 * DAY
            now = datetime.fromisoformat(moved["clock"]["now"])
            assert datetime.fromisoformat(done["invoice"]["statusAt"]) >= now - timedelta(seconds=2)
    async with serving(place.url, **addresses) as again, httpx2.AsyncClient(timeout=30) as http:
        caller = await erp(again, place, http)
        assert (await caller.ask(CLOCK))["sandboxClock"]["aheadSeconds"] == 40 * DAY
