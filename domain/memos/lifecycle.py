"""What can happen to a memo of court costs ("mémoire de frais de justice", frame A3).

The registry ("greffe") of the jurisdiction certifies it; then it is paid as any payment request.
"""

from __future__ import annotations

from domain.access import Permission
from domain.claims.circuit import claim_lifecycle, claim_variants
from domain.reference.frames import Frame
from domain.reference.words import Words

MEMO = claim_lifecycle("memo", Permission.READ_MEMOS, Permission.ACT_ON_MEMOS)
MEMO_VARIANTS = claim_variants(
    Frame.A3, Words("Certifié par le greffe", "Certified by the registry")
)
