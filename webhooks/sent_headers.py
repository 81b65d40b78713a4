"""What is kept of an attempt: what went out and what came back, without what is secret in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from webhooks.outbound import EXCERPT_BYTES, Outcome, printable

# Ours, whose values anyone who watches the receiver may read. The others were given by the
# integrator or carry a credential: their names are kept, their values are not.
OPEN = frozenset(
    {"content-type", "user-agent", "x-request-id", "traceparent", "webhook-id", "webhook-timestamp",
     "webhook-attempt", "webhook-event-type", "webhook-environment", "webhook-replay",
     "webhook-probe"}
)  # fmt: skip
HIDDEN = "…"
# What is shorter is found in answers by chance.
SHORTEST_SECRET = 8


def kept(headers: Mapping[str, str]) -> str | None:
    """The JSON text of what is kept; None when nothing went out."""
    if not headers:
        return None
    return json.dumps({name: _shown(name.lower(), value) for name, value in headers.items()})


def excerpt_of(outcome: Outcome, longest: int = EXCERPT_BYTES) -> str:
    """The beginning of the answer, printable. Receivers may send back what they were sent: whoever
    reads the attempts is not told the credentials that way.
    """
    answer = outcome.excerpt
    for secret in _secrets(outcome.headers):
        answer = answer.replace(secret, HIDDEN.encode())
        if len(outcome.excerpt) >= EXCERPT_BYTES:
            answer = _without_beginning(answer, secret)
    return printable(answer[:longest])


def _secrets(headers: Mapping[str, str]) -> Iterator[bytes]:
    for name, value in headers.items():
        if _shown(name.lower(), value) != value:
            yield from (p.encode() for p in value.split() if len(p) >= SHORTEST_SECRET)


def _without_beginning(answer: bytes, secret: bytes) -> bytes:
    """The answer without the beginning of a secret where it was cut off."""
    for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
        if answer.endswith(secret[:length]):
            return answer[:-length]
    return answer


def _shown(name: str, value: str) -> str:
    if name == "webhook-signature":
        # Which signatures were made; with their values a message could be sent again as ours.
        return " ".join(one.partition(",")[0] + "," + HIDDEN for one in value.split(" "))
    return value if name in OPEN or name.startswith("ce-") else HIDDEN
