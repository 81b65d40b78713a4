"""Client certificates presented to a receiver, and their end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.clock import Clock
from domain.errors import Invalid
from domain.structures.models import Structure
from tests.make import an_actor
from tests.webhooks.certificates import DAY, an_authority, asking_for_one, issued
from tests.webhooks.conftest import Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver
from tests.webhooks.trusted import attempts
from webhooks import endpoints
from webhooks.endpoints import EndpointDraft
from webhooks.expiry import due_warning, warn_of_certificates
from webhooks.machine import Machine
from webhooks.models import Endpoint, EndpointStatus
from webhooks.outbound import ErrorKind
from webhooks.receiver_auth import Certificate, NoAuth
from webhooks.trust import Trust


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
