"""What a resolver knows of its request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import strawberry

from domain.access import Actor
from domain.origin import UNKNOWN, Origin
from domain.reference.words import Words
from schema.enums import shown_enum
from schema.reading import Loads


class Locale(StrEnum):
    """A language of labels and messages."""

    FR = "FR"
    EN = "EN"


shown_enum(
    Locale,
    "Langue. A language of labels and messages.",
    {Locale.FR: Words("Français", "French"), Locale.EN: Words("Anglais", "English")},
)

# The argument of every field that answers words.
InLocale = Annotated[Locale, strawberry.argument(description="Langue. French by default.")]
MaybeLocale = Annotated[
    Locale | None,
    strawberry.argument(description="Langue. That of the request (Accept-Language) by default."),
]


@dataclass
class Context:
    """One per operation, and per event of a subscription. `load` holds what it has read so far."""

    actor: Actor
    request_id: str
    make_loaders: Callable[[], Loads]
    locale: Locale = Locale.FR
    last_event_id: str | None = None
    # From where the request came and how its caller proved who it is: evidence of signatures.
    origin: Origin = UNKNOWN
    # Asks again who the caller is; a long subscription does so, since rights change.
    reauthenticate: Callable[[], Awaitable[Actor]] | None = None
    load: Loads = field(init=False)

    def __post_init__(self) -> None:
        self.load = self.make_loaders()

    @property
    def scope(self) -> Hashable:
        """All that an answer depends on beside the operation: who asks, with which rights."""
        return self.actor.held, self.locale

    async def renew(self) -> Actor:
        """Ask again who the caller is: what it is answered from now on follows its rights."""
        if self.reauthenticate is not None:
            self.actor = await self.reauthenticate()
        return self.actor

    def fresh(self) -> None:
        """Before the next event of a stream: forget what was loaded, it may have changed."""
        self.load = self.make_loaders()


Info = strawberry.Info[Context, None]


def locale_of(accept_language: str | None) -> Locale:
    """The language of an Accept-Language header: English when it is asked for first."""
    first = (accept_language or "").split(",")[0].strip().lower()
    return Locale.EN if first.startswith("en") else Locale.FR
