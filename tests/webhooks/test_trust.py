"""How a receiver knows us: signatures of the site, credentials, client certificates, headers."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain import policy as site_policy
from domain.clock import Clock
from domain.errors import Invalid
from domain.signatures import jws, keys
from domain.signatures.models import Purpose
from domain.structures.models import Structure
from tests.make import an_actor
from tests.webhooks.certificates import DAY, an_authority, asking_for_one, issued
from tests.webhooks.conftest import AT_ONCE, Site, an_endpoint, news, run
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks import endpoints, site_keys
from webhooks.custom_headers import Header
from webhooks.dispatch import dispatch
from webhooks.endpoints import EndpointDraft, Kept
from webhooks.expiry import due_warning, warn_of_certificates
from webhooks.machine import Machine
from webhooks.models import Attempt, Delivery, Endpoint, EndpointStatus
from webhooks.outbound import ErrorKind
from webhooks.receiver_auth import Auth, Basic, Certificate, ClientProof, NoAuth, OAuth2
from webhooks.trust import Trust


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


# Signatures


async def test_an_endpoint_that_asks_for_it_gets_both_signatures_and_others_one(
    owner: Structure, receiver: Receiver, machine: Machine
) -> None:
    both = await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    await news(owner)
    await run(machine)
    await endpoints.update(an_actor(owner), both.endpoint.id, {"trust": Trust(ed25519=False)})
    await news(owner)
    await run(machine)

    (public,) = await site_keys.public_keys()
    first, second = receiver.messages
    versions = [s.split(",")[0] for s in first.headers["webhook-signature"].split(" ")]
    assert versions == ["v1", "v1a"]
    assert first.is_signed_by(both.secret)
    assert is_signed_by_site(first, public.text)
    assert second.is_signed_by(both.secret)
    assert not is_signed_by_site(second, public.text)


async def test_while_the_key_of_the_site_is_rotated_old_and_new_verify(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    await news(owner)
    await run(machine)
    (old,) = await site_keys.public_keys()

    await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))
    clock.advance(site_keys.REREAD)
    await news(owner)
    await run(machine)
    new = (await site_keys.public_keys())[0]
    clock.advance(timedelta(days=7))
    await news(owner)
    await run(machine)

    before, during, after = receiver.messages
    seen = [(is_signed_by_site(m, old.text), is_signed_by_site(m, new.text)) for m in
            (before, during, after)]  # fmt: skip
    assert seen == [(True, False), (True, True), (False, True)]
    assert [key.kid for key in await site_keys.public_keys()] == [new.kid]


async def test_what_is_published_are_the_keys_that_sign_in_both_forms(database: str) -> None:
    await site_keys.ensure()
    old = (await site_keys.public_keys())[0]
    await keys.rotate(Purpose.WEBHOOKS, timedelta(days=7))

    published = (await site_keys.published())["keys"]

    assert published[1]["kid"] == old.kid
    for key in published:
        assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
        raw = base64.b64decode(key["whpk"].removeprefix("whpk_"), validate=True)
        assert raw == jws.decoded(key["x"])
        assert len(raw) == 32
    await keys.rotate(Purpose.WEBHOOKS)
    assert len((await site_keys.published())["keys"]) == 1


async def test_each_attempt_signs_the_same_bytes_for_its_own_time(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    site(retry_seconds=(0, 60, 60))
    kept = await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    (public,) = await _after_first_key()
    receiver.reply = Reply(500)

    await news(owner)
    for _ in range(3):
        await run(machine)
        clock.advance(timedelta(seconds=60))

    stamps = [int(m.headers["webhook-timestamp"]) for m in receiver.messages]
    assert [later - stamps[0] for later in stamps] == [0, 60, 120]
    assert len({m.body for m in receiver.messages}) == 1
    assert len({m.headers["webhook-signature"] for m in receiver.messages}) == 3
    assert [m.headers["webhook-attempt"] for m in receiver.messages] == ["1", "2", "3"]
    for message in receiver.messages:
        assert message.is_signed_by(kept.secret)
        assert is_signed_by_site(message, public.text)


async def _after_first_key() -> list[site_keys.PublicKey]:
    await site_keys.ensure()
    return await site_keys.public_keys()


# Basic, headers


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


# OAuth 2


class TokenServer:
    """A token endpoint as a customer would run one, on loopback."""

    def __init__(self) -> None:
        self.http = Receiver(self._reply)
        self.life = 3600
        self.failure: Reply | None = None

    @property
    def asked(self) -> int:
        return len(self.http.messages)

    def _reply(self, message: Message) -> Reply:
        if self.failure is not None:
            return self.failure
        content = {"access_token": f"token-{self.asked}", "token_type": "Bearer"}
        return Reply(body=json.dumps(content | {"expires_in": self.life}).encode())


@pytest.fixture
async def tokens() -> AsyncIterator[TokenServer]:
    server = TokenServer()
    await server.http.start()
    yield server
    await server.http.stop()


async def with_oauth2(owner: Structure, receiver: Receiver, tokens: TokenServer) -> Kept:
    auth = OAuth2(tokens.http.url, "bordereau", "secret", "invoices", "", ClientProof.HEADER.value)
    return await an_endpoint(owner, receiver, trust=Trust(auth=auth))


def bearers(receiver: Receiver) -> list[str]:
    return [m.headers["authorization"].removeprefix("Bearer ") for m in receiver.messages]


async def test_a_token_is_asked_for_once_and_sent_with_every_message(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer
) -> None:
    kept = await with_oauth2(owner, receiver, tokens)

    for _ in range(5):
        await news(owner)
    await run(machine)

    assert bearers(receiver) == ["token-1"] * 5
    assert tokens.asked == 1
    assert all(m.is_signed_by(kept.secret) for m in receiver.messages)
    (asked,) = tokens.http.messages
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["invoices"],
    }


async def test_another_token_is_asked_for_when_the_first_has_ended(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, clock: Clock
) -> None:
    await with_oauth2(owner, receiver, tokens)

    for _ in range(3):
        await news(owner)
        await run(machine)
        clock.advance(timedelta(minutes=40))

    assert bearers(receiver) == ["token-1", "token-1", "token-2"]


async def test_a_refused_token_is_replaced_once_within_the_attempt(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer
) -> None:
    kept = await with_oauth2(owner, receiver, tokens)
    await news(owner)
    await run(machine)
    receiver.reply = lambda m: Reply(401 if m.headers["authorization"] == "Bearer token-1" else 200)

    await news(owner)
    await run(machine)

    assert bearers(receiver) == ["token-1", "token-1", "token-2"]
    assert [(a.status, a.error) for a in await attempts(kept.endpoint)] == [(200, None)] * 2


async def test_a_receiver_that_refuses_every_token_costs_one_request_more_not_a_loop(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site
) -> None:
    site(retry_seconds=AT_ONCE)
    kept = await with_oauth2(owner, receiver, tokens)
    receiver.reply = Reply(401)

    await news(owner)
    await run(machine)

    found = await attempts(kept.endpoint)
    assert [(a.status, a.error) for a in found] == [(401, ErrorKind.STATUS)] * 3
    # The first token was fresh; each later attempt tries the one it has and a new one.
    assert bearers(receiver) == ["token-1", "token-1", "token-2", "token-2", "token-3"]


FAILURES = {
    "refused": (Reply(401, body=b'{"error": "invalid_client"}'), "401 (invalid_client)"),
    "down": (Reply(answers=False), "CUT"),
    "not a token": (Reply(body=b"<html>"), "without an access_token"),
    "redirected": (Reply(302, {"location": "http://127.0.0.1:1/"}), "302"),
}


@pytest.mark.parametrize(("failure", "words"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_of_the_token_endpoint_is_an_attempt_with_its_reason(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site,
    failure: Reply, words: str,
) -> None:  # fmt: skip
    site(retry_seconds=AT_ONCE)
    kept = await with_oauth2(owner, receiver, tokens)
    healthy = await an_endpoint(owner, receiver)
    tokens.failure = failure

    await news(owner)
    await run(machine)

    found = await attempts(kept.endpoint)
    assert [a.error for a in found] == [ErrorKind.TOKEN] * 3
    assert [a.status for a in found] == [None] * 3
    assert words in (found[0].detail or "")
    assert (await Endpoint.get(id=kept.endpoint.id)).consecutive_failures == 3
    assert len(await attempts(healthy.endpoint)) >= 1
    assert len(receiver.messages) >= 1


async def test_a_token_endpoint_inside_the_network_is_not_dialled_whatever_its_name(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=(0,))
    auth = OAuth2("https://localhost:8443/token", "id", "secret")
    kept = await an_endpoint(owner, receiver, trust=Trust(auth=auth))
    site(allow=())
    closed = Machine()

    await news(owner)
    await run(closed)
    await closed.stop()

    (attempt,) = await attempts(kept.endpoint)
    assert attempt.error == ErrorKind.TOKEN
    assert attempt.detail == "the token endpoint could not be asked, REFUSED_ADDRESS: LOOPBACK"


async def test_a_slow_token_endpoint_does_not_keep_a_place_beyond_the_time_of_an_attempt(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site
) -> None:
    site(retry_seconds=(0,), timeout_seconds=0.2)
    quick = Machine()
    kept = await with_oauth2(owner, receiver, tokens)
    tokens.failure = Reply(delay=30)

    await news(owner)
    await run(quick)
    await quick.stop()

    (attempt,) = await attempts(kept.endpoint)
    assert attempt.error == ErrorKind.TOKEN
    assert "TIMEOUT" in (attempt.detail or "")


async def test_an_echo_of_the_secret_by_the_token_endpoint_is_kept_nowhere(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer, site: Site
) -> None:
    site(retry_seconds=(0,))
    kept = await with_oauth2(owner, receiver, tokens)
    tokens.failure = Reply(400, body=b'{"error": "client secret is secret-42", "x": "secret-42"}')

    await news(owner)
    await run(machine)

    (attempt,) = await attempts(kept.endpoint)
    assert attempt.excerpt == ""
    assert attempt.detail == "the token endpoint answered 400"


# Client certificates


async def test_a_client_certificate_is_presented_and_each_endpoint_has_its_own(
    owner: Structure, site: Site, tmp_path: Path
) -> None:
    authority = an_authority()
    context = asking_for_one(tmp_path, authority)
    site(ca_file=str(tmp_path / "ca.pem"))
    machine = Machine()
    secure = Receiver()
    await secure.start(context, host="localhost")
    for name in ("un", "deux"):
        mine = issued(authority, name)
        trust = Trust(auth=Certificate(mine.chain, mine.key))
        await an_endpoint(owner, secure, trust=trust, description=name)
    bare = await an_endpoint(owner, secure)

    for _ in range(4):
        await news(owner)
    await run(machine)
    await machine.stop()
    await secure.stop()

    assert sorted(secure.clients) == ["deux"] * 4 + ["un"] * 4
    # By an alert of TLS, or a closed connection: that is the server's choice.
    assert {a.error for a in await attempts(bare.endpoint)} <= {ErrorKind.TLS, ErrorKind.CUT}


async def test_a_client_certificate_needs_https_at_once_and_after_a_change(
    owner: Structure, receiver: Receiver
) -> None:
    mine = issued(an_authority(), "bordereau")
    trust = Trust(auth=Certificate(mine.chain, mine.key))
    with pytest.raises(Invalid) as refusal:
        await an_endpoint(owner, receiver, trust=trust)
    draft = EndpointDraft("https://127.0.0.1:9000/", trust=trust)
    kept = await endpoints.create(an_actor(owner), owner.id, draft)
    with pytest.raises(Invalid) as later:
        changes = {"url": "http://127.0.0.1:9000/"}
        await endpoints.update(an_actor(owner), kept.endpoint.id, changes)

    assert [p.rule for p in refusal.value.problems] == ["BDR-WHK-034"]
    assert [p.rule for p in later.value.problems] == ["BDR-WHK-034", "BDR-WHK-012"]


async def test_the_end_of_a_certificate_is_shown_and_told_at_each_warning_once(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock
) -> None:
    clock.freeze(datetime.now(UTC))
    mine = issued(an_authority(), "bordereau", until=datetime.now(UTC) + 40 * DAY)
    trust = Trust(auth=Certificate(mine.chain, mine.key))
    draft = EndpointDraft("https://127.0.0.1:9000/", trust=trust)
    kept = await endpoints.create(an_actor(owner), owner.id, draft)
    paused = await endpoints.pause(an_actor(owner), kept.endpoint.id)
    await an_endpoint(owner, receiver, kinds=("webhook.certificate_expiring",))

    told = []
    for _ in range(50):
        told.append(await warn_of_certificates())
        clock.advance(DAY)
    await run(machine)

    assert paused.status is EndpointStatus.PAUSED
    assert [day for day, count in enumerate(told) if count] == [10, 33, 39, 40]
    assert [c["data"]["daysLeft"] for c in receiver.contents] == [30, 7, 1, 0]
    ends = mine.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert receiver.contents[0]["data"]["certificate"] == {
        "subject": "CN=bordereau",
        "expiresAt": ends,
    }
    assert receiver.contents[0]["data"]["endpoint"]["id"] == kept.endpoint.id


def test_a_warning_missed_is_not_given_after_a_later_one() -> None:
    end = datetime(2026, 12, 31, tzinfo=UTC)

    assert due_warning(None, None, end) is None
    assert due_warning(end, None, end - 31 * DAY) is None
    assert due_warning(end, None, end - 2 * DAY) == 7
    assert due_warning(end, 7, end - 2 * DAY) is None
    assert due_warning(end, 7, end + DAY) == 0
    assert due_warning(end, 0, end + 99 * DAY) is None


async def test_a_new_certificate_begins_its_warnings_anew_and_another_proof_ends_them(
    owner: Structure, database: str
) -> None:
    authority = an_authority()
    near = issued(authority, "near", until=datetime.now(UTC) + 2 * DAY)
    far = issued(authority, "far")
    draft = EndpointDraft(
        "https://127.0.0.1:9000/", trust=Trust(auth=Certificate(near.chain, near.key))
    )
    kept = await endpoints.create(an_actor(owner), owner.id, draft)
    assert await warn_of_certificates() == 1

    for auth in (Certificate(far.chain, far.key), Certificate(near.chain, near.key)):
        await endpoints.update(an_actor(owner), kept.endpoint.id, {"trust": Trust(auth=auth)})

    assert await warn_of_certificates() == 1
    await endpoints.update(an_actor(owner), kept.endpoint.id, {"trust": Trust(auth=NoAuth())})
    row = await Endpoint.get(id=kept.endpoint.id)
    assert (row.auth_expires_at, row.auth_sealed, row.auth_shown) == (None, None, {})


async def test_closing_gives_up_what_waits_for_a_token(
    owner: Structure, receiver: Receiver, machine: Machine, tokens: TokenServer
) -> None:
    kept = await with_oauth2(owner, receiver, tokens)
    tokens.failure = Reply(answers=False, delay=1)
    await news(owner)
    await dispatch()
    delivering = asyncio.create_task(machine.deliver())
    await tokens.http.has(1)

    machine._courier.close()
    await delivering

    # It is sent again when its lease is over.
    assert await attempts(kept.endpoint) == []
    assert (await Delivery.get(endpoint_id=kept.endpoint.id)).state == "DELIVERING"


# A lost SECRET_KEY


@pytest.mark.parametrize(
    "trust",
    [
        Trust(),
        Trust(ed25519=True),
        Trust(auth=Basic("a", "b")),
        Trust(auth=OAuth2("https://127.0.0.1/", "a", "b")),
    ],
    ids=["secret", "ed25519", "basic", "oauth2"],
)
async def test_secrets_that_cannot_be_opened_are_explained_and_stop_nobody_else(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site, trust: Trust
) -> None:
    site(retry_seconds=AT_ONCE)
    lost = await an_endpoint(owner, receiver, trust=trust)
    site(key=b"another key")
    healthy = await an_endpoint(owner, receiver)

    await news(owner)
    await run(machine)

    found = await attempts(lost.endpoint)
    assert [a.error for a in found] == [ErrorKind.SEALED] * 3
    assert "SECRET_KEY was changed" in (found[0].detail or "")
    assert [m.is_signed_by(healthy.secret) for m in receiver.messages] == [True]


async def test_all_that_cannot_be_opened_is_named_at_once(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    site(retry_seconds=(0,))
    trust = Trust(auth=Basic("a", "b"), headers=(Header("x-key", "v"),))
    lost = await an_endpoint(owner, receiver, trust=trust)
    site(key=b"another key")

    await news(owner)
    await run(machine)

    (attempt,) = await attempts(lost.endpoint)
    assert attempt.detail == (
        "SECRET_KEY was changed since they were given: rotate the secret,"
        " give the credentials again, give the headers again."
    )


async def test_rotating_gets_an_endpoint_with_a_lost_secret_going_again(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    lost = await an_endpoint(owner, receiver)
    site(key=b"another key")

    kept = await endpoints.rotate_secret(an_actor(owner), lost.endpoint.id)
    await news(owner)
    await run(machine)

    (message,) = receiver.messages
    assert message.is_signed_by(kept.secret)
    assert message.headers["webhook-signature"].count("v1,") == 1


async def test_lost_headers_and_credentials_are_given_again(
    owner: Structure, receiver: Receiver, machine: Machine, site: Site
) -> None:
    trust = Trust(auth=Basic("a", "b"), headers=(Header("x-key", "v"),))
    lost = await an_endpoint(owner, receiver, trust=trust)
    site(key=b"another key")

    await endpoints.rotate_secret(an_actor(owner), lost.endpoint.id)
    await endpoints.update(an_actor(owner), lost.endpoint.id, {"trust": trust})
    await news(owner)
    await run(machine)

    assert receiver.messages[0].headers["x-key"] == "v"


async def test_a_lost_key_of_the_site_is_replaced_at_the_next_start_and_the_new_one_published(
    owner: Structure, receiver: Receiver, machine: Machine, clock: Clock, site: Site
) -> None:
    kept = await an_endpoint(owner, receiver, trust=Trust(ed25519=True))
    (old,) = await _after_first_key()

    site(retry_seconds=(0, 5))
    site_policy.configure(site_policy.Policy(key=b"another key of the site 32 bytes"))
    await news(owner)
    await run(machine)
    await site_keys.ensure()
    clock.advance(site_keys.REREAD)
    await run(machine)
    site_policy.configure(site_policy.Policy())

    (new,) = await site_keys.public_keys()
    assert new.kid != old.kid
    assert [a.error for a in await attempts(kept.endpoint)] == [ErrorKind.SEALED, None]
    assert is_signed_by_site(receiver.messages[0], new.text)
