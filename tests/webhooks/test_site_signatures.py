"""Signatures of the site, made and verified beside the shared secret."""

from __future__ import annotations

import base64
from datetime import timedelta

from domain.clock import Clock
from domain.signatures import jws, keys
from domain.signatures.models import Purpose
from domain.structures.models import Structure
from tests.make import an_actor
from tests.webhooks.conftest import Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.trusted import after_first_key, is_signed_by_site
from webhooks import endpoints, site_keys
from webhooks.machine import Machine
from webhooks.trust import Trust


async def test_an_endpoint_that_asks_for_it_gets_both_signatures_and_others_one(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    both = await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    await news(owner)
    await run(machine)
    await endpoints.update(an_actor(owner), both.endpoint.id, {"trust": Trust(ed25519=False)})
    await news(owner)
    await run(machine)

    (public,) = await site_keys.public_keys()
    first, second = receiver.messages
    versions = [s.split(",")[0] for s in first.headers["webhook-signature"].split(" ")]
    assert versions == ["v1", "v1a"]
    assert first.is_signed_by(both.secret)
    assert is_signed_by_site(first, public.text)
    assert second.is_signed_by(both.secret)
    assert not is_signed_by_site(second, public.text)


async def test_while_the_key_of_the_site_is_rotated_old_and_new_verify(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    await news(owner)
    await run(machine)
    (old,) = await site_keys.public_keys()

    await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))
    clock.advance(site_keys.REREAD)
    await news(owner)
    await run(machine)
    new = (await site_keys.public_keys())[0]
    clock.advance(timedelta(days=7))
    await news(owner)
    await run(machine)

    before, during, after = receiver.messages
    seen = [(is_signed_by_site(m, old.text), is_signed_by_site(m, new.text)) for m in
            (before, during, after)]  # fmt: skip
    assert seen == [(True, False), (True, True), (False, True)]
    assert [key.kid for key in await site_keys.public_keys()] == [new.kid]


async def test_what_is_published_are_the_keys_that_sign_in_both_forms(database: str) -> None:
    await site_keys.ensure()
    old = (await site_keys.public_keys())[0]
    await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))

    published = (await site_keys.published())["keys"]

    assert published[1]["kid"] == old.kid
    for key in published:
        assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
        raw = base64.b64decode(key["whpk"].removeprefix("whpk_"), validate=True)
        assert raw == jws.decoded(key["x"])
        assert len(raw) == 32
    await keys.rotate(Purpose.WEBHOOKS)
    assert len((await site_keys.published())["keys"]) == 1


async def test_each_attempt_signs_the_same_bytes_for_its_own_time(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    site(retry_seconds=(0, 60, 60))
    kept = await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    (public,) = await after_first_key()
    receiver.reply = Reply(500)

    await news(owner)
    for _ in range(3):
        await run(machine)
        clock.advance(timedelta(seconds=60))

    stamps = [int(m.headers["webhook-timestamp"]) for m in receiver.messages]
    assert [later - stamps[0] for later in stamps] == [0, 60, 120]
    assert len({m.body for m in receiver.messages}) == 1
    assert len({m.headers["webhook-signature"] for m in receiver.messages}) == 3
    assert [m.headers["webhook-attempt"] for m in receiver.messages] == ["1", "2", "3"]
    for message in receiver.messages:
        assert message.is_signed_by(kept.secret)
        assert is_signed_by_site(message, public.text)
