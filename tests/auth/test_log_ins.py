"""The cookie of a log-in as a credential: remembered for seconds, forgotten at once when told."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from auth.log_ins import LogIns
from auth.models import Session
from auth.sessions import Sessions, end_all_log_ins
from domain.access import ActorKind, Permission
from domain.accounts.actions import tell_rights_changed
from domain.accounts.models import Attachment
from domain.events import transaction
from tests.auth.outside import Site


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def token(site: Site) -> str:
    return await a_log_in(site)


async def a_log_in(site: Site) -> str:
    request = Request({"type": "http", "headers": [(b"user-agent", b"Mozilla/5.0")]})
    return await Sessions(site.settings).open(site.person, request, ["pwd", "otp"])


async def test_a_log_in_is_its_person_with_all_its_rights_and_says_how(
    site: Site, token: str
) -> None:
    known = await LogIns(site.settings)(token)

    session = await Session.get()
    assert known is not None
    assert (known.actor.id, known.actor.kind) == (site.person.id, ActorKind.PERSON)
    assert known.actor.scopes is None
    assert known.actor.may(Permission.ISSUE, site.structure.id)
    assert known.proof.methods == ("pwd", "otp")
    assert known.proof.authenticated_at == session.authenticated_at
    assert known.proof.session_id == session.id
    assert known.expires_at == session.idle_until


async def test_what_another_process_ended_is_seen_within_five_seconds(
    site: Site, token: str, seconds: Seconds
) -> None:
    log_ins = LogIns(site.settings, seconds)
    assert await log_ins(token)
    async with transaction():
        await Session.all().delete()

    seconds.now = 4.9
    assert await log_ins(token)
    seconds.now = 5.0
    assert await log_ins(token) is None


async def test_a_right_withdrawn_by_another_process_ends_within_five_seconds(
    site: Site, token: str, seconds: Seconds
) -> None:
    log_ins = LogIns(site.settings, seconds)
    assert await log_ins(token)
    async with transaction():
        await Attachment.filter(member_id=site.person.id).update(status="DESACTIVEE")

    seconds.now = 5.0
    known = await log_ins(token)

    assert known is not None
    assert not known.actor.may(Permission.ISSUE)


async def test_what_this_process_ends_or_changes_is_seen_at_once(
    site: Site, token: str, seconds: Seconds
) -> None:
    log_ins = LogIns(site.settings, seconds)
    before = await log_ins(token)
    assert before is not None

    async with transaction():
        await Attachment.filter(member_id=site.person.id).update(status="DESACTIVEE")
    tell_rights_changed(site.person.id)
    changed = await log_ins(token)
    await end_all_log_ins(site.person.id, site.settings)

    assert changed is not None
    assert not changed.actor.may(Permission.ISSUE)
    assert await log_ins(token) is None


async def test_only_the_latest_log_ins_are_remembered(site: Site) -> None:
    log_ins = LogIns(site.settings, most=4)
    tokens = [await a_log_in(site) for _ in range(6)]

    for token in tokens:
        assert await log_ins(token)

    assert len(log_ins._known) <= 4
    assert await log_ins(tokens[0])
