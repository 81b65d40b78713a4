"""Signatures, judged by the public package."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from domain import vault
from webhooks.signing import new_secret, signature_header

BODY = '{"id":"evt_1","data":"Saint-Étienne"}'.encode()


def headers(secrets: list[str], at: datetime, body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature_header("evt_1", at, body, secrets),
    }


def test_a_secret_is_32_random_bytes_behind_its_prefix() -> None:
    one, other = new_secret(), new_secret()

    assert one != other
    assert one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32


def test_the_public_package_accepts_our_signature() -> None:
    secret = new_secret()

    Webhook(secret).verify(BODY, headers([secret], datetime.now(UTC)))


def test_during_a_rotation_both_secrets_verify() -> None:
    old, new = new_secret(), new_secret()
    both = headers([new, old], datetime.now(UTC))

    Webhook(old).verify(BODY, both)
    Webhook(new).verify(BODY, both)


@pytest.mark.parametrize(
    ("spoilt", "body"),
    [
        ({"webhook-id": "evt_2"}, BODY),
        ({"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) - 60)}, BODY),
        ({}, BODY + b" "),
    ],
    ids=["another id", "another time", "another body"],
)
def test_a_signature_holds_for_its_id_time_and_body_only(
    spoilt: dict[str, str], body: bytes
) -> None:
    secret = new_secret()
    sent = headers([secret], datetime.now(UTC)) | spoilt

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, sent)


@given(
    st.text(max_size=200),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the bounds of hypothesis are naive
)
def test_our_signature_is_that_of_the_public_package(text: str, at: datetime) -> None:
    secret = new_secret()
    whole = at.replace(microsecond=0)
    encodable = text.encode("utf-8", "replace").decode()

    ours = signature_header("evt_1", whole, encodable.encode(), [secret])

    assert ours == Webhook(secret).sign("evt_1", whole, encodable)


def test_the_time_of_another_zone_is_the_same_instant() -> None:
    secret, at = new_secret(), datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=2)))

    assert signature_header("e", at, b"x", [secret]) == signature_header(
        "e", elsewhere, b"x", [secret]
    )


@given(st.binary(max_size=200), st.integers(0, 2))
def test_each_key_of_the_site_makes_a_signature_that_anyone_verifies(
    body: bytes, others: int
) -> None:
    keys = [Ed25519PrivateKey.generate() for _ in range(1 + others)]
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    header = signature_header("evt_1", at, body, [new_secret()], keys)

    version, *asymmetric = header.split(" ")
    assert version.startswith("v1,")
    assert len(asymmetric) == len(keys)
    for key, one in zip(keys, asymmetric, strict=True):
        signature = base64.b64decode(one.removeprefix("v1a,"), validate=True)
        key.public_key().verify(signature, f"evt_1.{int(at.timestamp())}.".encode() + body)


def test_the_public_package_takes_its_signature_from_among_those_of_the_site() -> None:
    secret, at = new_secret(), datetime.now(UTC)
    both = headers([secret], at)
    keys = [Ed25519PrivateKey.generate()]
    both["webhook-signature"] = signature_header("evt_1", at, BODY, [secret], keys)

    Webhook(secret).verify(BODY, both)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, both)


def test_a_sealed_secret_opens_for_its_owner_and_key_only() -> None:
    secret = new_secret()
    sealed = vault.seal(secret, "whe_1", b"key")

    assert secret not in sealed
    assert vault.unseal(sealed, "whe_1", b"key") == secret
    for owner, key in (("whe_2", b"key"), ("whe_1", b"other")):
        with pytest.raises(InvalidTag):
            vault.unseal(sealed, owner, key)
