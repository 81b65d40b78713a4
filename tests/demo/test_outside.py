"""The client of the demonstrations behaves as a client of the API should."""

from __future__ import annotations

import json

import httpx2
import pytest

from tests.demo.outside import TRIES, Caller, Failed


def a_caller(*statuses: int) -> tuple[Caller, list[bytes]]:
    """One whose server answers with these statuses in turn, the last one for ever; what it got."""
    got: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        got.append(request.content)
        status = statuses[min(len(got), len(statuses)) - 1]
        said = {"data": {"a": 1}} if status == 200 else {"errors": [{"message": "Too much"}]}
        return httpx2.Response(status, headers={"retry-after": "0"}, content=json.dumps(said))

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return Caller("somebody", "http://server.test", "token", http), got


async def test_what_was_too_much_is_asked_again_as_it_was() -> None:
    caller, got = a_caller(429, 429, 200)

    assert await caller.ask("{ a }", n=1) == {"a": 1}
    assert len(got) == 3
    assert len(set(got)) == 1


async def test_what_is_always_too_much_fails_in_the_end() -> None:
    caller, got = a_caller(429)

    with pytest.raises(Failed, match="somebody: Too much"):
        await caller.ask("{ a }")
    assert len(got) == TRIES
