"""Ends long answers when the server is asked to stop.

A server waits for its open answers before it tells the application that it stops, and a stream
never ends by itself: the signal must be heard directly.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def set_on_signal(stopping: asyncio.Event) -> Iterator[None]:
    """Set the event at the first SIGINT or SIGTERM, then let the server do what it does.

    For use inside the running loop. Outside the main thread, where signals cannot be heard, it
    does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopping.set)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in SIGNALS:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
