"""Whether a certificate is genuine, and what it certifies: with the database, or without."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.reference.words import Words
from domain.signatures import jws, keys
from domain.signatures.actions import normal_number
from domain.signatures.models import Certificate, Purpose, Signature
from domain.signatures.statement import TYPE, statement_of

_NUMBER = re.compile(rb"CERT(?:-[0-9A-Z]{4}){4}")

GENUINE = Words(
    "Ce certificat est authentique : il est tel qu'il a été délivré.",
    "This certificate is genuine: it is as it was issued.",
)
UNKNOWN = Words(
    "Ce fichier n'est pas un certificat délivré par ce site.",
    "This file is not a certificate issued by this site.",
)
ALTERED = Words(
    "Ce fichier n'est pas authentique : il a été modifié depuis sa délivrance.",
    "This file is not genuine: it was changed after it was issued.",
)
OTHER_FILE = Words(
    "Cette signature est celle d'un autre fichier, ou le fichier a été modifié.",
    "This signature is that of another file, or the file was changed.",
)
NO_KEY = Words(
    "La clé qui a signé n'est pas parmi les clés publiées.",
    "The key that signed is not among the published keys.",
)
FORGED = Words("La signature du site est fausse.", "The signature of the site is wrong.")
CONTRADICTED = Words(
    "La signature est juste, mais la preuve conservée par le site dit autre chose.",
    "The signature is right, but the evidence kept by the site says otherwise.",
)
UNREADABLE = Words(
    "La déclaration n'est pas celle d'un certificat.",
    "The statement is not one of a certificate.",
)


@dataclass(frozen=True)
class Verdict:
    """Whether the file is genuine, why, and what it states when it is."""

    is_genuine: bool
    words: Words
    statement: Mapping[str, Any] | None = None
    signature: Signature | None = None


def verified(pdf: bytes, statement: str, mark: str, published: Iterable[jws.Jwk]) -> Verdict:
    """Judge a file by what is stated of it, the detached JWS and the published keys: offline."""
    kid = jws.kid_of(mark)
    key = next((k for k in published if k.get("kid") == kid), None) if kid else None
    if key is None:
        return Verdict(is_genuine=False, words=NO_KEY if kid else FORGED)
    if not jws.is_genuine(statement, mark, key):
        return Verdict(is_genuine=False, words=FORGED)
    said = _stated(statement)
    if said is None:
        return Verdict(is_genuine=False, words=UNREADABLE)
    if said["certificate"]["sha256"] != hashlib.sha256(pdf).hexdigest():
        return Verdict(is_genuine=False, words=OTHER_FILE)
    return Verdict(is_genuine=True, words=GENUINE, statement=said)


async def verified_here(pdf: bytes, published: Iterable[jws.Jwk] | None = None) -> Verdict:
    """Judge a file by what the database holds, with its own keys unless others are given."""
    made = await Certificate.get_or_none(sha256=hashlib.sha256(pdf).hexdigest())
    if made is None:
        found = _NUMBER.search(pdf)
        issued = found and await by_number(found[0].decode())
        return Verdict(is_genuine=False, words=ALTERED if issued else UNKNOWN)
    signature = await Signature.get(id=made.signature_id)
    trusted = (
        (await keys.published(Purpose.CERTIFICATES))["keys"] if published is None else published
    )
    verdict = verified(pdf, made.statement, made.jws, trusted)
    if verdict.statement is None:
        return verdict
    if verdict.statement != statement_of(signature, verdict.statement["issuer"], made.sha256):
        return Verdict(is_genuine=False, words=CONTRADICTED)
    return Verdict(verdict.is_genuine, verdict.words, verdict.statement, signature)


async def by_number(typed: str) -> Signature | None:
    """The signature whose certificate has that number, however it is typed."""
    number = normal_number(typed)
    return await Signature.get_or_none(number=number) if len(number) == len("CERT") + 20 else None


def signature_in(text: str) -> tuple[str, str]:
    """The statement and the detached JWS of a file: the two in JSON, or a whole compact JWS.

    Raises:
        ValueError: it is neither.
    """
    compact = text.strip().split(".")
    if len(compact) == 3 and compact[1]:
        return jws.decoded(compact[1]).decode(), f"{compact[0]}..{compact[2]}"
    try:
        given = json.loads(text)
        statement, mark = given["statement"], given["jws"]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("the signature must hold `statement` and `jws`") from error
    if not (isinstance(statement, str) and isinstance(mark, str)):
        raise ValueError("`statement` and `jws` must be texts")
    return statement, mark


def keys_in(text: str) -> list[jws.Jwk]:
    """The keys of a JWK Set.

    Raises:
        ValueError: it is none.
    """
    try:
        found = json.loads(text)["keys"]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("the keys must be a JWK Set") from error
    if not (isinstance(found, list) and all(isinstance(key, dict) for key in found)):
        raise ValueError("the keys must be a JWK Set")
    return found


def _stated(statement: str) -> Mapping[str, Any] | None:
    try:
        said = json.loads(statement)
        is_ours = said["type"] == TYPE and isinstance(said["certificate"]["sha256"], str)
    except (ValueError, TypeError, KeyError):
        return None
    return said if is_ours else None
