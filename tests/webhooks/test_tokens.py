"""Access tokens of receivers: what is asked, what is believed, and for how long."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from domain.clock import Clock
from webhooks.outbound import ErrorKind, Outcome, Request
from webhooks.receiver_auth import OAuth2
from webhooks.tokens import LONGEST_TOKEN, NoToken, Tokens, request_for, token_in

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CLIENT = OAuth2("https://login.example/token", "c:id", "s&cret", "a b", "urn:erp")


def answer(status: int = 200, failure: ErrorKind | None = None, /, **content: Any) -> Outcome:
    return Outcome(status, 1, json.dumps(content).encode(), error=failure)


class TokenServer:
    """Stands for the HTTP client: answers each request when the test lets it."""

    def __init__(self, answers: Callable[[int], Outcome]) -> None:
        self.requests: list[Request] = []
        self.answers = answers
        self.gate = asyncio.Event()
        self.gate.set()

    def post(self, request: Request) -> asyncio.Future[Outcome]:
        self.requests.append(request)
        return asyncio.ensure_future(self._answer(len(self.requests)))

    async def _answer(self, number: int) -> Outcome:
        await self.gate.wait()
        return self.answers(number)

    def close(self) -> None:
        self.gate.set()


async def fetched(tokens: Tokens, client: OAuth2 = CLIENT) -> str:
    return (await tokens.fetched(client, "Bordereau/test", 5)).value


def test_the_request_is_that_of_client_credentials() -> None:
    request = request_for(CLIENT, "Bordereau/test", 5)

    pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == "c%3Aid:s%26cret"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["a b"],
        "audience": ["urn:erp"],
    }
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.url == CLIENT.token_url


def test_a_server_that_takes_no_header_gets_the_client_in_the_body() -> None:
    request = request_for(OAuth2("https://x/", "id", "s&cret", proof="BODY"), "product", 5)

    assert "authorization" not in request.headers
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id"],
        "client_secret": ["s&cret"],
    }


@pytest.mark.parametrize(
    ("expires_in", "used"),
    [
        (3600, 3570),
        ("3600", 3570),
        (40, 20),
        (0, 0),
        (-5, 0),
        (10**12, 86_370),
        (float("inf"), 270),
        (None, 270),
        ("soon", 270),
        ([], 270),
    ],
)
def test_a_token_is_used_a_little_less_than_it_lives(expires_in: Any, used: float) -> None:
    token = token_in(answer(access_token="t", token_type="Bearer", expires_in=expires_in), NOW)

    assert token.until - NOW == timedelta(seconds=used)


UNUSABLE = {
    "no JSON": Outcome(200, 1, b"<html>"),
    "a list": Outcome(200, 1, b"[]"),
    "deep": Outcome(200, 1, b"[" * 60_000),
    "no token": answer(),
    "not a text": answer(access_token=5),
    "empty": answer(access_token=""),
    "a second header": answer(access_token="a\r\nx-admin: 1"),
    "spaces": answer(access_token="a b"),
    "outside ASCII": answer(access_token="é"),
    "endless": answer(access_token="a" * (LONGEST_TOKEN + 1)),
    "of another type": answer(access_token="a", token_type="mac"),
}


@pytest.mark.parametrize("outcome", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_sent_is_no_token(outcome: Outcome) -> None:
    with pytest.raises(NoToken):
        token_in(outcome, NOW)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            answer(401, ErrorKind.STATUS, error="invalid_client"),
            "the token endpoint answered 401 (invalid_client)",
        ),
        (answer(500, ErrorKind.STATUS, error="x\r\ny"), "the token endpoint answered 500"),
        (answer(400, ErrorKind.STATUS, error={"a": 1}), "the token endpoint answered 400"),
        (
            Outcome(None, 1, error=ErrorKind.REFUSED_ADDRESS, detail="PRIVATE"),
            "the token endpoint could not be asked, REFUSED_ADDRESS: PRIVATE",
        ),
    ],
)
def test_a_failure_says_what_the_server_said_and_no_more(outcome: Outcome, words: str) -> None:
    with pytest.raises(NoToken) as refusal:
        token_in(outcome, NOW)

    assert str(refusal.value) == words


async def test_those_who_ask_at_once_share_one_request() -> None:
    server = TokenServer(lambda n: answer(access_token=f"t{n}", expires_in=3600))
    server.gate.clear()
    tokens = Tokens(server)

    asking = [asyncio.create_task(fetched(tokens)) for _ in range(50)]
    await asyncio.sleep(0)
    server.gate.set()

    assert set(await asyncio.gather(*asking)) == {"t1"}
    assert len(server.requests) == 1


async def test_one_who_gives_up_does_not_take_the_token_from_the_others() -> None:
    server = TokenServer(lambda n: answer(access_token=f"t{n}"))
    server.gate.clear()
    tokens = Tokens(server)
    impatient, patient = (asyncio.create_task(fetched(tokens)) for _ in range(2))
    await asyncio.sleep(0)

    impatient.cancel()
    await asyncio.sleep(0)
    server.gate.set()

    assert await patient == "t1"


async def test_a_token_is_kept_until_its_end(clock: Clock) -> None:
    server = TokenServer(lambda n: answer(access_token=f"t{n}", expires_in=600))
    tokens = Tokens(server)

    token = await tokens.fetched(CLIENT, "product", 5)

    assert tokens.known(CLIENT) == token
    clock.advance(timedelta(seconds=569))
    assert tokens.known(CLIENT) == token
    clock.advance(timedelta(seconds=1))
    assert tokens.known(CLIENT) is None


async def test_tokens_of_other_clients_are_other_tokens(clock: Clock) -> None:
    server = TokenServer(lambda n: answer(access_token=f"t{n}", expires_in=600))
    tokens = Tokens(server)
    changed = OAuth2(CLIENT.token_url, CLIENT.client_id, "a new secret", CLIENT.scope)

    assert await fetched(tokens) == "t1"
    assert tokens.known(changed) is None
    assert await fetched(tokens, changed) == "t2"


async def test_many_who_were_refused_with_one_token_ask_for_one_other(clock: Clock) -> None:
    server = TokenServer(lambda n: answer(access_token=f"t{n}", expires_in=600))
    tokens = Tokens(server)
    old = await tokens.fetched(CLIENT, "product", 5)

    others = await asyncio.gather(
        *(tokens.instead_of(old, CLIENT, "product", 5) for _ in range(20))
    )
    late = await tokens.instead_of(old, CLIENT, "product", 5)

    assert {token.value for token in [*others, late]} == {"t2"}
    assert len(server.requests) == 2


async def test_a_failure_is_told_to_all_and_not_remembered(clock: Clock) -> None:
    outcomes = {1: answer(503, ErrorKind.STATUS), 2: answer(access_token="t2")}
    server = TokenServer(lambda n: outcomes[n])
    server.gate.clear()
    tokens = Tokens(server)
    asking = [asyncio.create_task(fetched(tokens)) for _ in range(3)]
    await asyncio.sleep(0)
    server.gate.set()

    answers = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(a) for a in answers] == [NoToken] * 3
    assert await fetched(tokens) == "t2"
