"""The explorer: our own files, our own examples, under a policy that allows nothing else."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

CONTRACT = Path(__file__).resolve().parent.parent / "frontend_contract"
DIST = CONTRACT / "graphiql" / "dist"
EXAMPLES = CONTRACT / "examples"

PERSONAS = ("supplier", "recipient", "validator", "erp", "administrator")

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Example:
    """An operation that works on the demonstration data, as the page offers it.

    `variables` may hold `$today`, `$unique`, or a path into the answer of the query `find`.
    """

    name: str
    persona: str
    kind: str
    title: Mapping[str, str]
    document: str
    variables: Mapping[str, Any] | None = None
    find: str | None = None


def read_examples(folder: Path = EXAMPLES) -> list[Example]:
    """Every example of the folder, in the order of personas, then of names."""
    examples = [example_of(path.stem, path.read_text("utf-8")) for path in folder.glob("*.graphql")]
    return sorted(examples, key=lambda one: (PERSONAS.index(one.persona), one.name))


def example_of(name: str, text: str) -> Example:
    """An example from its file: `# key: value` lines, then the operation.

    A line of the head that starts with `#   ` continues the value above it.
    """
    lines = text.splitlines()
    size = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    head = head_of(lines[:size])
    document = "\n".join(lines[size:]).strip() + "\n"
    return Example(
        name=name,
        persona=head["persona"],
        kind=document.split(maxsplit=1)[0],
        title={"fr": head["fr"], "en": head["en"]},
        document=document,
        variables=json.loads(head["variables"]) if "variables" in head else None,
        find=head.get("find"),
    )


def head_of(lines: Sequence[str]) -> dict[str, str]:
    """The keys and values of the comment at the top of an example."""
    head: dict[str, str] = {}
    key = ""
    for line in lines:
        if line.startswith("#   "):
            head[key] = f"{head[key]} {line[1:].strip()}".strip()
        else:
            key, _, value = line[1:].strip().partition(":")
            head[key] = value.strip()
    return head


def content_security_policy(public_url: str) -> str:
    """Nothing from elsewhere, nothing inline."""
    site = urlsplit(public_url)
    # Older browsers do not count the WebSocket of the same host as 'self'.
    socket = f"{'wss' if site.scheme == 'https' else 'ws'}://{site.netloc}"
    rows = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": f"'self' {socket}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rows.items())


def headers_for(public_url: str) -> dict[str, str]:
    """What every answer under /graphiql says to the browser."""
    return {
        "Content-Security-Policy": content_security_policy(public_url),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Vary": "Accept-Encoding",
    }


@dataclass(frozen=True)
class File:
    """A file in memory, as an application that serves it and nothing else."""

    body: bytes
    media_type: str
    headers: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.response(Headers(scope=scope))(scope, receive, send)

    def response(self, asked: Headers) -> Response:
        """The file, zipped for a browser that takes it so, or the news that it has not changed."""
        kept = {**self.headers, "ETag": self.etag}
        if self.etag in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=kept)
        if "gzip" not in asked.get("accept-encoding", ""):
            return Response(self.body, media_type=self.media_type, headers=kept)
        zipped = {**kept, "Content-Encoding": "gzip"}
        return Response(self.zipped, media_type=self.media_type, headers=zipped)

    @cached_property
    def etag(self) -> str:
        # Weak: the zipped form is another sequence of bytes of the same file.
        return f'W/"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    @cached_property
    def zipped(self) -> bytes:
        return gzip.compress(self.body, mtime=0)


def routes(
    *,
    public_url: str,
    client_id: str,
    scopes: Sequence[str],
    environment: str,
    dist: Path = DIST,
    examples: Path = EXAMPLES,
) -> list[Route]:
    """The routes of the explorer.

    `client_id` is a public OAuth client whose redirect address is PUBLIC_URL/graphiql.
    """
    root = urlsplit(public_url).path.rstrip("/")
    config = {
        "graphqlUrl": f"{root}/graphql",
        "clientId": client_id,
        "authorizeUrl": f"{root}/oauth/authorize",
        "tokenUrl": f"{root}/oauth/token",
        "revokeUrl": f"{root}/oauth/revoke",
        "redirectUri": f"{public_url.rstrip('/')}/graphiql",
        "scopes": list(scopes),
        "environment": environment,
        "examples": [asdict(one) for one in read_examples(examples)],
    }
    headers = headers_for(public_url)
    changing = {**headers, "Cache-Control": "no-cache"}
    # The names of these files hold the hash of their content.
    lasting = {**headers, "Cache-Control": "public, max-age=31536000, immutable"}
    files = {
        "/graphiql": File((dist / "index.html").read_bytes(), "text/html", changing),
        "/graphiql/config.json": File(
            json.dumps(config, ensure_ascii=False).encode(), "application/json", changing
        ),
        **{
            f"/graphiql/assets/{path.name}": File(
                path.read_bytes(), MEDIA_TYPES[path.suffix], lasting
            )
            for path in sorted((dist / "assets").iterdir())
        },
    }
    return [
        *(Route(path, file, methods=["GET"]) for path, file in files.items()),
        Route("/graphiql/", RedirectResponse(f"{root}/graphiql", 308), methods=["GET"]),
    ]
