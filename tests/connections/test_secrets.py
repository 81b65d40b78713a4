"""Secrets of machines: replaced with an overlap, ended by their date, warned of once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from auth import technical
from auth.models import ClientSecret
from auth.technical import WARNINGS, due_warning
from domain import deadlines
from domain.clock import Clock, now
from domain.connections import accounts
from domain.events import transaction
from domain.mail.actions import latest
from tests.api import Api, ask, served
from tests.connections.kit import (
    REVOKE,
    ROTATE,
    VIEWER,
    access,
    kinds_about,
    letters_to,
    refusal,
    the_account,
    token,
)
from tests.world import World, a_world
from webhooks.machine import Machine

DAY = timedelta(days=1)
WEEK = timedelta(seconds=604_800)


async def rotated(api: Api, **more: Any) -> dict[str, Any]:
    """The spare account with a new secret, as its manager gets it."""
    answer = await api("supplier")(ROTATE, input={"id": api.world.spare.id, **more})
    assert answer.user_errors == [], answer.payload
    return dict(answer.payload)


async def test_both_secrets_work_during_the_overlap_and_only_the_new_one_after(
    clock: Clock, api: Api
) -> None:
    spare = api.world.spare.id
    old = (await rotated(api))["secret"]

    new = await rotated(api)
    both = [(await token(api, spare, secret)).status_code for secret in (old, new["secret"])]
    until = now() + WEEK
    clock.advance(WEEK)

    shown = new["technicalAccount"]
    assert shown["previousSecretUntil"] == until.isoformat(timespec="milliseconds")[:23] + "Z"
    assert both == [200, 200]
    assert await refusal(api, spare, old) == (
        401,
        "invalid_client",
        f"This secret was replaced by a newer one and ended on {until:%Y-%m-%d %H:%M} UTC.",
    )
    assert (await token(api, spare, new["secret"])).status_code == 200


async def test_two_secrets_work_at_most(api: Api) -> None:
    spare = api.world.spare.id
    secrets = [(await rotated(api))["secret"] for _ in range(3)]

    answers = [(await token(api, spare, secret)).status_code for secret in secrets]

    assert answers == [401, 200, 200]
    in_force = ClientSecret.filter(client_id=spare, expires_at__gt=now())
    assert await in_force.count() == 2


async def test_a_secret_that_was_seen_ends_at_once_with_the_tokens_that_came_from_it(
    api: Api,
) -> None:
    spare = api.world.spare.id
    seen = (await rotated(api))["secret"]
    issued = await access(api, spare, seen)
    assert (await ask(api.http, VIEWER, {}, token=issued)).status == 200

    new = await rotated(api, atOnce=True)
    stolen = await ask(api.http, VIEWER, {}, token=issued)
    own = await ask(api.http, VIEWER, {}, token=await access(api, spare, new["secret"]))

    assert new["technicalAccount"]["previousSecretUntil"] is None
    assert (await refusal(api, spare, seen))[:2] == (401, "invalid_client")
    assert (stolen.status, stolen.codes) == (401, ["UNAUTHENTICATED"])
    assert own.payload["id"] == spare


async def test_a_rotation_with_an_overlap_keeps_the_tokens_of_before(api: Api) -> None:
    spare = api.world.spare.id
    issued = await access(api, spare, (await rotated(api))["secret"])

    await rotated(api)

    assert (await ask(api.http, VIEWER, {}, token=issued)).payload["id"] == spare


@pytest.fixture
async def abrupt(database_url: str) -> AsyncIterator[Api]:
    """A site whose secrets live ten days and do not overlap."""
    async with served(
        database_url, technical_secret_days=10, technical_secret_overlap_seconds=0
    ) as api:
        yield api


async def test_the_site_decides_how_long_secrets_live_and_overlap(abrupt: Api) -> None:
    api, before = abrupt, now()
    old = (await rotated(api))["secret"]

    new = await rotated(api)

    account = await the_account(api.world.spare.id)
    assert new["technicalAccount"]["previousSecretUntil"] is None
    assert timedelta(0) <= account.secret_expires_at - before - 10 * DAY < DAY
    assert (await token(api, api.world.spare.id, old)).status_code == 401
    # Ten days is less than the notice of thirty: it counts as given.
    (kept,) = await ClientSecret.filter(client_id=account.id, replaced_at=None)
    assert kept.warned_days == 30


async def test_an_expired_secret_is_refused_in_words_that_say_what_to_do(
    clock: Clock, api: Api
) -> None:
    spare = api.world.spare.id
    secret = (await rotated(api))["secret"]
    ends = (await the_account(spare)).secret_expires_at
    assert ends == now() + 424 * DAY
    clock.advance(424 * DAY - timedelta(seconds=1))
    last = (await token(api, spare, secret)).status_code
    clock.advance(timedelta(seconds=1))

    said = await refusal(api, spare, secret)
    wrong = await refusal(api, spare, "not a secret of it")

    assert last == 200
    assert said == (
        401,
        "invalid_client",
        f"This secret expired on {ends:%Y-%m-%d %H:%M} UTC."
        " A manager of the structure makes a new one.",
    )
    # Who does not hold the secret learns nothing of it.
    assert "expired" not in wrong[2]
    assert wrong[:2] == (401, "invalid_client")


async def test_an_account_whose_secret_expired_is_renewed(clock: Clock, api: Api) -> None:
    spare = api.world.spare.id
    await rotated(api)
    clock.advance(500 * DAY)
    await technical.warn_of_expiry()

    new = await rotated(api)
    await technical.warn_of_expiry()

    assert (await token(api, spare, new["secret"])).status_code == 200
    assert new["technicalAccount"]["previousSecretUntil"] is None
    kinds = await kinds_about(spare)
    assert kinds.count("technical_account.secret_expired") == 1
    assert kinds[-1] == "technical_account.secret_rotated"


async def test_a_rotation_is_told_to_the_main_manager(api: Api) -> None:
    await rotated(api)

    assert await letters_to(api.world.people["supplier"].email) == [
        "technical_account_secret_rotated"
    ]
    said = (await latest(1))[0][1].body
    assert api.world.spare.id in said
    assert "secret" in said


# Warnings


@pytest.mark.parametrize(
    ("days_left", "warned", "due"),
    [
        (31, None, None),
        (30, None, 30),
        (30, 30, None),
        (8, 30, None),
        (7, 30, 7),
        (7, 7, None),
        (1, 7, 1),
        (0.5, 1, None),
        (0, 1, 0),
        (-3, 0, None),
        # The worker slept: only what is still true is said.
        (5, None, 7),
        (-1, None, 0),
        (0.5, 30, 1),
    ],
)
def test_the_warning_that_is_due(days_left: float, warned: int | None, due: int | None) -> None:
    at = now()

    assert due_warning(at + timedelta(days=days_left), warned, at) == due


def test_a_secret_without_an_end_is_never_warned_of() -> None:
    assert due_warning(None, None, now()) is None


@pytest.fixture
async def world(database: str, clock: Clock) -> World:
    """The world and nothing that runs beside it."""
    return await a_world(dispatched=False)


async def test_each_warning_is_given_exactly_once_whatever_the_number_of_workers(
    world: World, clock: Clock
) -> None:
    email = world.people["supplier"].email
    async with transaction():
        await ClientSecret.filter(client_id__not_in=[world.erp.id]).update(expires_at=None)
    told = []
    for step in (393, 1, 1, 22, 6, 0, 1, 30):
        clock.advance(step * DAY)
        told.append(sum(await asyncio.gather(*(technical.warn_of_expiry() for _ in range(4)))))

    # 31 days left, 30, 29, 7, 1, 1 again, none left, long after.
    assert told == [0, 1, 0, 1, 1, 0, 1, 0]
    kinds = (await kinds_about(world.erp.id))[1:]
    assert kinds == [*["technical_account.secret_expiring"] * 3, "technical_account.secret_expired"]
    assert await letters_to(email) == [
        *["technical_account_secret_expiring"] * 3,
        "technical_account_secret_expired",
    ]


async def test_two_machines_of_workers_warn_once(world: World, clock: Clock) -> None:
    deadlines.guard_each_minute(technical.warn_of_expiry)
    clock.advance(400 * DAY)
    machines = [Machine(), Machine()]

    for _ in range(2):
        for machine in machines:
            await machine.sweep()
            await asyncio.gather(*machine._tasks)
        clock.advance(timedelta(minutes=1))
    for machine in machines:
        await machine.stop()

    for account in (world.erp.id, world.spare.id, world.connector.id):
        kinds = await kinds_about(account)
        assert kinds.count("technical_account.secret_expiring") == 1, account


async def test_a_replaced_secret_and_a_revoked_account_are_not_warned_of(
    world: World, clock: Clock
) -> None:
    supplier = await world.actor("supplier")
    clock.advance(390 * DAY)
    await technical.rotate(supplier, world.erp.id)
    await accounts.revoke_account(supplier, world.spare.id)
    clock.advance(10 * DAY)

    assert await technical.warn_of_expiry() == 1

    # The one that is left is that of the integrator.
    assert "technical_account.secret_expiring" in await kinds_about(world.connector.id)
    assert "technical_account.secret_expiring" not in await kinds_about(world.erp.id)
    assert "technical_account.secret_expiring" not in await kinds_about(world.spare.id)


async def test_more_secrets_than_one_batch_are_all_warned_of(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(technical, "_BATCH", 2)
    clock.advance(400 * DAY)

    assert await technical.warn_of_expiry() == 3
    assert await technical.warn_of_expiry() == 0


def test_the_notices_are_those_that_were_promised() -> None:
    assert WARNINGS == (30, 7, 1, 0)


async def test_the_state_shows_an_expired_secret(clock: Clock, api: Api) -> None:
    asked = "{ technicalAccounts(first: 10) { nodes { id state } } }"
    clock.advance(425 * DAY)
    await api("supplier")(REVOKE, input={"id": api.world.spare.id})

    shown = (await api("supplier")(asked)).payload["nodes"]

    assert {node["id"]: node["state"] for node in shown} == {
        api.world.erp.id: "EXPIRED",
        api.world.spare.id: "REVOKED",
    }
