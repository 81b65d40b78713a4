"""A security key in software: it does what a browser and a key do together, well or badly."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any

import cbor2
import httpx2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

PRESENT, VERIFIED, SHAREABLE, SHARED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "===")


def options_of(page: httpx2.Response) -> dict[str, Any]:
    """What the page asks of the browser."""
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, page.text
    return dict(json.loads(html.unescape(found[1])))


@dataclass
class SecurityKey:
    """One key. What it says of its user, its counter and its origin may be changed at will."""

    origin: str = "https://bordereau.test"
    rp_id: str | None = None
    verifies: bool = True
    counter: int = 0
    # None: a key that does not count, as most passkeys.
    counts: bool = True
    is_synced: bool = False
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    private: EllipticCurvePrivateKey = field(
        default_factory=lambda: generate_private_key(SECP256R1())
    )
    user_handle: bytes | None = None

    def make(self, page: httpx2.Response, **changed: Any) -> str:
        """The answer to a page that asks for a new key."""
        options = options_of(page)
        self.rp_id = self.rp_id or options["rp"]["id"]
        self.user_handle = decoded(options["user"]["id"])
        attested = (
            bytes(16)
            + len(self.credential_id).to_bytes(2, "big")
            + self.credential_id
            + self._cose()
        )
        statement = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._about(ATTESTED) + attested,
        }
        response = {
            "clientDataJSON": encoded(self._said("webauthn.create", options, **changed)),
            "attestationObject": encoded(cbor2.dumps(statement)),
            "transports": ["usb", "nfc"],
        }
        return self._credential(response)

    def sign(self, page: httpx2.Response, **changed: Any) -> str:
        """The answer to a page that asks for a proof."""
        options = options_of(page)
        self.rp_id = self.rp_id or options["rpId"]
        if self.counts:
            self.counter += 1
        said, about = self._said("webauthn.get", options, **changed), self._about()
        signature = self.private.sign(about + hashlib.sha256(said).digest(), ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": encoded(said),
            "authenticatorData": encoded(about),
            "signature": encoded(signature),
            "userHandle": encoded(self.user_handle) if self.user_handle else None,
        }
        return self._credential(response)

    def copy(self) -> SecurityKey:
        """The same key in other hands: same secret, and the counter as it stands."""
        return SecurityKey(
            origin=self.origin,
            rp_id=self.rp_id,
            verifies=self.verifies,
            counter=self.counter,
            credential_id=self.credential_id,
            private=self.private,
            user_handle=self.user_handle,
        )

    def _said(self, kind: str, options: dict[str, Any], **changed: Any) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps({**said, "crossOrigin": False, **changed}).encode()

    def _about(self, more: int = 0) -> bytes:
        flags = PRESENT | more | (VERIFIED if self.verifies else 0)
        flags |= SHAREABLE | SHARED if self.is_synced else 0
        assert self.rp_id
        counter = self.counter if self.counts else 0
        return (
            hashlib.sha256(self.rp_id.encode()).digest()
            + bytes([flags])
            + counter.to_bytes(4, "big")
        )

    def _cose(self) -> bytes:
        numbers = self.private.public_key().public_numbers()
        x, y = (n.to_bytes(32, "big") for n in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _credential(self, response: dict[str, Any]) -> str:
        name = encoded(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
