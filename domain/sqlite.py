"""The SQLite engine of the ORM with transactions that take the write lock when they begin.

The stock engine begins deferred transactions: two writers then deadlock and one of them fails
with "database is locked" instead of waiting its turn.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import OperationalError

BUSY_TIMEOUT_MS = 10_000


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that is a writer from its first statement."""

    async def begin(self) -> None:
        """Wait for the write lock, then begin."""
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


class Client(SqliteClient):
    """One connection for the models and every write of the process."""

    def __init__(self, file_path: str, **pragmas: Any) -> None:
        super().__init__(file_path, **{"busy_timeout": BUSY_TIMEOUT_MS, **pragmas})

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)


client_class = Client
