"""A server that is asked to stop does so, whatever streams are open."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import asyncio, contextlib, sys
import uvicorn
from starlette.applications import Starlette
from resolvers.http import build_graphql, set_on_signal
from tests.http.toy import Tokens, make_context, schema

stopping = asyncio.Event()
routes = build_graphql(
    schema, context=make_context, authenticate=Tokens(), stopping=stopping
)

@contextlib.asynccontextmanager
async def lifespan(app):
    with set_on_signal(stopping):
        print("ready", flush=True)
        yield
    print("stopped", flush=True)

uvicorn.run(Starlette(routes=routes, lifespan=lifespan), fd=int(sys.argv[1]), log_level="error")
"""


def test_an_open_stream_does_not_keep_the_server_alive() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(listener.fileno())],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        pass_fds=[listener.fileno()],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        listener.close()
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        query = {"query": "subscription { count(to: 9, pause: 60) { number } }"}
        headers = {"accept": "text/event-stream"}
        url = f"http://127.0.0.1:{port}/graphql"
        with (
            httpx2.Client(timeout=20) as client,
            client.stream("POST", url, json=query, headers=headers) as response,
        ):
            parts = response.iter_text()
            first = next(parts)
            server.send_signal(signal.SIGTERM)
            rest = "".join(parts)
        said, _ = server.communicate(timeout=20)

    assert '"number":1' in first
    assert "complete" not in rest
    assert said == "stopped\n"
