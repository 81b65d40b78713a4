"""How a receiver knows us: credentials and headers, and what is kept of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest

from domain.errors import Invalid
from domain.structures.models import Structure
from tests.make import an_actor
from tests.webhooks.conftest import an_endpoint, news, run
from tests.webhooks.receiver import Receiver
from webhooks import endpoints
from webhooks.custom_headers import Header
from webhooks.endpoints import EndpointDraft
from webhooks.machine import Machine
from webhooks.models import Endpoint
from webhooks.receiver_auth import Auth, Basic, Certificate, NoAuth, OAuth2
from webhooks.trust import Trust


async def test_a_user_and_a_password_are_sent_with_every_message(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver, trust=Trust(auth=Basic("jean", "mot de passe : é")))

    await news(owner)
    await run(machine)

    (message,) = receiver.messages
    encoded = message.headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(encoded).decode() == "jean:mot de passe : é"


async def test_custom_headers_are_sent_and_never_replace_ours(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    headers = (Header("X-Api-Key", "k 1"), Header("authorization", "Bearer fixed"))
    await an_endpoint(owner, receiver, trust=Trust(headers=headers))

    await news(owner)
    await run(machine)

    (message,) = receiver.messages
    assert message.headers["x-api-key"] == "k 1"
    assert message.headers["authorization"] == "Bearer fixed"
    assert message.headers["content-type"] == "application/json"


async def test_headers_of_the_convention_are_all_there(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    await an_endpoint(owner, receiver)

    event = await news(owner)
    await run(machine)

    headers = receiver.messages[0].headers
    assert {name for name in headers if name not in ("host", "accept", "content-length")} == {
        "content-type",
        "traceparent",
        "user-agent",
        "webhook-attempt",
        "webhook-environment",
        "webhook-event-type",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-request-id",
    }
    assert headers["webhook-id"] == event.id


# What is kept


SECRETS = ("le mot de passe", "le secret du client", "la valeur")


@pytest.mark.parametrize(
    ("auth", "shown"),
    [
        (Basic("jean", SECRETS[0]), {"user": "jean"}),
        (
            OAuth2("https://login.example/token", "id", SECRETS[1], "a", "urn:b"),
            {
                "tokenUrl": "https://login.example/token",
                "clientId": "id",
                "scope": "a",
                "audience": "urn:b",
            },
        ),
    ],
    ids=["basic", "oauth2"],
)
async def test_secrets_are_sealed_and_what_is_shown_holds_none(
    owner: Structure, auth: Auth, shown: Mapping[str, str], database: str
) -> None:
    trust = Trust(auth=auth, headers=(Header("x-key", SECRETS[2].replace(" ", "-")),))
    draft = EndpointDraft("https://erp.example.org/hook", trust=trust)

    kept = await endpoints.create(an_actor(owner), owner.id, draft)

    row = await Endpoint.get(id=kept.endpoint.id)
    assert row.auth_shown == shown
    assert row.header_names == ["x-key"]
    stored = json.dumps({k: str(v) for k, v in vars(row).items()}, ensure_ascii=False)
    assert not any(secret in stored for secret in (*SECRETS, "la-valeur", kept.secret))


async def test_deleting_an_endpoint_forgets_its_secrets(owner: Structure) -> None:
    trust = Trust(auth=Basic("jean", "secret"), headers=(Header("x-key", "v"),))
    draft = EndpointDraft("https://erp.example.org/hook", trust=trust)
    kept = await endpoints.create(an_actor(owner), owner.id, draft)

    await endpoints.delete(an_actor(owner), kept.endpoint.id)

    row = await Endpoint.get(id=kept.endpoint.id)
    assert (row.secret, row.auth_sealed, row.headers_sealed) == ("", None, None)


async def test_what_is_not_mentioned_in_a_change_stays(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    trust = Trust(ed25519=True, auth=Basic("jean", "secret"), headers=(Header("x-key", "v"),))
    kept = await an_endpoint(owner, receiver, trust=trust)

    changes = {"description": "autre", "url": receiver.url + "/elsewhere"}
    await endpoints.update(an_actor(owner), kept.endpoint.id, changes)
    await news(owner)
    await run(machine)

    (message,) = receiver.messages
    assert message.path == "/hook/elsewhere"
    assert message.headers["authorization"].startswith("Basic ")
    assert message.headers["x-key"] == "v"
    assert "v1a," in message.headers["webhook-signature"]


MOVED = {
    "nothing given": (Trust(), ["BDR-WHK-012"]),
    "the headers only": (Trust(headers=()), ["BDR-WHK-012"]),
    "the credentials only": (Trust(auth=NoAuth()), ["BDR-WHK-012"]),
    "both": (Trust(auth=Basic("jean", "again"), headers=(Header("x-key", "w"),)), []),
    "both taken away": (Trust(auth=NoAuth(), headers=()), []),
}


@pytest.mark.parametrize(("given", "rules"), MOVED.values(), ids=MOVED)
@pytest.mark.parametrize("url", ["https://elsewhere.example/hook", "https://erp.example.org:8443/"])
async def test_kept_credentials_are_not_handed_to_another_server(
    owner: Structure, given: Trust, rules: list[str], url: str
) -> None:
    trust = Trust(auth=Basic("jean", "secret"), headers=(Header("x-key", "v"),))
    draft = EndpointDraft("https://erp.example.org/hook", trust=trust)
    kept = await endpoints.create(an_actor(owner), owner.id, draft)

    changes = {"url": url, "trust": given}
    if not rules:
        changed = await endpoints.update(an_actor(owner), kept.endpoint.id, changes)
        assert changed.url == url
        return
    with pytest.raises(Invalid) as refusal:
        await endpoints.update(an_actor(owner), kept.endpoint.id, changes)
    assert [p.rule for p in refusal.value.problems] == rules
    assert (await Endpoint.get(id=kept.endpoint.id)).url == "https://erp.example.org/hook"


AUTHORIZATION = (Header("Authorization", "Bearer x"),)
WRONG: dict[str, tuple[Trust, list[tuple[str, str]]]] = {
    "a colon in the user": (
        Trust(auth=Basic("a:b", "secret")),
        [("BDR-WHK-039", "auth.basic.user")],
    ),
    "no user, no password": (
        Trust(auth=Basic("", "")),
        [("BDR-WHK-039", "auth.basic.user"), ("BDR-WHK-039", "auth.basic.password")],
    ),
    "a line end in the password": (
        Trust(auth=Basic("a", "b\r\nx-admin: 1")),
        [("BDR-WHK-039", "auth.basic.password")],
    ),
    "a header that the authentication fills": (
        Trust(auth=Basic("a", "b"), headers=AUTHORIZATION),
        [("BDR-WHK-033", "customHeaders")],
    ),
    "tokens from inside the network": (
        Trust(auth=OAuth2("https://169.254.169.254/token", "id", "secret")),
        [("BDR-WHK-003", "auth.oauth2.tokenUrl")],
    ),
    "everything wrong": (
        Trust(auth=OAuth2("ftp://x", "", "é", scope='a "b"', audience="\n")),
        [
            ("BDR-WHK-001", "auth.oauth2.tokenUrl"),
            ("BDR-WHK-039", "auth.oauth2.clientId"),
            ("BDR-WHK-039", "auth.oauth2.clientSecret"),
            ("BDR-WHK-039", "auth.oauth2.scope"),
            ("BDR-WHK-039", "auth.oauth2.audience"),
        ],
    ),
    "not a certificate": (
        Trust(auth=Certificate("", "")),
        [("BDR-WHK-035", "auth.certificate.chain"), ("BDR-WHK-036", "auth.certificate.key")],
    ),
}


@pytest.mark.parametrize(("trust", "expected"), WRONG.values(), ids=WRONG)
async def test_what_cannot_work_is_refused_with_every_reason(
    owner: Structure, trust: Trust, expected: list[tuple[str, str]]
) -> None:
    draft = EndpointDraft("https://erp.example.org/hook", trust=trust)

    with pytest.raises(Invalid) as refusal:
        await endpoints.create(an_actor(owner), owner.id, draft)

    assert [(p.rule, ".".join(p.path)) for p in refusal.value.problems] == expected
    assert await Endpoint.all().count() == 0


async def test_authentication_added_later_is_checked_against_the_headers_kept(
    owner: Structure,
) -> None:
    draft = EndpointDraft("https://erp.example.org/", trust=Trust(headers=AUTHORIZATION))
    kept = await endpoints.create(an_actor(owner), owner.id, draft)

    with pytest.raises(Invalid) as refusal:
        changes = {"trust": Trust(auth=Basic("a", "b"))}
        await endpoints.update(an_actor(owner), kept.endpoint.id, changes)

    assert [p.rule for p in refusal.value.problems] == ["BDR-WHK-033"]
