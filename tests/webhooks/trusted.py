"""What a receiver checks, and what is kept of the attempts made to it."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.webhooks.receiver import Message
from webhooks import site_keys
from webhooks.models import Attempt, Delivery, Endpoint


async def attempts(endpoint: Endpoint) -> list[Attempt]:
    ids = await Delivery.filter(endpoint_id=endpoint.id).values_list("id", flat=True)
    return list(await Attempt.filter(delivery_id__in=ids).order_by("id"))


def signed_content(message: Message) -> bytes:
    return f"{message.id}.{message.headers['webhook-timestamp']}.".encode() + message.body


def is_signed_by_site(message: Message, public_key: str) -> bool:
    """What a receiver does with a `whpk_` key, by the `cryptography` package."""
    key = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(public_key.removeprefix("whpk_"), validate=True)
    )
    for given in message.headers["webhook-signature"].split(" "):
        version, _, signature = given.partition(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature, validate=True), signed_content(message))
            except Exception:  # noqa: BLE001, S112 - another of them may be right
                continue
            return True
    return False


async def after_first_key() -> list[site_keys.PublicKey]:
    await site_keys.ensure()
    return await site_keys.public_keys()
