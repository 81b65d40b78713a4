"""The composition root of the worker: `dramatiq worker`, with BROKER_URL set as for the server."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import dramatiq
from pydantic import ValidationError

import domain.invoices.actions
import domain.memos.actions
import domain.refunds.actions  # noqa: F401 - on refund requests
from app import stored_documents
from commands.log_lines import configure_logs
from settings import Settings, listening, opened, problems_of
from webhooks import documents, tasks


def build(settings: Settings) -> dramatiq.Broker:
    """The broker with the actors of the worker, and what they need around them.

    Raises:
        ValueError: no broker is set; the server then holds the worker itself.
    """
    if not settings.broker_url:
        raise ValueError("BROKER_URL is empty: the server holds the worker, none is needed apart")
    documents.configure(stored_documents(settings))
    return tasks.make_broker(settings.broker_url, worker=tasks.InWorker(partial(_open, settings)))


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[None]:
    async with opened(settings), listening(settings):
        yield


try:
    _settings = Settings()
    configure_logs(_settings)
    dramatiq.set_broker(build(_settings))
except ValidationError as refused:
    sys.exit("\n".join(f"error: {problem}" for problem in problems_of(refused)))
except ValueError as refused:
    sys.exit(f"error: {refused}")
