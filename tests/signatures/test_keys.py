"""The keys of the site: one of each purpose, replaced at once or with an overlap."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from domain import policy
from domain.clock import Clock
from domain.signatures import keys
from domain.signatures.models import Purpose, SiteKey


async def test_each_purpose_has_a_key_of_its_own(database: str) -> None:
    made = await asyncio.gather(*(keys.signing(purpose) for purpose in Purpose for _ in range(3)))

    assert len({key.kid for key in made}) == len(Purpose)
    for purpose in Purpose:
        published = (await keys.published(purpose))["keys"]
        assert [key["kid"] for key in published] == [(await keys.signing(purpose)).kid]


async def test_a_rotation_leaves_the_keys_of_other_purposes_alone(database: str) -> None:
    certificates = await keys.signing(Purpose.CERTIFICATES)
    webhooks = await keys.signing(Purpose.WEBHOOKS)

    kid = await keys.rotate(Purpose.WEBHOOKS)

    assert (await keys.signing(Purpose.WEBHOOKS)).kid == kid != webhooks.kid
    assert (await keys.signing(Purpose.CERTIFICATES)).kid == certificates.kid


async def test_during_an_overlap_both_keys_sign_and_after_it_the_new_one_alone(
    database: str, clock: Clock
) -> None:
    old = await keys.signing(Purpose.WEBHOOKS)

    new = await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))

    assert [key.kid for key in await keys.all_signing(Purpose.WEBHOOKS)] == [new, old.kid]
    assert (await keys.signing(Purpose.WEBHOOKS)).kid == new
    assert await keys.retire_ended() == 0
    clock.advance(timedelta(days=7))
    assert [key.kid for key in await keys.all_signing(Purpose.WEBHOOKS)] == [new]
    assert await keys.retire_ended() == 1
    # Nothing of the old private key is left to be stolen, and its public part stays known.
    assert (await SiteKey.get(kid=old.kid)).sealed is None
    assert len((await keys.published(Purpose.WEBHOOKS))["keys"]) == 2


async def test_two_rotations_within_an_overlap_let_three_keys_sign_each_to_its_end(
    database: str, clock: Clock
) -> None:
    first = (await keys.signing(Purpose.WEBHOOKS)).kid
    second = await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))
    clock.advance(timedelta(days=3))
    third = await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))

    assert [k.kid for k in await keys.all_signing(Purpose.WEBHOOKS)] == [third, second, first]
    clock.advance(timedelta(days=4))
    assert [k.kid for k in await keys.all_signing(Purpose.WEBHOOKS)] == [third, second]


async def test_a_rotation_at_once_ends_the_keys_of_an_overlap_too(
    database: str, clock: Clock
) -> None:
    await keys.signing(Purpose.WEBHOOKS)
    await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))

    kid = await keys.rotate(Purpose.WEBHOOKS)

    assert [key.kid for key in await keys.all_signing(Purpose.WEBHOOKS)] == [kid]
    assert await SiteKey.filter(sealed__isnull=False).count() == 1


async def test_keys_that_a_lost_secret_key_closed_are_replaced(database: str) -> None:
    old = await keys.signing(Purpose.WEBHOOKS)
    await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))

    policy.configure(policy.Policy(key=b"another secret key of 32 bytes.."))
    before = await keys.all_signing(Purpose.WEBHOOKS)
    new = await keys.signing(Purpose.WEBHOOKS)
    after = await keys.all_signing(Purpose.WEBHOOKS)
    policy.configure(policy.Policy())

    # Whoever signs makes no key: two processes under two keys would do so without end.
    assert before == []
    assert [key.kid for key in after] == [new.kid]
    assert new.kid != old.kid
