"""Identifiers: opaque, prefixed by what they name, and enough to find it again."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from domain.ids import prefix_of
from domain.select import Select, equals
from schema.reading import column
from schema.rows import SHOWN_BY_PREFIX, SHOWN_BY_TABLE, Shown, table_of

MAX_NODES = 100


def _resolve_type(value: Any, _info: Any, _abstract: Any) -> str:
    table = table_of(value)
    if table is None:
        return SHOWN_BY_PREFIX[value.id[:3]].name
    return SHOWN_BY_TABLE[table].name


@strawberry.interface(
    description="Objet identifié. Anything that can be found again by its identifier."
)
class Node:
    id: strawberry.ID = column(
        description="Identifiant. Opaque and stable: the same here, in webhooks and in logs."
    )

    resolve_type = staticmethod(_resolve_type)


def shown_for(identifier: str) -> Shown | None:
    """The type that an identifier names, if it is well formed and can be looked up."""
    prefix = prefix_of(identifier)
    shown = SHOWN_BY_PREFIX.get(prefix) if prefix else None
    return shown if shown is not None and shown.seen is not None else None


def node_select(
    viewer: Any,
    id: Annotated[
        strawberry.ID, strawberry.argument(description="Identifiant. Of any object that has one.")
    ],
) -> Select | None:
    """The row that an identifier names, among those that the viewer may see."""
    shown = shown_for(id)
    if shown is None or shown.seen is None:
        return None
    select = shown.seen(viewer)
    return None if select is None else select.where(equals(shown.key, id))
