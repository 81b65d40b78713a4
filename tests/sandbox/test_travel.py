"""Moving the clock of a sandbox: what falls due happens in order, and machines notice nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import clock as times
from domain import deadlines, events, policy
from domain.access import Actor
from domain.clock import Clock, now, real_now, today
from domain.connections import delegations
from domain.connections.models import Delegation, DelegationStatus
from domain.errors import Forbidden, Invalid, Refused
from domain.events import Event, of_subject
from domain.invoices.draft import ValidatorRef
from domain.invoices.models import Invoice
from domain.reference.statuses import InvoiceStatus as S
from domain.sandbox.models import SandboxClock
from domain.sandbox.rules import duration_of
from domain.sandbox.travel import advance
from tests.chain.intruder import flaw
from tests.make import actor_of, an_account, an_invoice, some_parties
from tests.world import World, a_world

DAY = timedelta(days=1)


@pytest.fixture
async def somebody(database: str, clock: Clock) -> Actor:
    """Whoever moves the clock; what it may do is asked at the door."""
    return await actor_of(await an_account())


async def with_two_validators() -> Invoice:
    parties = await some_parties()
    second = ValidatorRef(identifier=parties.validator_2.identifier)
    return await an_invoice(S.A_VALIDER_1, parties=parties, validator_2=second)


async def changes_of(invoice: Invoice) -> dict[str, Event]:
    return {e.change.to: e for e in await of_subject(invoice.id) if e.change}


async def test_each_step_is_taken_at_its_own_hour_and_opens_the_next(somebody: Actor) -> None:
    invoice = await with_two_validators()
    start = now()

    done = await advance(somebody, "P45D")

    await invoice.refresh_from_db()
    told = await changes_of(invoice)
    assert (done.steps, invoice.status) == (2, S.MISE_A_DISPOSITION)
    assert told["A_VALIDER_2"].occurred_at == start + 15 * DAY
    assert told["MISE_A_DISPOSITION"].occurred_at == start + 30 * DAY
    assert invoice.clock_started_at == start + 30 * DAY
    assert (now(), today()) == (start + 45 * DAY, (start + 45 * DAY).date())


async def test_nothing_happens_before_its_day(somebody: Actor) -> None:
    invoice = await an_invoice(S.A_VALIDER_1)

    steps = [(await advance(somebody, by)).steps for by in ("P14DT23H59M59S", "PT1S", "P30D")]

    assert steps == [0, 1, 0]
    assert (await SandboxClock.get()).ahead_seconds == 45 * 86_400
    assert "ABSENCE_VALIDATION_1_HORS_DELAI" in await changes_of(invoice)


async def test_dates_that_are_looked_at_come_on_their_day(database: str, clock: Clock) -> None:
    deadlines.look_each_minute(delegations.end_due)
    world: World = await a_world(dispatched=False)
    await Delegation.filter(id=world.delegation.id).update(ends_at=now() + 10 * DAY)
    start = now()

    done = await advance(await world.actor("supplier"), "P45D")

    delegation = await Delegation.get(id=world.delegation.id)
    assert (delegation.status, delegation.status_at) == (
        DelegationStatus.EXPIRED,
        start + 10 * DAY,
    )
    assert done.steps >= 1


async def test_the_log_stays_whole_and_its_places_follow_the_machines(somebody: Actor) -> None:
    await with_two_validators()
    before = await events.head()

    await advance(somebody, "P45D")

    told = await events.after(before, limit=100)
    assert await flaw() is None
    assert {e.recorded_at for e in told} == {real_now()}
    happened = [e.occurred_at for e in told]
    assert happened == sorted(happened)
    assert (told[-1].kind, told[-1].data["steps"], told[-1].occurred_at) == (
        "sandbox.advanced",
        2,
        now(),
    )
    assert await events.before(real_now()) == 0
    assert await events.before(real_now() + DAY) == await events.head()


async def test_machines_live_by_real_time(somebody: Actor, clock: Clock) -> None:
    at = real_now()

    await advance(somebody, "P366D")

    assert real_now() == at
    assert now() == at + 366 * DAY
    clock.advance(timedelta(hours=1))
    assert (real_now() - at, now() - at) == (timedelta(hours=1), 366 * DAY + timedelta(hours=1))


async def test_only_the_traveller_is_in_the_future_until_it_is_everybodys(
    database: str,
) -> None:
    await an_invoice(S.A_VALIDER_1)
    somebody = await actor_of(await an_account())
    seen: list[timedelta] = []

    async def watch() -> None:
        while True:
            seen.append(times.ahead())
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    await advance(somebody, "P45D")
    await asyncio.sleep(0.01)
    watching.cancel()

    assert set(seen) == {timedelta(), 45 * DAY}
    assert seen == sorted(seen)


async def test_two_who_move_it_at_once_both_count(database: str) -> None:
    somebody = await actor_of(await an_account())
    invoice = await with_two_validators()

    done = await asyncio.gather(*(advance(somebody, "P15DT1M") for _ in range(2)))

    await invoice.refresh_from_db()
    assert sorted(d.clock.ahead_seconds for d in done) == [15 * 86_400 + 60, 30 * 86_400 + 120]
    assert (sum(d.steps for d in done), invoice.status) == (2, S.MISE_A_DISPOSITION)
    assert times.ahead() == timedelta(days=30, minutes=2)


async def test_too_much_at_once_leaves_everything_as_it_was(somebody: Actor) -> None:
    invoice = await with_two_validators()
    before, at = await events.head(), now()

    with pytest.raises(Invalid) as refused:
        await advance(somebody, "P45D", most_steps=1)

    await invoice.refresh_from_db()
    assert [p.rule for p in refused.value.problems] == ["BDR-SBX-006"]
    assert (invoice.status, await events.head(), now()) == (S.A_VALIDER_1, before, at)
    assert not await SandboxClock.exists()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"environment": "production"}, "BDR-SBX-001"),
        ({"sandbox_clock_is_open": False}, "BDR-SBX-002"),
    ],
    ids=["production", "closed"],
)
async def test_where_the_clock_is_not_ones_to_move(
    somebody: Actor, changes: dict[str, object], rule: str
) -> None:
    policy.configure(replace(policy.current(), **changes))  # type: ignore[arg-type]  # as named
    at = now()

    with pytest.raises(Forbidden) as refused:
        await advance(somebody, "P1D")

    assert [p.rule for p in refused.value.problems] == [rule]
    assert (now(), await events.head(), await SandboxClock.exists()) == (at, 0, False)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("45 days", "BDR-SBX-003"),
        ("P1M", "BDR-SBX-003"),
        ("P1Y", "BDR-SBX-003"),
        ("P", "BDR-SBX-003"),
        ("PT", "BDR-SBX-003"),
        ("P1DT", "BDR-SBX-003"),
        ("-P1D", "BDR-SBX-003"),
        ("P-1D", "BDR-SBX-003"),
        ("P1.5D", "BDR-SBX-003"),
        ("P٤D", "BDR-SBX-003"),
        ("", "BDR-SBX-003"),
        ("P0D", "BDR-SBX-004"),
        ("PT0S", "BDR-SBX-004"),
        ("P367D", "BDR-SBX-004"),
        ("P99999D", "BDR-SBX-004"),
    ],
)
async def test_a_duration_that_moves_nothing(somebody: Actor, text: str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        await advance(somebody, text)

    assert [(p.rule, p.path) for p in refused.value.problems] == [(rule, ("by",))]
    assert not await SandboxClock.exists()


async def test_the_clock_ends_before_the_calendar_does(somebody: Actor) -> None:
    await advance(somebody, "P1D")
    await SandboxClock.all().update(ahead_seconds=36_525 * 86_400 - 1)

    with pytest.raises(Invalid) as refused:
        await advance(somebody, "PT2S")

    assert [p.rule for p in refused.value.problems] == ["BDR-SBX-005"]


@pytest.mark.parametrize(
    ("text", "days", "seconds"),
    [("P45D", 45, 0), ("P2W", 14, 0), ("P1W1DT1H1M1S", 8, 3_661), ("PT36H", 1, 43_200)],
)
def test_durations_are_those_of_iso_8601(text: str, days: int, seconds: int) -> None:
    assert duration_of(text) == timedelta(days=days, seconds=seconds)


async def test_what_was_due_already_is_taken_on_the_way(somebody: Actor, clock: Clock) -> None:
    invoice = await an_invoice(S.A_VALIDER_1)
    clock.advance(20 * DAY)

    done = await advance(somebody, "PT1S")

    await invoice.refresh_from_db()
    assert (done.steps, invoice.status) == (1, S.MISE_A_DISPOSITION)
