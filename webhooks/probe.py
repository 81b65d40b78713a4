"""The conformance probe: seven messages, good and bad, and a verdict on how each was answered.

A receiver that accepts everything passes every ordinary test and believes any stranger: it is
found out only by messages that must be refused.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.clock import real_now
from domain.ids import new_id
from webhooks import sent_headers
from webhooks.envelope import API_VERSION, headers_of
from webhooks.matching import PING
from webhooks.outbound import ErrorKind, Outcome
from webhooks.signing import new_secret

# A receiver answers first and works afterwards: slower than this, load will make it time out.
QUICK_MS = 5_000
# Receivers refuse a message whose timestamp is more than five minutes away.
STALE = timedelta(hours=1)
LARGEST_BODY = 256 * 1024
UNKNOWN_KIND = "probe.kind_to_come"
MARK = "webhook-probe"
EXCERPT = 500
# 4xx answers that do not speak of the message: too slow, too many.
_NOT_ABOUT_IT = frozenset({408, 429})


class Check(StrEnum):
    """One message of the probe, in the order in which they are sent."""

    VALID = "VALID"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    STALE_TIMESTAMP = "STALE_TIMESTAMP"
    ALTERED_BODY = "ALTERED_BODY"
    DUPLICATE = "DUPLICATE"
    LARGE_BODY = "LARGE_BODY"
    UNKNOWN_KIND = "UNKNOWN_KIND"


class Verdict(StrEnum):
    """What an answer says of the receiver."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCONCLUSIVE = "INCONCLUSIVE"


MUST_BE_REFUSED = frozenset({Check.BAD_SIGNATURE, Check.STALE_TIMESTAMP, Check.ALTERED_BODY})


@dataclass(frozen=True)
class Finding:
    """How the receiver answered one message."""

    check: Check
    verdict: Verdict
    status: int | None
    latency_ms: int
    error: ErrorKind | None
    excerpt: str

    def as_json(self) -> dict[str, Any]:
        """As it is kept and printed."""
        return asdict(self)


def finding_of(kept: Mapping[str, Any]) -> Finding:
    """The inverse of `Finding.as_json`."""
    error = kept["error"]
    return Finding(
        check=Check(kept["check"]),
        verdict=Verdict(kept["verdict"]),
        status=kept["status"],
        latency_ms=kept["latency_ms"],
        error=ErrorKind(error) if error else None,
        excerpt=kept["excerpt"],
    )


@dataclass(frozen=True)
class Recipe:
    """What every message of one probe is made with."""

    probe_id: str
    secrets: Sequence[str]
    environment: str
    product: str
    keys: Sequence[Ed25519PrivateKey] = ()


@dataclass(frozen=True)
class Message:
    """One message of a probe, signed or not as it should be."""

    headers: Mapping[str, str]
    body: bytes


Send = Callable[[Message], Awaitable[Outcome]]


def passed(findings: Sequence[Finding]) -> int:
    """The score: how many checks the receiver passed."""
    return sum(f.verdict is Verdict.PASSED for f in findings)


async def run(recipe: Recipe, send: Send) -> list[Finding]:
    """Send every message, one after another, and judge the answers."""
    message_id = new_id("evt")
    findings: list[Finding] = []
    for number, check in enumerate(Check, 1):
        outcome = await send(message_for(check, recipe, message_id, number, real_now()))
        findings.append(_finding(check, outcome, findings))
    return findings


def unsent(outcome: Outcome) -> list[Finding]:
    """What is found when no message could even be made."""
    return [_finding(check, outcome, []) for check in Check]


def _finding(check: Check, outcome: Outcome, before: Sequence[Finding]) -> Finding:
    knows_the_secret = not before or before[0].verdict is Verdict.PASSED
    return Finding(
        check=check,
        verdict=judged(check, outcome, knows_the_secret=knows_the_secret),
        status=outcome.status,
        latency_ms=outcome.latency_ms,
        error=outcome.error,
        excerpt=sent_headers.excerpt_of(outcome, EXCERPT),
    )


def judged(check: Check, outcome: Outcome, *, knows_the_secret: bool = True) -> Verdict:
    """The verdict on one answer.

    Who refuses even the valid message proves nothing by refusing the others.
    """
    status = outcome.status or 0
    if outcome.status in _NOT_ABOUT_IT:
        return Verdict.INCONCLUSIVE
    if check in MUST_BE_REFUSED:
        if not 400 <= status < 500:
            return Verdict.FAILED
        return Verdict.PASSED if knows_the_secret else Verdict.INCONCLUSIVE
    if outcome.error is not None:
        return Verdict.FAILED
    if check is Check.VALID and outcome.latency_ms > QUICK_MS:
        return Verdict.FAILED
    return Verdict.PASSED


def message_for(
    check: Check, recipe: Recipe, message_id: str, number: int, at: datetime
) -> Message:
    """The message of one check: a real one in all but what the check is about."""
    is_of_its_own = check is not Check.VALID and check is not Check.DUPLICATE
    identifier = new_id("evt") if is_of_its_own else message_id
    kind = UNKNOWN_KIND if check is Check.UNKNOWN_KIND else PING
    padding = LARGEST_BODY - 4_096 if check is Check.LARGE_BODY else 0
    # A duplicate is the same bytes: nothing in the body tells when it is sent.
    body = _body(identifier, kind, recipe, padding)
    signed = body.replace(recipe.probe_id.encode(), b"whp_altered", 1)
    headers = headers_of(
        event_id=identifier,
        event_kind=kind,
        body=signed if check is Check.ALTERED_BODY else body,
        secrets=[new_secret()] if check is Check.BAD_SIGNATURE else recipe.secrets,
        keys=() if check is Check.BAD_SIGNATURE else recipe.keys,
        at=at - STALE if check is Check.STALE_TIMESTAMP else at,
        attempt=2 if check is Check.DUPLICATE else 1,
        request_id=f"{recipe.probe_id}.{number}",
        environment=recipe.environment,
        product=recipe.product,
    )
    return Message({**headers, MARK: recipe.probe_id}, body)


def _body(identifier: str, kind: str, recipe: Recipe, padding: int) -> bytes:
    """A body whose subject is the probe: nothing real is named in it."""
    return json.dumps(
        {
            "id": identifier,
            "type": kind,
            "timestamp": "2000-01-01T00:00:00.000Z",
            "cursor": "",
            "subject": recipe.probe_id,
            "subjectSequence": 1,
            "environment": recipe.environment,
            "apiVersion": API_VERSION,
            "data": {"probe": recipe.probe_id, "padding": "x" * padding},
        },
        separators=(",", ":"),
    ).encode()


def as_text(findings: Sequence[Finding]) -> str:
    """The findings as they are kept."""
    return json.dumps([finding.as_json() for finding in findings])
