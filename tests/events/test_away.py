"""A database that goes away is told from everything else that may fail."""

from __future__ import annotations

import asyncpg
import pytest

from domain.db import execute, fetch, is_away
from domain.events import transaction
from tests.conftest import ON_POSTGRES, TEST_DATABASE_URL, _dsn

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
