"""Signing: the evidence is written with the fact that it proves."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.access import OWN, Actor, ActorKind, Permission
from domain.accounts.models import Account
from domain.clock import now
from domain.errors import Duplicate, Forbidden, Invalid, NotFound
from domain.events import PLATFORM, record, transaction
from domain.ids import findable, new_id
from domain.origin import Origin
from domain.rules_text import problem
from domain.signatures import terms_text, texts
from domain.signatures.models import Signature
from domain.signatures.texts import SignedText, TextKind

# Of which the first versions come with the product.
TERMS = terms_text.VERSIONS

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PREFIX, _DIGITS = "CERT", 16
# How long what ended must still be provable: article L. 123-22 of the commercial code for what
# invoices rest on, article 2224 of the civil code for the rest. Whole days, leap years included.
KEPT = {TextKind.MANDATE: timedelta(days=3_653), TextKind.TERMS: timedelta(days=1_827)}


@dataclass(frozen=True)
class SignedFor:
    """The structure that a signature commits, as it is now."""

    id: str
    identifier_type: str
    identifier: str
    name: str


@dataclass(frozen=True)
class ToSign:
    """A text that somebody should sign, and whether nothing older suffices any more."""

    text: SignedText
    is_required: bool


async def sign(
    text: SignedText, account: Account, origin: Origin, structure: SignedFor | None = None
) -> Signature:
    """Write the evidence of a signature. Needs the transaction of the fact that it proves."""
    return await Signature.create(
        id=new_id("sgn"),
        document=text.kind,
        version=text.version,
        text_hash=text.sha256,
        number=_new_number(),
        signed_at=now(),
        account_id=account.id,
        account_name=account.display_name,
        account_email=account.email,
        structure_id=structure and structure.id,
        structure_identifier_type=structure and structure.identifier_type,
        structure_identifier=structure and structure.identifier,
        structure_name=structure and structure.name,
        address=origin.address,
        user_agent=origin.user_agent,
        methods=" ".join(origin.proof.methods)[:100],
        authenticated_at=origin.proof.authenticated_at,
        credential=origin.proof.credential,
    )


async def end(signature_id: str | None) -> None:
    """What was signed binds no more: the evidence may go once the law allows."""
    async with transaction():
        await Signature.filter(id=signature_id, ended_at=None).update(ended_at=now())


async def accept_terms(actor: Actor, version: str, text_hash: str, origin: Origin) -> Signature:
    """Accept the terms of use in their present words.

    Raises:
        Forbidden, Invalid, Duplicate, NotFound
    """
    if actor.kind is not ActorKind.PERSON:
        raise Forbidden(problem("BDR-SIG-010"))
    text = texts.present(TextKind.TERMS)
    if (version, text_hash.lower()) != (text.version, text.sha256):
        raise Invalid(problem("BDR-SIG-011", ("version",), version=text.version))
    async with transaction():
        account = await Account.filter(id=findable(actor.id)).select_for_update().first()
        if account is None:
            raise NotFound(problem("BDR-REQ-001"))
        earlier = Signature.filter(
            account_id=account.id, document=TextKind.TERMS, ended_at=None, structure_id=None
        )
        if await earlier.filter(version=version, text_hash=text.sha256).exists():
            raise Duplicate(problem("BDR-SIG-012", ("version",), version=version))
        await earlier.update(ended_at=now())
        signature = await sign(text, account, origin)
        record(
            "terms.accepted",
            account,
            actor,
            audience=[
                (account.id, Permission.OWN_ACCOUNT),
                (PLATFORM, Permission.ADMINISTER),
            ],
            data={"terms": card(signature)},
        )
        await account.save(update_fields=["event_count"])
    return signature


async def terms_to_accept(account_id: str) -> ToSign | None:
    """The terms that the person has not accepted in their present words.

    They are required of those who opened their account themselves; who was let in by the
    operator's own commands is asked and not stopped.
    """
    text = texts.present(TextKind.TERMS)
    mine = await Signature.filter(account_id=account_id, document=TextKind.TERMS, ended_at=None)
    signed = {signature.version for signature in mine}
    if text.version in signed:
        return None
    account = await Account.get_or_none(id=findable(account_id))
    is_asked = bool(signed) or (account is not None and account.activated_at is not None)
    return ToSign(text, is_asked and not texts.accepted(TextKind.TERMS) & signed)


async def accepted_terms(account_id: str, limit: int = 20) -> Sequence[Signature]:
    """What the person accepted, the newest first."""
    mine = Signature.filter(account_id=account_id, document=TextKind.TERMS)
    return await mine.order_by("-signed_at", "-id").limit(limit)


def person(account: Account) -> Actor:
    """The person of an account acting for itself, before it has a token."""
    return Actor(account.id, ActorKind.PERSON, account.display_name, {account.id: OWN})


def card(signature: Signature) -> dict[str, str]:
    """A signature in short, as events carry it."""
    return {
        "version": signature.version,
        "sha256": signature.text_hash,
        "number": signature.number,
    }


def is_in_force(signature: Signature) -> bool:
    """Whether it still binds: neither ended nor too old."""
    return signature.ended_at is None and signature.version in texts.accepted(
        TextKind(signature.document)
    )


def outdated_on(signature: Signature) -> date | None:
    """The day on which its version stopped sufficing, if that day has come."""
    kind = TextKind(signature.document)
    if signature.version in texts.accepted(kind):
        return None
    return texts.outdated_from(kind, signature.version)


async def forget_old() -> int:
    """Forget the evidence that no law asks to keep any more; how many signatures went."""
    async with transaction():
        return sum(
            [
                await Signature.filter(document=kind, ended_at__lt=now() - kept).delete()
                for kind, kept in KEPT.items()
            ]
        )


def normal_number(text: str) -> str:
    """A certificate number as it is kept, however it was typed."""
    letters = "".join(c for c in text[:100].upper() if c.isascii() and c.isalnum())
    body = letters.removeprefix(_PREFIX) if len(letters) > _DIGITS else letters
    return _grouped(body.translate(str.maketrans("OIL", "011")))


def _new_number() -> str:
    """`CERT-` and four groups of four: 80 random bits that can be dictated."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _ in range(_DIGITS)))


def _grouped(digits: str) -> str:
    return "-".join([_PREFIX, *(digits[n : n + 4] for n in range(0, len(digits), 4))])
