"""How good a password is: known to thieves, easy to guess; in French as in English."""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from zxcvbn import feedback

from auth.strength import (
    ENOUGH,
    FRENCH,
    estimated,
    is_breached,
    problems_of,
    refuse_unreadable,
)
from domain import policy


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Path]:
    """A file as Have I Been Pwned publishes it, with a thousand passwords in it."""
    lines = sorted(f"{sha1(f'mot de passe volé {n}')}:{n + 1}" for n in range(1_000))
    path = tmp_path / "pwned.txt"
    path.write_bytes("\r\n".join(lines).encode() + b"\r\n")
    yield path
    policy.configure(policy.Policy())


def test_everything_that_the_estimator_says_has_its_french() -> None:
    tree = ast.parse(inspect.getsource(feedback))
    said = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "_"
        if isinstance(call.args[0], ast.Constant)
    }

    assert len(said) > 20
    assert said == FRENCH.keys()


@pytest.mark.parametrize(
    ("password", "is_enough"),
    [
        ("azerty", False),
        ("azertyuiop123", False),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", False),
        ("Jeanne Durand 2026", False),
        ("jeanne.durand", False),
        ("Maçonnerie Durand", False),
        ("lavande tournesol brouette", True),
        ("correct horse battery staple", True),
        ("x7#Kd9!qLw2@", True),
        ("é" * 1_024, False),
        ("", False),
    ],
)
def test_a_password_is_estimated_by_what_others_know_of_the_person(
    password: str, is_enough: bool
) -> None:
    known = ["jeanne.durand@example.fr", "Jeanne Durand", "Maçonnerie Durand", "73282932000074"]

    assert (estimated(password, known).score >= ENOUGH) is is_enough


def test_what_is_known_of_one_person_says_nothing_of_the_next() -> None:
    before = estimated("zanzibarde rosalie kwame").score
    estimated("x", ["zanzibarde rosalie kwame"])

    assert estimated("zanzibarde rosalie kwame").score == before


def test_every_password_of_the_file_is_found_and_no_other(known: Path) -> None:
    for number in range(1_000):
        assert is_breached(f"mot de passe volé {number}", known), number
        assert not is_breached(f"mot de passe sûr {number}", known), number


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_file_of_a_few_lines_is_searched_as_well(
    tmp_path: Path, ending: bytes, count: int
) -> None:
    path = tmp_path / "few.txt"
    words = [f"secret {n}" for n in range(count)]
    path.write_bytes(b"\n".join(sorted(sha1(w).lower().encode() for w in words)) + ending)

    assert [is_breached(word, path) for word in words] == [True] * count
    assert not is_breached("another", path)


def test_the_common_passwords_are_known_without_a_file() -> None:
    assert is_breached("leavemealone", None)
    assert is_breached("LeaveMeAlone", None)
    assert not is_breached("mot de passe volé 1", None)


async def test_the_file_of_the_site_is_the_one_that_is_searched(known: Path) -> None:
    phrase = "mot de passe volé 7"
    assert [p.rule for p in await problems_of(phrase, None, [])] == []

    policy.configure(policy.Policy(breached_passwords=known))

    assert [p.rule for p in await problems_of(phrase, None, [])] == ["BDR-ACC-012"]


def test_a_file_that_cannot_be_searched_is_refused_at_the_start(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("password\n123456\n")

    for path in (wrong, tmp_path / "missing.txt", tmp_path):
        with pytest.raises(ValueError, match=str(path)):
            refuse_unreadable(path)


def test_the_same_password_typed_on_two_keyboards_is_one(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text(sha1("d\u00e9j\u00e0 vu partout") + ":3\n")

    assert is_breached("de\u0301ja\u0300 vu partout", path)
