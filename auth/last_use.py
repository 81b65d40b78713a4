"""When a technical account last called, and from which network: noted beside the request.

The request only leaves a note in memory; a task of its own writes it, once a minute at most for
each account, however many processes serve it.
"""

from __future__ import annotations

import asyncio
import contextvars
import ipaddress
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from domain.clock import real_now
from domain.db import execute
from domain.events import transaction

EVERY_SECONDS = 60.0
_MOST_KNOWN = 10_000
# A network, not a machine: enough to see that it changed, too little to follow someone.
_PREFIXES = {4: 24, 6: 48}

log = structlog.get_logger(__name__)


class LastUse:
    """The notes of one process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._noted: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, client_id: str, address: str | None) -> None:
        """The account calls, now. Returns at once and never fails."""
        at = self._monotonic()
        if at - self._noted.get(client_id, -EVERY_SECONDS) < EVERY_SECONDS:
            return
        if len(self._noted) >= _MOST_KNOWN:
            self._noted.clear()
        self._noted[client_id] = at
        # A context of its own: the caller may be inside a transaction, which is not ours.
        writing = _write(client_id, network_of(address))
        task = asyncio.create_task(writing, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Let what is being written end."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))


async def _write(client_id: str, network: str | None) -> None:
    at = real_now()
    try:
        async with transaction():
            await execute(
                "UPDATE technical_account SET last_used_at = $2, last_network = $3"
                " WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $4)",
                client_id,
                at,
                network,
                at - timedelta(seconds=EVERY_SECONDS),
            )
    except Exception:
        log.exception("the last use of a technical account could not be written")


def network_of(address: str | None) -> str | None:
    """The network of an address, such as 192.0.2.0/24; None when it is none."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return str(ipaddress.ip_network(f"{known}/{_PREFIXES[known.version]}", strict=False))
