"""Security keys and passkeys (WebAuthn level 2): what browsers are asked, what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from auth.factors.models import Factor
from domain.accounts.models import Account

NAME = "Bordereau"
_LOCAL = "localhost"
# What the library lets through of an answer that no browser would give.
_UNREADABLE = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
)


class NotProved(Exception):
    """The answer does not prove what was asked. The reason is for the log, never for the page."""


@dataclass(frozen=True)
class NewKey:
    """A key that a browser made for us."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: str
    is_synced: bool


@dataclass(frozen=True)
class Used:
    """A key that signed our challenge: where its counter stands, and whether it knew its user."""

    sign_count: int
    is_user_verified: bool


@dataclass(frozen=True)
class RelyingParty:
    """Us, as keys know us: a key made for one site answers to no other."""

    rp_id: str
    origin: str

    def creation(self, account: Account, known: Sequence[Factor], challenge: bytes) -> str:
        """What a browser is asked when a key is added, as JSON."""
        options = webauthn.generate_registration_options(
            rp_id=self.rp_id,
            rp_name=NAME,
            user_id=account.id.encode(),
            user_name=account.email,
            user_display_name=account.display_name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=_descriptors(known),
        )
        return options_to_json(options)

    def request(self, known: Sequence[Factor], challenge: bytes, *, alone: bool) -> str:
        """What a browser is asked at a log-in, as JSON; `alone`: with the key and nothing else."""
        needed = UserVerificationRequirement
        options = webauthn.generate_authentication_options(
            rp_id=self.rp_id,
            challenge=challenge,
            allow_credentials=_descriptors(known),
            user_verification=needed.REQUIRED if alone else needed.DISCOURAGED,
        )
        return options_to_json(options)

    def created(self, answer: str, challenge: bytes) -> NewKey:
        """The key that the browser made.

        Raises:
            NotProved: it was not made for us, for this challenge, or cannot be read.
        """
        try:
            parsed = parse_registration_credential_json(answer)
            seen = webauthn.verify_registration_response(
                credential=parsed,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
            )
        except _UNREADABLE as error:
            raise NotProved(str(error)) from error
        return NewKey(
            credential_id=bytes_to_base64url(seen.credential_id),
            public_key=bytes_to_base64url(seen.credential_public_key),
            sign_count=seen.sign_count,
            transports=" ".join(sorted({t.value for t in parsed.response.transports or ()})),
            is_synced=seen.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        )

    def used(self, answer: str, key: Factor, challenge: bytes, *, alone: bool) -> Used:
        """The proof that the browser holds the key.

        Its counter is not judged here: the library does so before the signature, and a forged
        counter must not cast suspicion on somebody's key.

        Raises:
            NotProved: it does not.
        """
        try:
            seen = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                credential_public_key=base64url_to_bytes(key.public_key or ""),
                credential_current_sign_count=0,
                require_user_verification=alone,
            )
        except _UNREADABLE as error:
            raise NotProved(str(error)) from error
        return Used(seen.new_sign_count, seen.user_verified)


def relying_party(issuer: str) -> RelyingParty | None:
    """Us at that address; None where browsers offer no keys: by IP address, or without TLS."""
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    if _is_address(host) or not (parts.scheme == "https" or host == _LOCAL):
        return None
    return RelyingParty(host, f"{parts.scheme}://{parts.netloc}")


def challenge_of(answer: str, *, creating: bool = False) -> bytes:
    """The challenge that a browser says it answers, to be recognised before anything else.

    Raises:
        NotProved: it cannot be read.
    """
    parse = parse_registration_credential_json if creating else parse_authentication_credential_json
    try:
        response = parse(answer).response
        return parse_client_data_json(response.client_data_json).challenge
    except _UNREADABLE as error:
        raise NotProved(str(error)) from error


def credential_of(answer: str) -> tuple[str, str | None]:
    """Which key a browser says it used, and whose account the key says it is.

    Raises:
        NotProved: it cannot be read.
    """
    try:
        parsed = parse_authentication_credential_json(answer)
        handle = parsed.response.user_handle
        return bytes_to_base64url(parsed.raw_id), handle.decode() if handle else None
    except _UNREADABLE as error:
        raise NotProved(str(error)) from error


def _descriptors(known: Sequence[Factor]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(key.credential_id or ""),
            transports=[AuthenticatorTransport(t) for t in (key.transports or "").split()],
        )
        for key in known
    ]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
