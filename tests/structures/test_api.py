"""The directory and the structures, through the door."""

from __future__ import annotations

from typing import Any

from domain.structures import mandate_text
from domain.structures.models import Structure
from tests.make import IBAN, a_public_structure, a_siret

FIND = """query ($search: String, $filter: StructureFilter, $first: Int, $after: String) {
  structures(search: $search, filter: $filter, first: $first, after: $after) {
    nodes { id name identifier siret siren email bankAccounts { nodes { iban } } }
    pageInfo { hasNextPage endCursor } totalCount
  }
}"""
ONE = """query ($by: StructureRef!) {
  structure(by: $by) {
    id name identifier email version status obligedFrom
    parameters { commitmentRequired commitmentFormat paymentDays }
    services { nodes { code status } }
    bankAccounts { nodes { iban } }
    mandates { nodes { version } }
  }
}"""
CREATE = """mutation ($input: StructureCreateInput!) {
  structureCreate(input: $input) {
    structure { id status name version } replayed cursor
    userErrors { code path rule message remedy }
  }
}"""
UPDATE = """mutation ($input: StructureUpdateInput!) {
  structureUpdate(input: $input) {
    structure { version town parameters { commitmentFormat } } userErrors { code path }
  }
}"""
SIGN = """mutation ($input: MandateSignInput!) {
  mandateSign(input: $input) { mandate { version signedAt } userErrors { code path } }
}"""


async def test_the_directory_is_open_to_all_and_found_by_mistyped_names(api: Any) -> None:
    await a_public_structure(name="COMMUNE DE L'ABERGEMENT-CLÉMENCIAT", postal_code="01400")

    for typed in ("labergement clemanciat", "clémenciat", "01400", "mairie de l’abergement"):
        answer = await api("anonymous")(FIND, search=typed)

        assert [n["name"] for n in answer.payload["nodes"]] == [
            "COMMUNE DE L'ABERGEMENT-CLÉMENCIAT"
        ]


async def test_pages_of_a_search_follow_each_other(api: Any) -> None:
    for number in range(5):
        await a_public_structure(name=f"SYNDICAT DES EAUX {number}")

    first = await api("anonymous")(FIND, search="eaux syndicat", first=3)
    cursor = first.payload["pageInfo"]["endCursor"]
    second = await api("anonymous")(FIND, search="eaux syndicat", first=3, after=cursor)
    other = await api("anonymous")(FIND, search="syndicat", first=3, after=cursor)

    found = [n["name"] for n in first.payload["nodes"] + second.payload["nodes"]]
    assert sorted(found) == [f"SYNDICAT DES EAUX {n}" for n in range(5)]
    assert first.payload["totalCount"] == 5
    assert second.payload["pageInfo"]["hasNextPage"] is False
    assert other.codes == ["BAD_CURSOR"]


async def test_hostile_searches_find_nothing_and_break_nothing(api: Any) -> None:
    for text in ("\u202e", "%", "_", "'\"`;--", "*" * 500, "a" * 100_000, "🦊", "(", "&|!", "\\"):
        answer = await api("anonymous")(FIND, search=text)

        assert (answer.errors, answer.payload["nodes"]) == ([], []), text[:20]


async def test_what_is_private_is_shown_to_members_only(api: Any) -> None:
    supplier = api.world.parties.supplier

    seen = {p: await api(p)(ONE, by={"id": supplier.id}) for p in ("supplier", "recipient")}
    unseen = [await api(p)(ONE, by={"id": supplier.id}) for p in ("anonymous",)]
    unknown = await api("recipient")(ONE, by={"id": api.world.unsigned.id})

    assert [n["iban"] for n in seen["supplier"].payload["bankAccounts"]["nodes"]] == [IBAN]
    assert len(seen["supplier"].payload["mandates"]["nodes"]) == 1
    # The recipient exchanges invoices with the supplier: it sees who that is, and no more.
    assert seen["recipient"].payload["name"] == supplier.name
    assert seen["recipient"].payload["bankAccounts"]["nodes"] == []
    assert seen["recipient"].payload["mandates"]["nodes"] == []
    assert [answer.payload for answer in unseen] == [None]
    assert unknown.payload is None


async def test_a_structure_is_named_in_exactly_one_way(api: Any) -> None:
    city = api.world.parties.recipient
    ways: list[dict[str, Any]] = [
        {"id": city.id},
        {"siret": f"{city.identifier[:3]} {city.identifier[3:]}"},
        {"identifier": {"type": "SIRET", "value": city.identifier}},
    ]

    for by in ways:
        assert (await api("anonymous")(ONE, by=by)).payload["id"] == city.id
    both = await api("anonymous")(ONE, by={**ways[0], **ways[1]})
    absent = await api("anonymous")(ONE, by={"siret": "not a siret \u202e"})

    assert both.errors
    assert (absent.errors, absent.payload) == ([], None)


async def test_a_person_creates_a_structure_signs_and_finds_it_active(api: Any) -> None:
    siret = a_siret()
    asked = {"identifierType": "SIRET", "identifier": siret, "name": "Neuve SARL"}

    created = await api("plain")(CREATE, input={**asked, "idempotencyKey": "k1"})
    again = await api("plain")(CREATE, input={**asked, "idempotencyKey": "k1"})
    identifier = created.payload["structure"]["id"]
    text = mandate_text.PRESENT
    signed = await api("plain")(
        SIGN,
        input={"structureId": identifier, "version": text.version, "textSha256": text.sha256},
    )
    found = await api("plain")(ONE, by={"siret": siret})

    assert created.payload["structure"]["status"] == "ACTIVATION_IN_PROGRESS"
    assert (again.payload["replayed"], again.payload["structure"]["id"]) == (True, identifier)
    assert signed.user_errors == []
    assert found.payload["status"] == "ACTIVE"
    assert await Structure.filter(identifier=siret).count() == 1


async def test_every_problem_of_a_structure_comes_at_once_with_its_place(api: Any) -> None:
    answer = await api("plain")(
        CREATE,
        input={
            "identifierType": "SIRET",
            "identifier": "123",
            "name": "",
            "nature": "PUBLIC",
            "postalCode": "1",
            "commitmentFormat": "(a+)+$",
            "paymentDays": 0,
        },
    )

    assert answer.payload["structure"] is None
    assert {tuple(path) for _, path in answer.user_errors} == {
        ("identifier",),
        ("name",),
        ("nature",),
        ("postalCode",),
        ("commitmentFormat",),
        ("paymentDays",),
    }
    assert all(e["message"] and e["remedy"] for e in answer.payload["userErrors"])


async def test_anonymous_callers_and_machines_without_the_scope_create_nothing(api: Any) -> None:
    asked = {"identifierType": "SIRET", "identifier": a_siret(), "name": "Neuve SARL"}

    assert (await api("anonymous")(CREATE, input=asked)).codes == ["UNAUTHENTICATED"]
    assert await Structure.filter(name="Neuve SARL").count() == 0


async def test_an_absent_field_stays_and_null_empties_it(api: Any) -> None:
    city = api.world.parties.recipient
    recipient = api("recipient")

    await recipient(UPDATE, input={"id": city.id, "commitmentFormat": "^[0-9]{7}$"})
    kept = await recipient(UPDATE, input={"id": city.id, "town": "Lyon"})
    emptied = await recipient(UPDATE, input={"id": city.id, "commitmentFormat": None})
    nameless = await recipient(UPDATE, input={"id": city.id, "name": None})
    stale = await recipient(UPDATE, input={"id": city.id, "town": "X", "expectedVersion": 1})

    assert kept.payload["structure"]["parameters"]["commitmentFormat"] == "^[0-9]{7}$"
    assert emptied.payload["structure"]["parameters"]["commitmentFormat"] is None
    assert nameless.user_errors == [("REQUIRED", ["name"])]
    assert stale.user_errors == [("VERSION_CONFLICT", ["expectedVersion"])]


async def test_a_foreign_structure_is_not_found_rather_than_forbidden(api: Any) -> None:
    foreign = api.world.parties.validator_1.id

    answer = await api("supplier")(UPDATE, input={"id": foreign, "town": "X"})

    assert answer.user_errors == [("NOT_FOUND", ["id"])]


async def test_flags_that_cannot_be_empty_refuse_null(api: Any) -> None:
    city = api.world.parties.recipient

    answer = await api("recipient")(
        UPDATE,
        input={"id": city.id, "commitmentRequired": None, "country": None, "paymentDays": None},
    )

    assert {tuple(path) for _, path in answer.user_errors} == {
        ("commitmentRequired",),
        ("country",),
        ("paymentDays",),
    }
