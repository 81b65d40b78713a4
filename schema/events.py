"""Events as the API shows them: one interface, one type per kind of the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain import cursors, events
from domain.access import ActorKind, Permission
from domain.catalogue import EVENT_KINDS
from domain.feed import is_own_side
from domain.lifecycle import Party
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus
from schema.connections import ConnectedApplication, Delegation, TechnicalAccount
from schema.context import Info
from schema.event_filters import EventKind
from schema.payloads import UserError
from schema.reading import Row, column, computed, part, shows, shows_one_of, to_one
from schema.scalars import EventCursor
from schema.structures import Structure
from webhooks import policy as webhooks
from webhooks.envelope import body_of


async def events_at(positions: list[int]) -> list[Any]:
    """The events at these positions, None where there is none: a batch of one operation."""
    found = {event.position: event for event in await events.at(sorted(set(positions)))}
    return [found.get(position) for position in positions]


def _type_name(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.replace(".", "_").split("_"))


def _cursor(row: Any) -> EventCursor:
    return EventCursor(cursors.event(row.position))


def _webhook_body(
    row: Any,
    viewer: Any,
    structure: Annotated[
        strawberry.ID,
        strawberry.argument(description="Structure. The one that would receive the webhook."),
    ],
) -> str | None:
    """The body for a structure: only to who sees the event by a right held on that structure."""
    event = events.event_of(row._asdict())
    if not any(s == structure and viewer.may(Permission(p), s) for s, p in event.audience):
        return None
    return body_of(event, structure, webhooks.current().environment).decode()


def _actor_name(row: Any, viewer: Any) -> str | None:
    """The name is told to the author's own side only."""
    return row.actor_name if _is_own_side(row, viewer) else None


def _technical_account(row: Any, viewer: Any) -> strawberry.ID | None:
    """Which machine acted is told to its own side only."""
    by_machine = row.actor_kind == ActorKind.CLIENT and _is_own_side(row, viewer)
    return strawberry.ID(row.actor_id) if by_machine else None


def _is_own_side(row: Any, viewer: Any) -> bool:
    return is_own_side(row.actor_id, row.on_behalf_of, viewer)


@shows(description="Auteur. Who made it happen. A person's name is told to its own side only.")
class EventActor:
    kind: ActorKind = column("actor_kind", description="Nature. What kind of caller acted.")
    party: Party | None = column(
        "party", description="Partie. The part it played in the document, if any."
    )
    name: str | None = computed(
        _actor_name,
        needs=("actor_id", "actor_name", "on_behalf_of"),
        description="Nom. Null for the other parties.",
    )
    technical_account: strawberry.ID | None = computed(
        _technical_account,
        needs=("actor_id", "actor_kind", "on_behalf_of"),
        description="Compte technique. Its identifier when a machine acted; null for the other"
        " parties.",
    )


@shows(description="Mandant. The structure in whose name something was done.")
class EventPrincipal:
    structure_id: strawberry.ID = column(
        "on_behalf_of", description="Identifiant. That of the structure."
    )
    structure: Structure = to_one(
        "on_behalf_of", description="Structure. The structure itself, as far as you see it."
    )


@shows(description="Changement de statut. From which status to which, and why.")
class StatusChange:
    frm: InvoiceStatus | None = column(
        "change_from", description="Avant. The status before; null at the beginning."
    )
    to: InvoiceStatus = column("change_to", description="Après. The status after.")
    reason: Reason | None = column(description="Motif. The reason given, if the step asks for one.")
    comment: str | None = column(description="Commentaire. The words that came with it.")


StatusChange.__strawberry_definition__.fields[0].graphql_name = "from"  # type: ignore[attr-defined]  # a Python keyword


@shows_one_of(
    "event",
    "kind",
    {kind: _type_name(kind) for kind in EVENT_KINDS},
    key="position",
    description="Évènement. One fact, recorded once, in the order in which facts were committed.",
)
class Event:
    id: strawberry.ID = column(
        description="Identifiant. The same in webhooks (`webhook-id`): deduplicate on it."
    )
    kind: EventKind = column(description="Nature. What kind of fact it is.")
    cursor: EventCursor = computed(
        _cursor,
        needs=("position",),
        description="Curseur. The place just after this event in the one log of all events.",
    )
    occurred_at: datetime = column(
        description="Survenu le. When it happened, in the time of the business: see `sandboxClock`."
    )
    recorded_at: datetime = column(
        description="Enregistré le. When it was written in the log, in the time of the machine."
    )
    subject_id: strawberry.ID = column(
        description="Objet. The identifier of what the event is about."
    )
    subject_sequence: int = column(
        description="Rang. 1 for the first event of the object, then without gaps."
    )
    actor: EventActor = part(description="Auteur. Who made it happen.")
    on_behalf_of: EventPrincipal | None = part(
        when="on_behalf_of",
        description="Pour le compte de. In whose name it was done: an integrator's technical"
        " account acts for several structures. Null when it was done for none.",
    )
    change: StatusChange | None = part(
        when="change_to", description="Changement. The change of status, if it is one."
    )
    webhook_body: str | None = computed(
        _webhook_body,
        needs=events.COLUMNS,
        description="Corps de webhook. The very JSON text that a webhook of the structure carries"
        " for this event in the full payload, so that one parser serves push and pull; null when"
        " the structure does not see the event by a right of yours.",
    )


def _subject(table: str) -> Any:
    """The object that the event is about: as it is now, and only if the viewer may see it now."""

    async def subject(root: Any, info: Info) -> Any:
        return await info.context.load.seen(table, info.context.actor, root.subject_id)

    return subject


# What each kind of subject is shown as: the field, its type and its description.
# fmt: off
_SUBJECTS: dict[str, tuple[Any, str]] = {
    "invoice": (
        Annotated["Invoice", strawberry.lazy("schema.invoices")],  # noqa: F821 - resolved lazily
        "Facture. The invoice as it is now; null when you no longer see it.",
    ),
    "works_piece": (
        Annotated["WorksPiece", strawberry.lazy("schema.works")],  # noqa: F821 - resolved lazily
        "Pièce de travaux. The piece as it is now; null when you no longer see it.",
    ),
    "billing_file": (
        Annotated["BillingFile", strawberry.lazy("schema.works")],  # noqa: F821 - resolved lazily
        "Dossier. The billing file as it is now; null when you no longer see it.",
    ),
    "memo": (
        Annotated["Memo", strawberry.lazy("schema.memos")],  # noqa: F821 - resolved lazily
        "Mémoire. The memo as it is now; null when you no longer see it.",
    ),
    "refund": (
        Annotated["Refund", strawberry.lazy("schema.refunds")],  # noqa: F821 - resolved lazily
        "Demande de remboursement. The request as it is now; null when you no longer see it.",
    ),
    "attachment": (
        Annotated["Attachment", strawberry.lazy("schema.members")],  # noqa: F821 - resolved lazily
        "Rattachement. The attachment as it is now; null when you no longer see it.",
    ),
    "connection": (
        ConnectedApplication,
        "Raccordement. The connection as it is now; null when you do not manage it.",
    ),
    "technical_account": (
        TechnicalAccount,
        "Compte technique. The account as it is now; null when you do not manage it.",
    ),
    "delegation": (
        Delegation,
        "Délégation. The delegation as it is now; null when you do not manage it.",
    ),
    "contract": (
        Annotated["Contract", strawberry.lazy("schema.contracts")],  # noqa: F821 - resolved lazily
        "Marché. The contract as it is now; null when you no longer see it.",
    ),
    "structure": (
        Structure,
        "Structure. The structure as it is now; null when you no longer see it.",
    ),
    "account": (
        Annotated["Account", strawberry.lazy("schema.accounts")],  # noqa: F821 - resolved lazily
        "Compte. The account as it is now; null when you no longer see it.",
    ),
}
# fmt: on


def _concrete(kind: str, row: Any) -> type[Event]:
    namespace: dict[str, Any] = {"__module__": __name__, "__annotations__": {}}
    if row.subject in _SUBJECTS:
        type_, description = _SUBJECTS[row.subject]
        namespace["__annotations__"][row.subject] = type_ | None
        namespace[row.subject] = strawberry.field(
            resolver=_subject(row.subject), description=description
        )
    made = type(_type_name(kind), (Event,), namespace)
    return shows("event", key="position", description=f"{row.fr}. {row.en}.")(made)


EVENT_TYPES = [_concrete(kind, row) for kind, row in EVENT_KINDS.items()]


@strawberry.type(description="Élément. One event and the cursor just after it.")
class EventPageEdge:
    cursor: EventCursor = strawberry.field(description="Curseur. Pass it as `after`.")
    node: Event = strawberry.field(description="Évènement. The event.")


@strawberry.type(
    description="Page d'évènements. In log order; keep `endCursor` and ask again with it."
)
class EventPage:
    edges: list[EventPageEdge] = strawberry.field(description="Éléments. At most 100.")
    nodes: list[Event] = strawberry.field(description="Évènements. At most 100.")
    start_cursor: EventCursor = strawberry.field(
        description="Curseur de début. The place just before the first event shown: a reader from"
        " here is told the same and what follows."
    )
    end_cursor: EventCursor = strawberry.field(
        description="Curseur de fin. How far the log was read for this page, whatever was shown:"
        " the next page or a stream goes on from here without a hole."
    )
    has_more: bool = strawberry.field(description="Suite. Whether more is there already.")


@strawberry.type(description="Flux prêt. The first frame: where the stream begins.")
class StreamReady:
    cursor: EventCursor = strawberry.field(description="Curseur. Where the stream begins.")
    backlog: int = strawberry.field(
        description="Retard. How many positions of the log lie between there and its end; an"
        " upper bound of the events to come at once."
    )


@strawberry.type(description="Évènement du flux. One event and the cursor just after it.")
class EventFrame:
    cursor: EventCursor = strawberry.field(description="Curseur. Keep it: it resumes the stream.")
    event: Event = strawberry.field(description="Évènement. What happened.")
    # Subscribers to the same operation with the same rights share what is made of it.
    share_key: strawberry.Private[str] = ""


@strawberry.type(description="Battement. Nothing for you since; the cursor advances all the same.")
class StreamHeartbeat:
    cursor: EventCursor = strawberry.field(description="Curseur. How far the log was read.")


@strawberry.type(
    description="Curseur périmé. What follows the cursor is no longer kept, or the log was"
    " restored from a backup; the stream ends. Read your documents again and start from `oldest`."
)
class StreamCursorExpired:
    oldest: EventCursor = strawberry.field(
        description="Plus ancien. The oldest cursor from which the log can still be read."
    )
    problem: UserError = strawberry.field(
        description="Problème. Which rule the cursor breaks, in words, and what to do about it."
    )


EventStreamFrame = Annotated[
    StreamReady | EventFrame | StreamHeartbeat | StreamCursorExpired,
    strawberry.union(
        "EventStreamFrame", description="Trame du flux. What a stream sends, one after another."
    ),
]


def shown_event(row: dict[str, Any]) -> Row:
    """A row of the log as the types of this module read it."""
    return Row("event", row)
