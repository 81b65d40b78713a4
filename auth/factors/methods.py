"""How a person proved who it is, in the words of RFC 8176 (`amr`), and its worth (`acr`)."""

from __future__ import annotations

from collections.abc import Iterable

PASSWORD = "pwd"  # noqa: S105 - a name
CODE = "otp"
HARDWARE_KEY = "hwk"
SYNCED_KEY = "swk"
# The key checked a fingerprint, a face or a PIN: something held and something known or inherent.
USER = "user"
SEVERAL = "mfa"

ONE_FACTOR = "urn:bordereau:acr:1fa"
TWO_FACTORS = "urn:bordereau:acr:2fa"


def together(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """The methods of two proofs of different factors."""
    return list(dict.fromkeys([*first, *second, SEVERAL]))


def is_strong(methods: str) -> bool:
    """Whether more than one factor was proved."""
    return SEVERAL in methods.split()


def acr_of(methods: str) -> str:
    """The authentication context of a log-in."""
    return TWO_FACTORS if is_strong(methods) else ONE_FACTOR
