"""How an endpoint wants its messages: in which order, how fast, how many at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from domain.errors import Problem
from domain.rules_text import problem
from webhooks.models import OnBlocked, Ordering


@dataclass(frozen=True)
class Options:
    """The names are the columns. None leaves a limit to the site."""

    ordering: Ordering = Ordering.PER_SUBJECT
    on_blocked: OnBlocked = OnBlocked.HOLD
    skip_after_seconds: int = 3_600
    max_rate: int | None = None
    max_concurrency: int | None = None

    def columns(self) -> dict[str, Any]:
        """The options as the row keeps them."""
        return asdict(self)

    @classmethod
    def of(cls, endpoint: Any) -> Options:
        """The options of an endpoint."""
        return cls(**{field.name: getattr(endpoint, field.name) for field in fields(cls)})


# The names are those of the API.
BOUNDS = {
    "skip_after_seconds": ("skipAfterSeconds", 1, 604_800),
    "max_rate": ("maxRatePerSecond", 1, 1_000),
    "max_concurrency": ("maxConcurrency", 1, 100),
}


def problems_of_options(options: Options) -> list[Problem]:
    """Every option outside its bounds."""
    given = options.columns()
    return [
        problem("BDR-WHK-020", (name,), field=name, value=given[column], least=least, most=most)
        for column, (name, least, most) in BOUNDS.items()
        if given[column] is not None and not least <= given[column] <= most
    ]
