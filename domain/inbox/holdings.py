"""What consumer groups hold about a person: which leases are theirs, for as long as they last."""

from __future__ import annotations

from domain.accounts.personal_data import Holding, hold, rows_of
from domain.reference.words import Words

hold(
    Holding(
        "eventLeases",
        Words("Évènements en cours de relève", "Events being pulled"),
        rows_of("event_lease", "taken_by"),
    )
)
