"""Conformance probes of endpoints, as the API shows and takes them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.context import InLocale, Locale
from schema.enums import shown_enum
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.reading import column, computed, shows, to_one
from webhooks import probe, probe_words, queries, words
from webhooks.models import ProbeState
from webhooks.outbound import ErrorKind

if TYPE_CHECKING:
    from schema.webhooks import WebhookEndpoint

LazyWebhookEndpoint = Annotated["WebhookEndpoint", strawberry.lazy("schema.webhooks")]

shown_enum(ProbeState, "État d'une sonde.", words.PROBE_STATES, name="WebhookProbeState")
shown_enum(
    probe.Verdict,
    "Verdict. What an answer says of the receiver.",
    probe_words.VERDICTS,
    name="WebhookProbeVerdict",
)
shown_enum(
    probe.Check,
    "Vérification. One message of a probe. New values may appear.",
    {check: told.label for check, told in probe_words.CHECKS.items()},
    name="WebhookProbeCheckCode",
)


@strawberry.type(description="Vérification. One message of a probe, and how it was answered.")
class WebhookProbeCheck:
    found: strawberry.Private[probe.Finding]

    @strawberry.field(description="Code. Which message.")
    def code(self) -> probe.Check:
        return self.found.check

    @strawberry.field(description="Verdict. Whether it was answered as it should be.")
    def verdict(self) -> probe.Verdict:
        return self.found.verdict

    @strawberry.field(description="Statut HTTP. Null when there was no answer.")
    def status(self) -> int | None:
        return self.found.status

    @strawberry.field(description="Durée. Until the end of the answer, in ms.")
    def latency_ms(self) -> int:
        return self.found.latency_ms

    @strawberry.field(description="Échec. Null when the answer is a success (2xx).")
    def error(self) -> ErrorKind | None:
        return self.found.error

    @strawberry.field(description="Extrait. The first 500 bytes of the answer.")
    def excerpt(self) -> str:
        return self.found.excerpt

    @strawberry.field(description="Libellé. What the message was.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        return probe_words.CHECKS[self.found.check].label.in_(locale.value)

    @strawberry.field(description="Attendu. How it should be answered.")
    def expected(self, locale: InLocale = Locale.FR) -> str:
        return probe_words.CHECKS[self.found.check].expected.in_(locale.value)

    @strawberry.field(description="Constaté. How it was answered, in words.")
    def observed(self, locale: InLocale = Locale.FR) -> str:
        return probe_words.observed(self.found).in_(locale.value)

    @strawberry.field(description="Raison. Why it matters.")
    def why(self, locale: InLocale = Locale.FR) -> str:
        return probe_words.CHECKS[self.found.check].why.in_(locale.value)

    @strawberry.field(description="Remède. What to do about it.")
    def remedy(self, locale: InLocale = Locale.FR) -> str:
        return probe_words.CHECKS[self.found.check].remedy.in_(locale.value)


def _findings(row: Any) -> list[probe.Finding]:
    kept = json.loads(row.findings) if isinstance(row.findings, str) else row.findings
    return [probe.finding_of(one) for one in kept]


def _checks(row: Any) -> list[WebhookProbeCheck]:
    return [WebhookProbeCheck(found=finding) for finding in _findings(row)]


def _passed(row: Any) -> int:
    return probe.passed(_findings(row))


def _total(row: Any) -> int:
    return len(_findings(row))


@shows(
    "webhook_probe",
    prefix="whp",
    seen=queries.probes,
    description="Sonde de conformité. Seven messages, good and bad, marked `webhook-probe` and"
    " about nothing real: does the receiver refuse what it should? They count in no figure.",
)
class WebhookProbe(Node):
    endpoint: LazyWebhookEndpoint = to_one(
        "endpoint_id", description="Point de réception. What was probed."
    )
    state: ProbeState = column(description="État. Where the probe stands.")
    asked_at: datetime = column(description="Demandée le.")
    finished_at: datetime | None = column(description="Terminée le. Null until then.")
    passed: int = computed(
        _passed, needs=("findings",), description="Réussies. How many checks were passed."
    )
    total: int = computed(
        _total, needs=("findings",), description="Vérifications. How many were made; 0 until DONE."
    )
    checks: list[WebhookProbeCheck] = computed(
        _checks, needs=("findings",), description="Vérifications. In the order sent; at most 20."
    )


@strawberry.input(description="Sonde.")
class WebhookEndpointProbeInput:
    id: strawberry.ID = strawberry.field(description="Point de réception. Which one.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
