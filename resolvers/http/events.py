"""Server-sent events, in the mode of distinct connections: one operation per stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from starlette.types import Receive, Send

from domain.errors import Unauthenticated
from resolvers.http.answers import Answer, encode
from resolvers.http.callers import Caller, Unheard
from resolvers.http.errors import Refusal, invalid_token, unheard

HEARTBEAT = b":\n\n"
# An empty `data:` line, for without it a browser does not dispatch the event.
COMPLETE = b"event: complete\ndata:\n\n"


def frame(answer: Answer) -> bytes:
    """One `next` event. Its id is the cursor from which the client resumes."""
    head = b"event: next\n"
    if answer.cursor:
        head += b"id: " + "".join(answer.cursor.split()).encode() + b"\n"
    return head + b"data: " + answer.body() + b"\n\n"


async def answer_once(send: Send, answer: Answer) -> None:
    """The whole stream of an operation that has one answer."""
    await _send(send, frame(answer) + COMPLETE, more=False)


async def follow(
    answers: AsyncGenerator[Answer, None],
    receive: Receive,
    send: Send,
    *,
    caller: Caller,
    request_id: str,
    stop: asyncio.Future[None],
    heartbeat: float,
) -> None:
    """Send each answer until the operation, the client, the token or the server ends.

    When the server stops, the stream ends without `complete`: the client connects again and
    resumes.
    """
    pump = asyncio.create_task(_pump(answers, send))
    left = asyncio.create_task(_left(receive))
    own: set[asyncio.Task[Any]] = {pump, left}
    try:
        while not await _ended({*own, stop}, caller.pause(heartbeat)):
            caller, ending = await _by_now(caller)
            if ending is not None:
                await _cancel({pump})
                await _send(send, _refused(ending, request_id) + COMPLETE)
                break
            await _send(send, HEARTBEAT)
    finally:
        await _cancel(own)
    if not pump.cancelled():
        pump.result()
    await _send(send, b"", more=False)


async def _pump(answers: AsyncGenerator[Answer, None], send: Send) -> None:
    async with aclosing(answers):
        async for answer in answers:
            await _send(send, frame(answer))
            del answer  # The next one may be long in coming.
    await _send(send, COMPLETE)


async def _ended(ends: set[asyncio.Future[Any]], seconds: float) -> bool:
    done, _ = await asyncio.wait(ends, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
    return bool(done)


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _by_now(caller: Caller) -> tuple[Caller, Refusal | None]:
    """The caller as it is by now, and what to tell it when its credential has ended."""
    try:
        caller = await caller.by_now()
    except Unauthenticated as reason:
        return caller, _ended_with(caller, str(reason))
    over = caller.seconds_left() <= 0
    return caller, _ended_with(caller, "The token has expired.") if over else None


def _ended_with(caller: Caller, reason: str) -> Refusal:
    return unheard(Unheard.SESSION_ENDED) if caller.is_by_log_in else invalid_token(reason)


def _refused(refusal: Refusal, request_id: str) -> bytes:
    return frame(Answer(refusal.outcome, errors=encode(refusal.shown(request_id))))


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
