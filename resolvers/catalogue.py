"""The machine-readable catalogue of events, served to anyone at stable addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CONTRACT = Path(__file__).resolve().parent.parent / "frontend_contract"
# Anyone and any page may read it: it says nothing of this site but its address.
_HEADERS = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
_SCHEMA = "application/schema+json"


def routes(public_url: str, folder: Path = CONTRACT) -> list[Route]:
    """`/asyncapi.json`, and beside it `/events/<name>.schema.json`."""
    catalogue = json.loads((folder / "asyncapi.json").read_text("utf-8"))
    text = json.dumps(_placed(catalogue, public_url), ensure_ascii=False, indent=2)
    schemas = {path.name: path.read_bytes() for path in (folder / "events").glob("*.schema.json")}

    async def asyncapi(request: Request) -> Response:
        return Response(text, media_type="application/json", headers=_HEADERS)

    async def schema(request: Request) -> Response:
        found = schemas.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        return Response(found, media_type=_SCHEMA, headers=_HEADERS)

    return [
        Route("/asyncapi.json", asyncapi, methods=["GET"]),
        Route("/events/{name}", schema, methods=["GET"]),
    ]


def _placed(catalogue: dict[str, Any], public_url: str) -> dict[str, Any]:
    """The catalogue with the address of this server."""
    parts = urlsplit(public_url)
    portal = catalogue["servers"]["portal"]
    written = f"https://{portal['host']}"
    portal |= {"host": parts.netloc, "protocol": parts.scheme}
    if parts.path.strip("/"):
        portal["pathname"] = parts.path.rstrip("/")
    flows = catalogue["components"]["securitySchemes"]["oauth"]["flows"]
    for flow in flows.values():
        flow |= {k: v.replace(written, public_url) for k, v in flow.items() if k.endswith("Url")}
    return catalogue
