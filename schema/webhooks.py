"""Webhooks as the API shows and takes them: endpoints, deliveries, attempts, explanations."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain import events
from domain.access import Actor
from domain.select import Select
from schema.codecs import CODE, FLAG, INSTANT
from schema.context import Info, InLocale, Locale
from schema.enums import shown_enum
from schema.event_filters import EventKind, WebhookFilter, WebhookFilterInput
from schema.events import events_at
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.pages import Connection
from schema.reading import (
    column,
    computed,
    connection,
    json_column,
    part,
    shows,
    to_many,
    to_one,
)
from schema.scalars import EventCursor, Url
from schema.structures import Structure
from schema.webhook_auth import (
    AUTH,
    HEADERS,
    SIGNATURES,
    WebhookAuth,
    WebhookAuthInput,
    WebhookHeaderInput,
    auth_of,
    signatures_of,
    trust_of,
)
from schema.webhook_health import WebhookEndpointHealth, health_of
from schema.webhook_options import (
    MAX_CONCURRENCY,
    MAX_RATE,
    ON_BLOCKED,
    ORDERING,
    SKIP_AFTER,
    options_given,
    options_of,
)
from schema.webhook_payloads import (
    DOCUMENT,
    FORMAT,
    PAYLOAD,
    WebhookDocumentTrouble,
    document_id_of,
)
from webhooks import explain, queries, reviews, words
from webhooks.endpoints import EndpointDraft, Resume
from webhooks.models import (
    DeliveryState,
    EndpointStatus,
    Format,
    NextAttempt,
    OnBlocked,
    Ordering,
    PauseReason,
    Payload,
    SkipReason,
)
from webhooks.models import Endpoint as EndpointRow
from webhooks.outbound import ErrorKind
from webhooks.signing import Signature

if TYPE_CHECKING:
    from schema.webhook_replays import WebhookReplay

LazyWebhookReplay = Annotated["WebhookReplay", strawberry.lazy("schema.webhook_replays")]

shown_enum(
    EndpointStatus,
    "État. Whether messages are sent.",
    words.ENDPOINT_STATUSES,
    name="WebhookEndpointStatus",
)
shown_enum(
    PauseReason,
    "Motif de pause. Why nothing is sent.",
    words.PAUSE_REASONS,
    name="WebhookPauseReason",
)
shown_enum(
    DeliveryState,
    "État d'un envoi.",
    words.DELIVERY_STATES,
    name="WebhookDeliveryState",
)
shown_enum(
    SkipReason,
    "Motif d'écart. Why a delivery was given up.",
    words.SKIP_REASONS,
    name="WebhookSkipReason",
)
shown_enum(
    NextAttempt,
    "Suite. What decided the next attempt, or that there is none.",
    words.NEXT_ATTEMPTS,
    name="WebhookNextAttempt",
)
shown_enum(
    Resume,
    "Reprise. What becomes of what waited during the pause.",
    words.RESUMES,
    name="WebhookResume",
)
shown_enum(
    explain.Why,
    "Explication. Where an event stands for an endpoint. New values may appear.",
    words.EXPLANATIONS,
    name="WebhookExplanationCode",
)


def _deliveries_of(
    viewer: Actor,
    states: Annotated[
        list[DeliveryState] | None, strawberry.argument(description="États. Only in these states.")
    ] = None,
) -> Select:
    return queries.deliveries(viewer, states=states)


def _filter(row: Any) -> WebhookFilter | None:
    stored = json.loads(row.wanted) if isinstance(row.wanted, str) else row.wanted
    return WebhookFilter(stored=stored) if stored else None


@strawberry.type(description="En-tête envoyé. One header of a request that was made.")
class WebhookSentHeader:
    name: str = strawberry.field(description="Nom. In lower case.")
    value: str = strawberry.field(description="Valeur. `…` where it is hidden.")


def _sent_headers(row: Any) -> list[WebhookSentHeader] | None:
    if row.sent is None:
        return None
    return [WebhookSentHeader(name=n, value=v) for n, v in json.loads(row.sent).items()]


@shows(
    "webhook_attempt",
    prefix="wha",
    seen=queries.attempts,
    description="Tentative. One request to the receiver, and its answer.",
)
class WebhookAttempt(Node):
    number: int = column(description="Rang. From 1; sent as `webhook-attempt`.")
    at: datetime = column(description="Le. When the request was sent.")
    status: int | None = column(description="Statut HTTP. Null when there was no answer.")
    latency_ms: int | None = column(description="Durée. Until the end of the answer, in ms.")
    error: ErrorKind | None = column(description="Échec. Null when the receiver accepted.")
    detail: str | None = column(description="Détail. The failure in words, for a technician.")
    excerpt: str = column(
        description="Extrait. The first 4 kB of the answer; what is not text is escaped."
    )
    request_id: str = column(description="Identifiant. Sent as `x-request-id`.")
    next_attempt_at: datetime | None = column(
        description="Tentative suivante. When it was planned, as decided after this one."
    )
    next_why: NextAttempt = column(description="Suite. What decided it.")
    delivery: Annotated[WebhookDelivery, strawberry.lazy("schema.webhooks")] = to_one(
        "delivery_id", description="Envoi. What was sent."
    )
    headers: list[WebhookSentHeader] | None = computed(
        _sent_headers,
        needs=("sent",),
        description="En-têtes. Those sent, at most 40; values that are secret, or that you gave,"
        " are hidden. Null when nothing went out.",
    )


async def _body(root: Any, info: Info) -> str | None:
    """To who reads the event; a document's answer to who reads all that the endpoint may."""
    event = await info.context.load.batch("events_at", events_at, root.position)
    if event is None or not events.visible(event, info.context.actor):
        return None
    endpoint = await info.context.load.batch("endpoints_of", _endpoints, root.endpoint_id)
    if endpoint.document and reviews.unread(info.context.actor, endpoint):
        return None
    return str(root.body) or None


async def _endpoints(ids: list[str]) -> list[Any]:
    found = {one.id: one for one in await EndpointRow.filter(id__in=sorted(set(ids)))}
    return [found[one] for one in ids]


@shows(
    "webhook_delivery",
    prefix="whd",
    seen=queries.deliveries,
    description="Envoi. One event for one endpoint. Deliveries of one object go in order.",
)
class WebhookDelivery(Node):
    endpoint: Annotated[WebhookEndpoint, strawberry.lazy("schema.webhooks")] = to_one(
        "endpoint_id", description="Point de réception. Where it goes."
    )
    event_id: strawberry.ID = column(description="Évènement. Sent as `webhook-id`.")
    event_kind: EventKind = column(description="Nature. The kind of the event.")
    subject_id: strawberry.ID = column(description="Objet. What the event is about.")
    subject_sequence: int = column(description="Rang. The place of the event in its object.")
    state: DeliveryState = column(description="État. Where the delivery stands.")
    skip_reason: SkipReason | None = column(description="Motif d'écart. When it was given up.")
    is_ordered: bool = column(
        "ordered",
        description="Ordonné. False once it is sent again on demand, outside the order.",
    )
    attempt_count: int = column("attempts", description="Tentatives. How many were made.")
    next_attempt_at: datetime | None = column(
        description="Prochaine tentative. Null unless PENDING."
    )
    created_at: datetime = column(description="Créé le. When the event was dispatched.")
    finished_at: datetime | None = column(description="Terminé le. Accepted or given up.")
    replay: LazyWebhookReplay | None = to_one(
        "replay_id", description="Rejeu. The last replay that sends it again; null without any."
    )
    body: str | None = strawberry.field(
        resolver=_body,
        description="Corps. The JSON text that every attempt sends, byte for byte. Null when you"
        " may not read the event, or all that a document of the endpoint may, and until that"
        " document was run.",
    )
    attempts: list[WebhookAttempt] = to_many(
        "delivery_id",
        order=("number",),
        limit=20,
        description="Tentatives. In order; the first 20. `attemptHistory` has all of them.",
    )
    attempt_history: Connection[WebhookAttempt] = connection(
        "delivery_id",
        queries.attempts,
        description="Historique des tentatives. Every attempt, the last one first.",
    )


@shows(
    "webhook_endpoint",
    prefix="whe",
    seen=queries.endpoints,
    description="Point de réception. A place of yours that is told what happens. Each message has"
    " the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` (Standard Webhooks),"
    " `webhook-attempt`, `webhook-event-type`, `webhook-environment`, `traceparent`,"
    " `x-request-id` and `user-agent`.",
)
class WebhookEndpoint(Node):
    structure: Structure = to_one("structure_id", description="Structure. Whose endpoint it is.")
    url: Url = column(description="Adresse. Where messages are posted.")
    description: str = column(description="Description. Your words for it.")
    events: list[EventKind] = json_column(
        "kinds",
        description="Natures. The kinds asked for; empty asks for all, but for what people do to"
        " endpoints.",
    )
    filter: WebhookFilter | None = computed(
        _filter, needs=("wanted",), description="Filtre. Null when there is none."
    )
    payload: Payload = column(description="Contenu. What its messages hold.")
    format: Format = column(description="Format. How its messages are written.")
    document: str | None = column(description="Document. Its query, with payload DOCUMENT.")
    document_id: strawberry.ID | None = computed(
        document_id_of,
        needs=("document",),
        description="Identifiant du document. As bodies carry it.",
    )
    document_trouble: WebhookDocumentTrouble | None = part(
        when="document_failing_since",
        description="Incident de document. Null while the document runs without errors.",
    )
    status: EndpointStatus = column(description="État. Whether messages are sent.")
    paused_reason: PauseReason | None = column(description="Motif de pause. Null unless paused.")
    paused_at: datetime | None = column(description="En pause depuis. Null unless paused.")
    degraded_at: datetime | None = column(description="Dégradé depuis. Null unless degraded.")
    not_before: datetime | None = column(
        description="Pas avant. Nothing is sent before: the next probe of a degraded endpoint, or"
        " the end of the time that the receiver asked for (429)."
    )
    ordering: Ordering = column(description=ORDERING)
    on_blocked: OnBlocked = column(description=ON_BLOCKED)
    skip_after_seconds: int = column(description=SKIP_AFTER)
    max_rate_per_second: int | None = column("max_rate", description=MAX_RATE)
    max_concurrency: int | None = column(description=MAX_CONCURRENCY)
    consecutive_failures: int = column(description="Échecs de suite. Since the last success.")
    failing_since: datetime | None = column(
        description="En échec depuis. The first failure since the last success."
    )
    last_success_at: datetime | None = column(description="Dernier succès.")
    last_failure_at: datetime | None = column(description="Dernier échec.")
    previous_secret_until: datetime | None = column(
        description="Fin de l'ancien secret. Until then the secret before the last rotation signs"
        " too."
    )
    signatures: list[Signature] = computed(
        signatures_of,
        needs={"signs_ed25519": FLAG},
        description="Signatures. How messages are signed.",
    )
    auth: WebhookAuth = computed(
        auth_of,
        needs={"auth_kind": CODE, "auth_shown": CODE, "auth_expires_at": INSTANT},
        description="Authentification. How we prove to the receiver who we are.",
    )
    custom_headers: list[str] = json_column(
        "header_names",
        description="En-têtes ajoutés. Their names, at most 5; values are never shown.",
    )
    created_at: datetime = column(description="Créé le.")
    updated_at: datetime = column(description="Modifié le.")
    deliveries: Connection[WebhookDelivery] = connection(
        "endpoint_id", _deliveries_of, description="Envois. The newest first."
    )
    health: WebhookEndpointHealth = strawberry.field(
        resolver=health_of,
        description="Santé. How well it took its messages in the last 24 hours, and what waits.",
    )


@strawberry.type(
    description="Explication. Why an event was sent to an endpoint, or was not, or not yet."
)
class WebhookExplanation:
    found: strawberry.Private[explain.Explanation]

    @strawberry.field(description="Code. The one reason.")
    def code(self) -> explain.Why:
        return self.found.why

    @strawberry.field(description="Libellé. The reason in words.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        return words.EXPLANATIONS[self.found.why].in_(locale.value)

    @strawberry.field(
        description="Envoi. The delivery, when there is one.", graphql_type=WebhookDelivery | None
    )
    def delivery(self) -> Any:
        return self.found.delivery

    @strawberry.field(description="Rejeu. The replay that sends it again, or sent it last.")
    def replay(self) -> strawberry.ID | None:
        return strawberry.ID(self.found.replay) if self.found.replay else None

    @strawberry.field(description="Derrière. The delivery that goes first, when it waits for one.")
    def behind(self) -> strawberry.ID | None:
        return strawberry.ID(self.found.behind) if self.found.behind else None


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


def _unchanged(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


_ID = "Point de réception. Which one."
_URL = (
    "Adresse. https on port 443 or 8443, without user or password; other ports, http and private"
    " networks only where the operator opened them."
)
_EVENTS = (
    "Natures. The kinds to be told; empty for all, but for what people do to endpoints"
    " (created, updated, resumed, deleted, secret rotated), told to those that name it."
)
_FILTER = "Filtre. Only what fits it."


@strawberry.input(description="Nouveau point de réception.")
class WebhookEndpointCreateInput:
    structure_id: strawberry.ID = strawberry.field(description="Structure. Whose news is told.")
    url: str = strawberry.field(description=_URL)
    description: str = strawberry.field(
        default="", description="Description. Your words for it; up to 200 characters."
    )
    events: list[EventKind] | None = _optional(_EVENTS)
    filter: WebhookFilterInput | None = _optional(_FILTER)
    signatures: list[Signature] | None = _optional(SIGNATURES)
    auth: WebhookAuthInput | None = _optional(AUTH)
    custom_headers: list[WebhookHeaderInput] | None = _optional(HEADERS)
    payload: Payload = strawberry.field(default=Payload.FULL, description=PAYLOAD)
    format: Format = strawberry.field(default=Format.STANDARD, description=FORMAT)
    document: str | None = _optional(DOCUMENT)
    ordering: Ordering = strawberry.field(default=Ordering.PER_SUBJECT, description=ORDERING)
    on_blocked: OnBlocked = strawberry.field(default=OnBlocked.HOLD, description=ON_BLOCKED)
    skip_after_seconds: int = strawberry.field(default=3600, description=SKIP_AFTER)
    max_rate_per_second: int | None = _optional(MAX_RATE)
    max_concurrency: int | None = _optional(MAX_CONCURRENCY)
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> EndpointDraft:
        """The same for the domain."""
        return EndpointDraft(
            url=self.url,
            description=self.description,
            kinds=tuple(kind.value for kind in self.events or ()),
            wanted=self.filter.criteria() if self.filter else {},
            trust=trust_of(self.signatures, self.auth, self.custom_headers),
            payload=self.payload,
            format=self.format,
            document=self.document,
            options=options_of(self),
        )


@strawberry.input(description="Modification. Only the fields given change.")
class WebhookEndpointUpdateInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    url: str | None = _unchanged(_URL)
    description: str | None = _unchanged("Description. Your words for it.")
    events: list[EventKind] | None = _unchanged(_EVENTS)
    filter: WebhookFilterInput | None = _unchanged("Filtre. Replaces the present one.")
    signatures: list[Signature] | None = _unchanged(SIGNATURES)
    auth: WebhookAuthInput | None = _unchanged(AUTH)
    custom_headers: list[WebhookHeaderInput] | None = _unchanged(HEADERS)
    payload: Payload | None = _unchanged(PAYLOAD)
    format: Format | None = _unchanged(FORMAT)
    document: str | None = _unchanged(DOCUMENT)
    ordering: Ordering | None = _unchanged(ORDERING)
    on_blocked: OnBlocked | None = _unchanged(ON_BLOCKED)
    skip_after_seconds: int | None = _unchanged(SKIP_AFTER)
    max_rate_per_second: int | None = _unchanged(MAX_RATE)
    max_concurrency: int | None = _unchanged(MAX_CONCURRENCY)
    idempotency_key: str | None = _optional(KEY)

    def changes(self) -> dict[str, Any]:
        """What is asked to change, for the domain."""
        given = {k: v for k, v in vars(self).items() if v is not strawberry.UNSET}
        found: dict[str, Any] = {}
        if given.get("url") is not None:
            found["url"] = given["url"]
        if "description" in given:
            found["description"] = given["description"] or ""
        if "events" in given:
            found["kinds"] = tuple(kind.value for kind in given["events"] or ())
        if "filter" in given:
            found["wanted"] = given["filter"].criteria() if given["filter"] else {}
        found["trust"] = trust_of(self.signatures, self.auth, self.custom_headers)
        found |= {name: given[name] for name in ("payload", "format") if given.get(name)}
        if "document" in given:
            found["document"] = given["document"]
        if options := options_given(self):
            found["options"] = options
        return found


@strawberry.input(description="Mise en pause.")
class WebhookEndpointPauseInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Reprise.")
class WebhookEndpointResumeInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    start: Resume = strawberry.field(description="Reprise. What becomes of what waited.")
    cursor: EventCursor | None = _optional("Curseur. With SINCE: of the last event received.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Suppression.")
class WebhookEndpointDeleteInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Nouveau secret.")
class WebhookEndpointSecretRotateInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Essai.")
class WebhookEndpointPingInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Nouvel envoi.")
class WebhookDeliveryRedeliverInput:
    id: strawberry.ID = strawberry.field(description="Envoi. Which one.")
    idempotency_key: str | None = _optional(KEY)
