"""Signatures, credentials and headers of endpoints, through GraphQL and the published keys."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.api import Api, served
from tests.webhooks.certificates import an_authority, issued
from tests.webhooks.receiver import Receiver
from webhooks.models import Endpoint

SHOWN = """signatures customHeaders auth { kind user tokenUrl clientId scope audience
  certificateSubject certificateIssuer certificateExpiresAt }"""
CREATE = f"""mutation($input: WebhookEndpointCreateInput!) {{
  webhookEndpointCreate(input: $input) {{
  endpoint {{ id {SHOWN} }} secret userErrors {{ code path rule }} }} }}"""
UPDATE = f"""mutation($input: WebhookEndpointUpdateInput!) {{
  webhookEndpointUpdate(input: $input) {{
  endpoint {{ id {SHOWN} }} userErrors {{ code path rule }} }} }}"""
PING = """mutation($input: WebhookEndpointPingInput!) { webhookEndpointPing(input: $input) {
  userErrors { code path rule } } }"""
READ = f"query($id: ID!) {{ webhookEndpoint(id: $id) {{ {SHOWN} }} }}"
KEYS = "{ webhookKeys { kid publicKey createdAt signsUntil } }"
NO_AUTH = dict.fromkeys(
    ("user", "tokenUrl", "clientId", "scope", "audience", "certificateSubject",
     "certificateIssuer", "certificateExpiresAt")
)  # fmt: skip


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    """The whole application, allowed to post to this machine."""
    async with served(database_url, webhook_allow=("127.0.0.0/8",)) as one:
        yield one


async def test_an_endpoint_is_created_with_everything_and_shows_no_secret(
    api: Api, receiver: Receiver
) -> None:
    asked = {
        "structureId": api.world.parties.supplier.id,
        "url": receiver.url,
        "signatures": ["ED25519"],
        "auth": {"basic": {"user": "bordereau", "password": "s3cret"}},
        "customHeaders": [{"name": "X-Tenant", "value": "v4lue"}],
    }

    created = await api("erp")(CREATE, input=asked)
    assert created.user_errors == []
    endpoint = created.payload["endpoint"]
    await api("erp")(PING, input={"id": endpoint["id"]})
    await receiver.has(1)

    shown = (await api("erp")(READ, id=endpoint["id"])).payload
    assert shown == {
        "signatures": ["HMAC", "ED25519"],
        "customHeaders": ["x-tenant"],
        "auth": NO_AUTH | {"kind": "BASIC", "user": "bordereau"},
    }
    assert {k: v for k, v in endpoint.items() if k != "id"} == shown
    (message,) = receiver.messages
    assert message.is_signed_by(created.payload["secret"])
    assert base64.b64decode(message.headers["authorization"][6:]) == b"bordereau:s3cret"
    assert message.headers["x-tenant"] == "v4lue"
    (key,) = (await api("erp")(KEYS)).payload
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["publicKey"][5:]))
    signature = message.headers["webhook-signature"].split("v1a,")[1]
    content = f"{message.id}.{message.headers['webhook-timestamp']}.".encode() + message.body
    public.verify(base64.b64decode(signature), content)


async def test_a_change_touches_only_what_it_names_and_null_takes_away(
    api: Api, receiver: Receiver
) -> None:
    mine = issued(an_authority(), "bordereau")
    asked = {
        "structureId": api.world.parties.supplier.id,
        "url": "https://127.0.0.1:9000/",
        "auth": {"certificate": {"chain": mine.chain, "key": mine.key}},
        "customHeaders": [{"name": "x-a", "value": "1"}],
    }
    created = (await api("erp")(CREATE, input=asked)).payload["endpoint"]

    renamed = await api("erp")(UPDATE, input={"id": created["id"], "description": "ERP"})
    emptied = await api("erp")(
        UPDATE, input={"id": created["id"], "auth": None, "customHeaders": []}
    )

    end = mine.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert created["auth"] == NO_AUTH | {
        "kind": "CERTIFICATE",
        "certificateSubject": "CN=bordereau",
        "certificateIssuer": "CN=Autorité de test",
        "certificateExpiresAt": end,
    }
    assert renamed.payload["endpoint"] == created
    assert emptied.payload["endpoint"]["auth"] == NO_AUTH | {"kind": "NONE"}
    assert emptied.payload["endpoint"]["customHeaders"] == []


async def test_problems_point_into_the_input(api: Api) -> None:
    asked = {
        "structureId": api.world.parties.supplier.id,
        "url": "https://erp.example.org/",
        "auth": {"oauth2": {"tokenUrl": "https://10.0.0.1/", "clientId": "", "clientSecret": "s"}},
        "customHeaders": [{"name": "Host", "value": "x"}],
    }

    before = await Endpoint.all().count()

    answer = await api("erp")(CREATE, input=asked)

    assert answer.user_errors == [
        ("ADDRESS_NOT_ALLOWED", ["auth", "oauth2", "tokenUrl"]),
        ("INVALID_FORMAT", ["auth", "oauth2", "clientId"]),
        ("NOT_ALLOWED", ["customHeaders", "0", "name"]),
    ]
    assert await Endpoint.all().count() == before


async def test_exactly_one_way_of_authentication_is_taken(api: Api) -> None:
    both = {
        "basic": {"user": "a", "password": "b"},
        "certificate": {"chain": "", "key": ""},
    }
    for auth in ({}, both):
        asked = {
            "structureId": api.world.parties.supplier.id,
            "url": "https://erp.example.org/",
            "auth": auth,
        }
        assert (await api("erp")(CREATE, input=asked)).codes == ["BAD_USER_INPUT"]


async def test_a_stranger_neither_sees_nor_changes_the_credentials(api: Api) -> None:
    asked = {
        "structureId": api.world.parties.supplier.id,
        "url": "https://erp.example.org/",
        "auth": {"basic": {"user": "jean", "password": "b"}},
    }
    endpoint = (await api("erp")(CREATE, input=asked)).payload["endpoint"]["id"]

    seen = await api("recipient")(READ, id=endpoint)
    changed = await api("recipient")(UPDATE, input={"id": endpoint, "auth": None})

    assert seen.payload is None
    assert changed.user_errors == [("NOT_FOUND", ["id"])]
    assert (await Endpoint.get(id=endpoint)).auth_kind == "BASIC"


async def test_the_keys_are_open_to_readers_of_webhooks_and_to_all_at_their_address(
    api: Api,
) -> None:
    (key,) = (await api("erp")(KEYS)).payload
    published = await api.http.get("/.well-known/webhook-keys.json")

    assert (await api("anonymous")(KEYS)).codes == ["UNAUTHENTICATED"]
    assert published.status_code == 200
    assert published.headers["access-control-allow-origin"] == "*"
    (jwk,) = published.json()["keys"]
    assert (jwk["kid"], jwk["whpk"]) == (key["kid"], key["publicKey"])
    assert set(jwk) == {"kty", "crv", "x", "kid", "alg", "use", "whpk"}
