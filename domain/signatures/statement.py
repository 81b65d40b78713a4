"""What the site states about a signature: the one list of what its evidence says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.clock import instant_text
from domain.signatures.models import Signature

TYPE = "bordereau-certificate/1"


def statement_of(signature: Signature, issuer: str, pdf_sha256: str) -> dict[str, Any]:
    """The evidence, and the file that certifies it."""
    return {
        "type": TYPE,
        "issuer": issuer,
        "number": signature.number,
        "certificate": {"sha256": pdf_sha256},
        "document": {
            "kind": str(signature.document),
            "version": signature.version,
            "sha256": signature.text_hash,
        },
        "signedAt": instant_text(signature.signed_at),
        "signatory": {
            "account": signature.account_id,
            "name": signature.account_name,
            "email": signature.account_email,
        },
        "structure": _structure(signature),
        "origin": {
            "address": signature.address,
            "userAgent": signature.user_agent,
            "methods": signature.methods.split(),
            "authenticatedAt": signature.authenticated_at
            and instant_text(signature.authenticated_at),
            "credential": signature.credential,
        },
    }


def _structure(signature: Signature) -> Mapping[str, Any] | None:
    if signature.structure_id is None:
        return None
    return {
        "id": signature.structure_id,
        "identifierType": signature.structure_identifier_type,
        "identifier": signature.structure_identifier,
        "name": signature.structure_name,
    }
