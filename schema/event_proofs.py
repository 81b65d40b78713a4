"""The proof of an event as the API shows it."""

from __future__ import annotations

import strawberry

from schema.scalars import Json, Sha256


@strawberry.type(
    description="Preuve d'un évènement. What shows a third party, without the portal and without"
    " any other event, that this was recorded so and when."
)
class EventProof:
    # The tree of a whole checkpoint is walked for it.
    __cost__ = 50.0

    hash: Sha256 = strawberry.field(
        description="Empreinte. That of the event; the event after it names it."
    )
    document: Json | None = strawberry.field(
        description="Document. To be kept as a file: the record, the values that you may show with"
        " their salts, the path in the Merkle tree of a checkpoint, and the checkpoint. Checked by"
        " `manage.py log verify-proof` or `verify_log.py --proof`. Null until a checkpoint covers"
        " the event, within a day by default."
    )
