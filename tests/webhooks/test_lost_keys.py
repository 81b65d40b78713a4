"""What becomes of secrets that a changed SECRET_KEY closed."""

from __future__ import annotations

import pytest

from domain import policy as site_policy
from domain.clock import Clock
from domain.structures.models import Structure
from tests.make import an_actor
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver
from tests.webhooks.trusted import after_first_key, attempts, is_signed_by_site
from webhooks import endpoints, site_keys
from webhooks.custom_headers import Header
from webhooks.machine import Machine
from webhooks.outbound import ErrorKind
from webhooks.receiver_auth import Basic, OAuth2
from webhooks.trust import Trust


@pytest.mark.parametrize(
    "trust",
    [
        Trust(),
        Trust(ed25519=True),
        Trust(auth=Basic("a", "b")),
        Trust(auth=OAuth2("https://127.0.0.1/", "a", "b")),
    ],
    ids=["secret", "ed25519", "basic", "oauth2"],
)
async def test_secrets_that_cannot_be_opened_are_explained_and_stop_nobody_else(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, trust: Trust
) -> None:
    site(retry_seconds=AT_ONCE)
    lost = await an_endpoint(owner, receiver, trust=trust)
    site(key=b"another key")
    healthy = await an_endpoint(owner, receiver)

    await news(owner)
    await run(machine)

    found = await attempts(lost.endpoint)
    assert [a.error for a in found] == [ErrorKind.SEALED] * 3
    assert "SECRET_KEY was changed" in (found[0].detail or "")
    assert [m.is_signed_by(healthy.secret) for m in receiver.messages] == [True]


async def test_all_that_cannot_be_opened_is_named_at_once(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=(0,))
    trust = Trust(auth=Basic("a", "b"), headers=(Header("x-key", "v"),))
    lost = await an_endpoint(owner, receiver, trust=trust)
    site(key=b"another key")

    await news(owner)
    await run(machine)

    (attempt,) = await attempts(lost.endpoint)
    assert attempt.detail == (
        "SECRET_KEY was changed since they were given: rotate the secret,"
        " give the credentials again, give the headers again."
    )


async def test_rotating_gets_an_endpoint_with_a_lost_secret_going_again(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    lost = await an_endpoint(owner, receiver)
    site(key=b"another key")

    kept = await endpoints.rotate_secret(an_actor(owner), lost.endpoint.id)
    await news(owner)
    await run(machine)

    (message,) = receiver.messages
    assert message.is_signed_by(kept.secret)
    assert message.headers["webhook-signature"].count("v1,") == 1


async def test_lost_headers_and_credentials_are_given_again(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    trust = Trust(auth=Basic("a", "b"), headers=(Header("x-key", "v"),))
    lost = await an_endpoint(owner, receiver, trust=trust)
    site(key=b"another key")

    await endpoints.rotate_secret(an_actor(owner), lost.endpoint.id)
    await endpoints.update(an_actor(owner), lost.endpoint.id, {"trust": trust})
    await news(owner)
    await run(machine)

    assert receiver.messages[0].headers["x-key"] == "v"


async def test_a_lost_key_of_the_site_is_replaced_at_the_next_start_and_the_new_one_published(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    kept = await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    (old,) = await after_first_key()

    site(retry_seconds=(0, 5))
    site_policy.configure(site_policy.Policy(key=b"another key of the site 32 bytes"))
    await news(owner)
    await run(machine)
    await site_keys.ensure()
    clock.advance(site_keys.REREAD)
    await run(machine)
    site_policy.configure(site_policy.Policy())

    (new,) = await site_keys.public_keys()
    assert new.kid != old.kid
    assert [a.error for a in await attempts(kept.endpoint)] == [ErrorKind.SEALED, None]
    assert is_signed_by_site(receiver.messages[0], new.text)
