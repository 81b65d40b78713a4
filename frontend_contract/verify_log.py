"""Checks a history of Bordereau without Bordereau: Python 3.11, and `cryptography` for signatures.

    python verify_log.py export.jsonl
    python verify_log.py export.jsonl checkpoints.json --keys keys.json
    python verify_log.py --proof proof.json --keys keys.json

It shares no line with the product; LOG.md is what both follow. Copy it, read it, run it anywhere.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PARTS = ("actor_id", "actor_name", "audience", "comment", "data")
ERASABLE = ("actor_name", "comment", "data")


class Wrong(Exception):
    """What is wrong, and where."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(value: str | None, salt: str) -> str:
    return sha256(salt + canonical(value))


class History:
    """The chain, the contents, and the redactions that explain contents that changed."""

    def __init__(self) -> None:
        self.hashes: dict[int, str] = {}
        self.changed: dict[tuple[int, str], tuple[str, str, set[str], str]] = {}
        self.links: dict[tuple[int, str], list[tuple[str, str, str]]] = {}
        self.previous: str | None = None
        self.position: int | None = None
        self.epoch = 0

    def add(self, line: Mapping[str, Any]) -> None:
        record, position = line["record"], line["record"]["position"]
        if self.position is not None and position != self.position + 1:
            raise Wrong(f"position {self.position + 1}: the event is missing")
        if sha256(canonical(record)) != line["hash"]:
            raise Wrong(f"position {position}: the hash is not that of the record")
        if self.previous is not None and record["previous"] != self.previous:
            raise Wrong(f"position {position}: it does not follow the event before it")
        if record["epoch"] < self.epoch or record["type"] != "bordereau-event/1":
            raise Wrong(f"position {position}: it is no event of this epoch")
        self.epoch = record["epoch"]
        self.compare(line)
        self.redact(line)
        self.hashes[position] = line["hash"]
        self.previous, self.position = line["hash"], position

    def compare(self, line: Mapping[str, Any]) -> None:
        record, values, salts = line["record"], line["values"], line["salts"]
        for part in PARTS:
            present = digest(values[part], salts[part])
            if present == record["digests"][part]:
                continue
            if part not in ERASABLE:
                raise Wrong(f"position {record['position']}: its {part} was altered")
            people = {values["actor_id"]}
            if part != "actor_name":
                people.add(record["subject_id"])
            text = "" if part == "actor_name" else values[part] or ""
            original = record["digests"][part]
            self.changed[record["position"], part] = (original, present, people, text)

    def redact(self, line: Mapping[str, Any]) -> None:
        record, links = line["record"], line.get("redactions", [])
        told = {"count": 0, "sha256": sha256("[]")}
        if record["kind"] == "account.erased":
            told = json.loads(line["values"]["data"]).get("redacted", told)
        if told != {"count": len(links), "sha256": sha256(canonical(sorted(links)))}:
            raise Wrong(f"position {record['position']}: its redactions are not those it told of")
        for position, part, before, after in links:
            if position >= record["position"]:
                raise Wrong(f"position {record['position']}: it redacts what comes after it")
            self.links.setdefault((position, part), []).append(
                (before, after, record["subject_id"])
            )

    def end(self) -> None:
        for (position, part), (original, present, people, text) in sorted(self.changed.items()):
            reached, found = original, False
            for before, after, account in self.links.get((position, part), []):
                if before != reached or not (account in people or account in text):
                    raise Wrong(f"position {position}: no erasure explains its {part}")
                reached, found = after, found or after == present
            if not found:
                raise Wrong(f"position {position}: no erasure explains its {part}")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def said(signed: Mapping[str, str], keys: Iterable[Mapping[str, str]]) -> Mapping[str, Any]:
    """What a checkpoint says, if one of the published keys signed it (RFC 7515, detached)."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - needed for keys only
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - events need Python alone
        Ed25519PublicKey,
    )

    header, _, signature = signed["jws"].split(".")
    told = json.loads(decoded(header))
    key = next((k for k in keys if k["kid"] == told["kid"]), None)
    if key is None or (told["alg"], told["typ"]) != ("EdDSA", "bordereau-checkpoint+jws"):
        raise Wrong("a checkpoint was signed by none of the keys")
    payload = base64.urlsafe_b64encode(signed["statement"].encode()).rstrip(b"=")
    try:
        Ed25519PublicKey.from_public_bytes(decoded(key["x"])).verify(
            decoded(signature), header.encode() + b"." + payload
        )
    except InvalidSignature:
        raise Wrong("the signature of a checkpoint is wrong") from None
    statement: Mapping[str, Any] = json.loads(signed["statement"])
    if statement["type"] != "bordereau-checkpoint/1":
        raise Wrong("a checkpoint is none")
    return statement


def tree(hashes: Sequence[str]) -> bytes:
    """The root of RFC 6962."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashlib.sha256(b"\x00" + bytes.fromhex(hashes[0])).digest()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree(hashes[:half]) + tree(hashes[half:])).digest()


def compare(history: History, checkpoint: Mapping[str, Any]) -> None:
    number, position = checkpoint["number"], checkpoint["position"]
    if position > (history.position or 0):
        raise Wrong(f"checkpoint {number} was signed at position {position}: the end is missing")
    if history.hashes.get(position, checkpoint["hash"]) != checkpoint["hash"]:
        raise Wrong(f"position {position}: it is not what checkpoint {number} signed")
    covered = [history.hashes.get(p) for p in range(checkpoint["after"] + 1, position + 1)]
    known = [h for h in covered if h is not None]
    if len(known) == len(covered) and tree(known).hex() != checkpoint["root"]:
        raise Wrong(f"the tree of checkpoint {number} is not that of its events")


def proven(proof: Mapping[str, Any], keys: Iterable[Mapping[str, str]]) -> Mapping[str, Any]:
    """What the checkpoint says by which one event is proved, if it is (RFC 9162, 2.1.3.2)."""
    record, checkpoint = proof["record"], said(proof["checkpoint"], keys)
    for part, value in proof["values"].items():
        if digest(value, proof["salts"][part]) != record["digests"][part]:
            raise Wrong(f"its {part} was altered")
    index, last = proof["index"], checkpoint["position"] - checkpoint["after"] - 1
    if not 0 <= index <= last or index != record["position"] - checkpoint["after"] - 1:
        raise Wrong("the checkpoint does not cover it")
    node = hashlib.sha256(b"\x00" + bytes.fromhex(sha256(canonical(record)))).digest()
    for sibling in map(bytes.fromhex, proof["path"]):
        if last == 0:
            raise Wrong("its path is too long")
        if index % 2 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while index and index % 2 == 0:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    if last or node.hex() != checkpoint["root"]:
        raise Wrong("it is not among the events of the checkpoint")
    return checkpoint


def signed_in(path: Path) -> Sequence[Mapping[str, str]]:
    given = json.loads(path.read_text("utf-8"))
    if isinstance(given, dict):
        given = given.get("checkpoints", [given])
    found: Sequence[Mapping[str, str]] = given
    return found


def lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            yield json.loads(text)


def verified(found: Iterable[Mapping[str, Any]]) -> History:
    history = History()
    for line in found:
        history.add(line)
    history.end()
    return history


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", help="what `manage.py log export` wrote")
    parser.add_argument("checkpoints", type=Path, nargs="?", help="what the site signed")
    parser.add_argument("--proof", type=Path, help="the document of an `eventProof` instead")
    parser.add_argument("--keys", type=Path, help="/.well-known/checkpoint-keys.json of the site")
    asked = parser.parse_args(arguments)
    if (asked.file is None) == (asked.proof is None):
        parser.error("give an export or a proof")
    if (asked.checkpoints or asked.proof) and not asked.keys:
        parser.error("signatures need the keys that made them: --keys")
    keys = json.loads(asked.keys.read_text("utf-8"))["keys"] if asked.keys else []
    try:
        if asked.proof:
            tell_proof(json.loads(asked.proof.read_text("utf-8")), keys)
        else:
            signed = signed_in(asked.checkpoints) if asked.checkpoints else []
            tell_history(asked.file, [said(one, keys) for one in signed])
    except (Wrong, KeyError, TypeError, ValueError) as error:
        print(f"NOT GENUINE: {error}", file=sys.stderr)
        return 1
    return 0


def tell_proof(proof: Mapping[str, Any], keys: Iterable[Mapping[str, str]]) -> None:
    checkpoint = proven(proof, keys)
    print(f"Genuine: {checkpoint['issuer']} recorded this before {checkpoint['madeAt']}.")
    print(json.dumps({**proof["record"], **proof["values"]}, ensure_ascii=False, indent=2))


def tell_history(file: Path, checkpoints: Sequence[Mapping[str, Any]]) -> None:
    history = verified(lines(file))
    for checkpoint in checkpoints:
        compare(history, checkpoint)
    redacted = len({position for position, _ in history.changed})
    print(f"{len(history.hashes)} events are whole and unaltered, {redacted} of them redacted.")
    print(f"The last is at position {history.position}: {history.previous}")


if __name__ == "__main__":
    sys.exit(main())
