"""What the clock does to invoices: the silence of a validator agrees, at its hour and once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import deadlines, events, policy
from domain.clock import Clock
from domain.deadlines import sweep
from domain.events import of_subject
from domain.invoices import actions
from domain.invoices.draft import ValidatorRef
from domain.invoices.lifecycle import InvoiceAction as A
from domain.invoices.models import Invoice
from domain.reference.frames import Frame
from domain.reference.statuses import InvoiceStatus as S
from tests.make import a_situation, act, an_actor, an_invoice, some_parties

FIFTEEN_DAYS = timedelta(days=15)
MILLISECOND = timedelta(milliseconds=1)


async def statuses(invoice: Invoice) -> list[str]:
    return [e.change.to for e in await of_subject(invoice.id) if e.change]


async def test_the_silence_of_the_holder_agrees_at_exactly_fifteen_days(
    database: str, clock: Clock
) -> None:
    invoice = await an_invoice(S.A_VALIDER_1)

    clock.advance(FIFTEEN_DAYS - MILLISECOND)
    assert await sweep() == 0
    clock.advance(MILLISECOND)
    assert await sweep() == 1

    await invoice.refresh_from_db()
    assert (invoice.status, invoice.deadline_at) == (S.MISE_A_DISPOSITION, None)
    assert invoice.clock_started_at == clock.now()
    assert (await statuses(invoice))[:3] == [
        "A_VALIDER_1", "ABSENCE_VALIDATION_1_HORS_DELAI", "DEPOSEE",
    ]  # fmt: skip
    told = await of_subject(invoice.id)
    assert {e.actor_kind for e in told[1:]} == {"SYSTEM"}


async def test_each_validator_has_fifteen_days_of_its_own(database: str, clock: Clock) -> None:
    parties = await some_parties()
    second = ValidatorRef(identifier=parties.validator_2.identifier)
    invoice = await an_invoice(S.A_VALIDER_1, parties=parties, validator_2=second)

    clock.advance(FIFTEEN_DAYS)
    await sweep()
    await invoice.refresh_from_db()
    assert invoice.status == S.A_VALIDER_2
    assert await sweep() == 0
    clock.advance(FIFTEEN_DAYS)
    assert await sweep() == 1

    await invoice.refresh_from_db()
    assert invoice.status == S.MISE_A_DISPOSITION


async def test_another_validator_has_the_whole_time_again(database: str, clock: Clock) -> None:
    situation = await a_situation(S.A_VALIDER_1)
    clock.advance(timedelta(days=14))
    await act(situation, A.REPORT_WRONG_VALIDATOR)
    clock.advance(timedelta(days=14))
    assert await sweep() == 0

    await act(situation, A.CORRECT_VALIDATOR)
    clock.advance(timedelta(days=14))
    assert await sweep() == 0
    clock.advance(timedelta(days=1))
    assert await sweep() == 1


@pytest.mark.parametrize("days", [0, 10])
async def test_the_silence_of_a_cocontractors_agent_agrees_only_where_a_site_says_so(
    database: str, clock: Clock, days: int
) -> None:
    policy.configure(replace(policy.current(), tacit_days_cocontractor=days))
    invoice = await an_invoice(S.A_VALIDER_1, frame=Frame.A12)

    clock.advance(timedelta(days=10))
    taken = await sweep()
    if days == 0:
        clock.advance(timedelta(days=4_000))
        taken += await sweep()

    await invoice.refresh_from_db()
    assert (taken, invoice.status) == ((1, S.MISE_A_DISPOSITION) if days else (0, S.A_VALIDER_1))


async def test_a_site_that_no_longer_takes_silence_for_agreement_is_obeyed(
    database: str, clock: Clock
) -> None:
    invoice = await an_invoice(S.A_VALIDER_1)
    policy.configure(replace(policy.current(), tacit_days_subcontractor=0))

    clock.advance(FIFTEEN_DAYS)
    assert await sweep() == 0

    await invoice.refresh_from_db()
    assert (invoice.status, invoice.deadline_at) == (S.A_VALIDER_1, None)


async def test_who_answered_in_time_is_not_overruled(database: str, clock: Clock) -> None:
    situation = await a_situation(S.A_VALIDER_1)
    await act(situation, A.VALIDATE)
    before = await events.head()

    clock.advance(timedelta(days=40))

    assert await sweep() == 0
    assert await events.head() == before


async def test_a_sweep_that_is_repeated_or_run_twice_at_once_takes_each_step_once(
    database: str, clock: Clock
) -> None:
    parties = await some_parties()
    waiting = [await an_invoice(S.A_VALIDER_1, parties=parties) for _ in range(6)]
    clock.advance(FIFTEEN_DAYS)

    taken = await asyncio.gather(*(sweep() for _ in range(4)))
    again = await sweep()

    assert (sum(taken), again) == (6, 0)
    for invoice in waiting:
        told = await statuses(invoice)
        assert told.count("ABSENCE_VALIDATION_1_HORS_DELAI") == 1
        assert told[-1] == "MISE_A_DISPOSITION"


async def test_a_late_answer_and_the_clock_that_meet_leave_one_outcome(
    database: str, clock: Clock
) -> None:
    situation = await a_situation(S.A_VALIDER_1)
    validator = an_actor(situation.parties.validator_1)
    clock.advance(FIFTEEN_DAYS)

    await asyncio.gather(
        sweep(),
        actions.move(validator, situation.invoice.id, A.VALIDATE, actions.Given()),
        return_exceptions=True,
    )

    told = await statuses(situation.invoice)
    answers = {"VALIDEE_1", "ABSENCE_VALIDATION_1_HORS_DELAI"} & set(told)
    assert len(answers) == 1
    assert told.count("DEPOSEE") == 1


async def test_a_long_list_is_swept_in_parts_until_nothing_is_left(
    database: str, clock: Clock
) -> None:
    parties = await some_parties()
    for _ in range(5):
        await an_invoice(S.A_VALIDER_1, parties=parties)
    clock.advance(FIFTEEN_DAYS)

    assert [await deadlines.sweep(2) for _ in range(4)] == [2, 2, 1, 0]
