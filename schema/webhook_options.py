"""The order and the limits of an endpoint, as the API shows and takes them."""

from __future__ import annotations

from typing import Any

import strawberry

from schema.enums import shown_enum
from webhooks import words
from webhooks.models import OnBlocked, Ordering
from webhooks.options import Options

shown_enum(
    Ordering,
    "Ordre. What is kept in order.",
    words.ORDERINGS,
    name="WebhookOrdering",
)
shown_enum(
    OnBlocked,
    "Blocage. What becomes of a message that fails while others of its object wait behind it.",
    words.ON_BLOCKED,
    name="WebhookOnBlocked",
)

ORDERING = (
    "Ordre. PER_SUBJECT: the messages of one object go one after the other, objects in parallel."
    " NONE: everything may go in parallel. A change holds for what waits already, too."
)
ON_BLOCKED = (
    "Blocage. HOLD: the next message of an object waits until the one before is accepted or used"
    " up its attempts. SKIP_AFTER: it waits `skipAfterSeconds` at most."
)
SKIP_AFTER = (
    "Durée de blocage. With SKIP_AFTER: how long a message may hold others of its object, counted"
    " from its first attempt, and anew when the endpoint recovers or is resumed. 1 to 604800;"
    " 3600 unless said."
)
MAX_RATE = (
    "Débit maximal. At most so many requests a second, over all workers: in any period of s"
    " seconds at most rate × (s + 0.2), and one at least. 1 to 1000; null for no limit."
)
MAX_CONCURRENCY = (
    "Simultanéité maximale. At most so many requests at once, over all workers, and never more"
    " than the site allows each of them. 1 to 100; null leaves it to the site."
)

_FIELDS = {
    "ordering": "ordering",
    "on_blocked": "on_blocked",
    "skip_after_seconds": "skip_after_seconds",
    "max_rate_per_second": "max_rate",
    "max_concurrency": "max_concurrency",
}
_NULLABLE = {"max_rate_per_second", "max_concurrency"}


def options_given(taken: Any) -> dict[str, Any]:
    """What an input says of the options, by column; null in a field without a null is left out."""
    given = {column: getattr(taken, name) for name, column in _FIELDS.items()}
    nullable = {_FIELDS[name] for name in _NULLABLE}
    return {
        column: value
        for column, value in given.items()
        if value is not strawberry.UNSET and (value is not None or column in nullable)
    }


def options_of(taken: Any) -> Options:
    """The options of a new endpoint."""
    return Options(**options_given(taken))
