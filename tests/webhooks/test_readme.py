"""The snippets of the README that verify a message, run on messages of ours."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.signatures import jws
from webhooks.signing import new_secret, signature_header

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
NODE = shutil.which("node")
KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
SECRET, OTHER_SECRET = new_secret(), new_secret()


@dataclass(frozen=True)
class Case:
    """A message, what its receiver trusts, and whether it is to be believed."""

    name: str
    by: str
    believed: bool
    headers: Mapping[str, str]
    body: str = '{"id":"evt_1","data":"Saint-Étienne"}'
    secret: str = SECRET
    key: Ed25519PrivateKey = KEY


def signed_at(at: datetime, secrets: list[str], keys: list[Ed25519PrivateKey]) -> dict[str, str]:
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature_header("evt_1", at, Case.body.encode(), secrets, keys),
    }


def cases() -> list[Case]:
    now = datetime.now(UTC)
    today = {"webhook-timestamp": str(int(now.timestamp()))}
    good = signed_at(now, [SECRET], [KEY])
    stale = signed_at(now - timedelta(minutes=6), [SECRET], [KEY])
    early = signed_at(now + timedelta(minutes=6), [SECRET], [KEY])
    rotated = signed_at(now, [OTHER_SECRET, SECRET], [OTHER_KEY, KEY])
    one = [
        Case("genuine", "", True, good),
        Case("during a rotation", "", True, rotated),
        Case("another body", "", False, good, body=Case.body + " "),
        Case("another id", "", False, good | {"webhook-id": "evt_2"}),
        Case("stale", "", False, stale),
        Case("from the future", "", False, early),
        Case("renewed by a thief", "", False, stale | today),
        Case("of another sender", "", False, good, secret=OTHER_SECRET, key=OTHER_KEY),
        Case("not signed", "", False, good | {"webhook-signature": ""}),
    ]  # fmt: skip
    both = [replace(case, by=by) for by in ("secret", "site") for case in one]
    renamed = good["webhook-signature"].replace("v1a,", "v1,")
    only_key = signed_at(now, [], [KEY])
    only_secret = signed_at(now, [SECRET], [])
    return [
        *both,
        Case("only the key", "secret", False, only_key),
        Case("only the secret", "site", False, only_secret),
        Case("versions exchanged", "site", False, good | {"webhook-signature": renamed}),
    ]


def snippet(name: str) -> str:
    (found,) = [
        code
        for _, code in re.findall(r"```(python|js)\n(.*?)```", README, re.DOTALL)
        if re.match(rf"(#|//) {re.escape(name)}", code)
    ]
    return str(found)


def whpk(key: Ed25519PrivateKey) -> str:
    return "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def test_the_python_snippet_believes_what_it_must_and_nothing_else() -> None:
    names: dict[str, Any] = {}
    exec(snippet("verify.py"), names)  # noqa: S102 - our own words, which integrators copy
    by: dict[str, Callable[[Case], bool]] = {
        "secret": lambda c: names["is_by_secret"](c.secret, c.headers, c.body.encode()),
        "site": lambda c: names["is_by_site"]([whpk(c.key)], c.headers, c.body.encode()),
    }

    wrong = [(c.by, c.name) for c in cases() if by[c.by](c) is not c.believed]

    assert wrong == []


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_node_snippet_believes_what_it_must_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "verify.mjs").write_text(snippet("verify.mjs"))
    (tmp_path / "run.mjs").write_text(
        """import { readFileSync } from 'node:fs';
import { isBySecret, isBySite } from './verify.mjs';
const cases = JSON.parse(readFileSync(0));
const judged = cases.map((c) => c.by === 'secret'
  ? isBySecret(c.secret, c.headers, Buffer.from(c.body))
  : isBySite([c.jwk], c.headers, Buffer.from(c.body)));
console.log(JSON.stringify(judged));
"""
    )
    asked = cases()
    given = [
        {
            "by": c.by,
            "secret": c.secret,
            "jwk": {**jws.public_jwk(c.key), "whpk": whpk(c.key)},
            "headers": c.headers,
            "body": c.body,
        }
        for c in asked
    ]

    run = subprocess.run(
        [str(NODE), "run.mjs"],
        cwd=tmp_path,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    wrong = [
        (c.by, c.name)
        for c, answer in zip(asked, json.loads(run.stdout), strict=True)
        if answer is not c.believed
    ]
    assert wrong == []
