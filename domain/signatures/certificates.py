"""Certificates: made once, right after the signature, kept as they are handed out."""

from __future__ import annotations

import asyncio
import hashlib

from domain import policy, signed_links
from domain.clock import now
from domain.db import fetch
from domain.events import transaction
from domain.signatures import jws, keys, texts
from domain.signatures.document import certificate_pdf
from domain.signatures.models import Certificate, Purpose, Signature
from domain.signatures.statement import statement_of
from domain.signatures.texts import TextKind

PATH = "/certificates/"


async def certificate_of(signature: Signature) -> Certificate:
    """The certificate of a signature, made now if it is not there yet. Not inside a transaction.

    Raises:
        LookupError: the words that were signed are known to this site no more.
    """
    made = await Certificate.get_or_none(signature_id=signature.id)
    if made is not None:
        return made
    text = texts.text_of(TextKind(signature.document), signature.version)
    if text is None or text.sha256 != signature.text_hash:
        raise LookupError(f"the text {signature.document} {signature.version} is missing")
    issuer = policy.current().public_url
    # Off the event loop and before the transaction: it takes a while.
    pdf = await asyncio.to_thread(certificate_pdf, signature, text, issuer)
    sha256 = hashlib.sha256(pdf).hexdigest()
    statement = jws.canonical(statement_of(signature, issuer, sha256))
    async with transaction():
        kid, private = await keys.signing(Purpose.CERTIFICATES)
        await Certificate.get_or_create(
            signature_id=signature.id,
            defaults={
                "pdf": pdf,
                "sha256": sha256,
                "statement": statement,
                "jws": jws.signed(statement, kid, private),
                "kid": kid,
                "made_at": now(),
            },
        )
    return await Certificate.get(signature_id=signature.id)


async def made_for(signature_id: str) -> Certificate:
    """The certificate of the signature of that identifier, made now if it is not there yet."""
    return await certificate_of(await Signature.get(id=signature_id))


async def make_missing(limit: int = 20) -> int:
    """Make the certificates that nobody asked for yet; how many were made."""
    rows = await fetch(
        "SELECT id FROM signature WHERE NOT EXISTS"
        " (SELECT 1 FROM certificate WHERE signature_id = signature.id) ORDER BY id LIMIT $1",
        limit,
    )
    made = 0
    for row in rows:
        signature = await Signature.get_or_none(id=row["id"])
        if signature is not None and texts.text_of(TextKind(signature.document), signature.version):
            await certificate_of(signature)
            made += 1
    return made


def link(number: str) -> str:
    """An address that opens the certificate in a browser for a few minutes, without a token."""
    return signed_links.link_to(f"{PATH}{number}.pdf")[0]


def opens(number: str, until: str, key: str) -> bool:
    """Whether the parameters of a link are ours, and still in time."""
    return signed_links.opens(f"{PATH}{number}.pdf", until, key)
