"""The lives that an invoice may have, by billing frame: for diagrams, and who draws progress."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from domain.invoices.lifecycle import InvoiceFacts
from domain.invoices.models import facts_of
from domain.lifecycles import Variant
from domain.policy import Policy
from domain.reference.frames import Frame
from domain.reference.words import Words


def _facts(frame: Frame, seconds: Sequence[str | None], site: Policy) -> tuple[InvoiceFacts, ...]:
    """Those of an invoice that goes forward, for each choice of a second validator."""
    return tuple(
        facts_of(
            frame=frame.value,
            validator_2_id=second,
            free_status_order=False,
            payment_reported=True,
            acknowledged_at=None,
            rejection_handled_at=None,
            site=site,
        )
        for second in seconds
    )


INVOICE_VARIANTS = (
    Variant(
        "DIRECT",
        Words("Dépôt direct", "Direct"),
        (Frame.A1, Frame.A2),
        partial(_facts, Frame.A1, [None]),
    ),
    Variant(
        "SUBCONTRACTOR",
        Words("Sous-traitant", "Subcontractor"),
        (Frame.A9,),
        partial(_facts, Frame.A9, [None, "a second validator"]),
    ),
    Variant(
        "CO_CONTRACTOR",
        Words("Cotraitant", "Co-contractor"),
        (Frame.A12,),
        partial(_facts, Frame.A12, [None]),
    ),
)
