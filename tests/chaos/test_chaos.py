"""A small run of `make chaos`, and the receivers that it believes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx2
import pytest
from standardwebhooks import Webhook

from tests.bench.databases import ROOT
from tests.chaos.receivers import Receivers
from tests.chaos.run import Plan, run
from webhooks.signing import new_secret

SECRET = new_secret()
BODY = b'{"id":"evt_1","type":"invoice.submitted"}'


async def test_a_server_killed_at_work_loses_doubles_and_reorders_nothing() -> None:
    said: list[str] = []

    verdict = await run(Plan("embedded", 7, seconds=4, kills=3, most_invoices=15), said.append)

    assert verdict.violations == [], "\n".join(said)
    assert (verdict.kills, verdict.events >= 15 * 3) == (3, True)
    assert verdict.deliveries >= verdict.events


async def test_an_interrupted_run_ends_without_a_trace(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.main", "--form", "embedded", "--kills", "40"),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if b"accepted" in line:
            break

    process.send_signal(signal.SIGINT)
    _, words = await process.communicate()

    assert words.decode() == "interrupted; everything that was started is stopped\n"
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def headers(body: bytes, identifier: str = "evt_1") -> Mapping[str, str]:
    at = datetime.now(UTC)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(identifier, at, body.decode()),
        "webhook-event-type": "invoice.submitted",
    }


OTHER = BODY.replace(b"}", b',"more":1}')
# Made when they are sent: a receiver refuses what was signed minutes ago.
MESSAGES: dict[str, tuple[Callable[[], list[tuple[bytes, Mapping[str, str]]]], str]] = {
    "genuine, and the same again": (lambda: [(BODY, headers(BODY))] * 2, ""),
    "signed by another": (lambda: [(OTHER, headers(BODY))], "signature"),
    "another body the second time": (
        lambda: [(BODY, headers(BODY)), (OTHER, headers(OTHER))],
        "first",
    ),
    "headers of another event": (lambda: [(BODY, headers(BODY, "evt_2"))], "another event"),
    "without its type": (
        lambda: [(BODY, {k: v for k, v in headers(BODY).items() if k != "webhook-event-type"})],
        "missing",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
async def test_a_receiver_tells_what_is_wrong_with_a_message(name: str) -> None:
    made, words = MESSAGES[name]
    messages = made()
    async with Receivers(Random(1), timeout=1) as receivers, httpx2.AsyncClient() as http:
        one = receivers.all[0]
        one.secret = SECRET

        for body, sent in messages:
            await http.post(one.url, content=body, headers=dict(sent))

        assert one.accepted == [sent["webhook-id"] for _, sent in messages]
        assert bool(one.violations) == bool(words)
        assert all(words in violation.words for violation in receivers.violations())


async def test_a_redirect_that_is_followed_is_told() -> None:
    async with Receivers(Random(1), timeout=1) as receivers, httpx2.AsyncClient() as http:
        with pytest.raises(httpx2.HTTPError):
            await http.get(f"http://127.0.0.1:{receivers.trap.port}/trap")

        assert [v.words for v in receivers.violations()] == ["redirects were followed 1 times"]
