"""Codes of an authenticator application (RFC 6238): thirty seconds, six digits."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp
import segno

ISSUER = "Bordereau"
_STEP_SECONDS = 30
# A telephone may be half a minute off, and its owner may take a while to type.
_TOLERANCE = (0, -1, 1)


def new_secret() -> str:
    """A secret of 160 bits, as applications take it."""
    return pyotp.random_base32(32)


def address_of(secret: str, email: str) -> str:
    """The `otpauth:` address that an application reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_of(address: str) -> str:
    """The address as an image, in SVG without style nor script."""
    return segno.make(address, error="m", micro=False).svg_inline(
        scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )


def step_of(secret: str, code: str, at: datetime, after: int | None) -> int | None:
    """The time step that the code belongs to, if it is later than the last one used."""
    totp = pyotp.TOTP(secret)
    present = int(at.timestamp()) // _STEP_SECONDS
    found = None
    for shift in _TOLERANCE:
        expected = totp.generate_otp(present + shift)
        is_right = hmac.compare_digest(expected.encode(), code.encode())
        if is_right and (after is None or present + shift > after):
            found = present + shift
    return found
