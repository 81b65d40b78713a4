"""The headers of an attempt as they are kept: what went out, without what is secret in it."""

from __future__ import annotations

import json
from collections.abc import Mapping

# Ours, whose values anyone who watches the receiver may read. The others were given by the
# integrator or carry a credential: their names are kept, their values are not.
OPEN = frozenset(
    {"content-type", "user-agent", "x-request-id", "traceparent", "webhook-id", "webhook-timestamp",
     "webhook-attempt", "webhook-event-type", "webhook-environment", "webhook-replay",
     "webhook-probe"}
)  # fmt: skip
HIDDEN = "…"


def kept(headers: Mapping[str, str]) -> str | None:
    """The JSON text of what is kept; None when nothing went out."""
    if not headers:
        return None
    return json.dumps({name: _shown(name.lower(), value) for name, value in headers.items()})


def _shown(name: str, value: str) -> str:
    if name == "webhook-signature":
        # Which signatures were made; with their values a message could be sent again as ours.
        return " ".join(one.partition(",")[0] + "," + HIDDEN for one in value.split(" "))
    return value if name in OPEN or name.startswith("ce-") else HIDDEN
