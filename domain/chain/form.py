"""The form of a sealed event: what its hash covers, spelled the same whatever the database.

The record of an event is a JSON object; the SHA-256 of its canonical text is the hash of the
event, and names the hash of the event before it. What may be erased or withheld is in the record
as a salted digest only, so that the record stays when its content goes. `frontend_contract/LOG.md`
says it for everyone.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

TYPE = "bordereau-event/1"
# What the first event of a log follows.
GENESIS = "0" * 64
# Written in the record as they are.
SAID = (
    "position", "epoch", "id", "kind", "occurred_at", "recorded_at",
    "subject_kind", "subject_id", "subject_sequence", "actor_kind",
    "party", "on_behalf_of", "change_from", "change_to", "reason",
)  # fmt: skip
# In the record as digests. The order is that of their salts.
PARTS = ("actor_id", "actor_name", "audience", "comment", "data")
ERASABLE = frozenset({"actor_name", "comment", "data"})

# Eighteen random bytes are twenty-four letters of base 64, without padding.
_SALT_BYTES, _SALT_LETTERS = 18, 24
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def seal(row: Mapping[str, Any], previous: str) -> tuple[str, str]:
    """Fresh salts for a row of the log, and the hash that it then has."""
    salts = fresh_salts()
    return salts, hash_of(record_of(row, previous, digests_of(row, salts)))


def record_of(row: Mapping[str, Any], previous: str, digests: Mapping[str, str]) -> dict[str, Any]:
    """The record of a row, as it stands in any of the databases."""
    record = {name: row[name] for name in SAID}
    record["occurred_at"] = _instant(record["occurred_at"])
    record["recorded_at"] = _instant(record["recorded_at"])
    record["type"] = TYPE
    record["previous"] = previous
    record["digests"] = digests
    return record


def hash_of(record: Mapping[str, Any]) -> str:
    """The hash of an event."""
    return sha256(_encode(record).encode()).hexdigest()


def canonical(value: Any) -> str:
    """One spelling of JSON (RFC 8785, for texts, whole numbers, nulls, lists and objects)."""
    return _encode(value)


def digests_of(row: Mapping[str, Any], salts: str) -> dict[str, str]:
    """The digest of every part of a row."""
    return {part: digest(row[part], salt) for part, salt in split(salts).items()}


def digest(value: str | None, salt: str) -> str:
    """What stands in a record for a part: it tells nothing to whoever lacks the salt."""
    text = "null" if value is None else encode_basestring(value)
    return sha256(f"{salt}{text}".encode()).hexdigest()


def fresh_salts() -> str:
    """A salt for each part, one after the other."""
    return base64.urlsafe_b64encode(os.urandom(_SALT_BYTES * len(PARTS))).decode()


def split(salts: str) -> dict[str, str]:
    """Each part with its salt."""
    return {
        part: salts[n * _SALT_LETTERS : (n + 1) * _SALT_LETTERS] for n, part in enumerate(PARTS)
    }


def resalted(salts: str, parts: Sequence[str]) -> str:
    """The same salts, but for those of some parts: the old ones are lost."""
    fresh = split(fresh_salts())
    return "".join(fresh[p] if p in parts else salt for p, salt in split(salts).items())


def commitment(links: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """What stands for a list of redactions: (position, part, digest before, digest after)."""
    text = canonical([list(link) for link in links])
    return {"count": len(links), "sha256": sha256(text.encode()).hexdigest()}


def _instant(value: datetime | str) -> str:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return value.isoformat(timespec="microseconds")
