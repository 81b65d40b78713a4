"""What proves the log: its signed checkpoints, for anyone, and the proof of one event."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.checkpoints import proving, reading
from domain.signatures import keys
from domain.signatures.models import Purpose
from resolvers.events import READ_EVENTS
from resolvers.fields import query, query_page
from schema.context import Info
from schema.event_proofs import EventProof
from schema.log_checkpoints import LogCheckpoint, all_checkpoints
from schema.pages import Connection

_HEADERS = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


@strawberry.type
class LogCheckpointQuery:
    log_checkpoints: Connection[LogCheckpoint] = query_page(
        all_checkpoints,
        description="Points de contrôle du journal. What the site signed of its history, the newest"
        " first, for anyone.",
    )

    @query(
        *READ_EVENTS,
        description="Preuve d'un évènement. What shows anyone that it was recorded, how and when;"
        " null when there is none that you may see.",
    )
    async def event_proof(
        self,
        info: Info,
        event: Annotated[
            strawberry.ID, strawberry.argument(description="Évènement. Its identifier.")
        ],
    ) -> EventProof | None:
        actor = info.context.actor
        line = await proving.line_of(event, actor)
        if line is None:
            return None
        document: Any = await proving.proof_of(line, actor)
        return EventProof(hash=line["hash"], document=document)


def routes() -> list[Route]:
    """The addresses that need no GraphQL."""
    return [
        Route("/.well-known/log-checkpoints.json", _checkpoints),
        Route("/.well-known/checkpoint-keys.json", _keys),
    ]


async def _checkpoints(request: Request) -> Response:
    """The latest hundred, or the first hundred after `?after=NUMBER`."""
    given = request.query_params.get("after")
    if given is not None and not (given.isascii() and given.isdigit() and len(given) < 19):
        error = {"error": "invalid_request", "error_description": "`after` is a number."}
        return JSONResponse(error, 400, _HEADERS)
    found = await reading.handed_out(None if given is None else int(given))
    return JSONResponse({"checkpoints": found}, headers=_HEADERS)


async def _keys(_: Request) -> Response:
    """Every public key that ever signed a checkpoint."""
    return JSONResponse(await keys.published(Purpose.CHECKPOINTS), headers=_HEADERS)
