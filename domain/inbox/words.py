"""The words of the codes of consumer groups, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from domain.inbox.models import OnBlocked, Settling, Start
from domain.reference.words import Words

ON_BLOCKED: Mapping[OnBlocked, Words] = {
    OnBlocked.HOLD: Words(
        "Retenir", "It is handed out again and again; what follows of its object waits"
    ),
    OnBlocked.SKIP_AFTER: Words(
        "Écarter après", "After `maxDeliveries` times it is set aside, and its object goes on"
    ),
}

STARTS: Mapping[Start, Words] = {
    Start.NOW: Words("Maintenant", "From the present end of the log"),
    Start.BEGINNING: Words("Début", "From the first event of the log"),
    Start.CURSOR: Words("Curseur", "Just after the cursor given"),
    Start.INSTANT: Words("Instant", "From the first event recorded at the instant given, or after"),
}

SETTLINGS: Mapping[Settling, Words] = {
    Settling.RETRY: Words("Reprendre", "It is handed out again, as if it had never been"),
    Settling.DISCARD: Words("Abandonner", "It is done with"),
}
