"""A database that goes away is told from everything else that may fail."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from domain.db import close_database, execute, fetch, is_away, open_database
from domain.events import transaction
from settings import MODELS
from tests.conftest import ON_POSTGRES, TEST_DATABASE_URL, _dsn
from tests.scaled.between import Between

AWAY = (
    ConnectionRefusedError("refused"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.AdminShutdownError("terminating connection"),
    asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"),
    asyncpg.InternalClientError("cannot switch to state 12; another operation is in progress"),
    asyncpg.InterfaceError("the underlying connection is closed"),
)
OURS = (
    ValueError("closed"),
    asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed"),
    asyncpg.UniqueViolationError("duplicate key"),
    asyncpg.QueryCanceledError("statement timeout"),
)


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_what_the_driver_says_of_a_fallen_database_is_known(error: Exception) -> None:
    wrapped = RuntimeError("of the ORM")
    wrapped.__cause__ = error

    assert is_away(error)
    assert is_away(wrapped)


@pytest.mark.parametrize("error", OURS, ids=lambda error: type(error).__name__)
def test_a_mistake_of_ours_is_not_taken_for_it(error: Exception) -> None:
    assert not is_away(error)


@pytest.mark.skipif(not ON_POSTGRES, reason="a file does not go away")
async def test_a_connection_cut_in_a_transaction_is_away_and_the_next_one_serves(
    database: str,
) -> None:
    operator = await asyncpg.connect(_dsn(TEST_DATABASE_URL))
    found: list[BaseException] = []
    try:
        async with transaction():
            ((ours,),) = await fetch("SELECT pg_backend_pid()")
            await operator.execute("SELECT pg_terminate_backend($1, 5000)", ours)
            await execute("UPDATE log_head SET position = position WHERE id = 1")
    except Exception as error:  # noqa: BLE001 - what it is, is asked below
        found.append(error)
    finally:
        await operator.close()

    assert [is_away(error) for error in found] == [True]
    assert (await fetch("SELECT position FROM log_head WHERE id = 1"))[0][0] == 0


@pytest.mark.skipif(not ON_POSTGRES, reason="a file does not stand still")
async def test_who_waits_for_a_database_that_stands_still_does_not_wait_for_ever(
    database_url: str,
) -> None:
    async with Between(database_url).listening() as between:
        await open_database(f"{between.url}?command_timeout=0.5", MODELS)
        try:
            await fetch("SELECT 1")
            between.flows.clear()
            # One has a time of its own, as requests do: to be cancelled must end it too.
            waiting = [
                asyncio.create_task(fetch("SELECT 1")),
                asyncio.create_task(asyncio.wait_for(fetch("SELECT 1"), 0.1)),
            ]
            ended, late = await asyncio.wait(waiting, timeout=20)
            between.flows.set()
            for task in late:
                await asyncio.wait({task})
            assert [type(task.exception()) for task in ended] == [TimeoutError, TimeoutError]
            assert (await fetch("SELECT 2"))[0][0] == 2
        finally:
            between.flows.set()
            await close_database()
