"""What can happen to a refund request of energy tax ("demande de remboursement", frame A21).

The tax office that receives it validates it; then it is paid as any payment request.
"""

from __future__ import annotations

from domain.access import Permission
from domain.claims.circuit import claim_lifecycle, claim_variants
from domain.reference.frames import Frame
from domain.reference.words import Words

REFUND = claim_lifecycle("refund", Permission.READ_REFUNDS, Permission.ACT_ON_REFUNDS)
REFUND_VARIANTS = claim_variants(
    Frame.A21, Words("Validé par le service des impôts", "Validated by the tax office")
)
