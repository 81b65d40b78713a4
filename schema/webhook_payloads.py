"""What the messages of an endpoint hold: payloads, formats, documents and their preview."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import strawberry

from schema.enums import shown_enum
from schema.reading import column, shows
from schema.scalars import Json
from webhooks import words
from webhooks.documents import document_id
from webhooks.models import Format, Payload
from webhooks.preview import Preview, PreviewDraft

shown_enum(
    Payload,
    "Contenu. What the messages of an endpoint hold beside the envelope.",
    words.PAYLOADS,
    name="WebhookPayload",
)
shown_enum(
    Format,
    "Format. How the messages of an endpoint are written.",
    words.FORMATS,
    name="WebhookFormat",
)

PAYLOAD = (
    "Contenu. FULL sends the curated data, THIN identifiers alone, DOCUMENT what `document`"
    " answers."
)
FORMAT = "Format. Our envelope, or CloudEvents 1.0."
DOCUMENT = (
    "Document. One GraphQL query, with payload DOCUMENT alone; its variables are among"
    " `$event: ID!`, `$subject: ID!`, `$structure: ID!` and `$cursor: EventCursor!`. It is run once"
    " per event with the rights of the endpoint; at most 250 points and 20,000 characters."
)


def document_id_of(row: Any) -> str | None:
    """The identifier that bodies carry as `document`."""
    return document_id(row.document) if row.document else None


@shows(description="Incident de document. The document of an endpoint does not run as it should.")
class WebhookDocumentTrouble:
    since: datetime = column("document_failing_since", description="Depuis. The first failure.")
    failures: int = column(
        "document_failures", description="Échecs. Bodies made with errors since then."
    )
    event_id: strawberry.ID = column(
        "document_error_event", description="Évènement. The last one with errors."
    )
    message: str = column("document_error", description="Message. The first error of that one.")


@strawberry.input(description="Aperçu. Which body is to be shown.")
class WebhookDocumentPreviewInput:
    structure_id: strawberry.ID = strawberry.field(
        description="Structure. Whose endpoint it would be."
    )
    event_id: strawberry.ID = strawberry.field(
        description="Évènement. A past one, as `events` gives it."
    )
    document: str | None = strawberry.field(default=None, description=DOCUMENT)
    payload: Payload = strawberry.field(default=Payload.DOCUMENT, description=PAYLOAD)
    format: Format = strawberry.field(default=Format.STANDARD, description=FORMAT)

    def draft(self) -> PreviewDraft:
        """The same for the domain."""
        return PreviewDraft(
            self.structure_id, self.event_id, self.payload, self.format, self.document
        )


@strawberry.type(
    description="Aperçu. What would be sent to an endpoint that you set up now, byte for byte."
)
class WebhookPreview:
    found: strawberry.Private[Preview]

    @strawberry.field(description="Corps. The JSON text that would be sent.")
    def body(self) -> str:
        return self.found.body.decode()

    @strawberry.field(description="Contenu lisible. The same, as JSON.")
    def content(self) -> Json:
        return Json(orjson.loads(self.found.body))

    @strawberry.field(description="Type de média. The header `content-type`.")
    def content_type(self) -> str:
        return self.found.content_type

    @strawberry.field(description="Taille. In bytes; what is over 262,144 is sent thin.")
    def byte_count(self) -> int:
        return len(self.found.body)

    @strawberry.field(description="Identifiant du document. As bodies carry it.")
    def document_id(self) -> strawberry.ID | None:
        return strawberry.ID(self.found.document_id) if self.found.document_id else None
