"""Webhooks on a laptop: real processes that are killed, stopped and cut off lose nothing."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain import cursors, events
from domain.events import Event, visible
from domain.invoices import actions
from tests.cutting import Network, a_network
from tests.events.test_streams import Site, serving, until
from tests.lints import ROOT
from tests.make import a_draft, an_actor
from tests.webhooks.receiver import ACCEPTED, Receiver, Reply
from webhooks import listen
from webhooks.envelope import body_of
from webhooks.listen import Stopped, Wanted, refuse_elsewhere


@pytest.fixture(scope="module")
async def site(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The product on a real port."""
    async with serving(template_url, tmp_path_factory.mktemp("listen")) as running:
        yield running


@pytest.fixture
async def network(site: Site) -> AsyncIterator[Network]:
    """What the listener reaches the portal by."""
    async with a_network(site.port) as one:
        yield one


class Listener:
    """`manage.py listen` in a process of its own."""

    def __init__(self, site: Site, network: Network, receiver: Receiver, folder: Path) -> None:
        self.site, self.network, self.receiver, self.folder = site, network, receiver, folder
        self.process: asyncio.subprocess.Process | None = None
        self.lines: list[str] = []
        self._reading: asyncio.Task[None] | None = None

    async def start(self, *more: str, ready: bool = True, **given: str) -> None:
        credentials = {
            "LISTEN_CLIENT_ID": self.site.api.world.erp.id,
            "LISTEN_CLIENT_SECRET": self.site.api.world.erp_secret,
        }
        self.lines = []
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "manage.py", "listen", "--to", self.receiver.url,
            "--url", f"http://127.0.0.1:{self.network.port}", "--state", str(self.folder),
            "--structure", self.site.api.world.parties.supplier.id, *more,
            cwd=ROOT,
            # A database that is not there: it needs none.
            env={**os.environ, **credentials, "DATABASE_URL": "sqlite:////nowhere/at/all.db"}
            | given,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())
        if ready:
            await until(lambda: self.network.connections or self.process.returncode is not None)
            await until(lambda: self._cursor() is not None or bool(self.lines[2:]))

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())

    def _cursor(self) -> str | None:
        for path in self.folder.glob("*.json"):
            return str(json.loads(path.read_text())["cursor"])
        return None

    def send(self, sent: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(sent)

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        assert self.process is not None
        assert self._reading is not None
        code = await self.process.wait()
        await self._reading
        return code


@pytest.fixture
async def listener(
    site: Site, network: Network, receiver: Receiver, tmp_path: Path
) -> AsyncIterator[Listener]:
    one = Listener(site, network, receiver, tmp_path / "state")
    yield one
    if one.process is not None and one.process.returncode is None:
        one.send(signal.SIGCONT)
        await one.kill()


async def deposit(site: Site) -> None:
    parties = site.api.world.parties
    await actions.submit(an_actor(parties.supplier), a_draft(parties))


async def expected(site: Site, start: int) -> list[Event]:
    """What a webhook of the supplier would carry since the position."""
    supplier = site.api.world.parties.supplier.id
    erp = await site.api.world.actor("erp")
    log = await events.after(start, limit=1_000)
    return [
        event
        for event in log
        if visible(event, erp) and any(s == supplier for s, _ in event.audience)
    ]


def bodies(receiver: Receiver) -> list[str]:
    """The messages in the order in which they were first accepted, once each."""
    return list(dict.fromkeys(message.body.decode() for message in receiver.messages))


async def arrived(site: Site, receiver: Receiver, start: int) -> list[str]:
    """Everything expected, once all of it has come."""
    supplier = site.api.world.parties.supplier.id
    told = [body_of(e, supplier, "sandbox").decode() for e in await expected(site, start)]
    await until(lambda: len(bodies(receiver)) >= len(told))
    return told


async def test_events_are_forwarded_as_the_webhooks_that_they_are(
    site: Site, listener: Listener, receiver: Receiver
) -> None:
    start = await events.head()
    await listener.start()
    await deposit(site)
    await deposit(site)

    told = await arrived(site, receiver, start)

    assert bodies(receiver) == told
    assert len(told) == 6
    (secret,) = re.findall(r"whsec_\S+", "\n".join(listener.lines))
    for message in receiver.messages:
        assert message.is_signed_by(secret)
        assert message.headers["webhook-attempt"] == "1"
        assert message.headers["webhook-event-type"] == message.content["type"]
    await until(lambda: len(listener.lines) >= 8)
    assert re.search(r"\d\d:\d\d:\d\d  invoice.submitted +inv_\w+ #1  200  \d+ ms",
                     "\n".join(listener.lines))  # fmt: skip


async def test_a_killed_listener_goes_on_where_it_was_with_the_same_secret(
    site: Site, listener: Listener, receiver: Receiver
) -> None:
    start = await events.head()
    await listener.start()
    await deposit(site)
    await receiver.has(2)
    await listener.kill()
    secrets = re.findall(r"whsec_\S+", "\n".join(listener.lines))
    await deposit(site)
    await listener.start()
    await deposit(site)

    told = await arrived(site, receiver, start)

    assert bodies(receiver) == told
    # What it did not write down in time comes once more: one message at most.
    assert len(receiver.messages) <= len(told) + 1
    assert not re.findall(r"whsec_\S+", "\n".join(listener.lines))
    assert all(message.is_signed_by(secrets[0]) for message in receiver.messages)


async def test_a_listener_that_is_stopped_for_a_while_catches_up(
    site: Site, listener: Listener, receiver: Receiver
) -> None:
    start = await events.head()
    await listener.start()
    await deposit(site)
    await receiver.has(1)
    listener.send(signal.SIGSTOP)
    for _ in range(5):
        await deposit(site)
    await asyncio.sleep(1)
    listener.send(signal.SIGCONT)

    told = await arrived(site, receiver, start)

    assert bodies(receiver) == told
    assert len(receiver.messages) == len(told)


async def test_a_listener_that_is_cut_off_connects_again(
    site: Site, listener: Listener, receiver: Receiver, network: Network
) -> None:
    start = await events.head()
    await listener.start()
    for n in range(4):
        await deposit(site)
        network.is_down = n == 1
        network.cut()
        await asyncio.sleep(0.05)
    network.is_down = False

    told = await arrived(site, receiver, start)

    assert network.cuts >= 1
    assert bodies(receiver) == told
    assert len(receiver.messages) == len(told)


async def test_a_message_is_tried_until_it_is_accepted_and_none_passes_it(
    site: Site, listener: Listener, receiver: Receiver
) -> None:
    refusals = iter([Reply(500), Reply(answers=False), Reply(302, {"location": "/elsewhere"})])
    receiver.reply = lambda _: next(refusals, ACCEPTED)
    start = await events.head()
    await listener.start()
    await deposit(site)

    told = await arrived(site, receiver, start)

    first = [m.headers["webhook-attempt"] for m in receiver.messages if m.body.decode() == told[0]]
    assert first == ["1", "2", "3", "4"]
    assert bodies(receiver) == told
    assert {message.path for message in receiver.messages} == {"/hook"}


async def test_it_may_begin_with_the_last_ones_or_from_a_cursor(
    site: Site, listener: Listener, receiver: Receiver
) -> None:
    start = await events.head()
    await deposit(site)
    told = await expected(site, start)

    await listener.start("--replay-last", "2", "--events", "invoice.status_changed")
    await receiver.has(2)
    await listener.kill()
    replayed = [m.id for m in receiver.messages]
    receiver.messages.clear()
    await listener.start("--after", cursors.event(told[0].position))
    await receiver.has(2)

    assert replayed == [e.id for e in told[-2:]]
    assert [m.id for m in receiver.messages] == [e.id for e in told[1:]]


async def test_a_token_is_renewed_when_the_portal_refuses_it(
    site: Site, listener: Listener, receiver: Receiver
) -> None:
    start = await events.head()
    await listener.start("--token", "not.a.token")
    await deposit(site)

    told = await arrived(site, receiver, start)
    assert bodies(receiver) == told


WRONG: dict[str, tuple[dict[str, str], tuple[str, ...], str]] = {
    "elsewhere": ({}, ("--to", "http://192.0.2.1/hook"), "not this machine"),
    "by name": ({}, ("--to", "http://example.org/hook"), "not this machine"),
    "no address": ({}, ("--to", "ftp://127.0.0.1/"), "no http://"),
    "no credentials": ({"LISTEN_CLIENT_ID": ""}, (), "none is given"),
    "bad secret": ({"LISTEN_CLIENT_SECRET": "wrong"}, (), "refuses it"),
    "bad token": ({"LISTEN_CLIENT_ID": ""}, ("--token", "x.y.z"), "token"),
    "bad cursor": ({}, ("--after", "AAAA"), "oldest"),
    "bad filter": ({}, ("--filter", '{"nonsense": 1}'), "nonsense"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_go_on_says_what_to_do(listener: Listener, name: str) -> None:
    given, more, words = WRONG[name]

    await listener.start(*more, ready=False, **given)

    assert await listener.ended() == 1
    assert words in listener.lines[-1]
    assert "Traceback" not in "\n".join(listener.lines)


async def test_two_listeners_do_not_do_the_same(listener: Listener, tmp_path: Path) -> None:
    await listener.start()
    other = Listener(listener.site, listener.network, listener.receiver, listener.folder)

    await other.start(ready=False)

    assert await other.ended() == 1
    assert "another listener" in other.lines[-1]


async def test_an_interruption_ends_it_well(listener: Listener) -> None:
    await listener.start()
    listener.send(signal.SIGINT)

    assert await listener.ended() == 0
    assert listener.lines[-1] == "Stopped; the next run goes on from here."


@pytest.mark.parametrize("to", ["http://127.0.0.1:1/", "https://localhost/x", "http://[::1]:9/",
                                "http://127.9.9.9/"])  # fmt: skip
def test_this_machine_has_several_names(to: str) -> None:
    refuse_elsewhere(Wanted(to))
    refuse_elsewhere(Wanted("http://192.0.2.1/", to_anywhere=True))
    with pytest.raises(Stopped):
        refuse_elsewhere(Wanted("http://127.0.0.1.example.org/"))


def test_only_its_owner_reads_the_secret(tmp_path: Path) -> None:
    wanted = Wanted("http://127.0.0.1:9000/", state=tmp_path / "kept")
    with listen.Notebook(wanted, "str_x") as notebook:
        notebook.secret = "whsec_x"
        notebook.keep("cursor")

    assert notebook.path.stat().st_mode & 0o777 == 0o600
    with listen.Notebook(wanted, "str_x") as again:
        assert (again.cursor, again.secret) == ("cursor", "whsec_x")
    with listen.Notebook(wanted, "str_other") as other:
        assert other.cursor is None
