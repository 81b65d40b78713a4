"""Whether the documents that endpoints store still fit a schema: the present one, or the next."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from domain.access import Permission
from domain.errors import Problem
from webhooks.documents import held_by
from webhooks.models import Endpoint, EndpointStatus, Payload

log = logging.getLogger(__name__)


class Judge(Protocol):
    """Who says what is wrong with a document."""

    def problems(
        self, document: str, held: Collection[Permission], path: tuple[str, ...]
    ) -> list[Problem]: ...


@dataclass(frozen=True)
class Risk:
    """An endpoint whose document does not fit, and why."""

    endpoint_id: str
    structure_id: str
    host: str
    problems: list[Problem]

    def lines(self) -> list[str]:
        """One line per problem, for a terminal."""
        return [
            f"{self.endpoint_id} {self.structure_id} {self.host}: {p.rule} {p.en}"
            for p in self.problems
        ]


async def stored_documents() -> list[Endpoint]:
    """The endpoints that have a document, the oldest first."""
    kept = Endpoint.filter(payload=Payload.DOCUMENT).exclude(status=EndpointStatus.DELETED)
    return await kept.order_by("id")


async def at_risk(judge: Judge) -> list[Risk]:
    """The endpoints whose document the judge refuses. Each text is judged once per rights."""
    judged: dict[tuple[str, frozenset[Permission]], list[Problem]] = {}
    risks = []
    for endpoint in await stored_documents():
        asked = endpoint.document or "", held_by(endpoint.permissions)
        if asked not in judged:
            judged[asked] = judge.problems(*asked, ("document",))
        if found := judged[asked]:
            host = urlsplit(endpoint.url).hostname or ""
            risks.append(Risk(endpoint.id, endpoint.structure_id, host, found))
    return risks


async def warn(judge: Judge) -> None:
    """Log the documents that the running server can no longer run: they are sent thin."""
    for risk in await at_risk(judge):
        for line in risk.lines():
            log.error("a document no longer fits, its messages are sent thin: %s", line)
