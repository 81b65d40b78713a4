"""Receivers whose certificates a private authority signed."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

import manage
from domain.structures.models import Structure
from settings import Settings, opened
from tests.webhooks.certificates import Issued, an_authority, issued
from tests.webhooks.conftest import Site, an_endpoint, news, run
from tests.webhooks.receiver import Receiver
from tests.webhooks.trusted import attempts
from webhooks import policy
from webhooks.machine import Machine
from webhooks.outbound import ErrorKind


def signed_by(authority: Issued, folder: Path) -> ssl.SSLContext:
    """A server on this machine, whose certificate the authority signed."""
    server = issued(authority, "localhost", usage=None, host="localhost")
    (folder / "server.pem").write_text(server.chain + server.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


async def test_the_authorities_of_the_site_are_added_to_those_of_the_system(
    owner: Structure, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, own, stranger = (an_authority(name) for name in ("Système", "Maison", "Autre"))
    (tmp_path / "system.pem").write_text(system.chain.strip())
    (tmp_path / "own.pem").write_text(own.chain)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    site(ca_file=tmp_path / "own.pem")
    receivers, made = [], []
    for authority in (system, own, stranger):
        receivers.append(Receiver())
        await receivers[-1].start(signed_by(authority, tmp_path), host="localhost")
        made.append(await an_endpoint(owner, receivers[-1]))
    machine = Machine()

    await news(owner)
    await run(machine)
    await machine.stop()
    for one in receivers:
        await one.stop()

    assert [len(one.messages) for one in receivers] == [1, 1, 0]
    assert {a.error for a in await attempts(made[2].endpoint)} == {ErrorKind.TLS}


async def test_the_setting_reaches_what_sends(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(an_authority().chain)
    chosen = Settings(
        database_url=database_url,
        secret_key="k" * 40,  # type: ignore[arg-type]  # as text
        webhook_ca_file=tmp_path / "ca.pem",
    )

    async with opened(chosen):
        assert policy.current().ca_file == tmp_path / "ca.pem"


async def test_a_probe_trusts_the_authorities_of_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    authority, secure = an_authority(), Receiver()
    (tmp_path / "ca.pem").write_text(authority.chain)
    await secure.start(signed_by(authority, tmp_path), host="localhost")
    asked = ["webhooks", "probe", secure.url]

    await asyncio.to_thread(manage.main, asked)
    before = len(secure.messages)
    monkeypatch.setenv("WEBHOOK_CA_FILE", str(tmp_path / "ca.pem"))
    await asyncio.to_thread(manage.main, asked)
    await secure.stop()

    assert before == 0
    assert len(secure.messages) > 0
    capsys.readouterr()
