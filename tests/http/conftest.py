"""A real server on a free port, and clients that know nothing of it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette

from resolvers.http import Limits, build_graphql
from tests.http.toy import Tokens, make_context, schema

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@dataclass
class Served:
    """A running server."""

    port: int
    stopping: asyncio.Event
    tokens: Tokens
    loop: asyncio.AbstractEventLoop | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def stop_streams(self) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self.stopping.set)


@contextmanager
def serving(**options: Any) -> Iterator[Served]:
    """Serve the toy schema with these options until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(listener.getsockname()[1], asyncio.Event(), Tokens())
    started = threading.Event()

    async def on_start(app: Starlette) -> AsyncIterator[None]:
        served.loop = asyncio.get_running_loop()
        started.set()
        yield

    routes = build_graphql(
        schema,
        context=make_context,
        authenticate=served.tokens,
        stopping=served.stopping,
        **options,
    )
    app = Starlette(routes=routes, lifespan=asynccontextmanager(on_start))
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield served
    finally:
        served.stop_streams()
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """One server for the tests that need nothing special."""
    with serving(limits=Limits(bucket=1_000_000, refill_per_second=1_000_000)) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20) as one:
        yield one


Post = Callable[..., Any]


@pytest.fixture
def post(served: Served, client: httpx2.AsyncClient) -> Post:
    """Send one operation to the common server."""

    async def send(query: Any, variables: Any = None, **options: Any) -> httpx2.Response:
        return await post_to(served, client, query, variables, **options)

    return send


async def post_to(
    served: Served,
    client: httpx2.AsyncClient,
    query: Any,
    variables: Any = None,
    *,
    token: str | None = None,
    accept: str | None = GRAPHQL,
    name: str | None = None,
    headers: dict[str, str] | None = None,
) -> httpx2.Response:
    """Send one operation."""
    asked = {"query": query}
    if variables is not None:
        asked["variables"] = variables
    if name is not None:
        asked["operationName"] = name
    sent = dict(headers or {})
    if accept is not None:
        sent["accept"] = accept
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    return await client.post(served.url, json=asked, headers=sent)


def codes(response: httpx2.Response) -> list[str]:
    """The codes of the errors."""
    return [error["extensions"]["code"] for error in response.json()["errors"]]
