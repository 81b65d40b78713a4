"""Which version is signed, until when an older one suffices, and what a site says of its own."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.signatures import terms_text
from domain.signatures.own_texts import read_texts
from domain.signatures.texts import SignedText, TextKind, Texts
from domain.structures import mandate_text

T = TextKind.TERMS


def a_text(version: str, since: str, required: str | None = None) -> SignedText:
    required_on = date.fromisoformat(required) if required else None
    return SignedText(T, version, date.fromisoformat(since), version, version, required_on)


FIRST = a_text("1", "2026-01-01")
SECOND = a_text("2", "2026-06-01", "2026-07-01")
THIRD = a_text("3", "2026-09-01")


@pytest.mark.parametrize(
    ("on", "present", "accepted"),
    [
        ("2025-12-31", "1", {"1"}),
        ("2026-05-31", "1", {"1"}),
        ("2026-06-01", "2", {"1", "2"}),
        ("2026-06-30", "2", {"1", "2"}),
        ("2026-07-01", "2", {"2"}),
        ("2026-09-01", "3", {"3"}),
    ],
)
def test_an_older_version_suffices_until_the_day_that_the_newer_one_names(
    on: str, present: str, accepted: set[str]
) -> None:
    texts, day = Texts([THIRD, FIRST, SECOND]), date.fromisoformat(on)

    assert texts.present(T, day).version == present
    assert texts.accepted(T, day) == accepted


def test_it_is_known_when_a_version_stops_sufficing() -> None:
    texts = Texts([FIRST, SECOND])

    assert texts.outdated_from(T, "1") == date(2026, 7, 1)
    assert texts.outdated_from(T, "2") is None


def test_where_a_site_has_its_own_texts_ours_published_later_do_not_replace_them() -> None:
    own = a_text("own", "2026-03-01", "2026-04-01")
    texts = Texts([FIRST, SECOND], [own])

    assert texts.present(T, date(2026, 2, 1)) == FIRST
    assert texts.present(T, date(2026, 12, 1)) == own
    assert texts.accepted(T, date(2026, 3, 15)) == {"1", "own"}
    assert texts.accepted(T, date(2026, 12, 1)) == {"own"}
    # What was signed in ours stays known.
    assert texts.of(T, "2") == SECOND


def test_the_words_that_come_with_the_product_never_change() -> None:
    # A signed text never changes: a new wording is a new version with another hash.
    assert [(t.version, t.sha256) for t in terms_text.VERSIONS] == [
        ("2026-01", "1048386802461345611d488e8d673909bb25388347cb2302a47bf7997ef8dff5")
    ]
    assert mandate_text.PRESENT.kind is TextKind.MANDATE


A_ROW = {"kind": "TERMS", "version": "s1", "since": "2027-01-01", "fr": "Texte.", "en": "Text."}


def test_a_site_gives_its_own_versions_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "texts.json"
    file.write_text(json.dumps([A_ROW, A_ROW | {"version": "s2", "requiredFrom": "2027-03-01"}]))

    first, second = read_texts(file)

    assert (first.version, first.required_from) == ("s1", date(2027, 1, 1))
    assert (second.version, second.required_from) == ("s2", date(2027, 3, 1))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read"),
        ({}, "must hold a list"),
        ([{"kind": "TERMS"}], "needs en, fr, kind"),
        ([A_ROW | {"more": 1}], "needs en, fr, kind"),
        ([A_ROW | {"kind": "OTHER"}], "'OTHER' is not a valid TextKind"),
        ([A_ROW | {"since": "soon"}], "Invalid isoformat string"),
        ([A_ROW | {"since": 7}], "fromisoformat: argument must be str"),
        ([A_ROW | {"version": ""}], "version has 1 to 20 characters"),
        ([A_ROW | {"version": 3}], "version has 1 to 20 characters"),
        ([A_ROW | {"fr": "a\u202eb"}], "fr and en have 1 to 100000 readable characters"),
        ([A_ROW | {"requiredFrom": "2026-01-01"}], "requiredFrom comes before since"),
        ([A_ROW, A_ROW], "gives a version twice"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_reason(
    tmp_path: Path, content: Any, reason: str
) -> None:
    file = tmp_path / "texts.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))

    with pytest.raises(ValueError, match=reason):
        read_texts(file)
