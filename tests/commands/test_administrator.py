"""`manage.py administrator create`, typed by a person or fed by a script."""

from __future__ import annotations

import asyncio
import io

import pytest

import manage
from auth.passwords import account_for
from domain.accounts.models import Account, Administrator
from domain.db import close_database, open_database
from settings import MODELS

PASSWORD = "un mot de passe de secours"
CREATE = ["administrator", "create", "Claire@example.org", "Claire Martin"]


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECRET_KEY", "a secret for tests only, 32 bytes")


async def _accounts(url: str) -> list[tuple[bool, bool]]:
    await open_database(url, MODELS)
    try:
        return [
            (
                await Administrator.exists(member_id=one.id),
                await account_for(one.email, PASSWORD) == one,
            )
            for one in await Account.filter(email="claire@example.org")
        ]
    finally:
        await close_database()


def accounts(url: str) -> list[tuple[bool, bool]]:
    """The accounts of that address: whether each administers, and opens by the password."""
    return asyncio.run(_accounts(url))


def test_a_password_that_is_piped_in_is_taken(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\nwhatever follows\n"))

    assert manage.main(CREATE) == 0

    assert accounts(database_url) == [(True, True)]
    assert PASSWORD not in capsys.readouterr().out
    # A second time nothing is asked and nothing changes.
    assert manage.main(CREATE) == 2
    assert "has an account already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("piped", "words"),
    [
        ("", "no password was given: type it in a terminal, or pipe it in"),
        ("\n", "no password was given"),
        ("short\n", "a password has"),
    ],
)
def test_without_a_password_there_is_one_line_and_no_account(
    piped: str,
    words: str,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(piped))

    assert manage.main(CREATE) == 2

    said = capsys.readouterr().err.strip()
    assert words in said
    assert len(said.splitlines()) == 1
    assert accounts(database_url) == []
