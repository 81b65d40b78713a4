"""Serving: with demonstration data for who tries the product, or a site as it is."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from tqdm import tqdm

import app
from auth import provisioning, technical
from commands.database import seal
from commands.files import make_private
from commands.log_lines import configure_logs
from domain import demonstration
from domain.migrate import migrate
from settings import LOOPBACK_NETWORKS, Settings, opened

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / ".demo"
DIRECTORY = ROOT / "data" / "annuaire.csv.gz"


def run(settings: Settings, asked: argparse.Namespace) -> int:
    """What `make run` does."""
    if not _can_listen(settings):
        return 1
    if not settings.webhook_allow:
        # A receiver on this very machine is what someone who tries the product has.
        settings = settings.model_copy(update={"webhook_allow": LOOPBACK_NETWORKS})
    asyncio.run(prepare(settings))
    return serve(settings, asked)


def serve(settings: Settings, asked: argparse.Namespace) -> int:
    """Serve HTTP, SSE and WebSocket on one port until stopped."""
    if not _can_listen(settings):
        return 1
    application = app.build(settings)
    asyncio.run(_refuse_unready(settings))
    configure_logs(settings)
    uvicorn.run(
        application,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=settings.max_body_bytes,
        # Compression costs each socket as much memory as all the rest.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
        proxy_headers=True,
    )
    return 0


async def _refuse_unready(settings: Settings) -> None:
    """Say in one line, before anything listens, what keeps the database from being served."""
    async with opened(settings):
        pass


async def prepare(settings: Settings) -> None:
    done = await migrate(settings.database_url, report=lambda name: print(f"  migration {name}"))
    await seal(settings)
    if done:
        print(f"Database ready ({len(done)} migrations).")
    async with opened(settings):
        credentials = await _demonstration(settings)
    _show(settings, credentials)


async def _demonstration(settings: Settings) -> dict[str, Any]:
    """Load the demonstration data once; make new credentials when the file of them is lost."""
    DEMO.mkdir(exist_ok=True)
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
    kept = DEMO / f"database-{name}.json"
    with tqdm(
        desc="Demonstration data", unit=" rows", total=0, leave=False, file=sys.stdout
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        is_new = await demonstration.load(DIRECTORY, progress=progress)
    if kept.exists() and not is_new:
        secrets: dict[str, Any] = json.loads(kept.read_text())
    else:
        secrets = await demonstration.renew_credentials(
            set_password=provisioning.set_password,
            create_client=provisioning.create_client,
            create_account=technical.create,
        )
        _write_private(kept, secrets)
    credentials = {
        "baseUrl": settings.url,
        "graphql": f"{settings.url}/graphql",
        "tokenUrl": f"{settings.url}/oauth/token",
        **secrets,
    }
    _write_private(DEMO / f"credentials-{settings.port}.json", credentials)
    _write_private(DEMO / "credentials.json", credentials)
    return credentials


def _write_private(path: Path, content: dict[str, Any]) -> None:
    make_private(path)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _show(settings: Settings, credentials: dict[str, Any]) -> None:
    print(f"\nBordereau  {settings.url}")
    print(f"  GraphQL    {settings.url}/graphql      (HTTP, SSE, WebSocket)")
    print(f"  GraphiQL   {settings.url}/graphiql")
    print(f"  OAuth      {settings.url}/.well-known/oauth-authorization-server")
    print("\nDemonstration credentials (also in .demo/credentials.json):")
    for role, user in credentials["users"].items():
        client = credentials["clients"][role]
        print(f"\n  {role}: {user['may']}")
        print(f"    log-in   {user['email']}   {user['password']}")
        print(f"    client   {client['clientId']}   {client['clientSecret']}")
    print(flush=True)


def _can_listen(settings: Settings) -> bool:
    """Whether the port is free; asked before anything is written for it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            print(
                f"error: port {settings.port} of {settings.host} is in use;"
                " choose another with PORT",
                file=sys.stderr,
            )
            return False
    return True
