"""Who is told, what they are to be told, and what came of each attempt."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.models import Model


class EndpointStatus(StrEnum):
    ACTIVE = "ACTIVE"
    DEGRADED = "DEGRADED"
    PAUSED = "PAUSED"
    DELETED = "DELETED"


class PauseReason(StrEnum):
    """Why an endpoint is paused."""

    ASKED = "ASKED"
    GONE = "GONE"
    NO_SUCCESS = "NO_SUCCESS"


class Ordering(StrEnum):
    """What is kept in order."""

    PER_SUBJECT = "PER_SUBJECT"
    NONE = "NONE"


class OnBlocked(StrEnum):
    """What becomes of a message that fails while others of the same subject wait behind it."""

    HOLD = "HOLD"
    SKIP_AFTER = "SKIP_AFTER"


class DeliveryState(StrEnum):
    """Where a delivery stands. HELD waits for an earlier one of its subject, or for its body."""

    PENDING = "PENDING"
    DELIVERING = "DELIVERING"
    HELD = "HELD"
    DELIVERED = "DELIVERED"
    EXHAUSTED = "EXHAUSTED"
    SKIPPED = "SKIPPED"


class SkipReason(StrEnum):
    """Why a delivery will not be made."""

    RESUMED_WITHOUT = "RESUMED_WITHOUT"
    ENDPOINT_DELETED = "ENDPOINT_DELETED"
    BLOCKED_TOO_LONG = "BLOCKED_TOO_LONG"
    REPLAY_CANCELLED = "REPLAY_CANCELLED"


class NextAttempt(StrEnum):
    """What decided the moment of the next attempt, or that there is none."""

    SCHEDULE = "SCHEDULE"
    RETRY_AFTER = "RETRY_AFTER"
    PROBE = "PROBE"
    DELIVERED = "DELIVERED"
    EXHAUSTED = "EXHAUSTED"


class Payload(StrEnum):
    """What the messages of an endpoint hold."""

    FULL = "FULL"
    THIN = "THIN"
    DOCUMENT = "DOCUMENT"


class Format(StrEnum):
    """How the messages of an endpoint are written."""

    STANDARD = "STANDARD"
    CLOUDEVENTS = "CLOUDEVENTS"


class Endpoint(Model):
    """A place that wants to be told: its address, what it wants and its secrets."""

    kind = "webhook_endpoint"

    id = fields.CharField(primary_key=True, max_length=30)
    structure_id = fields.CharField(max_length=30)
    url = fields.CharField(max_length=2048)
    description = fields.CharField(max_length=200, default="")
    # No kinds means all of them; `wanted` narrows it: an `EventFilter` as it is stored.
    kinds: fields.Field[list[str]] = fields.JSONField(default=list)
    wanted: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    # What whoever set it up may read on the structure: the endpoint is told no more.
    permissions: fields.Field[list[str]] = fields.JSONField(default=list)
    # Who decided last what it tells; when somebody else was asked to answer for it.
    vouched_by = fields.CharField(max_length=30, null=True)
    review_asked_at = fields.DatetimeField(null=True)
    payload = fields.CharEnumField(Payload, max_length=8, default=Payload.FULL)
    format = fields.CharEnumField(Format, max_length=12, default=Format.STANDARD)
    # The query that is run for each event, with payload DOCUMENT alone.
    document = fields.TextField(null=True)
    # While it cannot be run, or not without errors: how often, since when, the last time and why.
    document_failures = fields.IntField(default=0)
    document_failing_since = fields.DatetimeField(null=True)
    document_error = fields.TextField(null=True)
    document_error_event = fields.CharField(max_length=30, null=True)
    # Since when its owner was told that messages wait for the budget of documents.
    documents_late_since = fields.DatetimeField(null=True)
    status = fields.CharEnumField(EndpointStatus, max_length=8, default=EndpointStatus.ACTIVE)
    # A PauseReason, while paused.
    paused_reason = fields.CharField(max_length=12, null=True)
    paused_at = fields.DatetimeField(null=True)
    degraded_at = fields.DatetimeField(null=True)
    ordering = fields.CharEnumField(Ordering, max_length=12, default=Ordering.PER_SUBJECT)
    on_blocked = fields.CharEnumField(OnBlocked, max_length=12, default=OnBlocked.HOLD)
    skip_after_seconds = fields.IntField(default=3600)
    # At most so many requests a second, and at once; None leaves it to the site.
    max_rate = fields.IntField(null=True)
    max_concurrency = fields.IntField(null=True)
    # The requests taken so far use up the rate until then.
    rate_used_until = fields.DatetimeField(null=True)
    # Nothing is sent before: the receiver asked for time, or the next probe is then.
    not_before = fields.DatetimeField(null=True)
    # What came of the last minutes' attempts: see `webhooks/breaker.py`.
    recent = fields.TextField(default="[]")
    secret = fields.CharField(max_length=400)
    previous_secret = fields.CharField(max_length=400, null=True)
    previous_secret_until = fields.DatetimeField(null=True)
    signs_ed25519 = fields.BooleanField(default=False)
    # An AuthKind; what may be shown of it, and all of it sealed.
    auth_kind = fields.CharField(max_length=12, default="NONE")
    auth_shown: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    auth_sealed = fields.TextField(null=True)
    auth_expires_at = fields.DatetimeField(null=True)
    auth_warned_days = fields.IntField(null=True)
    header_names: fields.Field[list[str]] = fields.JSONField(default=list)
    headers_sealed = fields.TextField(null=True)
    # Events up to this position are from before its time.
    since_position = fields.BigIntField()
    consecutive_failures = fields.IntField(default=0)
    failing_since = fields.DatetimeField(null=True)
    last_success_at = fields.DatetimeField(null=True)
    last_failure_at = fields.DatetimeField(null=True)
    event_count = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "webhook_endpoint"


class Delivery(Model):
    """One event for one endpoint, with the body as it was when it was written."""

    kind = "webhook_delivery"

    id = fields.CharField(primary_key=True, max_length=30)
    endpoint_id = fields.CharField(max_length=30)
    structure_id = fields.CharField(max_length=30)
    event_id = fields.CharField(max_length=30)
    event_kind = fields.CharField(max_length=60)
    position = fields.BigIntField()
    subject_id = fields.CharField(max_length=30)
    subject_sequence = fields.BigIntField()
    # Empty until the document of the endpoint was run for it: see `webhooks/writing.py`.
    body = fields.TextField()
    state = fields.CharEnumField(DeliveryState, max_length=12)
    # A SkipReason, when skipped.
    skip_reason = fields.CharField(max_length=20, null=True)
    # False once it is sent again on demand: it then neither waits for others nor holds them.
    ordered = fields.BooleanField(default=True)
    attempts = fields.IntField(default=0)
    failures = fields.IntField(default=0)
    # Of this turn at the head of its queue: a resumed endpoint counts anew.
    first_attempt_at = fields.DatetimeField(null=True)
    next_attempt_at = fields.DatetimeField(null=True)
    lease = fields.CharField(max_length=30, null=True)
    lease_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    # The last replay it is part of, and what it was before, if it was: see `webhooks/replaying.py`.
    replay_id = fields.CharField(max_length=30, null=True)
    before_replay = fields.TextField(null=True)

    class Meta:
        table = "webhook_delivery"


class Attempt(Model):
    """One request that was made, or begun by a worker that died."""

    id = fields.CharField(primary_key=True, max_length=30)
    delivery_id = fields.CharField(max_length=30)
    number = fields.IntField()
    at = fields.DatetimeField()
    latency_ms = fields.IntField(null=True)
    status = fields.IntField(null=True)
    error = fields.CharField(max_length=20, null=True)
    detail = fields.TextField(null=True)
    excerpt = fields.TextField(default="")
    request_id = fields.CharField(max_length=40)
    next_attempt_at = fields.DatetimeField(null=True)
    next_why = fields.CharEnumField(NextAttempt, max_length=12)
    endpoint_id = fields.CharField(max_length=30, null=True)
    # The headers sent, as JSON, without what is secret in them.
    sent = fields.TextField(null=True)

    class Meta:
        table = "webhook_attempt"


class ProbeState(StrEnum):
    ASKED = "ASKED"
    RUNNING = "RUNNING"
    DONE = "DONE"


class Probe(Model):
    """One conformance probe of an endpoint, and what it found."""

    kind = "webhook_probe"

    id = fields.CharField(primary_key=True, max_length=30)
    endpoint_id = fields.CharField(max_length=30)
    structure_id = fields.CharField(max_length=30)
    state = fields.CharEnumField(ProbeState, max_length=8)
    asked_at = fields.DatetimeField()
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    findings: fields.Field[list[Any]] = fields.JSONField(default=list)

    class Meta:
        table = "webhook_probe"


class ReplayState(StrEnum):
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class Replay(Model):
    """Events of the past that are sent to an endpoint again, and how far that has come."""

    kind = "webhook_replay"

    id = fields.CharField(primary_key=True, max_length=30)
    endpoint_id = fields.CharField(max_length=30)
    structure_id = fields.CharField(max_length=30)
    state = fields.CharEnumField(ReplayState, max_length=10)
    # Those after the first position, up to the second.
    from_position = fields.BigIntField()
    to_position = fields.BigIntField()
    wanted: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    max_rate = fields.IntField(null=True)
    counted_position = fields.BigIntField()
    queued_position = fields.BigIntField()
    total = fields.BigIntField(default=0)
    queued = fields.BigIntField(default=0)
    delivered = fields.BigIntField(default=0)
    failed = fields.BigIntField(default=0)
    not_before = fields.DatetimeField()
    # How often in a row it could not go on.
    troubles = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook_replay"


class Bookmark(Model):
    """How far a reader of the event log has come."""

    name = fields.CharField(primary_key=True, max_length=40)
    position = fields.BigIntField()

    class Meta:
        table = "webhook_bookmark"


class Turn(Model):
    """When a periodic action is next due; whoever moves the moment runs it."""

    name = fields.CharField(primary_key=True, max_length=40)
    due_at = fields.DatetimeField()

    class Meta:
        table = "webhook_turn"
