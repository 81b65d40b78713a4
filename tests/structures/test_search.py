"""The directory is found however it is typed, and shows nobody more than they may see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from domain import db
from domain.access import ANONYMOUS, Actor
from domain.identifiers import IdentifierType
from domain.select import EVERYTHING, Slice, Statement, page_sql
from domain.structures.importing import import_structures
from domain.structures.models import Structure, StructureStatus
from domain.structures.search import Search, directory, find
from tests.make import a_public_structure, a_supplier, an_actor, an_administrator

ABERGEMENT = "COMMUNE DE L'ABERGEMENT-CLÉMENCIAT"
SAINT_ETIENNE = "COMMUNE DE SAINT-ÉTIENNE"

# What is typed, and the names that come first.
TYPED: Sequence[tuple[str, Sequence[str]]] = (
    ("abergement clemenciat", [ABERGEMENT]),
    ("L'Abergement-Clémenciat", [ABERGEMENT]),
    ("l’abergement clémenciat", [ABERGEMENT]),
    ("labergement", ["COMMUNE DE L'ABERGEMENT-CLÉMENCIAT", "COMMUNE DE L'ABERGEMENT-DE-VAREY"]),
    ("clémenciat abergement", [ABERGEMENT]),
    ("clemansiat", [ABERGEMENT]),
    ("œuilly", ["COMMUNE D'ŒUILLY", "COMMUNE D'ŒUILLY"]),
    ("oeuilly", ["COMMUNE D'ŒUILLY", "COMMUNE D'ŒUILLY"]),
    ("OEUILY", ["COMMUNE D'ŒUILLY", "COMMUNE D'ŒUILLY"]),
    ("saint etienne", [SAINT_ETIENNE]),
    ("mairie de st-étienne", [SAINT_ETIENNE]),
    ("Saint Etiene", [SAINT_ETIENNE]),
    ("sanit etienne", [SAINT_ETIENNE]),
    ("saintetienne", ["SAINT-ÉTIENNE MÉTROPOLE", SAINT_ETIENNE]),
    ("saint etienne 42000", [SAINT_ETIENNE]),
    ("ville de paris", ["COMMUNE DE PARIS"]),
    ("ambérieu en bu", ["COMMUNE D'AMBÉRIEU-EN-BUGEY"]),
    ("amberieu-en-buguey", ["COMMUNE D'AMBÉRIEU-EN-BUGEY"]),
    ("villeurbane", ["COMMUNE DE VILLEURBANNE"]),
    ("métropole lyon", ["MÉTROPOLE DE LYON"]),
    ("Y", ["COMMUNE D'Y"]),
    ("42000", [SAINT_ETIENNE]),
    ("21420218600018", [SAINT_ETIENNE]),
    ("214 202 186", [SAINT_ETIENNE]),
    ("commune", ["COMMUNE DE PARIS"]),
    ("zzzzqqqq", []),
    ("\x00\u202e", []),
    ("'; DROP TABLE structure; --", []),
    ("commune* &| (", ["COMMUNE DE PARIS"]),
    ("x" * 10_000, []),
)


@pytest.fixture
async def full_directory(database: str, directory_file: Path) -> str:
    """The small directory, imported."""
    await import_structures(directory_file)
    return database


def names(rows: Sequence[Any]) -> list[str]:
    return [row["name"] for row in rows]


async def pages(actor: Actor, search: Search, size: int) -> list[Any]:
    """The whole list, page after page."""
    found: list[Any] = []
    after = None
    while True:
        select, to = await directory(actor, search), Statement(db.dialect())
        rows = await db.fetch(
            page_sql(to, select, Slice(size, after), EVERYTHING, sort_key=True), *to.params
        )
        found += rows
        if len(rows) < size:
            return found
        after = tuple(rows[-1][order.column] for order in select.sort)


async def test_a_body_is_found_however_its_name_is_typed(full_directory: str) -> None:
    for typed, expected in TYPED:
        found = names(await find(ANONYMOUS, Search(text=typed), 20))

        assert found[: max(len(expected), 1)] == expected, typed


async def test_a_corrected_name_ranks_as_if_it_had_been_typed_right(database: str) -> None:
    await a_public_structure(name="Centre sanitaire", town="Lyon")
    await a_public_structure(name="Saint-Étienne Métropole", category="EPCI_METRO")
    await a_public_structure(name="Commune de Saint-Étienne", category="COMMUNE")

    for typed in ("sanit etienne", "saint etiene", "etienne"):
        found = names(await find(ANONYMOUS, Search(text=typed), 5))

        expected = ["Commune de Saint-Étienne", "Saint-Étienne Métropole"]
        assert found == (expected if " " in typed else expected[::-1]), typed


async def test_places_narrow_the_directory(full_directory: str) -> None:
    found = await find(ANONYMOUS, Search(town="saint-etienne"), 20)
    assert names(found) == [SAINT_ETIENNE]

    found = await find(ANONYMOUS, Search(postal_code="01400", text="abergement"), 20)
    assert names(found) == [ABERGEMENT]

    found = await find(ANONYMOUS, Search(department="75"), 20)
    assert names(found) == ["COMMUNE DE PARIS"]


async def test_the_beginning_of_an_identifier_lists_in_its_order(full_directory: str) -> None:
    found = [row["identifier"] for row in await find(ANONYMOUS, Search(identifier="2142"), 500)]

    assert len(found) > 100
    assert found == sorted(found)
    assert all(identifier.startswith("2142") for identifier in found)
    assert list(await find(ANONYMOUS, Search(identifier="21"), 20)) == []


async def test_pages_follow_each_other_without_gap_or_repetition(full_directory: str) -> None:
    for search in (
        Search(department="42"),
        Search(text="saint"),
        Search(text="21420218"),
        Search(text="villeneuve"),
        Search(identifier="214", department="42"),
    ):
        whole = [row["id"] for row in await find(ANONYMOUS, search, 5_000)]

        assert [row["id"] for row in await pages(ANONYMOUS, search, 23)] == whole
        assert len(set(whole)) == len(whole)


async def test_a_private_structure_is_found_by_its_members_only(database: str) -> None:
    supplier = await a_supplier(name="Papeterie Introuvable")

    search = Search(text="papeterie introuvable")

    assert names(await find(ANONYMOUS, search, 5)) == []
    assert names(await find(an_actor(await a_supplier()), search, 5)) == []
    assert names(await find(an_actor(supplier), search, 5)) == ["Papeterie Introuvable"]
    assert names(await find(an_administrator(), search, 5)) == ["Papeterie Introuvable"]
    assert names(await find(ANONYMOUS, Search(identifier=supplier.identifier), 5)) == []


async def test_the_words_of_private_names_help_nobody_else(database: str) -> None:
    await a_supplier(name="Zyxomatique")

    assert await db.fetch("SELECT word FROM search_word WHERE word = 'zyxomatique'") == []


async def test_inactive_and_undisclosed_bodies_are_not_in_the_directory(database: str) -> None:
    closed = await a_public_structure(name="Syndicat Fermé", status=StructureStatus.INACTIVE)
    hidden = await a_public_structure(name="Syndicat Discret", insee_undisclosed=True)

    assert names(await find(ANONYMOUS, Search(text="syndicat"), 5)) == []
    assert names(await find(ANONYMOUS, Search(identifier=hidden.identifier), 5)) == []
    assert sorted(names(await find(an_actor(closed, hidden), Search(text="syndicat"), 5))) == [
        "Syndicat Discret",
        "Syndicat Fermé",
    ]


async def test_a_new_name_is_found_and_the_old_one_no_more(database: str) -> None:
    structure = await a_public_structure(name="Commune de Vieilleville")

    await Structure.filter(id=structure.id).update(
        name="Commune de Neuveville", search_terms="commune de neuveville", search_core="neuveville"
    )

    assert names(await find(ANONYMOUS, Search(text="vieilleville"), 5)) == []
    assert names(await find(ANONYMOUS, Search(text="neuveville"), 5)) == ["Commune de Neuveville"]


async def test_a_private_person_is_not_found_by_the_civil_status(database: str) -> None:
    person = await a_supplier(
        identifier_type=IdentifierType.PARTICULIER,
        identifier="1850175056DUPONTJEAN",
        name="Jean Dupont",
        has_mandate=False,
    )

    assert names(await find(ANONYMOUS, Search(identifier="185017"), 5)) == []
    assert names(await find(an_actor(person), Search(identifier="185017"), 5)) == ["Jean Dupont"]
