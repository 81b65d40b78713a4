"""How names are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.structures import names


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("COMMUNE DE L'ABERGEMENT-CLÉMENCIAT", "abergement clemenciat"),
        ("L’Abergement-Clémenciat", "abergement clemenciat"),
        ("ŒUILLY", "oeuilly"),
        ("Mairie de St-Étienne", "saint etienne"),
        ("Ville de Paris", "paris"),
        ("COMMUNE DE VILLE-D'AVRAY", "ville avray"),
        ("COMMUNE DE LE TOUQUET-PARIS-PLAGE", "touquet paris plage"),
        ("L'Haÿ-les-Roses", "hay roses"),
    ],
)
def test_a_name_is_reduced_to_what_distinguishes_it(name: str, core: str) -> None:
    assert names.core(name) == core


def test_a_town_hall_may_also_be_a_town_called_ville() -> None:
    assert names.cores("Ville d'Avray") == ("avray", "ville avray")


def test_a_structure_is_found_under_the_joined_forms_of_its_name() -> None:
    terms = names.terms("COMMUNE DE L'ABERGEMENT-CLÉMENCIAT", others=["01400"]).split()

    assert {"abergement", "clemenciat", "labergementclemenciat", "abergementclemenciat"} <= {*terms}
    assert "01400" in terms
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(
    ("typed", "word", "errors"),
    [
        ("etiene", "etienne", 1),
        ("clemansiat", "clemenciat", 2),
        ("sanit", "saint", 1),
        ("monpel", "montpellier", 1),
        ("marsseile", "marseille", 2),
        ("paris", "paris", 0),
        ("par", "paris", 0),
    ],
)
def test_typing_errors_are_counted_up_to_where_the_user_stopped(
    typed: str, word: str, errors: int
) -> None:
    assert names.distance(typed, word, 2) == errors


def test_far_words_are_not_measured_to_the_end() -> None:
    assert names.distance("zzzzzzzz", "saint", 2) == 3


def test_a_number_is_never_corrected() -> None:
    assert names.errors_forgiven("42000") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mairie de lyon", ["lyon"]),
        ("ambérieu-en", ["amberieu", "en"]),
        ("commune de", ["commune"]),
        ("mairie", ["commune"]),
        ("le", ["le"]),
        ("\u202e\x00 '' -", []),
    ],
)
def test_articles_and_town_halls_are_not_asked_for(text: str, words: list[str]) -> None:
    assert names.asked_words(text) == words


@given(st.text(max_size=60))
def test_folding_gives_plain_words_and_folding_again_changes_nothing(text: str) -> None:
    folded = names.fold(text)

    assert all(
        word.isascii() and word.isalnum() and word == word.lower() for word in folded.split()
    )
    assert names.fold(folded) == folded
