"""Tokens towards a receiver, by OAuth 2 client credentials."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from domain.clock import Clock
from domain.structures.models import Structure
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Message, Receiver, Reply
from tests.webhooks.trusted import attempts
from webhooks.dispatch import dispatch
from webhooks.endpoints import Kept
from webhooks.machine import Machine
from webhooks.models import Delivery, Endpoint
from webhooks.outbound import ErrorKind
from webhooks.receiver_auth import ClientProof, OAuth2
from webhooks.trust import Trust


class TokenServer:
    """A token endpoint as a customer would run one, on loopback."""

    def __init__(self) -> None:
        self.http = Receiver(self._reply)
        self.life = 3600
        self.failure: Reply | None = None

    @property
    def asked(self) -> int:
        return len(self.http.messages)

    def _reply(self, message: Message) -> Reply:
        if self.failure is not None:
            return self.failure
        content = {"access_token": f"token-{self.asked}", "token_type": "Bearer"}
        return Reply(body=json.dumps(content | {"expires_in": self.life}).encode())


@pytest.fixture
async def tokens() -> AsyncIterator[TokenServer]:
    server = TokenServer()
    await server.http.start()
    yield server
    await server.http.stop()


async def with_oauth2(owner: Structure, receiver: Receiver, tokens: TokenServer) -> Kept:
    auth = OAuth2(tokens.http.url, "bordereau", "secret", "invoices", "", ClientProof.HEADER.value)
    return await an_endpoint(owner, receiver, trust=Trust(auth=auth))


def bearers(receiver: Receiver) -> list[str]:
    return [m.headers["authorization"].removeprefix("Bearer ") for m in receiver.messages]


async def test_a_token_is_asked_for_once_and_sent_with_every_message(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer
) -> None:
    kept = await with_oauth2(owner, receiver, tokens)

    for _ in range(5):
        await news(owner)
    await run(machine)

    assert bearers(receiver) == ["token-1"] * 5
    assert tokens.asked == 1
    assert all(m.is_signed_by(kept.secret) for m in receiver.messages)
    (asked,) = tokens.http.messages
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["invoices"],
    }


async def test_another_token_is_asked_for_when_the_first_has_ended(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, clock: Clock
) -> None:
    await with_oauth2(owner, receiver, tokens)

    for _ in range(3):
        await news(owner)
        await run(machine)
        clock.advance(timedelta(minutes=40))

    assert bearers(receiver) == ["token-1", "token-1", "token-2"]


async def test_a_refused_token_is_replaced_once_within_the_attempt(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer
) -> None:
    kept = await with_oauth2(owner, receiver, tokens)
    await news(owner)
    await run(machine)
    receiver.reply = lambda m: Reply(401 if m.headers["authorization"] == "Bearer token-1" else 200)

    await news(owner)
    await run(machine)

    assert bearers(receiver) == ["token-1", "token-1", "token-2"]
    assert [(a.status, a.error) for a in await attempts(kept.endpoint)] == [(200, None)] * 2


async def test_a_receiver_that_refuses_every_token_costs_one_request_more_not_a_loop(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site
) -> None:
    site(retry_seconds=AT_ONCE)
    kept = await with_oauth2(owner, receiver, tokens)
    receiver.reply = Reply(401)

    await news(owner)
    await run(machine)

    found = await attempts(kept.endpoint)
    assert [(a.status, a.error) for a in found] == [(401, ErrorKind.STATUS)] * 3
    # The first token was fresh; each later attempt tries the one it has and a new one.
    assert bearers(receiver) == ["token-1", "token-1", "token-2", "token-2", "token-3"]


FAILURES = {
    "refused": (Reply(401, body=b'{"error": "invalid_client"}'), "401 (invalid_client)"),
    "down": (Reply(answers=False), "CUT"),
    "not a token": (Reply(body=b"<html>"), "without an access_token"),
    "redirected": (Reply(302, {"location": "http://127.0.0.1:1/"}), "302"),
}


@pytest.mark.parametrize(("failure", "words"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_of_the_token_endpoint_is_an_attempt_with_its_reason(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site,
    failure: Reply, words: str,
) -> None:  # fmt: skip
    site(retry_seconds=AT_ONCE)
    kept = await with_oauth2(owner, receiver, tokens)
    healthy = await an_endpoint(owner, receiver)
    tokens.failure = failure

    await news(owner)
    await run(machine)

    found = await attempts(kept.endpoint)
    assert [a.error for a in found] == [ErrorKind.TOKEN] * 3
    assert [a.status for a in found] == [None] * 3
    assert words in (found[0].detail or "")
    assert (await Endpoint.get(id=kept.endpoint.id)).consecutive_failures == 3
    assert len(await attempts(healthy.endpoint)) >= 1
    assert len(receiver.messages) >= 1


async def test_a_token_endpoint_inside_the_network_is_not_dialled_whatever_its_name(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=(0,))
    auth = OAuth2("https://localhost:8443/token", "id", "secret")
    kept = await an_endpoint(owner, receiver, trust=Trust(auth=auth))
    site(allow=())
    closed = Machine()

    await news(owner)
    await run(closed)
    await closed.stop()

    (attempt,) = await attempts(kept.endpoint)
    assert attempt.error == ErrorKind.TOKEN
    assert attempt.detail == "the token endpoint could not be asked, REFUSED_ADDRESS: LOOPBACK"


async def test_a_slow_token_endpoint_does_not_keep_a_place_beyond_the_time_of_an_attempt(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site
) -> None:
    site(retry_seconds=(0,), timeout_seconds=0.2)
    quick = Machine()
    kept = await with_oauth2(owner, receiver, tokens)
    tokens.failure = Reply(delay=30)

    await news(owner)
    await run(quick)
    await quick.stop()

    (attempt,) = await attempts(kept.endpoint)
    assert attempt.error == ErrorKind.TOKEN
    assert "TIMEOUT" in (attempt.detail or "")


async def test_an_echo_of_the_secret_by_the_token_endpoint_is_kept_nowhere(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site
) -> None:
    site(retry_seconds=(0,))
    kept = await with_oauth2(owner, receiver, tokens)
    tokens.failure = Reply(400, body=b'{"error": "client secret is secret-42", "x": "secret-42"}')

    await news(owner)
    await run(machine)

    (attempt,) = await attempts(kept.endpoint)
    assert attempt.excerpt == ""
    assert attempt.detail == "the token endpoint answered 400"


async def test_closing_gives_up_what_waits_for_a_token(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer
) -> None:
    kept = await with_oauth2(owner, receiver, tokens)
    tokens.failure = Reply(answers=False, delay=1)
    await news(owner)
    await dispatch()
    delivering = asyncio.create_task(machine.deliver())
    await tokens.http.has(1)

    machine._courier.close()
    await delivering

    # It is sent again when its lease is over.
    assert await attempts(kept.endpoint) == []
    assert (await Delivery.get(endpoint_id=kept.endpoint.id)).state == "DELIVERING"
