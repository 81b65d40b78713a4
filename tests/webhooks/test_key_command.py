"""The key of webhooks, replaced by the operator's command."""

from __future__ import annotations

import asyncio
import contextlib
import io

import pytest

import manage
from domain.db import close_database, open_database
from domain.signatures import keys
from domain.signatures.models import Purpose
from settings import MODELS

KEY = "a secret key for tests, of at least 32"


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECRET_KEY", KEY)
    monkeypatch.setenv("ENVIRONMENT", "sandbox")


def rotate(*options: str) -> tuple[int, str]:
    """The command, as an operator gives it; its status and what it says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = manage.main(["keys", "rotate", *options])
    return status, said.getvalue()


async def _in_use(url: str) -> list[tuple[str, bool]]:
    await open_database(url, MODELS)
    try:
        rows = await keys.in_use(Purpose.WEBHOOKS)
        return [(row.kid, row.signs_until is None) for row in rows]
    finally:
        await close_database()


def in_use(url: str) -> list[tuple[str, bool]]:
    return asyncio.run(_in_use(url))


def test_a_rotation_leaves_the_present_key_signing_for_a_while(database_url: str) -> None:
    rotate("--webhooks")
    ((first, _),) = in_use(database_url)

    status, said = rotate("--webhooks")

    assert (status, said) == (0, "New webhooks are signed with a new key.\n")
    (new, is_present), (old, was_present) = in_use(database_url)
    assert (old, was_present, is_present) == (first, False, True)
    assert new != old


def test_now_ends_every_earlier_key(database_url: str) -> None:
    rotate("--webhooks")
    rotate("--webhooks")
    before = {kid for kid, _ in in_use(database_url)}

    assert rotate("--webhooks", "--now")[0] == 0

    ((kid, _),) = in_use(database_url)
    assert kid not in before


def test_now_is_refused_where_it_would_do_nothing() -> None:
    assert rotate("--now") == (2, "error: --now goes with --webhooks\n")
    assert rotate("--certificates", "--now")[0] == 2
