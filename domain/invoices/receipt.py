"""The proof of deposit ("justificatif de dépôt"): a number and a fingerprint of what was sent."""

from __future__ import annotations

import hashlib
from datetime import datetime


def receipt_number(invoice_id: str, deposited_at: datetime) -> str:
    """`BDR-YYYYMMDD-` and the end of the identifier: short enough to be dictated."""
    return f"BDR-{deposited_at:%Y%m%d}-{invoice_id[-12:].upper()}"


def fingerprint(canonical: str) -> str:
    """The SHA-256 of the deposit in its canonical form, in hexadecimal."""
    return hashlib.sha256(canonical.encode()).hexdigest()
