"""Labels and tables: what a front end shows without hard-coding it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from domain import policy
from domain.described import DocumentKind
from domain.reference.frames import FRAMES
from domain.reference.reasons import REASONS
from domain.reference.statuses import STATUSES, InvoiceStatus
from resolvers.fields import query
from schema.lifecycles import Lifecycle, lifecycle_of
from schema.reference import (
    EnumInfo,
    FrameInfo,
    InvoiceStatusInfo,
    Limit,
    ReasonInfo,
    ServerInfo,
    enum_infos,
)

_described: dict[str, Any] = {"version": "", "environment": "", "limits": []}


def describe_server(version: str, environment: str, limits: Mapping[str, float]) -> None:
    """Say what `serverInfo` answers; called by the composition root."""
    shown = [Limit(name=camel(name), value=Decimal(str(value))) for name, value in limits.items()]
    _described.update(version=version, environment=environment, limits=shown)


def camel(name: str) -> str:
    """A name of ours as the API writes it."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


@strawberry.type
class ReferenceQuery:
    @query(
        description="Libellés. The values of code lists with their labels; all lists by default,"
        " at most 100."
    )
    def enum_info(
        self,
        names: Annotated[
            list[str] | None,
            strawberry.argument(description="Noms. Of the lists wanted, such as InvoiceStatus."),
        ] = None,
    ) -> list[EnumInfo]:
        return enum_infos(names)

    @query(description="Statuts. Everything fixed about the statuses, at most 100, or about some.")
    def invoice_statuses(
        self,
        codes: Annotated[
            list[InvoiceStatus] | None, strawberry.argument(description="Codes. Only these.")
        ] = None,
    ) -> list[InvoiceStatusInfo]:
        return [InvoiceStatusInfo(code=c) for c in STATUSES if codes is None or c in codes]

    @query(description="Motifs. The reasons of suspension, rejection and refusal; at most 50.")
    def reasons(
        self,
        status: Annotated[
            InvoiceStatus | None,
            strawberry.argument(description="Statut. Only those that may be given with it."),
        ] = None,
    ) -> list[ReasonInfo]:
        return [
            ReasonInfo(code=code)
            for code, row in REASONS.items()
            if status is None or status in row.applies_to
        ]

    @query(description="Cadres de facturation. The billing frames; at most 50.")
    def billing_frames(self) -> list[FrameInfo]:
        return [FrameInfo(code=code) for code in FRAMES]

    @query(
        description="Cycle de vie. The statuses, parties and steps of a kind of document, with"
        " diagrams: what a front end draws progress from.",
    )
    def lifecycle(
        self,
        kind: Annotated[
            DocumentKind, strawberry.argument(description="Nature. Of which documents.")
        ],
    ) -> Lifecycle:
        return lifecycle_of(kind)

    @query(description="Cycles de vie. Those of every kind of document; at most 20.")
    def lifecycles(self) -> list[Lifecycle]:
        return [lifecycle_of(kind) for kind in DocumentKind]

    @query(description="Serveur. What this installation is and what it bounds.")
    def server_info(self) -> ServerInfo:
        return ServerInfo(**_described, allows_retransmission=policy.current().allow_retransmission)
