"""The only file that knows dramatiq: a doorbell. A message says "look", the database says at what.

Without a broker the worker runs in the server's process and on its event loop. With one, servers
ring and workers look. A bell that is lost costs a second, until the next sweep.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import dramatiq
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread, set_event_loop_thread
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import (
    AgeLimit,
    AsyncIO,
    Middleware,
    MiddlewareError,
    ShutdownNotifications,
    TimeLimit,
)

from domain import events
from domain.db import dialect
from webhooks.delivery import BATCH
from webhooks.machine import PUMP_SECONDS, Machine

QUEUE = "webhooks"
THREADS = 4
# A bell that rang so long ago says nothing: the sweeps have looked since.
STALE_MS = 60_000
LONGEST_MS = int(PUMP_SECONDS * 1000) * 4
# A busy machine takes its time to start a thread.
START_SECONDS = 10.0
# Commits that follow each other within this time ring once.
BETWEEN_BELLS_SECONDS = 0.005

log = logging.getLogger(__name__)


class Working(Protocol):
    """What the composition root holds: it looks or rings after commits, until it is stopped."""

    async def stop(self) -> None: ...


@dataclass(frozen=True)
class Bells:
    """The two actors, declared on a broker."""

    dispatch: dramatiq.Actor[[], Any]
    deliver: dramatiq.Actor[[], Any]


def declare(broker: dramatiq.Broker, machine: Callable[[], Machine], **options: Any) -> Bells:
    """Declare the actors. `machine` gives that of the process in which they run."""

    async def dispatch() -> None:
        # This process delivers too; with much to do the others are asked to help.
        if await machine().dispatch() >= BATCH:
            bells.deliver.send()

    async def deliver() -> None:
        await machine().deliver()

    # One decorator each: dramatiq's keeps the name of the first function it declared.
    dispatching = dramatiq.actor(broker=broker, queue_name=QUEUE, **options)(dispatch)
    delivering = dramatiq.actor(broker=broker, queue_name=QUEUE, **options)(deliver)
    bells = Bells(dispatching, delivering)
    return bells


async def start(broker_url: str) -> Working:
    """What a server runs: the worker itself, or with a broker only the bell."""
    return Ringing(broker_url) if broker_url else await Embedded.started()


class Embedded:
    """The worker inside the server: an in-memory broker, actors on the server's own loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.machine = Machine()
        self._broker = StubBroker(middleware=[_OnLoop(loop)])
        self._bells = declare(self._broker, lambda: self.machine)
        self._worker = dramatiq.Worker(self._broker, worker_threads=THREADS, worker_timeout=100)
        self._loop = loop
        self._rung = False
        self._forget = events.on_commit(self.wake)

    @classmethod
    async def started(cls) -> Embedded:
        """An embedded worker that looks already."""
        self = cls(asyncio.get_running_loop())
        self._broker.emit_after("process_boot")
        self._worker.start()
        # A file of SQLite has one process: whatever was under way died with the last one.
        await self.machine.start(alone=dialect() == "sqlite")
        return self

    def wake(self) -> None:
        """Something was committed. Many calls in one turn of the loop ring once."""
        if not self._rung:
            self._rung = True
            self._loop.call_soon(self._ring)

    async def stop(self) -> None:
        """Stop the worker; the loop must go on meanwhile, for its actors end there."""
        self._forget()
        await self.machine.stop()
        await asyncio.to_thread(self._worker.stop, 5_000)

    def _ring(self) -> None:
        self._rung = False
        self._bells.dispatch.send()


class _LoopBridge:
    """Looks to dramatiq like its event loop thread, and is the loop of the server."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run_coroutine(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it on the loop and wait for it, also while the loop stands still for a moment."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _OnLoop(Middleware):
    """Runs asynchronous actors on a loop that exists already."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        set_event_loop_thread(_LoopBridge(self._loop))  # type: ignore[arg-type]  # a look-alike

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        set_event_loop_thread(None)


class Ringing:
    """The bell of a server whose workers are other processes."""

    def __init__(self, broker_url: str) -> None:
        self._broker = make_broker(broker_url)
        self._bells = declare(self._broker, _no_machine)
        # One thread: brokers block, and RabbitMQ's connection belongs to its thread.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="doorbell")
        self._loop = asyncio.get_running_loop()
        self._rung = False
        self._failing = False
        # Whoever commits rings: workers need no bell from each process that hears of it.
        self._forget = events.on_own_commit(self.wake)

    def wake(self) -> None:
        """Something was committed. Commits that follow each other ring once."""
        if not self._rung:
            self._rung = True
            self._loop.call_later(BETWEEN_BELLS_SECONDS, self._ring)

    async def stop(self) -> None:
        """Hang up."""
        self._forget()
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)
        await asyncio.to_thread(self._broker.close)

    def _ring(self) -> None:
        self._rung = False
        self._thread.submit(self._send)

    def _send(self) -> None:
        try:
            self._bells.dispatch.send()
            self._failing = False
        except Exception as error:  # noqa: BLE001 - whatever fails, the sweeps make up for it
            if not self._failing:
                log.warning("the broker is away, webhooks wait for the next sweep: %s", error)
            self._failing = True


class _OnThread(AsyncIO):
    """The loop of a worker, on a thread that keeps no process alive.

    Dramatiq's own does: a worker that could not start, or was told twice to end, as systemd does
    that tells every process of a service, stayed for ever without working.
    """

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        thread = EventLoopThread(self.logger)
        thread.daemon = True
        thread.start(timeout=START_SECONDS)
        set_event_loop_thread(thread)


class InWorker(Middleware):
    """What a worker process runs around the actors: the database, then the machine."""

    def __init__(self, opened: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._opened = opened
        self._stack = AsyncExitStack()
        self._machine: Machine | None = None
        self._bells: Bells | None = None

    def bind(self, broker: dramatiq.Broker) -> None:
        """Declare the actors of this worker."""
        self._bells = declare(broker, self._running, max_age=STALE_MS, time_limit=LONGEST_MS)

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        # Before, not after: consumers already run when `after_worker_boot` is called.
        try:
            _on_loop(self._open())
        except Exception as error:
            raise MiddlewareError(f"the worker cannot start: {error}") from error

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        _on_loop(self._close())

    async def _open(self) -> None:
        await self._stack.enter_async_context(self._opened())
        self._machine = Machine()
        await self._machine.start()
        # Also what the worker itself records, such as the steps of the clock.
        self._stack.callback(events.on_commit(self._wake))

    async def _close(self) -> None:
        if self._machine is not None:
            await self._machine.stop()
        await self._stack.aclose()

    def _wake(self) -> None:
        self._running().look()

    def _running(self) -> Machine:
        assert self._machine is not None, "the worker has booted"
        return self._machine


def make_broker(url: str, *, worker: InWorker | None = None) -> dramatiq.Broker:
    """The broker at a URL: `redis://…`, `rediss://…`, `amqp://…` or `amqps://…`.

    Raises:
        ValueError: another scheme.
    """
    middleware: list[Middleware] = [AgeLimit(), TimeLimit(), ShutdownNotifications()]
    if worker is not None:
        middleware += [_OnThread(), worker]
    scheme = url.partition("://")[0]
    if scheme in ("redis", "rediss"):
        broker: dramatiq.Broker = RedisBroker(  # type: ignore[no-untyped-call]  # untyped there
            url=url, middleware=middleware
        )
    elif scheme in ("amqp", "amqps"):
        broker = RabbitmqBroker(url=url, middleware=middleware, confirm_delivery=True)
    else:
        raise ValueError(f"BROKER_URL: unknown scheme {scheme!r}; use redis:// or amqp://")
    if worker is not None:
        worker.bind(broker)
    return broker


def _on_loop(work: Any) -> None:
    thread = get_event_loop_thread()
    assert thread is not None, "AsyncIO comes first among the middleware"
    thread.run_coroutine(work)


def _no_machine() -> Machine:
    raise RuntimeError("a server with a broker only rings; workers do the work")
